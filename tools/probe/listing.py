"""The devices and points of an account as tables, in which things have numbers in the place of names."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from vendors.model import Device, DeviceKind, Inventory, Point, PointId, Sample

from .findings import Findings
from .markdown import cell, code, table
from .privacy import Words

MOST_OF_A_KIND = 3
MOST_DEVICES = 40
_DEVICE_TITLES = ("device", "id", "name", "model", "serial", "site", "part of", "points", "with a value", "problem")
_POINT_TITLES = ("device", "key", "name", "meaning", "quantity", "nature", "unit", "phase", "age in s", "value")


class Listing:
    """Lists as many devices of each kind as show what there is; all of them if `everything` is wanted."""

    def __init__(self, findings: Findings, words: Words, *, values: bool, everything: bool) -> None:
        self._findings = findings
        self._words = words
        self._values = values
        self._labels = dict(_numbered(findings.inventory.devices))
        self._sites = {site.id: f"site {number}" for number, site in enumerate(findings.inventory.sites, 1)}
        self._shown = findings.inventory.devices if everything else _some(findings.inventory)

    @property
    def left_out(self) -> int:
        """How many devices are not listed."""
        return len(self._findings.inventory.devices) - len(self._shown)

    def sites(self) -> str:
        """The sites; without names there is nothing to say of them but their number."""
        if not self._words.shown:
            return ""
        sites = self._findings.inventory.sites
        rows = ((self._sites[one.id], cell(one.id), cell(one.name), cell(one.timezone or "")) for one in sites)
        return table(("site", "id", "name", "time zone"), rows)

    def devices(self) -> str:
        """The devices, and how many points they have."""
        points = Counter(point.id.device_id for point in self._findings.inventory.points)
        valued = Counter(point_id.device_id for point_id in self._findings.samples)
        return table(_DEVICE_TITLES, (self._device(one, points[one.id], valued[one.id]) for one in self._shown))

    def points(self) -> str:
        """The points of the listed devices with their newest values."""
        of: dict[str, list[Point]] = {}
        for point in self._findings.inventory.points:
            of.setdefault(point.id.device_id, []).append(point)
        return table(_POINT_TITLES, map(self._point, chain.from_iterable(of.get(one.id, ()) for one in self._shown)))

    def history(self, now: datetime) -> str:
        """The stretch of history that each point had in the first batches."""
        stretches: dict[PointId, list[Sample]] = {}
        for series in chain.from_iterable(self._findings.history or ()):
            stretches.setdefault(series.point_id, []).extend(series.samples)
        shown = {device.id for device in self._shown}
        return table(
            ("device", "key", "samples", "oldest in h", "newest in h", "first value", "last value"),
            (
                self._stretch(point_id, stretches[point_id], now)
                for point_id in stretches
                if point_id.device_id in shown
            ),
        )

    def _device(self, device: Device, points: int, valued: int) -> Sequence[str]:
        named = self._words.shown
        problem = self._findings.problems.get(device.id)
        return (
            self._labels[device.id],
            cell(device.id) if named else "",
            cell(device.name or "") if named else "",
            cell(" ".join(filter(None, (device.manufacturer, device.model, device.sw_version)))) if named else "",
            cell(device.serial or "") if named else "",
            self._sites.get(device.site_id or "", ""),
            self._labels.get(device.parent_id or "", ""),
            str(points),
            str(valued),
            problem.value if problem is not None else "",
        )

    def _point(self, point: Point) -> Sequence[str]:
        sample, now = self._findings.samples.get(point.id), self._findings.read_at
        broken = "no valid value" if point.id in self._findings.broken else ""
        return (
            self._labels.get(point.id.device_id, ""),
            self._key(point.id),
            cell(point.name or "") if self._words.shown else "",
            cell(point.meaning or ""),
            point.quantity.value,
            f"{point.nature.value}{', running' if point.running else ''}",
            cell(self._words.unit(point.unit)),
            point.phase.value if point.phase is not None else "",
            "" if sample is None or now is None else f"{(now - sample.time).total_seconds():.0f}",
            self._value(sample) or broken,
        )

    def _stretch(self, point_id: PointId, samples: Sequence[Sample], now: datetime) -> Sequence[str]:
        ages = [(now - sample.time).total_seconds() / 3600 for sample in samples]
        return (
            self._labels.get(point_id.device_id, ""),
            self._key(point_id),
            str(len(samples)),
            f"{max(ages):.1f}" if ages else "",
            f"{min(ages):.1f}" if ages else "",
            self._value(samples[0] if samples else None),
            self._value(samples[-1] if samples else None),
        )

    def _key(self, point_id: PointId) -> str:
        key = self._words.key(point_id.key)
        return code(key) if key.isidentifier() else cell(key)

    def _value(self, sample: Sample | None) -> str:
        return cell(self._words.value(sample.value)) if self._values and sample is not None else ""


def _numbered(devices: Iterable[Device]) -> Iterator[tuple[str, str]]:
    count: Counter[str] = Counter()
    for device in devices:
        kind = device.kind.value.replace("_", " ")
        count[kind] += 1
        yield device.id, f"{kind} {count[kind]}"


def _some(inventory: Inventory) -> tuple[Device, ...]:
    """A few of each kind of device that has the same kinds of points."""
    keys: dict[str, set[str]] = {}
    for point in inventory.points:
        keys.setdefault(point.id.device_id, set()).add(f"{point.quantity} {point.nature} {point.unit} {point.meaning}")
    count: Counter[tuple[DeviceKind, frozenset[str]]] = Counter()
    shown: list[Device] = []
    for device in inventory.devices:
        sort = device.kind, frozenset(keys.get(device.id, ()))
        count[sort] += 1
        if count[sort] <= MOST_OF_A_KIND:
            shown.append(device)
    return tuple(shown[:MOST_DEVICES])
