"""Limits and outages: waits are kept, and all is well when it is over."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    RateLimited,
)
from custom_components.energy_clouds.vendors.model import (
    Problem,
)
from tests.simulators import faults
from tests.simulators.enpact import EnpactSimulator

from .conftest import Bench, MakeBench


async def test_limit_is_believed_and_nothing_sent_before_the_wait_is_over(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.faults.add(faults.RateLimited(847), times=1)
    with pytest.raises(RateLimited) as refusal:
        await bench.poll()
    assert refusal.value.retry_after == timedelta(seconds=848)
    bench.simulator.requests.clear()
    for _ in range(14):
        with pytest.raises(RateLimited):
            await bench.poll()
    assert bench.simulator.requests == []
    assert (await bench.poll()).samples


async def test_poll_that_is_stopped_by_the_limit_keeps_what_it_has(make_bench: MakeBench) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(450, clock=clock))
    await bench.discover()
    await bench.read()
    bench.simulator.requests.clear()
    bench.simulator.faults.add(faults.RateLimited(60), skip=1, times=1)
    readings = await bench.poll()
    assert len(bench.simulator.requests) == 2
    assert len({point.device_id for point in readings.samples}) == 150
    assert set(readings.problems.values()) == {Problem.UNREACHABLE}
    assert len(readings.problems) == 300


async def test_failed_batch_costs_its_own_meters_only(make_bench: MakeBench) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(450, clock=clock))
    await bench.discover()
    await bench.read()
    bench.simulator.faults.add(faults.Status(500), skip=1, times=1)
    readings = await bench.poll()
    assert len({point.device_id for point in readings.samples}) == 300
    assert len(readings.problems) == 150


async def test_device_that_is_asked_for_alone_is_not_given_up_for_one_failure(make_bench: MakeBench) -> None:
    def simulator(clock: Any) -> EnpactSimulator:
        one = EnpactSimulator(clock=clock)
        one.devices = dict([next(iter(one.devices.items()))])
        return one

    bench = await make_bench(simulator)
    await bench.discover()
    await bench.read()
    bench.simulator.faults.add(faults.Status(500), "/api/v1/devices/batch", times=1)
    (alone,) = bench.simulator.devices
    assert (await bench.poll()).problems == {alone: Problem.UNREACHABLE}
    readings = await bench.poll()
    assert not readings.problems
    assert alone in {point.device_id for point in readings.samples}


async def test_network_that_is_down_is_not_tried_for_every_batch(make_bench: MakeBench) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(1000, clock=clock))
    await bench.discover()
    bench.simulator.faults.add(faults.Status(503))
    with pytest.raises(CannotConnect):
        await bench.read()
    assert len(bench.posts()) == 2


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(500, {"error": "Internal Server Error", "message": "An unexpected error occurred."}),
        faults.Status(503, {"error": "Service Unavailable", "message": "The service is temporarily unavailable."}),
        faults.HtmlPage(502),
        faults.HtmlPage(200),
        faults.EmptyBody(),
        faults.TruncatedBody(),
        faults.ConnectionReset(),
        faults.ConnectionReset(share=None),
        faults.Redirect("http://127.0.0.1:9/"),
    ],
    ids=lambda fault: f"{type(fault).__name__} {getattr(fault, 'status', '')}",
)
async def test_outage_is_cannot_connect_and_over_when_it_is_over(bench: Bench, fault: faults.Fault) -> None:
    await bench.discover()
    await bench.read()
    active = bench.simulator.faults.add(fault)
    for action in (bench.poll, bench.vendor.discover, bench.vendor.login):
        with pytest.raises(CannotConnect):
            await action()
    bench.simulator.faults.remove(active)
    assert (await bench.poll()).samples


async def test_unplugged_service(bench: Bench) -> None:
    await bench.discover()
    await bench.server.stop()
    with pytest.raises(CannotConnect):
        await bench.read()
    await bench.server.start()
    assert (await bench.poll()).samples


async def test_answer_slower_than_the_timeout(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    import aiohttp

    from custom_components.energy_clouds.vendors import http

    monkeypatch.setattr(http, "TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    bench.simulator.faults.add(faults.Slow(5))
    async with asyncio.timeout(4):
        with pytest.raises(CannotConnect, match="no answer within"):
            await bench.vendor.login()


async def test_answer_without_end_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from custom_components.energy_clouds.vendors import http

    monkeypatch.setattr(http, "LARGEST_BODY", 1000)
    bench.simulator.faults.add(faults.Answer({"devices": ["x" * 100] * 100}))
    with pytest.raises(CannotConnect, match="larger than"):
        await bench.vendor.login()


@pytest.mark.parametrize("hours", [-1, 1])
async def test_machine_with_a_wrong_clock_reads_the_right_windows(make_bench: MakeBench, hours: int) -> None:
    bench = await make_bench(clock_error=timedelta(hours=hours))
    await bench.discover()
    readings = await bench.read()
    assert abs(bench.vendor.now() - bench.clock()) <= timedelta(seconds=1)
    assert len(readings.samples) == len(bench.inventory.points)
    for _ in range(3):
        assert (await bench.poll()).samples
