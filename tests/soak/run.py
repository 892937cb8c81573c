"""The soak itself: the days, and what is said of them."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import gc
import logging
import re
import time
from typing import Any, override
from unittest.mock import patch

from homeassistant.core import HomeAssistant

from custom_components.energy_clouds.const import DOMAIN
from tests.conservation.truth import whole_hour
from tests.simulators import fault_kinds
from tests.simulators.world import World

from . import footprint, statistics
from .clock import Clock, moved
from .disk import Stored
from .enapter import Enapter
from .enectiva import Enectiva
from .eniris import Eniris
from .enpact import Enpact
from .envitron import Envitron
from .house import House, all_entities_enabled, home_assistant
from .loop import JumpingLoop
from .report import Report
from .troubles import Pace, Troubles
from .watch import Watch

START = datetime(2026, 10, 5, 9, 40, 30, tzinfo=UTC)
"""A day of 25 hours, and the end of a month, are in the four weeks that follow."""
SERVICES = (Enpact, Envitron, Enectiva, Eniris, Enapter)
WARM = 5
HAPPENINGS = ("rows spoilt", "restarts", "outages", "skews")
_KEPT = re.compile(
    r"thread (DbWorker|ImportExecutor|SyncWorker|asyncio_|.*_run_safe_shutdown_loop)|timer .*AsyncEngine"
)
"""What Home Assistant makes when it is first needed, and keeps: threads, and its resolver's timer."""
MOST_GROWTH = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, and how bad."""

    days: float
    seed: int
    pace: Pace
    recovery: timedelta
    """How long nothing goes wrong then; if not at all, the statistics are not compared."""
    history_days: int


class Complaints(logging.Handler):
    """Takes every exception that was logged for what it is."""

    def __init__(self, report: Report) -> None:
        super().__init__(logging.WARNING)
        self._report = report

    @override
    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.name == "aiohttp.server":
            # A simulator whose client has gone.
            return
        if record.exc_info is not None or "Detected that custom integration" in text or "never retrieved" in text:
            error = "" if record.exc_info is None else f": {record.exc_info[1]!r}"
            self._report.complain(f"logged by {record.name}: {text[:300]}{error}")


class Soak:
    """One run."""

    def __init__(self, plan: Plan, clock: Clock, report: Report) -> None:
        self._plan = plan
        self._clock = clock
        self._report = report
        world = World(epoch=(START - timedelta(days=40)).replace(hour=0, minute=0, second=0))
        self._services = [service(world, clock, report) for service in SERVICES]
        self._memory: list[tuple[float, float, int]] = []
        self._objects: list[Counter[str]] = []
        self._ours: list[Counter[str]] = []

    async def run(self, hass: HomeAssistant, stored: Stored) -> None:
        """Live for some days, recover, compare, move out."""
        await hass.async_block_till_done()
        await asyncio.sleep(600)
        # Looking through what was there before is no part of what is measured, and takes half of the time.
        gc.collect()
        gc.freeze()
        before = footprint.going_on()
        house = House(hass, stored, self._services, history_days=self._plan.history_days)
        for service in self._services:
            if isinstance(service, Eniris):
                service.charge(service.journal)
        await house.move_in()
        watch, troubles = (
            Watch(hass, house, self._report),
            Troubles(house, self._plan.seed, self._plan.pace, self._report),
        )
        since = whole_hour(self._clock.true() - timedelta(minutes=10)) - timedelta(days=self._plan.history_days)
        await self._days(house, watch, troubles)
        await troubles.stop()
        self._report.say("all faults are over")
        await self._wait(self._plan.recovery, house, watch)
        if self._plan.recovery:
            hours = await statistics.compare(hass, house, since, self._report)
            self._report.count("hours of statistics", hours)
        watch.close()
        self._tell_memory()
        await self._leave(hass, house, before)

    async def _days(self, house: House, watch: Watch, troubles: Troubles) -> None:
        troubles.start(self._plan.days)
        whole, rest = divmod(self._plan.days, 1)
        for day in range(int(whole) + (rest > 0)):
            await self._wait(timedelta(days=1 if day < whole else rest), house, watch)
            for service in self._services:
                service.tidy()
            self._measure()
            self._tell_day(day + 1)

    async def _wait(self, length: timedelta, house: House, watch: Watch) -> None:
        end = self._clock.true() + length
        while (now := self._clock.true()) < end:
            await asyncio.sleep(min(60.0, (end - now).total_seconds()))
            watch.look()
            for service in self._services:
                service.look()

    def _measure(self) -> None:
        gc.collect()
        ours = footprint.objects()
        self._memory.append((footprint.resident(), float(sum(ours.values())), len(gc.get_objects())))
        self._ours.append(ours)
        if len(self._memory) in (WARM, self._plan.days):
            self._objects.append(footprint.all_objects())

    def _tell_day(self, day: int) -> None:
        counts, (resident, ours, _) = self._report.counts, self._memory[-1]
        requests = " ".join(f"{type(one).__name__.lower()} {one.journal.number}" for one in self._services)
        happened = (f"{what} {counts[what]}" for what in ("states", "faults", "faulty answers", *HAPPENINGS))
        self._report.say(
            f"day {day:2} {self._clock.true():%Y-%m-%d}  {time.process_time():6.1f} s of work  {'  '.join(happened)}  "
            f"requests: {requests}  RSS {resident:.1f} MB  our objects {ours:.0f}  wrong {self._report.number}"
        )

    def _tell_memory(self) -> None:
        if len(self._memory) <= WARM:
            return
        warm, end = self._memory[WARM - 1], self._memory[-1]
        for what, first, last in zip(("RSS", "our objects", "all objects"), warm, end, strict=True):
            growth = last / first - 1
            self._report.say(f"{what}: {first:.1f} on day {WARM}, {last:.1f} at the end: {growth:+.1%}")
            if growth > MOST_GROWTH and what != "all objects":
                self._report.complain(f"{what} grew by {growth:.1%}")
        grown = self._ours[-1] - self._ours[WARM - 1]
        self._report.say("our types that grew most: " + ", ".join(f"{k} +{n}" for k, n in grown.most_common(6)))
        if len(self._objects) > 1:
            grown = self._objects[-1] - self._objects[0]
            self._report.say("all types that grew most: " + ", ".join(f"{k} +{n}" for k, n in grown.most_common(10)))

    async def _leave(self, hass: HomeAssistant, house: House, before: Counter[str]) -> None:
        await house.move_out()
        await hass.async_block_till_done()
        await asyncio.sleep(900)
        for tenant in house.tenants:
            await tenant.account.server.stop()
        await asyncio.sleep(60)
        for left, number in (footprint.going_on() - before).items():
            if not _KEPT.match(left):
                self._report.complain(f"left behind {number} times: {left[:300]}")
        kept = {key: number for key, number in footprint.objects().items() if "Coordinator" in key or "Keeper" in key}
        if kept:
            self._report.complain(f"objects left behind: {kept}")
        if files := [key for key in house._stored if key.startswith(f"{DOMAIN}.") and "01JCW" in key]:
            self._report.complain(f"files left behind: {files}")


@contextmanager
def quick() -> Iterator[None]:
    """No faults by the kernel's timer: it does not jump. All entities are there."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(fault_kinds, "pause", asyncio.sleep))
        stack.enter_context(all_entities_enabled())
        yield


def soak(plan: Plan) -> int:
    """Run, and return the exit status."""
    clock = Clock(START)
    report = Report(clock.true)
    handler: Any = Complaints(report)
    logging.getLogger().addHandler(handler)
    logging.disable(logging.INFO)
    report.say(f"seed {plan.seed}, {plan.days:g} days")
    with moved(clock), quick():
        loop = JumpingLoop(clock)
        with loop.watching(), asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(_run(plan, clock, report))
    _tell(plan, report)
    return 1 if report.number else 0


async def _run(plan: Plan, clock: Clock, report: Report) -> None:
    async with home_assistant() as (hass, stored):
        await Soak(plan, clock, report).run(hass, stored)


def _tell(plan: Plan, report: Report) -> None:
    for what, number in sorted(report.counts.items()):
        report.say(f"{what:24} {number}")
    if report.number:
        report.say(f"{report.number} things are wrong (scripts/soak --days {plan.days:g} --seed {plan.seed}):")
        for complaint in report.complaints:
            report.say(f"  {complaint}")
    else:
        report.say("nothing is wrong")
