"""What is known of an Eniris account: its tree of devices, where their rows are, and the points they make."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
import re
from types import MappingProxyType
from typing import Final

from ..model import Device, DeviceKind, Inventory, Point, PointId, Site
from ..values import LONGEST_ID, name
from .answers import Listed, Source
from .fields import PREFIX, Field, counter_beside, field_named, field_of_value, is_delta

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
    fields: Mapping[str, Field] = field(default_factory=dict)


class Known:
    """The account's inventory. Where rows are is known once the devices have been listed in this process."""

    def __init__(self, inventory: Inventory) -> None:
        self._sites = inventory.sites
        self._devices = {device.id: device for device in inventory.devices}
        self._points = {point.id: point for point in inventory.points}
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
            points=tuple(self._points.values()),
            in_one_list=True,
        )

    def changed_inventory(self) -> Inventory | None:
        """All that is known, if it is more than `inventory` returned last."""
        return self.inventory() if self._changed else None

    def list_now(self, listed: Iterable[Listed]) -> None:
        """Take in a complete list of the devices. Those that are not active any more are left out."""
        self._nodes = {one.id: _Node(one) for one in listed if one.active}
        for device_id in self._nodes:
            self._hang(device_id)
        self._sites = tuple(
            Site(id=one.listed.id, name=one.listed.name or one.listed.id)
            for one in self._nodes.values()
            if one.listed.kind == _SITE
        )
        self._devices = {device_id: self._device(self._nodes[device_id]) for device_id in self._from_the_root()}
        for node in self._nodes.values():
            node.queries = tuple(_live_queries(node.listed))
        self._points = {key: point for key, point in self._points.items() if key.device_id in self._devices}

    def queries(self, points: Collection[Point]) -> list[Query]:
        """What to ask for the devices of those points, and for those of which no point is known yet."""
        wanted = {point.id.device_id for point in points}
        known = {point_id.device_id for point_id in self._points}
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
            known = self._points[point_id] = _point(point_id, told, query)
            self._changed = True
        return known, told

    def _as_before(self, point_id: PointId) -> Field | None:
        """A field of which only values tell what it is stays what its first one said."""
        known = self._points.get(point_id)
        return None if known is None else Field(quantity=known.quantity, nature=known.nature)

    def _hang(self, device_id: str) -> None:
        """Find the parent, which is the first one listed that is not below the device itself."""
        node = self._nodes[device_id]
        for parent in node.listed.parents:
            above: str | None = parent
            while above is not None and above != device_id:
                found = self._nodes.get(above)
                above = None if found is None else found.parent
            if above is None and parent in self._nodes:
                node.parent = parent
                return

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
        info, listed = node.listed.info, node.listed
        driver = info.get("protocolDriverParameters")
        return Device(
            id=listed.id,
            kind=_KINDS.get(listed.kind or "", DeviceKind.DEVICE),
            name=listed.name,
            site_id=self._site_above(listed.id),
            parent_id=node.parent,
            manufacturer=name(info.get("manufacturer")) or MANUFACTURER,
            model=name(info.get("model")),
            serial=name(info.get("serialNumber")),
            sw_version=name(driver.get("firmwareVersion")) if isinstance(driver, dict) else None,
        )

    def _site_above(self, device_id: str) -> str | None:
        above: str | None = device_id
        while above is not None and self._nodes[above].listed.kind != _SITE:
            above = self._nodes[above].parent
        return above


def point_key(measurement: str, name_of_field: str) -> str:
    """The key of a point: whatever the retention policies, a measurement has a field once."""
    return f"{measurement}.{name_of_field}"


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
