"""The clocks a simulator can run on. A clock is anything callable that returns the present as timezone-aware UTC."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The present, as timezone-aware UTC."""

    def __call__(self) -> datetime:
        """Return the present."""


def real_clock() -> datetime:
    """Return the machine's time (in Home Assistant's tests: the time at which `freezer` stands)."""
    return datetime.now(UTC)


class SimClock:
    """A clock that stands still until a test moves it."""

    __slots__ = ("_now",)

    def __init__(self, start: datetime) -> None:
        """Stand at `start`, which must be timezone-aware."""
        self._now = _utc(start)

    def __call__(self) -> datetime:
        """Return the time at which the clock stands."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward (or, with a negative step, back) and return the new present."""
        self._now += by
        return self._now

    def set(self, now: datetime) -> datetime:
        """Jump to `now`, which must be timezone-aware, and return the new present."""
        self._now = _utc(now)
        return self._now


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a clock needs a timezone-aware time")
    return moment.astimezone(UTC)
