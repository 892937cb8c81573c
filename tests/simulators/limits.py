"""Request limits as servers count them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil


@dataclass(frozen=True, slots=True)
class Quota:
    """The state of one caller's window after a request: requests left, the window's end, and whether it was let in."""

    limit: int
    remaining: int
    reset: datetime
    wait: int
    """Whole seconds until the window ends, at least 1."""
    exceeded: bool


class FixedWindow:
    """Counts requests per caller in windows aligned to multiples of their length since 1970."""

    def __init__(self, limit: int, seconds: int) -> None:
        """Let `limit` requests of each caller in per `seconds`."""
        self.limit = limit
        self._seconds = seconds
        self._counts: dict[str, tuple[int, int]] = {}

    def count(self, caller: str, now: datetime) -> Quota:
        """Count one request of `caller` and say where that leaves it."""
        timestamp = now.timestamp()
        window = int(timestamp // self._seconds)
        last, used = self._counts.get(caller, (window, 0))
        used = used + 1 if last == window else 1
        self._counts[caller] = window, used
        end = (window + 1) * self._seconds
        return Quota(
            limit=self.limit,
            remaining=max(0, self.limit - used),
            reset=datetime.fromtimestamp(end, UTC),
            wait=max(1, ceil(end - timestamp)),
            exceeded=used > self.limit,
        )

    def reset(self) -> None:
        """Forget all counts."""
        self._counts.clear()
