"""When to poll next: pure arithmetic, no Home Assistant."""

from datetime import UTC, datetime, timedelta
import hashlib
import math

QUIET = 5.0
"""Seconds around the full hour in which this installation does not poll: everybody else does."""
HOUR = 3600.0


def offset_of(install: str, interval: timedelta) -> timedelta:
    """The installation's own place within the interval, so that not all installations poll at once."""
    share = int.from_bytes(hashlib.sha256(install.encode()).digest()[:4]) / 2**32
    seconds = interval.total_seconds()
    quiet = min(QUIET, seconds / 4)
    return timedelta(seconds=quiet + share * (seconds - 2 * quiet))


def next_poll(now: datetime, interval: timedelta, offset: timedelta, not_before: datetime | None = None) -> datetime:
    """The next instant at `offset` in the interval's grid, at least half an interval away and not on the full hour."""
    step = interval.total_seconds()
    shifted = now.timestamp() - offset.total_seconds()
    at = (shifted // step + 1) * step + offset.total_seconds()
    soonest = now.timestamp() + step / 2
    if not_before is not None:
        soonest = max(soonest, not_before.timestamp())
    if at < soonest:
        at += math.ceil((soonest - at) / step) * step
    into_hour = at % HOUR
    if into_hour < QUIET:
        at += QUIET - into_hour
    elif into_hour > HOUR - QUIET:
        at += HOUR + QUIET - into_hour
    return datetime.fromtimestamp(at, UTC)
