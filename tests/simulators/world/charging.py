"""Electric cars that arrive, charge at full power for as long as they need, and stop."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import override

from .calendar import Calendar
from .curve import NODES, STEP, Curve
from .noise import Noise, draw

CHARGERS = 6
_WATTS = 7_300.0
_STANDBY = 45.0
_USED = (0.75, 0.8, 0.85, 0.8, 0.55, 0.1, 0.05)
"""How likely a charger is used, Monday to Sunday."""


class Charging(Curve):
    """The charging points of the car park together, in watts."""

    def __init__(self, seed: int, epoch_day: int, calendar: Calendar) -> None:
        """Draw arrivals from `seed`."""
        super().__init__(epoch_day)
        self._seed = seed
        self._calendar = calendar
        self._noise = Noise(seed, "load.ev_chargers", STEP)
        self._local = lru_cache(maxsize=4)(self._local_day)

    def _local_day(self, day: date) -> Sequence[float]:
        watts = [_STANDBY] * NODES
        for charger in range(CHARGERS):
            used, arrival, need = (draw(self._seed, "charger", charger, day, what) for what in ("use", "from", "for"))
            if used < _USED[day.weekday()]:
                start = round((7.7 + 2.0 * arrival) * 12)
                end = start + round((1.2 + 3.0 * need) * 12)
                watts[start:end] = [value + _WATTS for value in watts[start:end]]
        return watts

    @override
    def _values(self, day: int) -> Sequence[float]:
        watts = [
            value
            for part in self._calendar.stretches(day)
            for value in self._local(part.day)[part.first : part.first + part.count]
        ]
        return [value * (1 + 0.01 * noise) for value, noise in zip(watts, self._noise.day(day), strict=True)]
