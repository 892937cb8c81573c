"""The query parameters, checked: pages, `expand`, and which telemetry is wanted (enapter.md B5, B6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
import re
from typing import Any

from aiohttp import web

from .durations import duration
from .errors import invalid_query
from .shapes import EXPANSIONS
from .switches import EnapterSwitches

RELEVANCE = timedelta(seconds=30)
"""How old a value may be if the client does not say."""
_DEVICE = re.compile(r"devices\[([^\[\]]+)\]")


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list."""

    offset: int
    limit: int

    def of(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return the part."""
        return rows[self.offset : self.offset + self.limit]


def asked_page(request: web.Request, switches: EnapterSwitches) -> Page:
    """Return the page that a request asks for; larger ones than there are come as the largest."""
    offset, limit = _whole(request, "offset", 0, 0), _whole(request, "limit", switches.page_size, 1)
    return Page(0 if switches.offset_ignored else offset, min(limit, switches.page_size))


def asked_expansions(request: web.Request, switches: EnapterSwitches) -> tuple[str, ...]:
    """Return what a request wants to have expanded: names and commas, or nothing."""
    names = tuple(dict.fromkeys(name for name in request.query.get("expand", "").split(",") if name))
    for name in names:
        if name not in EXPANSIONS[switches.expand_known]:
            raise invalid_query("expand", f"Unknown expand value: {name}.")
    return names


def asked_telemetry(request: web.Request) -> Mapping[str, list[str]]:
    """Return the attributes by device that `devices[ID]=A,B` ask for, however brackets and commas are encoded."""
    asked: dict[str, list[str]] = {}
    for key, value in request.query.items():
        if key.startswith("devices"):
            if (match := _DEVICE.fullmatch(key)) is None:
                raise invalid_query(key, "Devices are named devices[ID].")
            asked.setdefault(match[1], []).extend(names(value))
    if not asked:
        raise invalid_query("devices", "At least one device is required.")
    return asked


def asked_relevance(request: web.Request) -> timedelta:
    """Return how old a value may be."""
    text = request.query.get("relevance_interval")
    interval = RELEVANCE if text is None else duration(text)
    if interval is None:
        raise invalid_query("relevance_interval", f"Invalid duration: {text}.")
    return interval


def names(text: str) -> list[str]:
    """Return the names of a list with commas."""
    return [name for name in text.split(",") if name]


def _whole(request: web.Request, name: str, default: int, least: int) -> int:
    text = request.query.get(name, str(default))
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) < least:
        raise invalid_query(name, f"{name} must be a whole number of at least {least}.")
    return int(text)
