"""History that costs too much, that fails, or that there is none of; and live values go first."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    NotPermitted,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.energy_clouds.vendors.model import Nature, Point, PointId, Quantity, Sample
from tests.simulators import faults
from tests.simulators.eniris import GRID_METER, SWITCHBOARD, CostModel

from .conftest import TELEMETRY, Bench, MakeBench, added, telemetry
from .past import batches, counter, past, stored

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 17, tzinfo=UTC)
METER = "GWEXAMPLE0000003-Eastron-0001"
COUNTER = "submeteringMetrics.importedAbsEnergyTot_Wh"


@pytest.fixture
async def meter(make_bench: MakeBench) -> Bench:
    """An account with one meter; nothing was discovered, nothing read."""
    made: Bench = await added(await make_bench(meters=1))
    return made


async def test_range_that_is_too_much_is_asked_for_in_halves(make_bench: MakeBench) -> None:
    # A day of minutes costs more than the free tier ever has at once.
    bench = await added(await make_bench(meters=1, tier="free", cost=CostModel(per_points=10)))
    point, start = counter(METER, COUNTER), MIDNIGHT - DAY
    found: list[Sample] = []
    since = start
    for _ in range(60):
        try:
            async for series in batches(bench, [point], since, MIDNIGHT):
                found += series.samples
            break
        except RateLimited as err:
            bench.clock.advance(err.retry_after)
            since = found[-1].time + timedelta(seconds=1) if found else start
    assert found == stored(bench.simulator, METER, "importedAbsEnergyTot_Wh", start, MIDNIGHT)
    statuses = [one.status for one in bench.simulator.requests if one.path == TELEMETRY]
    assert 422 in statuses
    assert 429 not in statuses


async def test_what_always_costs_too_much_is_said(meter: Bench) -> None:
    meter.simulator.faults.add(faults.Status(422, {"statusCode": 422}), TELEMETRY)
    with pytest.raises(UnexpectedAnswer):
        await past(meter, counter(METER, COUNTER), MIDNIGHT, MIDNIGHT + DAY)
    assert len(telemetry(meter)) <= 10


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Status(400), UnexpectedAnswer),
        (faults.Status(403), NotPermitted),
        (faults.Status(500), CannotConnect),
        (faults.RateLimited(60, "header"), RateLimited),
        (faults.HtmlPage(200), CannotConnect),
        (faults.TruncatedBody(), CannotConnect),
        (faults.Answer(5), UnexpectedAnswer),
    ],
    ids=repr,
)
async def test_what_goes_wrong_is_said_and_what_came_before_is_good(
    meter: Bench, fault: faults.Fault, error: type[VendorError]
) -> None:
    meter.simulator.faults.add(fault, TELEMETRY, times=1, skip=2)
    found: list[Sample] = []

    async def read() -> None:
        async for series in batches(meter, [counter(METER, COUNTER)], MIDNIGHT - 5 * DAY, MIDNIGHT):
            found.extend(series.samples)

    with pytest.raises(error):
        await read()
    assert len(found) == 2 * 24 * 60


async def test_device_that_may_not_be_read_has_no_history(meter: Bench) -> None:
    meter.simulator.take_rights(METER)
    assert await past(meter, counter(METER, COUNTER), MIDNIGHT, MIDNIGHT + HOUR) == []


async def test_range_that_could_not_be_read_is_no_empty_one(meter: Bench) -> None:
    meter.simulator.faults.add(faults.Answer([{"statement_id": 0, "error": "timeout"}]), TELEMETRY)
    with pytest.raises(UnexpectedAnswer):
        await past(meter, counter(METER, COUNTER), MIDNIGHT, MIDNIGHT + HOUR)


def other_points() -> Sequence[Point]:
    gauge = Point(
        id=PointId(device_id=GRID_METER, key="submeteringMetrics.actualPowerTot_W"),
        quantity=Quantity.POWER,
        nature=Nature.GAUGE,
    )
    return (
        gauge,
        counter("nobody", COUNTER),
        counter(GRID_METER, "nothing"),
        counter(GRID_METER, "other.importedAbsEnergyTot_Wh"),
        counter(SWITCHBOARD, COUNTER),
    )


async def test_history_of_what_is_not_counted_or_not_there_is_empty(bench: Bench) -> None:
    async for _ in batches(bench, other_points(), MIDNIGHT, MIDNIGHT + HOUR):
        pytest.fail("nothing has rows")
    assert telemetry(bench) == []


async def test_history_does_not_change_what_a_poll_is_taken_to_cost(make_bench: MakeBench) -> None:
    bench = await added(await make_bench(meters=10, tier="free"))
    await bench.discover()
    await bench.read()
    await bench.poll()
    before = bench.vendor.requests_per_poll(bench.inventory.points)
    bench.clock.advance(MINUTE)
    assert len(await past(bench, counter(METER, COUNTER), MIDNIGHT, MIDNIGHT + 6 * HOUR)) == 360
    assert bench.vendor.requests_per_poll(bench.inventory.points) == before
    bench.simulator.requests.clear()
    await bench.poll(2)
    assert [len(queries) for queries in telemetry(bench)] == [10]


async def test_history_leaves_room_for_live_values(make_bench: MakeBench) -> None:
    bench = await added(await make_bench(meters=40, tier="free"))
    await bench.discover()
    await bench.read()
    points = [point for point in bench.inventory.points if point.nature is Nature.REGISTER]
    live = 0
    for _ in range(24):
        wait = bench.budget.plan(bench.vendor.requests_per_poll(bench.inventory.points), bench.vendor.cadence)
        bench.clock.advance(wait / 2)
        with suppress(RateLimited):
            async for _series in batches(bench, points, MIDNIGHT - 100 * DAY, MIDNIGHT):
                pass
        bench.clock.advance(wait / 2)
        with suppress(RateLimited):
            live += len((await bench.read()).samples) == len(bench.inventory.points)
    assert 429 not in {one.status for one in bench.simulator.requests}
    asked = [len(queries) for queries in telemetry(bench)]
    assert asked.count(1) > 10
    assert live >= 23
