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
LONGEST_DIP = 500
"""So many readings are looked through for one that takes a drop back."""
SAME = 1e-6
"""Amounts that differ by less are the same: sums of floating point numbers depend on where they begin."""


@dataclass(frozen=True, slots=True)
class HourlyAmount:
    """What was counted within an hour, and what the counter showed at its end."""

    start: datetime
    amount: float
    state: float


@dataclass(frozen=True, slots=True)
class StatisticRow:
    """A row of a statistic: `sum` is the sum of all amounts up to the end of the hour."""

    start: datetime
    state: float
    sum: float


def hour_of(time: datetime) -> datetime:
    """The start of the hour that a time is in."""
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def register_hours(samples: Iterable[Sample]) -> list[HourlyAmount]:
    """What a register counted in each complete hour between its first and its last reading.

    Between two readings the amount is spread evenly over the time. A register that is reset, or replaced, counts on
    from 0. A drop that no later reading confirms, or that is taken back, is none.
    """
    readings = _counted_on(_without_dips(_in_order(samples)))
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


def interval_hours(samples: Iterable[Sample], longest: timedelta) -> list[HourlyAmount]:
    """What intervals add up to in each hour of which no part is missing.

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
    complete = sorted(hour for hour, length in covered.items() if length >= HOUR)
    return [HourlyAmount(hour, amounts[hour], amounts[hour]) for hour in complete]


def rewritten(stored: Sequence[StatisticRow], found: Iterable[HourlyAmount]) -> list[StatisticRow]:
    """The rows to write so that the statistic has the amounts that were found; only those that are not there so.

    `stored` are the rows that there are from the hour before the first one found on, or from the beginning. An hour
    that was not found again keeps its amount. All later sums follow from the first that changes.
    """
    amounts = {one.start: one for one in found}
    if not amounts:
        return []
    first = min(amounts)
    before = [row for row in stored if row.start < first]
    total = before[-1].sum if before else 0.0
    kept = _amounts_of(stored)
    there = {row.start: row for row in stored}
    rows = []
    for start in sorted(amounts.keys() | {row.start for row in stored if row.start >= first}):
        one = amounts.get(start)
        if one is None or (start in kept and abs(one.amount - kept[start]) < SAME):
            amount, state = kept[start], there[start].state
        else:
            amount, state = one.amount, one.state
        total += amount
        row = there.get(start)
        if row is None or abs(row.sum - total) >= SAME:
            rows.append(StatisticRow(start, state, total))
    return rows


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


def _without_dips(samples: Sequence[Sample]) -> list[Sample]:
    """The readings but for those of a drop that is not confirmed by the next one, or is taken back in one step."""
    kept: list[Sample] = []
    place = 0
    while place < len(samples):
        sample = samples[place]
        if kept and _number(sample) < _number(kept[-1]):
            end = _end_of_dip(samples, place, _number(kept[-1]))
            if end is None and place + 1 == len(samples):
                break
            if end is not None:
                place = end
                continue
        kept.append(sample)
        place += 1
    return kept


def _end_of_dip(samples: Sequence[Sample], place: int, high: float) -> int | None:
    """Where a register is back from a drop that began at a place; None where it was reset."""
    lowest = high
    for index in range(place + 1, min(place + LONGEST_DIP, len(samples))):
        before, value = _number(samples[index - 1]), _number(samples[index])
        lowest = min(lowest, before)
        if value >= high:
            return index if value - before >= JUMP_BACK * (high - lowest) else None
    return None


def _counted_on(samples: Sequence[Sample]) -> list[_Reading]:
    readings: list[_Reading] = []
    for sample in samples:
        value = _number(sample)
        if not readings:
            readings.append(_Reading(sample.time, value, 0.0))
            continue
        last = readings[-1]
        readings.append(
            _Reading(sample.time, value, last.total + (value - last.value if value >= last.value else value))
        )
    return readings


def _at(time: datetime, times: Sequence[datetime], readings: Sequence[_Reading]) -> _Reading:
    """What a register had counted at a time between its readings."""
    index = bisect_right(times, time) - 1
    before = readings[index]
    if before.time == time:
        return before
    after = readings[index + 1]
    share = (time - before.time) / (after.time - before.time)
    counted = (after.total - before.total) * share
    value = before.value + counted if after.value >= before.value else before.value
    return _Reading(time, value, before.total + counted)


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
