"""What is known of an Envitron account: its buildings, hubs and sensors, and the points they make."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import msgspec

from ..model import Device, DeviceKind, Inventory, Nature, Point, PointId, Quantity, Site
from ..units import nature_of, quantity_of, unit_named
from ..values import name, own_name
from .answers import Sensor

ACTUAL_CADENCE = timedelta(minutes=20)
"""The service calls a value actual for an hour, which is three times this."""
WATT = "W"
MANUFACTURER = "Envitron"
_MEANINGS = {
    "consumption": "consumption",
    "delivery": "delivery",
    "production": "production",
    "return_delivery": "return_delivery",
}
_MEDIA = {"water": Quantity.WATER, "gas": Quantity.GAS}
_UNITS_OF_TYPES = {"volume": "m³", "flow": "L/h", "temperature": None, "energy": None}
"""By a type's last word: those of the documents' water meter; None where it is no power, but nobody says in what."""


class Known:
    """The account's inventory. A sensor stays on the device on which it was first seen: its entity's id has both."""

    def __init__(self, inventory: Inventory, cadence: timedelta | None) -> None:
        self._cadence = cadence
        self._sites = {site.id: site for site in inventory.sites}
        self._devices = {device.id: device for device in inventory.devices}
        # The cadence depends on an option, which may have changed since the points were stored.
        self._points = {point.id: msgspec.structs.replace(point, cadence=cadence) for point in inventory.points}
        self._homes = {
            point_id.key: point_id.device_id for point_id in self._points if point_id.device_id not in self._sites
        }
        self._listed_in: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._unseen: dict[str, tuple[Device, Point]] = {}
        self._by_building: defaultdict[str | None, list[Point]] | None = None
        self._changed = any(point.cadence != cadence for point in inventory.points)

    @property
    def buildings(self) -> tuple[str, ...]:
        """The ids of all buildings."""
        return tuple(self._sites)

    def inventory(self) -> Inventory:
        """All that is known; buildings stand before their hubs and sensors."""
        devices = sorted(self._devices.values(), key=lambda device: device.parent_id is not None)
        self._changed = False
        return Inventory(
            sites=tuple(self._sites.values()),
            devices=tuple(devices),
            points=tuple(self._points.values()),
            # Hubs and sensors are. Where only buildings are listed, nothing is said of those.
            in_one_list=any(device.id not in self._sites for device in devices),
        )

    def changed_inventory(self) -> Inventory | None:
        """All that is known, if it is more than `inventory` returned last."""
        return self.inventory() if self._changed else None

    def list_now(self, buildings: Sequence[tuple[str, str | None]], sensors: dict[str, list[Sensor] | None]) -> None:
        """Take in a complete list of buildings, and each one's sensors; None where those could not be listed."""
        before, points = self._devices, self._points
        self._devices, self._points, self._unseen = {}, {}, {}
        self._sites = {building: Site(id=building, name=called or building) for building, called in buildings}
        for building, called in buildings:
            device = Device(id=building, kind=DeviceKind.BUILDING, name=called, site_id=building)
            self._add(device, before.get(building))
            listed = sensors.get(building)
            if listed is None:
                self._devices = {one.id: one for one in before.values() if one.site_id == building} | self._devices
            for sensor in listed or ():
                self._add_sensor(building, sensor, before)
        self._by_building = None
        kept = {
            point_id: point
            for point_id, point in points.items()
            if point_id.device_id in self._devices and not self._is_listed_no_longer(point, sensors)
        }
        self._points = kept | self._points

    def sensors_at(self, building: str) -> list[Point]:
        """The points of all sensors in a building."""
        if self._by_building is None:
            self._by_building = defaultdict(list)
            for point in self._points.values():
                if self._is_sensor(point.id):
                    self._by_building[self._building_of(point.id)].append(point)
        return self._by_building.get(building, [])

    def uuid(self, sensor: str) -> str:
        """The id of a sensor, which may be called by its numeric id."""
        return self._numbers.get(sensor, sensor)

    def see(self, building: str, sensor: str) -> Point | None:
        """The point of a sensor of that building that has a value; None where no such sensor is listed."""
        sensor_id = self.uuid(sensor)
        if sensor_id in self._unseen and self._listed_in[sensor_id] == building:
            device, point = self._unseen.pop(sensor_id)
            self._add(device, self._devices.get(device.id))
            self._put(point)
            self._changed = True
        point_id = PointId(device_id=self._homes.get(sensor_id, ""), key=sensor_id)
        return self._points.get(point_id) if self._building_of(point_id) == building else None

    def channel(self, building: str, channel: str) -> Point:
        """The point of a building's own value, which is learnt when it is first seen."""
        point_id = PointId(device_id=building, key=channel)
        if point_id not in self._points:
            self._changed = True
            self._points[point_id] = Point(
                id=point_id,
                quantity=Quantity.POWER,
                nature=Nature.GAUGE,
                unit=WATT,
                meaning=_MEANINGS.get(channel),
                name=None if channel in _MEANINGS else channel.replace("_", " ").capitalize(),
                cadence=self._cadence,
            )
        return self._points[point_id]

    def wanted(self, points: Collection[Point]) -> frozenset[str]:
        """The devices of those points, and those of which no point is known yet."""
        return frozenset({point.id.device_id for point in points}) | (
            self._devices.keys() - {point_id.device_id for point_id in self._points}
        )

    def _add_sensor(self, building: str, sensor: Sensor, before: Mapping[str, Device]) -> None:
        if sensor.id in self._sites:
            return
        if sensor.number is not None:
            self._numbers[sensor.number] = sensor.id
        self._listed_in[sensor.id] = building
        device = self._device_of(building, sensor, before)
        point = self._point(device, sensor)
        if sensor.id not in self._homes and point.quantity is not Quantity.POWER:
            # The endpoints that are known give watts; what they do not give is not to be shown as missing.
            self._unseen[sensor.id] = device, point
            return
        self._add(device, self._devices.get(device.id))
        self._put(point)

    def _device_of(self, building: str, sensor: Sensor, before: Mapping[str, Device]) -> Device:
        """The device that a sensor is on; where that is not its hub or itself any more, as it was known before."""
        hub, home = sensor.hub, self._homes.get(sensor.id)
        if hub is not None and hub.id not in self._sites and home in (None, hub.id):
            device = Device(id=hub.id, kind=DeviceKind.SENSOR_HUB, name=hub.name)
        else:
            device = Device(id=home or sensor.id, kind=DeviceKind.SENSOR, name=sensor.name)
            if device.id != sensor.id:
                device = self._devices.get(device.id) or before.get(device.id, device)
        known = self._devices.get(device.id)
        if known is None:
            return msgspec.structs.replace(device, site_id=building, parent_id=building)
        return msgspec.structs.replace(known, kind=device.kind, name=device.name or known.name)

    def _add(self, device: Device, known: Device | None) -> None:
        named = device.name or (known.name if known is not None else None)
        self._devices[device.id] = msgspec.structs.replace(device, name=named, manufacturer=MANUFACTURER)

    def _put(self, point: Point) -> None:
        self._by_building = None
        self._points[point.id] = point
        self._homes[point.id.key] = point.id.device_id

    def _point(self, device: Device, sensor: Sensor) -> Point:
        kind = (sensor.type or "").casefold()
        unit = unit_named(sensor.unit) or name(sensor.unit)
        if kind in _MEANINGS or quantity_of(unit) is Quantity.POWER:
            # Whatever such a sensor counts in, the endpoints that are known give it in watts.
            unit = WATT
        elif sensor.unit is None:
            unit = _UNITS_OF_TYPES.get(kind.rpartition("_")[2], WATT)
        quantity = quantity_of(unit)
        if quantity is Quantity.VOLUME:
            quantity = next((medium for word, medium in _MEDIA.items() if word in kind), quantity)
        return Point(
            id=PointId(device_id=device.id, key=sensor.id),
            quantity=quantity,
            nature=nature_of(quantity),
            unit=unit,
            meaning=_MEANINGS.get(kind) if quantity is Quantity.POWER else None,
            name=own_name(sensor.name, device.name),
            cadence=self._cadence,
        )

    def _is_sensor(self, point_id: PointId) -> bool:
        return point_id.device_id not in self._sites

    def _building_of(self, point_id: PointId) -> str | None:
        """The building in whose list a sensor is: not that of its device, should it have moved."""
        device = self._devices.get(point_id.device_id)
        return self._listed_in.get(point_id.key, device.site_id if device is not None else None)

    def _is_listed_no_longer(self, point: Point, sensors: dict[str, list[Sensor] | None]) -> bool:
        """Whether a complete list of the point's building has its sensor no longer."""
        return self._is_sensor(point.id) and sensors.get(self._building_of(point.id) or "") is not None
