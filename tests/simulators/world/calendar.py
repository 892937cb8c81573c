"""Where each node of a UTC day lies in the local calendar: buildings live by the wall clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from .curve import NODES
from .noise import DAY

_PER_HOUR = NODES // 24


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive nodes that lie in one local day: `count` nodes from local node `first` (0 is local midnight)."""

    day: date
    first: int
    count: int


class Calendar:
    """The local calendar of a time zone whose offsets are whole hours; days of 23 and 25 hours are normal."""

    def __init__(self, time_zone: str) -> None:
        """Read the zone from the system's database, for instance "Europe/London"."""
        self.zone = ZoneInfo(time_zone)
        self.stretches = lru_cache(maxsize=8)(self._stretches)

    def _stretches(self, day: int) -> Sequence[Stretch]:
        """Return the local stretches that make up a UTC day."""
        stretches: list[Stretch] = []
        for hour in range(24):
            local = datetime.fromtimestamp(day * DAY + hour * 3600, UTC).astimezone(self.zone)
            first = local.hour * _PER_HOUR
            last = stretches[-1] if stretches else None
            if last and last.day == local.date() and last.first + last.count == first:
                stretches[-1] = Stretch(last.day, last.first, last.count + _PER_HOUR)
            else:
                stretches.append(Stretch(local.date(), first, _PER_HOUR))
        return stretches
