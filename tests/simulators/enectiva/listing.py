"""Lists of rows: readings, data points and monthly deltas, of which only the asked part is computed."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import override
from zoneinfo import ZoneInfo

from .asking import Ask
from .log import DECIMALS, Seen


@dataclass(frozen=True, slots=True)
class Row:
    """A record; its time has no offset if it is a month. `number` is its id, `energy` that of an entity's delta."""

    number: str
    time: datetime
    value: float
    energy: str | None = None


class Listing[Key](ABC):
    """Rows in order of time, each known by a key before it is computed."""

    @abstractmethod
    def keys(self, start: datetime | None, end: datetime | None, *, descending: bool = False) -> Iterator[Key]:
        """Yield the keys of the rows in [start, end)."""

    @abstractmethod
    def row(self, key: Key) -> Row:
        """Compute a row."""

    def page(self, ask: Ask) -> tuple[list[Row], bool]:
        """Return a page of rows, and whether there are more."""
        first, last = (ask.page - 1) * ask.limit, ask.page * ask.limit
        (field, descending), *_ = ask.order
        if field == "time":
            keys = islice(self.keys(ask.start, ask.end, descending=descending), first, last + 1)
            rows = [self.row(key) for key in keys]
        else:
            rows = [self.row(key) for key in self.keys(ask.start, ask.end)]
            for name, falling in reversed(ask.order):
                rows.sort(key=attrgetter(name), reverse=falling)
            rows = rows[first : last + 1]
        return rows[: ask.limit], len(rows) > ask.limit


class SeenRows(Listing[datetime]):
    """Readings or data points."""

    def __init__(self, seen: Seen, owner: str) -> None:
        """List what is seen of the meter or data series with the id `owner`."""
        self._seen = seen
        self._owner = owner

    @override
    def keys(self, start: datetime | None, end: datetime | None, *, descending: bool = False) -> Iterator[datetime]:
        return self._seen.times(start, end, descending=descending)

    @override
    def row(self, key: datetime) -> Row:
        return Row(f"{self._owner}{self._seen.log.number(key):08}", key, self._seen.value(key))


class Nothing(Listing[datetime]):
    """The readings of a meter that has profiles: nothing lists those."""

    @override
    def keys(self, start: datetime | None, end: datetime | None, *, descending: bool = False) -> Iterator[datetime]:
        return iter(())

    @override
    def row(self, key: datetime) -> Row:
        raise LookupError(key)


@dataclass(frozen=True, slots=True)
class Months:
    """The monthly consumption of one meter, interpolated at the edges of the months of its time zone."""

    seen: Seen
    time_zone: str

    def newest(self) -> datetime | None:
        """Return the month, as the naive time of its first second, of the newest row."""
        newest = self.seen.newest()
        return None if newest is None else month_of(newest, self.time_zone)

    def oldest(self) -> datetime | None:
        """Return the month of the oldest row."""
        oldest = next(self.seen.times(), None)
        return None if oldest is None else month_of(oldest, self.time_zone)

    def has(self, month: datetime) -> bool:
        """Say whether there are rows in a month."""
        return next(self.seen.times(*self._edges(month)), None) is not None

    def delta(self, month: datetime) -> float | None:
        """Return what was consumed in a month, of the running one up to the last row; None without rows in it."""
        if not self.has(month):
            return None
        start, end = self._edges(month)
        before, after = self.seen.at(start), self.seen.at(end)
        return None if before is None or after is None else round(after - before, DECIMALS)

    def _edges(self, month: datetime) -> tuple[datetime, datetime]:
        zone = ZoneInfo(self.time_zone)
        return month.replace(tzinfo=zone), shifted(month, 1).replace(tzinfo=zone)


class Deltas(Listing[tuple[datetime, str | None]]):
    """Monthly deltas per energy (None: a single, unnamed one), each the sum of meters times their factors."""

    def __init__(self, parts: Mapping[str | None, Sequence[tuple[Months, float]]], owner: str) -> None:
        """List the deltas of the meter, virtual meter or entity with the id `owner`."""
        self._parts = parts
        self._owner = owner

    @override
    def keys(
        self, start: datetime | None, end: datetime | None, *, descending: bool = False
    ) -> Iterator[tuple[datetime, str | None]]:
        meters = [meter for parts in self._parts.values() for meter, _ in parts]
        first = min((month for meter in meters if (month := meter.oldest()) is not None), default=None)
        last = max((month for meter in meters if (month := meter.newest()) is not None), default=None)
        if first is None or last is None:
            return
        count = (last.year - first.year) * 12 + last.month - first.month + 1
        for offset in reversed(range(count)) if descending else range(count):
            month = shifted(first, offset)
            if (start is None or month >= start) and (end is None or month < end):
                for energy, parts in self._parts.items():
                    if any(meter.has(month) for meter, _ in parts):
                        yield month, energy

    @override
    def row(self, key: tuple[datetime, str | None]) -> Row:
        month, energy = key
        total = sum(factor * (meter.delta(month) or 0.0) for meter, factor in self._parts[energy])
        number = f"{self._owner}-{month:%Y-%m}" + (f"-{list(self._parts).index(energy)}" if energy else "")
        return Row(number, month, round(total, DECIMALS), energy)


def month_of(moment: datetime, time_zone: str) -> datetime:
    """Return the local month of a moment, as the naive time of its first second."""
    local = moment.astimezone(ZoneInfo(time_zone))
    return datetime(local.year, local.month, 1)


def shifted(month: datetime, by: int) -> datetime:
    """Return the month so many months later."""
    year, index = divmod(month.year * 12 + month.month - 1 + by, 12)
    return month.replace(year=year, month=index + 1)
