"""How the service writes buildings, sensors and values, in the switched variant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .inventory import Building, Hub, Sensor
from .switches import EnvitronSwitches
from .telemetry import Electricity, Measurement


@dataclass(frozen=True, slots=True)
class Shapes:
    """Writes what is answered."""

    switches: EnvitronSwitches

    def building(self, building: Building) -> dict[str, Any]:
        """Return a row of the list of buildings."""
        numeric = {} if self.switches.building_key == "id" else {"id": building.id}
        return {self.switches.building_key: building.uuid, "name": building.name, **numeric}

    def sensor(self, sensor: Sensor) -> dict[str, Any]:
        """Return a row of the list of sensors."""
        switches = self.switches
        unit = {"unit": sensor.unit} if switches.units else {}
        hub: dict[str, Any] = {} if switches.hub == "absent" else {switches.hub_key: self._hub(sensor.hub)}
        named = {"id": sensor.id, "uuid": sensor.uuid, "name": sensor.name}
        return {**named, switches.sensor_type_key: sensor.type, **unit, **hub}

    def electricity(self, electricity: Electricity) -> dict[str, Any]:
        """Return a building's electricity."""
        present = {
            quantity: measurement
            for quantity, measurement in electricity.quantities.items()
            if measurement is not None or self.switches.null_values
        }
        if self.switches.electricity == "nested":
            return {"electricity": {quantity: self._value(measurement) for quantity, measurement in present.items()}}
        values = {quantity: measurement and measurement.value for quantity, measurement in present.items()}
        return {self.switches.time_key: self._time(electricity.time), **values}

    def rows(self, measured: list[tuple[Sensor, Measurement | None]]) -> Any:
        """Return the values of sensors."""
        if self.switches.sensor_rows == "by_uuid":
            return {sensor.uuid: self._value(measurement) for sensor, measurement in measured}
        rows = [{**self._reference(sensor), **self._value(measurement)} for sensor, measurement in measured]
        return rows[0] if self.switches.sensor_rows == "single" and len(rows) == 1 else rows

    def _hub(self, hub: Hub | None) -> Any:
        if hub is None:
            return None
        forms: Mapping[str, Any] = {
            "object": {"id": hub.id, "uuid": hub.uuid, "name": hub.name},
            "uuid": hub.uuid,
            "id": hub.id,
        }
        return forms[self.switches.hub]

    def _reference(self, sensor: Sensor) -> dict[str, Any]:
        if self.switches.uuid_key == "sensor":
            return {"sensor": {"id": sensor.id, "uuid": sensor.uuid, "name": sensor.name}}
        return {self.switches.uuid_key: sensor.uuid}

    def _value(self, measurement: Measurement | None) -> dict[str, Any]:
        time = None if measurement is None else self._time(measurement.time)
        return {
            self.switches.time_key: time,
            self.switches.value_key: None if measurement is None else measurement.value,
        }

    def _time(self, moment: datetime) -> int | str:
        seconds = int(moment.timestamp())
        forms: Mapping[str, int | str] = {
            "seconds": seconds,
            "milliseconds": 1000 * seconds,
            "string": str(seconds),
            "iso": datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return forms[self.switches.time_format]
