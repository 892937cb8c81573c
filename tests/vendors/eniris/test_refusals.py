"""Refusals: too much, too often, not permitted, not understood; each costs as little as it can."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.errors import (
    RateLimited,
    VendorError,
)
from custom_components.energy_clouds.vendors.model import Problem
from tests.simulators import faults
from tests.simulators.eniris import USERNAME, CostModel

from .conftest import DEVICES, TELEMETRY, Bench, MakeBench, added, devices_in, meter, started, statuses, telemetry

BAD = {"version": "9"}
"""A namespace that no schema has: the service calls the whole request a bad one."""


def spoil(bench: Bench, *numbers: int) -> None:
    """Let the service list a namespace for these meters that it does not understand itself."""

    def change(body: Any) -> Any:
        for device in body["device"]:
            if device["properties"]["nodeId"] in {meter(number) for number in numbers}:
                for series in device["properties"]["nodeInfluxSeries"]:
                    series["namespace"] = BAD
                    del series["database"]
        return body

    bench.simulator.faults.add(faults.Rewritten(change), DEVICES)


@pytest.mark.parametrize("guilty", [(1,), (5,), (8,), (2, 3), (1, 8)])
async def test_bad_query_is_found_and_the_rest_is_read(make_bench: MakeBench, guilty: tuple[int, ...]) -> None:
    bench = await added(await make_bench(meters=8))
    spoil(bench, *guilty)
    await bench.discover()
    readings = await bench.read()
    bad = {meter(number) for number in guilty}
    assert devices_in(readings) == {meter(number) for number in range(1, 9)} - bad
    assert readings.problems == dict.fromkeys(bad, Problem.UNREACHABLE)
    # Next time it is left out, and for an hour.
    bench.simulator.requests.clear()
    readings = await bench.poll()
    assert [len(queries) for queries in telemetry(bench)] == [8 - len(bad)]
    assert readings.problems == dict.fromkeys(bad, Problem.UNREACHABLE)
    await bench.poll(62)
    assert 400 in statuses(bench)


@pytest.mark.parametrize("guilty", [1, 2, 30, 31, 59, 60])
async def test_bad_query_is_found_on_the_free_tier_too(make_bench: MakeBench, guilty: int) -> None:
    bench = await added(await make_bench(meters=60, tier="free"))
    await bench.discover()
    await bench.read()
    bench.simulator.rename(meter(guilty), "Bad")
    spoil(bench, guilty)
    await bench.discover()
    seen: set[str] = set()
    for _ in range(4):
        bench.clock.advance(timedelta(seconds=80))
        seen |= devices_in(await bench.read())
    assert seen == {meter(number) for number in range(1, 61)} - {meter(guilty)}
    bench.simulator.requests.clear()
    assert len(devices_in(await bench.poll(1.5))) == 59
    assert statuses(bench) == [200]


async def test_request_that_is_bad_as_a_whole_is_no_hour_without_anything(make_bench: MakeBench) -> None:
    bench = await started(make_bench, 4)
    bench.simulator.faults.add(faults.Status(400), TELEMETRY, times=1)
    assert len(devices_in(await bench.poll())) == 4


async def test_too_much_at_once_is_asked_for_in_parts(make_bench: MakeBench) -> None:
    # The first query is a cheap one: what all of them cost is a surprise.
    bench = await added(await make_bench(meters=40, tier="free", cost=CostModel(per_query=3.5)))
    await bench.discover()
    bench.simulator.limiter.model = CostModel(per_query=0.1)
    seen: set[str] = set()
    for poll in range(12):
        if poll == 2:
            bench.simulator.limiter.model = CostModel(per_query=3.5)
        seen = seen if poll >= 3 else set()
        try:
            seen |= devices_in(await bench.read())
        except RateLimited as err:
            bench.clock.advance(err.retry_after)
        interval = bench.budget.plan(bench.vendor.requests_per_poll(bench.inventory.points), bench.vendor.cadence)
        bench.clock.advance(interval)
    assert statuses(bench).count(422) == 1
    assert len(seen) == 40
    assert set(statuses(bench)[-6:]) == {200}


@pytest.mark.parametrize("capacity", [40, 40.0, "40", None, 0, -5, True, "x", 1e300])
async def test_capacity_that_a_refusal_names_is_learnt(make_bench: MakeBench, capacity: object) -> None:
    bench = await started(make_bench, 8)
    body = {"statusCode": 422, "cost": 7450, "maximumCapacity": capacity}
    bench.simulator.faults.add(faults.Status(422, body), TELEMETRY, times=1)
    limit = bench.budget.limit.requests
    readings = await bench.poll()
    assert len(devices_in(readings)) == 8
    # (The next good answer tells the tier itself.)
    assert bench.budget.limit.requests == limit
    assert [len(queries) for queries in telemetry(bench)] == [8, 4, 4]
    bench.simulator.requests.clear()
    await bench.poll()
    assert [len(queries) for queries in telemetry(bench)] == [4, 4]
    # A larger tier is found out in an hour.
    await bench.poll(61)
    assert [len(queries) for queries in telemetry(bench)][-1] == 8


async def test_single_query_that_is_too_much_is_asked_for_less_of_the_past(make_bench: MakeBench) -> None:
    bench = await added(await make_bench(meters=1, tier="free", cost=CostModel(per_points=0.8, per_shard=0)))
    node = bench.simulator.node(meter(1))
    node.series = [one for one in node.series or () if one.policy == "rp_one_s"]
    await bench.discover()
    body = {"statusCode": 422, "maximumCapacity": 100}
    bench.simulator.faults.add(faults.Status(422, body), TELEMETRY, times=2)
    seen = False
    for _ in range(4):
        with suppress(VendorError):
            seen = bool((await bench.read()).samples) or seen
        bench.clock.advance(timedelta(minutes=3))
    spans = [query["where"]["time"][0]["value"] for queries in telemetry(bench) for query in queries]
    assert len(spans) == 4
    starts = [
        (one.time - datetime.fromisoformat(span)).total_seconds()
        for one, span in zip([one for one in bench.simulator.requests if one.path == TELEMETRY], spans, strict=True)
    ]
    assert starts == [600, 300, 150, 150]
    assert seen


async def test_query_that_is_always_too_much_is_given_up_for_an_hour(make_bench: MakeBench) -> None:
    bench = await started(make_bench, 1)
    bench.simulator.faults.add(faults.Status(422, {"statusCode": 422}), TELEMETRY)
    for _ in range(30):
        readings = await bench.poll()
        assert readings.samples == {}
    assert len(statuses(bench)) == 4
    assert readings.problems == {meter(1): Problem.UNREACHABLE}
    bench.simulator.faults.clear()
    assert (await bench.poll(60)).samples


async def test_wait_is_never_ignored(make_bench: MakeBench) -> None:
    bench = await started(make_bench, 60, tier="free")
    bench.simulator.limiter.spend(USERNAME, "elsewhere", "free", 25, bench.clock())
    bench.clock.advance(timedelta(seconds=60))
    bench.simulator.limiter.spend(USERNAME, "elsewhere", "free", 95, bench.clock())
    waits: list[timedelta] = []
    for _ in range(240):
        bench.clock.advance(timedelta(seconds=1))
        try:
            await bench.read()
        except RateLimited as err:
            waits.append(err.retry_after)
    assert statuses(bench).count(429) == 1
    assert len(waits) > 100
    assert min(waits) > timedelta(0)
    assert not bench.simulator.limiter.banned
    assert not bench.simulator.limiter.ignored
    assert 2 <= statuses(bench).count(200) <= 10


async def test_wait_is_obeyed_by_everything_that_the_account_asks(make_bench: MakeBench) -> None:
    bench = await started(make_bench, 2)
    body = {"statusCode": 429, "error": "Too Many Requests", "message": "x", "cost": 350, "retryAfter": 90}
    bench.simulator.faults.add(faults.Status(429, body, {"Retry-After": "15"}), TELEMETRY, times=1)
    with pytest.raises(RateLimited) as refusal:
        await bench.poll()
    assert refusal.value.retry_after == timedelta(seconds=91)
    sent = len(bench.simulator.requests)
    # (The last two seconds of a wait are slept through.)
    for _ in range(88):
        bench.clock.advance(timedelta(seconds=1))
        for action in (bench.read, bench.vendor.discover, lambda: anext(history(bench))):
            with pytest.raises(RateLimited):
                await action()
    assert len(bench.simulator.requests) == sent
    bench.clock.advance(timedelta(seconds=3))
    assert (await bench.read()).samples


def history(bench: Bench) -> Any:
    return bench.vendor.history(bench.inventory.points, bench.clock() - timedelta(hours=1), bench.clock())


async def test_ban_is_waited_out(make_bench: MakeBench) -> None:
    bench = await started(make_bench, 2)
    bench.simulator.limiter.banned["127.0.0.1"] = bench.clock() + timedelta(seconds=300)
    for _ in range(9):
        with pytest.raises(RateLimited):
            await bench.poll(0.5)
    assert statuses(bench) == [429]
    assert (await bench.poll(1)).samples


@pytest.mark.parametrize("guilty", [range(1, 13), range(21, 41), [*range(1, 11), *range(21, 31)], range(1, 41, 2)])
async def test_many_bad_queries_do_not_hide_the_good_ones(make_bench: MakeBench, guilty: Sequence[int]) -> None:
    bench = await added(await make_bench(meters=40))
    spoil(bench, *guilty)
    await bench.discover()
    readings = await bench.read()
    assert devices_in(readings) == {meter(number) for number in range(1, 41)} - {meter(number) for number in guilty}
