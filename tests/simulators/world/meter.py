"""Electrical meters of the world: what each shows at any instant, and what truly flowed through it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from .curve import Curve
from .noise import Noise


@dataclass(frozen=True, slots=True)
class Phases:
    """One quantity on L1, L2 and L3. A single-phase meter has its load on L1."""

    l1: float
    l2: float
    l3: float

    @property
    def total(self) -> float:
        """The sum of the phases."""
        return self.l1 + self.l2 + self.l3

    def scaled(self, factor: float) -> Phases:
        """Return the same on a load `factor` times as large."""
        return Phases(self.l1 * factor, self.l2 * factor, self.l3 * factor)

    def __iter__(self) -> Iterator[float]:
        """Yield L1, L2, L3."""
        yield from (self.l1, self.l2, self.l3)


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy in Wh, split by the sign of the meter's total power: `imported` from the grid's side, `exported` to it."""

    imported: float
    exported: float


@dataclass(frozen=True, slots=True)
class Supply:
    """The public grid at one instant: volts between each phase and neutral, and the frequency in Hz."""

    voltage: Phases
    frequency: float


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a meter shows at one instant: W (positive is import), V, A, Hz, and its registers in Wh."""

    power: Phases
    voltage: Phases
    current: Phases
    power_factor: Phases
    frequency: float
    registers: Energy

    def scaled(self, factor: float) -> Reading:
        """Return the reading of a meter on a load `factor` times as large."""
        return Reading(
            power=self.power.scaled(factor),
            voltage=self.voltage,
            current=self.current.scaled(factor),
            power_factor=self.power_factor,
            frequency=self.frequency,
            registers=Energy(self.registers.imported * factor, self.registers.exported * factor),
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A curve's share in a meter: `factor` is its sign and size, `shares` how it lies on the phases (sum 1)."""

    curve: Curve
    shares: tuple[float, float, float]
    drift: tuple[Noise, Noise]
    """Moves load between L1 and L2, and between L2 and L3, without changing the sum."""
    factor: float = 1.0

    def power(self, timestamp: float) -> Phases:
        """Return the power on each phase in watts."""
        watts = self.factor * self.curve.at(timestamp)
        first, second, third = self.shares
        # A phase that carries nothing must not be given any.
        one = 0.12 * self.drift[0].at(timestamp) * min(first, second)
        two = 0.12 * self.drift[1].at(timestamp) * min(second, third)
        return Phases(watts * (first + one), watts * (second - one + two), watts * (third - two))


class Meter:
    """An electrical meter of the world; times are timezone-aware.

    Registers count the signed total of the phases (as European meters do), start at 0 at the world's epoch and are
    the exact integral of `power`.
    """

    def __init__(
        self,
        name: str,
        parts: Sequence[Part],
        total: Curve,
        supply: Supplier,
        *,
        power_factor: float,
        factor: float = 1.0,
    ) -> None:
        """Measure `parts`, whose sum is `factor` times the curve `total`."""
        self.name = name
        self._parts = parts
        self._total = total
        self._factor = factor
        self._supply = supply
        self._power_factor = power_factor
        self._wander = supply.noise(f"power_factor.{name}", 300)
        self._at = lru_cache(maxsize=128)(self._reading)

    def power(self, moment: datetime) -> Phases:
        """Return the active power on each phase in watts; positive is import, negative is export."""
        return self._power(moment.timestamp())

    def registers(self, moment: datetime) -> Energy:
        """Return the import and export registers in Wh."""
        return self._registers(moment.timestamp())

    def imported(self, moment: datetime) -> float:
        """Return the import register in Wh."""
        return self.registers(moment).imported

    def exported(self, moment: datetime) -> float:
        """Return the export register in Wh."""
        return self.registers(moment).exported

    def at(self, moment: datetime) -> Reading:
        """Return everything the meter shows."""
        return self._at(moment.timestamp())

    def _power(self, timestamp: float) -> Phases:
        phases = [part.power(timestamp) for part in self._parts]
        return Phases(sum(p.l1 for p in phases), sum(p.l2 for p in phases), sum(p.l3 for p in phases))

    def _registers(self, timestamp: float) -> Energy:
        integral = self._total.integral(timestamp)
        return Energy(integral.positive * self._factor, integral.negative * self._factor)

    def _reading(self, timestamp: float) -> Reading:
        supply = self._supply.at(timestamp)
        power = self._power(timestamp)
        factor = min(1.0, self._power_factor + 0.015 * self._wander.at(timestamp))
        factors = Phases(factor, factor - 0.006, factor - 0.003)
        current = Phases(
            *(abs(watts) / (volts * pf) for watts, volts, pf in zip(power, supply.voltage, factors, strict=True))
        )
        return Reading(power, supply.voltage, current, factors, supply.frequency, self._registers(timestamp))


class Supplier:
    """The public grid's voltage and frequency; the voltage sags a little with the building's own load."""

    def __init__(self, seed: int, load: Curve) -> None:
        """Draw the grid of the world with this seed."""
        self._seed = seed
        self._load = load
        self._slow = tuple(self.noise(f"voltage.{phase}", 1800) for phase in range(3))
        self._fast = tuple(self.noise(f"flicker.{phase}", 30) for phase in range(3))
        self._frequency = self.noise("frequency", 30)
        self.at = lru_cache(maxsize=256)(self._at)

    def noise(self, name: str, step: int) -> Noise:
        """Return the noise of this name in this world."""
        return Noise(self._seed, name, step)

    def _at(self, timestamp: float) -> Supply:
        sag = self._load.at(timestamp) / 20_000
        volts = (
            base - sag + 1.6 * slow.at(timestamp) + 0.4 * fast.at(timestamp)
            for base, slow, fast in zip((234.2, 233.6, 234.6), self._slow, self._fast, strict=True)
        )
        return Supply(Phases(*volts), 50 + 0.06 * self._frequency.at(timestamp))
