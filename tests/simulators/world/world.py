"""The office building: its meters, its cold store, and the truth about them; the family home stands beside it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

from .calendar import Calendar
from .charging import Charging
from .cold_store import ColdStore, Cooling
from .curve import STEP, Curve, Sum
from .home import Home
from .load import PROFILES, Load
from .meter import Energy, Meter, Part, Supplier
from .noise import DAY, Noise
from .solar import Solar
from .utilities import Utility, connections

TIME_ZONE = "Europe/London"
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
"""When the meters were installed: registers are 0 here, and power is 0 before."""

_SHARES: Mapping[str, tuple[float, float, float]] = {
    "ventilation": (0.34, 0.33, 0.33),
    "heat_pump": (0.33, 0.34, 0.33),
    "lighting": (0.38, 0.31, 0.31),
    "sockets": (0.3, 0.33, 0.37),
    "server_room": (0.4, 0.2, 0.4),
    "kitchen": (0.26, 0.42, 0.32),
    "lifts": (0.34, 0.34, 0.32),
    "ev_chargers": (0.36, 0.36, 0.28),
    "cold_store": (0.25, 0.5, 0.25),
    "solar": (0.33, 0.34, 0.33),
}
_POWER_FACTORS: Mapping[str, float] = {
    "grid": 0.95,
    "ventilation": 0.87,
    "heat_pump": 0.9,
    "lighting": 0.93,
    "sockets": 0.94,
    "server_room": 0.97,
    "kitchen": 0.975,
    "lifts": 0.82,
    "ev_chargers": 0.98,
    "cold_store": 0.84,
    "solar": 0.985,
}
METERS = tuple(_POWER_FACTORS)
"""The names of the meters: "grid" is the sum of all others; "solar" is negative while the roof produces."""


class World:
    """An office building and a family home as functions of time; all times are timezone-aware."""

    def __init__(self, seed: int = 1, epoch: datetime = EPOCH) -> None:
        """Build the world of this seed, whose registers start at 0 at `epoch` (a UTC midnight)."""
        if epoch.timestamp() % DAY:
            raise ValueError("the world begins at a UTC midnight")
        self.seed = seed
        self.epoch = epoch
        self.time_zone = TIME_ZONE
        day = int(epoch.timestamp()) // DAY
        calendar = Calendar(TIME_ZONE)
        self._cold_store = ColdStore(seed, day, calendar)
        self._curves: dict[str, Curve] = {
            **{profile.name: Load(seed, day, calendar, profile) for profile in PROFILES},
            "ev_chargers": Charging(seed, day, calendar),
            "cold_store": self._cold_store,
            "solar": Sum(day, [(Solar(seed, day), -1.0)]),
        }
        self._curves["grid"] = Sum(day, [(curve, 1.0) for curve in self._curves.values()])
        self._supplier = Supplier(seed, self._curves["grid"])
        self.meters: Mapping[str, Meter] = {name: self._meter(name) for name in METERS}
        self.utilities: Mapping[str, Utility] = connections(seed, day, calendar)
        self.home = Home(seed, day, calendar)

    def meter(self, name: str) -> Meter:
        """Return one of the meters of `METERS`."""
        return self.meters[name]

    def submeter(self, name: str, of: str, share: float, *, single_phase: bool = False) -> Meter:
        """Return a new meter called `name` on a fixed share of a load; a single-phase one shows all of it on L1."""
        shares = (1.0, 0.0, 0.0) if single_phase else _SHARES[of]
        part = Part(self._curves[of], shares, self._drift(name), share)
        return Meter(name, [part], self._curves[of], self._supplier, power_factor=_POWER_FACTORS[of], factor=share)

    def energy(self, meter: Meter | str, start: datetime, end: datetime) -> Energy:
        """Return what truly flowed through a meter from `start` to `end`, in Wh."""
        metered = self.meters[meter] if isinstance(meter, str) else meter
        before, after = metered.registers(start), metered.registers(end)
        return Energy(after.imported - before.imported, after.exported - before.exported)

    def cooling(self, controller: int, moment: datetime) -> Cooling:
        """Return what a cooling controller of the cold store (0 to 3) measures."""
        return self._cold_store.controller(controller, moment.timestamp())

    def _meter(self, name: str) -> Meter:
        loads = tuple(_SHARES) if name == "grid" else (name,)
        parts = [Part(self._curves[load], _SHARES[load], self._drift(load)) for load in loads]
        return Meter(name, parts, self._curves[name], self._supplier, power_factor=_POWER_FACTORS[name])

    def _drift(self, name: str) -> tuple[Noise, Noise]:
        return Noise(self.seed, f"drift.{name}.1", 2 * STEP), Noise(self.seed, f"drift.{name}.2", 2 * STEP)


@cache
def default_world() -> World:
    """Return the world of seed 1, shared by all who name none: its day sums are computed once per process."""
    return World()
