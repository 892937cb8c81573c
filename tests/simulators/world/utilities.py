"""What else the office building takes from the city: heat, cooling, gas and water, through meters of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .calendar import Calendar
from .curve import Curve, Sum
from .load import Load, Profile

type Unit = Literal["kWh", "m3"]

_HEAT = Profile(
    "utility.heat",
    ((0, 14), (4, 14), (5.5, 62), (8, 55), (12, 38), (16, 36), (18, 24), (20, 14), (24, 14)),
    ((0, 13), (6, 17), (12, 13), (18, 16), (24, 13)),
    noise=0.04,
    spread=0.15,
    winter=0.92,
)
_COOLING = Profile(
    "utility.cooling",
    ((0, 6), (6.5, 6), (9, 20), (14, 42), (17, 38), (19, 12), (21, 6), (24, 6)),
    ((0, 5), (8, 5), (14, 11), (18, 9), (22, 5), (24, 5)),
    noise=0.04,
    spread=0.15,
    winter=-0.88,
)
_COOKING = Profile(
    "utility.cooking_gas",
    ((0, 0.02), (7, 0.02), (9, 0.5), (11.5, 2.4), (12.5, 2.1), (14, 0.4), (16, 0.02), (24, 0.02)),
    ((0, 0.02), (24, 0.02)),
    noise=0.06,
    crowd=True,
)
_COLD_WATER = Profile(
    "utility.cold_water",
    ((0, 0.01), (6, 0.02), (8.5, 0.42), (12, 0.5), (13, 0.62), (15, 0.36), (18, 0.2), (20, 0.03), (24, 0.01)),
    ((0, 0.01), (24, 0.01)),
    noise=0.1,
    winter=-0.12,
    crowd=True,
)
_HOT_WATER = Profile(
    "utility.hot_water",
    ((0, 0.004), (6, 0.006), (8, 0.16), (11, 0.14), (13, 0.28), (15, 0.1), (18, 0.05), (20, 0.006), (24, 0.004)),
    ((0, 0.003), (24, 0.003)),
    noise=0.1,
    winter=0.1,
    crowd=True,
)
_BOILER = 0.3 / (10.5 * 0.92)
"""Cubic metres of gas per kWh of heat: a boiler of 92 % makes 30 % of the heat."""


@dataclass(frozen=True, slots=True)
class Utility:
    """A medium at the building's connection; times are timezone-aware.

    The register starts at 0 at the world's epoch and is the exact integral of the rate.
    """

    name: str
    unit: Unit
    curve: Curve

    def rate(self, moment: datetime) -> float:
        """Return the flow in units per hour."""
        return self.curve.at(moment.timestamp())

    def register(self, moment: datetime) -> float:
        """Return what has flowed since the epoch, in units."""
        return self.curve.integral(moment.timestamp()).positive


def connections(seed: int, epoch_day: int, calendar: Calendar) -> Mapping[str, Utility]:
    """Return the utilities by name: the boiler's gas follows the heat, all water includes the hot water."""
    heat, cooling, cooking, cold_water, hot_water = (
        Load(seed, epoch_day, calendar, profile) for profile in (_HEAT, _COOLING, _COOKING, _COLD_WATER, _HOT_WATER)
    )
    utilities = (
        Utility("heat", "kWh", heat),
        Utility("cooling", "kWh", cooling),
        Utility("gas", "m3", Sum(epoch_day, [(heat, _BOILER), (cooking, 1.0)])),
        Utility("water", "m3", Sum(epoch_day, [(cold_water, 1.0), (hot_water, 1.0)])),
        Utility("hot_water", "m3", hot_water),
    )
    return {utility.name: utility for utility in utilities}
