"""What a test does to a running Enapter service, and what it may know about it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ..misreadings import Misreading
from ..simulator import Simulator
from .blueprints import compiled_v3
from .channels import Channel, Source, alerts, number
from .inventory import HOME, Device, Link, Site, Status, by_name, set_up
from .readings import imported, watts
from .telemetry import Row, Telemetry
from .tokens import Access, Role


class Manipulations(Simulator):
    """The controls of the Enapter simulator."""

    tokens: dict[str, Access]
    sites: dict[str, Site]
    devices: dict[str, Device]
    telemetry: Telemetry
    forbidden: set[str]

    def truth(self, device_id: str, attribute: str, moment: datetime) -> Row | None:
        """Return the newest row (time, value) of an attribute that the service has at `moment`, however old."""
        return self.telemetry.newest(self.devices[device_id], attribute, moment)

    def revoke(self, token: str) -> None:
        """Delete a token: from now on it is invalid."""
        self.tokens.pop(token, None)

    def expire(self, token: str, at: datetime | None = None) -> None:
        """Let a token expire, by default now."""
        self.tokens[token] = replace(self.tokens[token], expires=at or self.clock())

    def set_role(self, token: str, role: Role) -> None:
        """Give a token another role."""
        self.tokens[token] = replace(self.tokens[token], role=role)

    def forbid(self, *device_ids: str) -> None:
        """Refuse the telemetry of devices, to all tokens."""
        self.forbidden.update(device_ids)

    def allow(self, *device_ids: str) -> None:
        """Allow the telemetry of devices again."""
        self.forbidden.difference_update(device_ids)

    def add_device(
        self,
        name: str = "New meter",
        *,
        site_id: str = HOME,
        manifest: Any = ...,
        channels: Iterable[Channel] | None = None,
        of: str = "household",
        **fields: Any,
    ) -> Device:
        """Add a device; without a manifest of its own it is a power meter on one of the home's loads.

        `fields` are those of `Device`: `type`, `cadence`, `link` and so on. Unless `installed` says otherwise, it has
        history since the world's epoch.
        """
        meter = self.world.home.meters[of]
        usual = [
            number("total_power", "Total Power", "watt", watts(meter)),
            number("energy_lifetime", "Energy Lifetime", "watt_hour", imported(meter)),
            alerts(),
        ]
        chosen = list(usual if channels is None else channels)
        written = compiled_v3(name, chosen) if manifest is ... else manifest
        fields = {
            "link": Link("MQTT_V1_TLS"),
            "updated_at": self.clock(),
            "site_id": site_id,
            "installed": self.world.epoch,
            **fields,
        }
        device_id, kind = fields.pop("id", None) or _next_id(self.devices), fields.pop("type", "STANDALONE")
        device = set_up(device_id, name, kind, written, chosen, **fields)
        self.devices[device.id] = device
        return device

    def remove_device(self, device_id: str) -> None:
        """Take a device away."""
        del self.devices[device_id]

    def rename(self, device_id: str, name: str, slug: str | None = None) -> None:
        """Give a device another name, and another slug if there is one."""
        device = self.devices[device_id]
        device.name, device.slug, device.updated_at = name, slug or device.slug, self.clock()

    def move(self, device_id: str, site_id: str) -> None:
        """Bring a device to another site."""
        device = self.devices[device_id]
        device.site_id, device.updated_at = site_id, self.clock()

    def change_blueprint(
        self, device_id: str, manifest: Any, channels: Iterable[Channel] | None = None, blueprint_id: str | None = None
    ) -> None:
        """Give a device another manifest, by default with the next blueprint id; without channels it sends the same."""
        device = self.devices[device_id]
        device.manifest = manifest
        if channels is not None:
            device.channels = by_name(list(channels))
        device.blueprint_id = blueprint_id or _following(device.blueprint_id or device.id)
        device.updated_at = self.clock()

    def change_attribute(self, device_id: str, attribute: str, **changes: Any) -> None:
        """Change an attribute's object in a manifest, a value of None removes its key, by a change of blueprint."""
        manifest = self.devices[device_id].manifest
        changed = {**manifest["telemetry"].get(attribute, {}), **changes}
        declaration = {key: value for key, value in changed.items() if value is not None}
        self.change_blueprint(device_id, {**manifest, "telemetry": {**manifest["telemetry"], attribute: declaration}})

    def set_connectivity(self, device_id: str, status: Status) -> None:
        """Set the connectivity that is told; whether the device reports is up to `silence` and `wake`."""
        self.devices[device_id].connectivity = status

    def silence(self, device_id: str, since: datetime | None = None) -> None:
        """Let a device report no more after `since` (now)."""
        self.telemetry.silences.setdefault(device_id, []).append((since or self.clock(), None))

    def wake(self, device_id: str, at: datetime | None = None) -> None:
        """Let a silenced device report again from `at` (now) on; nothing of the time in between is made up for."""
        silences = self.telemetry.silences.get(device_id, [])
        silences[:] = [(since, at or self.clock() if until is None else until) for since, until in silences]

    def lose_reports(self, device_id: str, start: datetime, end: datetime) -> None:
        """Let the reports of [start, end), whole seconds, never arrive."""
        self.telemetry.silences.setdefault(device_id, []).append((start - timedelta(seconds=1), end))

    def delay_reports(self, device_id: str, start: datetime, end: datetime, until: datetime) -> None:
        """Let the reports of [start, end), whole seconds, arrive only at `until`."""
        self.telemetry.late.setdefault(device_id, []).append((start, end, until))

    def misread(self, device_id: str, attribute: str, misreading: Misreading) -> None:
        """Let an attribute be wrong for a while in some reports."""
        self.telemetry.misread.setdefault((device_id, attribute), []).append(misreading)

    def raise_alert(self, device_id: str, name: str) -> None:
        """Raise an alert now; the manifest need not declare it."""
        device, now = self.devices[device_id], self.clock()
        raised = device.raised(now)
        if name not in raised:
            device.alert_log.append((now, (*raised, name)))

    def clear_alert(self, device_id: str, name: str | None = None) -> None:
        """Clear an alert, or all, now."""
        device, now = self.devices[device_id], self.clock()
        device.alert_log.append((now, tuple(one for one in device.raised(now) if name is not None and one != name)))

    def set_value(self, device_id: str, attribute: str, value: Any, since: datetime | None = None) -> None:
        """Let an attribute measure a constant from `since` (now) on: null, a text outside its enumeration, anything."""
        self.telemetry.change(self.devices[device_id], attribute, since or self.clock(), lambda _moment: value)

    def restore(self, device_id: str, attribute: str) -> None:
        """Undo all that was done to an attribute's values."""
        self.telemetry.changes.pop((device_id, attribute), None)

    def reset_register(self, device_id: str, attribute: str, at: datetime | None = None) -> None:
        """Let a register begin again at 0 at `at` (now)."""
        device, since = self.devices[device_id], at or self.clock()
        source: Source = self.telemetry.source(device, attribute, since)
        before = source(since)
        self.telemetry.change(device, attribute, since, lambda moment: round(source(moment) - before, 3) + 0.0)

    def archive_site(self, site_id: str, *, archived: bool = True) -> None:
        """Archive a site, or bring it back."""
        self.sites[site_id].archived = archived

    def remove_site(self, site_id: str) -> None:
        """Take a site away, with its devices."""
        del self.sites[site_id]
        for device in [device for device in self.devices.values() if device.site_id == site_id]:
            del self.devices[device.id]


def _next_id(devices: Mapping[str, Device]) -> str:
    return _following(max(devices, default="019909b8-5222-7000-8000-000000000000"))


def _following(uuid: str) -> str:
    return str(UUID(int=UUID(uuid).int + 1))
