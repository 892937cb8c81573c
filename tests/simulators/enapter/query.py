"""The body of a request for history, checked (enapter.md B7): 400 if it is no JSON object, 422 for wrong values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
from typing import Any, Literal

from .durations import duration
from .errors import RefusalError, unprocessable

AGGREGATIONS = ("auto", "avg", "last", "min", "max", "bool_or")
MOST_ROWS = 20_000
"""The real limit is not known; this one keeps the simulator answering."""

type GapFilling = Literal["none", "locf"]


@dataclass(frozen=True, slots=True)
class Column:
    """One wanted column; `look_around` is how far back `locf` looks for a value to carry forward."""

    device: str
    attribute: str
    aggregation: str
    method: GapFilling
    look_around: timedelta
    look_around_text: str


@dataclass(frozen=True, slots=True)
class Query:
    """A valid request for the rows of [start, end), one for each multiple of `granularity` since 1970."""

    start: datetime
    end: datetime
    granularity: timedelta
    granularity_text: str
    columns: tuple[Column, ...]


def asked_query(content: bytes) -> Query:
    """Return what a body asks for; raises `RefusalError`."""
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RefusalError(400, "bad_request", "The body must be a JSON object.")
    start, end = _moment(body, "from"), _moment(body, "to")
    if start >= end:
        raise unprocessable("to", "to must be after from.")
    text = body.get("granularity")
    granularity = duration(text)
    if granularity is None or granularity < timedelta(seconds=1) or granularity % timedelta(seconds=1):
        raise unprocessable("granularity", "granularity must be a duration of whole seconds.")
    if (end - start) / granularity > MOST_ROWS:
        raise unprocessable("granularity", "Too many rows.")
    selectors = body.get("telemetry")
    if not isinstance(selectors, list) or not selectors:
        raise unprocessable("telemetry", "telemetry must be a list of selectors.")
    columns = tuple(column for selector in selectors for column in _columns(selector, body.get("aggregation", "auto")))
    return Query(start, end, granularity, str(text), columns)


def _columns(selector: Any, default: Any) -> Iterator[Column]:
    if not isinstance(selector, dict) or not isinstance(selector.get("device"), str):
        raise unprocessable("telemetry", "A selector must name a device.")
    attributes = selector.get("attribute")
    attributes = [attributes] if isinstance(attributes, str) else attributes
    if not isinstance(attributes, list) or not attributes or not all(isinstance(name, str) for name in attributes):
        raise unprocessable("attribute", "attribute must be a name or a list of names.")
    aggregation = selector.get("aggregation", default)
    if aggregation not in AGGREGATIONS:
        raise unprocessable("aggregation", f"aggregation must be one of {', '.join(AGGREGATIONS)}.")
    filling = selector.get("gap_filling") or {}
    if not isinstance(filling, dict) or filling.get("method", "none") not in ("none", "locf"):
        raise unprocessable("gap_filling", "The method must be none or locf.")
    text = filling.get("look_around", "0s")
    if (look_around := duration(text)) is None:
        raise unprocessable("gap_filling", "look_around must be a duration.")
    for name in attributes:
        yield Column(selector["device"], name, str(aggregation), filling.get("method", "none"), look_around, str(text))


def _moment(body: dict[str, Any], name: str) -> datetime:
    value = body.get(name)
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError, OverflowError, OSError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise unprocessable(name, f"{name} must be a time: RFC 3339 or Unix seconds.")
    return moment.astimezone(UTC)
