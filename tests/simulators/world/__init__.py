"""The physical world that all simulators share: one office building in London, the same in every process.

It has no state: everything is a function of the seed and of the time. Power is linear between nodes five minutes
apart; energy is that line's exact integral. Submeters add up: the grid connection shows the loads and the solar roof.
Heat, cooling, gas and water have registers of the same kind.
"""

from .cold_store import CONTROLLERS, Cooling
from .meter import Energy, Meter, Phases, Reading, Supply
from .utilities import Utility
from .world import EPOCH, METERS, TIME_ZONE, World, default_world

__all__ = [
    "CONTROLLERS",
    "EPOCH",
    "METERS",
    "TIME_ZONE",
    "Cooling",
    "Energy",
    "Meter",
    "Phases",
    "Reading",
    "Supply",
    "Utility",
    "World",
    "default_world",
]
