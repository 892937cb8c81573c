"""A family home with a heat pump, an electric car, a solar roof and a battery; it has the office's sky and voltage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .calendar import Calendar
from .curve import STEP, Curve, Sum
from .home_loads import HEAT_PUMP, HOUSEHOLD, Car
from .load import Load
from .meter import Energy, Meter, Part, Supplier
from .noise import Noise
from .solar import Solar
from .storage import CAPACITY, EFFICIENCY, Storage

SOLAR_SHARE = 0.19
"""How large the home's roof is, measured by the office's: about 8 kW."""

_SHARES: Mapping[str, tuple[float, float, float]] = {
    "household": (0.46, 0.3, 0.24),
    "heat_pump": (0.34, 0.33, 0.33),
    "ev_charger": (0.334, 0.333, 0.333),
    "solar": (0.333, 0.333, 0.334),
    "battery": (0.333, 0.334, 0.333),
}
_POWER_FACTORS: Mapping[str, float] = {
    "household": 0.94,
    "heat_pump": 0.9,
    "ev_charger": 0.985,
    "solar": 0.985,
    "battery": 0.98,
    "grid": 0.955,
}
HOME_METERS = tuple(_POWER_FACTORS)
"""The names of the home's meters: "grid" is the sum of all others; "solar" is negative while the roof produces;
"battery" is positive while it charges, so that its import register is what was charged."""


@dataclass(frozen=True, slots=True)
class Battery:
    """The home's battery; times are timezone-aware."""

    capacity: float
    """Wh."""
    efficiency: float
    """The share that arrives, once on the way in and once on the way out."""
    storage: Storage
    noise: Noise

    def state_of_charge(self, moment: datetime) -> float:
        """Return the state of charge from 0 to 1, which follows from the battery's registers and its efficiency."""
        return self.storage.stored(moment.timestamp()) / self.capacity

    def temperature(self, moment: datetime) -> float:
        """Return its temperature in °C: the more went through it within the last hour, the warmer."""
        timestamp = moment.timestamp()
        now, before = self.storage.integral(timestamp), self.storage.integral(timestamp - 3600)
        through = now.positive - before.positive + now.negative - before.negative
        return 19.0 + 1.5 * self.noise.at(timestamp) + through / 900


class Home:
    """The home as a function of time; all times are timezone-aware."""

    def __init__(self, seed: int, epoch_day: int, calendar: Calendar) -> None:
        """Build the home of the world with this seed, whose registers start at 0 on the UTC day `epoch_day`."""
        curves: dict[str, Curve] = {
            "household": Load(seed, epoch_day, calendar, HOUSEHOLD),
            "heat_pump": Load(seed, epoch_day, calendar, HEAT_PUMP),
            "ev_charger": Car(seed, epoch_day, calendar),
            "solar": Sum(epoch_day, [(Solar(seed, epoch_day), -SOLAR_SHARE)]),
        }
        storage = Storage(epoch_day, calendar, Sum(epoch_day, [(curve, 1.0) for curve in curves.values()]))
        curves["battery"] = storage
        curves["grid"] = Sum(epoch_day, [(curve, 1.0) for curve in curves.values()])
        self._supplier = Supplier(seed, curves["grid"])
        parts = {
            name: Part(
                curves[name],
                shares,
                (Noise(seed, f"drift.home.{name}.1", 2 * STEP), Noise(seed, f"drift.home.{name}.2", 2 * STEP)),
            )
            for name, shares in _SHARES.items()
        }
        self.meters: Mapping[str, Meter] = {
            name: Meter(
                name,
                list(parts.values()) if name == "grid" else [parts[name]],
                curves[name],
                self._supplier,
                power_factor=factor,
            )
            for name, factor in _POWER_FACTORS.items()
        }
        self.battery = Battery(CAPACITY, EFFICIENCY, storage, Noise(seed, "home.battery.temperature", 1800))

    def meter(self, name: str) -> Meter:
        """Return one of the meters of `HOME_METERS`."""
        return self.meters[name]

    def energy(self, meter: str, start: datetime, end: datetime) -> Energy:
        """Return what truly flowed through a meter from `start` to `end`, in Wh."""
        before, after = self.meters[meter].registers(start), self.meters[meter].registers(end)
        return Energy(after.imported - before.imported, after.exported - before.exported)
