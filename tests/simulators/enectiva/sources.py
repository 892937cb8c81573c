"""What Enectiva's meters and data series measure: the world's registers, and its weather and prices."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from math import cos, sin, tau

from ..world import World
from ..world.noise import Noise
from .catalogue import Direction

type Source = Callable[[datetime], float]

UTILITIES = ("heat", "cooling", "gas", "water", "hot_water")
_FACTORS: Mapping[tuple[str, str], float] = {
    ("kWh", "MWh"): 0.001,
    ("kWh", "GJ"): 0.0036,
    ("kWh", "MJ"): 3.6,
    ("m3", "l"): 1000.0,
    ("m3", "kWh"): 10.5,
}
"""Conversions of registers; cubic metres become kWh as natural gas."""


class Registers:
    """The registers of a world; meters on the same one share its calculation, even if they scale it."""

    def __init__(self, world: World) -> None:
        """Read the meters and utilities of `world`."""
        self._world = world
        self.of = lru_cache(maxsize=None)(self._of)

    def _of(self, name: str, direction: Direction = "consumption") -> Source:
        """Return the register of a meter (in kWh) or utility (in its unit)."""
        return lru_cache(maxsize=8192)(self._uncached(name, direction))

    def _uncached(self, name: str, direction: Direction) -> Source:
        if name in self._world.utilities:
            return self._world.utilities[name].register
        meter = self._world.meter(name)
        wh = meter.imported if direction == "consumption" else meter.exported
        return lambda moment: wh(moment) / 1000

    def factor(self, name: str, unit: str) -> float:
        """Return what turns this register's own unit into `unit`."""
        own = self._world.utilities[name].unit if name in self._world.utilities else "kWh"
        return 1.0 if unit == own else _FACTORS[own, unit]


@lru_cache(maxsize=2)
def registers_of(world: World) -> Registers:
    """Return the registers of a world, whose simulators share their calculation."""
    return Registers(world)


def outdoor_temperature(world: World) -> Source:
    """Return the temperature outside, in °C."""
    noise = Noise(world.seed, "enectiva.weather", 10_800)

    def celsius(moment: datetime) -> float:
        timestamp = moment.timestamp()
        season = -cos(tau * (timestamp / 86_400 / 365.2425 - 0.055))
        day = sin(tau * (timestamp / 86_400 - 0.375))
        return 10.5 + 8.0 * season + 3.5 * day + 4.0 * noise.at(timestamp)

    return celsius


def energy_price(world: World) -> Source:
    """Return a price that changes every hour and is at times negative, in EUR/MWh."""
    noise = Noise(world.seed, "enectiva.price", 3600)

    def price(moment: datetime) -> float:
        timestamp = moment.timestamp()
        return 70.0 + 35.0 * sin(tau * (timestamp / 86_400 * 2 - 0.6)) + 60.0 * noise.at(timestamp)

    return price
