"""An Eniris account in Home Assistant: its devices and entities, in every variant of the service."""

from collections.abc import Iterator
from dataclasses import fields
import re
from typing import Any, Literal, get_args, get_origin, get_type_hints
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.energy_clouds.const import DOMAIN
from tests.eniris_home import HOUSE, ONE_OF_EACH, POWER, Eniris, small
from tests.simulators.eniris import (
    BATTERY,
    CHARGER,
    CONTROLLER,
    GRID_METER,
    HEAT_PUMP,
    INVERTER,
    OFFICE_CONTROLLER,
    OFFICE_SITE,
    SECOND,
    SITE,
    SUBMETERS,
    SWITCHBOARD,
    UNKNOWN,
    USER_ID,
    EnirisSimulator,
    EnirisSwitches,
)
from tests.simulators.eniris.fields import Value

from .conftest import MakeAccount

FACTORS = {"Wh": 0.001, "frac": 100.0}
NOISE = re.compile("Delta|[vV]oltage|frequency|powerFactor|reacPower|setpoint|Limit|faultCodes|constraint")


@pytest.fixture
def eniris(make_account: MakeAccount) -> Eniris:
    return make_account(small())


@pytest.mark.parametrize("platform", [Platform.SENSOR, Platform.BINARY_SENSOR])
@pytest.mark.usefixtures("all_entities_enabled")
async def test_entities(
    hass: HomeAssistant, make_account: MakeAccount, snapshot: SnapshotAssertion, platform: Platform
) -> None:
    account = make_account(small({SITE, INVERTER, BATTERY, CHARGER, UNKNOWN}))
    with patch("custom_components.energy_clouds.PLATFORMS", (platform,)):
        await account.set_up()
        await snapshot_platform(hass, er.async_get(hass), snapshot, account.entry.entry_id)
        await hass.config_entries.async_unload(account.entry.entry_id)


async def test_unique_ids_are_for_ever(
    hass: HomeAssistant, make_account: MakeAccount, snapshot: SnapshotAssertion
) -> None:
    account = make_account(small(ONE_OF_EACH))
    await account.set_up()
    entities = er.async_get(hass).entities.get_entries_for_config_entry_id(account.entry.entry_id)
    assert sorted(f"{entity.domain} {entity.unique_id}" for entity in entities) == snapshot


def devices_of(hass: HomeAssistant, account: Eniris) -> dict[str, dr.DeviceEntry]:
    """The account's devices by the service's ids; the account itself is `""`."""
    prefix = f"{USER_ID}_"
    return {
        next(iter(device.identifiers))[1].removeprefix(prefix).removeprefix(str(USER_ID)): device
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), account.entry.entry_id)
    }


async def test_devices_hang_as_the_service_says_and_are_in_the_area_of_their_site(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account = make_account(EnirisSimulator())
    await account.set_up()
    devices = devices_of(hass, account)
    names = {device.id: node_id for node_id, device in devices.items()}
    nodes = {node.node_id: node.properties for node in account.simulator.nodes}
    for node_id, device in devices.items():
        if node_id:
            parents = nodes[node_id]["nodeParentsIds"]
            known = parents[0] if parents and parents[0] in devices else ""
            assert device.via_device_id is not None
            assert names[device.via_device_id] == known, node_id
            assert device.name == nodes[node_id]["name"]
    assert nodes.keys() - devices.keys() == {node for node, one in nodes.items() if one.get("isActive") is False}
    areas = {node_id: device.area_id for node_id, device in devices.items()}
    assert {areas[one] for one in (GRID_METER, HEAT_PUMP)} == {"family_home"}
    assert {areas[one] for one in (SWITCHBOARD, *SUBMETERS.values())} == {"office"}
    # A site is not in itself, and what is above it not in it either.
    assert {areas[one] for one in ("", CONTROLLER, OFFICE_CONTROLLER, SITE, OFFICE_SITE)} == {None}


def truth(account: Eniris) -> Iterator[tuple[str, Value]]:
    """The newest value of every field that is live, by unique id, as the service has it."""
    for node in account.simulator.nodes:
        listed = node.properties.get("nodeId") or str(node.id)
        for series in node.series or ():
            if series.policy == SECOND or series.measurement == "getMeasStats":
                continue
            for field in series.fields:
                newest = account.simulator.newest(node.node_id, field, series.policy)
                if newest is not None and not re.match("sum_|mean_", field):
                    yield f"{account.row.account_id}_{listed}_{series.measurement}.{field}", newest[1]


def shows(account: Eniris, entity_id: str, unique_id: str, value: Value) -> bool:
    """Whether that is what an entity shows."""
    shown, factor = account.state(entity_id), FACTORS.get(unique_id.rpartition("_")[2], 1.0)
    match value:
        case bool():
            return shown == ("on" if value else "off")
        case float():
            return float(shown) == pytest.approx(value * factor, abs=1e-3)
        case _:
            return shown == value


async def assert_truth_is_shown(account: Eniris) -> None:
    """Every entity that is enabled shows the newest row of the service, and nothing else is shown."""
    await account.entry.runtime_data.async_refresh()
    await account.hass.async_block_till_done()
    entities = er.async_entries_for_config_entry(er.async_get(account.hass), account.entry.entry_id)
    enabled = {entity.unique_id: entity.entity_id for entity in entities if not entity.disabled}
    true = dict(truth(account))
    assert enabled.keys() <= true.keys()
    assert len(enabled) > 50
    assert [one for one, entity_id in enabled.items() if not shows(account, entity_id, one, true[one])] == []
    # What is not shown is an interval's amount, or what few people want to see.
    hidden = {one.rpartition(".")[2] for one in true.keys() - enabled.keys()}
    assert not [one for one in hidden if not NOISE.search(one)]


def variants() -> Iterator[tuple[str, Any]]:
    """Each switch with each value that is not its default."""
    hints = get_type_hints(EnirisSwitches)
    for one in fields(EnirisSwitches):
        hint = hints[one.name]
        values = get_args(hint) if get_origin(hint) is Literal else (False, True) if hint is bool else ()
        yield from ((one.name, value) for value in values if value != one.default)
    yield from (("aborting", "error"), ("aborting", None), ("access_seconds", 90), ("unauthorized", "unauthorized!"))


@pytest.mark.parametrize(("switch", "value"), [one for one in variants() if one[0] != "without_series"])
async def test_variant_shows_the_same(
    hass: HomeAssistant,
    make_account: MakeAccount,
    caplog: pytest.LogCaptureFixture,
    switch: str,
    value: Any,
) -> None:
    kept = HOUSE | {OFFICE_CONTROLLER, OFFICE_SITE, SWITCHBOARD, SUBMETERS["lighting"]}
    account = make_account(small(kept, switches=EnirisSwitches(**{switch: value})))
    await account.set_up()
    await account.polls(4)
    assert account.status() is ConfigEntryState.LOADED
    await assert_truth_is_shown(account)
    assert not ir.async_get(hass).issues
    assert not list(hass.config_entries.flow.async_progress())
    ours = [one.getMessage() for one in caplog.records if one.levelno > 20 and "energy_clouds" in one.name]
    assert ours == []
    assert "Detected that custom integration" not in caplog.text


async def test_unique_ids_are_the_same_in_every_variant(hass: HomeAssistant, make_account: MakeAccount) -> None:
    found = set()
    for switches in (
        EnirisSwitches(),
        EnirisSwitches(sparse=True, time_format="nanoseconds", several_series=True, statement_ids=False),
        EnirisSwitches(cycle=True, without_names=True, duplicate_node_ids=True, time_format="milliseconds"),
    ):
        account = make_account(small(switches=switches))
        await account.set_up()
        await account.polls(4)
        entities = er.async_get(hass).entities.get_entries_for_config_entry_id(account.entry.entry_id)
        found.add(frozenset(entity.unique_id for entity in entities))
        await hass.config_entries.async_remove(account.entry.entry_id)
    assert len(found) == 1


async def test_two_devices_of_one_id_are_one(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(small(switches=EnirisSwitches(duplicate_node_ids=True)))
    await account.set_up()
    assert "Twin" not in {device.name for device in devices_of(hass, account).values()}


async def test_nothing_is_polled_that_nobody_wants(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up(options={"excluded_devices": [HEAT_PUMP]})
    await eniris.polls(3)
    asked = eniris.simulator.requests[-1].body
    assert GRID_METER in str(asked)
    assert HEAT_PUMP not in str(asked)
    assert hass.states.get("sensor.family_home_daikin_altherma_power") is None
    assert float(eniris.state(POWER))
    assert DOMAIN in {entity.platform for entity in er.async_get(hass).entities.values()}
