"""One poll: one request for everything, and the newest value of each field with its own time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.model import PointId, Sample
from tests.simulators import faults
from tests.simulators.eniris import BATTERY, CHARGER, GRID_METER, INVERTER, MINUTE as POLICY, SITE

from .conftest import TELEMETRY, Bench, MakeBench, point_named, sample_of, started, telemetry, value_of

METER = "GWEXAMPLE0000003-Eastron-0001"
POWER = "submeteringMetrics.actualPowerTot_W"
VOLTAGE = "submeteringMetrics.voltageL1N_V"


@pytest.fixture
async def meter(make_bench: MakeBench) -> Bench:
    """An account with one meter, read once."""
    made: Bench = await started(make_bench)
    return made


def rows(bench: Bench, columns: list[Any], *values: Any, **more: Any) -> None:
    """Let the service answer with these rows of the meter."""
    item = {"statement_id": 0, "series": [{"name": "x", "columns": columns, "values": list(values)}]}
    bench.simulator.faults.clear()
    bench.simulator.faults.add(faults.Answer([item | more]), TELEMETRY)


async def test_one_request_reads_everything(make_bench: MakeBench) -> None:
    bench = await started(make_bench, meters=None)
    readings = await bench.poll()
    assert bench.asked() == [f"POST {TELEMETRY}"]
    assert (readings.requests, readings.problems, readings.broken) == (1, {}, frozenset())
    assert readings.samples.keys() == {point.id for point in bench.inventory.points}
    for point_id, sample in readings.samples.items():
        node = bench.simulator.node(point_id.device_id)
        field = point_id.key.partition(".")[2]
        newest = [
            found
            for policy in (POLICY, "rp_ten_m")
            if (found := bench.simulator.newest(node.node_id, field, policy)) is not None
        ]
        time, value = newest[0]
        assert sample.time == time
        expected = value * 100 if field.endswith("_frac") and isinstance(value, float) else value
        assert sample.value == pytest.approx(expected) if isinstance(value, float) else sample.value == value


async def test_every_query_has_two_ends_and_few_rows(make_bench: MakeBench) -> None:
    bench = await started(make_bench, meters=None)
    await bench.poll()
    ((*queries,),) = telemetry(bench)
    assert len(queries) == len({str(query["from"]) + str(query["where"]["tags"]) for query in queries}) == 20
    for query in queries:
        after, before = query["where"]["time"]
        assert (after["operator"], before["operator"]) == (">=", "<")
        start, end = (datetime.fromisoformat(one["value"]) for one in (after, before))
        assert start < bench.clock() < end <= bench.clock() + timedelta(minutes=1)
        slow = query["from"].get("retentionPolicy") == "rp_ten_m"
        assert end - start == timedelta(minutes=51 if slow else 11)
        assert (query["orderBy"], query["limit"]) == ("DESC", 3)


async def test_only_devices_that_are_wanted_are_asked(make_bench: MakeBench) -> None:
    bench = await started(make_bench, meters=3)
    wanted = [point for point in bench.inventory.points if point.id.device_id == METER]
    bench.clock.advance(timedelta(minutes=1))
    readings = await bench.vendor.read(wanted)
    ((query,),) = telemetry(bench)
    assert query["where"]["tags"]["nodeId"] == METER
    assert {one.device_id for one in readings.samples} == {METER}
    # One that has no points yet is asked too, so that it can get some.
    node = bench.simulator.add_device()
    await bench.discover()
    bench.clock.advance(timedelta(minutes=2))
    readings = await bench.vendor.read(wanted)
    assert readings.inventory is not None
    assert {one.device_id for one in readings.samples} == {METER, node.node_id}


async def test_nothing_wanted_costs_nothing(make_bench: MakeBench) -> None:
    bench = await started(make_bench, meters=3)
    assert (await bench.vendor.read([])).samples == {}
    assert bench.simulator.requests == []
    assert bench.vendor.requests_per_poll([]) == 0


async def test_newest_value_of_each_field_has_its_own_time(make_bench: MakeBench) -> None:
    bench = await started(make_bench, sparse=True)
    times: set[int] = set()
    for _ in range(3):
        readings = await bench.poll()
        assert readings.samples.keys() == {point.id for point in bench.inventory.points}
        for point_id, sample in readings.samples.items():
            newest = bench.simulator.newest(METER, point_id.key.partition(".")[2])
            assert newest is not None
            assert (sample.time, sample.value) == newest
        times.add(len({sample.time for sample in readings.samples.values()}))
    assert times == {1, 2}


async def test_null_is_no_value_and_an_older_row_keeps_its_time(meter: Bench) -> None:
    now = meter.clock().replace(microsecond=0)
    earlier = [now - timedelta(seconds=60 * number) for number in range(4)]
    columns = ["time", "actualPowerTot_W", "voltageL1N_V"]
    rows(
        meter,
        columns,
        [earlier[0].isoformat(), None, 230.0],
        [earlier[1].isoformat(), None, 229.0],
        [earlier[2].isoformat(), 17.0, None],
    )
    readings = await meter.read()
    assert dict(readings.samples) == {
        PointId(device_id=METER, key=POWER): Sample(time=earlier[2], value=17.0),
        PointId(device_id=METER, key=VOLTAGE): Sample(time=earlier[0], value=230.0),
    }
    rows(meter, columns, [earlier[0].isoformat(), None, None])
    assert (await meter.read()).samples == {}


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
async def test_order_of_rows_does_not_matter(meter: Bench, order: list[int]) -> None:
    now = meter.clock().replace(microsecond=0)
    made = [[(now - timedelta(minutes=number)).isoformat(), float(number)] for number in range(3)]
    rows(meter, ["time", "actualPowerTot_W"], *(made[number] for number in order))
    assert sample_of(await meter.read(), METER, POWER) == Sample(time=now, value=0.0)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-17T10:00:00Z", datetime(2026, 11, 17, 10, tzinfo=UTC)),
        ("2026-11-17T10:00:00.123456789Z", datetime(2026, 11, 17, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-17T10:00:00.1Z", datetime(2026, 11, 17, 10, 0, 0, 100000, tzinfo=UTC)),
        ("2026-11-17T11:00:00.000000000+01:00", datetime(2026, 11, 17, 10, tzinfo=UTC)),
        (1794909600000, datetime(2026, 11, 17, 10, tzinfo=UTC)),
        (1794909600123.0, datetime(2026, 11, 17, 10, 0, 0, 123000, tzinfo=UTC)),
        (1794909600, datetime(2026, 11, 17, 10, tzinfo=UTC)),
    ],
)
async def test_times_in_every_form(meter: Bench, text: object, time: datetime) -> None:
    rows(meter, ["time", "actualPowerTot_W"], [text, 5])
    assert sample_of(await meter.read(), METER, POWER) == Sample(time=time, value=5.0)


@pytest.mark.parametrize("time", [None, True, "", "now", "2026-11-17", [], {}, 1e300, -1e300, "9999-99-99T00:00:00Z"])
async def test_row_without_a_time_costs_nothing_but_itself(meter: Bench, time: object) -> None:
    good = ["2026-11-17T10:00:00Z", 5.0]
    rows(meter, ["time", "actualPowerTot_W"], [time, 7.0], 7, None, [], ["2026-11-17T10:01:00Z"], good)
    assert value_of(await meter.read(), METER, POWER) == 5.0


async def test_row_of_the_future_does_not_hide_the_present(meter: Bench) -> None:
    later = (meter.clock() + timedelta(days=1)).isoformat()
    rows(meter, ["time", "actualPowerTot_W"], [later, 7.0], ["2026-11-17T10:00:00Z", 5.0])
    assert value_of(await meter.read(), METER, POWER) == 5.0


@pytest.mark.parametrize(
    "columns",
    [["actualPowerTot_W", "time"], ["x", "actualPowerTot_W", None, "time", "y"], ["time", "time", "actualPowerTot_W"]],
    ids=str,
)
async def test_columns_are_found_by_name(meter: Bench, columns: list[Any]) -> None:
    cells = {"time": "2026-11-17T10:00:00Z", "actualPowerTot_W": 5.0}
    rows(meter, columns, [cells.get(one, 99.0) for one in columns])
    assert (await meter.read()).samples == {
        PointId(device_id=METER, key=POWER): Sample(time=datetime(2026, 11, 17, 10, tzinfo=UTC), value=5.0)
    }


async def test_columns_of_functions_are_nobodys(meter: Bench) -> None:
    rows(meter, ["time", "sum_actualPowerTot_W", "sum", "x"], ["2026-11-17T10:00:00Z", 1, 2, 3])
    assert (await meter.read()).samples == {}


async def test_items_are_matched_by_their_number_else_by_their_place(make_bench: MakeBench) -> None:
    bench = await started(make_bench, meters=2)
    usual = dict((await bench.poll(2)).samples)
    for change in (
        lambda items: items[::-1],
        lambda items: [{key: value for key, value in item.items() if key != "statement_id"} for item in items],
        lambda items: [{**item, "statement_id": None} for item in items],
        lambda items: [{**item, "statement_id": "0"} for item in items],
        lambda items: [*items, {"statement_id": 7}, {"statement_id": -1, "series": [5]}, 5, None],
    ):
        bench.simulator.faults.clear()
        bench.simulator.faults.add(faults.Rewritten(change), TELEMETRY)
        assert dict((await bench.read()).samples) == usual


async def test_item_that_is_missing_is_that_devices_problem(make_bench: MakeBench) -> None:
    bench = await started(make_bench, meters=2)
    bench.simulator.faults.add(faults.Rewritten(lambda items: items[:1]), TELEMETRY)
    readings = await bench.poll()
    assert len(readings.problems) == 1
    assert {point_id.device_id for point_id in readings.samples} == {METER, f"{METER[:-1]}2"} - readings.problems.keys()


async def test_object_for_one_query_is_as_good_as_a_list(meter: Bench) -> None:
    meter.simulator.faults.add(faults.Rewritten(lambda items: items[0]), TELEMETRY)
    assert len((await meter.poll()).samples) == len(meter.inventory.points)


async def test_device_that_is_silent_has_no_samples_and_no_problem(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.silence(CHARGER)
    readings = await bench.poll(30)
    assert CHARGER not in {point_id.device_id for point_id in readings.samples}
    assert readings.problems == {}
    assert {GRID_METER, BATTERY, INVERTER, SITE} <= {point_id.device_id for point_id in readings.samples}


async def test_first_poll_after_a_restart_finds_out_where_rows_are(meter: Bench) -> None:
    known = meter.inventory
    meter.restarted()
    readings = await meter.poll(2)
    assert meter.asked() == ["POST /v1/device/query", f"POST {TELEMETRY}"]
    assert readings.requests == 2
    assert len(readings.samples) == len(known.points)
    # All that was learnt was known already.
    assert readings.inventory is None
    assert point_named(meter, METER, POWER) in known.points


async def test_seconds_are_read_where_there_are_no_minutes(meter: Bench) -> None:
    node = meter.simulator.node(METER)
    node.series = [one for one in node.series or () if one.policy == "rp_one_s"]
    meter.simulator.rename(METER, "Seconds")
    await meter.discover()
    sample = sample_of(await meter.poll(), METER, POWER)
    assert sample is not None
    # A row each ten seconds, that comes twenty seconds late.
    assert meter.clock() - sample.time == timedelta(seconds=20)


async def test_text_that_becomes_empty_is_shown_no_more(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.say(CHARGER, "status", "Fault")
    await bench.poll(3)
    point_id = PointId(device_id=CHARGER, key="evChargerMetrics.status")
    assert (await bench.poll()).samples[point_id].value == "Fault"
    bench.simulator.say(CHARGER, "status", "")
    readings = await bench.poll(3)
    assert point_id not in readings.samples
    assert point_id in readings.broken
