"""The rows of a 15-minute window: raw or aggregated, in the shape of the switched variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from .catalogue import FIELDS, FIELDS_OF_KIND, METER_FIELDS, NULL_OF_KIND, REGISTERS, MeterKind
from .edits import Edit
from .inventory import Source
from .switches import EnpactSwitches

WINDOW = timedelta(minutes=15)
STEP = timedelta(seconds=30)

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """A window of rows measured in [start, start + 15 min) of which the service has those up to `newest`."""

    start: datetime
    newest: datetime
    now: datetime
    switches: EnpactSwitches

    def raw(self, source: Source, edits: Sequence[Edit]) -> list[Row]:
        """Return the rows of :00 and :30, oldest first, with rounded numbers."""
        first = ceil(self.start.timestamp() / STEP.seconds) * STEP.seconds - self.start.timestamp()
        rows: list[Row] = []
        measured = self.start + timedelta(seconds=first)
        while measured < self.start + WINDOW and measured <= self.newest:
            fields: Mapping[str, Any] | None = source.fields(measured)
            for edit in edits:
                if fields is None:
                    break
                fields = edit.applied(fields, measured, self.now)
            if fields is not None:
                rows.append({"timestamp": written(measured), **self._rounded(fields)})
            measured += STEP
        return rows

    def published(self, rows: Sequence[Row], kind: MeterKind | None) -> list[Row]:
        """Return raw rows as the switched variant writes them."""
        doubled = [row for row in rows for _ in range(2 if self.switches.duplicates else 1)]
        ordered = reversed(doubled) if self.switches.descending else doubled
        return [self._filled({name: self._number(name, value) for name, value in row.items()}, kind) for row in ordered]

    def aggregated(self, rows: Sequence[Row], kind: MeterKind | None) -> list[Row]:
        """Return the one row that sums up raw rows, or none if there are none."""
        if not rows:
            return []
        summary: Row = {"timestamp": written(self.start), "period": "15min"}
        for name in dict.fromkeys(name for row in rows for name in row if name != "timestamp"):
            summary[name] = self._summed_up(name, [row[name] for row in rows if name in row])
        return [self._filled(summary, kind)]

    def units(self, rows: Sequence[Row]) -> dict[str, str]:
        """Return the units of the fields present."""
        return {name: field.unit for name, field in FIELDS.items() if any(name in row for row in rows)}

    def _rounded(self, fields: Mapping[str, Any]) -> Row:
        return {name: self._round(name, value) if name in FIELDS else value for name, value in fields.items()}

    def _round(self, name: str, value: float) -> float:
        if self.switches.unsigned_power and name in _POWERS:
            value = abs(value)
        decimals = self.switches.register_decimals if name in REGISTERS else FIELDS[name].decimals
        return round(value, decimals) + 0.0 if decimals else round(value)

    def _summed_up(self, name: str, values: Sequence[Any]) -> Any:
        if isinstance(values[0], bool):
            return {"percentTrue": self._written(round(100 * sum(values) / len(values)))}
        if name not in FIELDS:
            return values[-1]
        statistics = {"avg": self._round(name, sum(values) / len(values)), "min": min(values), "max": max(values)}
        return {key: self._written(value) for key, value in statistics.items()} | {"unit": FIELDS[name].unit}

    def _number(self, name: str, value: Any) -> Any:
        return self._written(value) if name in FIELDS else value

    def _written(self, value: float) -> float | str:
        if self.switches.integers_for_whole_floats and value == int(value):
            value = int(value)
        return str(value) if self.switches.numeric_strings else value

    def _filled(self, row: Row, kind: MeterKind | None) -> Row:
        """Add the fields that a meter's type lacks but the variant shows as null."""
        if kind is None:
            return row
        nulls = NULL_OF_KIND[kind]
        if self.switches.absent_fields == "null":
            own = {field.name for field in FIELDS_OF_KIND[kind]}
            nulls = tuple(field.name for field in METER_FIELDS if field.name not in own)
        return row | dict.fromkeys(nulls)


_POWERS = frozenset(f"p{phase}" for phase in (1, 2, 3))


def written(moment: datetime) -> str:
    """Return a time as the service writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
