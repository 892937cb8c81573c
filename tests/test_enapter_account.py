"""An Enapter account in Home Assistant: what its entities are and show, in every variant of the service."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest
from syrupy.assertion import SnapshotAssertion

from tests.simulators.enapter import (
    AMBIENT_SENSOR,
    BARE,
    BATTERY,
    ELECTROLYSER,
    EV_CHARGER,
    GATEWAY,
    HEAT_PUMP,
    HYBRID_INVERTER,
    LINK_MASTER,
    OFFICE_METER,
    OLD_METER,
    POWER_METER,
    PV_INVERTER,
    EnapterSimulator,
    EnapterSwitches,
)

from .conftest import MakeAccount
from .enapter_home import (
    Enapter,
    at_gateway,
    complaints,
    entity_of,
    registered_device,
    shown_of,
    shows,
    small,
    state_of,
    truth,
)

OF_EVERY_KIND = (GATEWAY, LINK_MASTER, AMBIENT_SENSOR, ELECTROLYSER, OLD_METER, BARE, BATTERY, POWER_METER, PV_INVERTER)
NOT_SHOWN = ("json", "object", "alerts")


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


def described(hass: HomeAssistant, entity: er.RegistryEntry) -> str:
    """An entity on one line: its key, its name, what it is, and what it shows."""
    state = hass.states.get(entity.entity_id)
    assert state is not None
    has = state.attributes
    kinds = (has.get("device_class"), has.get("state_class"), entity.entity_category and entity.entity_category.value)
    unit = f" {has['unit_of_measurement']}" if "unit_of_measurement" in has else ""
    options = f" of {', '.join(has['options'])}" if "options" in has else ""
    name = has["friendly_name"]
    return f"{entity.entity_id} '{name}' ({', '.join(one for one in kinds if one)}): {state.state}{unit}{options}"


# What there is


@pytest.mark.usefixtures("all_entities_enabled")
async def test_entities(hass: HomeAssistant, make_account: MakeAccount, snapshot: SnapshotAssertion) -> None:
    account: Enapter = make_account(small(*OF_EVERY_KIND))
    await account.set_up()
    entities = er.async_entries_for_config_entry(er.async_get(hass), account.entry.entry_id)
    for device in OF_EVERY_KIND:
        registered = registered_device(hass, account, device)
        assert registered is not None
        own = {one.unique_id: described(hass, one) for one in entities if one.device_id == registered.id}
        assert dict(sorted(own.items())) == snapshot(name=registered.name)


async def test_noisy_entities_are_disabled_until_somebody_wants_them(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account: Enapter = make_account(small(POWER_METER, OLD_METER, AMBIENT_SENSOR))
    await account.set_up()
    disabled = {
        (entity.original_name or "").replace("L2", "L1").replace("L3", "L1")
        for entity in account.entities_of_devices()
        if entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    }
    alerts = {"Low voltage", "Grid lost", "Firmware update available", "Device is not configured", "Over temp", "Fault"}
    measured = {"L1 Voltage", "Voltage L1", "Frequency", "Power factor", "Signal Strength"}
    assert disabled == alerts | measured


async def test_devices_hang_from_each_other_in_the_areas_of_their_sites(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account: Enapter = make_account(EnapterSimulator())
    await account.set_up()
    registry = dr.async_get(hass)
    devices = {one.id: one for one in dr.async_entries_for_config_entry(registry, account.entry.entry_id)}
    tree = {one.name: devices[one.via_device_id].name for one in devices.values() if one.via_device_id}
    assert tree == {
        **dict.fromkeys(("Gateway", "Ambient sensor", "Electrolyser", "Bare device", "Main meter"), "Enapter"),
        **dict.fromkeys(("Link master", "Hybrid inverter", "PV inverter", "Old meter"), "Gateway"),
        **dict.fromkeys(("Heat pump", "EV charger"), "Gateway"),
        "Battery": "Hybrid inverter",
        "Power meter": "Link master",
    }
    areas = {one.name: one.area_id for one in devices.values()}
    assert areas.pop("Enapter") is None
    assert areas.pop("Main meter") == "office"
    assert set(areas.values()) == {"home"}
    battery = registered_device(hass, account, BATTERY)
    assert battery is not None
    assert (battery.manufacturer, battery.model, battery.serial_number, battery.sw_version) == (
        "Enapter Simulator",
        "Battery",
        "SN-a8d513",
        "2.4.1",
    )


# What it shows


def told(account: Enapter, device: str) -> Mapping[str, Any]:
    """What the service tells of a device to an owner, by the keys of the points that show it."""
    manifest = account.simulator.devices[device].manifest
    return {
        name: truth(account, device, name)
        for name, about in ((manifest or {}).get("telemetry") or {}).items()
        if about["type"] not in NOT_SHOWN and about.get("access_level") != "installer"
    }


def variants() -> list[tuple[str, Any]]:
    """Each switch with each value that is not its default; but for those of numbers, and of an account of nothing."""
    hints = get_type_hints(EnapterSwitches)
    found: list[tuple[str, Any]] = [("rate_limit", 600), ("address_limit", 1500), ("page_size", 2), ("history_days", 1)]
    for one in fields(EnapterSwitches):
        hint = hints[one.name]
        values = get_args(hint) if get_origin(hint) is Literal else (False, True) if hint is bool else ()
        found += [(one.name, value) for value in values if value != one.default]
    return [one for one in found if one[0] != "old_sites_only"]


@pytest.mark.parametrize(("switch", "value"), variants())
async def test_variant_shows_the_truth(
    hass: HomeAssistant,
    make_account: MakeAccount,
    caplog: pytest.LogCaptureFixture,
    switch: str,
    value: Any,
) -> None:
    simulator = small(
        *(GATEWAY, ELECTROLYSER, OLD_METER, BARE, HEAT_PUMP, BATTERY, POWER_METER),
        gateway=switch == "gateway_sites",
        **{switch: value},
    )
    account: Enapter = at_gateway(make_account, simulator) if simulator.gateway else make_account(simulator)
    await account.set_up()
    assert account.status() is ConfigEntryState.LOADED
    for device in simulator.devices:
        states = dict(shown_of(hass, account, device))
        if device == HEAT_PUMP and switch == "broken_manifest":
            # What can be made of it is shown; a number that is declared as a text is one.
            assert float(states.pop("energy_total"))
            assert states == {"own,connectivity": "on", "defrosting": "off", "status": "heating"}
            continue
        connected = "unavailable" if switch == "connectivity" and value != "online" else "on"
        assert states.pop("own,connectivity") == connected, device
        alerts = {states.pop(key) for key in list(states) if "alert" in key}
        # Only the telemetry tells of them where the list does not, and the heat pump's has none.
        untold = device == HEAT_PUMP and switch == "expand_known"
        if device not in (GATEWAY, BARE):
            assert alerts == ({"unavailable"} if untold else {"off", "none"}), device
        expected = told(account, device)
        hidden = entity_of(hass, account, device, "service_counter")
        assert (hidden is not None) == (device == ELECTROLYSER and switch != "hidden_attributes")
        assert states.keys() <= expected.keys()
        for key in states:
            assert shows(state_of(hass, account, device, key), expected[key]), (key, expected[key])
    assert len(hass.states.async_all()) > 60
    assert complaints(caplog) == []
    assert not ir.async_get(hass).issues


async def test_values_follow_the_service(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account: Enapter = make_account(small(HYBRID_INVERTER, OFFICE_METER, EV_CHARGER))
    await account.set_up()
    seen = set()
    for _ in range(5):
        await account.wait(60)
        now = account.entry.runtime_data.last_success
        for device, key in ((HYBRID_INVERTER, "pv_energy_lifetime"), (EV_CHARGER, "ac_energy_today")):
            row = account.simulator.truth(device, key, now)
            assert row is not None
            assert shows(state_of(hass, account, device, key), row.value)
        row = account.simulator.truth(OFFICE_METER, "total_power", now)
        assert row is not None
        seen.add(row.value)
        assert shows(state_of(hass, account, OFFICE_METER, "total_power"), row.value)
    assert len(seen) > 1
