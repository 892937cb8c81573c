"""The alerts and the connections of Enapter devices in Home Assistant, and that entities are told only of changes."""

from datetime import datetime

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
import pytest

from custom_components.energy_clouds.const import DOMAIN
from tests.simulators import faults
from tests.simulators.enapter import BATTERY, HEAT_PUMP, OLD_METER, POWER_METER
from tests.simulators.enapter.inventory import Status

from .conftest import MakeAccount
from .enapter_home import Enapter, complaints, entity_of, shown, shown_of, small, state_of
from .test_restart import restart


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture
async def account(make_account: MakeAccount, all_entities_enabled: None) -> Enapter:
    """An account of two devices that have every severity of alerts, all entities enabled."""
    account: Enapter = make_account(small(POWER_METER, BATTERY))
    await account.set_up()
    return account


def alerts(hass: HomeAssistant, account: Enapter, device: str = POWER_METER) -> set[str]:
    """What of a device's alerts is on, and the names of those that are raised."""
    states = shown_of(hass, account, device)
    return {key for key in states if key.startswith("own,alert") and states[key] == "on"} | {
        states["own,raised_alerts"]
    }


async def test_alert_is_shown_by_its_severity_and_by_its_name_until_it_is_cleared(
    hass: HomeAssistant, account: Enapter
) -> None:
    assert alerts(hass, account) == {"none"}
    for alert, severity, name in (
        ("grid_lost", "own,alerts_error", "Grid lost"),
        ("low_voltage", "own,alerts_warning", "Low voltage"),
        ("update_available", "own,alerts_info", "Firmware update available"),
    ):
        account.simulator.raise_alert(POWER_METER, alert)
        await account.polls(2)
        assert alerts(hass, account) == {f"own,alert_{alert}", severity, name}
        assert alerts(hass, account, BATTERY) == {"none"}
        account.simulator.clear_alert(POWER_METER, alert)
        await account.polls(2)
        assert alerts(hass, account) == {"none"}


async def test_alerts_of_several_severities(hass: HomeAssistant, account: Enapter) -> None:
    for alert in ("low_voltage", "grid_lost", "not_configured"):
        account.simulator.raise_alert(POWER_METER, alert)
    await account.polls(2)
    single = {"own,alert_low_voltage", "own,alert_grid_lost", "own,alert_not_configured"}
    assert alerts(hass, account) == {
        *single,
        "own,alerts_error",
        "own,alerts_warning",
        "Device is not configured, Grid lost, Low voltage",
    }
    account.simulator.clear_alert(POWER_METER, "grid_lost")
    await account.polls(2)
    assert alerts(hass, account) == {
        *(single - {"own,alert_grid_lost"}),
        "own,alerts_warning",
        "Device is not configured, Low voltage",
    }


async def test_errors_and_warnings_are_problems(hass: HomeAssistant, account: Enapter) -> None:
    classes = {
        key: state_of(hass, account, POWER_METER, key).attributes.get("device_class")
        for key in shown_of(hass, account, POWER_METER)
        if key.startswith("own,alert") or key == "own,connectivity"
    }
    assert classes == {
        **dict.fromkeys(("own,alerts_error", "own,alerts_warning"), "problem"),
        **dict.fromkeys(("own,alert_grid_lost", "own,alert_low_voltage", "own,alert_not_configured"), "problem"),
        # A note is no problem.
        **dict.fromkeys(("own,alerts_info", "own,alert_update_available"), None),
        "own,connectivity": "connectivity",
    }


async def test_no_alert_has_a_word_in_the_users_language(hass: HomeAssistant, account: Enapter) -> None:
    entity = entity_of(hass, account, POWER_METER, "own,raised_alerts")
    assert entity is not None
    texts = await async_get_translations(hass, "en", "entity", {DOMAIN})
    key = f"component.{DOMAIN}.entity.{entity.domain}.{entity.translation_key}.state"
    assert texts[f"{key}.{shown(hass, account, POWER_METER, 'own,raised_alerts')}"] == "None"


async def test_alert_that_nobody_declared_is_an_error_of_its_own(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    account.simulator.raise_alert(POWER_METER, "xyzzy_7")
    await account.polls(2)
    raised = {"own,alert_xyzzy_7", "own,alerts_error", shown(hass, account, POWER_METER, "own,raised_alerts")}
    assert alerts(hass, account) == raised
    assert "xyzzy" in str(raised).lower()
    # It is the same one after a restart.
    await restart(hass, account.entry.entry_id)
    await hass.async_block_till_done()
    assert alerts(hass, account) == raised
    account.simulator.clear_alert(POWER_METER)
    await account.polls(2)
    assert alerts(hass, account) == {"none"}
    assert shown(hass, account, POWER_METER, "own,alert_xyzzy_7") == "off"
    assert complaints(caplog) == []


@pytest.mark.parametrize("known", ["documented", "without_alerts_and_communication", "older"])
async def test_alerts_come_from_the_telemetry_where_the_list_has_none(
    hass: HomeAssistant, make_account: MakeAccount, known: str
) -> None:
    account: Enapter = make_account(small(POWER_METER, OLD_METER, HEAT_PUMP, expand_known=known))
    await account.set_up()
    assert alerts(hass, account) == {"none"}
    account.simulator.raise_alert(OLD_METER, "fault")
    await account.polls(2)
    assert alerts(hass, account, OLD_METER) == {"own,alerts_error", "Fault"}
    # Where neither tells, nobody says that all is well.
    assert shown(hass, account, HEAT_PUMP, "own,alerts_error") == "unavailable"


async def test_alerts_do_not_stay_for_ever_while_the_list_fails(hass: HomeAssistant, account: Enapter) -> None:
    account.simulator.faults.add(faults.Status(500), "/v3/devices")
    await account.polls(20)
    states = shown_of(hass, account, POWER_METER)
    assert {state for key, state in states.items() if key.startswith("own,")} == {"unavailable"}
    assert float(states["total_power"])
    account.simulator.faults.clear()
    await account.polls(2)
    assert alerts(hass, account) == {"none"}


async def test_alerts_stay_while_the_list_fails(hass: HomeAssistant, account: Enapter) -> None:
    account.simulator.raise_alert(POWER_METER, "grid_lost")
    await account.polls(2)
    account.simulator.faults.add(faults.Status(500), "/v3/devices")
    account.simulator.clear_alert(POWER_METER)
    await account.polls(10)
    assert alerts(hass, account) == {"own,alert_grid_lost", "own,alerts_error", "Grid lost"}
    assert float(shown(hass, account, POWER_METER, "total_power"))
    account.simulator.faults.clear()
    await account.polls(2)
    assert alerts(hass, account) == {"none"}


async def test_connection(hass: HomeAssistant, account: Enapter) -> None:
    assert shown(hass, account, BATTERY, "own,connectivity") == "on"
    changes: list[tuple[Status, str]] = [
        ("OFFLINE", "off"),
        ("UNKNOWN", "unavailable"),
        ("OFFLINE", "off"),
        ("ONLINE", "on"),
    ]
    for status, state in changes:
        account.simulator.set_connectivity(BATTERY, status)
        await account.polls(2)
        assert shown(hass, account, BATTERY, "own,connectivity") == state
        assert shown(hass, account, POWER_METER, "own,connectivity") == "on"
        # What it measures is as true as before.
        assert float(shown(hass, account, BATTERY, "battery_soc"))


def told(hass: HomeAssistant, account: Enapter) -> dict[str, datetime]:
    """When each entity was last told something."""
    entities = (hass.states.get(entity.entity_id) for entity in account.entities_of_devices())
    return {state.entity_id: state.last_reported for state in entities if state is not None}


async def test_poll_that_brings_the_same_writes_no_state(hass: HomeAssistant, account: Enapter) -> None:
    await account.polls(2)
    for device in account.simulator.devices:
        account.simulator.silence(device)
    await account.polls(2)
    before = told(hass, account)
    account.simulator.requests.clear()
    await account.polls(4)
    assert len(account.requests) == 2 * 4
    assert told(hass, account) == before


async def test_entities_are_told_of_their_own_changes_only(hass: HomeAssistant, account: Enapter) -> None:
    account.simulator.raise_alert(BATTERY, "low_voltage")
    await account.polls(2)
    account.simulator.silence(POWER_METER)
    await account.polls(2)
    before = told(hass, account)
    account.simulator.raise_alert(POWER_METER, "grid_lost")
    account.simulator.set_connectivity(BATTERY, "OFFLINE")
    await account.polls(2)
    changed = {entity_id for entity_id, time in told(hass, account).items() if time != before[entity_id]}
    expected = {
        state_of(hass, account, device, key).entity_id
        for device, key in (
            (BATTERY, "own,connectivity"),
            (POWER_METER, "own,alerts_error"),
            (POWER_METER, "own,alert_grid_lost"),
            (POWER_METER, "own,raised_alerts"),
            # The battery has measured anew meanwhile, everything that it measures.
            *((BATTERY, key) for key in account.simulator.devices[BATTERY].channels if key != "alerts"),
        )
    }
    assert changed == expected
