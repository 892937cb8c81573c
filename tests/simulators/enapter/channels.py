"""Telemetry attributes: how a manifest declares each, and what the device truly measures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

type Source = Callable[[datetime], Any]
"""What a device measures at an instant; times are timezone-aware."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One attribute: its key, its object in the manifest (enapter.md B8), and its values."""

    name: str
    declaration: Mapping[str, Any]
    source: Source


def number(
    name: str, display_name: str | None, unit: str | None, source: Source, digits: int = 1, **more: Any
) -> Channel:
    """Return a float, rounded to so many digits."""
    # Adding 0.0 makes -0.0 a 0.0.
    return Channel(
        name, _declared("float", display_name, unit, more), lambda moment: round(source(moment), digits) + 0.0
    )


def whole(name: str, display_name: str | None, unit: str | None, source: Source, **more: Any) -> Channel:
    """Return an integer."""
    return Channel(name, _declared("integer", display_name, unit, more), lambda moment: round(source(moment)))


def other(kind: str, name: str, display_name: str | None, source: Source, **more: Any) -> Channel:
    """Return an attribute of another type, whose values are sent as they are."""
    return Channel(name, _declared(kind, display_name, None, more), source)


def alerts() -> Channel:
    """Return the attribute `alerts`: its values are the device's raised alerts, which are not the channel's."""
    return other("alerts", "alerts", None, lambda _moment: [])


def steps(names: Sequence[str], source: Source, *bounds: float) -> Source:
    """Return a source of names: the first below the first bound, and so on."""
    return lambda moment: names[sum(source(moment) >= bound for bound in bounds)]


def _declared(kind: str, display_name: str | None, unit: str | None, more: Mapping[str, Any]) -> dict[str, Any]:
    parts: dict[str, Any] = {"type": kind, "display_name": display_name, "unit": unit, **more}
    return {key: value for key, value in parts.items() if value is not None}
