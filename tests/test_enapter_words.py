"""The words of Enapter devices in Home Assistant, and what else authors of blueprints write."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from tests.simulators.enapter import (
    ELECTROLYSER,
    GATEWAY,
    OLD_METER,
    TOKEN,
    Channel,
    marketplace_manifests,
)

from .conftest import START, MakeAccount
from .enapter_home import (
    Enapter,
    complaints,
    entity_of,
    shown,
    small,
    state_of,
    truth,
)


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


# Words


async def test_words_are_the_vendors_own_and_options(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account: Enapter = make_account(small(ELECTROLYSER, OLD_METER))
    await account.set_up()
    status = state_of(hass, account, ELECTROLYSER, "status")
    assert status.attributes["device_class"] == "enum"
    assert status.attributes["options"] == ["Idle", "Ramping up", "Producing"]
    assert status.state == truth(account, ELECTROLYSER, "status")
    # What nobody lists is a text.
    work_day = state_of(hass, account, OLD_METER, "work_day")
    assert (work_day.state, work_day.attributes.get("device_class")) == ("tuesday", None)


async def test_word_that_is_not_listed_is_shown_and_then_an_option(
    hass: HomeAssistant, make_account: MakeAccount, caplog: pytest.LogCaptureFixture
) -> None:
    account: Enapter = make_account(small(ELECTROLYSER))
    await account.set_up()
    account.simulator.set_value(ELECTROLYSER, "status", "purging")
    await account.polls(2)
    status = state_of(hass, account, ELECTROLYSER, "status")
    assert status.state == "purging"
    assert status.attributes["options"] == ["Idle", "Ramping up", "Producing", "purging"]
    account.simulator.set_value(ELECTROLYSER, "status", "steady")
    await account.polls(2)
    status = state_of(hass, account, ELECTROLYSER, "status")
    assert (status.state, len(status.attributes["options"])) == ("Producing", 3)
    assert complaints(caplog) == []


@pytest.mark.parametrize(("value", "state"), [(2, "2"), (2.0, "2"), (99, "99"), ("1", "1")])
async def test_numbers_that_stand_for_something_are_words(
    hass: HomeAssistant, make_account: MakeAccount, caplog: pytest.LogCaptureFixture, value: object, state: str
) -> None:
    account: Enapter = make_account(small(ELECTROLYSER))
    await account.set_up()
    account.simulator.set_value(ELECTROLYSER, "mode", value)
    await account.polls(2)
    mode = state_of(hass, account, ELECTROLYSER, "mode")
    assert mode.state == state
    assert (mode.attributes["device_class"], "state_class" in mode.attributes) == ("enum", False)
    assert complaints(caplog) == []


# What authors of blueprints write


def anything(about: Mapping[str, Any], _moment: datetime = START) -> Any:
    """A value of the declared type."""
    enum = about.get("enum")
    if enum:
        return next(iter(enum))
    values = {"float": 12.5, "integer": 12, "boolean": True, "array_of_strings": ["one", "two"], "json": {"a": 1}}
    return values.get(about["type"], "text")


@pytest.mark.usefixtures("all_entities_enabled")
async def test_devices_of_the_marketplace_are_set_up_without_a_complaint(
    hass: HomeAssistant, make_account: MakeAccount, caplog: pytest.LogCaptureFixture
) -> None:
    account: Enapter = make_account(small(GATEWAY))
    numbers = 0
    for index, manifest in enumerate(marketplace_manifests(20, seed=7)):
        declared = manifest.get("telemetry") or {}
        channels = [Channel(name, about, partial(anything, about)) for name, about in declared.items()]
        account.simulator.add_device(f"Device {index}", manifest=manifest, channels=channels)
        numbers += sum(isinstance(anything(about), int | float) for about in declared.values())
    account.simulator.set_role(TOKEN, "SYSTEM")
    await account.set_up()
    await account.polls(2)
    ids = [entity.entity_id for entity in account.entities_of_devices() if entity.domain == "sensor"]
    states = [state for one in ids if (state := hass.states.get(one)) is not None]
    assert sum(state.state in ("12", "12.0", "12.5", "0.0125", "0.012") for state in states) > 0.8 * numbers > 100
    assert not [state.entity_id for state in states if state.state in ("unknown", "unavailable")]
    assert complaints(caplog) == []
    assert "Traceback" not in caplog.text


async def test_attribute_that_the_role_may_not_read_is_there_for_who_wants_it(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account: Enapter = make_account(small(ELECTROLYSER))
    await account.set_up()
    hidden = entity_of(hass, account, ELECTROLYSER, "service_counter")
    assert hidden is not None
    assert hidden.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    er.async_get(hass).async_update_entity(hidden.entity_id, disabled_by=None)
    await hass.config_entries.async_reload(account.entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, account, ELECTROLYSER, "service_counter") == "unavailable"
    assert float(shown(hass, account, ELECTROLYSER, "production_rate")) == 85
    # Somebody gives the token another role.
    account.simulator.set_role(TOKEN, "INSTALLER")
    await account.polls(2)
    assert float(shown(hass, account, ELECTROLYSER, "service_counter")) == 12


async def test_structures_are_not_shown(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account: Enapter = make_account(small(ELECTROLYSER))
    await account.set_up()
    assert [entity_of(hass, account, ELECTROLYSER, key) for key in ("stack", "firmware", "alerts")] == [None] * 3
