"""History: every reading that the service lists, once, whatever comes in meanwhile."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.energy_clouds.vendors.errors import CannotConnect, RateLimited, UnexpectedAnswer
from custom_components.energy_clouds.vendors.model import Point, Sample
from tests.simulators import faults

from .conftest import START, Bench, MakeBench

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
QUARTERS = 96


async def registers(bench: Bench, *meters: str) -> list[Point]:
    """The registers of some meters, in an account that was read once."""
    await bench.discover()
    await bench.read()
    bench.simulator.requests.clear()
    points = {point.id.device_id: point for point in bench.inventory.points if point.id.key == "reading"}
    return [points[meter] for meter in meters]


async def past(bench: Bench, points: Sequence[Point], start: datetime, end: datetime) -> dict[str, list[Sample]]:
    """All samples by meter, in the order in which they came."""
    found: dict[str, list[Sample]] = {}
    async for batch in bench.vendor.history(points, start, end):
        for series in batch:
            assert series.samples
            assert series.point_id.key == "reading"
            found.setdefault(series.point_id.device_id, []).extend(series.samples)
    return found


def truth(bench: Bench, meter: str, start: datetime, end: datetime) -> list[Sample]:
    """What the service has of a meter in [start, end)."""
    seen = bench.simulator.seen(bench.simulator.meters[meter].log, bench.clock())
    return [Sample(time=time, value=seen.value(time)) for time in seen.times(start, end)]


async def test_history_is_the_services_own_to_the_last_digit(bench: Bench) -> None:
    points = await registers(bench, "42", "45", "48", "52")
    end = datetime(2026, 11, 17, tzinfo=UTC)
    start = end - 30 * DAY
    found = await past(bench, points, start, end)
    for meter in ("42", "45", "48", "52"):
        assert found[meter] == truth(bench, meter, start, end)
    assert [len(found[meter]) for meter in ("42", "45", "48")] == [30 * QUARTERS] * 3
    assert [sample.time for sample in found["52"]] == [datetime(2026, 11, 1, 9, tzinfo=UTC)]
    # What was used is what the meter itself says.
    values = [float(str(sample.value)) for sample in found["42"]]
    steps = [after - before for before, after in pairwise(values)]
    register = bench.simulator.meters["42"].register
    assert sum(steps) == pytest.approx(register(found["42"][-1].time) - register(found["42"][0].time), abs=0.002)
    assert min(steps) >= 0
    # 2880 readings: three answers of 1000, in which the last one is the next one's first, and one with the rest.
    assert bench.asked("/42/") == ["GET /meters/42/readings"] * 3
    assert bench.asked("/52/") == ["GET /meters/52/readings"]


@pytest.mark.parametrize(
    ("number", "answers"), [(999, 1), (1000, 2), (1001, 2), (1998, 2), (1999, 3), (2997, 3), (2998, 4)]
)
async def test_thousands_are_joined_without_a_seam(bench: Bench, number: int, answers: int) -> None:
    points = await registers(bench, "42")
    end = datetime(2026, 11, 17, tzinfo=UTC)
    start = end - number * 15 * MINUTE
    found = await past(bench, points, start, end)
    assert found["42"] == truth(bench, "42", start, end)
    assert len(found["42"]) == number
    assert len(bench.simulator.requests) == answers


async def test_late_readings_that_come_in_between_two_answers_cost_nothing(bench: Bench) -> None:
    points = await registers(bench, "42")
    end = datetime(2026, 11, 17, tzinfo=UTC)
    start = end - 30 * DAY
    # One where the first answer has been, one at its seam, one where the next answers will be.
    late = [start + number * 15 * MINUTE for number in (100, 998, 999, 1000, 1001, 1500)]
    for time in late:
        bench.simulator.delay_reading("42", time, bench.clock() + MINUTE)
    before = truth(bench, "42", start, end)
    found: list[Sample] = []
    async for batch in bench.vendor.history(points, start, end):
        found += [sample for series in batch for sample in series.samples]
        bench.clock.advance(MINUTE)
    times = [sample.time for sample in found]
    assert times == sorted(set(times))
    assert {sample.time for sample in before} <= set(times)
    assert late[-1] in times
    assert late[0] not in times
    # Read again, it is complete.
    assert (await past(bench, points, start, end))["42"] == truth(bench, "42", start, end)


@pytest.mark.parametrize(
    ("start", "end", "number"),
    [
        (timedelta(0), timedelta(0), 0),
        (timedelta(0), timedelta(microseconds=1), 1),
        (timedelta(0), 15 * MINUTE, 1),
        (timedelta(0), 15 * MINUTE + timedelta(microseconds=1), 2),
        (timedelta(microseconds=1), 15 * MINUTE, 0),
        (timedelta(microseconds=1), 15 * MINUTE + timedelta(seconds=1), 1),
        (-timedelta(microseconds=1), timedelta(0), 0),
        (-timedelta(microseconds=1), timedelta(seconds=0.5), 1),
        (15 * MINUTE, timedelta(0), 0),
    ],
)
async def test_start_counts_and_end_does_not(bench: Bench, start: timedelta, end: timedelta, number: int) -> None:
    points = await registers(bench, "42")
    reading = datetime(2026, 11, 10, tzinfo=UTC)
    found = await past(bench, points, reading + start, reading + end)
    assert len(found.get("42", [])) == number


async def test_bounds_in_another_time_zone_are_the_same_instants(bench: Bench) -> None:
    points = await registers(bench, "42")
    kathmandu = ZoneInfo("Asia/Kathmandu")
    start, end = START - DAY, START
    assert await past(bench, points, start.astimezone(kathmandu), end.astimezone(kathmandu)) == await past(
        bench, points, start, end
    )


async def test_nothing_is_asked_of_the_future(bench: Bench) -> None:
    points = await registers(bench, "42")
    assert await past(bench, points, START + DAY, START + 2 * DAY) == {}
    assert bench.simulator.requests == []
    found = await past(bench, points, START - DAY, START + DAY)
    assert found["42"] == truth(bench, "42", START - DAY, START)
    (request,) = bench.simulator.requests
    assert "2026-11-18" not in request.query_string


async def test_history_before_a_meter_was_there_is_empty(bench: Bench) -> None:
    points = await registers(bench, "42")
    assert await past(bench, points, datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)) == {}


async def test_history_of_what_is_no_register_is_empty(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"data_series": ["11"], "virtual_meters": ["501"]})
    await registers(bench)
    others = [point for point in bench.inventory.points if point.id.key != "reading"]
    assert {point.id.key for point in others} == {"month", "month_without_unit", "value"}
    assert await past(bench, others, START - DAY, START) == {}
    assert bench.simulator.requests == []


@pytest.mark.parametrize("status", [403, 404])
async def test_meter_that_is_refused_is_left_out(bench: Bench, status: int) -> None:
    points = await registers(bench, "42", "45", "48")
    bench.simulator.faults.add(faults.Status(status), "/meters/45/")
    found = await past(bench, points, START - DAY, START)
    assert set(found) == {"42", "48"}
    assert bench.asked("/45/") == ["GET /meters/45/readings"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.RateLimited(60, "reset"), RateLimited),
        (faults.Status(500), CannotConnect),
        (faults.TruncatedBody(), CannotConnect),
        (faults.Status(400), UnexpectedAnswer),
        (faults.Answer({"data": None}), UnexpectedAnswer),
    ],
    ids=repr,
)
async def test_what_goes_wrong_is_said_and_what_came_before_is_good(
    bench: Bench, fault: faults.Fault, error: type[Exception]
) -> None:
    points = await registers(bench, "42", "45")
    bench.simulator.faults.add(fault, "/meters/42/", times=1, skip=2)
    found: list[Sample] = []
    start = START - 30 * DAY

    async def read() -> None:
        async for batch in bench.vendor.history(points, start, START):
            found.extend(sample for series in batch for sample in series.samples)

    with pytest.raises(error):
        await read()
    assert found == truth(bench, "42", start, START)[: len(found)]
    assert len(found) == 1999
    assert len(bench.simulator.requests) == 3


async def test_history_leaves_room_for_live_values(make_bench: MakeBench) -> None:
    bench = await make_bench(meters=120)
    await bench.discover()
    await bench.read()
    for _ in range(14):
        await bench.poll()
    live = bench.vendor.requests_per_poll(bench.inventory.points)
    bench.budget.plan(live, bench.vendor.cadence)
    points = [point for point in bench.inventory.points if point.id.key == "reading"]
    assert len(points) == 120
    bench.simulator.requests.clear()
    bench.clock.advance(MINUTE)
    with pytest.raises(RateLimited):
        await past(bench, points, START - DAY, START)
    assert 1 <= len(bench.simulator.requests) < bench.budget.allowed - live
    assert len((await bench.read()).samples) >= live - 1


async def test_times_without_an_offset_are_in_utc(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(body: dict[str, Any]) -> Any:
        for row in body["data"]:
            row["attributes"]["time"] = row["attributes"]["time"].removesuffix("Z")
        return body

    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        points = await registers(bench, "42")
        bench.simulator.faults.add(faults.Rewritten(change), "/meters/42/")
        start = START - 15 * DAY
        assert (await past(bench, points, start, START))["42"] == truth(bench, "42", start, START)
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_service_that_ignores_filters_and_order_does_not_keep_one_for_ever(bench: Bench) -> None:
    points = await registers(bench, "42")
    rows = [
        {"id": str(number), "attributes": {"time": (START - number * MINUTE).isoformat(), "value": number}}
        for number in range(1000)
    ]
    odd = [
        {"id": "x", "attributes": {"time": text, "value": 1}}
        for text in ("2026-11-16T00:00:00", "0001-01-01T00:00:00+14:00")
    ]
    bench.simulator.faults.add(faults.Answer({"data": [*rows, *odd]}), "/meters/42/")
    start = START - timedelta(minutes=500)
    found = (await past(bench, points, start, START))["42"]
    assert [sample.time for sample in found] == [START - number * MINUTE for number in range(500, 0, -1)]
    assert len(bench.simulator.requests) == 2
