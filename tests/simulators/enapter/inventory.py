"""What an account has: sites, and devices at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from .channels import Channel

HOME: Final = "fecbbba0-79f2-4e9e-a6f0-69a310ab110b"
OFFICE: Final = "2f8d1c64-0b7a-4d53-9e1f-c7a05b3e9d72"
ARCHIVED: Final = "71b5e0a9-3c42-4f8e-b6d7-90ea1f2c8d03"

type Status = Literal["ONLINE", "OFFLINE", "UNKNOWN"]


@dataclass(slots=True)
class Site:
    """A site (enapter.md B4)."""

    id: str
    name: str
    timezone: str
    location: tuple[str, float, float]
    """A place's name, latitude and longitude."""
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """How a device is reached, and through which other device (B5, `communication`)."""

    type: str
    upstream_id: str | None = None
    hardware_id: str | None = None
    channel_id: str | None = None


@dataclass(slots=True)
class Device:
    """A device (B5), as its owner has set it up.

    It reports all its attributes at once: every `cadence` seconds, `phase` seconds after the multiples of that since
    1970, since `installed`. A report's time is a whole Unix second.
    """

    id: str
    name: str
    slug: str
    site_id: str
    type: str
    manifest: Any = None
    channels: dict[str, Channel] = field(default_factory=dict)
    cadence: int = 60
    phase: int = 0
    blueprint_id: str = ""
    properties: Mapping[str, Any] | None = None
    link: Link | None = None
    connectivity: Status = "ONLINE"
    updated_at: datetime = datetime(2026, 3, 2, 9, 14, 7, 988115, tzinfo=UTC)
    installed: datetime = datetime(2025, 1, 1, tzinfo=UTC)
    alert_log: list[tuple[datetime, tuple[str, ...]]] = field(default_factory=list)
    """Since when which alerts are raised, in the order of time."""

    def declared(self, attribute: str) -> Mapping[str, Any] | None:
        """Return an attribute's object in the manifest."""
        telemetry = self.manifest.get("telemetry") if isinstance(self.manifest, dict) else None
        found = telemetry.get(attribute) if isinstance(telemetry, dict) else None
        return found if isinstance(found, dict) else None

    def raised(self, moment: datetime) -> tuple[str, ...]:
        """Return the names of the alerts that are raised at an instant."""
        return next((names for since, names in reversed(self.alert_log) if since <= moment), ())


def by_name(channels: Sequence[Channel]) -> dict[str, Channel]:
    """Return attributes by their names."""
    return {channel.name: channel for channel in channels}


def set_up(
    device_id: str,
    name: str,
    kind: str,
    manifest: Any,
    channels: Sequence[Channel],
    **fields: Any,
) -> Device:
    """Return a device with what follows from its id and name, unless given: slug, blueprint and serial number.

    `fields` are those of `Device`; it is at the home if they do not say otherwise.
    """
    usual = {
        "site_id": HOME,
        "slug": name.lower().replace(" ", "-"),
        "blueprint_id": f"{device_id[:-12]}b1e000000001",
        "properties": {
            "vendor": "Enapter Simulator",
            "model": name,
            "serial_number": f"SN-{device_id[-6:]}",
            "firmware_version": "2.4.1",
        },
    }
    return Device(id=device_id, name=name, type=kind, manifest=manifest, channels=by_name(channels), **(usual | fields))


def usual_sites(timezone: str) -> list[Site]:
    """Return the home, the office, and an archived site."""
    return [
        Site(HOME, "Home", timezone, ("London", 51.4934, -0.0098)),
        Site(OFFICE, "Office", timezone, ("London, City", 51.5155, -0.0922)),
        Site(ARCHIVED, "Old workshop", "Europe/Berlin", ("Berlin", 52.5, 13.4), archived=True),
    ]
