"""What becomes of an Enapter device's entities when its blueprint changes."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from tests.simulators.enapter import (
    BARE,
    EV_CHARGER,
    GATEWAY,
    POWER_METER,
    Channel,
    compiled_v3,
    number,
)

from .conftest import MakeAccount
from .enapter_home import (
    Enapter,
    complaints,
    shown,
    shown_of,
    small,
    state_of,
)
from .test_restart import restart


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture
async def account(make_account: MakeAccount) -> Enapter:
    """A small account that is set up."""
    account: Enapter = make_account(small(GATEWAY, POWER_METER, EV_CHARGER, BARE))
    await account.set_up()
    return account


async def change(account: Enapter, attribute: str, **changes: Any) -> None:
    """Change a blueprint, and let that be noticed: it is only looked for ten minutes after the newest list."""
    account.simulator.change_attribute(POWER_METER, attribute, **changes)
    await account.polls(12)


def without(account: Enapter, attribute: str) -> dict[str, Any]:
    manifest: dict[str, Any] = account.simulator.devices[POWER_METER].manifest
    return manifest | {"telemetry": {key: one for key, one in manifest["telemetry"].items() if key != attribute}}


async def test_new_attribute_appears_without_a_reload(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    coordinator = account.entry.runtime_data
    device = account.simulator.devices[POWER_METER]
    channels: list[Channel] = [*device.channels.values(), number("sag", "Voltage Sag", "volt", lambda _moment: 1.5)]
    account.simulator.change_blueprint(POWER_METER, compiled_v3("Power meter", channels), channels)
    await account.polls(12)
    assert float(shown(hass, account, POWER_METER, "sag")) == 1.5
    assert float(shown(hass, account, POWER_METER, "total_power"))
    assert account.entry.runtime_data is coordinator
    assert complaints(caplog) == []


async def test_removed_attribute_is_unavailable_and_the_others_live(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    account.simulator.change_blueprint(POWER_METER, without(account, "l1_power"))
    await account.polls(12)
    assert shown(hass, account, POWER_METER, "l1_power") == "unavailable"
    assert float(shown(hass, account, POWER_METER, "l2_power"))
    await hass.config_entries.async_reload(account.entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, account, POWER_METER, "l1_power") == "unavailable"
    assert complaints(caplog) == []


async def test_attribute_that_comes_back_is_the_same(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = account.simulator.devices[POWER_METER].manifest
    account.simulator.change_blueprint(POWER_METER, without(account, "l1_power"))
    await account.polls(12)
    account.simulator.change_blueprint(POWER_METER, manifest)
    await account.polls(12)
    assert float(shown(hass, account, POWER_METER, "l1_power"))
    assert complaints(caplog) == []


@pytest.mark.parametrize("in_between", [False, True], ids=["at once", "after having been away"])
async def test_changed_unit_is_never_shown_as_the_old_one(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture, in_between: bool
) -> None:
    before = state_of(hass, account, POWER_METER, "l1_power")
    assert before.attributes["unit_of_measurement"] == "W"
    manifest = account.simulator.devices[POWER_METER].manifest
    if in_between:
        account.simulator.change_blueprint(POWER_METER, without(account, "l1_power"))
        await account.polls(12)
    account.simulator.set_value(POWER_METER, "l1_power", 42.0)
    account.simulator.change_blueprint(POWER_METER, manifest)
    account.simulator.change_attribute(POWER_METER, "l1_power", unit="Cel")
    wrong = []
    for _ in range(16):
        await account.polls(1)
        state = state_of(hass, account, POWER_METER, "l1_power")
        if state.state == "42.0" and state.attributes.get("unit_of_measurement") != "°C":
            wrong.append(state)
    # Until it is noticed, nobody can know; from then on it is never in the old unit.
    assert len(wrong) <= (0 if in_between else 11)
    assert state.state == "42.0"
    assert (state.attributes["unit_of_measurement"], state.attributes["device_class"]) == ("°C", "temperature")
    assert account.status() is ConfigEntryState.LOADED
    assert complaints(caplog) == []


async def test_number_that_becomes_a_word_is_one(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    account.simulator.set_value(POWER_METER, "l1_power", 1)
    words = [{"value": 0, "display_name": "Off"}, {"value": 1, "display_name": "On"}]
    await change(account, "l1_power", type="integer", unit=None, enum=[0, 1], enum_with_metainfo=words)
    await account.polls(3)
    state = state_of(hass, account, POWER_METER, "l1_power")
    assert (state.state, state.attributes["options"]) == ("On", ["Off", "On"])
    assert complaints(caplog) == []


async def test_words_that_change_are_the_new_ones(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    assert state_of(hass, account, EV_CHARGER, "state").attributes["options"] == ["A", "B", "C"]
    words = [{"value": "A", "display_name": "Free"}, {"value": "C", "display_name": "Charging"}]
    account.simulator.change_attribute(EV_CHARGER, "state", enum=["A", "C"], enum_with_metainfo=words)
    await account.polls(14)
    state = state_of(hass, account, EV_CHARGER, "state")
    assert (state.state, state.attributes["options"]) == ("Free", ["Free", "Charging"])
    assert complaints(caplog) == []


async def test_manifest_that_cannot_be_had_leaves_everything_as_it_was(hass: HomeAssistant, account: Enapter) -> None:
    before = shown_of(hass, account, POWER_METER).keys()
    account.simulator.change_blueprint(POWER_METER, None)
    await account.polls(14)
    assert shown_of(hass, account, POWER_METER).keys() == before
    assert float(shown(hass, account, POWER_METER, "total_power"))


async def test_blueprint_that_changed_over_a_restart(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    await hass.config_entries.async_unload(account.entry.entry_id)
    account.simulator.set_value(POWER_METER, "l1_power", 42.0)
    account.simulator.change_attribute(POWER_METER, "l1_power", unit="Cel")
    account.freezer.tick(60)
    await restart(hass, account.entry.entry_id)
    await hass.async_block_till_done()
    state = state_of(hass, account, POWER_METER, "l1_power")
    assert (state.state, state.attributes["unit_of_measurement"]) == ("42.0", "°C")
    assert complaints(caplog) == []
