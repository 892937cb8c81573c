"""History: each register at each hour."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.energy_clouds.vendors.model import (
    Nature,
)

from .conftest import START, Bench

METER = "meter-building-a-001"


async def test_history_has_each_register_at_each_hour_to_the_watt_hour(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    end = START.replace(minute=0, second=0)
    start = end - timedelta(hours=6)
    bench.simulator.requests.clear()
    seen: dict[tuple[str, str], dict[datetime, float]] = {}
    async for batch in bench.vendor.history(bench.inventory.points, start, end + timedelta(seconds=1)):
        for series in batch:
            times = [sample.time for sample in series.samples]
            assert times == sorted(times)
            of_point = seen.setdefault((series.point_id.device_id, series.point_id.key), {})
            of_point |= {sample.time: float(sample.value) for sample in series.samples}  # type: ignore[arg-type]
    assert len(bench.simulator.requests) == 7
    registers = [point for point in bench.inventory.points if point.nature is Nature.REGISTER]
    assert set(seen) == {(point.id.device_id, point.id.key) for point in registers}
    for meter in {point.id.device_id for point in registers}:
        for hours in range(6):
            hour = start + timedelta(hours=hours)
            truth = bench.simulator.energy(meter, hour, hour + timedelta(hours=1))
            imported, exported = seen[meter, "imp"], seen[meter, "exp"]
            after = hour + timedelta(hours=1)
            assert (imported[after] - imported[hour]) * 1000 == pytest.approx(truth.imported, abs=1.01)
            assert (exported[after] - exported[hour]) * 1000 == pytest.approx(truth.exported, abs=1.01)


async def test_history_does_not_ask_for_what_the_service_has_forgotten_or_not_yet(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.requests.clear()
    batches = bench.vendor.history(bench.inventory.points, START - timedelta(days=9), START + timedelta(days=9))
    async for _ in batches:
        pass
    assert all(request.status == 200 for request in bench.simulator.requests)
    assert len(bench.simulator.requests) == 25


async def test_history_of_points_that_are_no_registers_is_empty(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    gauges = [point for point in bench.inventory.points if point.nature is not Nature.REGISTER]
    bench.simulator.requests.clear()
    assert [batch async for batch in bench.vendor.history(gauges, START - timedelta(hours=2), START)] == []
    assert bench.simulator.requests == []


def test_time_is_utc(bench: Bench) -> None:
    assert bench.vendor.now().tzinfo is UTC


async def test_hour_without_a_row_of_its_own_has_the_nearest_rows(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    hour = START.replace(minute=0, second=0) - timedelta(hours=3)
    before, after = hour - timedelta(minutes=20), hour + timedelta(minutes=18)
    bench.simulator.silence(METER, before, after)
    assert await times_of(bench, hour - timedelta(hours=1), hour + timedelta(hours=1)) >= {
        before - timedelta(seconds=30),
        after,
    }


async def test_reset_register_tells_what_it_showed_last(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    hour = START.replace(minute=0, second=0) - timedelta(hours=3)
    reset = hour + timedelta(minutes=44)
    bench.simulator.replace_meter(METER, reset)
    assert await times_of(bench, hour, hour + timedelta(hours=2)) >= {reset - timedelta(seconds=30), reset}


async def times_of(bench: Bench, start: datetime, end: datetime) -> set[datetime]:
    """The times of what a meter's import register showed in the past."""
    times = list[datetime]()
    async for batch in bench.vendor.history(bench.inventory.points, start, end + timedelta(seconds=1)):
        for series in batch:
            if (series.point_id.device_id, series.point_id.key) == (METER, "imp"):
                times += [sample.time for sample in series.samples]
    assert times == sorted(times)
    return set(times)
