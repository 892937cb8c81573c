"""Manifests as the service hands them out: compiled or raw, of version 3 or 1 (enapter.md B8, B9)."""

from collections.abc import Mapping, Sequence
from typing import Any

from .channels import Channel

SYMBOLS: Mapping[str, str] = {
    "watt": "W",
    "watt_hour": "Wh",
    "volt": "V",
    "ampere": "A",
    "hertz": "Hz",
    "volt_ampere": "VA",
    "percent": "%",
    "%": "%",
    "Cel": "°C",
    "bar": "bar",
    "Ah": "Ah",
    "h": "h",
}
"""Codes that compiled manifests explain in their section `units`."""
NOT_CONFIGURED: Mapping[str, Any] = {
    "display_name": "Device is not configured",
    "severity": "warning",
    "description": "The device needs its configuration before it can work.",
}
"""The alert that compiling adds to every manifest."""


def compiled_v3(
    display_name: str,
    channels: Sequence[Channel],
    *,
    implements: Sequence[str] = (),
    properties: Mapping[str, Any] | None = None,
    alerts: Mapping[str, Any] | None = None,
    category: str = "power",
) -> dict[str, Any]:
    """Return a manifest of version 3 with what compiling adds: `units`, `enum_with_metainfo`, `not_configured`."""
    return {
        "blueprint_spec": "device_compiled/3.0",
        "display_name": display_name,
        "description": f"{display_name} of the simulator",
        "icon": "enapter-lightning",
        "category": category,
        "implements": list(implements),
        "properties": dict(properties or {"serial_number": {"type": "string", "display_name": "Serial Number"}}),
        "telemetry": {channel.name: _compiled(channel.declaration) for channel in channels},
        "alerts": {**(alerts or {}), "not_configured": dict(NOT_CONFIGURED)},
        "commands": {"reboot": {"display_name": "Reboot", "group": "general"}},
        "configuration": {},
        "units": _units(channels),
    }


def compiled_v1(display_name: str, channels: Sequence[Channel], *, vendor: str, alerts: Any = None) -> dict[str, Any]:
    """Return a compiled manifest of version 1: it has a vendor, and no profiles."""
    return {
        "blueprint_spec": "device_compiled/1.0",
        "display_name": display_name,
        "vendor": vendor,
        "communication_module": {"product": "ENP-VIRTUAL"},
        "properties": None,
        "telemetry": {channel.name: _compiled(channel.declaration) for channel in channels},
        "alerts": alerts,
        "units": _units(channels),
    }


def raw_v1(display_name: str, channels: Sequence[Channel], *, vendor: str, alerts: Any = None) -> dict[str, Any]:
    """Return a manifest of version 1 as its author wrote it."""
    return {
        "blueprint_spec": "device/1.0",
        "display_name": display_name,
        "vendor": vendor,
        "communication_module": {"product": "ENP-RS485", "lua": {"file": "firmware.lua"}},
        "telemetry": {channel.name: dict(channel.declaration) for channel in channels},
        "alerts": alerts,
    }


def prettified(name: object) -> str:
    """Return a name in words."""
    return str(name).replace("_", " ").capitalize()


def compiled_enum(enum: Any) -> list[dict[str, Any]]:
    """Return an enumeration, which is a list of values or a map of values to their descriptions, in full."""
    if isinstance(enum, Mapping):
        return [{"value": value, "display_name": prettified(value), **about} for value, about in enum.items()]
    return [{"value": value, "display_name": prettified(value)} for value in enum]


def _compiled(declaration: Mapping[str, Any]) -> dict[str, Any]:
    if "enum" not in declaration:
        return dict(declaration)
    return {**declaration, "enum_with_metainfo": compiled_enum(declaration["enum"])}


def _units(channels: Sequence[Channel]) -> dict[str, Any]:
    codes = {channel.declaration.get("unit") for channel in channels}
    return {
        code: {"display_name": prettified(code), "symbol": symbol, "type": "ucum"}
        for code, symbol in SYMBOLS.items()
        if code in codes
    }
