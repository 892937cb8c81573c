"""What is true of the simulated Envitron account."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from tests.simulators.envitron import BASE, Building, EnvitronSimulator, Sensor
from tests.simulators.envitron.telemetry import Measurement

from .calculated import registers
from .truth import Expected, Row, Rows, floor

LAG = timedelta(seconds=105)
"""How long ago the last poll may have been: one and a half polls of a minute, and a moment to take it in."""
MOMENT = timedelta(milliseconds=100)
"""How much later than its request an answer may be."""
_WATT = "W"
_CHANNELS: Mapping[str, Mapping[str, int]] = {
    "consumption": {"delivery": 1, "return_delivery": -1},
    "production": {"production": 1},
}
"""A building's own values, each the sum of its sensors of these types with these signs."""

type _Signed = tuple[int, Sensor]


class EnvitronTruth:
    """Knows what the sensors measure in the world, each at its own times, and what the polls so far were told of it.

    Only watts are told by the service: there is no entity of any other sensor, nor a device that has no other.
    """

    def __init__(self, simulator: EnvitronSimulator) -> None:
        """Judge by this simulator's world; nothing is asked through its service."""
        self._simulator = simulator

    def devices(self) -> Collection[str]:
        """Return the hubs, the sensors that are on none, and the buildings."""
        homes = {_home(sensor) for sensor in self._watts()}
        return [*homes, *(uuid for uuid, building in self._simulator.buildings.items() if _channels(building))]

    def rows(self, device_id: str, now: datetime) -> Sequence[Rows]:
        """Return the rows of each sensor by itself, and of its energy; a building's of each of its channels."""
        building = self._simulator.buildings.get(device_id)
        if building is not None:
            channels = _channels(building)
            powers = [_rows(channel, parts, now) for channel, parts in channels.items()]
            return [*powers, *(one for channel in channels for one in self._channel_energy(building, channel, now))]
        sensors = [sensor for sensor in self._watts() if _home(sensor) == device_id]
        powers = [_rows(sensor.uuid, [(1, part) for part in self._parts(sensor)], now) for sensor in sensors]
        return [*powers, *(one for sensor in sensors for one in self._sensor_energy(sensor, now))]

    def _channel_energy(self, building: Building, channel: str, now: datetime) -> Iterator[Rows]:
        def measured(time: datetime) -> Measurement | None:
            found = self._simulator.telemetry.electricity(building, time, fresh=True)
            value = None if found is None else found.quantities.get(channel)
            return None if found is None or value is None else Measurement(found.time, value.value)

        return self._energy(channel, f"{building.uuid}/electricity/actual", measured, now)

    def _sensor_energy(self, sensor: Sensor, now: datetime) -> Iterator[Rows]:
        building = self._simulator.buildings[sensor.building]

        def measured(time: datetime) -> Measurement | None:
            return self._simulator.telemetry.actual(building, sensor, time)

        return self._energy(sensor.uuid, f"{building.uuid}/electricity/sensors/actual", measured, now)

    def _energy(
        self, key: str, endpoint: str, measured: Callable[[datetime], Measurement | None], now: datetime
    ) -> Iterator[Rows]:
        """Return what the calculated registers of a power are after each of the newest polls."""
        path = f"{BASE}/buildings/{endpoint}/"
        polls = [one.time for one in self._simulator.requests if one.path == path and one.status == 200]
        rows, before = [], list[Measurement]()
        for poll in polls:
            if poll >= now - LAG:
                told = {measured(poll), measured(poll + MOMENT)}
                rows += [Row(one.time, registers(key, [*before, one])) for one in told if one is not None]
            if (sample := measured(poll)) is not None:
                before.append(sample)
        if rows:
            # A poll brings later ones of these with those of the power.
            yield Rows(rows, rare=True)

    def _watts(self) -> Iterator[Sensor]:
        return (sensor for sensor in self._simulator.sensors.values() if sensor.unit == _WATT)

    def _parts(self, sensor: Sensor) -> Sequence[Sensor]:
        """Return what is measured: a combined sensor measures nothing itself."""
        return [self._simulator.sensors[uuid] for uuid in sensor.contributors] or [sensor]


def _home(sensor: Sensor) -> str:
    return sensor.uuid if sensor.hub is None else sensor.hub.uuid


def _channels(building: Building) -> dict[str, list[_Signed]]:
    found = {
        channel: [(signs[one.type], one) for one in building.sensors.values() if one.type in signs]
        for channel, signs in _CHANNELS.items()
    }
    return {channel: parts for channel, parts in found.items() if parts}


def _rows(key: str, parts: Sequence[_Signed], now: datetime) -> Rows:
    """Return the sums of the newest measurements of `parts`, as they were at each moment that a poll may have been."""
    times = sorted({time for _, part in parts for time in _times(part, now)})
    return Rows(
        [
            Row(time, {key: Expected(sum(sign * part.value(_newest(part, time)) for sign, part in parts), unit=_WATT)})
            for time in times
        ]
    )


def _times(sensor: Sensor, now: datetime) -> Iterator[datetime]:
    time, oldest = _newest(sensor, now), _newest(sensor, now - LAG)
    while time >= oldest:
        yield time
        time -= timedelta(seconds=sensor.interval)


def _newest(sensor: Sensor, now: datetime) -> datetime:
    return floor(now, timedelta(seconds=sensor.interval), timedelta(seconds=sensor.phase))
