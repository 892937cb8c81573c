"""Energy calculated from power, for vendors that give no more than that: pure arithmetic, no Home Assistant.

Between two samples, power is taken to have changed evenly. What is above zero and what is below it are counted apart,
each by a register of its own. Over a gap that is too long nothing is known, and nothing is counted.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
import math
from typing import Annotated

import msgspec

from .vendors.model import Nature, Point, PointId, Quantity, Sample

LONGEST_GAP = 3
"""So many cadences are bridged: a sample is no older when it is stale."""
LONGEST_GAP_WITHOUT_CADENCE = timedelta(hours=1)
HOUR = timedelta(hours=1)
WATT = "W"
WATT_HOUR = "Wh"
_OUTWARD = frozenset({"production", "return_delivery"})
"""Meanings of powers that are positive while energy goes out, to the building or to the grid."""
_NAMED = "named"
"""In the place of a power's meaning, where the vendor names it."""


class Sign(StrEnum):
    """On which side of zero a register counts. The value is the end of its point's key, and frozen for ever."""

    POSITIVE = "_positive_energy"
    NEGATIVE = "_negative_energy"


class CalculatedPoint(Point, frozen=True, kw_only=True):
    """A register that is calculated from the samples of `power`; the vendor knows nothing of it."""

    power: Point


class CountedPower(msgspec.Struct, frozen=True, kw_only=True):
    """A power's last sample, and the watt-hours on each side of zero until then.

    They are None for as long as there was no sample on that side; zero itself is on the positive one.
    """

    point_id: PointId
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    value: float
    positive: float | None = None
    negative: float | None = None

    def counted(self) -> Iterator[tuple[Sign, float]]:
        """The registers that there are, and what they have counted."""
        if self.positive is not None:
            yield Sign.POSITIVE, self.positive
        if self.negative is not None:
            yield Sign.NEGATIVE, self.negative


class CalculatedEnergy:
    """The calculated registers of an account."""

    def __init__(self, powers: Iterable[CountedPower] = ()) -> None:
        self._powers = {one.point_id: one for one in powers}

    def points(self, points: Iterable[Point]) -> Iterator[CalculatedPoint]:
        """The registers that there are of those points so far."""
        for point in points:
            if is_power(point) and (counted := self._powers.get(point.id)) is not None:
                yield from (_register(point, sign) for sign, _ in counted.counted())

    def take(self, power: Point, sample: Sample, newest: datetime) -> bool:
        """Count up to this sample. Returns whether it changed anything. No true sample is later than `newest`."""
        value = sample.value
        if not isinstance(value, float) or not math.isfinite(value) or sample.time > newest:
            return False
        last = self._powers.get(power.id)
        if last is None:
            last = CountedPower(point_id=power.id, time=sample.time, value=value)
        # A last sample with a time to come was taken in with a wrong clock, and must not shut out the true ones.
        elif sample.time < last.time <= newest or (sample.time, value) == (last.time, last.value):
            return False
        gained, lost = 0.0, 0.0
        if last.time < sample.time <= last.time + _longest_gap(power):
            gained, lost = _areas(last.value, value, (sample.time - last.time) / HOUR)
        self._powers[power.id] = msgspec.structs.replace(
            last,
            time=sample.time,
            value=value,
            positive=_added(last.positive, gained, is_there=value >= 0),
            negative=_added(last.negative, lost, is_there=value < 0),
        )
        return True

    def samples(self, power: Point) -> Iterator[tuple[PointId, Sample]]:
        """The registers of a power, as of its last sample."""
        if (counted := self._powers.get(power.id)) is not None:
            for sign, watt_hours in counted.counted():
                yield _register_id(power, sign), Sample(time=counted.time, value=watt_hours)

    def forget(self, device_ids: Collection[str]) -> None:
        """Forget what was counted of those devices."""
        self._powers = {one: counted for one, counted in self._powers.items() if one.device_id not in device_ids}

    def powers(self) -> tuple[CountedPower, ...]:
        """All that was counted."""
        return tuple(self._powers.values())


def is_power(point: Point) -> bool:
    """Whether energy can be calculated from a point's samples."""
    return point.quantity is Quantity.POWER and point.nature is Nature.GAUGE and point.unit == WATT


def _register_id(power: Point, sign: Sign) -> PointId:
    return PointId(device_id=power.id.device_id, key=f"{power.id.key}{sign}")


def _register(power: Point, sign: Sign) -> CalculatedPoint:
    """What is in on one side is out on the other; it is called like its power."""
    goes_out = (sign is Sign.POSITIVE) is (power.meaning in _OUTWARD)
    called = power.meaning or power.quantity.value if power.name is None else _NAMED
    return CalculatedPoint(
        id=_register_id(power, sign),
        quantity=Quantity.ENERGY,
        nature=Nature.REGISTER,
        unit=WATT_HOUR,
        phase=power.phase if power.name is None else None,
        meaning=f"{called}_calculated_{'export' if goes_out else 'import'}",
        cadence=power.cadence,
        noisy=power.noisy,
        power=power,
    )


def _longest_gap(power: Point) -> timedelta:
    return LONGEST_GAP_WITHOUT_CADENCE if power.cadence is None else LONGEST_GAP * power.cadence


def _areas(first: float, last: float, hours: float) -> tuple[float, float]:
    """The areas above and below zero of the line from one power to another."""
    if min(first, last) >= 0 or max(first, last) <= 0:
        area = (first / 2 + last / 2) * hours
        return (area, 0.0) if area > 0 else (0.0, -area)
    before, after = (abs(one) / 2 * hours * (one / (one - other)) for one, other in ((first, last), (last, first)))
    return (before, after) if first > 0 else (after, before)


def _added(counted: float | None, area: float, *, is_there: bool) -> float | None:
    """What a register has counted then. What is beyond all numbers is counted as nothing."""
    if counted is None and not (is_there or area):
        return None
    total = (counted or 0.0) + area
    return total if math.isfinite(total) else counted
