"""Discovery: lists of meters and organisational units, what was typed in besides, and units that nobody guesses."""

from datetime import timedelta
import re
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    NotPermitted,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.energy_clouds.vendors.model import DeviceKind, Inventory, Nature, PointId, Quantity
from tests.simulators import faults
from tests.simulators.enectiva import LOGIN_TOKEN, EnectivaMeter

from .conftest import Bench, MakeBench, value_of

ACTIVE = {str(number) for number in range(42, 53)}
"""The meters of the office building, but for the one that is deactivated."""
CUT = faults.Rewritten(lambda body: body | {"data": body["data"][:3]})
EMPTY = faults.Rewritten(lambda body: body | {"data": []})


def meters_in(inventory: Inventory) -> set[str]:
    return {device.id for device in inventory.devices if device.kind is DeviceKind.METER}


def units_in(inventory: Inventory, key: str = "reading") -> dict[str, tuple[Quantity, str | None]]:
    """The quantity and unit of each device's point of that key; without a unit it is a point of its own."""
    keys = {True: f"{key}_without_unit", False: key}
    return {
        point.id.device_id: (point.quantity, point.unit)
        for point in inventory.points
        if point.id.key == keys[point.unit is None]
    }


async def test_meters_and_units_are_listed_with_one_request_each(bench: Bench) -> None:
    inventory = await bench.discover()
    assert bench.asked() == ["POST /access_tokens", "GET /meters", "GET /entities"]
    assert meters_in(inventory) == ACTIVE
    for device in inventory.devices:
        meter = bench.simulator.meters[device.id]
        assert (device.name, device.site_id, device.manufacturer) == (meter.name, meter.entity_id, "Enectiva")
    entities = bench.simulator.entities.values()
    assert [(site.id, site.name) for site in inventory.sites] == [(entity.id, entity.name) for entity in entities]
    assert (inventory.points, inventory.retired) == ((), frozenset())


async def test_what_a_meter_has_becomes_a_point_with_its_first_value(bench: Bench) -> None:
    await bench.discover()
    readings = await bench.read()
    assert readings.inventory == bench.inventory
    points = {point.id: point for point in bench.inventory.points}
    assert set(points) == set(readings.samples)
    assert {point_id.device_id for point_id in points if point_id.key == "month"} == ACTIVE
    # Nothing lists profiles.
    assert {point_id.device_id for point_id in points if point_id.key == "reading"} == ACTIVE - {"51"}
    for point in points.values():
        is_month = point.id.key == "month"
        assert point.nature is (Nature.INTERVAL if is_month else Nature.REGISTER)
        assert point.running is is_month
        assert point.cadence is None
        assert point.meaning == ("consumption_this_month" if is_month else "meter_reading")
    assert (await bench.poll(15)).inventory is None


@pytest.mark.parametrize("links", ["next", "next_null", "self_only", "absent"])
@pytest.mark.parametrize(("meters", "pages"), [(999, 1), (2500, 3)])
async def test_pages_are_as_few_as_carry_the_list(make_bench: MakeBench, meters: int, pages: int, links: str) -> None:
    bench = await make_bench(meters=meters, links=links)
    inventory = await bench.discover()
    assert meters_in(inventory) == set(bench.simulator.meters)
    asked = [one.query for one in bench.simulator.requests if one.path == "/meters"]
    assert asked == [{"limit": "1000"} | ({"page": str(page)} if page > 1 else {}) for page in range(1, pages + 1)]
    # The same list once more: nothing is lost, nothing has to be checked.
    await bench.discover()
    assert len(bench.asked("/meters")) == 2 * pages


@pytest.mark.parametrize("links", ["next", "next_null", "self_only", "absent"])
async def test_page_that_is_just_full(make_bench: MakeBench, links: str) -> None:
    bench = await make_bench(meters=1000, links=links)
    assert len(meters_in(await bench.discover())) == 1000
    # Where no link says that it is the last one, only another request can tell.
    assert len(bench.asked("/meters")) == (1 if links == "next_null" else 2)


async def test_list_whose_pages_never_end_ends(bench: Bench) -> None:
    endless = faults.Rewritten(lambda body: body | {"links": {"next": "/meters?page=2"}})
    bench.simulator.faults.add(endless, "/meters")
    assert meters_in(await bench.discover()) == ACTIVE
    assert len(bench.asked("/meters")) == 2


async def test_meter_deactivated_since_the_last_discovery_is_retired(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.deactivate("44", bench.clock() - timedelta(hours=1))
    bench.simulator.requests.clear()
    inventory = await bench.discover()
    assert inventory.retired == {"44"}
    assert meters_in(inventory) == ACTIVE - {"44"}
    assert "44" not in {point.id.device_id for point in inventory.points}
    assert [one.query.get("include_deactivated") for one in bench.simulator.requests if one.path == "/meters"] == [
        None,
        "true",
    ]
    # It is not asked for any more, and the next discovery has nothing to say about it.
    assert (await bench.poll(15)).problems == {}
    assert bench.asked("/meters/44/") == []
    assert (await bench.discover()).retired == frozenset()


async def test_meter_deactivated_while_nobody_looked_is_retired_too(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.deactivate("44", bench.clock())
    bench.restarted()
    assert (await bench.discover()).retired == {"44"}


async def test_meter_that_will_be_deactivated_is_there_until_then(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.deactivate("44", bench.clock() + timedelta(days=2))
    inventory = await bench.discover()
    assert (meters_in(inventory), inventory.retired) == (ACTIVE, frozenset())
    bench.clock.advance(timedelta(days=2))
    inventory = await bench.discover()
    assert meters_in(inventory) == ACTIVE - {"44"}
    assert inventory.retired == {"44"}


@pytest.mark.parametrize("told", [False, "false", None, "", 0])
async def test_meter_that_is_said_not_to_be_deactivated_is_not(bench: Bench, told: object) -> None:
    def change(body: Any) -> Any:
        for one in body["data"]:
            one["attributes"]["deactivated"] = told
            del one["attributes"]["deactivated_at"]
        return body

    bench.simulator.faults.add(faults.Rewritten(change), "/meters")
    assert meters_in(await bench.discover()) == ACTIVE


@pytest.mark.parametrize("fault", [CUT, EMPTY], ids=["cut", "empty"])
async def test_list_cut_short_is_checked_and_costs_nothing(bench: Bench, fault: faults.Fault) -> None:
    before = await bench.discover()
    bench.simulator.faults.add(fault, "/meters", times=1)
    bench.simulator.requests.clear()
    inventory = await bench.discover()
    assert set(inventory.devices) == set(before.devices)
    assert inventory.retired == frozenset()
    assert bench.asked("/meters") == ["GET /meters"] * 2


@pytest.mark.parametrize(
    "fault", [faults.Status(500), faults.Status(403), faults.Status(400), faults.HtmlPage(200), faults.Answer([7])]
)
async def test_meters_that_cannot_be_checked_are_not_retired(bench: Bench, fault: faults.Fault) -> None:
    await bench.discover()
    bench.simulator.faults.add(CUT, "/meters", times=1)
    bench.simulator.faults.add(fault, "/meters", times=1)
    inventory = await bench.discover()
    assert (len(meters_in(inventory)), inventory.retired) == (3, frozenset())
    assert meters_in(await bench.discover()) == ACTIVE


async def test_meter_that_is_listed_nowhere_is_gone_but_not_retired(bench: Bench) -> None:
    await bench.discover()
    del bench.simulator.meters["44"]
    inventory = await bench.discover()
    assert (meters_in(inventory), inventory.retired) == (ACTIVE - {"44"}, frozenset())


async def test_replaced_meter_is_a_new_device(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.clock.advance(timedelta(minutes=10))
    new = bench.simulator.replace("42")
    inventory = await bench.discover()
    assert inventory.retired == {"42"}
    assert meters_in(inventory) == ACTIVE - {"42"} | {new}
    names = {device.id: device.name for device in inventory.devices}
    assert names[new] == "Main electricity"
    readings = await bench.poll(30)
    newest = bench.simulator.newest(new, bench.clock())
    assert newest is not None
    assert value_of(readings, new, "reading") == newest[1]


async def test_renamed_meter_is_the_same_one(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    meter = bench.simulator.meters["42"]
    meter.name, meter.external_id = "  Main\n electricity, east ", "other"
    meter.code, meter.entity_id = "001-009-0001-00-EL", "8"
    points = bench.inventory.points
    inventory = await bench.discover()
    (device,) = (device for device in inventory.devices if device.id == "42")
    assert (device.name, device.site_id) == ("Main electricity, east", "8")
    assert set(inventory.points) == set(points)
    assert inventory.retired == frozenset()


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(400),
        faults.Status(404),
        faults.Status(406),
        faults.Status(500),
        faults.Status(501),
        faults.HtmlPage(200),
        faults.HtmlPage(502),
        faults.EmptyBody(),
        faults.TruncatedBody(),
        faults.ConnectionReset(),
        faults.Redirect("/elsewhere"),
        faults.RateLimited(30, "reset"),
        faults.Answer(None),
        faults.Answer({}),
        faults.Answer({"data": None}),
        faults.Answer({"data": "none"}),
    ],
    ids=repr,
)
async def test_units_that_cannot_be_listed_cost_nothing_else(bench: Bench, fault: faults.Fault) -> None:
    active = bench.simulator.faults.add(fault, "/entities")
    inventory = await bench.discover()
    assert meters_in(inventory) == ACTIVE
    assert inventory.sites == ()
    assert bench.vendor.notices() == []
    bench.simulator.faults.remove(active)
    bench.clock.advance(timedelta(minutes=2))
    known = (await bench.discover()).sites
    assert len(known) == 4
    # Nor are those that are known forgotten.
    bench.simulator.faults.add(fault, "/entities")
    bench.simulator.deactivate("44", bench.clock())
    inventory = await bench.discover()
    assert inventory.sites == known
    assert inventory.retired == {"44"}


async def test_units_that_are_no_units_are_left_out(bench: Bench) -> None:
    rows = [7, None, {}, {"id": None}, {"id": "1"}, {"id": 2, "attributes": {"name": " "}}, {"id": "..", "name": "x"}]
    bench.simulator.faults.add(faults.Answer({"data": rows}), "/entities")
    assert [(site.id, site.name) for site in (await bench.discover()).sites] == [("1", "1"), ("2", "2")]


async def test_missing_scope_for_units_is_named(bench: Bench) -> None:
    bench.simulator.withdraw(LOGIN_TOKEN, "entities")
    inventory = await bench.discover()
    assert (meters_in(inventory), inventory.sites) == (ACTIVE, ())
    assert [(one.key, one.about, one.words) for one in bench.vendor.notices()] == [
        ("scope_missing", "entities", (("scope", "entities"),))
    ]
    assert (await bench.read()).samples
    bench.simulator.grant(LOGIN_TOKEN, "entities")
    bench.clock.advance(timedelta(minutes=5))
    assert len((await bench.discover()).sites) == 4
    assert bench.vendor.notices() == []


async def test_account_that_may_list_nothing(bench: Bench) -> None:
    bench.simulator.withdraw(LOGIN_TOKEN, "meters")
    with pytest.raises(NotPermitted):
        await bench.discover()
    bench.simulator.grant(LOGIN_TOKEN, "meters")
    bench.clock.advance(timedelta(minutes=5))
    assert meters_in(await bench.discover()) == ACTIVE


async def test_account_of_data_series_alone(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"data_series": ["11", "12"]})
    bench.simulator.withdraw(LOGIN_TOKEN, "meters")
    assert {device.id for device in (await bench.discover()).devices} == {"data_series_11", "data_series_12"}
    assert [(one.key, one.about) for one in bench.vendor.notices()] == [("scope_missing", "meters")]
    readings = await bench.read()
    assert {point.device_id for point in readings.samples} == {"data_series_11", "data_series_12"}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Status(400), UnexpectedAnswer),
        (faults.Status(404), UnexpectedAnswer),
        (faults.Status(406), UnexpectedAnswer),
        (faults.Status(500), CannotConnect),
        (faults.HtmlPage(200), CannotConnect),
        (faults.HtmlPage(502), CannotConnect),
        (faults.EmptyBody(), CannotConnect),
        (faults.TruncatedBody(), CannotConnect),
        (faults.ConnectionReset(), CannotConnect),
        (faults.Redirect("/elsewhere"), CannotConnect),
        (faults.RateLimited(30), RateLimited),
        (faults.Answer({}), UnexpectedAnswer),
        (faults.Answer({"errors": []}), UnexpectedAnswer),
        (faults.Answer({"data": None}), UnexpectedAnswer),
        (faults.Answer("meters"), UnexpectedAnswer),
    ],
    ids=repr,
)
async def test_meters_that_cannot_be_listed(bench: Bench, fault: faults.Fault, error: type[VendorError]) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.faults.add(fault, "/meters", times=1)
    with pytest.raises(error):
        await bench.discover()
    # What is known is read all the same, and known the next time.
    bench.clock.advance(timedelta(minutes=14))
    assert len((await bench.poll(2)).samples) == len(ACTIVE) - 1
    inventory = await bench.discover()
    assert (meters_in(inventory), inventory.retired) == (ACTIVE, frozenset())


async def test_bad_meters_cost_themselves_only(bench: Bench) -> None:
    def change(body: Any) -> Any:
        body["data"][0]["id"] = None
        body["data"][1]["attributes"] = ["x"]
        body["data"][2]["relationships"] = {"entity": {"data": {"type": ["x"], "id": {"y": 1}}}, "energy": 7}
        body["data"][3]["attributes"]["name"] = {"en": "x"}
        body["data"] += [7, None, "x", [], {}]
        return body

    bench.simulator.faults.add(faults.Rewritten(change), "/meters", times=1)
    inventory = await bench.discover()
    assert meters_in(inventory) == ACTIVE - {"42"}
    devices = {device.id: device for device in inventory.devices}
    assert (devices["43"].name, devices["44"].site_id, devices["45"].name) == (None, None, None)
    assert devices["46"].name == "Domestic hot water heat"


# What is typed in


async def test_data_series_and_virtual_meters_are_devices(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"data_series": ["11"], "virtual_meters": ["501"]})
    typed = {device.id: device for device in (await bench.discover()).devices if device.id not in ACTIVE}
    assert {one.id: (one.kind, one.serial, one.name) for one in typed.values()} == {
        "data_series_11": (DeviceKind.DATA_SERIES, "11", None),
        "virtual_meter_501": (DeviceKind.VIRTUAL_METER, "501", None),
    }
    await bench.read()
    points = {point.id: point for point in bench.inventory.points if point.id.device_id in typed}
    assert {one.device_id: one.key for one in points} == {
        "data_series_11": "value",
        "virtual_meter_501": "month_without_unit",
    }
    series = points[PointId(device_id="data_series_11", key="value")]
    assert (series.quantity, series.nature, series.unit) == (Quantity.NUMBER, Nature.GAUGE, None)


@pytest.mark.parametrize(
    "typed",
    [
        ["../meters"],
        ["a/b"],
        [""],
        ["ü"],
        ["x" * 101],
        ["1?y=2"],
        [7, None, ["11"]],
        "11",
        {"11": 1},
        None,
        11,
    ],
)
async def test_what_cannot_be_an_id_is_ignored(make_bench: MakeBench, typed: Any) -> None:
    bench = await make_bench(options={"data_series": typed, "virtual_meters": typed, "heat_meters": typed})
    assert {device.id for device in (await bench.discover()).devices} == ACTIVE
    assert bench.vendor.notices() == []


async def test_id_that_is_typed_twice_is_one_device(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"data_series": ["11", "11"], "virtual_meters": ["11"]})
    ids = [device.id for device in (await bench.discover()).devices if device.id not in ACTIVE]
    assert ids == ["data_series_11", "virtual_meter_11"]


async def test_id_taken_out_of_the_options_is_retired(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"data_series": ["11", "12"], "virtual_meters": ["501"]})
    await bench.discover()
    await bench.read()
    bench.restarted(options={"data_series": ["12"]})
    inventory = await bench.discover()
    assert inventory.retired == {"data_series_11", "virtual_meter_501"}
    assert {device.id for device in inventory.devices} == ACTIVE | {"data_series_12"}
    assert not {point.id.device_id for point in inventory.points} & inventory.retired


# What is counted

KWH = (Quantity.ENERGY, "kWh")
GAS = (Quantity.GAS, "m³")
WATER = (Quantity.WATER, "m³")
NO_UNIT = (Quantity.NUMBER, None)
UNKNOWN = (Quantity.METER_READING, None)
TOLD = {"electricity": KWH, "heat": KWH, "water": WATER, "gas": GAS, "cooling": KWH}
USUAL = {"electricity": KWH, "heat": NO_UNIT, "water": WATER, "gas": NO_UNIT, "cooling": NO_UNIT}
PICKED = {"heat_unit": "GJ", "gas_unit": "m³", "cooling_unit": "MWh"}
WITH_PICKED = USUAL | {"heat": (Quantity.ENERGY, "GJ"), "gas": GAS, "cooling": (Quantity.ENERGY, "MWh")}
IMPOSSIBLE = {"heat_unit": "m³", "gas_unit": "L", "cooling_unit": ["kWh"], "electricity_unit": 7, "water_unit": ""}


@pytest.mark.parametrize("energy", ["attribute", "object", "included", "code_only", "absent"])
@pytest.mark.parametrize("unit", ["attribute", "energy_object", "absent"])
@pytest.mark.parametrize("picked", [{}, PICKED, IMPOSSIBLE], ids=["none", "picked", "impossible"])
async def test_energy_and_unit_are_told_or_chosen_and_never_guessed(
    make_bench: MakeBench, energy: str, unit: str, picked: dict[str, Any]
) -> None:
    bench = await make_bench(energy=energy, unit=unit, options=picked)
    await bench.discover()
    await bench.read()
    # A switched-off energy is told all the same where the unit is in an object that describes it.
    expected = TOLD if unit != "absent" else WITH_PICKED if picked is PICKED else USUAL
    found = units_in(bench.inventory)
    for meter_id, (quantity, shown) in found.items():
        meter = bench.simulator.meters[meter_id]
        if energy == "absent":
            told = None if unit == "absent" else expected[meter.energy][1]
            assert (quantity, shown) == (Quantity.METER_READING, told)
        else:
            assert (quantity, shown) == expected[meter.energy]
    assert len(found) == len(ACTIVE) - 1
    months = units_in(bench.inventory, "month")
    assert {one: months[one] for one in found} == found


async def test_energy_that_is_picked_for_a_meter_brings_its_unit(make_bench: MakeBench) -> None:
    options = {"electricity_meters": ["42"], "gas_meters": ["47"], "water_meters": ["48"], "gas_unit": "kWh"}
    bench = await make_bench(energy="absent", unit="absent", options=options)
    await bench.discover()
    await bench.read()
    units = units_in(bench.inventory)
    assert (units["42"], units["47"], units["48"], units["45"]) == (KWH, KWH, WATER, UNKNOWN)
    # Another choice makes another point of the same meter, whatever was stored.
    bench.restarted(options={**options, "gas_unit": "m³", "heat_meters": ["45"], "electricity_meters": []})
    await bench.discover()
    await bench.read()
    units = units_in(bench.inventory)
    assert (units["42"], units["47"], units["48"], units["45"]) == (UNKNOWN, GAS, WATER, NO_UNIT)


async def test_answer_says_more_than_a_choice(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"heat_meters": ["42"], "electricity_unit": "MWh", "water_unit": "L"})
    await bench.discover()
    await bench.read()
    units = units_in(bench.inventory)
    assert (units["42"], units["48"]) == (KWH, WATER)


@pytest.mark.parametrize(
    ("energy", "told", "counted"),
    [
        ("electricity", "MWh", (Quantity.ENERGY, "MWh")),
        ("electricity", "Wh", (Quantity.ENERGY, "Wh")),
        ("electricity", " KWH ", KWH),
        ("heat", "GJ", (Quantity.ENERGY, "GJ")),
        ("heat", "MJ", (Quantity.ENERGY, "MJ")),
        ("heat", "Gcal", (Quantity.ENERGY, "Gcal")),
        ("cooling", "MWh", (Quantity.ENERGY, "MWh")),
        ("gas", "kWh", KWH),
        ("gas", "m^3", GAS),
        ("water", "l", (Quantity.WATER, "L")),
        ("water", "m3", WATER),
        ("heat", "m3", (Quantity.VOLUME, "m³")),
        # Numbers of which nobody can tell what they count.
        ("electricity", "kvarh", (Quantity.NUMBER, "kvarh")),
        ("heat", "MMBtu", (Quantity.NUMBER, "MMBtu")),
        ("electricity", "kW", (Quantity.NUMBER, "kW")),
        ("heat", "°C", (Quantity.NUMBER, "°C")),
        ("electricity", "x" * 300, (Quantity.NUMBER, "x" * 16)),
        # Told nothing.
        ("electricity", "", KWH),
        ("electricity", None, KWH),
        ("electricity", 7, KWH),
        ("heat", " ", NO_UNIT),
    ],
)
async def test_unit_that_is_told_is_kept(
    bench: Bench, energy: Any, told: Any, counted: tuple[Quantity, str | None]
) -> None:
    meter: EnectivaMeter = bench.simulator.add_meter(energy=energy)
    meter.unit = told
    await bench.discover()
    await bench.read()
    assert units_in(bench.inventory)[meter.id] == counted
    assert units_in(bench.inventory, "month")[meter.id] == counted


@pytest.mark.parametrize(
    ("attributes", "counted"),
    [
        ({"energy": "EL", "unit": None}, KWH),
        ({"energy": "wa-dhw", "unit": None}, WATER),
        ({"energy": "Electricity ", "unit": None}, KWH),
        ({"energy_type": {"code": "EL"}, "energy": None, "unit": None}, KWH),
        ({"medium": "water", "energy": None, "unit": None}, WATER),
        ({"energy": "steam", "unit": None}, KWH),
        ({"energy": "steam", "unit": None, "code": "x"}, UNKNOWN),
        ({"energy": {"name": 7, "unit": ["kWh"]}, "unit": None, "code": 7}, UNKNOWN),
        ({"energy": {"name": "heat", "default_unit": "GJ"}, "unit": None}, (Quantity.ENERGY, "GJ")),
        ({"energy": None, "unit": None, "code": "001-001-0001-00-EL-VEN"}, KWH),
        ({"energy": None, "unit": None, "code": "001-001-0001-00-ELF"}, UNKNOWN),
        ({"energy": None, "unit": None, "code": "EL"}, UNKNOWN),
    ],
    ids=repr,
)
async def test_every_way_to_tell_an_energy(
    bench: Bench, attributes: dict[str, Any], counted: tuple[Quantity, str | None]
) -> None:
    def change(body: Any) -> Any:
        body["data"][0]["attributes"] |= attributes
        return body

    bench.simulator.faults.add(faults.Rewritten(change), "/meters", times=1)
    await bench.discover()
    await bench.read()
    assert units_in(bench.inventory)["42"] == counted


async def test_what_comes_with_the_values_is_not_forgotten_at_the_next_discovery(make_bench: MakeBench) -> None:
    def change(body: Any) -> Any:
        for row in body["data"]:
            row["attributes"] |= {"energy": "water", "unit": "l"}
        return body

    bench = await make_bench(
        energy="absent", unit="absent", options={"water_unit": "m³", "electricity_meters": ["45", "48"]}
    )
    bench.simulator.faults.add(faults.Rewritten(change), "/meters/45/")
    await bench.discover()
    await bench.read()
    units = units_in(bench.inventory)
    assert (units["45"], units["48"]) == ((Quantity.WATER, "L"), KWH)
    points = bench.inventory.points
    assert set((await bench.discover()).points) == set(points)
    assert (await bench.poll(15)).inventory is None


async def test_point_whose_unit_is_told_takes_the_place_of_the_one_without(make_bench: MakeBench) -> None:
    """Home Assistant's statistics are in the unit that they began with: another unit is another point."""
    bench = await make_bench(unit="absent")
    await bench.discover()
    await bench.read()
    before = {point.id.key: point.replaces for point in bench.inventory.points if point.id.device_id == "47"}
    assert before == {"reading_without_unit": "reading", "month_without_unit": "month"}
    bench.restarted(options={"gas_unit": "m³"})
    await bench.discover()
    after = {point.id.key: point.replaces for point in bench.inventory.points if point.id.device_id == "47"}
    assert after == {"reading": "reading_without_unit", "month": "month_without_unit"}


async def test_several_ids_in_one_field_are_several_devices(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"data_series": ["11, 12"], "virtual_meters": ["501;502 503"]})
    typed = {device.id for device in (await bench.discover()).devices} - ACTIVE
    assert typed == {"data_series_11", "data_series_12", *(f"virtual_meter_{number}" for number in (501, 502, 503))}


@pytest.mark.parametrize("empty", [True, False])
async def test_meter_that_a_list_misses_is_read_for_a_while_longer(bench: Bench, empty: bool) -> None:
    """As long as it is shown it is read: what is shown has no age at which it would go by itself."""
    await bench.discover()
    await bench.read()
    points = bench.inventory.points
    missed = set(ACTIVE) if empty else {"47"}
    kept = {meter: bench.simulator.meters.pop(meter) for meter in missed}
    for _ in range(2):
        await bench.discover()
    bench.simulator.meters |= kept
    bench.clock.advance(timedelta(minutes=20))
    readings = await bench.vendor.read(points)
    assert {point_id.device_id for point_id in readings.samples} >= missed - {"51"}


async def test_meter_that_three_lists_miss_is_gone(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    points = bench.inventory.points
    del bench.simulator.meters["47"]
    for _ in range(3):
        await bench.discover()
    bench.clock.advance(timedelta(minutes=20))
    bench.simulator.requests.clear()
    await bench.vendor.read(points)
    assert not bench.asked("meters/47")


async def test_meter_that_is_only_among_the_deactivated_ones_is_deactivated(bench: Bench) -> None:
    """Even where nothing says since when: the attribute's name is not published."""

    def without_flag(body: Any) -> Any:
        for meter in body["data"]:
            meter["attributes"].pop("deactivated_at")
        return body

    await bench.discover()
    bench.simulator.deactivate("47", bench.clock())
    bench.simulator.faults.add(faults.Rewritten(without_flag), re.compile("/meters$"))
    inventory = await bench.discover()
    assert inventory.retired == {"47"}
    assert "47" not in meters_in(inventory)


async def test_unit_that_only_values_tell_stays_over_a_restart(make_bench: MakeBench) -> None:
    bench = await make_bench(unit="absent")
    with_unit = faults.Rewritten(lambda body: {**body, "data": [told_in(one, "GJ") for one in body["data"]]})
    bench.simulator.faults.add(with_unit, "/meters/45/")
    await bench.discover()
    await bench.read()
    assert units_in(bench.inventory)["45"] == (Quantity.ENERGY, "GJ")
    bench.restarted()
    await bench.discover()
    assert units_in(bench.inventory)["45"] == (Quantity.ENERGY, "GJ")


def told_in(resource: Any, unit: str) -> Any:
    return {**resource, "attributes": {**resource["attributes"], "unit": unit}}


@pytest.mark.parametrize(("unit", "times"), [("MWh", 1000), ("Wh", 0.001), ("kWh", 1), ("m3", None), ("kvarh", None)])
async def test_value_in_another_unit_than_the_meters_is_converted_or_left_out(
    bench: Bench, unit: str, times: float | None
) -> None:
    in_unit = faults.Rewritten(lambda body: {**body, "data": [told_in(one, unit) for one in body["data"]]})
    bench.simulator.faults.add(in_unit, "/meters/42/readings")
    await bench.discover()
    sample = (await bench.read()).samples.get(PointId(device_id="42", key="reading"))
    newest = bench.simulator.newest("42", bench.clock())
    assert newest is not None
    assert (sample and sample.value) == (None if times is None else pytest.approx(newest[1] * times))
