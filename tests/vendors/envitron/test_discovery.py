"""Discovery: buildings, hubs and sensors become sites, devices and points whose ids stay what they are."""

from collections.abc import Callable
from dataclasses import replace
import re
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.envitron.known import ACTUAL_CADENCE
from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    NotPermitted,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.energy_clouds.vendors.model import (
    Device,
    DeviceKind,
    Inventory,
    Nature,
    Point,
    PointId,
    Quantity,
    Site,
)
from tests.simulators import faults
from tests.simulators.envitron import OFFICE, WAREHOUSE, Hub, Sensor

from .conftest import Bench, MakeBench, sample_of, sensor_named

BUILDINGS = re.compile("/buildings/$")
OFFICE_SENSORS = re.compile(f"{OFFICE}/sensors/$")
ANY_SENSORS = re.compile("[0-9a-f]/sensors/$")
SMART_METER = "0f6d2b7c-5b1e-4c0a-8a43-1d9c6f2be701"
HEAT_PUMP = "d27a6e93-18b4-4f5c-8c7d-52e0a9f1b404"
WATER_METER = "6b3f8d10-e9a2-4c47-a1b6-07d5c4e82505"
NEW_HUB = Hub("7d1c5a90-3e42-4b6f-9d08-f5a2b1c4e606", 99, "New meter")

UNAVAILABLE = [
    pytest.param(faults.Status(404, {"detail": "Not found."}), CannotConnect, id="404"),
    pytest.param(faults.Status(403, {"detail": "You do not have permission."}), NotPermitted, id="403"),
    pytest.param(faults.Status(400, {"sensor_uuid": ["This field is required."]}), UnexpectedAnswer, id="400"),
    pytest.param(faults.Status(500), CannotConnect, id="500"),
    pytest.param(faults.HtmlPage(200), CannotConnect, id="html"),
    pytest.param(faults.Redirect("/login"), CannotConnect, id="redirect"),
    pytest.param(faults.ConnectionReset(), CannotConnect, id="reset"),
    pytest.param(faults.Answer("maintenance"), UnexpectedAnswer, id="text"),
    pytest.param(faults.Answer({"status": "maintenance"}), UnexpectedAnswer, id="no id"),
    pytest.param(faults.Answer([1, 2]), UnexpectedAnswer, id="numbers"),
]


def devices_of(inventory: Inventory) -> dict[str, Device]:
    return {device.id: device for device in inventory.devices}


def content(inventory: Inventory) -> tuple[set[Site], set[Device], set[Point]]:
    """All that is in an inventory; in which order points stand in it says nothing."""
    return set(inventory.sites), set(inventory.devices), set(inventory.points)


def points_of(inventory: Inventory) -> dict[str, Point]:
    """The points of an inventory's sensors by their uuids."""
    buildings = {site.id for site in inventory.sites}
    return {point.id.key: point for point in inventory.points if point.id.device_id not in buildings}


def home_of(inventory: Inventory, sensor: str) -> str:
    """The device on which a sensor's point is."""
    return points_of(inventory)[sensor].id.device_id


def edit(bench: Bench, which: str, **changed: Any) -> str:
    """Change the sensor of that name at the service."""
    uuid = sensor_named(bench, which)
    sensor = bench.simulator.sensors[uuid]
    bench.simulator.buildings[sensor.building].sensors[uuid] = replace(sensor, **changed)
    return uuid


async def test_one_request_for_the_buildings_and_one_for_each_of_them(bench: Bench) -> None:
    await bench.vendor.login()
    await bench.discover()
    assert bench.asked("buildings") == [
        "GET /public-api/buildings/",
        f"GET /public-api/buildings/{OFFICE}/sensors/",
        f"GET /public-api/buildings/{WAREHOUSE}/sensors/",
    ]


async def test_buildings_are_sites_and_devices_and_hubs_hang_from_them(bench: Bench) -> None:
    inventory = await bench.discover()
    assert inventory.sites == (Site(id=OFFICE, name="Office"), Site(id=WAREHOUSE, name="Warehouse"))
    sensors = bench.simulator.sensors.values()
    hubs = {sensor.hub: sensor.building for sensor in sensors if sensor.hub is not None and sensor.unit == "W"}
    alone = [sensor for sensor in sensors if sensor.hub is None]
    assert devices_of(inventory) == {
        uuid: Device(id=uuid, kind=kind, name=name, site_id=site, parent_id=parent, manufacturer="Envitron")
        for uuid, kind, name, site, parent in (
            *((one.id, DeviceKind.BUILDING, one.name, one.id, None) for one in inventory.sites),
            *((hub.uuid, DeviceKind.SENSOR_HUB, hub.name, at, at) for hub, at in hubs.items()),
            *((one.uuid, DeviceKind.SENSOR, one.name, one.building, one.building) for one in alone),
        )
    }
    assert len(hubs) == 5
    assert len(alone) == 1
    ids = [device.id for device in inventory.devices]
    assert all(ids.index(one.parent_id) < ids.index(one.id) for one in inventory.devices if one.parent_id)


async def test_sensors_that_measure_watts_are_points_of_their_hub_or_of_themselves(bench: Bench) -> None:
    inventory = await bench.discover()
    sensors = {uuid: one for uuid, one in bench.simulator.sensors.items() if one.unit == "W"}
    points = points_of(inventory)
    assert points.keys() == sensors.keys()
    for uuid, sensor in sensors.items():
        assert points[uuid].id.device_id == (sensor.hub.uuid if sensor.hub is not None else uuid)
        assert (points[uuid].quantity, points[uuid].nature, points[uuid].unit) == (Quantity.POWER, Nature.GAUGE, "W")
        assert (points[uuid].meaning, points[uuid].cadence) == (sensor.type, ACTUAL_CADENCE)


async def test_old_values_have_no_cadence(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"old_values": True})
    inventory = await bench.discover()
    assert {point.cadence for point in inventory.points} == {None}
    # The option may be changed any day, and the inventory is remembered.
    bench.restarted(options={})
    readings = await bench.read()
    assert readings.inventory is not None
    assert {point.cadence for point in readings.inventory.points} == {ACTUAL_CADENCE}
    assert (await bench.poll()).inventory is None


@pytest.mark.parametrize(
    ("device", "sensor", "shown"),
    [
        ("Heat pump", "Heat pump power", "Power"),
        ("Heat pump", "Heat pump - power", "Power"),
        ("heat pump", "Heat Pump: Power", "Power"),
        ("Meter (1)", "Meter (1) delivery", "Delivery"),
        ("Heat pump", "Heat pump", None),
        ("HEAT PUMP", "Heat pump", None),
        ("Heat pump", "Power", "Power"),
        ("Heat", "Heating", "Heating"),
        ("Meter 1", "Meter 12", "Meter 12"),
        ("Pump", "Heat pump", "Heat pump"),
    ],
)
async def test_sensor_is_named_without_its_device(bench: Bench, device: str, sensor: str, shown: str | None) -> None:
    uuid = edit(bench, "Heat pump power", name=sensor, hub=Hub(NEW_HUB.uuid, NEW_HUB.id, device))
    inventory = await bench.discover()
    assert points_of(inventory)[uuid].name == shown
    assert devices_of(inventory)[NEW_HUB.uuid].name == device


async def test_sensor_on_its_own_is_named_by_its_device(bench: Bench) -> None:
    inventory = await bench.discover()
    uuid = sensor_named(bench, "Server room")
    assert (points_of(inventory)[uuid].name, devices_of(inventory)[uuid].name) == (None, "Server room")
    edit(bench, "Server room", name="Cellar")
    assert devices_of(await bench.discover())[uuid].name == "Cellar"


async def test_ids_are_uuids_in_lower_case_and_never_numbers_or_names(bench: Bench) -> None:
    await bench.vendor.login()
    expected = await bench.discover()

    def louder(rows: Any) -> Any:
        hub = "sensor_hub"
        return [
            {**row, "uuid": row["uuid"].upper()}
            | ({hub: {**row[hub], "uuid": row[hub]["uuid"].upper()}} if row.get(hub) else {})
            for row in rows
        ]

    bench.simulator.faults.add(faults.Rewritten(louder))
    other = bench.restarted(Inventory())
    assert await other.discover() == expected
    for one in (*(device.id for device in expected.devices), *(point.id.key for point in expected.points)):
        assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one)


async def test_row_that_names_another_thing_too_is_that_of_its_own_uuid(bench: Bench) -> None:
    expected = await bench.discover()

    def chatty(rows: Any) -> Any:
        return [{"building_uuid": OFFICE, "id": 1, **row} for row in rows]

    bench.simulator.faults.add(faults.Rewritten(chatty), OFFICE_SENSORS)
    assert await bench.restarted(Inventory()).discover() == expected


async def test_number_is_the_id_only_where_there_is_no_uuid(bench: Bench) -> None:
    without = faults.Rewritten(lambda rows: [{key: row[key] for key in row if key != "uuid"} for row in rows])
    bench.simulator.faults.add(without, OFFICE_SENSORS)
    inventory = await bench.discover()
    uuid = sensor_named(bench, "Server room")
    assert {str(bench.simulator.sensors[uuid].id)} < points_of(inventory).keys()
    assert uuid not in points_of(inventory)


@pytest.mark.parametrize("size", [1, 2, 5, 100])
async def test_pages_are_followed_to_the_end(make_bench: MakeBench, size: int) -> None:
    usual, paged = await make_bench(), await make_bench(envelope="page", page_size=size)
    assert await paged.discover() == await usual.discover()
    assert len(paged.asked("buildings")) == -(-2 // size) + -(-12 // size) + -(-2 // size)


async def test_page_is_never_asked_for_elsewhere_nor_twice(bench: Bench) -> None:
    def endless(rows: Any) -> Any:
        return {"next": "https://elsewhere.example/steal/?page=1", "results": rows}

    bench.simulator.faults.add(faults.Rewritten(endless), BUILDINGS)
    inventory = await bench.discover()
    assert len(inventory.sites) == 2
    assert bench.asked("buildings")[:2] == 2 * ["GET /public-api/buildings/"]
    assert bench.asked("elsewhere") == bench.asked("steal") == []
    assert len(bench.asked("buildings")) == 4


async def test_list_without_end_is_left_after_fifty_pages(bench: Bench) -> None:
    pages = iter(range(1000))
    more = faults.Rewritten(lambda rows: {"next": f"?page={next(pages)}", "results": rows})
    bench.simulator.faults.add(more, BUILDINGS)
    assert len((await bench.discover()).sites) == 2
    assert next(pages) == 50


@pytest.mark.parametrize("key", ["sensor_hub", "sensorhub"])
@pytest.mark.parametrize("form", ["object", "uuid", "id", "absent"])
async def test_hub_in_every_form(make_bench: MakeBench, form: str, key: str) -> None:
    bench = await make_bench(hub=form, hub_key=key)
    inventory = await bench.discover()
    homes = {uuid: point.id.device_id for uuid, point in points_of(inventory).items()}

    def home(sensor: Sensor) -> str:
        if sensor.hub is None or form == "absent":
            return sensor.uuid
        return str(sensor.hub.id) if form == "id" else sensor.hub.uuid

    assert homes == {uuid: home(one) for uuid, one in bench.simulator.sensors.items() if one.unit == "W"}
    assert {one.name for one in inventory.devices if one.kind is DeviceKind.SENSOR_HUB} == {
        "object": {"Smart meter", "Solar inverter", "EV chargers", "Heat pump"},
        "absent": set(),
    }.get(form, {None})


@pytest.mark.parametrize("switches", [{}, {"hub": "absent"}, {"sensor_type_key": "kind"}])
async def test_what_is_no_power_is_told_by_its_type_where_units_are_missing(
    make_bench: MakeBench, switches: dict[str, object]
) -> None:
    usual, bench = await make_bench(**switches), await make_bench(units=False, **switches)
    assert await bench.discover() == await usual.discover()


async def test_sensor_of_an_unknown_type_without_unit_measures_watts(make_bench: MakeBench) -> None:
    bench = await make_bench(units=False)
    uuid = edit(bench, "Server room", type="rack")
    point = points_of(await bench.discover())[uuid]
    assert (point.quantity, point.unit, point.meaning) == (Quantity.POWER, "W", None)


async def test_what_the_endpoints_do_not_give_is_learnt_when_it_has_a_value(make_bench: MakeBench) -> None:
    bench = await make_bench(all_sensors=True)
    assert WATER_METER not in devices_of(await bench.discover())
    readings = await bench.read()
    assert readings.inventory is not None
    points = points_of(readings.inventory)
    learnt = {
        name: (point.quantity, point.nature, point.unit, point.id.device_id)
        for name in ("Water volume", "Water flow", "Heat pump flow", "Heat pump energy")
        for point in [points[sensor_named(bench, name)]]
    }
    assert learnt == {
        "Water volume": (Quantity.WATER, Nature.REGISTER, "m³", WATER_METER),
        "Water flow": (Quantity.FLOW, Nature.GAUGE, "L/h", WATER_METER),
        "Heat pump flow": (Quantity.TEMPERATURE, Nature.GAUGE, "°C", HEAT_PUMP),
        "Heat pump energy": (Quantity.ENERGY, Nature.REGISTER, "kWh", HEAT_PUMP),
    }
    water_meter = devices_of(readings.inventory)[WATER_METER]
    assert (water_meter.name, water_meter.parent_id) == ("Water meter", OFFICE)
    # From then on it is known, also to the next discovery.
    assert content(await bench.discover()) == content(readings.inventory)


async def test_building_learns_its_own_values_at_the_first_poll(bench: Bench) -> None:
    await bench.discover()
    readings = await bench.read()
    assert readings.inventory is not None
    channels = {point.id: point for point in readings.inventory.points if point.id.device_id in (OFFICE, WAREHOUSE)}
    assert {(id_.device_id, id_.key) for id_ in channels} == {
        (OFFICE, "consumption"),
        (OFFICE, "production"),
        (WAREHOUSE, "consumption"),
    }
    for id_, point in channels.items():
        assert (point.quantity, point.unit, point.meaning, point.name) == (Quantity.POWER, "W", id_.key, None)
    assert (await bench.poll()).inventory is None
    assert content(await bench.discover()) == content(readings.inventory)


@pytest.mark.parametrize(("fault", "error"), UNAVAILABLE)
async def test_building_whose_list_fails_costs_itself_only(
    bench: Bench, fault: faults.Fault, error: type[VendorError]
) -> None:
    await bench.discover()
    await bench.read()
    before = bench.inventory
    warehouse_return, server_room = sensor_named(bench, "Warehouse return"), sensor_named(bench, "Server room")
    for uuid in (warehouse_return, server_room):
        bench.simulator.remove_sensor(uuid)
    bench.simulator.faults.add(fault, OFFICE_SENSORS)
    inventory = await bench.discover()
    assert {point.id.key for point in set(before.points) - set(inventory.points)} == {warehouse_return}
    assert set(inventory.devices) == set(before.devices)
    assert len((await bench.poll()).samples) == len(before.points) - 2
    # When it is over, what the office has lost shows too.
    bench.simulator.faults.clear()
    gone = set(before.points) - set((await bench.discover()).points)
    assert {point.id.key for point in gone} == {warehouse_return, server_room}


@pytest.mark.parametrize(("fault", "error"), UNAVAILABLE)
async def test_new_building_whose_list_fails_is_there_already(
    bench: Bench, fault: faults.Fault, error: type[VendorError]
) -> None:
    bench.simulator.faults.add(fault, OFFICE_SENSORS)
    inventory = await bench.discover()
    assert [site.id for site in inventory.sites] == [OFFICE, WAREHOUSE]
    assert {device.site_id for device in inventory.devices} == {OFFICE, WAREHOUSE}
    assert {devices_of(inventory)[point.id.device_id].site_id for point in inventory.points} == {WAREHOUSE}
    # The building itself can be read.
    assert sample_of(await bench.read(), OFFICE, "consumption") is not None


@pytest.mark.parametrize(("fault", "error"), UNAVAILABLE)
@pytest.mark.parametrize("path", [BUILDINGS, ANY_SENSORS], ids=["buildings", "sensors"])
async def test_discovery_that_learns_nothing_fails_and_changes_nothing(
    bench: Bench, fault: faults.Fault, error: type[VendorError], path: re.Pattern[str]
) -> None:
    await bench.discover()
    before = await bench.read()
    bench.simulator.faults.add(fault, path)
    with pytest.raises(error):
        await bench.vendor.discover()
    bench.simulator.faults.clear()
    assert (await bench.read()).samples.keys() == before.samples.keys()


async def test_limit_ends_a_discovery(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.faults.add(faults.RateLimited(60), OFFICE_SENSORS)
    bench.simulator.requests.clear()
    with pytest.raises(RateLimited):
        await bench.vendor.discover()
    assert len(bench.simulator.requests) == 2


async def test_renamed_building_has_its_new_name_also_where_its_list_fails(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.buildings[OFFICE].name = "Headquarters"
    bench.simulator.faults.add(faults.Status(500), OFFICE_SENSORS)
    inventory = await bench.discover()
    assert [site.name for site in inventory.sites] == ["Headquarters", "Warehouse"]
    assert devices_of(inventory)[OFFICE].name == "Headquarters"


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("hub", [None, NEW_HUB, Hub(HEAT_PUMP, 82, "Heat pump")], ids=["none", "new", "another"])
@pytest.mark.parametrize("name", ["Main meter delivery", "Server room"])
async def test_sensor_that_moves_keeps_its_device(bench: Bench, name: str, hub: Hub | None, restart: bool) -> None:
    before = await bench.discover()
    uuid = edit(bench, name, hub=hub)
    if restart:
        bench.restarted()
    inventory = await bench.discover()
    assert home_of(inventory, uuid) == home_of(before, uuid)
    assert set(inventory.devices) == set(before.devices)
    assert points_of(inventory)[uuid] == points_of(before)[uuid]
    assert sample_of(await bench.read(), home_of(before, uuid), uuid) is not None


@pytest.mark.parametrize("restart", [False, True])
async def test_hub_that_disappears_for_all_its_sensors_keeps_its_name_and_kind(bench: Bench, restart: bool) -> None:
    before = await bench.discover()
    for name in ("Main meter delivery", "Main meter return"):
        edit(bench, name, hub=None)
    if restart:
        bench.restarted()
    assert content(await bench.discover()) == content(before)


@pytest.mark.parametrize("restart", [False, True])
async def test_hub_that_appears_leaves_sensors_where_they_were_and_takes_new_ones(bench: Bench, restart: bool) -> None:
    hubless = faults.Rewritten(lambda rows: [{**row, "sensor_hub": None} for row in rows])
    bench.simulator.faults.add(hubless, ANY_SENSORS)
    before = await bench.discover()
    assert all(home == uuid for uuid, home in ((key, home_of(before, key)) for key in points_of(before)))
    bench.simulator.faults.clear()
    if restart:
        bench.restarted()
    assert content(await bench.discover()) == content(before)
    known = bench.simulator.sensors[sensor_named(bench, "Main meter delivery")]
    new = replace(known, uuid="c0ffee00-0000-4000-8000-000000000001", name="Main meter spare", id=999)
    bench.simulator.add_sensor(new)
    assert home_of(await bench.discover(), new.uuid) == SMART_METER


async def test_hub_that_is_renamed_has_its_new_name_though_a_sensor_has_left_it(bench: Bench) -> None:
    await bench.discover()
    edit(bench, "Main meter delivery", hub=None)
    renamed = Hub(SMART_METER, 77, "Grid meter")
    edit(bench, "Main meter return", hub=renamed)
    inventory = await bench.discover()
    assert devices_of(inventory)[SMART_METER].name == "Grid meter"
    assert home_of(inventory, sensor_named(bench, "Main meter delivery")) == SMART_METER


@pytest.mark.parametrize("requires_sensor_uuid", [False, True])
async def test_sensor_that_moves_to_another_building_is_read_there(
    make_bench: MakeBench, requires_sensor_uuid: bool
) -> None:
    bench = await make_bench(requires_sensor_uuid=requires_sensor_uuid)
    before = await bench.discover()
    uuid = sensor_named(bench, "Charging point 2")
    sensor = bench.simulator.sensors[uuid]
    bench.simulator.remove_sensor(uuid)
    bench.simulator.remove_sensor(sensor_named(bench, "Charging points together"))
    bench.simulator.add_sensor(replace(sensor, building=WAREHOUSE, hub=None))
    inventory = await bench.discover()
    assert home_of(inventory, uuid) == home_of(before, uuid)
    readings = await bench.read()
    assert sample_of(readings, home_of(before, uuid), uuid) is not None
    assert readings.problems == {}
    # It can leave from there as well.
    bench.simulator.remove_sensor(uuid)
    assert uuid not in points_of(await bench.discover())


async def test_removed_sensor_is_gone_and_its_hub_with_the_last_one(bench: Bench) -> None:
    before = await bench.discover()
    delivery, back = sensor_named(bench, "Main meter delivery"), sensor_named(bench, "Main meter return")
    bench.simulator.remove_sensor(delivery)
    inventory = await bench.discover()
    assert set(points_of(before)) - set(points_of(inventory)) == {delivery}
    assert SMART_METER in devices_of(inventory)
    bench.simulator.remove_sensor(back)
    inventory = await bench.discover()
    assert SMART_METER not in devices_of(inventory)
    assert not {delivery, back} & points_of(inventory).keys()


async def test_sensor_that_comes_back_is_where_it_was(bench: Bench) -> None:
    before = await bench.discover()
    uuid = sensor_named(bench, "Solar production")
    sensor = bench.simulator.sensors[uuid]
    bench.simulator.remove_sensor(uuid)
    assert uuid not in points_of(await bench.discover())
    bench.simulator.add_sensor(replace(sensor, hub=None))
    assert home_of(await bench.discover(), uuid) == home_of(before, uuid)


async def test_removed_building_is_gone_with_all_it_had(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.remove_building(WAREHOUSE)
    inventory = await bench.discover()
    assert [site.id for site in inventory.sites] == [OFFICE]
    assert {device.site_id for device in inventory.devices} == {OFFICE}
    assert {point.id.device_id for point in inventory.points} <= devices_of(inventory).keys()
    bench.simulator.requests.clear()
    await bench.poll()
    assert bench.asked(WAREHOUSE) == []


async def test_account_without_buildings_is_empty(bench: Bench) -> None:
    for uuid in (OFFICE, WAREHOUSE):
        bench.simulator.remove_building(uuid)
    assert await bench.discover() == Inventory()
    assert (await bench.read()).samples == {}


@pytest.mark.parametrize("switches", [{}, {"all_sensors": True}, {"hub": "id"}, {"hub": "absent", "units": False}])
async def test_discovering_again_changes_nothing(make_bench: MakeBench, switches: dict[str, object]) -> None:
    bench = await make_bench(**switches)
    await bench.discover()
    await bench.read()
    before = content(bench.inventory)
    for _ in range(3):
        assert content(await bench.discover()) == before
    assert content(await bench.restarted().discover()) == before
    assert (await bench.read()).inventory is None


@pytest.mark.parametrize("buildings", [1, 2, 3, 7])
async def test_limit_is_that_of_all_buildings_together(bench: Bench, buildings: int) -> None:
    template = bench.simulator.buildings[WAREHOUSE]
    for number in range(buildings - 2):
        uuid = f"c0ffee00-0000-4000-8000-00000000000{number}"
        bench.simulator.buildings[uuid] = replace(template, uuid=uuid, sensors={})
    if buildings == 1:
        bench.simulator.remove_building(OFFICE)
    user = next(iter(bench.simulator.users))
    bench.simulator.users[user] = replace(bench.simulator.users[user], buildings=tuple(bench.simulator.buildings))
    assert bench.budget.limit.requests == 500
    await bench.discover()
    assert bench.budget.limit.requests == 500 * buildings
    assert bench.budget.limit.window.total_seconds() == 3600
    # It is known from the start where the inventory is.
    bench.budget.limit = bench.vendor.limit(bench.connection.credentials)
    bench.restarted()
    assert bench.budget.limit.requests == 500 * buildings


@pytest.mark.parametrize(
    "change",
    [
        lambda row: {**row, "uuid": OFFICE},
        lambda row: {**row, "sensor_hub": OFFICE},
        lambda row: {**row, "sensor_hub": {"uuid": WAREHOUSE, "name": "x"}},
        lambda row: {**row, "uuid": "consumption"},
        lambda row: {**row, "uuid": SMART_METER, "sensor_hub": None},
    ],
)
@pytest.mark.parametrize("known", [False, True])
async def test_ids_that_are_taken_already_do_not_tangle_the_tree(
    bench: Bench, change: Callable[[Any], Any], known: bool
) -> None:
    if known:
        await bench.discover()
        await bench.read()
        bench.restarted()
    bench.simulator.faults.add(faults.Rewritten(lambda rows: [change(rows[0]), *rows[1:]]), ANY_SENSORS)
    inventory = await bench.discover()
    ids = [device.id for device in inventory.devices]
    assert len(set(ids)) == len(ids)
    assert {one.id for one in inventory.devices if one.kind is DeviceKind.BUILDING} == {OFFICE, WAREHOUSE}
    assert all(ids.index(one.parent_id) < ids.index(one.id) for one in inventory.devices if one.parent_id)
    readings = await bench.poll()
    consumption = PointId(device_id=OFFICE, key="consumption")
    assert {point.name for point in bench.inventory.points if point.id.device_id in (OFFICE, WAREHOUSE)} == {None}
    truth = bench.simulator.actual(OFFICE, bench.clock())
    assert truth is not None
    assert readings.samples[consumption].value == truth["consumption"]
