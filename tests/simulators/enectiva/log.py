"""The rows that the service has of a meter or data series: scheduled, processed late, corrected and deleted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Protocol
from zoneinfo import ZoneInfo

from ..misreadings import Misreading, told

DECIMALS = 3
_INSTANT = timedelta(microseconds=1)


class Schedule(Protocol):
    """When a source is read, as numbered times."""

    def first(self, moment: datetime) -> int:
        """Return the number of the first time at or after `moment`."""

    def time(self, number: int) -> datetime:
        """Return the time of this number, in UTC."""


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many seconds, at multiples of them."""

    seconds: int

    def first(self, moment: datetime) -> int:
        """Return the number of the first time at or after `moment`."""
        return ceil(moment.timestamp() / self.seconds)

    def time(self, number: int) -> datetime:
        """Return the time of this number, in UTC."""
        return datetime.fromtimestamp(number * self.seconds, UTC)


@dataclass(frozen=True, slots=True)
class Monthly:
    """By hand, at this local hour of the first day of every month."""

    time_zone: str
    hour: int = 9

    def first(self, moment: datetime) -> int:
        """Return the number of the first time at or after `moment`."""
        local = moment.astimezone(ZoneInfo(self.time_zone))
        number = local.year * 12 + local.month - 1
        return number if self.time(number) >= moment else number + 1

    def time(self, number: int) -> datetime:
        """Return the time of this number, in UTC."""
        year, month = divmod(number, 12)
        return datetime(year, month + 1, 1, self.hour, tzinfo=ZoneInfo(self.time_zone)).astimezone(UTC)


@dataclass(slots=True)
class Log:
    """All that is ever read of a source from `since` to `until`, and what happened to single rows."""

    source: Callable[[datetime], float]
    schedule: Schedule
    since: datetime
    until: datetime | None = None
    processed: dict[datetime, datetime] = field(default_factory=dict)
    """When the rows of these times are processed, where that is later than usual."""
    corrected: dict[datetime, float] = field(default_factory=dict)
    deleted: set[datetime] = field(default_factory=set)
    doubled: set[datetime] = field(default_factory=set)
    """The times of which there are two rows."""
    misread: list[Misreading] = field(default_factory=list)

    def row_time(self, time: datetime) -> datetime:
        """Return the time of a row in UTC; raise `ValueError` if there is no row of this time."""
        number = self.schedule.first(time)
        if self.schedule.time(number) != time or time < self.since or (self.until is not None and time > self.until):
            raise ValueError(f"nothing is read at {time}")
        return time.astimezone(UTC)

    def number(self, time: datetime) -> int:
        """Return the number of a row, which its id is made of."""
        return self.schedule.first(time)

    def seen(self, now: datetime, delay: timedelta) -> Seen:
        """Return what is valid and fully processed at `now`, if that usually takes as long as `delay`."""
        return Seen(self, now, now - delay)

    def arrived(self, now: datetime) -> Seen:
        """Return what was imported until `now`, processed or not."""
        return replace(self, processed={}).seen(now, timedelta(0))


@dataclass(frozen=True, slots=True)
class Seen:
    """What the service lists of a log at one moment."""

    log: Log
    now: datetime
    horizon: datetime

    def times(
        self, start: datetime | None = None, end: datetime | None = None, *, descending: bool = False
    ) -> Iterator[datetime]:
        """Yield the times of the rows in [start, end)."""
        log = self.log
        last = self.horizon if log.until is None else min(self.horizon, log.until)
        after = last + _INSTANT if end is None else min(end, last + _INSTANT)
        first = log.since if start is None else max(start, log.since)
        numbers = range(log.schedule.first(first), log.schedule.first(after))
        for number in reversed(numbers) if descending else numbers:
            time = log.schedule.time(number)
            if time not in log.deleted and log.processed.get(time, self.now) <= self.now:
                yield from (time, time) if time in log.doubled else (time,)

    def value(self, time: datetime) -> float:
        """Return the value of the row of this time."""
        corrected = self.log.corrected.get(time)
        if corrected is not None:
            return corrected
        return round(told(self.log.misread, time, self.log.source(time), self.now), DECIMALS)

    def newest(self) -> datetime | None:
        """Return the time of the newest row."""
        return next(self.times(descending=True), None)

    def at(self, moment: datetime) -> float | None:
        """Return the value at any moment: linear between rows, that of the nearest row before the first or last."""
        before = next(self.times(end=moment + _INSTANT, descending=True), None)
        after = next(self.times(start=moment), None)
        if before is None or after is None:
            only = before or after
            return None if only is None else self.value(only)
        if before == after:
            return self.value(before)
        share = (moment - before) / (after - before)
        return self.value(before) + share * (self.value(after) - self.value(before))
