"""What is known of an account: its sites and devices, their manifests, and the points that these make.

Manifests are large, and change with a device's blueprint only: each is kept until the list tells of a newer one.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ..model import Inventory, Point, PointId, Quantity, Site, Value
from .alerts import (
    ALERT_PREFIX,
    ALERTS,
    MOST_UNDECLARED,
    alert_points,
    alert_values,
    connectivity_point,
    is_own,
    undeclared,
)
from .answers import Item, ListedDevice, ListedSite
from .devices import device_of, in_tree
from .manifests import Alert, Attribute, Kind, Manifest, manifest_of
from .points import points_of

_EMPTY: Final = manifest_of({})


@dataclass(frozen=True, slots=True)
class Kept:
    """A manifest, and the version and blueprint of the device when it was read."""

    version: str
    blueprint: str | None
    manifest: Manifest


class Known:
    """The account's inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self._sites = {site.id: site for site in inventory.sites}
        self._archived = frozenset[str]()
        self._devices = {device.id: device for device in inventory.devices}
        self._points: dict[str, dict[str, Point]] = {}
        """By device and key."""
        for point in inventory.points:
            self._points.setdefault(point.id.device_id, {})[point.id.key] = point
        self._kept: dict[str, Kept] = {}
        self._listed: dict[str, ListedDevice] = {}
        self._undeclared: dict[str, set[str]] = {}
        self._hidden = frozenset[str]()
        self._outdated = frozenset[str]()
        self._changed = False
        self.has_manifests = False
        """Whether manifests have been listed since the start: only points are kept over a restart."""
        self.is_incomplete = False
        """Whether a poll's list has shown something that only a discovery explains."""

    @property
    def devices(self) -> Collection[str]:
        """The ids of all devices."""
        return self._devices.keys()

    def inventory(self) -> Inventory:
        """All that is known; parents stand before their children."""
        self._changed = False
        return Inventory(
            sites=tuple(self._sites.values()),
            devices=tuple(self._devices.values()),
            points=tuple(point for device in self._devices for point in self._points_at(device)),
            in_one_list=True,
        )

    def changed_inventory(self) -> Inventory | None:
        """All that is known, if it is more or other than `inventory` returned last."""
        return self.inventory() if self._changed else None

    def list_sites(self, sites: Iterable[ListedSite]) -> None:
        """Take in all sites. Those that are archived are not shown, nor are their devices."""
        sites = list(sites)
        self._archived = frozenset(site.id for site in sites if site.archived)
        self._sites = {
            site.id: Site(id=site.id, name=site.name or site.id, timezone=site.timezone)
            for site in sites
            if not site.archived
        }

    def without_manifest(self, listed: Iterable[ListedDevice]) -> list[str]:
        """The devices whose manifest is not known, or may have changed."""
        return [
            one.id
            for one in self._shown(listed)
            if (kept := self._kept.get(one.id)) is None or kept.version != one.version
        ]

    def list_now(self, listed: Collection[ListedDevice], manifests: Mapping[str, Item | None]) -> None:
        """Take in a list of all devices, and the manifests that were read with it or for it."""
        shown = self._shown(listed)
        self._hidden = frozenset(one.id for one in listed) - {one.id for one in shown}
        self._learn(shown, manifests)
        devices = [device_of(one, self._manifest(one.id)) for one in shown]
        before = self._devices.keys()
        self._devices = {one.id: one for one in in_tree(devices, {one.id: one.parent_id for one in shown})}
        for by_device in (self._kept, self._listed, self._points, self._undeclared):
            # A list may be wrong for once: what it misses for the first time is not forgotten yet.
            for gone in by_device.keys() - self._devices.keys() - before:
                del by_device[gone]
        self.has_manifests = True
        self.is_incomplete = False
        self._outdated = frozenset()

    def see(self, listed: Collection[ListedDevice], manifests: Mapping[str, Item | None]) -> None:
        """Take in a poll's list: the manifests, if it has them, and whether there is something new.

        New devices are left to the discovery, which knows of their sites too.
        """
        known = [one for one in listed if one.id in self._devices]
        if manifests:
            self._learn(known, manifests)
            self.has_manifests = True
        self._outdated = frozenset(
            one.id for one in known if (kept := self._kept.get(one.id)) is not None and kept.blueprint != one.blueprint
        )
        self.is_incomplete |= (
            len(known) < len(self._devices)
            or any(one.id not in self._devices and one.id not in self._hidden for one in listed)
            or bool(self._outdated)
        )

    def is_outdated(self, device: str) -> bool:
        """Whether a device has another blueprint than the one that its points were made of."""
        return device in self._outdated

    def point(self, point_id: PointId) -> Point | None:
        """The point of that id, if there is one now."""
        return self._points.get(point_id.device_id, {}).get(point_id.key)

    def attribute(self, point_id: PointId) -> Attribute | None:
        """The attribute of a point; None where the manifest is not known."""
        return self._manifest(point_id.device_id).attributes.get(point_id.key)

    def alerts_attribute(self, device: str) -> str | None:
        """The attribute of a device's telemetry that has its raised alerts, if there is one."""
        attributes = self._manifest(device).attributes.values()
        return next((one.name for one in attributes if one.kind is Kind.ALERTS), None)

    def connectivity(self, device: str) -> PointId | None:
        """The point of a device's connection."""
        points = self._points_at(device)
        return next((point.id for point in points if point.quantity is Quantity.CONNECTIVITY), None)

    def alert_values(self, device: str, raised: Collection[str]) -> Iterable[tuple[PointId, Value]]:
        """What a device's points of alerts are while those are raised; some of the points may be new."""
        declared, known = self._manifest(device).alerts, self._undeclared.get(device, set())
        new = set(raised) - declared.keys() - known
        # Without a manifest nobody knows yet which of them are declared.
        if new and device in self._kept:
            known.update(sorted(new)[: MOST_UNDECLARED - len(known)])
            self._make_points(device)
        return alert_values(self._points_at(device), declared, raised)

    def _points_at(self, device: str) -> Collection[Point]:
        return self._points.get(device, {}).values()

    def _shown(self, listed: Iterable[ListedDevice]) -> list[ListedDevice]:
        return [one for one in listed if one.site_id not in self._archived]

    def _manifest(self, device: str) -> Manifest:
        kept = self._kept.get(device)
        return _EMPTY if kept is None else kept.manifest

    def _learn(self, listed: Iterable[ListedDevice], manifests: Mapping[str, Item | None]) -> None:
        for one in listed:
            self._listed[one.id] = one
            if one.id in manifests:
                item = manifests[one.id]
                if item is None and not all(is_own(point) for point in self._points_at(one.id)):
                    # It had one, so that none is no answer: it is asked for again.
                    continue
                manifest = _EMPTY if item is None else manifest_of(item)
                self._kept[one.id] = Kept(one.version, one.blueprint, manifest)
                self._make_points(one.id)
            elif one.id not in self._points:
                self._make_points(one.id)

    def _make_points(self, device: str) -> None:
        manifest = self._manifest(device)
        before = self._points.get(device, {})
        if device not in self._undeclared:
            # What a restart has left of them.
            self._undeclared[device] = {
                point.id.key.removeprefix(ALERT_PREFIX)
                for point in before.values()
                if point.quantity in ALERTS and point.meaning is None
            }
        alerts: dict[str, Alert] = {alert: undeclared(alert) for alert in sorted(self._undeclared[device])}
        self._undeclared[device] -= manifest.alerts.keys()
        alerts |= manifest.alerts
        listed = self._listed.get(device)
        telemetry = points_of(
            device,
            manifest.attributes.values(),
            called=None if listed is None else listed.name,
            role=None if listed is None else listed.role,
        )
        own = [connectivity_point(device)]
        if alerts or self.alerts_attribute(device) is not None:
            own += alert_points(device, alerts, telemetry.values())
        points = {point.id.key: point for point in (*own, *telemetry.values())}
        if points != before:
            self._points[device] = points
            self._changed = True
