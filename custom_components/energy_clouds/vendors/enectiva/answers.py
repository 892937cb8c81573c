"""From the bodies of Enectiva's answers to meters, entities and dated values.

The media type is JSON:API, to which "not all endpoints are fully compliant" (Librarian, "JSON API"); the names of the
attributes are not published. The readers below take resource objects and flat ones, and leave out what has no id, no
time or no number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, tzinfo
from typing import Final

import msgspec

from ..errors import UnexpectedAnswer
from ..http import Answer
from ..units import unit_named
from ..values import first, flag, identifier, name, number
from .energies import Energy, energy_named, energy_of_code

_VALUES: Final = ("value", "state", "reading", "real", "delta")
_TIMES: Final = ("time", "timestamp", "datetime", "from")
_ENERGIES: Final = ("energy", "energy_type", "medium", "commodity")
_ENDS: Final = ("deactivated_at", "deactivated")
_UNITS: Final = ("unit", "default_unit")
_LONGEST_UNIT: Final = 16
_anything = msgspec.json.Decoder()

type Attributes = Mapping[str, object]
type Named = tuple[str | None, str]
"""The type and id of a resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One resource: its attributes, and what it is related to, by the relation's name."""

    id: str | None
    attributes: Attributes
    related: Mapping[str, Attributes]
    related_ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """The resources of one answer. `more` is whether the links say so; None where they say nothing.

    `received` is how many things there were, resources or not.
    """

    items: Sequence[Item]
    more: bool | None
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A meter as it is listed. `energy`, `unit` and `deactivated` are None where the answer does not tell them."""

    id: str
    name: str | None
    serial: str | None
    entity_id: str | None
    energy: Energy | None
    unit: str | None
    deactivated: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A reading, data point or delta. The time has no offset where the answer has none."""

    time: datetime
    value: float
    energy: Energy | None
    unit: str | None


def page_of(answer: Answer) -> Page:
    """The resources of a list, or the single one. Raises `UnexpectedAnswer` where there are none."""
    try:
        body = answer.decode(_anything)
    except msgspec.ValidationError as err:
        raise UnexpectedAnswer(f"{answer.endpoint}: a number that no computer holds") from err
    data: object = body.get("data") if isinstance(body, dict) else body
    if isinstance(data, dict):
        data = [data]
    if not isinstance(data, list):
        raise UnexpectedAnswer(f"{answer.endpoint}: no list 'data'")
    envelope: Attributes = body if isinstance(body, dict) else {}
    included = _included(envelope.get("included"))
    links = envelope.get("links")
    more = bool(links["next"]) if isinstance(links, dict) and "next" in links else None
    return Page([_item(one, included) for one in data if isinstance(one, dict)], more, len(data))


def meters_of(items: Sequence[Item], now: datetime) -> list[Meter]:
    """The meters of a list."""
    return [_meter(item, item.id, now) for item in items if item.id is not None]


def entity_of(item: Item) -> tuple[str, str] | None:
    """The id and name of an entity."""
    return None if item.id is None else (item.id, name(item.attributes.get("name")) or item.id)


def dated_of(items: Sequence[Item]) -> list[Dated]:
    """The values of readings, data points or deltas, in the order of the answer."""
    return [
        Dated(time=time, value=value, energy=_energy(item), unit=_unit([item.attributes]))
        for item in items
        if (time := _time(first(item.attributes, _TIMES))) is not None
        and (value := _number(first(item.attributes, _VALUES))) is not None
    ]


def tells_times(page: Page) -> bool:
    """Whether what came is dated at all, or nothing came."""
    return not page.received or any(_time(first(item.attributes, _TIMES)) is not None for item in page.items)


def local_instant(moment: datetime, zone: tzinfo) -> datetime:
    """That moment in UTC; a time without an offset is in `zone`."""
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)


def _meter(item: Item, meter_id: str, now: datetime) -> Meter:
    attributes = item.attributes
    energy = first(attributes, _ENERGIES)
    return Meter(
        id=meter_id,
        name=name(attributes.get("name")),
        serial=name(first(attributes, ("identification_code", "serial_number", "serial"))),
        entity_id=item.related_ids.get("entity") or identifier(attributes.get("entity_id")),
        energy=_energy(item) or energy_of_code(attributes.get("code")),
        unit=_unit([attributes, energy, *(item.related[key] for key in _ENERGIES if key in item.related)]),
        deactivated=_is_over(first(attributes, _ENDS), now) if any(key in attributes for key in _ENDS) else None,
    )


def _unit(sources: Sequence[object]) -> str | None:
    """The unit that is told first; as it is spelt, where it is none known here: then nobody is to guess another."""
    told = [first(source, _UNITS) for source in sources if isinstance(source, dict)]
    units = (unit_named(text) or (name(text) or "")[:_LONGEST_UNIT] for text in told)
    return next((unit for unit in units if unit), None)


def _is_over(told: object, now: datetime) -> bool:
    """Whether that is the time of something past, or says that it is past."""
    time = _time(told)
    return flag(told) is not False and bool(told) if time is None else local_instant(time, UTC) <= now


def _energy(item: Item) -> Energy | None:
    sources: list[object] = [first(item.attributes, _ENERGIES)]
    sources += [item.related[key] for key in _ENERGIES if key in item.related]
    for source in sources:
        words = [source.get(key) for key in ("name", "code", "id")] if isinstance(source, dict) else [source]
        energies = (energy_named(word) for word in words)
        if (energy := next((energy for energy in energies if energy is not None), None)) is not None:
            return energy
    return None


def _item(resource: Attributes, included: Mapping[Named, Attributes]) -> Item:
    attributes = resource.get("attributes")
    links = resource.get("relationships")
    related, ids = {}, {}
    for relation, link in links.items() if isinstance(links, dict) else ():
        there = link.get("data") if isinstance(link, dict) else None
        if isinstance(there, dict) and (there_id := identifier(there.get("id"))) is not None:
            ids[relation] = there_id
            related[relation] = included.get((name(there.get("type")), there_id), {"id": there_id})
    return Item(
        id=identifier(resource.get("id")),
        attributes=attributes if isinstance(attributes, dict) else resource,
        related=related,
        related_ids=ids,
    )


def _included(resources: object) -> dict[Named, Attributes]:
    found: dict[Named, Attributes] = {}
    for resource in resources if isinstance(resources, list) else ():
        if not isinstance(resource, dict) or (there := identifier(resource.get("id"))) is None:
            continue
        attributes = resource.get("attributes")
        found[name(resource.get("type")), there] = attributes if isinstance(attributes, dict) else resource
    return found


def _time(value: object) -> datetime | None:
    """An ISO 8601 time, which keeps its lack of an offset: that says that it is local.

    None for one so far at the calendar's edge that it may have no counterpart in another time zone.
    """
    if not isinstance(value, str) or value[10:11] not in ("T", "t", " "):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time if MINYEAR < time.year < MAXYEAR else None


def _number(value: object) -> float | None:
    """A number, also from a text with a decimal comma."""
    return number(value.replace(",", ".") if isinstance(value, str) and value.count(",") == 1 else value)
