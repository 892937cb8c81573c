"""From the bodies of Enpact answers to rows and samples, tolerant where the documents leave the shape open.

A bad row or field costs itself only. Sources: IoT Edge Data API v1.0, "Data Formats", "Meter Data Fields" and
"Error Handling"; what those contradict is accepted in every documented form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
import math

import msgspec

from ..errors import UnexpectedAnswer
from ..http import Answer
from ..model import Nature, Quantity, Sample
from ..units import factor
from ..values import credible, flag, instant, json_object, number, printable
from .fields import BROKEN_PROBE_AT, GATEWAY_PREFIX, POWER_PER_PHASE, SHARES, Field, Kind

LONGEST_ID = 200
LONGEST_NAME = 255
FUTURE_TOLERANCE = timedelta(minutes=1)
_NO_UNIT = ("", None)

type RawRow = Mapping[str, object]


class _Envelope(msgspec.Struct):
    data: object = msgspec.UNSET
    meta: object = None


_envelope = msgspec.json.Decoder(_Envelope)
_anything = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class Row:
    """One row with its instant."""

    time: datetime
    fields: RawRow


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a data answer by id, oldest first, and the units that its `meta` names by field.

    `is_strange` is whether there were rows, and not one of them could be read.
    """

    rows: Mapping[str, Sequence[Row]]
    units: Mapping[str, object]
    is_strange: bool = False


def listed_ids(answer: Answer, kind: Kind) -> tuple[str, ...]:
    """The ids of `GET /devices` or `GET /meters`, each once. Raises `UnexpectedAnswer` where there is no list."""
    try:
        body = answer.decode(_anything)
    except msgspec.ValidationError as err:
        raise UnexpectedAnswer(f"{answer.endpoint}: a number that no computer holds") from err
    ids = body.get(kind.path, msgspec.UNSET) if isinstance(body, dict) else msgspec.UNSET
    if ids is None or ids == {}:
        return ()
    if not isinstance(ids, list):
        raise UnexpectedAnswer(f"{answer.endpoint}: no list '{kind.path}'")
    return tuple(dict.fromkeys(identifier for identifier in credible(ids, answer) if _is_id(identifier)))


def data_table(answer: Answer, now: datetime) -> Table:
    """The rows of a data answer, none later than `now` plus a minute. Raises `UnexpectedAnswer` without `data`."""
    try:
        body = answer.decode(_envelope)
    except msgspec.ValidationError:
        raise UnexpectedAnswer(f"{answer.endpoint}: not an object") from None
    data = body.data
    if data is None or data == []:
        data = {}
    if not isinstance(data, dict):
        raise UnexpectedAnswer(f"{answer.endpoint}: no object 'data'")
    latest = now + FUTURE_TOLERANCE
    units = body.meta.get("units") if isinstance(body.meta, dict) else None
    return Table(
        rows={identifier: _rows(rows, latest) for identifier, rows in data.items()},
        units=units if isinstance(units, dict) else {},
        is_strange=any(data.values()) and not any(_time_of(row) for rows in data.values() for row in _raw(rows)),
    )


def unauthorized_ids(answer: Answer, kind: Kind) -> frozenset[str]:
    """The ids that a 403 says the key may not read; empty where it says nothing of ids."""
    ids = json_object(answer).get(kind.unauthorized_key)
    return frozenset(identifier for identifier in ids if _is_id(identifier)) if isinstance(ids, list) else frozenset()


def error_message(answer: Answer) -> str | None:
    """The vendor's own words in an error body; None where the body is not one of the vendor's."""
    message = json_object(answer).get("message")
    return message if isinstance(message, str) else None


def rejected_parameters(answer: Answer) -> frozenset[str]:
    """The parameters that a 400 or 422 finds fault with; `deviceIds.4` is the fifth of the ids."""
    errors = json_object(answer).get("errors") if answer.status in (400, 422) else None
    return frozenset(errors) if isinstance(errors, dict) else frozenset()


def samples_of(rows: Sequence[Row], field: Field, units: Mapping[str, object]) -> list[Sample]:
    """All samples of one field in raw rows, oldest first. A broken probe's temperatures are left out."""
    scale = _scale(units.get(field.name, msgspec.UNSET), field.unit)
    if scale is None:
        return []
    return [
        Sample(time=row.time, value=value) for row in rows if (value := _value(row.fields, field, scale)) is not None
    ]


def newest_sample(rows: Sequence[Row], field: Field, units: Mapping[str, object]) -> Sample | None:
    """The newest sample of one field in raw rows, with that row's own time."""
    scale = _scale(units.get(field.name, msgspec.UNSET), field.unit)
    if scale is None:
        return None
    for row in reversed(rows):
        if (value := _value(row.fields, field, scale)) is not None:
            return Sample(time=row.time, value=value)
    return None


def newest_total_power(rows: Sequence[Row], units: Mapping[str, object]) -> Sample | None:
    """The sum of the three phases in the newest row that has all of them."""
    scales = [_scale(units.get(field.name, msgspec.UNSET), field.unit) for field in POWER_PER_PHASE]
    for row in reversed(rows):
        values = [
            None if scale is None else _value(row.fields, field, scale)
            for field, scale in zip(POWER_PER_PHASE, scales, strict=True)
        ]
        numbers = [value for value in values if isinstance(value, float)]
        # The sum of what was measured, without the last bits that binary fractions add.
        if len(numbers) == len(POWER_PER_PHASE) and math.isfinite(total := sum(numbers)):
            return Sample(time=row.time, value=round(total, 6))
    return None


def is_broken_probe(rows: Sequence[Row], field: Field) -> bool:
    """Whether the newest row says that the temperature probe of this field is disconnected or faulty."""
    if field.quantity is not Quantity.TEMPERATURE or not rows:
        return False
    value = number(rows[-1].fields.get(field.name))
    return value is not None and value <= BROKEN_PROBE_AT


def shares_of(rows: Sequence[Row]) -> list[tuple[Field, Sample]]:
    """The shares `percentTrue` of aggregated rows, oldest row first, with the field of the point they make."""
    shares: list[tuple[Field, Sample]] = []
    for row in rows:
        for name, field in SHARES.items():
            aggregate = row.fields.get(name)
            percent = number(aggregate.get("percentTrue")) if isinstance(aggregate, dict) else None
            if percent is not None and 0 <= percent <= 100:
                shares.append((field, Sample(time=row.time, value=percent)))
    return shares


def newest_text(rows: Sequence[Row], name: str) -> str | None:
    """The newest non-empty text of a field such as `deviceName`."""
    for row in reversed(rows):
        text = row.fields.get(name)
        if isinstance(text, str) and (text := printable(text)):
            return text[:LONGEST_NAME]
    return None


def newest_gateway(rows: Sequence[Row]) -> str | None:
    """The newest `gwId` that can be an id: it becomes part of a device's identifier."""
    return next((str(row.fields["gwId"]) for row in reversed(rows) if _is_id(row.fields.get("gwId"))), None)


def _raw(rows: object) -> Sequence[object]:
    """A list of rows, or a single one."""
    if isinstance(rows, dict):
        return [rows]
    return rows if isinstance(rows, list) else ()


def _time_of(row: object) -> datetime | None:
    return instant(row.get("timestamp")) if isinstance(row, dict) else None


def _rows(rows: object, latest: datetime) -> Sequence[Row]:
    dated = [
        Row(time, row)
        for row in _raw(rows)
        if isinstance(row, dict) and (time := _time_of(row)) is not None and time <= latest
    ]
    dated.sort(key=lambda row: row.time)
    return dated


def _value(row: RawRow, field: Field, scale: float) -> float | bool | None:
    raw = row.get(field.name)
    if field.nature is Nature.FLAG:
        return flag(raw)
    value = number(raw)
    if value is None or (field.quantity is Quantity.TEMPERATURE and value <= BROKEN_PROBE_AT):
        return None
    scaled = value if scale == 1 else value * scale
    return scaled if math.isfinite(scaled) else None


def _scale(named: object, documented: str | None) -> float | None:
    """What to multiply by when the answer names a unit; None when that unit is not one of this field."""
    if named is msgspec.UNSET or (named in _NO_UNIT and documented in _NO_UNIT):
        return 1
    return factor(named, documented) if isinstance(named, str) else None


def _is_id(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_ID
        and printable(value) == value
        and not value.startswith(GATEWAY_PREFIX)
    )
