"""What is true of a simulated account, whatever Home Assistant shows of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Expected:
    """A value as the service tells it: rounded, hence the tolerance. An amount also says since when it grows."""

    value: float | bool | str
    tolerance: float = 0.0
    unit: str = ""
    since: datetime | None = None

    def matches(self, state: str) -> bool:
        """Say whether an entity's state is the value; a flag's is 1 or 0."""
        if isinstance(self.value, str):
            return state == self.value
        try:
            shown = float({"on": 1, "off": 0}.get(state, state))
        except ValueError:
            return False
        return abs(shown - float(self.value)) <= self.tolerance + 1e-9


@dataclass(frozen=True, slots=True)
class Row:
    """Values of one device that were measured together, by the key of their point."""

    time: datetime
    values: Mapping[str, Expected]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of which Home Assistant may show any one; `from_poll` says since which poll it does.

    Those that are `rare` are further apart than polls, or are of no time at all: no poll has to bring a later one.
    """

    rows: Sequence[Row]
    from_poll: int = 1
    rare: bool = False

    @property
    def name(self) -> str:
        """A name within the device: the first of the keys."""
        return min(key for row in self.rows for key in row.values)


class Truth(Protocol):
    """What a simulated account truly has."""

    def devices(self) -> Collection[str]:
        """Return the vendor's ids of all devices that measure."""

    def rows(self, device_id: str, now: datetime) -> Sequence[Rows]:
        """Return what a device may show at `now`; points that are measured apart are in separate `Rows`."""


def floor(time: datetime, step: timedelta, phase: timedelta = timedelta(0)) -> datetime:
    """Return the last multiple of `step` since 1970, plus `phase`, that is not after `time`."""
    seconds, shift = step.total_seconds(), phase.total_seconds()
    return datetime.fromtimestamp((time.timestamp() - shift) // seconds * seconds + shift, UTC)
