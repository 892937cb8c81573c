"""What is wrong, and what happened: for people."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
import sys

MOST = 40
"""So many complaints are told in full; of the others only the number."""
AT_ONCE = 4
"""So many of those of one minute."""


class Report:
    """Collects complaints, and prints them as they come."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.complaints: list[str] = []
        self.number = 0
        self.counts: Counter[str] = Counter()
        self.happened: list[str] = []
        self._now = now
        self._moment = ""
        self._at_once = 0

    def complain(self, text: str, at: datetime | None = None) -> None:
        """Something is wrong."""
        self.number += 1
        moment = f"{at or self._now():%m-%d %H:%M}"
        self._at_once = self._at_once + 1 if moment == self._moment else 1
        self._moment = moment
        if len(self.complaints) < MOST and self._at_once <= AT_ONCE:
            line = f"{at or self._now():%m-%d %H:%M:%S} {text}"
            if recent := self.happened[-4:]:
                line += "".join(f"\n      before: {one[:160]}" for one in recent)
            self.complaints.append(line)
            self.say(f"  WRONG {line}")

    def count(self, what: str, number: int = 1) -> None:
        """Something happened that is only counted."""
        self.counts[what] += number

    def happen(self, text: str) -> None:
        """Something was done to a service or to Home Assistant."""
        self.happened.append(f"{self._now():%m-%d %H:%M:%S} {text}")
        del self.happened[:-30]

    def say(self, text: str) -> None:
        """Tell people."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
