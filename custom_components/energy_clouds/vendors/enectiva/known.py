"""What is known of an Enectiva account: its meters, what was typed in besides, and the points they make."""

from collections.abc import Collection
import re
from typing import Final

from ..base import Options
from ..model import Device, DeviceKind, Inventory, Nature, Point, PointId, Quantity, Site
from .answers import Dated, Meter
from .energies import UNITS, USUAL_UNITS, Energy, counted

MANUFACTURER: Final = "Enectiva"
READING: Final = "reading"
MONTH: Final = "month"
VALUE: Final = "value"
DATA_SERIES: Final = "data_series"
VIRTUAL_METERS: Final = "virtual_meters"
_PREFIXES: Final = {DeviceKind.DATA_SERIES: "data_series_", DeviceKind.VIRTUAL_METER: "virtual_meter_"}
_TYPED_ID: Final = re.compile(r"[\w-]{1,100}", re.ASCII)


def meters_option(energy: Energy) -> str:
    """The option that has the meters of an energy which nothing else tells."""
    return f"{energy.value}_meters"


def unit_option(energy: Energy) -> str:
    """The option that has an energy's unit, where the answers have none."""
    return f"{energy.value}_unit"


class Choices:
    """What a person chose in the options, as far as it can be."""

    def __init__(self, options: Options) -> None:
        self.data_series = _ids(options.get(DATA_SERIES))
        self.virtual_meters = _ids(options.get(VIRTUAL_METERS))
        self._energies = {device: energy for energy in Energy for device in _texts(options.get(meters_option(energy)))}
        self._units = {energy: unit for energy in Energy if (unit := options.get(unit_option(energy))) in UNITS[energy]}

    def energy(self, device_id: str) -> Energy | None:
        """The energy that was chosen for a device."""
        return self._energies.get(device_id)

    def unit(self, energy: Energy | None) -> str | None:
        """The unit of an energy: the chosen one, else the usual one."""
        if energy is None:
            return None
        chosen = self._units.get(energy)
        return chosen if isinstance(chosen, str) else USUAL_UNITS.get(energy)


class Known:
    """The account's inventory. What a device has to show becomes a point when the first value of it comes in."""

    def __init__(self, inventory: Inventory, choices: Choices) -> None:
        self._choices = choices
        self._sites = {site.id: site for site in inventory.sites}
        self._devices = {device.id: device for device in inventory.devices if device.kind is DeviceKind.METER}
        self._told: dict[str, tuple[Energy | None, str | None]] = {}
        self._told_with_values: dict[PointId, tuple[Energy | None, str | None]] = {}
        for kind, ids in (
            (DeviceKind.DATA_SERIES, choices.data_series),
            (DeviceKind.VIRTUAL_METER, choices.virtual_meters),
        ):
            for typed in ids:
                device_id = f"{_PREFIXES[kind]}{typed}"
                self._devices[device_id] = Device(id=device_id, kind=kind, manufacturer=MANUFACTURER, serial=typed)
        self._points = {point.id: point for point in inventory.points if point.id.device_id in self._devices}
        self._typed_no_more = frozenset(device.id for device in inventory.devices) - self._devices.keys()
        self._changed = False
        self.is_incomplete = False
        """Whether something came in of which only a new list can tell what it is."""

    def __getitem__(self, device_id: str) -> Device:
        """The device of that id."""
        return self._devices[device_id]

    @property
    def devices(self) -> Collection[Device]:
        """All devices."""
        return self._devices.values()

    @property
    def point_ids(self) -> Collection[PointId]:
        """The ids of all points that are known."""
        return self._points.keys()

    @property
    def meters(self) -> frozenset[str]:
        """The ids of all meters that are listed."""
        return frozenset(device.id for device in self._devices.values() if device.kind is DeviceKind.METER)

    def inventory(self, retired: Collection[str] = ()) -> Inventory:
        """All that is known."""
        self._changed = False
        return Inventory(
            sites=tuple(self._sites.values()),
            devices=tuple(self._devices.values()),
            points=tuple(self._points.values()),
            retired=self._typed_no_more | frozenset(retired),
        )

    def changed_inventory(self) -> Inventory | None:
        """All that is known, if it is more than `inventory` returned last."""
        return self.inventory() if self._changed else None

    def list_sites(self, entities: Collection[tuple[str, str]]) -> None:
        """Take in a complete list of the organisational units."""
        self._sites = {entity: Site(id=entity, name=entity_name) for entity, entity_name in entities}

    def list_meters(self, meters: Collection[Meter]) -> None:
        """Take in a complete list of the meters."""
        typed = {device.id: device for device in self._devices.values() if device.kind is not DeviceKind.METER}
        self._devices = {
            meter.id: Device(
                id=meter.id,
                kind=DeviceKind.METER,
                name=meter.name,
                site_id=meter.entity_id,
                manufacturer=MANUFACTURER,
                serial=meter.serial,
            )
            for meter in meters
        } | typed
        self._told = {meter.id: (meter.energy, meter.unit) for meter in meters}
        self.is_incomplete = False
        self._points = {
            point_id: point for point_id, point in self._points.items() if point_id.device_id in self._devices
        }
        for point in list(self._points.values()):
            if point.id.device_id in self._told:
                self._points[point.id] = self._counting(point.id)

    def has(self, device_id: str, key: str) -> bool:
        """Whether there is such a point."""
        return PointId(device_id=device_id, key=key) in self._points

    def learn(self, device_id: str, key: str, row: Dated) -> Point | None:
        """The point of a value that came in; None where only a new list of the meters tells what it is."""
        point_id = PointId(device_id=device_id, key=key)
        known = self._points.get(point_id)
        is_meter = self._devices[device_id].kind is DeviceKind.METER
        if is_meter and device_id not in self._told:
            # After a restart; what was told when the meter was listed is in the stored points.
            self.is_incomplete = self.is_incomplete or known is None
            return known
        self._told_with_values[point_id] = row.energy, row.unit
        point = self._series(point_id) if key == VALUE else self._counting(point_id)
        if point != known:
            self._points[point_id] = point
            self._changed = True
        return point

    @staticmethod
    def _series(point_id: PointId) -> Point:
        return Point(id=point_id, quantity=Quantity.NUMBER, nature=Nature.GAUGE)

    def _counting(self, point_id: PointId) -> Point:
        """The register of a meter, or its month: of the energy and in the unit that somebody told, never a guess."""
        listed_energy, listed_unit = self._told.get(point_id.device_id, (None, None))
        energy, unit = self._told_with_values.get(point_id, (None, None))
        energy = listed_energy or energy or self._choices.energy(point_id.device_id)
        unit = listed_unit or unit or self._choices.unit(energy)
        is_month = point_id.key == MONTH
        return Point(
            id=point_id,
            quantity=counted(energy, unit),
            nature=Nature.INTERVAL if is_month else Nature.REGISTER,
            unit=unit,
            meaning="consumption_this_month" if is_month else "meter_reading",
            running=is_month,
        )


def vendor_id(device: Device) -> str:
    """The id by which Enectiva knows a device."""
    return device.id.removeprefix(_PREFIXES.get(device.kind, ""))


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _ids(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in _texts(value) if _TYPED_ID.fullmatch(one)))
