"""What Eniris' answers say, read as tolerantly as its documents leave things open.

Sources: the API's own description (api.eniris.be/docs) and metadata of real accounts, as public code shows them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
import re
from typing import Final

import msgspec

from ..errors import UnexpectedAnswer
from ..http import Answer
from ..values import credible, epoch, identifier, name

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
_FIELD: Final = re.compile(r"[A-Za-z0-9_ \-+*/.²³%()]{1,200}")
_TAG: Final = re.compile(r"[\u0020-\u007e\u00a0-\u00ff]{1,500}")
POLLING_STATISTICS: Final = "getMeasStats"
"""How long the controller took to ask the device: nothing that was measured."""
_UNAUTHORIZED: Final = "unauthorized"
_PARTS: Final = frozenset({"statement_id", "series"})
"""An item has one of these, if it has no error."""
_any = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where rows are: a measurement, the store it is in, and the tags by which a device's own rows are found.

    `store` is what a query's `from` needs besides the measurement, as JSON; `policy` the name of its retention policy.
    """

    measurement: str
    store: bytes
    tags: tuple[tuple[str, str], ...]
    policy: str

    def query_from(self) -> dict[str, object]:
        """The `from` of a query."""
        return {**msgspec.json.decode(self.store), "measurement": self.measurement}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A device as the service lists it. `series` are sources with their fields; None where they are not shown."""

    id: str
    kind: str | None
    name: str | None
    parents: tuple[str, ...]
    info: Mapping[str, object]
    series: Sequence[tuple[Source, tuple[str, ...]]] | None
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """The answer to one query: rows of cells by field, each with its time; or what was wrong."""

    rows: Sequence[tuple[datetime, Mapping[str, object]]] = ()
    error: str | None = None
    is_strange: bool = False
    """Whether there were rows, and not one of them could be read."""

    @property
    def is_forbidden(self) -> bool:
        """Whether the user may not read what was asked for."""
        return self.error is not None and _UNAUTHORIZED in self.error.lower()

    @property
    def has_failed(self) -> bool:
        """Whether the query went wrong; the service may then not have run those behind it."""
        return self.error is not None and not self.is_forbidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All devices, and the times of their last changes by number, of which the service makes a hash."""

    devices: Sequence[Listed]
    changes: Mapping[int, str]


def json_of(answer: Answer) -> object:
    """The JSON in a body. Raises `CannotConnect` where there is none."""
    try:
        return answer.decode(_any)
    except msgspec.ValidationError as err:
        raise UnexpectedAnswer(f"{answer.endpoint}: a number that no machine holds") from err


def listing_of(answer: Answer) -> Listing:
    """The devices in an answer to a device query. Raises `UnexpectedAnswer` where it has no list of them."""
    body = json_of(answer)
    listed = body.get("device") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise UnexpectedAnswer(f"{answer.endpoint}: no list of devices")
    devices: dict[str, Listed] = {}
    changes: dict[int, str] = {}
    for item in credible(listed, answer):
        if not isinstance(item, dict):
            continue
        number, changed = item.get("id"), item.get("lastUpdate")
        if isinstance(number, int) and isinstance(changed, str):
            changes[number] = changed
        if (device := _device(item)) is not None:
            devices.setdefault(device.id, device)
    return Listing(devices=tuple(devices.values()), changes=changes)


def items_of(answer: Answer, asked: Sequence[Source], most: int | None) -> list[Item | None]:
    """The answers to queries there, in their order, with so many rows of a series; None for those that have none.

    Raises `UnexpectedAnswer` where the body is no list. An item is found by its `statement_id`, else by its place.
    """
    body = json_of(answer)
    items = [body] if isinstance(body, dict) else body
    if not isinstance(items, list):
        raise UnexpectedAnswer(f"{answer.endpoint}: no list of results")
    found: list[Item | None] = [None] * len(asked)
    for number, item in _numbered(items):
        if 0 <= number < len(asked):
            found[number] = _item(item, asked[number], most)
    if not any(found):
        raise UnexpectedAnswer(f"{answer.endpoint}: not one result")
    return found


def _numbered(items: Sequence[object]) -> Sequence[tuple[int, Mapping[str, object]]]:
    """The items by number: by their places, where two have the same number."""
    by_place = [(place, item) for place, item in enumerate(items) if isinstance(item, dict)]
    by_id = [(_statement(item, place), item) for place, item in by_place]
    return by_id if len({number for number, _ in by_id}) == len(by_id) else by_place


def _statement(item: Mapping[str, object], place: int) -> int:
    number = item.get("statement_id")
    return number if isinstance(number, int) and not isinstance(number, bool) else place


def skip_hash_text(changes: Mapping[int, str]) -> bytes:
    """What the service makes its hash of: the times of the last changes, by the devices' numbers."""
    return "".join(changes[number] for number in sorted(changes)).encode(errors="replace")


def _device(item: Mapping[str, object]) -> Listed | None:
    properties = _object(item.get("properties"))
    device_id = identifier(properties.get("nodeId")) or identifier(item.get("id"))
    if device_id is None:
        return None
    parents = properties.get("nodeParentsIds")
    series = properties.get("nodeInfluxSeries")
    kind = properties.get("nodeType")
    return Listed(
        id=device_id,
        kind=kind if isinstance(kind, str) else None,
        name=name(properties.get("name")),
        parents=tuple(one for one in parents if isinstance(one, str)) if isinstance(parents, list) else (),
        info=_object(properties.get("info")),
        series=list(_series(series)) if isinstance(series, list) else None,
        active=properties.get("isActive") is not False,
    )


def _series(listed: Sequence[object]) -> Iterator[tuple[Source, tuple[str, ...]]]:
    """The series that can be asked for: what the service would call a bad query costs nothing but itself."""
    for one in map(_object, listed):
        measurement, fields = one.get("measurement"), one.get("fields")
        if not isinstance(measurement, str) or not _NAME.fullmatch(measurement) or measurement == POLLING_STATISTICS:
            continue
        tags = _tags(_object(one.get("tags")))
        if (store := _store(one)) is None or tags is None or not isinstance(fields, list):
            continue
        names = tuple(dict.fromkeys(one for one in fields if isinstance(one, str) and _FIELD.fullmatch(one)))
        if names:
            source = Source(measurement=measurement, store=store[0], policy=store[1], tags=tags)
            yield source, names


def _store(series: Mapping[str, object]) -> tuple[bytes, str] | None:
    database, policy = series.get("database"), series.get("retentionPolicy")
    if isinstance(database, str) and isinstance(policy, str):
        return msgspec.json.encode({"database": database, "retentionPolicy": policy}, order="sorted"), policy
    if namespace := _object(series.get("namespace")):
        # It is passed on as it came: three versions of it are described, and there may be more.
        policy = namespace.get("retentionPolicy")
        return msgspec.json.encode({"namespace": namespace}, order="sorted"), policy if isinstance(policy, str) else ""
    return None


def _tags(tags: Mapping[str, object]) -> tuple[tuple[str, str], ...] | None:
    """Tags as the query wants them: texts, at least one; None where one of them cannot be sent."""
    texts = {key: _text(value) for key, value in tags.items() if value is not None}
    found = tuple(sorted((key, value) for key, value in texts.items() if value is not None and _TAG.fullmatch(value)))
    return found if found and len(found) == len(texts) else None


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _item(item: Mapping[str, object], source: Source, most: int | None) -> Item | None:
    """An item; None for an object that is none."""
    if (error := item.get("error")) is not None:
        return Item(error=name(error) or "error")
    if not _PARTS & item.keys():
        return None
    listed = item.get("series")
    series = [_object(one) for one in listed] if isinstance(listed, list) else []
    is_strange = any(one.get("values") for one in series) and not any(True for one in series for _ in _rows(one))
    rows = [row for one in series if _may_be_of(source, one) for row in islice(_rows(one), most)]
    return Item(rows=rows, is_strange=is_strange)


def _may_be_of(source: Source, series: Mapping[str, object]) -> bool:
    """Whether rows are not those of another device, as their tags would tell."""
    told = _object(series.get("tags"))
    return all(_text(told.get(key)) in (None, value) for key, value in source.tags if key == "nodeId")


def _rows(series: Mapping[str, object]) -> Iterator[tuple[datetime, Mapping[str, object]]]:
    columns, values = series.get("columns"), series.get("values")
    if not isinstance(columns, list) or not isinstance(values, list):
        return
    names = [one if isinstance(one, str) else "" for one in columns]
    for row in values:
        if not isinstance(row, list):
            continue
        cells = dict(zip(names, row, strict=False))
        if (time := epoch(cells.pop("time", None))) is not None:
            yield time, cells


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
