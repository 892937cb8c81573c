"""From samples to hourly amounts, and from those to rows of statistics: pure arithmetic, no Home Assistant.

An hour is named by its start, a whole hour in UTC: days of 23 and 25 hours and half-hour time zones are no exceptions.
Amounts and readings are in the point's own unit. What is complete is told; the rest waits for samples to come.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from .vendors.model import Sample

HOUR = timedelta(hours=1)
JUMP_BACK = 0.5
"""A register that regains at least this part of a drop in one step was never reset: the drop was a mistake."""
LONGEST_PEAK = 500
"""So many readings at most are taken for a mistake because the register was lower before and after them."""
FRESH = 0.5
"""A register that shows less than this part of what it showed before began at 0; else at nobody knows what."""
SAME = 1e-6
"""Amounts that differ by less are the same: sums of floating point numbers depend on where they begin."""


@dataclass(frozen=True, slots=True)
class HourlyAmount:
    """What was counted within an hour, and what the counter showed at its end.

    Of one that is not `complete`, a part is missing for good.
    """

    start: datetime
    amount: float
    state: float
    complete: bool = True

    @property
    def end(self) -> datetime:
        """The end of the hour."""
        return self.start + HOUR


@dataclass(frozen=True, slots=True)
class StatisticRow:
    """A row of a statistic: `sum` is the sum of all amounts up to the end of the hour.

    One that somebody else wrote may not tell the `state` of the counter.
    """

    start: datetime
    state: float | None
    sum: float

    @property
    def end(self) -> datetime:
        """The end of the hour."""
        return self.start + HOUR


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The rows to write, by how much the sums of all later ones move, and of how many hours the amount is new."""

    rows: tuple[StatisticRow, ...]
    hours: int
    shift: float = 0.0


def hour_of(time: datetime) -> datetime:
    """The start of the hour that a time is in."""
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def register_hours(samples: Iterable[Sample]) -> list[HourlyAmount]:
    """What a register counted in each complete hour between its first and its last reading.

    Between two readings the amount is spread evenly over the time. A register that is reset counts on from 0; of one
    that is replaced by another that has counted before, nothing is known between the two. A drop that no later reading
    confirms, or that is taken back, is none; nor is the end of a peak that rose in one step.
    """
    readings = _counted_on(_without_mistakes(_in_order(samples)))
    if len(readings) < 2:
        return []
    times = [reading.time for reading in readings]
    start = hour_of(times[0])
    edges = [start if start == times[0] else start + HOUR]
    while edges[-1] + HOUR <= times[-1]:
        edges.append(edges[-1] + HOUR)
    if edges[0] > times[-1]:
        return []
    found = [_at(edge, times, readings) for edge in edges]
    return [
        HourlyAmount(edge, after.total - before.total, after.value)
        for edge, (before, after) in zip(edges, pairwise(found), strict=False)
    ]


def interval_hours(
    samples: Iterable[Sample], longest: timedelta, settled: datetime | None = None
) -> list[HourlyAmount]:
    """What intervals add up to in each hour of which no part is missing, or that ended so long ago that it is settled.

    A sample is the amount since the one before it, and of no longer than `longest`: what is longer ago is missing.
    """
    amounts: dict[datetime, float] = {}
    covered: dict[datetime, timedelta] = {}
    ordered = _in_order(samples)
    for before, sample in zip([None, *ordered], ordered, strict=False):
        start = sample.time - longest
        if before is not None and before.time > start:
            start = before.time
        for hour, length in _pieces(start, sample.time):
            share = length / (sample.time - start)
            amounts[hour] = amounts.get(hour, 0.0) + _number(sample) * share
            covered[hour] = covered.get(hour, timedelta(0)) + length
    return [
        HourlyAmount(hour, amounts[hour], amounts[hour], covered[hour] >= HOUR)
        for hour in sorted(covered)
        if covered[hour] >= HOUR or (settled is not None and hour + HOUR <= settled)
    ]


def rewritten(stored: Sequence[StatisticRow], found: Iterable[HourlyAmount]) -> Rewriting:
    """The rows to write so that the statistic has the amounts that were found; only those that are not there so.

    `stored` are the rows that there are from the hour before the first one found on, or from the beginning. An hour
    that was not found again keeps its amount. All later sums follow from the first that changes.
    """
    amounts = {one.start: one for one in found}
    if not amounts:
        return Rewriting((), 0)
    first = min(amounts)
    before = [row for row in stored if row.start < first]
    total = before[-1].sum if before else 0.0
    kept = _amounts_of(stored)
    there = {row.start: row for row in stored}
    rows, hours = [], 0
    for start in sorted(amounts.keys() | {row.start for row in stored if row.start >= first}):
        one, row = amounts.get(start), there.get(start)
        if row is not None and (one is None or not _replaces(one, kept[start])):
            amount = kept[start]
            # Other readings of the same amount: the counter itself was corrected.
            state = one.state if one is not None and one.complete else row.state
        elif one is not None:
            amount, state = one.amount, one.state
            hours += 1
        total += amount
        if row is None or abs(row.sum - total) >= SAME or not _is_same(row.state, state):
            rows.append(StatisticRow(start, state, total))
    # All rows after the last one that is stored here go on from its sum.
    is_moved = bool(rows) and (not stored or rows[-1].start >= stored[-1].start)
    shift = total - (stored[-1].sum if stored else 0.0) if is_moved else 0.0
    return Rewriting(tuple(rows), hours, shift if abs(shift) >= SAME else 0.0)


def _is_same(stored: float | None, state: float | None) -> bool:
    return stored == state if stored is None or state is None else abs(stored - state) < SAME


def _replaces(one: HourlyAmount, stored: float) -> bool:
    """Whether an amount is another than the stored one; a part of an hour is, only if it is more."""
    return abs(one.amount - stored) >= SAME if one.complete else one.amount - stored >= SAME


@dataclass(frozen=True, slots=True)
class _Reading:
    time: datetime
    value: float
    total: float
    """What was counted since the first reading."""


def _in_order(samples: Iterable[Sample]) -> list[Sample]:
    """By time; of several at the same time the last that came."""
    newest = {sample.time: sample for sample in samples if isinstance(sample.value, float | int)}
    return [newest[time] for time in sorted(newest)]


def _number(sample: Sample) -> float:
    return float(sample.value) if isinstance(sample.value, float | int) else 0.0


def _without_mistakes(samples: Sequence[Sample]) -> list[Sample]:
    """The readings but for those of a drop that is not confirmed by the next one, or is taken back in one step; and but
    for those of a peak.
    """
    values = [_number(sample) for sample in samples]
    regained = _regained(values)
    kept: list[int] = []
    place = 0
    while place < len(values):
        if kept and values[place] < (high := values[kept[-1]]):
            back = regained[kept[-1]]
            if back is not None and values[back] - values[back - 1] >= JUMP_BACK * (high - values[place]):
                place = back
                continue
            if place + 1 == len(values) or values[place + 1] < values[place]:
                place += 1
                continue
            del kept[len(kept) - _peak_before(values, kept, values[place]) :]
        kept.append(place)
        place += 1
    return [samples[place] for place in kept]


def _peak_before(values: Sequence[float], kept: Sequence[int], value: float) -> int:
    """How many of the readings before a drop to a value are a peak, which the register rose to in one step."""
    for length in range(1, min(len(kept), LONGEST_PEAK + 1)):
        before = values[kept[-length - 1]]
        if before <= value:
            rise = values[kept[-length]] - before
            return length if rise >= JUMP_BACK * (values[kept[-1]] - before) else 0
    return 0


def _regained(values: Sequence[float]) -> list[int | None]:
    """For each value the place of the next one that is not less, if there is one."""
    found: list[int | None] = [None] * len(values)
    waiting: list[int] = []
    for place, value in enumerate(values):
        while waiting and values[waiting[-1]] <= value:
            found[waiting.pop()] = place
        waiting.append(place)
    return found


def _counted_on(samples: Sequence[Sample]) -> list[_Reading]:
    readings: list[_Reading] = []
    total, last = 0.0, None
    for sample in samples:
        value = _number(sample)
        if last is not None:
            total += _counted(last, value)
        readings.append(_Reading(sample.time, value, total))
        last = value
    return readings


def _counted(before: float, value: float) -> float:
    """What a register has counted from one reading to the next. What a drop below 0 means, nobody knows."""
    if value >= before:
        return value - before
    return max(value, 0.0) if value < FRESH * before else 0.0


def _at(time: datetime, times: Sequence[datetime], readings: Sequence[_Reading]) -> _Reading:
    """What a register had counted at a time between its readings."""
    index = bisect_right(times, time) - 1
    before = readings[index]
    if before.time == time:
        return before
    after = readings[index + 1]
    share = (time - before.time) / (after.time - before.time)
    counted = (after.total - before.total) * share
    # One that was reset shows what it has counted since: whoever goes on from there counts nothing twice.
    was_reset = after.value < before.value and counted > 0
    return _Reading(time, counted if was_reset else before.value + counted, before.total + counted)


def _pieces(start: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """The hours that a stretch of time touches, and how much of it is in each."""
    while start < end:
        hour = hour_of(start)
        until = min(hour + HOUR, end)
        yield hour, until - start
        start = until


def _amounts_of(stored: Sequence[StatisticRow]) -> Mapping[datetime, float]:
    """The amount of each stored hour; the first row's own is its sum, should nothing be stored before it."""
    amounts = {row.start: row.sum - before.sum for before, row in pairwise(stored)}
    if stored:
        amounts.setdefault(stored[0].start, stored[0].sum)
    return amounts
