"""Durations as Go writes them: `30s`, `1h30m`, `1.5h` (enapter.md B6, B7)."""

from datetime import timedelta
import re

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration(text: object) -> timedelta | None:
    """Return a duration, or None if this is none; a number without a unit is none, but for 0."""
    if text == "0":
        return timedelta()
    if not isinstance(text, str) or not re.fullmatch(f"(?:{_PART.pattern})+", text):
        return None
    return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))
