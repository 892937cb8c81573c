"""Counts wrong passwords and codes, and how long one has to wait after too many of them."""

from datetime import datetime, timedelta
from math import ceil


class Waits:
    """Failures in succession, by key."""

    def __init__(self, after: int, seconds: int) -> None:
        """Let wait for `seconds` after so many failures."""
        self._after = after
        self._wait = timedelta(seconds=seconds)
        self._failures: dict[str, tuple[int, datetime]] = {}

    def left(self, key: str, now: datetime) -> int:
        """Return for how many seconds one still has to wait."""
        failures, last = self._failures.get(key, (0, now))
        if now >= last + self._wait:
            self._failures.pop(key, None)
            return 0
        return ceil((last + self._wait - now).total_seconds()) if failures >= self._after else 0

    def failed(self, key: str, now: datetime) -> None:
        """Count a failure."""
        self._failures[key] = self._failures.get(key, (0, now))[0] + 1, now

    def succeeded(self, key: str) -> None:
        """Forget the failures."""
        self._failures.pop(key, None)
