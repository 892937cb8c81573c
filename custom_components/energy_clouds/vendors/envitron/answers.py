"""From the bodies of Envitron's answers to buildings, sensors and measurements.

No example of an answer is published but those of the tokens: the readers below take what Django's REST framework, the
vendor's portal and the documents' wording make likely, and leave out what they do not understand. Times are epoch
seconds in UTC (Public-API, "Timestamps").
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
import re
from typing import Final

import msgspec
from yarl import URL

from ..errors import UnexpectedAnswer
from ..http import Answer, Query
from ..units import unit_named
from ..values import epoch, first, identifier, name, number

FUTURE_TOLERANCE = timedelta(minutes=1)
DEEPEST = 8
MOST_CHANNELS = 50
"""More values of its own than these no building has."""
_LISTS: Final = ("results", "data", "items", "buildings", "sensors", "value")
_BUILDING_IDS: Final = ("building_uuid", "uuid", "guid", "id")
_SENSOR_IDS: Final = ("sensor_uuid", "uuid", "guid", "sensor", "id")
"""A sensor may name its building too, so the one's keys are not the other's."""
_HUBS: Final = ("sensor_hub", "sensorhub", "sensorHub", "hub")
_TYPES: Final = ("type", "sensor_type", "kind")
_VALUES: Final = ("value", "power", "watt", "watts", "electricity", "usage", "measurement")
_TIMES: Final = ("timestamp", "time", "ts", "datetime")
_CONTAINERS: Final = frozenset({"data", "result", "results", *_VALUES})
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CHANNEL: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_anything = msgspec.json.Decoder()

type Item = Mapping[str, object]
type Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The sensor hub that a sensor says it belongs to."""

    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A sensor as it is listed. `number` is its numeric id, by which nothing is asked for."""

    id: str
    name: str | None
    type: str | None
    unit: object
    hub: Hub | None
    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One value of a sensor or of a building's channel, with the unit that the answer names."""

    id: str
    time: datetime
    value: float
    unit: str | None


def items_of(answer: Answer) -> list[Item]:
    """The objects of a list: bare, in a page, by uuid, or a single one. Raises `UnexpectedAnswer` for anything else."""
    body = _decoded(answer)
    if isinstance(body, dict):
        listed = next((body[key] for key in _LISTS if isinstance(body.get(key), list)), None)
        if listed is None:
            if all(_UUID.fullmatch(key) for key in body):
                return [
                    {"uuid": key, **item} if isinstance(item, dict) else {"uuid": key, "value": item}
                    for key, item in body.items()
                ]
            return [body]
        body = listed
    if not isinstance(body, list):
        raise UnexpectedAnswer(f"{answer.endpoint}: neither a list nor an object")
    items: list[Item] = [item for item in body if isinstance(item, dict)]
    if body and not items:
        raise UnexpectedAnswer(f"{answer.endpoint}: no object in the list")
    return items


def next_page(answer: Answer) -> Query | None:
    """The query of the page after this one. Only the query is taken: nothing is ever sent where the body points to."""
    body = _decoded(answer)
    link = body.get("next") if isinstance(body, dict) else None
    if not isinstance(link, str):
        return None
    try:
        return tuple(URL(link).query.items()) or None
    except ValueError:
        return None


def buildings_of(items: Sequence[Item]) -> dict[str, str | None]:
    """The names of the buildings of a list by their ids; what has no id is left out."""
    return {building: _name(item) for item in items if (building := _id(item, _BUILDING_IDS)) is not None}


def sensors_of(items: Sequence[Item]) -> list[Sensor]:
    """The sensors of a list; what has no id is left out."""
    return [
        Sensor(
            id=sensor_id,
            name=_name(item),
            type=name(first(item, _TYPES)),
            unit=item.get("unit"),
            hub=_hub(first(item, _HUBS)),
            number=identifier(item.get("id")),
        )
        for item in items
        if (sensor_id := _id(item, _SENSOR_IDS)) is not None
    ]


def measurements_of(items: Sequence[Item], now: datetime) -> list[Measurement]:
    """The values of sensors, none later than `now` plus a minute; a row without its own time is left out."""
    found = []
    for item in items:
        sensor_id, value = _id(item, _SENSOR_IDS), first(item, _VALUES)
        inner = value if isinstance(value, dict) else item
        if isinstance(value, dict):
            value = first(value, _VALUES)
        watts, time = number(value), _time(inner, _time(item, None, now), now)
        if sensor_id is not None and watts is not None and time is not None:
            found.append(Measurement(id=sensor_id, time=time, value=watts, unit=_unit(inner) or _unit(item)))
    return found


def are_measurements(items: Sequence[Item]) -> bool:
    """Whether there is one that names a sensor, and has besides a number and a time, or nothing in their places."""
    return any(_id(item, _SENSOR_IDS) is not None and _has_value_and_time(item) for item in items)


def channels_of(answer: Answer, now: datetime) -> list[Measurement]:
    """The building's own values: every number that is no time and no id, named by where it stands.

    The newest row of a list stands for it. Words that only wrap a value are no part of a name.
    """
    body = _decoded(answer)
    if isinstance(body, list):
        rows = [row for row in body if isinstance(row, dict)]
        dated = [(time, number) for number, row in enumerate(rows) if (time := _time(row, None, now)) is not None]
        body = rows[max(dated)[1]] if dated else None
    if not isinstance(body, dict):
        raise UnexpectedAnswer(f"{answer.endpoint}: not an object")
    found: dict[str, Measurement] = {}
    for one in _leaves(body, (), None, now, DEEPEST):
        found.setdefault(one.id, one)
    return list(found.values())[:MOST_CHANNELS]


def tells_time(answer: Answer) -> bool:
    """Whether a body has a time somewhere, or a place for one; or nothing at all."""
    body = _decoded(answer)
    rows = body if isinstance(body, list) else [body]
    return not body or any(_tells_time(row, DEEPEST) for row in rows if isinstance(row, dict))


def _tells_time(item: Item, depth: int) -> bool:
    return any(
        value is None or epoch(value) is not None
        if key in _TIMES
        else isinstance(value, dict) and depth > 0 and _tells_time(value, depth - 1)
        for key, value in item.items()
    )


def _has_value_and_time(item: Item) -> bool:
    value, time = first(item, _VALUES), first(item, _TIMES)
    if isinstance(value, dict):
        inner: Item = value
        value, time = first(inner, _VALUES), first(inner, _TIMES) or time
    return (value is None or number(value) is not None) and (time is None or epoch(time) is not None)


def _leaves(
    item: Item, path: tuple[str, ...], time: datetime | None, now: datetime, depth: int
) -> Iterator[Measurement]:
    time, unit = _time(item, time, now), _unit(item)
    for key, value in item.items():
        word = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()).strip("_")
        inside = path if word in _CONTAINERS else (*path, word)
        if isinstance(value, dict) and depth:
            yield from _leaves(value, inside, time, now, depth - 1)
        elif (
            key in _TIMES
            or word in ("id", "uuid")
            or word.endswith(("_id", "_uuid", "_time", "timestamp"))
            or _UUID.fullmatch(key)
        ):
            continue
        elif (watts := number(value)) is not None and time is not None:
            channel = "_".join(inside) or "power"
            if _CHANNEL.fullmatch(channel):
                yield Measurement(id=channel, time=time, value=watts, unit=unit)


def _hub(value: object) -> Hub | None:
    if isinstance(value, dict):
        hub_id = _id(value, _SENSOR_IDS)
        return None if hub_id is None else Hub(id=hub_id, name=_name(value))
    hub_id = identifier(value)
    return None if hub_id is None else Hub(id=hub_id.lower())


def _decoded(answer: Answer) -> object:
    try:
        return answer.decode(_anything)
    except msgspec.ValidationError as err:
        raise UnexpectedAnswer(f"{answer.endpoint}: a number that is out of all range") from err


def _id(item: Item, keys: tuple[str, ...]) -> str | None:
    """The uuid of a building, hub or sensor, in lower case; the numeric id only where there is no uuid."""
    for key in keys:
        found = item.get(key)
        if isinstance(found, dict):
            found = first(found, keys)
        if (text := identifier(found)) is not None:
            return text.lower()
    return None


def _name(item: Item) -> str | None:
    return name(first(item, ("name", "description")))


def _unit(item: Item) -> str | None:
    """The unit that is named; one that is not known here is none that could be converted, but it is not nothing."""
    return unit_named(item.get("unit")) or name(item.get("unit"))


def _time(item: Item, otherwise: datetime | None, now: datetime) -> datetime | None:
    """The item's own time, or `otherwise` where it has none; None for one that is yet to come or cannot be read."""
    own = first(item, _TIMES)
    if own is None:
        return otherwise
    time = epoch(own)
    return time if time is not None and time <= now + FUTURE_TOLERANCE else None
