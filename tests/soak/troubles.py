"""What goes wrong with the answers of a service, and how often."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, override

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.simulators import faults

from .house import House, Tenant
from .report import Report
from .service import Service, minutes

_TOLD: Final = ("status", "body", "form", "seconds", "share", "pause")
UNNAMED: Final = timedelta(minutes=1)
"""How long nobody asks at least after a refusal that names no wait."""
_HTML: Final = "<html><body><h1>Sign in to the guests' network</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Mute:
    """Says nothing, for longer than anybody waits."""

    async def answer(self, request: web.Request, handler: Handler, now: Any) -> web.StreamResponse:
        """Say nothing."""
        await asyncio.sleep(120)
        return web.Response(status=504)


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany(faults.RateLimited):
    """A refusal of which the journal knows."""

    service: Service[Any]

    @override
    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Refuse."""
        is_named = self.form != "none"
        self.service.journal.told_to_wait(request.path, timedelta(seconds=self.seconds) if is_named else UNNAMED)
        longest = timedelta(seconds=self.seconds) if is_named else timedelta(hours=1)
        self.service.trouble_until(self.service.clock.true() + longest + timedelta(minutes=30))
        return await faults.RateLimited.answer(self, request, handler, now)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often something is wrong; times are means."""

    between_troubles: timedelta = timedelta(hours=3)
    longest: float = 240
    """In minutes: how long a fault lasts."""
    absence: float = 300
    """In minutes: how long anybody is away, or a clock wrong."""
    between_rows: timedelta = timedelta(hours=20)
    between_restarts: timedelta = timedelta(hours=30)
    between_outages: timedelta = timedelta(days=4)
    between_skews: timedelta = timedelta(days=7)
    long_outage: timedelta = timedelta(days=2)
    long_outage_from: float = 8
    """In a soak of so many days there is one."""

    def times(self, often: float) -> Pace:
        """So many times as often."""
        return replace(
            self,
            between_troubles=self.between_troubles / often,
            longest=self.longest / often,
            absence=max(10, self.absence / often),
            between_rows=self.between_rows / often,
            between_restarts=self.between_restarts / often,
            between_outages=self.between_outages / often,
            between_skews=self.between_skews / often,
        )


def kinds(random: Random, tenant: Tenant) -> faults.Fault:
    """One of the faults."""
    service, seconds = tenant.service, random.choice((1, 5, 30, 60, 300, 900, 3600))
    found: Sequence[Callable[[], faults.Fault]] = (
        lambda: faults.Status(500),
        lambda: faults.Status(503),
        lambda: faults.Status(503, None, {"Retry-After": "120"}),
        lambda: faults.Status(504, {"message": "upstream timed out"}),
        lambda: faults.HtmlPage(502),
        lambda: faults.HtmlPage(200, _HTML),
        faults.EmptyBody,
        lambda: faults.EmptyBody(500),
        lambda: faults.Answer([]),
        lambda: faults.Answer({}),
        lambda: faults.Answer({"nonsense": True}),
        lambda: faults.Answer("text"),
        lambda: faults.TruncatedBody(random.random()),
        lambda: faults.ConnectionReset(None),
        lambda: faults.ConnectionReset(random.random()),
        faults.LostAnswer,
        Mute,
        lambda: faults.Slow(random.choice((1, 8, 25))),
        lambda: faults.Drip(random.choice((0.05, 1.0)), 256),
        lambda: TooMany(seconds, "header", service=service),
        lambda: TooMany(seconds, "date", service=service),
        lambda: TooMany(seconds, "body", service=service),
        lambda: TooMany(seconds, "reset", service=service),
        lambda: TooMany(seconds, "none", service=service),
    )
    return random.choice(found)()


def described(fault: faults.Fault) -> str:
    """What it is, for people."""
    told = (f"{name} {value}" for name in _TOLD if (value := getattr(fault, name, None)) is not None)
    return f"{type(fault).__name__} ({', '.join(told)})"


class Troubles:
    """Lets things go wrong, each in its own time, until it is stopped."""

    def __init__(self, house: House, seed: int, pace: Pace, report: Report) -> None:
        self._house = house
        self._seed = seed
        self._pace = pace
        self._report = report
        self._tasks: list[asyncio.Task[None]] = []
        self._lock = asyncio.Lock()
        self.is_quiet = False

    def start(self, days: float) -> None:
        """Begin."""
        work = [
            *(self._answers(tenant) for tenant in self._house.tenants),
            *(self._rows(tenant) for tenant in self._house.tenants),
            self._restarts(),
            self._outages(days),
            self._skews(),
        ]
        self._tasks = [asyncio.create_task(one, name=f"soak {number}") for number, one in enumerate(work)]

    async def stop(self) -> None:
        """Let nothing more go wrong; what is wrong ends."""
        self.is_quiet = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for tenant in self._house.tenants:
            tenant.service.simulator.faults.clear()
            if tenant.account.server._runner is None:
                await tenant.account.server.start()
            tenant.service.clock.set(timedelta(0))
        if not self._house.is_up:
            await self._house.start()

    def _random(self, name: str) -> Random:
        return Random(f"{self._seed} {name}")

    async def _answers(self, tenant: Tenant) -> None:
        random, simulator = self._random(f"{tenant.name} answers"), tenant.service.simulator
        while True:
            await asyncio.sleep(random.expovariate(1 / self._pace.between_troubles.total_seconds()))
            fault, path = kinds(random, tenant), None
            if random.random() < 0.5:
                times = random.randint(1, 6)
                active = simulator.faults.add(fault, path, times)
                tenant.service.trouble_until(tenant.service.clock.true() + timedelta(minutes=20))
                self._report.happen(f"{tenant.name}: {times} x {described(fault)}")
                await asyncio.sleep(random.expovariate(1 / 600))
            else:
                length = minutes(random, 1, self._pace.longest)
                tenant.service.trouble_until(tenant.service.clock.true() + length + timedelta(hours=1.1))
                self._report.happen(f"{tenant.name}: {described(fault)} for {length}")
                active = simulator.faults.add(fault, path)
                await asyncio.sleep(length.total_seconds())
            simulator.faults.remove(active)
            self._report.count("faults")
            self._report.count("faulty answers", active.hits)

    async def _rows(self, tenant: Tenant) -> None:
        random = self._random(f"{tenant.name} rows")
        while True:
            await asyncio.sleep(random.expovariate(1 / self._pace.between_rows.total_seconds()))
            self._report.happen(f"{tenant.name}: {tenant.service.spoil(random)}")
            self._report.count("rows spoilt")

    async def _restarts(self) -> None:
        random = self._random("restarts")
        while True:
            await asyncio.sleep(random.expovariate(1 / self._pace.between_restarts.total_seconds()))
            async with self._lock:
                match random.choice(("reload", "restart", "crash", "crash", "down")):
                    case "reload":
                        tenant = random.choice(self._house.tenants)
                        self._report.happen(f"{tenant.name} is reloaded")
                        await self._house.reload(tenant)
                    case "restart":
                        self._report.happen("Home Assistant restarts")
                        await self._house.stop()
                        await asyncio.sleep(random.uniform(5, 60))
                        await self._house.start()
                    case "crash":
                        self._report.happen("Home Assistant crashes")
                        await self._house.die()
                        await asyncio.sleep(random.uniform(5, 60))
                        await self._house.start()
                    case "down":
                        length = minutes(random, 5, 2 * self._pace.absence)
                        self._report.happen(f"Home Assistant is off for {length}")
                        await self._house.stop()
                        await asyncio.sleep(length.total_seconds())
                        await self._house.start()
            self._report.count("restarts")
            self._everywhere(timedelta(minutes=40))

    async def _outages(self, days: float) -> None:
        random = self._random("outages")
        long_at = random.uniform(0.3, 0.6) * days if days >= self._pace.long_outage_from else None
        begun = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(random.expovariate(1 / self._pace.between_outages.total_seconds()))
            length, which = minutes(random, 2, self._pace.absence), self._house.tenants
            if long_at is not None and asyncio.get_running_loop().time() - begun > long_at * 86400:
                length, long_at = self._pace.long_outage, None
            elif random.random() < 0.4:
                which = [random.choice(which)]
            self._report.happen(f"no internet for {', '.join(one.name for one in which)}: {length}")
            for tenant in which:
                tenant.service.trouble_until(tenant.service.clock.true() + length + timedelta(hours=1.2))
                await tenant.account.server.stop()
                if length >= timedelta(hours=12):
                    now = tenant.service.clock.true()
                    tenant.service.outages.append((now, now + length))
            await asyncio.sleep(length.total_seconds())
            for tenant in which:
                await tenant.account.server.start()
            self._report.count("outages")

    async def _skews(self) -> None:
        random = self._random("skews")
        clock = self._house.tenants[0].service.clock
        while True:
            await asyncio.sleep(random.expovariate(1 / self._pace.between_skews.total_seconds()))
            skew, length = minutes(random, 1, 70) * random.choice((-1, 1)), minutes(random, 8, self._pace.absence)
            self._report.happen(f"the clock is wrong by {skew} for {length}")
            self._everywhere(length + timedelta(minutes=40))
            clock.set(skew)
            await asyncio.sleep(length.total_seconds())
            clock.set(timedelta(0))
            self._report.happen("the clock is right again")
            self._report.count("skews")

    def _everywhere(self, length: timedelta) -> None:
        for tenant in self._house.tenants:
            tenant.service.trouble_until(tenant.service.clock.true() + length)
