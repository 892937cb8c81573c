"""What a series stores: fields named as the vendor names them, with the unit behind the last underscore (A5)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Literal

from ..world import Phases, Reading

type Value = float | str | bool | None
type Truth = Callable[[datetime], float]
type Reader = Callable[[datetime], Reading]

_SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Field:
    """A field; `read` gets the beginning of a row's interval and its end, at which values are measured.

    A "register" counts from its device's last reset on; a "delta" is what an interval adds, a "mean" what it was like
    over the interval; a "gauge" is measured.
    """

    name: str
    read: Callable[[datetime, datetime], Value]
    kind: Literal["gauge", "register", "delta", "mean"] = "gauge"
    decimals: int = 1

    def value(self, start: datetime, end: datetime) -> Value:
        """Return what a row has, rounded."""
        value = self.read(start, end)
        # Adding 0 makes a negative zero a positive one.
        return round(value, self.decimals) + 0.0 if isinstance(value, float) else value


def gauge(name: str, truth: Truth, decimals: int = 1) -> Field:
    """Return a field that is measured."""
    return Field(name, lambda _start, end: float(truth(end)), decimals=decimals)


def said(name: str, truth: Callable[[datetime], Value]) -> Field:
    """Return a text or a flag."""
    return Field(name, lambda _start, end: truth(end))


def constant(name: str, value: Value) -> Field:
    """Return a field that never changes."""
    return Field(name, lambda _start, _end: value, decimals=6)


def register(name: str, truth: Truth) -> Field:
    """Return a counter, exact to 0.1 Wh."""
    return Field(name, lambda _start, end: truth(end), "register")


def delta(name: str, truth: Truth) -> Field:
    """Return what a counter gains in an interval; intervals next to each other add up without rounding errors."""
    return Field(name, lambda start, end: round(truth(end), 3) - round(truth(start), 3), "delta", 3)


def prefixed(field: Field, function: Literal["sum", "mean"]) -> Field:
    """Return the field that a downsampled policy has of this one (eniris.md A4.3), for instance `sum_…Delta…`.

    Sums are exact; a mean is that of ten samples.
    """

    def mean(start: datetime, end: datetime) -> Value:
        step = (end - start) / _SAMPLES
        values = [field.read(start, start + step * (index + 1)) for index in range(_SAMPLES)]
        return sum(value for value in values if isinstance(value, float)) / _SAMPLES

    if function == "mean":
        return Field(f"mean_{field.name}", mean, "mean", field.decimals)
    return Field(f"sum_{field.name}", field.read, "delta", field.decimals)


def power_fields(read: Reader, sign: int = 1) -> Sequence[Field]:
    """Return the power of a meter in total and by phase; a `sign` of -1 makes a solar meter's its production."""
    return [
        gauge("actualPowerTot_W", lambda moment: sign * read(moment).power.total),
        *_by_phase("actualPower{}_W", read, lambda reading: reading.power, sign=sign),
    ]


def electrical_fields(read: Reader) -> Sequence[Field]:
    """Return voltages, currents, the frequency and power factors of a three-phase meter."""
    return [
        *_by_phase("voltage{}N_V", read, lambda reading: reading.voltage),
        *_by_phase("current{}_A", read, lambda reading: reading.current, 2),
        *_by_phase("powerFactor{}", read, lambda reading: reading.power_factor, 3),
        gauge("frequency_Hz", lambda moment: read(moment).frequency, 3),
        gauge("powerFactorTot", lambda moment: read(moment).power_factor.total / 3, 3),
        gauge("reacPowerTot_VAr", lambda moment: _reactive(read(moment))),
    ]


def energy_fields(read: Reader, imported: str | None, exported: str | None) -> Sequence[Field]:
    """Return registers and deltas under these words ("imported", "charged" …); None leaves that direction out."""
    fields: list[Field] = []
    for word, attribute in ((imported, "imported"), (exported, "exported")):
        if word is not None:

            def truth(moment: datetime, attribute: str = attribute) -> float:
                return float(getattr(read(moment).registers, attribute))

            fields += [register(f"{word}AbsEnergyTot_Wh", truth), delta(f"{word}EnergyDeltaTot_Wh", truth)]
    return fields


def _by_phase(
    name: str, read: Reader, phases: Callable[[Reading], Phases], decimals: int = 1, sign: int = 1
) -> Sequence[Field]:
    def value(number: int) -> Truth:
        return lambda moment: sign * tuple(phases(read(moment)))[number]

    return [gauge(name.format(phase), value(number), decimals) for number, phase in enumerate(("L1", "L2", "L3"))]


def _reactive(reading: Reading) -> float:
    return sum(
        abs(watts) * sqrt(1 - factor**2) / factor
        for watts, factor in zip(reading.power, reading.power_factor, strict=True)
    )
