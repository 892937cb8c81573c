"""The pace: everything is fresh on the free tier for a day, nothing is ever refused, and nobody is ever banned."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from custom_components.energy_clouds.vendors.budget import HEAD_ROOM
from custom_components.energy_clouds.vendors.errors import RateLimited
from tests.simulators.eniris import USERNAME, CostModel
from tests.simulators.eniris.errors import RefusalError
from tests.simulators.eniris.fields import constant
from tests.simulators.eniris.nodes import Node, Series
from tests.simulators.eniris.queries import Query
from tests.simulators.eniris.telemetry import Telemetry

from .conftest import TELEMETRY, Bench, MakeBench, added, spent_on

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DELAY = timedelta(seconds=20)
"""After which a row of the simulator arrives."""
SLIM = CostModel(per_points=100 * 2 / 22)
"""Devices with 2 fields then cost what those with 22 cost."""


@pytest.fixture(autouse=True)
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the simulator believe that queries fit, as all other tests prove, and find series fast: a day is long."""

    def permitted(self: Telemetry, query: Query) -> list[tuple[Node, Series]]:
        by_id = {node.node_id: node for node in self._nodes()}
        node = by_id[query.tags["nodeId"]]
        return [(node, one) for one in node.series or () if one.key == query.key]

    monkeypatch.setattr("tests.simulators.eniris.telemetry.check", lambda *_: None)
    monkeypatch.setattr(Telemetry, "_permitted", permitted)


def slim(bench: Bench) -> Bench:
    """Let all devices have two fields that never change, so that a day is soon over."""
    for node in bench.simulator.nodes:
        node.series = [series for series in node.series or () if series.policy == "rp_one_m"]
        for series in node.series:
            series.fields = {name: constant(name, 7.0) for name in ("actualPowerTot_W", "importedAbsEnergyTot_Wh")}
    return bench


@dataclass(slots=True)
class Life:
    """What a coordinator does, hour after hour, and how old the newest samples became."""

    bench: Bench
    neighbour: float = 0.0
    """What somebody else spends at the beginning of each minute."""
    refused: int = 0
    oldest: timedelta = timedelta(0)
    longest: timedelta = timedelta(0)
    """The longest interval that was planned, once all was read."""
    newest: dict[str, datetime] = field(default_factory=dict)
    _minute: datetime | None = None

    async def live(self, hours: float) -> None:
        """Poll at the planned pace, and list the devices once an hour."""
        bench, clock = self.bench, self.bench.clock
        start = discovered = clock()
        await bench.discover()
        while clock() < start + hours * HOUR:
            if clock() >= discovered + HOUR:
                discovered = clock()
                await bench.discover()
            pause = await self._poll()
            settled = clock() > start + 15 * MINUTE
            self._step(pause, settled)

    async def _poll(self) -> timedelta:
        bench, wait = self.bench, timedelta(0)
        try:
            readings = await bench.read()
        except RateLimited as err:
            self.refused += 1
            wait = err.retry_after
        else:
            for point_id, sample in readings.samples.items():
                known = self.newest.get(point_id.device_id, sample.time)
                self.newest[point_id.device_id] = max(known, sample.time)
        cost = bench.vendor.requests_per_poll(bench.inventory.points)
        interval = bench.budget.plan(cost, bench.vendor.cadence)
        self.longest = max(self.longest, interval)
        return wait or interval

    def _step(self, pause: timedelta, settled: bool) -> None:
        until = self.bench.clock() + pause
        while (now := self.bench.clock()) < until:
            minute = now.replace(second=0, microsecond=0)
            if self.neighbour and minute != self._minute:
                self._minute = minute
                with suppress(RefusalError):
                    self.bench.simulator.limiter.spend(USERNAME, "elsewhere", "free", self.neighbour, now)
            self.bench.clock.set(min(until, minute + MINUTE))
        if settled:
            # The oldest that anything gets is just before the next poll.
            self.oldest = max(self.oldest, *(until - time for time in self.newest.values()))


def statuses(bench: Bench) -> Counter[int | None]:
    return Counter(one.status for one in bench.simulator.requests)


async def test_free_tier_carries_sixty_devices_for_a_day(make_bench: MakeBench) -> None:
    bench = slim(await added(await make_bench(meters=60, tier="free", cost=SLIM)))
    life = Life(bench)
    await life.live(24)
    assert set(statuses(bench)) == {200, 204}
    assert life.refused == 0
    assert len(life.newest) == 60
    # 77 tokens a poll, of 60 a minute.
    assert life.longest == timedelta(seconds=77)
    assert life.oldest <= 3 * life.longest
    # One request for all of them but in the first poll.
    polls = [one for one in bench.simulator.requests if one.path == TELEMETRY]
    assert [len(one.body) for one in polls[:3]] == [1, 59, 60]
    assert {len(one.body) for one in polls[3:]} == {60}
    assert 86400 / life.longest.total_seconds() <= len(polls) <= 86400 / 60
    assert len(bench.asked("/v1/device/query")) == 24
    # Access tokens of 300 s are used for 225.
    assert len(bench.asked("/auth/")) <= 86400 / 225
    assert bench.simulator.logins == 1


async def test_three_hundred_devices_on_the_free_tier_are_read_in_turn(make_bench: MakeBench) -> None:
    bench = slim(await added(await make_bench(meters=300, tier="free", cost=SLIM)))
    life = Life(bench)
    await life.live(1.5)
    assert set(statuses(bench)) == {200, 204}
    assert life.refused == 0
    assert len(life.newest) == 300
    # Each request has as much as the tier can carry; in five of them everybody has had a turn.
    assert life.longest <= timedelta(seconds=90)
    polls = [one for one in bench.simulator.requests if one.path == TELEMETRY]
    assert {len(one.body) for one in polls[2:]} == {60}
    assert life.oldest <= 5 * life.longest + MINUTE + DELAY
    # And none is so old that it is not shown any more.
    assert life.oldest < 3 * min(point.cadence for point in bench.inventory.points if point.cadence is not None)


@pytest.mark.parametrize(("tier", "devices"), [(None, 60), ("basic", 60), ("premium", 300), ("basic", 300)])
async def test_larger_tiers_are_read_each_minute(make_bench: MakeBench, tier: str | None, devices: int) -> None:
    bench = slim(await added(await make_bench(meters=devices, tier=tier, cost=SLIM)))
    life = Life(bench)
    await life.live(0.3)
    assert set(statuses(bench)) == {200}
    assert (life.refused, life.longest, len(life.newest)) == (0, MINUTE, devices)
    assert life.oldest <= 2 * MINUTE + DELAY


@pytest.mark.parametrize("meters", [None, 60])
async def test_real_fields_of_all_sizes_fit_into_the_free_tier(make_bench: MakeBench, meters: int | None) -> None:
    bench = await added(await make_bench(meters=meters, tier="free"))
    life = Life(bench)
    await life.live(0.5)
    assert set(statuses(bench)) == {200}
    assert life.refused == 0
    assert life.longest <= timedelta(seconds=75)
    fresh = {one: time for one, time in life.newest.items() if bench.clock() - time <= 3 * life.longest}
    # Prices are of ten minutes, but the site has other fields.
    assert fresh == life.newest


async def test_somebody_else_may_use_half_of_the_tier(make_bench: MakeBench) -> None:
    bench = slim(await added(await make_bench(meters=60, tier="free", cost=SLIM)))
    life = Life(bench, neighbour=50)
    await life.live(3)
    # An account that is full now and then is asked for less at once: a refusal an hour, and every wait is waited out.
    assert statuses(bench)[429] <= 2 * 3
    assert not bench.simulator.limiter.banned
    assert not any(bench.simulator.limiter.ignored.values())
    assert len(life.newest) == 60
    assert life.oldest <= 4 * MINUTE


@pytest.mark.parametrize(("meters", "tier"), [(1, "free"), (60, "free"), (75, "free"), (300, "free"), (300, "basic")])
async def test_estimate_is_what_the_next_poll_costs(make_bench: MakeBench, meters: int, tier: str) -> None:
    bench = await added(await make_bench(meters=meters, tier=tier))
    await bench.discover()
    await bench.read()
    for _ in range(3):
        bench.clock.advance(timedelta(minutes=3))
        await bench.vendor._tokens.access()
        before = len(bench.simulator.requests)
        estimate = bench.vendor.requests_per_poll(bench.inventory.points)
        # Three minutes empty the bucket, and it does not leak while the clock stands.
        bench.simulator.limiter.buckets.clear()
        await bench.read()
        assert all(one.status == 200 for one in bench.simulator.requests[before:])
        assert spent_on(bench) == pytest.approx(estimate, abs=1)


async def test_learnt_tier_is_what_the_headers_tell(make_bench: MakeBench) -> None:
    for tier, tokens in (("free", 100), ("basic", 6000), ("premium", 60_000), (None, 60_000)):
        bench = await added(await make_bench(tier=tier, cost=CostModel(per_request=1.013, per_query=0.017)))
        await bench.discover()
        await bench.read()
        assert bench.budget.allowed == round(tokens * (1 - HEAD_ROOM))
        for _ in range(5):
            await bench.poll()
            assert bench.budget.allowed == round(tokens * (1 - HEAD_ROOM))
