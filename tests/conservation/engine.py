"""The history's engine alone: the real keeper, with a vendor, a recorder and a disk that are a few lines each.

Nothing here takes real time, so that thousands of plans can be lived.
"""

import asyncio
from bisect import bisect_left
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from custom_components.energy_clouds import histories, history, importer
from custom_components.energy_clouds.const import OPTION_HISTORY_DAYS
from custom_components.energy_clouds.history import HistoryKeeper
from custom_components.energy_clouds.history_memory import HistoryMemory
from custom_components.energy_clouds.hours import HOUR, Rewriting, StatisticRow
from custom_components.energy_clouds.statistics import Stored, Wanted, statistic_id
from custom_components.energy_clouds.vendors.errors import CannotConnect, RateLimited, UnexpectedAnswer, VendorError
from custom_components.energy_clouds.vendors.model import Nature, Point, PointId, Quantity, Sample, Series

from .countdown import Countdown
from .plan import DAY, MINUTE, Absent, Answers, Bounds, End, Moment, Outage, Plan, RowFate, RowFault, Stop, Trouble
from .truth import Intervals, Register, Truth

BOUNDS = Bounds(past=timedelta(days=30), life=timedelta(days=6), latest=timedelta(days=1))
LOOK_BACK = timedelta(days=2)
FAR = 400.0
REGISTER = Point(
    id=PointId(device_id="one", key="register"), quantity=Quantity.ENERGY, nature=Nature.REGISTER, unit="Wh"
)
INTERVAL = Point(
    id=PointId(device_id="two", key="interval"), quantity=Quantity.ENERGY, nature=Nature.INTERVAL, unit="Wh"
)
_ERRORS: Mapping[Trouble, Callable[[timedelta], VendorError]] = {
    Trouble.WAIT_SECONDS: RateLimited,
    Trouble.WAIT_DATE: RateLimited,
    Trouble.WAIT_BODY: RateLimited,
    Trouble.WAIT_UNTOLD: RateLimited,
    Trouble.NONSENSE: lambda _wait: UnexpectedAnswer("nonsense"),
    Trouble.ERROR: lambda _wait: CannotConnect("500", answered=True),
    Trouble.MAINTENANCE: lambda _wait: CannotConnect("502", answered=True),
    Trouble.EMPTY: lambda _wait: CannotConnect("empty", answered=True),
}


@dataclass(slots=True)
class Meter:
    """What is measured, row by row, and what happens to the rows."""

    plan: Plan
    every: timedelta
    seed: int
    times: list[datetime] = field(init=False)
    values: dict[datetime, float] = field(init=False)
    """What the register shows."""
    amounts: dict[datetime, float] = field(init=False)

    def __post_init__(self) -> None:
        random, total, reset = Random(self.seed), 1000.0, self.plan.reset
        beginning = self.at(0)
        count = (BOUNDS.past + BOUNDS.life + 12 * DAY) // self.every
        start = beginning - BOUNDS.past - DAY
        self.times = [start + number * self.every for number in range(count)]
        self.values, self.amounts = {}, {}
        for time in self.times:
            amount = random.choice((0.0, 0.0, 1.0, 2.5, random.random()))
            if reset is not None and self.at(reset) <= time < self.at(reset) + self.every:
                total = 0.0
            total += amount
            self.values[time], self.amounts[time] = total, amount

    def at(self, minutes: int) -> datetime:
        """An instant of the plan."""
        return self.plan.season.beginning.replace(minute=0, second=0) + minutes * MINUTE

    def told(self, nature: Nature, start: datetime, end: datetime, now: datetime) -> list[Sample]:
        """What the service has of [start, end) now."""
        found = []
        for time in self.times[bisect_left(self.times, start) : bisect_left(self.times, end)]:
            if time > now:
                break
            value: float | None = (self.values if nature is Nature.REGISTER else self.amounts)[time]
            twice = False
            for fault in self._of(time):
                if fault.fate is RowFate.MISSING or (fault.fate is RowFate.LATE and now < self.at(fault.until)):
                    value = None
                    break
                twice |= fault.fate is RowFate.DOUBLED
                if now < self.at(fault.until) and value is not None:
                    value = self._wrong(fault, nature, value)
            if value is not None:
                found += [Sample(time=time, value=value)] * (1 + twice)
        return found

    def truth(self, nature: Nature) -> Truth:
        """What the service has in the end."""
        kept = [time for time in self.times if all(one.fate.passes for one in self._of(time))]
        if nature is Nature.REGISTER:
            reset = None if self.plan.reset is None else self.at(self.plan.reset)
            return Register(kept, self.values.__getitem__, reset)
        totals, total = [], 0.0
        for time in kept:
            total += self.amounts[time]
            totals.append(total)
        return Intervals(kept, totals)

    def _of(self, time: datetime) -> Iterable[RowFault]:
        return (fault for fault in self.plan.rows if self.at(fault.start) <= time < self.at(fault.end))

    def _wrong(self, fault: RowFault, nature: Nature, value: float) -> float:
        if nature is Nature.INTERVAL:
            return {RowFate.STANDING: 0.0, RowFate.HIGH: FAR, RowFate.LOW: value / 2}.get(fault.fate, value)
        place = min(bisect_left(self.times, self.at(fault.start)), len(self.times) - 1)
        stood = min(value, self.values[self.times[place]])
        wrong = {RowFate.STANDING: stood, RowFate.HIGH: value + FAR, RowFate.LOW: max(0.0, value - FAR)}
        return wrong.get(fault.fate, value)


class Cloud:
    """The vendor: it has a clock, the rows of a meter, and troubles."""

    history_reach = None
    history_interval = HOUR
    look_back = LOOK_BACK

    def __init__(self, meters: Mapping[PointId, Meter], part: timedelta) -> None:
        self.meters = meters
        self.history_part = part
        self.clock = next(iter(meters.values())).plan.season.beginning
        self.troubles: list[list[Any]] = []
        self.is_away = False

    def now(self) -> datetime:
        """The time."""
        return self.clock

    async def history(
        self, points: Collection[Point], start: datetime, end: datetime
    ) -> AsyncIterator[tuple[Series, ...]]:
        """Batches of half a day."""
        while start < end:
            until = min(end, start + DAY / 2)
            for point in points:
                await asyncio.sleep(0)
                self._stumble()
                meter = self.meters[point.id]
                samples = meter.told(point.nature, start, until, self.clock)
                if samples:
                    yield (Series(point_id=point.id, samples=tuple(samples), interval=meter.every),)
            start = until

    def _stumble(self) -> None:
        if self.is_away:
            raise CannotConnect("nobody answers")
        for trouble in self.troubles:
            if trouble[1]:
                trouble[1] -= 1
            else:
                trouble[2] -= 1
                if not trouble[2]:
                    self.troubles.remove(trouble)
                raise trouble[0]


class Engine:
    """The life of the engine on a disk."""

    def __init__(self, plan: Plan, cloud: Cloud, points: Sequence[Point]) -> None:
        self.plan = plan
        self.points = points
        self.cloud = cloud
        self.table: dict[str, dict[datetime, StatisticRow]] = {}
        self.memory = HistoryMemory()
        self.countdown = Countdown()
        self._died_with: HistoryMemory | None = None
        self._calls: list[tuple[datetime, Callable[[datetime], None]]] = []
        self._work: deque[Coroutine[Any, Any, None]] = deque()
        self.keeper: HistoryKeeper
        self.countdown.strikes = self._remember_disk

    async def live(self) -> None:
        """Let happen what the plan has."""
        await self._start()
        moments, end = deque(self.plan.moments), self._at(0) + BOUNDS.life
        number = 0
        while self.cloud.clock < end:
            step = self.plan.steps[number % len(self.plan.steps)] * HOUR if number else 3 * MINUTE
            number += 1
            await self._step(step, moments)

    async def recover(self) -> None:
        """Let all be well for long enough."""
        self.cloud.troubles.clear()
        last = max((self._at(fault.until) for fault in self.plan.rows), default=self.cloud.clock)
        quiet = max(last, self.cloud.clock) + LOOK_BACK + DAY
        while self.cloud.clock < quiet:
            await self._pass(HOUR)

    async def do_again(self, since: datetime) -> None:
        """Start anew, look back once more, and import everything once more."""
        await self._start()
        for _ in range(30):
            await self._pass(HOUR)
        await self.keeper.async_import(self.points, since, self.keeper.horizon.last_complete)

    def rows(self, point: Point) -> list[StatisticRow]:
        """All rows of a point's statistic."""
        rows = self.table.get(statistic_id(f"account_{point.id.device_id}_{point.id.key}"), {})
        return [rows[start] for start in sorted(rows)]

    def _at(self, minutes: int) -> datetime:
        return self.plan.season.beginning.replace(minute=0, second=0) + minutes * MINUTE

    async def _step(self, step: timedelta, moments: deque[Moment]) -> None:
        end: End | None = None
        memory = deepcopy(self.memory)
        table = {name: dict(rows) for name, rows in self.table.items()}
        while moments and self._at(60 * moments[0].hour) <= self.cloud.clock:
            match moments.popleft().what:
                case Answers() as answers:
                    error = _error(answers)
                    self.cloud.troubles.append([error, answers.skip, answers.times])
                case Stop() as stop:
                    self.countdown.left, self.countdown.struck, end = stop.at_wait, False, stop.end
                case Outage(who=Absent.SERVICE, hours=hours):
                    self.cloud.is_away = True
                    for _ in range(hours):
                        await self._pass(HOUR)
                    self.cloud.is_away = False
                case Outage(hours=hours):
                    self.cloud.clock += hours * HOUR
                    await self._start()
        await self._pass(step)
        if end is None:
            return
        self.countdown.left = None
        if self.countdown.struck:
            self.memory = self._died_with or self.memory
        if end is End.FORGETFUL:
            self.memory = HistoryMemory()
        if end is End.CUT_STORE_OLD:
            self.memory = memory
        if end is End.CUT_DATABASE_OLD:
            self.table = table
        await self._start()

    async def _pass(self, length: timedelta) -> None:
        """Let time pass, and what is due within it happen in its time."""
        until = self.cloud.clock + length
        while self._calls and (soonest := min(self._calls, key=lambda call: call[0]))[0] <= until:
            self._calls.remove(soonest)
            self.cloud.clock = max(self.cloud.clock, soonest[0])
            soonest[1](soonest[0])
            while self._work:
                await asyncio.gather(asyncio.create_task(self._watched(self._work.popleft())), return_exceptions=True)
        self.cloud.clock = until

    async def _watched(self, work: Coroutine[Any, Any, None]) -> None:
        await self.countdown.live(work)

    async def _start(self) -> None:
        self._calls.clear()
        hass: Any = SimpleNamespace(loop=asyncio.get_running_loop(), engine=self)
        coordinator = SimpleNamespace(
            config_entry=None,
            vendor=self.cloud,
            name="engine",
            shown_points=lambda: self.points,
            unique_device_id=lambda device: f"account_{device}",
        )
        entry: Any = SimpleNamespace(
            entry_id="engine",
            options={OPTION_HISTORY_DAYS: BOUNDS.past.days},
            runtime_data=coordinator,
            async_on_unload=lambda _callback: None,
            async_create_background_task=lambda _hass, work, _name: self._work.append(work),
        )
        self.keeper = HistoryKeeper(hass, entry)
        await self.keeper.async_start()

    def _remember_disk(self) -> None:
        self._died_with = deepcopy(self.memory)

    def call_later(self, seconds: float, action: Callable[[datetime], None]) -> Callable[[], None]:
        """Do something when its time has come."""
        call = self.cloud.clock + timedelta(seconds=seconds), action
        self._calls.append(call)
        return lambda: self._calls.remove(call) if call in self._calls else None

    def stored(self, wanted: Iterable[Wanted]) -> dict[str, Stored]:
        """The rows of each statistic from an hour on, and the last one before it."""
        found = {}
        for one in wanted:
            rows = self.table.get(one.statistic)
            if rows is not None:
                starts = sorted(rows)
                first = max(0, bisect_left(starts, one.start) - 1)
                within = starts[first : bisect_left(starts, one.end)]
                newest = starts[-1] if starts else None
                found[one.statistic] = Stored(unit="Wh", rows=tuple(rows[start] for start in within), newest=newest)
        return found


def _error(answers: Answers) -> VendorError:
    make = _ERRORS.get(answers.trouble)
    return CannotConnect("nobody answers") if make is None else make(answers.minutes * MINUTE)


class Disk:
    """The memory of how far history has come, in the place of a file."""

    def __init__(self, hass: Any, entry: Any) -> None:
        self._engine: Engine = hass.engine

    async def load(self) -> HistoryMemory:
        """The memory."""
        await asyncio.sleep(0)
        return deepcopy(self._engine.memory)

    async def save(self, memory: HistoryMemory) -> None:
        """Write it."""
        await asyncio.sleep(0)
        self._engine.memory = deepcopy(memory)


async def _written(hass: Any) -> None:
    await asyncio.sleep(0)


async def _stored_rows(hass: Any, wanted: Collection[Wanted]) -> dict[str, Stored]:
    await asyncio.sleep(0)
    engine: Engine = hass.engine
    return engine.stored(wanted)


async def _last_rows(hass: Any, points: Mapping[str, Point]) -> dict[str, Stored]:
    await asyncio.sleep(0)
    table: dict[str, dict[datetime, StatisticRow]] = hass.engine.table
    there = {name: table[name] for name in points if name in table}
    return {name: Stored(unit="Wh", rows=(rows[max(rows)],) if rows else ()) for name, rows in there.items()}


def _write_rows(hass: Any, wanted: Wanted, stored: Stored, name: str, rewriting: Rewriting) -> None:
    table: dict[datetime, StatisticRow] = hass.engine.table.setdefault(wanted.statistic, {})
    later = {start: replace(row, sum=row.sum + rewriting.shift) for start, row in table.items() if start >= wanted.end}
    table.update(later)
    table.update({row.start: row for row in rewriting.rows})


async def _names(hass: Any, entry: Any) -> Callable[[Point], str]:
    await asyncio.sleep(0)
    return lambda point: point.id.key


def in_memory() -> ExitStack:
    """Let the engine's surroundings be those of this module."""
    stack = ExitStack()
    later = lambda hass, seconds, action: hass.engine.call_later(seconds, action)  # noqa: E731
    stack.enter_context(patch.object(history, "async_call_later", later))
    stack.enter_context(patch.object(histories, "HistoryStore", Disk))
    stack.enter_context(patch.object(histories, "written", _written))
    stack.enter_context(patch.object(histories, "stored_rows", _stored_rows))
    stack.enter_context(patch.object(histories, "last_rows", _last_rows))
    stack.enter_context(patch.object(importer, "stored_rows", _stored_rows))
    stack.enter_context(patch.object(importer, "write_rows", _write_rows))
    stack.enter_context(patch.object(importer, "statistic_names", _names))
    return stack
