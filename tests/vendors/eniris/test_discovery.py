"""The tree of devices: controllers with their sites, meters, inverters and batteries, whatever is missing of it."""

from collections.abc import Callable
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.model import Device, DeviceKind
from tests.simulators import faults
from tests.simulators.eniris import (
    BATTERY,
    CHARGER,
    CONTROLLER,
    GRID_METER,
    HEAT_PUMP,
    INACTIVE,
    INVERTER,
    MAIN_METER,
    OFFICE_CONTROLLER,
    OFFICE_SITE,
    OPTIMIZER,
    ORPHAN,
    ROOF,
    SITE,
    STRING,
    SUBMETERS,
    SWITCHBOARD,
    UNKNOWN,
    WITHOUT_SERIES,
)

from .conftest import DEVICES, Bench, MakeBench, added, devices_of

PARENTS = {
    CONTROLLER: None,
    SITE: CONTROLLER,
    GRID_METER: SITE,
    INVERTER: SITE,
    BATTERY: INVERTER,
    OPTIMIZER: INVERTER,
    STRING: INVERTER,
    CHARGER: SITE,
    HEAT_PUMP: SITE,
    OFFICE_CONTROLLER: None,
    OFFICE_SITE: OFFICE_CONTROLLER,
    SWITCHBOARD: OFFICE_SITE,
    MAIN_METER: SWITCHBOARD,
    **dict.fromkeys(SUBMETERS.values(), SWITCHBOARD),
    ROOF: SWITCHBOARD,
    UNKNOWN: OFFICE_SITE,
    ORPHAN: None,
    WITHOUT_SERIES: SITE,
}


def rewrite(bench: Bench, change: Callable[[dict[str, Any]], None], node_id: str) -> None:
    """Change the properties of a device in every list."""

    def changed(body: Any) -> Any:
        for device in body["device"]:
            if device["properties"].get("nodeId") == node_id:
                change(device["properties"])
        return body

    bench.simulator.faults.clear()
    bench.simulator.faults.add(faults.Rewritten(changed), DEVICES)


async def test_tree_is_as_the_controllers_have_it(bench: Bench) -> None:
    inventory = await bench.discover()
    assert bench.asked() == [f"POST {DEVICES}"]
    devices = devices_of(inventory)
    assert {one.id: one.parent_id for one in devices.values()} == PARENTS
    assert {(site.id, site.name) for site in inventory.sites} == {(SITE, "Family home"), (OFFICE_SITE, "Office")}
    # Each device is at its own controller's site; the orphan is at none, though there are two to choose from.
    assert {one.id: one.site_id for one in devices.values() if one.id in (BATTERY, ROOF, ORPHAN, CONTROLLER, SITE)} == {
        BATTERY: SITE,
        ROOF: OFFICE_SITE,
        ORPHAN: None,
        CONTROLLER: None,
        SITE: SITE,
    }
    assert inventory.in_one_list
    assert inventory.points == ()
    assert INACTIVE not in devices


async def test_devices_say_what_they_are(bench: Bench) -> None:
    devices = devices_of(await bench.discover())
    assert devices[INVERTER] == Device(
        id=INVERTER,
        kind=DeviceKind.INVERTER,
        name="GoodWe GW10K-BT",
        site_id=SITE,
        parent_id=SITE,
        manufacturer="GoodWe",
        model="GW10K-BT",
        serial="0000EXAMPLE0001",
        sw_version="1.7.12",
    )
    kinds = {
        CONTROLLER: DeviceKind.GATEWAY,
        SITE: DeviceKind.INSTALLATION,
        SWITCHBOARD: DeviceKind.SWITCHBOARD,
        GRID_METER: DeviceKind.METER,
        BATTERY: DeviceKind.BATTERY,
        OPTIMIZER: DeviceKind.SOLAR_PANELS,
        STRING: DeviceKind.SOLAR_PANELS,
        CHARGER: DeviceKind.CHARGING_POINT,
        HEAT_PUMP: DeviceKind.HEAT_PUMP,
        ROOF: DeviceKind.INVERTER,
        UNKNOWN: DeviceKind.DEVICE,
    }
    assert {one: devices[one].kind for one in kinds} == kinds
    assert (devices[SITE].manufacturer, devices[SITE].model) == ("Eniris", None)


async def test_cycle_is_cut_once(make_bench: MakeBench) -> None:
    bench = await added(await make_bench(cycle=True))
    devices = devices_of(await bench.discover())
    assert (devices[OFFICE_SITE].parent_id, devices[SWITCHBOARD].parent_id) in [
        (SWITCHBOARD, None),
        (None, OFFICE_SITE),
    ]
    assert devices[MAIN_METER].parent_id == SWITCHBOARD
    assert len(devices) == len(PARENTS)


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ([ORPHAN, SITE], ORPHAN),
        (["unknown", SITE], SITE),
        ([None, 5, [], SITE], SITE),
        ([CHARGER], None),
        ([CHARGER, SITE], SITE),
        ([INACTIVE, SITE], SITE),
        ([], None),
        (SITE, None),
        ({SITE: 1}, None),
        (None, None),
        (7, None),
    ],
    ids=str,
)
async def test_parent_is_the_first_that_is_listed(bench: Bench, parents: object, expected: str | None) -> None:
    rewrite(bench, lambda properties: properties.update(nodeParentsIds=parents), CHARGER)
    assert devices_of(await bench.discover())[CHARGER].parent_id == expected


async def test_device_without_a_node_id_has_its_number(make_bench: MakeBench) -> None:
    bench = await added(await make_bench(missing_node_ids=True))
    devices = devices_of(await bench.discover())
    number = str(bench.simulator.node(HEAT_PUMP).id)
    assert HEAT_PUMP not in devices
    assert (devices[number].kind, devices[number].parent_id) == (DeviceKind.HEAT_PUMP, SITE)
    await bench.read()
    assert {one.id.key for one in bench.inventory.points if one.id.device_id == number} >= {
        "heatPumpMetrics.actualPowerTot_W"
    }


async def test_node_id_that_two_devices_have_is_one_device(make_bench: MakeBench) -> None:
    bench = await added(await make_bench(duplicate_node_ids=True))
    devices = devices_of(await bench.discover())
    assert devices[HEAT_PUMP].name == "Daikin Altherma"
    assert len(devices) == len(PARENTS)


async def test_names_that_may_not_be_read_are_missing(make_bench: MakeBench) -> None:
    bench = await added(await make_bench(without_names=True))
    inventory = await bench.discover()
    assert {device.name for device in inventory.devices} == {None}
    assert {site.name for site in inventory.sites} == {SITE, OFFICE_SITE}


@pytest.mark.parametrize("wrong", [None, 7, True, "x", [], [None], {}, {"a": 1}, [[]], [{}], 1e308], ids=str)
@pytest.mark.parametrize("key", ["name", "nodeType", "nodeParentsIds", "info", "nodeInfluxSeries", "isActive"])
async def test_property_of_another_type_costs_nothing_but_itself(bench: Bench, key: str, wrong: object) -> None:
    await bench.discover()
    usual = {device.id: device for device in bench.inventory.devices}
    bench.simulator.set_property(CHARGER, "touched", value=True)
    rewrite(bench, lambda properties: properties.update({key: wrong}), CHARGER)
    devices = devices_of(await bench.discover())
    assert {one: device for one, device in devices.items() if one != CHARGER} == {
        one: device for one, device in usual.items() if one != CHARGER
    }
    assert CHARGER in devices
    # What a text may be is a text.
    assert devices[CHARGER].name in ("x", None) or key != "name"


@pytest.mark.parametrize("properties", [None, 7, "x", [], {}, {"nodeId": 5}, {"nodeId": ""}, {"nodeId": ".."}], ids=str)
async def test_device_without_properties_has_its_number_and_no_more(bench: Bench, properties: object) -> None:
    body = {"device": [{"id": 5, "lastUpdate": "x", "properties": properties}, 7, None, [], {"id": None}, {}]}
    bench.simulator.faults.add(faults.Answer(body), DEVICES)
    (device,) = (await bench.discover()).devices
    assert (device.id, device.kind, device.name) == ("5", DeviceKind.DEVICE, None)
