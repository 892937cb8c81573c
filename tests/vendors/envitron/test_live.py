"""Live values: two requests per building, what the service measured and when, and what a failure costs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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
from custom_components.energy_clouds.vendors.model import PointId, Problem, Readings
from tests.simulators import faults
from tests.simulators.envitron import OFFICE, WAREHOUSE

from .conftest import Bench, MakeBench, sample_of, sensor_named, value_of

SUNNY_SATURDAY = datetime(2027, 6, 12, 12, tzinfo=UTC)
ALL_VALUES = re.compile("/electricity/")
OFFICE_VALUES = re.compile(f"{OFFICE}/electricity/")
OFFICE_SENSORS = re.compile(f"{OFFICE}/electricity/sensors/")
OFFICE_ACTUAL = re.compile(f"{OFFICE}/electricity/actual/$")
LATEST = re.compile("/latest/$")

FAILURES = [
    pytest.param(faults.Status(404, {"detail": "Not found."}), CannotConnect, id="404"),
    pytest.param(faults.Status(403, {"detail": "You do not have permission."}), NotPermitted, id="403"),
    pytest.param(faults.Status(400, {"sensor_uuid": ["Invalid."]}), UnexpectedAnswer, id="400"),
    pytest.param(faults.Status(500), CannotConnect, id="500"),
    pytest.param(faults.HtmlPage(200), CannotConnect, id="html"),
    pytest.param(faults.Answer("maintenance"), UnexpectedAnswer, id="text"),
    pytest.param(faults.Answer([1, 2]), UnexpectedAnswer, id="numbers"),
]


async def started(bench: Bench) -> Readings:
    """Discover and read once, so that everything is known; the requests made for that are forgotten."""
    await bench.discover()
    readings = await bench.read()
    bench.simulator.requests.clear()
    return readings


def devices_in(bench: Bench, building: str) -> set[str]:
    return {device.id for device in bench.inventory.devices if device.site_id == building}


def point_of(bench: Bench, name: str) -> PointId:
    uuid = sensor_named(bench, name)
    return next(point.id for point in bench.inventory.points if point.id.key == uuid)


def rewrite(bench: Bench, change: Callable[[Any], Any], path: re.Pattern[str] = OFFICE_SENSORS) -> None:
    bench.simulator.faults.add(faults.Rewritten(change), path)


def without(names: set[str]) -> Callable[[Any], Any]:
    return lambda row: {key: value for key, value in row.items() if key not in names}


def check_truth(bench: Bench, readings: Readings) -> None:
    """All watts of all sensors and buildings, as the simulator knows them."""
    simulator, now = bench.simulator, bench.clock()
    expected: dict[str, tuple[datetime, float]] = {}
    for uuid, sensor in simulator.sensors.items():
        if sensor.unit == "W":
            measured = simulator.measured_at(uuid, now)
            expected[uuid] = measured, sensor.value(measured)
    for building in (OFFICE, WAREHOUSE):
        truth = simulator.actual(building, now)
        assert truth is not None
        measured = datetime.fromtimestamp(truth.pop("timestamp"), UTC)
        expected |= {f"{building} {channel}": (measured, value) for channel, value in truth.items()}
    buildings = {site.id for site in bench.inventory.sites}
    assert {
        f"{id_.device_id} {id_.key}" if id_.device_id in buildings else id_.key: (sample.time, sample.value)
        for id_, sample in readings.samples.items()
    } == expected


async def test_values_and_times_are_the_services(bench: Bench) -> None:
    await bench.discover()
    check_truth(bench, await bench.read())
    for _ in range(20):
        check_truth(bench, await bench.poll(1.1))
    assert {point.unit for point in bench.inventory.points} == {"W"}


async def test_two_requests_for_each_building(bench: Bench) -> None:
    await started(bench)
    readings = await bench.poll()
    assert bench.asked() == [
        f"GET /public-api/buildings/{building}/electricity/{what}actual/"
        for building in (OFFICE, WAREHOUSE)
        for what in ("", "sensors/")
    ]
    assert readings.requests == bench.vendor.requests_per_poll(bench.inventory.points) == 4
    assert (readings.problems, readings.broken) == ({}, frozenset())
    # Once a minute is well within what the service allows.
    assert bench.budget.plan(readings.requests, bench.vendor.cadence) == timedelta(minutes=1)


async def test_poll_counts_all_that_it_sent(bench: Bench) -> None:
    await started(bench)
    for minutes in (1, 20, 1, 60 * 24 * 61):
        bench.simulator.requests.clear()
        assert (await bench.poll(minutes)).requests == len(bench.simulator.requests)
    assert bench.asked("token") == ["POST /public-api/token/"]


async def test_building_that_exports_consumes_less_than_nothing(bench: Bench) -> None:
    bench.clock.advance(SUNNY_SATURDAY - bench.clock())
    readings = await started(bench)
    consumption = value_of(readings, OFFICE, "consumption")
    assert isinstance(consumption, float)
    assert consumption < -1000
    check_truth(bench, readings)
    # The smart meter has a sensor for either direction.
    assert readings.samples[point_of(bench, "Main meter return")].value == -consumption


@pytest.mark.parametrize("null_values", [False, True])
async def test_building_without_data_is_no_error(make_bench: MakeBench, null_values: bool) -> None:
    bench = await make_bench(null_values=null_values)
    await started(bench)
    for uuid in bench.simulator.buildings[OFFICE].sensors:
        bench.simulator.silence(uuid)
    readings = await bench.poll(61)
    assert readings.problems == {}
    assert {point.device_id for point in readings.samples} == devices_in(bench, WAREHOUSE)
    statuses = [one.status for one in bench.simulator.requests if OFFICE_VALUES.search(one.path)]
    assert statuses == [204, 200 if null_values else 204]


async def test_account_without_any_data_is_no_error_either(bench: Bench) -> None:
    await bench.discover()
    for uuid in bench.simulator.sensors:
        bench.simulator.silence(uuid, bench.clock() - timedelta(days=1))
    readings = await bench.read()
    assert (readings.samples, readings.problems) == ({}, {})


async def test_sensor_that_fell_silent_keeps_its_time_for_an_hour_and_is_then_absent(bench: Bench) -> None:
    await started(bench)
    point = point_of(bench, "Server room")
    bench.simulator.silence(point.key)
    silent_since = bench.simulator.measured_at(point.key, bench.clock())
    value = bench.simulator.sensors[point.key].value(silent_since)
    for _ in range(5):
        sample = (await bench.poll(10)).samples[point]
        assert (sample.time, sample.value) == (silent_since, value)
    readings = await bench.poll(11)
    assert point not in readings.samples
    assert readings.problems == {}
    assert len(readings.samples) == len(bench.inventory.points) - 1
    bench.simulator.wake(point.key)
    assert (await bench.poll()).samples[point].time > silent_since


async def test_old_values_have_their_own_old_time(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"old_values": True})
    await started(bench)
    point = point_of(bench, "Server room")
    bench.simulator.silence(point.key)
    silent_since = bench.simulator.measured_at(point.key, bench.clock())
    readings = await bench.poll(60 * 24 * 3)
    assert readings.samples[point].time == silent_since
    assert readings.samples[point].value == bench.simulator.sensors[point.key].value(silent_since)
    # All others are as new as ever, and the old answer did not add anything to them.
    others = {id_: sample.time for id_, sample in readings.samples.items() if id_ != point}
    assert all(bench.clock() - time <= timedelta(minutes=2) for time in others.values())
    assert len(others) == len(bench.inventory.points) - 1


async def test_old_values_of_a_building_that_fell_silent(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"old_values": True})
    before = await started(bench)
    for uuid in bench.simulator.buildings[WAREHOUSE].sensors:
        bench.simulator.silence(uuid)
    readings = await bench.poll(60 * 5)
    silent = {id_: sample for id_, sample in before.samples.items() if id_.device_id in devices_in(bench, WAREHOUSE)}
    assert len(silent) == 3
    assert silent.items() <= readings.samples.items()


async def test_old_values_cost_one_request_an_hour_and_one_for_whoever_goes_missing(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"old_values": True})
    await started(bench)
    for _ in range(12):
        await bench.poll(10)
    assert bench.asked("latest") == []
    bench.simulator.silence(sensor_named(bench, "Server room"))
    await bench.poll(61)
    latest = f"GET /public-api/buildings/{OFFICE}/electricity/sensors/latest/"
    assert bench.asked("latest") == [latest]
    for _ in range(11):
        await bench.poll(5)
    assert bench.asked("latest") == [latest]
    for _ in range(24):
        await bench.poll(5)
    assert bench.asked("latest") == 3 * [latest]
    bench.simulator.silence(sensor_named(bench, "Solar production"), bench.clock() - timedelta(hours=2))
    await bench.poll()
    await bench.poll()
    assert bench.asked("latest") == 4 * [latest]


async def test_old_values_are_not_asked_for_without_the_option(bench: Bench) -> None:
    await started(bench)
    for uuid in bench.simulator.sensors:
        bench.simulator.silence(uuid)
    await bench.poll(120)
    assert bench.asked("latest") == []


@pytest.mark.parametrize(("fault", "error"), [*FAILURES, pytest.param(faults.RateLimited(60), RateLimited, id="429")])
async def test_old_values_that_are_not_to_be_had_cost_nothing_else(
    make_bench: MakeBench, fault: faults.Fault, error: type[VendorError]
) -> None:
    bench = await make_bench(options={"old_values": True})
    await started(bench)
    point = point_of(bench, "Warehouse return")
    bench.simulator.silence(point.key)
    bench.clock.advance(timedelta(hours=2))
    bench.simulator.faults.add(fault, LATEST)
    readings = await bench.read()
    assert readings.samples.keys() == {one.id for one in bench.inventory.points} - {point}
    assert readings.problems == {}


@pytest.mark.parametrize(("fault", "error"), FAILURES)
@pytest.mark.parametrize("part", ["", "/electricity/actual/", "/electricity/sensors/"])
async def test_building_that_fails_costs_itself_only(
    bench: Bench, fault: faults.Fault, error: type[VendorError], part: str
) -> None:
    before = await started(bench)
    failing = {"": devices_in(bench, OFFICE), "/electricity/actual/": {OFFICE}}.get(
        part, devices_in(bench, OFFICE) - {OFFICE}
    )
    bench.simulator.faults.add(fault, re.compile(f"{OFFICE}{part}"))
    readings = await bench.poll()
    problem = Problem.NOT_PERMITTED if error is NotPermitted else Problem.UNREACHABLE
    assert readings.problems == dict.fromkeys(failing, problem)
    assert readings.samples.keys() == {id_ for id_ in before.samples if id_.device_id not in failing}
    assert bench.asked(WAREHOUSE)
    bench.simulator.faults.clear()
    check_truth(bench, await bench.poll())


@pytest.mark.parametrize(("fault", "error"), FAILURES)
async def test_poll_that_brings_nothing_fails(bench: Bench, fault: faults.Fault, error: type[VendorError]) -> None:
    await started(bench)
    bench.simulator.faults.add(fault, ALL_VALUES)
    with pytest.raises(error):
        await bench.poll()
    bench.simulator.faults.clear()
    check_truth(bench, await bench.poll())


async def test_nobody_answering_is_asked_once(bench: Bench) -> None:
    await started(bench)
    used = bench.budget.used
    await bench.server.stop()
    with pytest.raises(CannotConnect):
        await bench.poll()
    assert bench.budget.used == used + 1
    await bench.server.start()
    check_truth(bench, await bench.poll())


@pytest.mark.parametrize("fault", [faults.ConnectionReset(), faults.RateLimited(60)], ids=["reset", "429"])
@pytest.mark.parametrize("skip", [1, 2, 3])
async def test_poll_that_breaks_off_keeps_what_it_has_and_says_what_it_has_not(
    bench: Bench, fault: faults.Fault, skip: int
) -> None:
    await started(bench)
    bench.simulator.faults.add(fault, skip=skip)
    readings = await bench.poll()
    parts = [{OFFICE}, devices_in(bench, OFFICE) - {OFFICE}, {WAREHOUSE}, devices_in(bench, WAREHOUSE) - {WAREHOUSE}]
    assert {id_.device_id for id_ in readings.samples} == set[str]().union(*parts[:skip])
    assert readings.problems == dict.fromkeys(set[str]().union(*parts[skip:]), Problem.UNREACHABLE)
    assert readings.requests == skip + 1


async def test_limit_is_waited_out(bench: Bench) -> None:
    await started(bench)
    bench.simulator.faults.add(faults.RateLimited(600), skip=2, times=1)
    assert (await bench.poll()).samples
    bench.simulator.requests.clear()
    for _ in range(10):
        with pytest.raises(RateLimited):
            await bench.poll(0.9)
    assert bench.simulator.requests == []
    check_truth(bench, await bench.poll(1.1))


async def test_limit_of_the_service_itself_is_never_reached(bench: Bench) -> None:
    await bench.discover()
    for _ in range(80):
        await bench.poll(0.75)
    assert {one.status for one in bench.simulator.requests} <= {200, 201}


async def test_sensors_are_asked_for_one_by_one_where_they_must_be(make_bench: MakeBench) -> None:
    bench = await make_bench(requires_sensor_uuid=True)
    await bench.discover()
    bench.simulator.requests.clear()
    readings = await bench.read()
    assert [one.status for one in bench.simulator.requests].count(400) == 1
    assert readings.requests == len(bench.simulator.requests) == 2 + 1 + 10
    check_truth(bench, readings)
    # That is remembered.
    readings = await bench.poll()
    assert readings.requests == bench.vendor.requests_per_poll(bench.inventory.points) == 2 + 10
    assert {one.query_string for one in bench.simulator.requests if "sensors/" in one.path} == {
        "",
        *(f"sensor_uuid={uuid}" for uuid, sensor in bench.simulator.sensors.items() if sensor.unit == "W"),
    }
    check_truth(bench, readings)


async def test_one_of_them_that_is_gone_costs_itself_only(make_bench: MakeBench) -> None:
    bench = await make_bench(requires_sensor_uuid=True)
    await started(bench)
    point = point_of(bench, "Server room")
    bench.simulator.remove_sensor(point.key)
    readings = await bench.poll()
    assert readings.samples.keys() == {one.id for one in bench.inventory.points} - {point}
    assert readings.problems == {}


async def test_limit_among_them_keeps_what_was_read(make_bench: MakeBench) -> None:
    bench = await make_bench(requires_sensor_uuid=True)
    await started(bench)
    bench.simulator.faults.add(faults.RateLimited(60), OFFICE_SENSORS, skip=3)
    readings = await bench.poll()
    assert readings.requests == 1 + 3 + 1
    assert len(readings.samples) == 2 + 3
    assert readings.problems.keys() == devices_in(bench, WAREHOUSE)


async def test_nobody_answering_is_not_tried_for_each_of_them(make_bench: MakeBench) -> None:
    bench = await make_bench(requires_sensor_uuid=True)
    await started(bench)
    bench.simulator.faults.add(faults.ConnectionReset(), OFFICE_SENSORS, skip=3)
    readings = await bench.poll()
    assert len(readings.samples) == 2 + 3 + 3
    assert readings.requests == 1 + 3 + 1 + 3


async def test_all_of_them_failing_is_the_building_failing(make_bench: MakeBench) -> None:
    bench = await make_bench(requires_sensor_uuid=True)
    await started(bench)
    bench.simulator.faults.add(faults.Status(500), OFFICE_SENSORS)
    readings = await bench.poll()
    assert readings.problems == dict.fromkeys(devices_in(bench, OFFICE) - {OFFICE}, Problem.UNREACHABLE)


async def test_only_what_is_wanted_is_asked_for(bench: Bench) -> None:
    await started(bench)
    points = bench.inventory.points
    office, hub = devices_in(bench, OFFICE), point_of(bench, "Main meter delivery").device_id
    for wanted, expected in (
        ({hub}, [f"{OFFICE}/electricity/sensors/actual/"]),
        ({OFFICE}, [f"{OFFICE}/electricity/actual/"]),
        ({hub, OFFICE}, [f"{OFFICE}/electricity/actual/", f"{OFFICE}/electricity/sensors/actual/"]),
        ({WAREHOUSE, hub}, [f"{OFFICE}/electricity/sensors/actual/", f"{WAREHOUSE}/electricity/actual/"]),
        (office, [f"{OFFICE}/electricity/actual/", f"{OFFICE}/electricity/sensors/actual/"]),
        (set(), []),
    ):
        bench.simulator.requests.clear()
        chosen = [point for point in points if point.id.device_id in wanted]
        readings = await bench.vendor.read(chosen)
        assert bench.asked() == [f"GET /public-api/buildings/{path}" for path in expected]
        assert readings.requests == bench.vendor.requests_per_poll(chosen) == len(expected)
        assert {point.id for point in chosen} <= readings.samples.keys()


async def test_only_what_is_wanted_is_asked_for_one_by_one(make_bench: MakeBench) -> None:
    bench = await make_bench(requires_sensor_uuid=True)
    await started(bench)
    hub = point_of(bench, "Main meter delivery").device_id
    chosen = [point for point in bench.inventory.points if point.id.device_id == hub]
    readings = await bench.vendor.read(chosen)
    assert readings.samples.keys() == {point.id for point in chosen}
    assert readings.requests == bench.vendor.requests_per_poll(chosen) == 2


async def test_new_building_is_read_though_no_point_of_it_is_wanted_yet(bench: Bench) -> None:
    await bench.discover()
    readings = await bench.vendor.read(())
    assert {id_.device_id for id_ in readings.samples} == {OFFICE, WAREHOUSE}
    assert bench.vendor.requests_per_poll(()) == 0


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (lambda row, now: {**row, "timestamp": now + 3600}, False),
        (lambda row, now: {**row, "timestamp": (now + 3600) * 1000}, False),
        (lambda row, now: {**row, "timestamp": "2999-01-01T00:00:00Z"}, False),
        (lambda row, now: {**row, "timestamp": 1e300}, False),
        (lambda row, now: {**row, "timestamp": "soon"}, False),
        (lambda row, now: {**row, "timestamp": {"start": now}}, False),
        (lambda row, now: {**row, "timestamp": None}, False),
        (lambda row, now: without({"timestamp"})(row), False),
        (lambda row, now: {**row, "value": {"value": 1, "timestamp": now + 3600}}, False),
        (lambda row, now: {**row, "value": {"value": 1}}, True),
        (lambda row, now: {**row, "timestamp": now + 30}, True),
        (lambda row, now: {**row, "timestamp": 0}, True),
        (lambda row, now: {**row, "value": None}, False),
        (lambda row, now: {**row, "value": True}, False),
        (lambda row, now: {**row, "value": "1e999"}, False),
        (lambda row, now: {**row, "value": [1]}, False),
        (lambda row, now: {**row, "value": "-12.5"}, True),
        (lambda row, now: {**row, "value": 0}, True),
        (lambda row, now: without({"sensor_uuid"})(row), False),
        (lambda row, now: {**row, "sensor_uuid": "another"}, False),
        (lambda row, now: 7, False),
    ],
)
async def test_row_without_value_or_time_of_its_own_costs_itself_only(
    bench: Bench, change: Callable[[Any, float], Any], shown: bool
) -> None:
    await started(bench)
    point = point_of(bench, "Server room")
    now = int(bench.clock().timestamp())
    rewrite(bench, lambda rows: [change(row, now) if row["sensor_uuid"] == point.key else row for row in rows])
    readings = await bench.read()
    assert (point in readings.samples) is shown
    assert len(readings.samples) == len(bench.inventory.points) - (not shown)
    assert readings.problems == {}


@pytest.mark.parametrize(
    ("change", "channels"),
    [
        (lambda body, now: {**body, "timestamp": now + 3600}, set()),
        (lambda body, now: without({"timestamp"})(body), set()),
        (lambda body, now: {**body, "production": {"timestamp": now + 3600, "value": 5}}, {"consumption"}),
        (lambda body, now: {**body, "production": {"timestamp": "?", "value": 5}}, {"consumption"}),
        (lambda body, now: {**body, "production": {"value": 5}}, {"consumption", "production"}),
        (lambda body, now: {**body, "production": "n/a"}, {"consumption"}),
        (lambda body, now: {**body, "production": True}, {"consumption"}),
        (lambda body, now: {**body, "id": 7, "building_id": 8, "created_time": 9}, {"consumption", "production"}),
        (
            lambda body, now: {**body, "battery": {"charge": 5, "id": 7}},
            {"consumption", "production", "battery_charge"},
        ),
        (lambda body, now: [without({"production"})(body), {**body, "timestamp": now - 600}], {"consumption"}),
        (lambda body, now: {"data": body}, {"consumption", "production"}),
        (lambda body, now: {**body, "unit": "kWh"}, set()),
        (lambda body, now: {**body, "unit": "VA"}, set()),
        (lambda body, now: {**body, "today": {"unit": "kWh", "value": 5}}, {"consumption", "production"}),
    ],
)
async def test_number_of_a_building_without_time_of_its_own_is_left_out(
    bench: Bench, change: Callable[[Any, float], Any], channels: set[str]
) -> None:
    await bench.discover()
    now = int(bench.clock().timestamp())
    rewrite(bench, lambda body: change(body, now), OFFICE_ACTUAL)
    readings = await bench.read()
    assert {id_.key for id_ in readings.samples if id_.device_id == OFFICE} == channels
    assert {point.id.key for point in bench.inventory.points if point.id.device_id == OFFICE} == channels
    assert readings.problems == {}


@pytest.mark.parametrize(
    ("unit", "times"),
    [
        ("W", 1),
        ("watt", 1),
        ("kW", 1000),
        ("MW", 1_000_000),
        (None, 1),
        ("", 1),
        ("kWh", None),
        ("mW", 0.001),
        ("VA", None),
        ("°C", None),
    ],
)
async def test_value_in_another_unit_is_converted_or_left_out(
    bench: Bench, unit: str | None, times: float | None
) -> None:
    usual = await started(bench)
    rewrite(bench, lambda rows: [{**row, "unit": unit} for row in rows])
    rewrite(bench, lambda body: {**body, "unit": unit}, OFFICE_ACTUAL)
    readings = await bench.read()
    office = devices_in(bench, OFFICE)
    for id_, sample in usual.samples.items():
        if id_.device_id not in office:
            assert readings.samples[id_] == sample
        elif times is None:
            assert id_ not in readings.samples
        else:
            assert readings.samples[id_].value == pytest.approx(sample.value * times)  # type: ignore[operator]


async def test_value_that_is_beyond_all_numbers_in_the_points_unit_is_left_out(bench: Bench) -> None:
    await started(bench)
    rewrite(bench, lambda rows: [{**row, "unit": "kW", "value": 1e307} for row in rows])
    readings = await bench.read()
    assert not {id_.device_id for id_ in readings.samples} & (devices_in(bench, OFFICE) - {OFFICE})


@pytest.mark.parametrize("turn", [1, -1])
async def test_newest_of_several_rows_is_shown(bench: Bench, turn: int) -> None:
    usual = await started(bench)

    def older(row: Any) -> Any:
        return {**row, "timestamp": row["timestamp"] - 60, "value": row["value"] + 999}

    rewrite(bench, lambda rows: [*rows, *map(older, rows)][::turn])
    assert (await bench.read()).samples == usual.samples


@pytest.mark.parametrize("number", [lambda number: number, str, lambda number: {"id": number}])
@pytest.mark.parametrize("key", ["id", "sensor"])
async def test_row_that_names_its_sensor_by_number(bench: Bench, number: Callable[[int], object], key: str) -> None:
    usual = await started(bench)
    sensors = bench.simulator.sensors
    rewrite(
        bench,
        lambda rows: [{**without({"sensor_uuid"})(row), key: number(sensors[row["sensor_uuid"]].id)} for row in rows],
    )
    assert (await bench.read()).samples == usual.samples


async def test_sensor_of_another_building_is_not_taken(bench: Bench) -> None:
    await started(bench)
    point = point_of(bench, "Warehouse delivery")
    foreign = {"sensor_uuid": point.key, "timestamp": int(bench.clock().timestamp()), "value": 424242}
    rewrite(bench, lambda rows: [*rows, foreign])
    check_truth(bench, await bench.read())


async def test_restart_needs_no_discovery(bench: Bench) -> None:
    await started(bench)
    vendor = bench.restarted()
    bench.clock.advance(timedelta(minutes=1))
    readings = await vendor.read(bench.inventory.points)
    assert len(bench.asked()) == 4
    assert bench.asked("token") == bench.asked("buildings/$") == []
    assert readings.inventory is None
    check_truth(bench, readings)


async def test_restart_reads_old_values_too(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"old_values": True})
    await started(bench)
    point = sensor_named(bench, "Server room")
    bench.simulator.silence(point)
    bench.restarted()
    readings = await bench.poll(120)
    assert sample_of(readings, point, point) is not None


async def test_there_is_no_history(bench: Bench) -> None:
    await started(bench)
    now = bench.clock()
    assert [batch async for batch in bench.vendor.history(bench.inventory.points, now - timedelta(days=1), now)] == []
    assert bench.simulator.requests == []


async def test_building_at_which_a_poll_breaks_off_does_not_starve_those_behind_it(bench: Bench) -> None:
    await bench.vendor.login()
    await bench.discover()
    office = faults.ConnectionReset(share=None)
    bench.simulator.faults.add(office, re.compile(f"{OFFICE}/electricity"))
    with pytest.raises(CannotConnect):
        await bench.poll()
    readings = await bench.poll()
    assert {point_id.device_id for point_id in readings.samples} >= {WAREHOUSE}
    assert readings.problems[OFFICE] is Problem.UNREACHABLE


async def test_pages_of_values_are_counted_before_they_are_asked_for(make_bench: MakeBench) -> None:
    bench = await make_bench(envelope="page", paged_rows=True)
    await bench.vendor.login()
    await bench.discover()
    await bench.read()
    # Eight sensors and two, in pages of two; and each building's own values.
    expected = 4 + 1 + 2
    assert bench.vendor.requests_per_poll(bench.inventory.points) == expected
    assert (await bench.poll()).requests == expected
    # One sensor's values are among those of all.
    one = [point for point in bench.inventory.points if point.id.key == sensor_named(bench, "Server room")]
    assert bench.vendor.requests_per_poll(one) == 4
