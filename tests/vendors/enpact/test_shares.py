"""The shares of energy savers: once a window, when it has settled."""

from datetime import datetime, timedelta

from tests.simulators import faults

from .conftest import START, Bench, sample_of


async def test_shares_come_once_a_window_when_it_has_settled(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    asked = []
    for _ in range(60):
        before = len(bench.posts(aggregation="15min"))
        readings = await bench.poll()
        if len(bench.posts(aggregation="15min")) > before:
            window = datetime.fromisoformat(bench.posts(aggregation="15min")[-1].body["timestamp"])
            asked.append((bench.clock(), window))
            for controller in bench.simulator.devices:
                sample = sample_of(readings, controller, "compressorEnergySaverEnabled_percentTrue")
                assert sample is not None
                assert sample.time == window
                assert isinstance(sample.value, float)
                assert 0 <= sample.value <= 100
    assert len(asked) == 5
    for moment, window in asked:
        assert window.minute % 15 == window.second == 0
        assert moment >= window + timedelta(minutes=17)
    assert [window for _, window in asked] == [
        START.replace(minute=30, second=0) + timedelta(minutes=15 * number) - timedelta(hours=1) for number in range(5)
    ]


async def test_empty_window_is_asked_for_again_a_few_times_only(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.faults.add(faults.Answer({"data": [], "meta": {}}), path="/api/v1/devices/batch")
    bench.clock.set(START.replace(minute=3))
    for _ in range(10):
        await bench.poll()
    assert len(bench.posts(aggregation="15min")) == 4


async def test_shares_that_cannot_be_had_cost_nothing_but_themselves(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.faults.add(faults.Status(500), path="/api/v1/devices/batch", skip=1)
    readings = await bench.poll()
    assert [request.status for request in bench.simulator.requests if "devices/batch" in request.path] == [
        200,
        200,
        500,
    ]
    assert sample_of(readings, next(iter(bench.simulator.devices)), "space") is not None
