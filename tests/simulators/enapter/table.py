"""The table of a request for history (enapter.md B7)."""

from collections.abc import Sequence
import csv
from datetime import datetime
import io
import json
from typing import Any

from .query import Column, Query
from .switches import EnapterSwitches

TYPES_HEADER = "X-Enapter-Timeseries-Data-Types"
_TYPES = {
    "float": "float",
    "integer": "integer",
    "boolean": "boolean",
    "array_of_strings": "string_array",
    "alerts": "string_array",
}


def data_type(kind: str, column: Column) -> str:
    """Return the type of a column on an attribute of type `kind`; the average of integers is no integer."""
    told = _TYPES.get(kind, "string")
    return "float" if told == "integer" and column.aggregation in ("auto", "avg") else told


def written(
    query: Query,
    columns: Sequence[Column],
    types: Sequence[str],
    rows: Sequence[tuple[datetime, Sequence[Any]]],
    switches: EnapterSwitches,
) -> str:
    """Return the table: a header row, then for each time its Unix second and the values; an empty cell is null."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["ts", *(_title(query, column) for column in columns)])
    for time, values in rows:
        cells = [_cell(value, kind, switches) for value, kind in zip(values, types, strict=True)]
        table.writerow([int(time.timestamp()), *cells])
    return text.getvalue()


def _title(query: Query, column: Column) -> str:
    labels = {
        "telemetry": column.attribute,
        "device": column.device,
        "aggregation": column.aggregation,
        "granularity": query.granularity_text,
        "gap_filling_method": column.method,
        "gap_filling_look_around": column.look_around_text,
    }
    return " ".join(f"{name}={value}" for name, value in labels.items())


def _cell(value: Any, kind: str, switches: EnapterSwitches) -> str:
    if value is None:
        return ""
    if kind == "boolean":
        return {"lower": str(value).lower(), "title": str(value), "digit": str(int(value))}[switches.booleans]
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
