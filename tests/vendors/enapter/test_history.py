"""History: the register's state at every full hour, from hourly rows that have the time at which their hour begins."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
import re
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    InvalidCredentials,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.energy_clouds.vendors.model import Nature, Point, PointId, Quantity, Sample
from tests.simulators import faults
from tests.simulators.enapter import BARE, BATTERY, HYBRID_INVERTER, POWER_METER, TOKEN

from .conftest import START, Bench, MakeBench

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SERIES = re.compile("/query_timeseries$")
LIFETIME = PointId(device_id=POWER_METER, key="energy_lifetime")


async def registers(bench: Bench, *devices: str) -> list[Point]:
    """The registers of some devices, or of all."""
    inventory = await bench.discover()
    bench.simulator.requests.clear()
    return [
        point
        for point in inventory.points
        if point.nature is Nature.REGISTER and (not devices or point.id.device_id in devices)
    ]


async def past(bench: Bench, points: Collection[Point], start: datetime, end: datetime) -> dict[PointId, list[Sample]]:
    """All samples by point, in the order in which they came."""
    found: dict[PointId, list[Sample]] = {}
    newest = start
    async for batch in bench.vendor.history(points, start, end):
        first = min(series.samples[0].time for series in batch)
        assert first >= newest - 7 * DAY
        newest = max(newest, first)
        for series in batch:
            found.setdefault(series.point_id, []).extend(series.samples)
    return found


def truth(bench: Bench, point_id: PointId, hour: datetime) -> float:
    """What the register said last before that hour was over."""
    row = bench.simulator.truth(point_id.device_id, point_id.key, hour - timedelta(seconds=1))
    assert row is not None
    return float(row.value)


async def test_samples_are_the_registers_at_the_full_hours(bench: Bench) -> None:
    points = await registers(bench)
    start, end = START - 2 * DAY, START
    found = await past(bench, points, start, end)
    counted = {point.id for point in points if point.quantity is not Quantity.NUMBER}
    assert found.keys() == counted
    hours = [datetime(2026, 11, 15, 11, tzinfo=UTC) + number * HOUR for number in range(48)]
    for point_id, samples in found.items():
        assert [sample.time for sample in samples] == hours
        for sample in samples[::7]:
            assert sample.value == truth(bench, point_id, sample.time)
    assert len(bench.asked()) == 1


async def test_hours_begin_with_the_start_and_end_before_the_end(bench: Bench) -> None:
    points = await registers(bench, POWER_METER)
    hour = datetime(2026, 11, 16, 12, tzinfo=UTC)
    second = timedelta(seconds=1)
    for start, end, number in (
        (hour, hour, 0),
        (hour, hour + second, 1),
        (hour, hour + HOUR, 1),
        (hour, hour + HOUR + second, 2),
        (hour + second, hour + HOUR, 0),
        (hour - second, hour + second, 1),
        (hour + HOUR, hour, 0),
    ):
        samples = (await past(bench, points, start, end)).get(LIFETIME, [])
        assert len(samples) == number
        assert all(start <= sample.time < end for sample in samples)


async def test_hour_that_is_not_over_is_not_told(bench: Bench) -> None:
    points = await registers(bench, POWER_METER)
    samples = (await past(bench, points, START - 3 * HOUR, START + DAY))[LIFETIME]
    # It is half a minute past ten.
    assert [sample.time.hour for sample in samples] == [8, 9, 10]
    bench.clock.advance(timedelta(minutes=59))
    assert (await past(bench, points, START - 3 * HOUR, START + DAY))[LIFETIME] == samples


async def test_weeks_are_joined_without_a_seam(bench: Bench) -> None:
    points = await registers(bench, POWER_METER)
    start = START - 15 * DAY
    found = await past(bench, points, start, START)
    times = [sample.time for sample in found[LIFETIME]]
    assert times == [datetime(2026, 11, 2, 11, tzinfo=UTC) + number * HOUR for number in range(15 * 24)]
    assert len(bench.asked()) == 3
    for request in bench.simulator.requests:
        span = datetime.fromisoformat(request.body["to"]) - datetime.fromisoformat(request.body["from"])
        assert span <= 7 * DAY
    # Asked for twice, it is the same twice.
    assert await past(bench, points, start, START) == found
    # Any part is a part of the whole.
    part = await past(bench, points, start + 3 * DAY, START - 2 * DAY)
    assert set(part[LIFETIME]) < set(found[LIFETIME])


async def test_one_request_is_for_many_registers(bench: Bench) -> None:
    points = await registers(bench)
    await past(bench, points, START - DAY, START)
    (request,) = bench.simulator.requests
    assert request.headers["accept"] == "text/csv"
    assert request.body["granularity"] == "3600s"
    assert len({selector["device"] for selector in request.body["telemetry"]}) == len(request.body["telemetry"]) > 4
    assert {selector["aggregation"] for selector in request.body["telemetry"]} == {"last"}


async def test_only_counted_amounts_have_history(bench: Bench) -> None:
    inventory = await bench.discover()
    bench.simulator.requests.clear()
    gauges = [point for point in inventory.points if point.nature is not Nature.REGISTER]
    assert await past(bench, gauges, START - DAY, START) == {}
    assert bench.asked() == []


@pytest.mark.parametrize(
    "switches",
    [
        {"types_header": "comma"},
        {"types_header": "repeated"},
        {"empty_buckets": "nulls"},
        {"no_data": "header_row", "history_days": 1},
        {"no_data": "header_row_without_types", "history_days": 1},
        {"no_data": "empty", "history_days": 1},
    ],
    ids=str,
)
async def test_tables_of_all_forms(make_bench: MakeBench, switches: dict[str, Any]) -> None:
    bench = await make_bench(**switches)
    points = await registers(bench, POWER_METER)
    bench.simulator.silence(POWER_METER, START - 20 * HOUR)
    bench.simulator.wake(POWER_METER, START - 10 * HOUR)
    samples = (await past(bench, points, START - 9 * DAY, START))[LIFETIME]
    assert all(sample.value == truth(bench, LIFETIME, sample.time) for sample in samples)
    # Of hours without a measurement there is nothing.
    silent = {START.replace(minute=0, second=0) - number * HOUR for number in range(11, 19)}
    assert not silent & {sample.time for sample in samples}
    assert (len(samples) > 8 * 24 - 12) is ("history_days" not in switches)


async def test_register_that_is_reset_is_told_as_it_is(bench: Bench) -> None:
    points = await registers(bench, POWER_METER)
    bench.simulator.reset_register(POWER_METER, "energy_lifetime", START - 5 * HOUR)
    values = [float(str(one.value)) for one in (await past(bench, points, START - 10 * HOUR, START))[LIFETIME]]
    assert min(values) == values[5] < values[4]


# What goes wrong


async def test_attribute_without_history_costs_itself_only(bench: Bench) -> None:
    points = await registers(bench, POWER_METER, BATTERY)
    made_up = [
        Point(
            id=PointId(device_id=device, key="energy_made_up"),
            quantity=Quantity.ENERGY,
            nature=Nature.REGISTER,
            unit="kWh",
        )
        for device in (POWER_METER, BARE, "nowhere")
    ]
    found = await past(bench, [*points, *made_up], START - 20 * DAY, START)
    assert found.keys() == {point.id for point in points if point.quantity is Quantity.ENERGY}
    assert len(found[LIFETIME]) == 20 * 24
    # They are looked for in the first week only.
    assert len([one for one in bench.simulator.requests if one.status == 200]) <= 6
    assert await past(bench, made_up, START - DAY, START) == {}


async def test_forbidden_device_has_no_history(bench: Bench) -> None:
    points = await registers(bench, POWER_METER, BATTERY, HYBRID_INVERTER)
    bench.simulator.forbid(BATTERY)
    found = await past(bench, points, START - DAY, START)
    assert {one.device_id for one in found} == {POWER_METER, HYBRID_INVERTER}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Status(500), CannotConnect),
        (faults.HtmlPage(), CannotConnect),
        (faults.HtmlPage(200), UnexpectedAnswer),
        (faults.Answer({}), UnexpectedAnswer),
        (faults.Status(409), CannotConnect),
        (faults.ConnectionReset(share=None), CannotConnect),
        (faults.RateLimited(), RateLimited),
        (faults.Status(401), CannotConnect),
    ],
    ids=repr,
)
async def test_week_that_fails_is_an_error_after_those_before(
    bench: Bench, fault: faults.Fault, error: type[VendorError]
) -> None:
    points = await registers(bench, POWER_METER)
    batches = bench.vendor.history(points, START - 20 * DAY, START)
    first = await anext(batches)
    assert first[0].samples[0].time - (START - 20 * DAY) < HOUR
    bench.simulator.faults.add(fault, SERIES)
    with pytest.raises(error):
        await anext(batches)


async def test_token_that_was_revoked_is_told(bench: Bench) -> None:
    points = await registers(bench, POWER_METER)
    bench.simulator.revoke(TOKEN)
    with pytest.raises(CannotConnect):
        await past(bench, points, START - DAY, START)
    bench.clock.advance(timedelta(minutes=1))
    with pytest.raises(InvalidCredentials):
        await past(bench, points, START - DAY, START)
