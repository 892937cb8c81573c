"""How the service writes sites and devices, in the switched variant (enapter.md B4, B5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .inventory import HOME, Device, Link, Site
from .switches import EnapterSwitches
from .tokens import Access

EXPANSIONS: Mapping[str, tuple[str, ...]] = {
    "full": ("site", "manifest", "properties", "connectivity", "communication", "raised_alert_names"),
    "documented": ("site", "manifest", "properties", "connectivity", "communication"),
    "without_alerts_and_communication": ("site", "manifest", "properties", "connectivity"),
    "older": ("site", "manifest", "properties", "connectivity", "communication_info"),
}
"""What `expand` may name, by the switch `expand_known`."""

BROKEN_MANIFEST: Mapping[str, Any] = {
    "blueprint_spec": 3,
    "display_name": ["Heat pump"],
    "implements": "energy.heat_pump",
    "properties": 7,
    "telemetry": {
        "power": "watt",
        "energy_total": {"type": 5, "display_name": {"en": "Energy"}, "unit": ["kWh"], "access_level": 2},
        "flow_temperature": None,
        "status": {"type": "string", "enum": "off", "enum_with_metainfo": {"off": 1}, "implements": True},
        "defrosting": {"type": "boolean", "enum": [None, {"value": 1}], "unit": False, "description": 0},
        "7": [],
    },
    "alerts": ["low_pressure", None],
    "commands": "none",
    "units": {"watt": "W", "kWh": {"symbol": 1}},
}
"""What the switch `broken_manifest` makes of the heat pump's manifest."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """Writes what is answered about sites and devices."""

    switches: EnapterSwitches

    def site(self, site: Site, access: Access) -> dict[str, Any]:
        """Return a site's object."""
        location = {} if self.switches.location == "absent" else {"location": self._location(site)}
        archived = {"archived": site.archived} if self.switches.archived == "flagged" else {}
        return {
            "id": site.id,
            "name": site.name,
            "timezone": site.timezone,
            "version": "V3",
            "authorized_role": self._role(access),
            **location,
            **archived,
        }

    def device(
        self, device: Device, site: Site | None, access: Access, expand: tuple[str, ...], now: datetime
    ) -> dict[str, Any]:
        """Return a device's object with what was asked for."""
        expanded: Mapping[str, Callable[[], Any]] = {
            "site": lambda: None if site is None else self.site(site, access),
            "manifest": lambda: self.manifest(device, access),
            "properties": lambda: device.properties,
            "connectivity": lambda: self._connectivity(device),
            "communication": lambda: self._link(device.link, "type"),
            "communication_info": lambda: self._link(device.link, "communication_type"),
            "raised_alert_names": lambda: self._raised(device, now),
        }
        return {
            "id": device.id,
            "blueprint_id": device.blueprint_id,
            "name": device.name,
            "site_id": device.site_id,
            "updated_at": self._updated(device.updated_at),
            "slug": device.slug,
            "type": self._cased(device.type),
            "authorized_role": self._role(access),
            **{name: expanded[name]() for name in expand},
        }

    def manifest(self, device: Device, access: Access) -> Any:
        """Return a device's manifest as a role sees it."""
        if self.switches.broken_manifest and device.slug == "heat-pump" and device.site_id == HOME:
            return BROKEN_MANIFEST
        if self.switches.hidden_attributes == "declared" or not isinstance(device.manifest, dict):
            return device.manifest
        telemetry = device.manifest.get("telemetry")
        if not isinstance(telemetry, dict):
            return device.manifest
        seen = {name: about for name, about in telemetry.items() if access.sees(about.get("access_level"))}
        return {**device.manifest, "telemetry": seen}

    def _location(self, site: Site) -> dict[str, Any] | None:
        name, latitude, longitude = site.location
        match self.switches.location:
            case "null":
                return None
            case "strings":
                return {"name": name, "latitude": str(latitude), "longitude": str(longitude)}
            case "null_coordinates":
                return {"name": name, "latitude": None, "longitude": None}
        return {"name": name, "latitude": latitude, "longitude": longitude}

    def _connectivity(self, device: Device) -> dict[str, Any] | None:
        match self.switches.connectivity:
            case "empty":
                return {}
            case "null":
                return None
            case "online":
                return {"online": device.connectivity == "ONLINE"}
        return {"status": self._cased(device.connectivity)}

    def _link(self, link: Link | None, type_key: str) -> dict[str, Any] | None:
        if link is None or self.switches.communication == "null":
            return None
        ids = {"upstream_id": link.upstream_id, "hardware_id": link.hardware_id, "channel_id": link.channel_id}
        return {type_key: self._cased(link.type), **ids}

    def _raised(self, device: Device, now: datetime) -> list[str] | None:
        names = list(device.raised(now))
        return None if not names and self.switches.raised_alert_names == "null" else names

    def _role(self, access: Access) -> str:
        return self._cased(self.switches.read_only_role if access.role == "READONLY" else access.role)

    def _updated(self, moment: datetime) -> str | int:
        if self.switches.updated_at == "unix":
            return int(moment.timestamp())
        return moment.isoformat().replace("+00:00", "Z")

    def _cased(self, text: str) -> str:
        return text.lower() if self.switches.enum_case == "lower" else text
