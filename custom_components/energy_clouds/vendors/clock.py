"""The service's time, as its answers tell it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_ERROR = timedelta(days=1)
TOLERANCE = timedelta(seconds=30)
MOST_DOUBTS = 2
"""A service whose every answer contradicts the one before (a proxy's, or of two machines) is not waited for."""


class ServiceClock:
    """The machine's clock, corrected by a difference that two answers in a row have shown."""

    def __init__(self, local_now: Callable[[], datetime]) -> None:
        self._local_now = local_now
        self._error = self._shown_error = timedelta(0)
        self._doubts = 0

    def now(self) -> datetime:
        """The service's time, as far as known; UTC."""
        return self._local_now() + self._error

    @property
    def is_doubtful(self) -> bool:
        """Whether the newest answer contradicts that: what was asked for by time may be of another time."""
        return 0 < self._doubts <= MOST_DOUBTS

    def observe(self, date: str | None) -> None:
        """Take in an answer's `Date` header."""
        shown = http_date(date or "")
        error = timedelta(0) if shown is None else shown - self._local_now()
        if not TOLERANCE < abs(error) < LONGEST_ERROR:
            error = timedelta(0)
        if abs(error - self._shown_error) <= TOLERANCE:
            self._error = error
        self._doubts = self._doubts + 1 if abs(error - self._error) > TOLERANCE else 0
        self._shown_error = error


def http_date(text: str) -> datetime | None:
    """An HTTP date in UTC; None for anything else."""
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except ValueError, OverflowError:
        return None
