"""Manifests: what a device's blueprint declares of its telemetry and its alerts.

Sources: Enapter's blueprint documentation, its editor's schemas of versions 1 and 3, and the public marketplace. The
service sends them compiled or as they were written; any section may be null, missing, or of another type.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
import re
from typing import Final

from ..values import identifier, name, word
from .answers import Item, rank_of, texts

MOST_ATTRIBUTES: Final = 500
MOST_ALERTS: Final = 300
MOST_WORDS: Final = 100
MOST_LETTERS: Final = 4000
"""Home Assistant's database takes no attributes of more than 16 KiB."""
_ACRONYMS: Final = {
    one.casefold(): one
    for one in ("AC", "BMS", "CPU", "DC", "EV", "GPS", "H2", "ID", "IP", "L1", "L2", "L3", "LAN", "LEL", "LTE", "MPPT",
                "PCB", "PSU", "PV", "RAM", "RSSI", "SoC", "SoH", "UPS", "VPN", "WAN", "WiFi")
}  # fmt: skip


class Kind(StrEnum):
    """The types of telemetry that can be shown."""

    BOOLEAN = "boolean"
    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    STRINGS = "array_of_strings"
    ALERTS = "alerts"
    """The ids of the alerts that are raised."""


_STRUCTURES: Final = frozenset({"json", "object"})


class Severity(StrEnum):
    """How bad an alert is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A telemetry attribute as it is declared.

    `unit` is as it is spelt, `symbol` what the manifest says how it is written. `words` are what its values are called,
    by the text of the value. `implements` are the names that a profile has for it. `access` is the rank of the lowest
    role that may read it.
    """

    name: str
    kind: Kind
    display_name: str | None
    unit: str | None
    symbol: str | None
    words: Mapping[str, str]
    implements: tuple[str, ...]
    access: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it is declared."""

    name: str
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is of use of a manifest. `profiles` are those that the whole device implements."""

    title: str | None
    vendor: str | None
    profiles: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    alerts: Mapping[str, Alert]


def manifest_of(item: Item) -> Manifest:
    """What a manifest declares; what is not as it should be is left out."""
    units = _mapping(item.get("units"))
    attributes = (_attribute(key, about, units) for key, about in _named(item.get("telemetry"), MOST_ATTRIBUTES))
    return Manifest(
        title=name(item.get("display_name")),
        vendor=name(item.get("vendor")),
        profiles=texts(item.get("implements")),
        attributes={one.name: one for one in attributes if one is not None},
        alerts={key: _alert(key, about) for key, about in _named(item.get("alerts"), MOST_ALERTS)},
    )


def prettified(text: str) -> str:
    """A name that somebody wrote for machines, for people: `ac_l1_voltage` is `AC L1 voltage`."""
    words = [_ACRONYMS.get(part.casefold(), part) for part in re.sub(r"[_\s]+", " ", text).split()]
    joined = " ".join(words)
    return joined[:1].upper() + joined[1:] or text


def text_of(value: object) -> str | None:
    """A value as the text by which an enumeration has it; None for what is none of a kind that can be listed."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and abs(value) > 1 << 64:
        return None
    return word(str(value)) if isinstance(value, str | int | float) else None


def _attribute(key: str, about: Item, units: Item) -> Attribute | None:
    declared = about.get("type")
    declared = declared.strip().lower() if isinstance(declared, str) else ""
    # The names stand between commas in a query.
    if declared in _STRUCTURES or "," in key:
        return None
    unit = name(about.get("unit"))
    return Attribute(
        name=key,
        # What is not known is a text (Enapter's blueprint documentation).
        kind=Kind(declared) if declared in Kind else Kind.STRING,
        display_name=name(about.get("display_name")),
        unit=unit,
        symbol=name(_mapping(units.get(unit or "")).get("symbol")),
        words=_words(about),
        implements=tuple(one.rpartition(".")[2] for one in texts(about.get("implements"))),
        access=rank_of(about.get("access_level")) or 0,
    )


def _alert(key: str, about: Item) -> Alert:
    severity = about.get("severity")
    severity = severity.strip().lower() if isinstance(severity, str) else ""
    known = Severity(severity) if severity in Severity else Severity.ERROR
    return Alert(name(about.get("display_name")) or prettified(key), known)


def _words(about: Item) -> Mapping[str, str]:
    """What each value is called; the values themselves where two are called the same, nothing where they are many."""
    enum = about.get("enum_with_metainfo") or about.get("enum")
    if isinstance(enum, list | dict) and len(enum) > MOST_WORDS:
        return {}
    named: dict[str, str] = {}
    for value, called in _values(enum):
        if (text := text_of(value)) is not None:
            named.setdefault(text, word(called) or text)
    if len({called.casefold() for called in named.values()}) < len(named):
        named = {text: text for text in named}
    return named if sum(map(len, named.values())) <= MOST_LETTERS else {}


def _values(enum: object) -> list[tuple[object, object]]:
    """The values of an enumeration with their names: a list of values or objects, or a map of them."""
    if isinstance(enum, list):
        return [(one.get("value"), one.get("display_name")) if isinstance(one, dict) else (one, None) for one in enum]
    return [(value, about.get("display_name") if isinstance(about, dict) else about) for value, about in
            _mapping(enum).items()]  # fmt: skip


def _named(section: object, most: int) -> Iterator[tuple[str, Item]]:
    """The objects of a section by names that can be ids."""
    for key, about in islice(_mapping(section).items(), most):
        if identifier(key) is not None and isinstance(about, dict):
            yield key, about


def _mapping(value: object) -> Item:
    return value if isinstance(value, dict) else {}
