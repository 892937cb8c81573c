"""The loads of the office building, as tables of what they draw at which hour of a working and of a free day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import chain, pairwise
from math import cos, tau
from typing import override

from .calendar import Calendar
from .curve import NODES, STEP, Curve
from .noise import Noise, draw

type Shape = tuple[tuple[float, float], ...]
"""Pairs of local hour and watts, from hour 0 to hour 24, linear in between."""

_SATURDAY = 5
_ATTENDANCE = (1.0, 1.04, 1.05, 1.0, 0.84, 1.0, 1.0)
"""How full the building is, Monday to Sunday."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a load draws.

    `noise` is the relative jitter of each node, `spread` that of whole days, `winter` how much more is drawn in
    mid-January (and less in mid-July); `crowd` says whether it follows attendance.
    """

    name: str
    working: Shape
    free: Shape
    noise: float
    spread: float = 0.03
    winter: float = 0.0
    crowd: bool = False


PROFILES = (
    Profile(
        "ventilation",
        ((0, 1200), (5.5, 1200), (6, 6500), (8, 7800), (17.5, 7600), (19, 3000), (20, 1200), (24, 1200)),
        ((0, 1100), (24, 1100)),
        noise=0.03,
    ),
    Profile(
        "heat_pump",
        ((0, 2500), (4.5, 2500), (5, 9000), (7, 12000), (10, 8500), (15, 7000), (18, 4000), (19, 2500), (24, 2500)),
        ((0, 2100), (6, 2600), (12, 1700), (18, 2000), (24, 2100)),
        noise=0.1,
        spread=0.15,
        winter=0.6,
    ),
    Profile(
        "lighting",
        (
            (0, 500),
            (6, 500),
            (7, 2500),
            (8.5, 7500),
            (12, 6700),
            (13, 6500),
            (17, 7400),
            (18.5, 4500),
            (20, 1800),
            (21.5, 500),
            (24, 500),
        ),
        ((0, 450), (24, 450)),
        noise=0.02,
        winter=0.18,
    ),
    Profile(
        "sockets",
        (
            (0, 1500),
            (7, 1600),
            (9, 8500),
            (12, 7800),
            (13, 6900),
            (14, 8300),
            (17, 7500),
            (18.5, 2800),
            (20, 1600),
            (24, 1500),
        ),
        ((0, 1400), (24, 1400)),
        noise=0.05,
        crowd=True,
    ),
    Profile("server_room", ((0, 3550), (12, 3750), (24, 3550)), ((0, 3500), (24, 3500)), noise=0.015, spread=0.01),
    Profile(
        "kitchen",
        (
            (0, 350),
            (6.5, 350),
            (7.5, 2500),
            (9, 3000),
            (11, 7500),
            (12.25, 13500),
            (13.25, 11000),
            (14.5, 3500),
            (16, 1200),
            (17, 400),
            (24, 350),
        ),
        ((0, 330), (24, 330)),
        noise=0.12,
        crowd=True,
    ),
    Profile(
        "lifts",
        (
            (0, 150),
            (7, 200),
            (8.75, 2200),
            (10, 900),
            (12, 1800),
            (13, 1700),
            (15, 900),
            (17.25, 2300),
            (18.5, 500),
            (20, 180),
            (24, 150),
        ),
        ((0, 140), (24, 140)),
        noise=0.35,
        crowd=True,
    ),
)


class Load(Curve):
    """A load that follows a profile, in watts."""

    def __init__(self, seed: int, epoch_day: int, calendar: Calendar, profile: Profile) -> None:
        """Draw this profile's own noise from `seed`."""
        super().__init__(epoch_day)
        self._seed = seed
        self._calendar = calendar
        self._profile = profile
        self._noise = Noise(seed, f"load.{profile.name}", STEP)
        self._shapes = {False: _sampled(profile.working), True: _sampled(profile.free)}
        self._factor = lru_cache(maxsize=8)(self._day_factor)

    def _day_factor(self, day: date) -> float:
        profile = self._profile
        season = 1 + profile.winter * cos(tau * (day.timetuple().tm_yday - 15) / 365.25)
        spread = 1 + profile.spread * (2 * draw(self._seed, profile.name, day) - 1)
        return season * spread * (_ATTENDANCE[day.weekday()] if profile.crowd else 1.0)

    def _stretch(self, day: date, first: int, count: int) -> Sequence[float]:
        factor = self._factor(day)
        shape = self._shapes[day.weekday() >= _SATURDAY]
        return [factor * value for value in shape[first : first + count]]

    @override
    def _values(self, day: int) -> Sequence[float]:
        jitter = self._profile.noise
        stretches = self._calendar.stretches(day)
        watts = chain.from_iterable(self._stretch(part.day, part.first, part.count) for part in stretches)
        return [value * (1 + jitter * noise) for value, noise in zip(watts, self._noise.day(day), strict=True)]


def _sampled(shape: Shape) -> Sequence[float]:
    """Return the watts at each node of a local day."""
    watts: list[float] = []
    for (start, before), (end, after) in pairwise(shape):
        while (hour := len(watts) * 24 / NODES) < end:
            watts.append(before + (after - before) * (hour - start) / (end - start))
    return watts
