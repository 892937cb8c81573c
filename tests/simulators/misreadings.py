"""Values that a service has wrong for a while, and then right."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Misreading:
    """What is measured in [start, end) is told wrong until `until`: `change` gets the time and the true value."""

    start: datetime
    end: datetime
    until: datetime
    change: Callable[[datetime, float], float]

    def told(self, time: datetime, value: float, now: datetime) -> float:
        """Return what the service tells at `now`."""
        return self.change(time, value) if self.start <= time < self.end and now < self.until else value


def told(misreadings: Iterable[Misreading], time: datetime, value: float, now: datetime) -> float:
    """Return what the service tells at `now` of a value, whatever was misread."""
    for misreading in misreadings:
        value = misreading.told(time, value, now)
    return value
