"""What a register has counted at each hour's end, from what its service has in the end; nothing here knows `hours.py`.

A row at the hour itself is the truth. Where there is none, the energy between the rows around it is spread evenly.
A register that drops counts on from 0: what was counted between the last row before and the reset is lost. One that
shows at least half of what it showed is another meter, of which nothing is known between the two rows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from custom_components.energy_clouds.hours import HOUR, StatisticRow

_INSTANT = timedelta(microseconds=1)
ROUNDING = 1e-4
"""In watt-hours: sums of thousands of rows have their last digits from the order in which they were added."""


@dataclass(frozen=True, slots=True)
class Register:
    """A register as its service has it: the times of its rows, and what it shows then."""

    times: Sequence[datetime]
    shows: Callable[[datetime], float]
    reset: datetime | None = None

    def hours(self, since: datetime, until: datetime) -> list[datetime]:
        """The starts of the complete hours in [since, until) that are between two rows."""
        times = self._believed(since, until)
        if not times:
            return []
        first = whole_hour(times[0])
        first += HOUR * (first < times[0])
        return [start for start in grid(first, times[-1], HOUR) if start + HOUR <= times[-1]]

    def _believed(self, since: datetime, until: datetime) -> list[datetime]:
        """The times of the rows between two instants, but for one that shows a drop which no further row confirms."""
        times = [time for time in self.times if since <= time <= until]
        dropped = len(times) > 1 and self.shows(times[-1]) < self.shows(times[-2])
        return times[:-1] if dropped else times

    def counted(self, edge: datetime) -> float:
        """What was counted at an instant, not before the first row nor after the last."""
        place = bisect_right(self.times, edge) - 1
        before = self.times[place]
        if before == edge:
            return self._total(before)
        after = self.times[place + 1]
        share = (edge - before) / (after - before)
        return self._total(before) * (1 - share) + self._total(after) * share

    def _total(self, time: datetime) -> float:
        if self.reset is None or time < self.reset:
            return self.shows(time)
        first = bisect_left(self.times, self.reset)
        if first == 0:
            return self.shows(time)
        before, after = self.shows(self.times[first - 1]), self.shows(self.times[first])
        if after >= before:
            # Nobody can see that it began again.
            return self.shows(time)
        return self.shows(time) + before - (0.0 if after < before / 2 else after)


@dataclass(frozen=True, slots=True)
class Intervals:
    """The amounts of intervals, by the times at which they end."""

    ends: Sequence[datetime]
    totals: Sequence[float]
    """The sum of all amounts up to each of them."""

    def hours(self, since: datetime, until: datetime) -> list[datetime]:
        """The starts of the hours in [since, until) of which something was told."""
        told = {whole_hour(end - _INSTANT) for end in self.ends}
        return sorted(start for start in told if since <= start and start + HOUR <= until)

    def counted(self, edge: datetime) -> float:
        """The sum of all that ended up to an instant."""
        place = bisect_right(self.ends, edge) - 1
        return self.totals[place] if place >= 0 else 0.0


type Truth = Register | Intervals


def assert_conserved(
    rows: Sequence[StatisticRow],
    truth: Truth,
    since: datetime,
    until: datetime,
    *,
    watt_hours: float = 1.0,
    within: float = 0.01,
) -> None:
    """Every span of complete hours between two instants has the truth's watt-hours; none of the hours is missing."""
    expected = truth.hours(since, until)
    starts = [row.start for row in rows]
    assert starts == expected, f"not there: {_hours(expected, starts)}; there too: {_hours(starts, expected)}"
    if not rows:
        return
    # How far the statistic is ahead of the truth; a sum over a span is wrong by the difference of two of these.
    ahead = [(rows[0].start, 0.0)]
    first = truth.counted(rows[0].start)
    for row in rows:
        edge = row.start + HOUR
        ahead.append((edge, (row.sum - truth.counted(edge) + first) * watt_hours))
    low, high = min(ahead, key=lambda one: one[1]), max(ahead, key=lambda one: one[1])
    start, end = sorted((low[0], high[0]))
    wrong = high[1] - low[1]
    assert wrong <= within + ROUNDING, f"the sum from {start} to {end} is wrong by {wrong:.3f} Wh"


def _hours(some: Sequence[datetime], others: Sequence[datetime]) -> str:
    there = set(others)
    return ", ".join(str(one) for one in some if one not in there) or "none"


def whole_hour(time: datetime) -> datetime:
    """The beginning of the hour that a time is in."""
    return time.replace(minute=0, second=0, microsecond=0)


def grid(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """All multiples of `step` after `start`, which is one, up to `end`."""
    return [start + number * step for number in range((end - start) // step + 1)]
