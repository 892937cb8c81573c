"""What the family home uses: a household, a heat pump and one electric car."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import override

from .calendar import Calendar
from .curve import NODES, STEP, Curve
from .load import Profile
from .noise import Noise, draw

HOUSEHOLD = Profile(
    "home.household",
    (
        (0, 160),
        (6, 170),
        (6.75, 900),
        (8, 700),
        (9, 260),
        (12, 380),
        (13, 300),
        (16.5, 350),
        (17.5, 1400),
        (19, 1700),
        (21, 800),
        (22.75, 450),
        (24, 160),
    ),
    (
        (0, 180),
        (7.5, 190),
        (9, 850),
        (11, 700),
        (12.5, 1600),
        (14, 600),
        (17.5, 1100),
        (19, 1500),
        (21, 800),
        (23, 500),
        (24, 180),
    ),
    noise=0.25,
    spread=0.12,
    winter=0.12,
)
HEAT_PUMP = Profile(
    "home.heat_pump",
    ((0, 350), (4.5, 350), (5.5, 1500), (8, 1250), (11, 700), (15, 600), (17, 1200), (21, 900), (23, 400), (24, 350)),
    ((0, 350), (6, 400), (7.5, 1400), (10, 1100), (15, 750), (18, 1200), (22, 700), (24, 350)),
    noise=0.12,
    spread=0.15,
    winter=0.8,
)
CAR_WATTS = 11_000.0
_STANDBY = 6.0
_USED = (0.45, 0.4, 0.5, 0.4, 0.55, 0.6, 0.35)
"""How likely the car charges, Monday to Sunday."""
_SATURDAY = 5


class Car(Curve):
    """The charger of the family's car in watts: on working days from the evening, else from late morning."""

    def __init__(self, seed: int, epoch_day: int, calendar: Calendar) -> None:
        """Draw arrivals from `seed`."""
        super().__init__(epoch_day)
        self._seed = seed
        self._calendar = calendar
        self._noise = Noise(seed, "load.home.ev_charger", STEP)
        self._local = lru_cache(maxsize=4)(self._local_day)

    def _local_day(self, day: date) -> Sequence[float]:
        watts = [_STANDBY] * NODES
        used, arrival, need = (draw(self._seed, "home.car", day, what) for what in ("use", "from", "for"))
        if used < _USED[day.weekday()]:
            start = round(((10.5 if day.weekday() >= _SATURDAY else 17.5) + 2.0 * arrival) * 12)
            end = start + round((0.8 + 2.2 * need) * 12)
            watts[start:end] = [CAR_WATTS] * (end - start)
        return watts

    @override
    def _values(self, day: int) -> Sequence[float]:
        watts = [
            value
            for part in self._calendar.stretches(day)
            for value in self._local(part.day)[part.first : part.first + part.count]
        ]
        return [value * (1 - 0.01 * abs(noise)) for value, noise in zip(watts, self._noise.day(day), strict=True)]
