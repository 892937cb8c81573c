"""Manifests as the public marketplace has them: of both versions, raw and compiled, with units as authors type them.

Everything that occurs is from enapter.md B8 to B10; which manifest has what is drawn from a seed.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from random import Random
from typing import Any

from .blueprints import NOT_CONFIGURED, SYMBOLS, compiled_enum, prettified
from .vocabulary import (
    ALERTS,
    CATEGORIES,
    ENUMS,
    MEASURES,
    PROFILES,
    TEXTS,
    TITLES,
    UNKNOWN_UNITS,
    VENDORS,
)

_COMPLETE = 20
"""So many manifests share the whole vocabulary."""
_LEVELS = ("readonly", "user", "owner", "installer", "vendor", "system")


def marketplace_manifests(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return `count` plausible manifests; the same for the same seed.

    Most are of version 1, as in the marketplace. The first 20 together have every attribute with every spelling
    of its units.
    """
    random = Random(f"marketplace {seed}")
    pool = [(name, unit) for names, units in MEASURES for name in names for unit in units]
    pool += [(names[0], unit) for (names, _), unit in zip(MEASURES, cycle(UNKNOWN_UNITS), strict=False)]
    random.shuffle(pool)
    first = max(1, min(count, _COMPLETE))
    parts = [pool[index::first] for index in range(first)]
    parts += [random.sample(pool, random.randint(3, 24)) for _ in range(count - first)]
    return [_manifest(random, part, whole=index < first) for index, part in enumerate(parts[:count])]


def _manifest(random: Random, measures: Sequence[tuple[str, str | None]], *, whole: bool) -> dict[str, Any]:
    third, compiled = random.random() < 0.3, random.random() < 0.6
    telemetry: dict[str, Any] = {}
    for name, unit in measures:
        # A second spelling of the same attribute needs another key.
        key = name if name not in telemetry else f"{name}_{len(telemetry)}"
        telemetry[key] = _measure(random, name, unit, titled=third or random.random() < 0.8)
    for name in random.sample(TEXTS, random.randint(0, 4)):
        telemetry[name] = _text(random, name, compiled=compiled, titled=third or random.random() < 0.8)
    if random.random() < 0.7:
        telemetry["alerts"] = {"type": "alerts"}
        telemetry["alert_details"] = {"type": "json"}
    alerts = {name: _alert(random, name) for name in random.sample(ALERTS, random.randint(0, 4))}
    manifest: dict[str, Any] = {
        "blueprint_spec": f"device{'_compiled' if compiled else ''}/{'3.0' if third else '1.0'}",
        "display_name": random.choice(TITLES),
        "description": "",
        "icon": "enapter-module-can",
        "properties": {"serial_number": {"type": "string", "display_name": "Serial Number"}},
        "telemetry": telemetry,
        "alerts": alerts,
        "commands": {},
    }
    if third:
        manifest |= {"category": random.choice(CATEGORIES), "implements": random.sample(PROFILES, random.randint(0, 2))}
    else:
        manifest |= {"vendor": random.choice(VENDORS), "communication_module": {"product": "ENP-RS485"}}
    if compiled:
        manifest["alerts"] = {**alerts, "not_configured": dict(NOT_CONFIGURED)}
        manifest["units"] = _units(random, telemetry)
    return _incomplete(random, manifest, {"telemetry"} if whole else set())


def _measure(random: Random, name: str, unit: str | None, *, titled: bool) -> dict[str, Any]:
    about: dict[str, Any] = {"type": random.choice(("float", "float", "integer"))}
    if titled:
        about["display_name"] = prettified(name)
    if unit is not None or random.random() < 0.3:
        about["unit"] = unit
    if random.random() < 0.1:
        about["access_level"] = random.choice(_LEVELS)
    if random.random() < 0.1:
        about["auto_scale"] = ["W", "kW"]
    return about


def _text(random: Random, name: str, *, compiled: bool, titled: bool) -> dict[str, Any]:
    kind = random.choice(("string", "string", "boolean", "array_of_strings", "json", "object", "integer", "duration"))
    about: dict[str, Any] = {"type": kind, **({"display_name": prettified(name)} if titled else {})}
    if kind in ("string", "integer"):
        values: Sequence[Any] = random.choice(ENUMS) if kind == "string" else (0, 1, 2, 255)
        about["enum"] = (
            list(values)
            if random.random() < 0.5
            else {value: {"display_name": prettified(value), "color": "green"} for value in values}
        )
        if compiled:
            about["enum_with_metainfo"] = compiled_enum(about["enum"])
    if random.random() < 0.2:
        about["unit"] = random.choice(("day", "date", "", "1", None))
    return about


def _alert(random: Random, name: str) -> dict[str, Any]:
    about: dict[str, Any] = {"severity": random.choice(("info", "warning", "error"))}
    if random.random() < 0.8:
        about |= {"display_name": prettified(name), "code": f"E{random.randint(1, 99)}"}
    if random.random() < 0.3:
        about["troubleshooting"] = ["Restart the device."]
    return about


def _units(random: Random, telemetry: Mapping[str, Any]) -> dict[str, Any]:
    codes = {about.get("unit") for about in telemetry.values()} - {None}
    return {
        code: {"display_name": prettified(code), "symbol": SYMBOLS.get(code, code), "type": "ucum"}
        for code in sorted(codes)
        if code in SYMBOLS or random.random() < 0.7
    }


def _incomplete(random: Random, manifest: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    """Leave sections out, or make them null, but for some."""
    chances = {"description": 0.3, "icon": 0.3, "properties": 0.3, "alerts": 0.2, "commands": 0.5, "telemetry": 0.15}
    chances |= {"display_name": 0.1, "units": 0.2, "implements": 0.5, "vendor": 0.3}
    for section, chance in chances.items():
        if section in manifest.keys() - kept and random.random() < chance:
            if random.random() < 0.5:
                manifest[section] = None
            else:
                del manifest[section]
    return manifest
