"""The physical world that all simulators share: an office building and a home in London, the same in every process.

It has no state: everything is a function of the seed and of the time. Power is linear between nodes five minutes
apart; energy is that line's exact integral. Submeters add up: the grid connection shows the loads and the solar roof.
Heat, cooling, gas and water have registers of the same kind. The home has a battery besides.
"""

from .cold_store import CONTROLLERS, Cooling
from .home import HOME_METERS, Battery, Home
from .meter import Energy, Meter, Phases, Reading, Supply
from .utilities import Utility
from .world import EPOCH, METERS, TIME_ZONE, World, default_world

__all__ = [
    "CONTROLLERS",
    "EPOCH",
    "HOME_METERS",
    "METERS",
    "TIME_ZONE",
    "Battery",
    "Cooling",
    "Energy",
    "Home",
    "Meter",
    "Phases",
    "Reading",
    "Supply",
    "Utility",
    "World",
    "default_world",
]
