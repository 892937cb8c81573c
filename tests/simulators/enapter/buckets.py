"""Aggregation: what a column shows for a stretch of time (enapter.md B7)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, takewhile
from statistics import fmean
from typing import Any

from .errors import unprocessable
from .inventory import Device
from .query import Column, Query
from .telemetry import Telemetry

MOST_REPORTS = 60
"""So many reports of a stretch, evenly chosen, go into averages and extremes: months then cost little."""
NUMERIC = ("float", "integer")


@dataclass(frozen=True, slots=True)
class Buckets:
    """The stretches of one query."""

    telemetry: Telemetry
    devices: Mapping[str, Device]
    query: Query
    oldest: datetime
    now: datetime

    def starts(self) -> Iterator[datetime]:
        """Yield the beginnings: multiples of the granularity since 1970, the first not after the query's start."""
        step = int(self.query.granularity.total_seconds())
        first, end = int(self.query.start.timestamp()) // step * step, min(self.query.end, self.now).timestamp()
        return (datetime.fromtimestamp(second, UTC) for second in takewhile(lambda one: one < end, count(first, step)))

    def value(self, column: Column, start: datetime) -> Any:
        """Return a column's value for the stretch that begins at `start`; None without one."""
        device = self.devices[column.device]
        kind, aggregation = kind_of(device, column.attribute), effective(device, column)
        begin, end = max(start, self.query.start, self.oldest), min(start + self.query.granularity, self.query.end)
        times = self.telemetry.reports(device, begin, end, self.now)
        if not times:
            return self._carried(device, column, begin)
        chosen = times[-1:] if aggregation == "last" else times[:: -(-len(times) // MOST_REPORTS)]
        moments = (datetime.fromtimestamp(time, UTC) for time in chosen)
        values = [self.telemetry.value(device, column.attribute, moment, self.now) for moment in moments]
        if aggregation in ("avg", "min", "max"):
            values = [value for value in values if isinstance(value, (int, float))]
        values = [value for value in values if value is not None]
        return aggregated(values, aggregation, kind) if values else None

    def _carried(self, device: Device, column: Column, start: datetime) -> Any:
        if column.method == "none" or start > self.now:
            return None
        row = self.telemetry.newest(device, column.attribute, start)
        return None if row is None or start - row.time > column.look_around else row.value


def kind_of(device: Device, attribute: str) -> str:
    """Return the type of an attribute."""
    return str(device.channels[attribute].declaration["type"])


def effective(device: Device, column: Column) -> str:
    """Return a column's aggregation: `auto` averages numbers, joins booleans by or, and takes the last of the rest."""
    kind, asked = kind_of(device, column.attribute), column.aggregation
    if asked == "auto":
        return "avg" if kind in NUMERIC else "bool_or" if kind == "boolean" else "last"
    fitting = {"bool_or": ("boolean",), "avg": NUMERIC, "min": NUMERIC, "max": NUMERIC}
    if asked != "last" and kind not in fitting[asked]:
        raise unprocessable("aggregation", f"{asked} does not fit {column.attribute}, which is {kind}.")
    return asked


def aggregated(values: Sequence[Any], aggregation: str, kind: str) -> Any:
    """Return the aggregate of values that are not null."""
    match aggregation:
        case "avg":
            return fmean(values)
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "bool_or":
            return any(values)
    return values[-1]
