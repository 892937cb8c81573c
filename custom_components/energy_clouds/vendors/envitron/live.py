"""One poll of Envitron buildings: two requests each, and what a failing one costs."""

from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
import math

from ..errors import CannotConnect, NotPermitted, RateLimited, UnexpectedAnswer, VendorError
from ..model import Point, PointId, Problem, Sample
from ..units import factor
from .answers import Measurement
from .asking import Asking
from .known import WATT, Known

OLD_VALUES_EVERY = timedelta(hours=1)
"""How often values older than an hour are asked for anew; they do not change but when the sensor is back."""


@dataclass(slots=True)
class Poll:
    """What one poll brought so far."""

    samples: dict[PointId, Sample] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    failures: list[VendorError] = field(default_factory=list)
    succeeded: bool = False


type Part = tuple[str, Collection[str], Callable[[], Awaitable[None]]]
"""Devices, and what brings their values."""


class LiveValues:
    """Reads the newest values. With `old_values`, also those that the service does not call actual any more."""

    def __init__(self, asking: Asking, known: Known, now: Callable[[], datetime], *, old_values: bool) -> None:
        self._asking = asking
        self._known = known
        self._now = now
        self._old_values = old_values
        self._old_asked: dict[str, tuple[datetime, frozenset[str]]] = {}
        self._broke_off_at: str | None = None

    def requests_for(self, points: Collection[Point]) -> int:
        """How many requests a poll of those points takes, but for those of old values."""
        wanted = self._known.wanted(points)
        return sum(
            (building in wanted) + self._asking.requests_for(building, len(self._sensors(building, wanted)))
            for building in self._known.buildings
        )

    async def read(self, points: Collection[Point]) -> Poll:
        """Read all buildings. A building that fails costs its own devices only.

        Raises what went wrong where nothing went well.
        """
        await self._asking.prepare()
        self._asking.is_strange = False
        poll, goes_on, broke_off_at = Poll(), True, None
        for building, devices, part in self._parts(self._known.wanted(points), poll):
            if goes_on:
                goes_on = await self._is_worth_going_on(part, devices, poll)
                broke_off_at = None if goes_on else building
            else:
                poll.problems.update(dict.fromkeys(devices, Problem.UNREACHABLE))
        self._broke_off_at = broke_off_at
        if poll.failures and not poll.succeeded:
            raise poll.failures[0]
        if self._asking.is_strange and not poll.samples:
            raise UnexpectedAnswer("nothing that came is a value")
        return poll

    def _parts(self, wanted: frozenset[str], poll: Poll) -> Iterator[Part]:
        for building in self._buildings():
            if building in wanted:
                yield building, (building,), partial(self._read_channels, building, poll)
            if sensors := self._sensors(building, wanted):
                devices = {point.id.device_id for point in sensors}
                yield building, devices, partial(self._read_sensors, building, sensors, poll)

    def _buildings(self) -> tuple[str, ...]:
        """All buildings. Where the last poll broke off at one, those behind it come first now."""
        buildings = self._known.buildings
        after = buildings.index(self._broke_off_at) + 1 if self._broke_off_at in buildings else 0
        return buildings[after:] + buildings[:after]

    @staticmethod
    async def _is_worth_going_on(part: Callable[[], Awaitable[None]], devices: Collection[str], poll: Poll) -> bool:
        try:
            await part()
        except (CannotConnect, NotPermitted, RateLimited, UnexpectedAnswer) as err:
            poll.failures.append(err)
            problem = Problem.NOT_PERMITTED if isinstance(err, NotPermitted) else Problem.UNREACHABLE
            poll.problems.update(dict.fromkeys(devices, problem))
            # Where nobody answers, or nothing may be sent, the next building is not to be had either.
            return not isinstance(err, RateLimited) and (not isinstance(err, CannotConnect) or err.answered)
        poll.succeeded = True
        return True

    async def _read_channels(self, building: str, poll: Poll) -> None:
        found = await self._asking.channels(building, old=False)
        if not found and self._is_time_for_old(building, frozenset()):
            # Only an addition: where it fails, the poll is as good as one without it.
            with suppress(VendorError):
                found = await self._asking.channels(building, old=True)
        for one in found:
            if factor(one.unit or WATT, WATT) is not None:
                self._take(self._known.channel(building, one.id), one, poll)

    async def _read_sensors(self, building: str, sensors: list[Point], poll: Poll) -> None:
        ids = [point.id.key for point in sensors]
        self._take_sensors(building, await self._asking.measurements(building, ids, old=False), poll)
        missing = frozenset(point.id.key for point in sensors if point.id not in poll.samples)
        if missing and self._is_time_for_old(f"{building} sensors", missing):
            with suppress(VendorError):
                old = await self._asking.measurements(building, sorted(missing), old=True)
                self._take_sensors(building, [one for one in old if self._known.uuid(one.id) in missing], poll)

    def _is_time_for_old(self, what: str, missing: frozenset[str]) -> bool:
        if not self._old_values:
            return False
        now, (asked, then) = self._now(), self._old_asked.get(what, (None, frozenset()))
        if asked is not None and missing <= then and timedelta(0) <= now - asked < OLD_VALUES_EVERY:
            return False
        self._old_asked[what] = now, missing
        return True

    def _take_sensors(self, building: str, found: list[Measurement], poll: Poll) -> None:
        for one in found:
            if (point := self._known.see(building, one.id)) is not None:
                self._take(point, one, poll)

    @staticmethod
    def _take(point: Point, measured: Measurement, poll: Poll) -> None:
        """The newest sample, in the point's unit; a value in a unit that is not the point's is left out."""
        times = factor(measured.unit or point.unit, point.unit)
        shown = poll.samples.get(point.id)
        if times is None or (shown is not None and shown.time >= measured.time):
            return
        value = measured.value * times
        if math.isfinite(value):
            poll.samples[point.id] = Sample(time=measured.time, value=value)

    def _sensors(self, building: str, wanted: Collection[str]) -> list[Point]:
        return [point for point in self._known.sensors_at(building) if point.id.device_id in wanted]
