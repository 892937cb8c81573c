"""Live values: the fewest requests, for what is new, and the newest row with its own time."""

from collections import Counter
from datetime import datetime, timedelta
import math

import pytest

from custom_components.energy_clouds.vendors.model import (
    Nature,
)
from tests.simulators.enpact import EnpactSimulator

from .conftest import START, Bench, MakeBench, sample_of, value_of


async def test_every_value_is_the_newest_row_with_its_own_time(bench: Bench) -> None:
    await bench.discover()
    readings = await bench.read()
    newest = bench.clock() - bench.simulator.delay
    newest = newest.replace(second=newest.second // 30 * 30, microsecond=0)
    for point in bench.inventory.points:
        sample = readings.samples[point.id]
        assert sample.time == newest
        source = bench.simulator.meters.get(point.id.device_id) or bench.simulator.devices[point.id.device_id]
        fields = source.fields(newest)
        if point.id.key == "p_total":
            assert sample.value == pytest.approx(sum(fields[f"p{number}"] for number in (1, 2, 3)), abs=1.5)
        elif point.nature is Nature.FLAG:
            assert sample.value is (fields[point.id.key] in ("true", True))
        else:
            assert sample.value == pytest.approx(fields[point.id.key], abs=0.5)


@pytest.mark.parametrize("meters", [1, 149, 150, 151, 300, 301, 1000])
async def test_requests_per_poll_are_exactly_what_the_batches_need(make_bench: MakeBench, meters: int) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(meters, clock=clock))
    await bench.discover()
    for poll in range(3):
        bench.simulator.requests.clear()
        readings = await (bench.poll() if poll else bench.read())
        assert len(bench.simulator.requests) == readings.requests == math.ceil(meters / 150)
        assert all(len(request.body["meterIds"]) <= 150 for request in bench.simulator.requests)
        asked = Counter(identifier for request in bench.simulator.requests for identifier in request.body["meterIds"])
        assert asked == Counter(list(bench.simulator.meters))
    assert bench.vendor.requests_per_poll(bench.inventory.points) == math.ceil(meters / 150)


async def test_poll_asks_only_for_what_is_new(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    first = datetime.fromisoformat(bench.posts("meters")[-1].body["timestamp"])
    assert first == START - timedelta(minutes=15)
    for _ in range(20):
        await bench.poll()
        start = datetime.fromisoformat(bench.posts("meters")[-1].body["timestamp"])
        assert timedelta(seconds=30) <= bench.clock() - start <= timedelta(seconds=90)


async def test_thing_that_fell_silent_does_not_make_every_answer_long(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.silence(next(iter(bench.simulator.meters)))
    for _ in range(15):
        await bench.poll()
    spans = []
    for _ in range(30):
        await bench.poll()
        spans.append(bench.clock() - datetime.fromisoformat(bench.posts("meters")[-1].body["timestamp"]))
    # One poll in fifteen minutes looks back for it.
    assert sum(span > timedelta(minutes=2) for span in spans) == 2


async def test_thing_that_lags_is_read_all_the_same(bench: Bench) -> None:
    late = next(iter(bench.simulator.meters))
    bench.simulator.delay_rows(late, timedelta(minutes=4))
    await bench.discover()
    await bench.read()
    for _ in range(10):
        readings = await bench.poll()
        sample = sample_of(readings, late, "c1")
        assert sample is not None
        assert timedelta(minutes=4) <= bench.clock() - sample.time < timedelta(minutes=5)


async def test_only_devices_of_wanted_points_are_asked_for(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    wanted = [point for point in bench.inventory.points if point.id.device_id == next(iter(bench.simulator.meters))]
    bench.simulator.requests.clear()
    bench.clock.advance(timedelta(minutes=1))
    await bench.vendor.read(wanted)
    assert [request.body["meterIds"] for request in bench.simulator.requests if "meters" in request.path] == [
        [wanted[0].id.device_id]
    ]
    assert bench.vendor.requests_per_poll(wanted) == 1


async def test_broken_probe_is_said_so(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    controller = next(iter(bench.simulator.devices))
    edit = bench.simulator.break_probe(controller)
    readings = await bench.poll(2)
    assert {(point.device_id, point.key) for point in readings.broken} == {(controller, "space")}
    assert sample_of(readings, controller, "coolantIn") is not None
    bench.simulator.undo(edit)
    assert (await bench.poll()).broken == frozenset()


async def test_fault_is_a_flag(bench: Bench) -> None:
    meter = next(iter(bench.simulator.meters))
    await bench.discover()
    assert value_of(await bench.read(), meter, "fault") is False
    bench.simulator.fail(meter)
    assert value_of(await bench.poll(), meter, "fault") is True
