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
WITHOUT_UNIT: Final = "_without_unit"
"""What a point's key ends with while nobody has told the unit: it is another point, whose values have another unit."""
DATA_SERIES: Final = "data_series"
VIRTUAL_METERS: Final = "virtual_meters"
_PREFIXES: Final = {DeviceKind.DATA_SERIES: "data_series_", DeviceKind.VIRTUAL_METER: "virtual_meter_"}
MOST_UNLISTED: Final = 3
"""A meter is gone when so many lists in a row have missed it."""
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
        # By what was asked for, whether or not its unit was told.
        self._points = {asked_for(point.id): point for point in inventory.points if point.id.device_id in self._devices}
        self._unlisted: dict[str, int] = {}
        self._typed_no_more = frozenset(device.id for device in inventory.devices) - self._devices.keys()
        self._changed = False
        self.is_incomplete = False
        """Whether something came in of which only a new list can tell what it is."""

    @property
    def devices(self) -> Collection[Device]:
        """All devices."""
        return self._devices.values()

    @property
    def point_ids(self) -> Collection[PointId]:
        """The ids of all points that are known, but for what they end with."""
        return self._points.keys()

    def shown(self, device_id: str) -> dict[str, PointId]:
        """The points of a device, by what they were asked for."""
        return {asked.key: point.id for asked, point in self._points.items() if asked.device_id == device_id}

    @property
    def meters(self) -> frozenset[str]:
        """The ids of all meters that are listed."""
        return frozenset(device.id for device in self._devices.values() if device.kind is DeviceKind.METER)

    def inventory(self, retired: Collection[str] = ()) -> Inventory:
        """All that is known."""
        self._changed = False
        return Inventory(
            sites=tuple(self._sites.values()),
            devices=tuple(device for device in self._devices.values() if device.id not in self._unlisted),
            points=tuple(point for point in self._points.values() if point.id.device_id not in self._unlisted),
            retired=self._typed_no_more | frozenset(retired),
        )

    def changed_inventory(self) -> Inventory | None:
        """All that is known, if it is more than `inventory` returned last."""
        return self.inventory() if self._changed else None

    def list_sites(self, entities: Collection[tuple[str, str]]) -> None:
        """Take in a complete list of the organisational units."""
        self._sites = {entity: Site(id=entity, name=entity_name) for entity, entity_name in entities}

    def list_meters(self, meters: Collection[Meter], retired: Collection[str] = ()) -> None:
        """Take in a complete list of the meters.

        One that it misses is read for a while longer, as it is shown for a while longer; an empty list says nothing.
        """
        typed = {device.id: device for device in self._devices.values() if device.kind is not DeviceKind.METER}
        missed = self.meters - {meter.id for meter in meters} - set(retired)
        unlisted = {meter: self._unlisted.get(meter, 0) + bool(meters) for meter in missed}
        self._unlisted = {meter: times for meter, times in unlisted.items() if times < MOST_UNLISTED}
        kept = {meter: self._devices[meter] for meter in self._unlisted}
        self._devices = (
            {
                meter.id: Device(
                    id=meter.id,
                    kind=DeviceKind.METER,
                    name=meter.name,
                    site_id=meter.entity_id,
                    manufacturer=MANUFACTURER,
                    serial=meter.serial,
                )
                for meter in meters
            }
            | kept
            | typed
        )
        self._told = {meter.id: (meter.energy, meter.unit) for meter in meters}
        self.is_incomplete = False
        self._points = {
            asked: self._counting(asked) if asked.device_id in self._told else point
            for asked, point in self._points.items()
            if asked.device_id in self._devices
        }

    def has(self, device_id: str, key: str) -> bool:
        """Whether there is a point of that."""
        return PointId(device_id=device_id, key=key) in self._points

    def learn(self, device_id: str, key: str, row: Dated) -> Point | None:
        """The point of a value that came in; None where only a new list of the meters tells what it is."""
        asked = PointId(device_id=device_id, key=key)
        known = self._points.get(asked)
        is_meter = self._devices[device_id].kind is DeviceKind.METER
        if is_meter and device_id not in self._told:
            # After a restart; what was told when the meter was listed is in the stored points.
            self.is_incomplete = self.is_incomplete or known is None
            return known
        energy, unit = self._told_with_values.get(asked, (None, None))
        self._told_with_values[asked] = row.energy or energy, row.unit or unit
        point = self._series(asked) if key == VALUE else self._counting(asked)
        if point != known:
            self._points[asked] = point
            self._changed = True
        return point

    @staticmethod
    def _series(point_id: PointId) -> Point:
        return Point(id=point_id, quantity=Quantity.NUMBER, nature=Nature.GAUGE)

    def _counting(self, asked: PointId) -> Point:
        """The register of a meter, or its month: of the energy and in the unit that somebody told, never a guess."""
        listed_energy, listed_unit = self._told.get(asked.device_id, (None, None))
        energy, unit = self._told_with_values.get(asked, (None, None))
        energy = listed_energy or energy or self._choices.energy(asked.device_id)
        unit = listed_unit or unit or self._choices.unit(energy)
        known = self._points.get(asked)
        if unit is None and asked not in self._told_with_values and known is not None and known.unit is not None:
            # Told by a value before a restart: the next one tells whether it still is.
            return known
        is_month = asked.key == MONTH
        keys = asked.key, f"{asked.key}{WITHOUT_UNIT}"
        key, other = keys if unit is not None else reversed(keys)
        meaning = "consumption_this_month" if is_month else "meter_reading"
        return Point(
            id=PointId(device_id=asked.device_id, key=key),
            quantity=counted(energy, unit),
            nature=Nature.INTERVAL if is_month else Nature.REGISTER,
            unit=unit,
            meaning=meaning if unit is not None else f"{meaning}{WITHOUT_UNIT}",
            running=is_month,
            replaces=other,
        )


def asked_for(point_id: PointId) -> PointId:
    """A point's id without what it ends with while its unit is not told."""
    return PointId(device_id=point_id.device_id, key=point_id.key.removesuffix(WITHOUT_UNIT))


def vendor_id(device: Device) -> str:
    """The id by which Enectiva knows a device."""
    return device.id.removeprefix(_PREFIXES.get(device.kind, ""))


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _ids(value: object) -> tuple[str, ...]:
    """The ids that were typed in, be it several into one field."""
    typed = (one for text in _texts(value) for one in re.split(r"[,;\s]+", text))
    return tuple(dict.fromkeys(one for one in typed if _TYPED_ID.fullmatch(one)))
