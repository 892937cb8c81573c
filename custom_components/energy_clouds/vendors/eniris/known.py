"""What is known of an Eniris account: its tree of devices, where their rows are, and the points they make."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
import re
from types import MappingProxyType
from typing import Final

import msgspec

from ..model import Device, DeviceKind, Inventory, Point, PointId, Site
from ..values import LONGEST_ID, name
from .answers import Listed, Source
from .fields import PREFIX, Field, counter_beside, field_named, field_of_value, is_delta, spoken

CADENCE: Final = timedelta(minutes=5)
"""A value is shown for three times this: a controller may send in batches."""
MANUFACTURER: Final = "Eniris"
_SITE: Final = "smartgridControllerSite"
_KINDS: Final = MappingProxyType(
    {
        "smartgridController": DeviceKind.GATEWAY,
        _SITE: DeviceKind.INSTALLATION,
        "switchboard": DeviceKind.SWITCHBOARD,
        "powerMeter": DeviceKind.METER,
        "gridMeter": DeviceKind.METER,
        "hybridInverter": DeviceKind.INVERTER,
        "solarInverter": DeviceKind.INVERTER,
        "battery": DeviceKind.BATTERY,
        "solarOptimizer": DeviceKind.SOLAR_PANELS,
        "solarString": DeviceKind.SOLAR_PANELS,
        "evCharger": DeviceKind.CHARGING_POINT,
        "heatPump": DeviceKind.HEAT_PUMP,
        "boiler": DeviceKind.BOILER,
    }
)
"""A label, and nothing else: a device of any other kind has its points all the same."""
_PERIOD: Final = re.compile(r"rp_(one|two|five|ten|fifteen|thirty)_(s|m|h|d)")
_COUNTS: Final = MappingProxyType({"one": 1, "two": 2, "five": 5, "ten": 10, "fifteen": 15, "thirty": 30})
_SECONDS: Final = MappingProxyType({"s": 1, "m": 60, "h": 3600, "d": 86400})
_FRESH: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Query:
    """Fields of one device that are in the same rows, and how far apart those are."""

    device_id: str
    source: Source
    fields: tuple[str, ...]
    period: timedelta


@dataclass(slots=True)
class _Node:
    listed: Listed
    parent: str | None = None
    site: str | None = None
    queries: tuple[Query, ...] = ()
    keys: frozenset[str] | None = None
    """Those of all points that its series can make; None where they are not shown."""


class Known:
    """The account's inventory. Where rows are is known once the devices have been listed in this process."""

    def __init__(self, inventory: Inventory) -> None:
        self._sites = inventory.sites
        self._devices = {device.id: device for device in inventory.devices}
        self._points = {point.id: point for point in inventory.points}
        """Those too that the last list did not have."""
        self._missing = frozenset[PointId]()
        self._labels: dict[str, set[str]] = {}
        self._label_all()
        self._nodes: dict[str, _Node] = {}
        self._changed = False

    @property
    def is_listed(self) -> bool:
        """Whether the devices were listed since the process started."""
        return bool(self._nodes)

    @property
    def shows_no_series(self) -> bool:
        """Whether not one of the devices says where its rows are."""
        return bool(self._nodes) and all(node.listed.series is None for node in self._nodes.values())

    def inventory(self) -> Inventory:
        """All that is known; parents stand before their children."""
        self._changed = False
        return Inventory(
            sites=self._sites,
            devices=tuple(self._devices.values()),
            points=tuple(point for point in self._points.values() if point.id not in self._missing),
            in_one_list=True,
        )

    def changed_inventory(self) -> Inventory | None:
        """All that is known, if it is more or other than `inventory` returned last."""
        return self.inventory() if self._changed else None

    def list_now(self, listed: Iterable[Listed]) -> None:
        """Take in a complete list of the devices. Those that are not active any more are left out."""
        before = self._sites, self._devices, self._missing
        self._nodes = {one.id: _Node(one) for one in listed if one.active}
        self._hang_all()
        self._sites = tuple(
            Site(id=one.listed.id, name=one.listed.name or one.listed.id)
            for one in self._nodes.values()
            if one.listed.kind == _SITE
        )
        self._devices = {device_id: self._device(self._nodes[device_id]) for device_id in self._from_the_root()}
        for node in self._nodes.values():
            node.queries = tuple(_live_queries(node.listed))
            node.keys = _keys(node.listed)
        self._miss_points()
        self._changed |= (self._sites, self._devices, self._missing) != before

    def queries(self, points: Collection[Point]) -> list[Query]:
        """What to ask for the devices of those points, and for those of which no point is known yet."""
        wanted = {point.id.device_id for point in points}
        known = {point_id.device_id for point_id in self._points.keys() - self._missing}
        return [
            query
            for device_id, node in self._nodes.items()
            if device_id in wanted or device_id not in known
            for query in node.queries
        ]

    def history_queries(self, points: Collection[Point]) -> Iterator[tuple[Point, Query]]:
        """Where the past of each point is: in the coarsest rows, of an hour at most, that have its own values."""
        for point in points:
            node = self._nodes.get(point.id.device_id)
            query = None if node is None else _history_query(node.listed, point.id.key)
            if query is not None:
                yield point, query

    def learn(self, query: Query, name_of_field: str, cell: object) -> tuple[Point, Field] | None:
        """The point of a field, which is learnt from its first value; None for a value that makes none."""
        point_id = PointId(device_id=query.device_id, key=point_key(query.source.measurement, name_of_field))
        told = field_named(name_of_field) or self._as_before(point_id) or field_of_value(name_of_field, cell)
        if told is None or len(point_id.key) > LONGEST_ID:
            return None
        known = self._points.get(point_id)
        if known is None:
            if told.value_of(cell) is None:
                return None
            known = self._points[point_id] = self._point(point_id, told, query)
            self._changed = True
        return known, told

    def _point(self, point_id: PointId, told: Field, query: Query) -> Point:
        """A new point, under a name that no other of the device has."""
        labels = self._labels.setdefault(point_id.device_id, set())
        point = next(one for one in _called(_point(point_id, told, query)) if _label(one) not in labels)
        labels.add(_label(point))
        return point

    def _label_all(self) -> None:
        self._labels = {}
        for point in self._points.values():
            self._labels.setdefault(point.id.device_id, set()).add(_label(point))

    def _miss_points(self) -> None:
        """Find the points that are not there now. A list may be wrong for once: two in a row are believed."""
        missing = frozenset(point_id for point_id in self._points if not self._has(point_id))
        gone = missing & self._missing
        self._points = {point_id: point for point_id, point in self._points.items() if point_id not in gone}
        self._missing = missing - gone
        self._label_all()

    def _has(self, point_id: PointId) -> bool:
        """Whether there is the field of a point now, as far as the user may see."""
        node = self._nodes.get(point_id.device_id)
        return node is not None and (node.keys is None or point_id.key in node.keys)

    def _as_before(self, point_id: PointId) -> Field | None:
        """A field of which only values tell what it is stays what its first one said."""
        known = self._points.get(point_id)
        return None if known is None else Field(quantity=known.quantity, nature=known.nature)

    def _hang_all(self) -> None:
        """Find the parents: of each device the first one listed that is not below the device itself."""
        above: dict[str, str] = {}
        for device_id, node in self._nodes.items():
            for parent in node.listed.parents:
                if parent in self._nodes and _top(above, parent) != device_id:
                    node.parent = above[device_id] = parent
                    break

    def _from_the_root(self) -> Iterator[str]:
        done: set[str] = set()
        for device_id in self._nodes:
            path: list[str] = []
            above: str | None = device_id
            while above is not None and above not in done:
                path.append(above)
                above = self._nodes[above].parent
            done.update(path)
            yield from reversed(path)

    def _device(self, node: _Node) -> Device:
        """A device whose parent has been one before it."""
        info, listed = node.listed.info, node.listed
        if listed.kind == _SITE:
            node.site = listed.id
        elif node.parent is not None:
            node.site = self._nodes[node.parent].site
        driver = info.get("protocolDriverParameters")
        return Device(
            id=listed.id,
            kind=_KINDS.get(listed.kind or "", DeviceKind.DEVICE),
            name=listed.name,
            site_id=node.site,
            parent_id=node.parent,
            manufacturer=name(info.get("manufacturer")) or MANUFACTURER,
            model=name(info.get("model")),
            serial=name(info.get("serialNumber")),
            sw_version=name(driver.get("firmwareVersion")) if isinstance(driver, dict) else None,
        )


def point_key(measurement: str, name_of_field: str) -> str:
    """The key of a point: whatever the retention policies, a measurement has a field once."""
    return f"{measurement}.{name_of_field}"


def _keys(listed: Listed) -> frozenset[str] | None:
    if listed.series is None:
        return None
    return frozenset(point_key(source.measurement, one) for source, fields in listed.series for one in fields)


def _top(above: dict[str, str], device_id: str) -> str:
    """The uppermost above a device. What lies between is skipped from then on: a tree may be deep."""
    while (parent := above.get(device_id)) is not None:
        above[device_id] = above.get(parent, parent)
        device_id = above[device_id]
    return device_id


def period_of(policy: str) -> timedelta:
    """How far apart the rows of a retention policy are, as its name says; a minute where it does not."""
    match = _PERIOD.fullmatch(policy)
    return timedelta(seconds=_COUNTS[match[1]] * _SECONDS[match[2]]) if match else timedelta(minutes=1)


def _live_queries(listed: Listed) -> Iterator[Query]:
    """Each field once, from the coarsest rows that are fresh enough, else from the finest that there are."""
    best: dict[tuple[str, str], tuple[bool, timedelta, Source]] = {}
    names = {one for _, fields in listed.series or () for one in fields}
    for source, fields in listed.series or ():
        period = period_of(source.policy)
        fresh = period <= _FRESH
        for one in fields:
            if PREFIX.match(one) or (is_delta(one) and counter_beside(one) in names):
                continue
            key, held = (source.measurement, one), best.get((source.measurement, one))
            if held is None or (fresh, period if fresh else -period) > (held[0], held[1] if held[0] else -held[1]):
                best[key] = fresh, period, source
    grouped: dict[Source, list[str]] = {}
    for (_, one), (_, _, source) in best.items():
        grouped.setdefault(source, []).append(one)
    for source, together in grouped.items():
        for some in _chunks(together):
            yield Query(listed.id, source, tuple(some), period_of(source.policy))


def _history_query(listed: Listed, key: str) -> Query | None:
    measurement, _, name_of_field = key.partition(".")
    names = {name_of_field, f"sum_{name_of_field}"} if is_delta(name_of_field) else {name_of_field}
    found = [
        Query(listed.id, source, (one,), period)
        for source, fields in listed.series or ()
        if source.measurement == measurement and (period := period_of(source.policy)) <= _HOUR
        for one in fields
        if one in names
    ]
    return max(found, key=lambda query: query.period, default=None)


def _chunks(fields: Sequence[str], size: int = 100) -> Iterator[Sequence[str]]:
    for start in range(0, len(fields), size):
        yield fields[start : start + size]


def _point(point_id: PointId, told: Field, query: Query) -> Point:
    return Point(
        id=point_id,
        quantity=told.quantity,
        nature=told.nature,
        unit=told.unit,
        phase=told.phase,
        meaning=told.meaning,
        name=told.name,
        cadence=max(CADENCE, query.period),
        noisy=told.noisy,
    )


def _label(point: Point) -> str:
    """What a point is called in English, or nearly so."""
    words = (point.meaning or point.quantity.value).replace("_", " ")
    return (point.name or (words if point.phase is None else f"{words} {point.phase.value}")).lower()


def _called(point: Point) -> Iterator[Point]:
    """A point under its own name, and under the names it has where another point has that."""
    yield point
    measurement, _, field = point.id.key.partition(".")
    longer = f"{spoken(field)} ({measurement})"
    for one in (spoken(field), longer):
        yield _named(point, one)
    for number in count(2):
        yield _named(point, f"{longer} {number}")


def _named(point: Point, called: str) -> Point:
    return msgspec.structs.replace(point, name=called)
