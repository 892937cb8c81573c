"""Takes points through their past: reads what the vendor remembers of them, and writes their statistics, hour by hour.

It begins where a point's history stands, and leaves it where it came to: what is done twice changes nothing.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, pairwise

from homeassistant.core import HomeAssistant

from .coordinator import EnergyCloudsCoordinator
from .history_memory import PointHistory, readings_since, samples_of
from .hours import HOUR, HourlyAmount, interval_hours, register_hours, rewritten
from .statistic_names import statistic_names
from .statistics import Stored, Wanted, stored_rows, write_rows
from .vendors.errors import CannotConnect, NotPermitted, RateLimited, UnexpectedAnswer, VendorError
from .vendors.model import Nature, Point, PointId, Sample

MOST_FAILURES = 3
"""So many devices are asked for alone of a service that gives nothing."""

type Failing = dict[str, VendorError]
"""What went wrong, by device."""


_numbers = count()


@dataclass(slots=True, kw_only=True)
class Track:
    """A point on its way through its past.

    Hours that ended by `settled` are written although a part of them is missing: it will not come any more. The last
    sample until `anchored_by` is noted as the history's next anchor. `hours` counts those of which an amount was
    written. It is `doubtful` whether that was all right if a register has dropped.
    """

    point: Point
    history: PointHistory
    settled: datetime
    anchored_by: datetime
    hours: int = 0
    doubtful: bool = False
    number: int = field(default_factory=_numbers.__next__)


@dataclass(slots=True)
class _Past:
    """What was read of a point."""

    samples: list[Sample] = field(default_factory=list)
    interval: timedelta | None = None


@dataclass(slots=True)
class _Read:
    """What was read of all points; what is `limited` broke off there, with the oldest of what it is about."""

    points: dict[PointId, _Past] = field(default_factory=dict)
    limited: RateLimited | None = None

    def of(self, point: Point) -> _Past:
        """What was read of a point."""
        return self.points.get(point.id) or _Past()


class Importer:
    """Writes the statistics of one account."""

    def __init__(self, hass: HomeAssistant, coordinator: EnergyCloudsCoordinator) -> None:
        self._hass = hass
        self._coordinator = coordinator
        self.lock = asyncio.Lock()
        """Held while rows are read, computed from and written: nobody else may write them in between."""
        self.rows = 0
        """How many rows were written since the start."""
        self.stopped = False
        """Whether the account is unloaded: somebody else may write then."""
        self._outdated: dict[PointId, int] = {}
        """Up to which number a point's tracks are of the time before its statistic was deleted."""

    def outdate(self, points: Collection[Point]) -> None:
        """Let nothing come of the tracks that there are of those points."""
        number = next(_numbers)
        self._outdated |= dict.fromkeys((point.id for point in points), number)

    def is_outdated(self, track: Track) -> bool:
        """Whether nothing is to come of a track any more."""
        return track.number < self._outdated.get(track.point.id, 0)

    async def advance(self, tracks: Collection[Track], end: datetime, failing: Failing) -> bool:
        """Take those that are furthest behind a part further. Returns whether there was anything left to do.

        A device that fails while others do not is left out, and noted in `failing`. Raises what concerns all; what was
        read before the budget broke it off is kept.
        """
        behind = [one for one in tracks if one.history.until < end and one.point.id.device_id not in failing]
        if not behind:
            return False
        start = min(one.history.until for one in behind)
        # Together only with those that are as far behind: what others have is not read again.
        due = [one for one in behind if one.history.until == start]
        until = min(start + self._coordinator.vendor.history_part, end)
        try:
            await self._import(due, start, until)
        except (CannotConnect, NotPermitted, UnexpectedAnswer) as err:
            if isinstance(err, CannotConnect) and not err.answered:
                raise
            await self._import_apart(due, start, until, failing)
            if all(one.point.id.device_id in failing for one in tracks):
                raise
        return True

    async def _import_apart(
        self, tracks: Collection[Track], start: datetime, until: datetime, failing: Failing
    ) -> None:
        """Device by device: one that fails always is not to keep the others from their history.

        Raises `CannotConnect` where it is the service that is in trouble: nobody answers, or none of the first devices
        can be had.
        """
        devices: dict[str, list[Track]] = {}
        for one in tracks:
            devices.setdefault(one.point.id.device_id, []).append(one)
        failed, succeeded = 0, False
        for device, some in devices.items():
            try:
                await self._import(some, start, until)
            except (CannotConnect, NotPermitted, UnexpectedAnswer) as err:
                failing[device] = err
                failed += 1
                in_trouble = not succeeded and failed >= MOST_FAILURES
                if isinstance(err, CannotConnect) and (in_trouble or not err.answered):
                    raise
            else:
                succeeded = True

    async def _import(self, all_tracks: Sequence[Track], start: datetime, until: datetime) -> None:
        async with self.lock:
            tracks = [one for one in all_tracks if not self.is_outdated(one)]
            for one in all_tracks:
                if self.is_outdated(one):
                    one.history.until = until
            read = await self._read([one.point for one in tracks], start, until)
            broken_off = read.limited is not None
            found = []
            for one in tracks:
                past = read.of(one.point)
                samples = _joined(one.history, past.samples)
                settled = None if broken_off else one.settled
                hours = [
                    hour
                    for hour in _hours(one.point, samples, past.interval, settled)
                    if hour.start < until and hour.start >= (one.history.written or one.history.since or start)
                ]
                found.append((one, samples, hours))
                _anchor(one, past.samples)
                # Others have their turn: some thousand samples take milliseconds.
                await asyncio.sleep(0)
            await self._write([(one, hours) for one, _, hours in found if hours])
            if self.stopped:
                return
            for one, samples, hours in found:
                _move(one, samples, hours, None if broken_off else until)
        if read.limited is not None:
            raise read.limited

    async def join(self, tracks: Collection[Track], end: datetime) -> None:
        """Let the hour that is stored behind what was found begin where that ends."""
        registers = [one for one in tracks if one.point.nature is Nature.REGISTER and one.history.readings]
        async with self.lock:
            wanted = [
                Wanted(statistic=one.history.statistic, point=one.point, start=end, end=end + HOUR)
                for one in registers
                if not self.is_outdated(one)
            ]
            stored = await stored_rows(self._hass, wanted)
            found = []
            for one in registers:
                for row in stored.get(one.history.statistic, Stored()).rows:
                    if row.start == end and row.state is not None:
                        samples = [*samples_of(one.history.readings), Sample(time=row.end, value=row.state)]
                        hours = [hour for hour in register_hours(samples) if hour.start >= (one.history.written or end)]
                        found.append((one, hours))
            await self._write([(one, hours) for one, hours in found if hours])

    async def _read(self, points: Collection[Point], start: datetime, until: datetime) -> _Read:
        """All samples of points from the beginning of an hour to the end of another, both ends included."""
        read = _Read()
        if not points:
            return read
        try:
            async for batch in self._coordinator.vendor.history(points, start, until + timedelta(seconds=1)):
                for series in batch:
                    past = read.points.setdefault(series.point_id, _Past())
                    past.samples.extend(series.samples)
                    past.interval = series.interval
        except RateLimited as err:
            read.limited = err
        return read

    async def _write(self, found: Collection[tuple[Track, list[HourlyAmount]]]) -> None:
        if not found:
            return
        wanted = {
            one.history.statistic: Wanted(
                statistic=one.history.statistic, point=one.point, start=hours[0].start, end=hours[-1].end
            )
            for one, hours in found
        }
        stored = await stored_rows(self._hass, wanted.values())
        changed = []
        for one, hours in found:
            there = stored.get(one.history.statistic, Stored())
            rewriting = rewritten(there.rows, hours)
            if rewriting.rows:
                changed.append((one, there, rewriting))
            await asyncio.sleep(0)
        if not changed:
            return
        called = await statistic_names(self._hass, self._coordinator.config_entry)
        for one, there, rewriting in changed:
            if self.stopped:
                return
            write_rows(self._hass, wanted[one.history.statistic], there, called(one.point), rewriting)
            one.hours += rewriting.hours
            self.rows += len(rewriting.rows)
            await asyncio.sleep(0)


def _hours(
    point: Point, samples: Collection[Sample], interval: timedelta | None, settled: datetime | None
) -> list[HourlyAmount]:
    if point.nature is Nature.REGISTER:
        return register_hours(samples)
    return interval_hours(samples, interval or HOUR, settled)


def _move(track: Track, samples: Collection[Sample], hours: Sequence[HourlyAmount], until: datetime | None) -> None:
    """Note how far a point has come: until there, or only as far as its hours go."""
    history = track.history
    if hours:
        history.written = hours[-1].end
    history.until = until or max(history.until, history.written or history.until)
    history.readings = readings_since(samples, history.written)
    if track.point.nature is Nature.REGISTER:
        track.doubtful |= any(after.value < before.value for before, after in pairwise(history.readings))
    if track.point.nature is Nature.INTERVAL:
        # What belongs to hours that are over is of no use any more, be they written or not.
        history.readings = tuple(one for one in history.readings if one.time > history.until - HOUR)


def _joined(history: PointHistory, samples: Collection[Sample]) -> list[Sample]:
    """What is read, behind what is kept; what is written already goes on from the sample that it ends with."""
    kept = samples_of(history.readings)
    fixed = {one.time for one in kept if history.written is not None and one.time <= history.written}
    return [*kept, *(one for one in samples if one.time not in fixed)]


def _anchor(track: Track, samples: Collection[Sample]) -> None:
    """Note the last of the vendor's own samples before what the next look back begins with."""
    times = [one.time for one in samples if one.time <= track.anchored_by]
    anchor = track.history.anchor
    track.history.anchor = max(times if anchor is None else [*times, anchor], default=None)
