"""The solar roof: the sun's height over the year and the day, dimmed by seeded clouds."""

from collections.abc import Sequence
from math import cos, pi, radians, sin, tau
from typing import override

from .curve import NODES, STEP, Curve
from .noise import Noise, draw

_LATITUDE = radians(51.5)
_PEAK = 42_000.0
"""Watts under a clear sky with the sun overhead."""
_STANDBY = 14.0
_HOUR_ANGLES = tuple(cos(tau * node / NODES - pi) for node in range(NODES))
_SKIES = ((0.25, 0.95, 0.03), (0.65, 0.62, 0.55), (1.0, 0.25, 0.3))
"""Kinds of day: cumulative probability, mean clearness, and how much passing clouds change it."""


class Solar(Curve):
    """The production of the solar roof in watts: positive by day, the inverter's small own use (negative) by night."""

    def __init__(self, seed: int, epoch_day: int) -> None:
        """Draw the sky of each day from `seed`."""
        super().__init__(epoch_day)
        self._seed = seed
        self._clouds = Noise(seed, "sky.clouds", 1800)
        self._gusts = Noise(seed, "sky.gusts", STEP)

    @override
    def _values(self, day: int) -> Sequence[float]:
        season = (day + 10) % 365.2425
        tilt = radians(-23.44) * cos(tau * season / 365.2425)
        level, swing = sin(_LATITUDE) * sin(tilt), cos(_LATITUDE) * cos(tilt)
        kind = draw(self._seed, "sky", day)
        clear, broken = next((clear, broken) for share, clear, broken in _SKIES if kind < share)
        values: list[float] = []
        for node, (angle, gust) in enumerate(zip(_HOUR_ANGLES, self._gusts.day(day), strict=True)):
            height = level + swing * angle
            if height <= 0:
                values.append(-_STANDBY)
                continue
            clouds = self._clouds.at(day * 86_400 + node * STEP)
            clearness = clear * (1 + broken * (0.7 * clouds + 0.3 * gust))
            # The longer way through the air when the sun is low takes its part.
            values.append(_PEAK * height**1.15 * min(clearness, 1.0) - _STANDBY)
        return values
