"""What is true of a simulated account, whatever Home Assistant shows of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Expected:
    """A value as the service tells it: rounded, hence the tolerance."""

    value: float | bool
    tolerance: float = 0.0

    def matches(self, value: float | bool) -> bool:
        """Say whether that is the value."""
        return abs(float(value) - float(self.value)) <= self.tolerance + 1e-9


@dataclass(frozen=True, slots=True)
class Row:
    """Values of one device that were measured together, by the key of their point."""

    time: datetime
    values: Mapping[str, Expected]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of which Home Assistant may show any one; `from_poll` says since which poll it does."""

    rows: Sequence[Row]
    from_poll: int = 1


class Truth(Protocol):
    """What a simulated account truly has."""

    def devices(self) -> Collection[str]:
        """Return the vendor's ids of all devices that measure."""

    def rows(self, device_id: str, now: datetime) -> Sequence[Rows]:
        """Return what a device may show at `now`; points that are measured apart are in separate `Rows`."""
