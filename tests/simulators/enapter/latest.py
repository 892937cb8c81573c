"""The latest telemetry of devices (enapter.md B6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .inventory import Device
from .switches import EnapterSwitches
from .telemetry import Telemetry
from .tokens import Access

NOT_FOUND = "Telemetry attribute is not found."
NOT_RELEVANT = "Telemetry attribute has no value within the relevance interval."


@dataclass(frozen=True, slots=True)
class Latest:
    """Writes the latest values of one moment."""

    telemetry: Telemetry
    switches: EnapterSwitches
    now: datetime
    relevance: timedelta

    def of(self, device: Device, names: Iterable[str], access: Access) -> dict[str, Any] | None:
        """Return the entries of a device; None if it is not to be in the answer."""
        recent = {name: self._recent(device, name) for name in names if visible(device, name, access)}
        entries = {name: recent.get(name) or self._missing(device, name, access) for name in names}
        if self.switches.silent_device == "absent" and not any(recent.values()):
            return None
        return {name: entry for name, entry in entries.items() if entry is not None}

    def _recent(self, device: Device, name: str) -> dict[str, Any] | None:
        row = self.telemetry.newest(device, name, self.now)
        if row is None or self.now - row.time > self.relevance:
            return None
        return {"timestamp": int(row.time.timestamp()), "value": row.value}

    def _missing(self, device: Device, name: str, access: Access) -> dict[str, Any] | None:
        match self.switches.missing:
            case "absent":
                return None
            case "null":
                return {"timestamp": int(self.now.timestamp()), "value": None}
            case "warning":
                return {"warning": NOT_RELEVANT if visible(device, name, access) else NOT_FOUND}


def visible(device: Device, name: str, access: Access) -> bool:
    """Say whether there is such an attribute for this role: one that is declared, or that the device sends."""
    declared = device.declared(name)
    if declared is None and name in device.channels:
        declared = device.channels[name].declaration
    return declared is not None and access.sees(declared.get("access_level"))
