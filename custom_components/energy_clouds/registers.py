"""Keeps a register's momentary drop from being published: pure logic, no Home Assistant.

A counter that reads 0, or an older value, for one poll would be taken for a replaced meter, and its whole content added
to the energy dashboard. A drop counts only when a second, later sample confirms it. What was measured at one instant,
and is told again as less, is a correction, once it has been told twice.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from .vendors.model import PointId, Sample

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far ahead of now a measurement time may be."""


class RegisterReading(msgspec.Struct, frozen=True, kw_only=True):
    """A register's last accepted sample, as it is kept over restarts."""

    point_id: PointId
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    value: float


class RegisterGuard:
    """Decides for each register sample whether it may be published."""

    def __init__(self, accepted: Iterable[RegisterReading] = ()) -> None:
        self._accepted = {reading.point_id: Sample(time=reading.time, value=reading.value) for reading in accepted}
        self._suspected: dict[PointId, Sample] = {}

    def accepts(self, point_id: PointId, sample: Sample, now: datetime) -> bool:
        """Whether this sample is no drop, or a drop that an earlier sample announced; never one older than accepted."""
        value = _number(sample)
        last, suspect = self._accepted.get(point_id), self._suspected.get(point_id)
        # A sample that was accepted with a time to come (the clock was wrong then) must not shut out the true ones.
        if last is not None and sample.time < last.time <= now + CLOCK_TOLERANCE:
            return False
        dropped = last is not None and value < _number(last)
        later = suspect is None or sample.time > suspect.time
        # The vendor that tells the same measurement twice, and lower than at first, has corrected it.
        corrected = last is not None and sample == suspect and sample.time == last.time
        confirmed = corrected or (suspect is not None and later and value >= _number(suspect))
        if dropped and not confirmed:
            if later:
                self._suspected[point_id] = sample
            return False
        self._suspected.pop(point_id, None)
        self._accepted[point_id] = sample
        return True

    def last(self, point_id: PointId) -> Sample | None:
        """The last accepted sample."""
        return self._accepted.get(point_id)

    def forget(self, device_ids: Collection[str]) -> None:
        """Forget the registers of those devices."""
        for known in (self._accepted, self._suspected):
            for point_id in [one for one in known if one.device_id in device_ids]:
                del known[point_id]

    def readings(self) -> tuple[RegisterReading, ...]:
        """The last accepted sample of each register."""
        return tuple(
            RegisterReading(point_id=point_id, time=sample.time, value=_number(sample))
            for point_id, sample in self._accepted.items()
        )


def _number(sample: Sample) -> float:
    if not isinstance(sample.value, float):
        raise TypeError(f"a register's value is a number, not {type(sample.value).__name__}")
    return sample.value
