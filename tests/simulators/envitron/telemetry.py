"""What the service has received: the newest measurement of each sensor, and what it makes of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .inventory import Building, Sensor

FRESH = timedelta(hours=1)
"""`actual` has no older measurements."""
TOGETHER = timedelta(seconds=120)
"""Measurements this far apart still belong together."""

_QUANTITIES = {"consumption": {"delivery": 1, "return_delivery": -1}, "production": {"production": 1}}
"""A building's quantities, each the sum of its sensors of these types with these signs: consumption is what flows
through the main connection, negative while the building exports."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value and when it was measured."""

    time: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Electricity:
    """A building's watts by quantity; None for those it has no measurement of."""

    time: datetime
    quantities: dict[str, Measurement | None]


class Telemetry:
    """The newest measurements of all sensors; a silenced sensor's stays the one of the moment it fell silent."""

    def __init__(self) -> None:
        """Begin with all sensors transmitting."""
        self.silences: dict[str, datetime] = {}

    def measured_at(self, building: Building, sensor: Sensor, now: datetime) -> datetime:
        """Return the time of a sensor's newest measurement; a combined one has its oldest contributor's."""
        if sensor.contributors:
            return min(self._contributed(building, sensor, now), default=now)
        silent_since = self.silences.get(sensor.uuid)
        if silent_since is not None and silent_since <= now:
            return silent_since
        passed = (now.timestamp() - sensor.phase) // sensor.interval
        return datetime.fromtimestamp(passed * sensor.interval + sensor.phase, UTC)

    def latest(self, building: Building, sensor: Sensor, now: datetime) -> Measurement | None:
        """Return a sensor's newest measurement, however old."""
        if not sensor.contributors:
            time = self.measured_at(building, sensor, now)
            return Measurement(time, sensor.value(time))
        parts = (self.latest(building, part, now) for part in self._contributing(building, sensor))
        measured = [part for part in parts if part is not None]
        if len(measured) < len(sensor.contributors):
            return None
        return _sum(measured)

    def actual(self, building: Building, sensor: Sensor, now: datetime) -> Measurement | None:
        """Return a sensor's newest measurement if it is fresh, and its contributors' if they belong together."""
        measurement = self.latest(building, sensor, now)
        if measurement is None or now - measurement.time > FRESH:
            return None
        times = self._contributed(building, sensor, now)
        return None if times and max(times) - min(times) > TOGETHER else measurement

    def electricity(self, building: Building, now: datetime, *, fresh: bool) -> Electricity | None:
        """Return a building's electricity from the sensors that transmitted shortly before the newest measurement."""
        signs = {name: sign for types in _QUANTITIES.values() for name, sign in types.items()}
        measured = [
            (sensor.type, Measurement(measurement.time, signs[sensor.type] * measurement.value))
            for sensor in building.sensors.values()
            if sensor.unit == "W" and sensor.type in signs
            if (measurement := self.latest(building, sensor, now)) is not None
        ]
        newest = max((part.time for _, part in measured), default=None)
        if newest is None or (fresh and now - newest > FRESH):
            return None
        recent = [(name, part) for name, part in measured if newest - part.time <= TOGETHER]
        return Electricity(
            min(part.time for _, part in recent),
            {quantity: _sum(part for name, part in recent if name in types) for quantity, types in _QUANTITIES.items()},
        )

    def _contributed(self, building: Building, sensor: Sensor, now: datetime) -> list[datetime]:
        return [self.measured_at(building, part, now) for part in self._contributing(building, sensor)]

    def _contributing(self, building: Building, sensor: Sensor) -> list[Sensor]:
        return [building.sensors[uuid] for uuid in sensor.contributors if uuid in building.sensors]


def _sum(parts: Iterable[Measurement]) -> Measurement | None:
    measured = list(parts)
    if not measured:
        return None
    return Measurement(min(part.time for part in measured), sum(part.value for part in measured))
