"""Telemetry queries: the published schema, and what a query says (eniris.md A4.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
import re
from typing import Any, Literal

from .nodes import Key
from .schema import Schema

_NAME = r"^[a-zA-Z0-9_ \-\+\*/\.²³%\(\)]+$"
_TAG = r"^[\u0020-\u007E\u00A0-\u00FF]+$"
_STRING: Schema = {"type": "string"}


def _object(required: Sequence[str], **properties: Schema) -> Schema:
    return _strict(required, properties)


def _strict(required: Sequence[str], properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


_MEASUREMENT: Schema = {"type": "string", "pattern": r"^[a-zA-Z0-9_\-]+$"}
_NAMESPACE: Schema = {
    "anyOf": [
        _object(
            ("version", "database", "retentionPolicy"),
            version={"type": "string", "enum": ["1"]},
            database=_STRING,
            retentionPolicy=_STRING,
        ),
        _object(
            ("version", "organization", "bucket"),
            version={"type": "string", "enum": ["2"]},
            organization=_STRING,
            bucket=_STRING,
        ),
        _object(("version", "value"), version={"type": "string", "enum": ["IOx"]}, value=_STRING),
    ]
}
_FIELD: Schema = {"type": "string", "pattern": _NAME}
_FUNCTION: Schema = {"type": "string", "enum": ["sum", "min", "max", "mean"]}
_CONDITION = _object(
    ("operator", "value"),
    operator={"type": "string", "enum": ["<", "<=", ">", ">=", "="]},
    value={"anyOf": [_STRING, {"type": "number"}]},
)
QUERY = _strict(
    ("select", "from"),
    {
        "select": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {"anyOf": [_FIELD, _object(("field", "function"), field=_FIELD, function=_FUNCTION)]},
        },
        "from": {
            "anyOf": [
                _object(
                    ("measurement", "database", "retentionPolicy"),
                    measurement=_MEASUREMENT,
                    database=_STRING,
                    retentionPolicy=_STRING,
                ),
                _object(("measurement", "namespace"), measurement=_MEASUREMENT, namespace=_NAMESPACE),
            ]
        },
        "where": _object(
            (),
            time={"type": "array", "maxItems": 2, "items": _CONDITION},
            tags={
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"type": "string", "pattern": _TAG},
            },
        ),
        "orderBy": {"type": "string", "enum": ["ASC", "DESC"]},
        "limit": {"type": "integer", "minimum": 1},
    },
)
QUERIES: Schema = {"type": "array", "minItems": 1, "maxItems": 1000, "items": QUERY}

type Function = Literal["sum", "min", "max", "mean"]

_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")
_NANO = 1_000_000_000


class FormatError(Exception):
    """A query that the schema lets pass, but that says nothing: its item is an error."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A field, or a function of it over all rows."""

    field: str
    function: Function | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A query; times are nanoseconds since 1970: from `low` until before `high`, None where no condition says so."""

    select: Sequence[Selected]
    key: Key | None
    tags: Mapping[str, str]
    low: int | None
    high: int | None
    descending: bool
    limit: int | None


def parsed(body: Mapping[str, Any]) -> Query:
    """Return what a query says that fits the schema; raise `FormatError` for a time that is none."""
    source, where = body["from"], body.get("where", {})
    low, high = _range(where.get("time", ()))
    return Query(
        select=[Selected(one) if isinstance(one, str) else Selected(**one) for one in body["select"]],
        key=_key(source),
        tags=where.get("tags", {}),
        low=low,
        high=high,
        descending=body.get("orderBy") == "DESC",
        limit=body.get("limit"),
    )


def _key(source: Mapping[str, Any]) -> Key | None:
    place = source.get("namespace", source)
    if "database" not in place:
        return None
    return place["database"], place["retentionPolicy"], source["measurement"]


def _range(conditions: Sequence[Mapping[str, Any]]) -> tuple[int | None, int | None]:
    lows: list[int] = []
    highs: list[int] = []
    for condition in conditions:
        moment = nanoseconds(condition["value"])
        match condition["operator"]:
            case ">=":
                lows.append(moment)
            case ">":
                lows.append(moment + 1)
            case "<":
                highs.append(moment)
            case "<=":
                highs.append(moment + 1)
            case _:
                lows.append(moment)
                highs.append(moment + 1)
    return max(lows, default=None), min(highs, default=None)


def nanoseconds(value: str | float) -> int:
    """Return a time as nanoseconds since 1970: ISO 8601 with any number of digits, or Unix milliseconds."""
    if not isinstance(value, str):
        return round(value * 1_000_000)
    match = _ISO.fullmatch(value)
    if match is None:
        raise FormatError(f"Invalid format: {value}")
    seconds, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(seconds + zone).astimezone(UTC)
    except ValueError as error:
        raise FormatError(f"Invalid format: {value}") from error
    return round(moment.timestamp()) * _NANO + int((fraction or "0")[:9].ljust(9, "0"))
