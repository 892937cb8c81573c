"""The tables in which Enapter tells the past: CSV, with a column for each attribute of each device.

Sources: the tests of the vendor's Grafana plugin and of its Python client. The header's cells have words like
`telemetry=NAME device=ID`; the types of the columns are in a header of the answer, which is repeated or has commas.
"""

from collections.abc import Iterator, Mapping, Sequence
import csv
from datetime import datetime
from io import StringIO
from itertools import islice
import re
from typing import Final

from multidict import MultiMapping

from ..errors import UnexpectedAnswer
from ..http import Answer
from ..values import epoch, number

TYPES_HEADER: Final = "X-Enapter-Timeseries-Data-Types"
_NUMBERS: Final = frozenset({"float", "integer"})
_WORD: Final = re.compile(r"(?:^| )(telemetry|device)=(\S+)")

type Column = tuple[str, str]
"""Device and attribute."""


def table_of(answer: Answer, most: int) -> dict[Column, list[tuple[datetime, float]]]:
    """The numbers of each column with the times of their rows, in the order of time. Raises `UnexpectedAnswer`.

    Nothing at all is a table too: there are no values then. Of the rows no more than so many are read.
    """
    text = answer.body.decode("utf-8-sig", errors="replace")
    try:
        rows = list(islice(csv.reader(StringIO(text, newline="")), most + 1))
    except csv.Error as err:
        raise UnexpectedAnswer(f"{answer.endpoint}: no table") from err
    if not rows:
        return {}
    if rows[0][:1] != ["ts"]:
        raise UnexpectedAnswer(f"{answer.endpoint}: a table without times")
    columns = [_column(cell) for cell in rows[0][1:]]
    types = _types(answer.headers)
    if len(types) == len(columns):
        columns = [one if kind in _NUMBERS else None for one, kind in zip(columns, types, strict=True)]
    return _by_column(columns, rows[1:])


def _by_column(
    columns: Sequence[Column | None], rows: Sequence[Sequence[str]]
) -> dict[Column, list[tuple[datetime, float]]]:
    found: dict[Column, dict[datetime, float]] = {one: {} for one in columns if one is not None}
    for time, cells in _dated(rows):
        for column, cell in zip(columns, cells, strict=False):
            if column is not None and (value := number(cell)) is not None:
                found[column][time] = value
    return {column: sorted(values.items()) for column, values in found.items()}


def _dated(rows: Sequence[Sequence[str]]) -> Iterator[tuple[datetime, Sequence[str]]]:
    for row in rows:
        if row and (time := epoch(row[0])) is not None:
            yield time, row[1:]


def _column(cell: str) -> Column | None:
    words = dict(_WORD.findall(cell))
    return (words["device"], words["telemetry"]) if words.keys() == {"device", "telemetry"} else None


def _types(headers: Mapping[str, str]) -> list[str]:
    several = headers.getall(TYPES_HEADER, []) if isinstance(headers, MultiMapping) else [headers.get(TYPES_HEADER, "")]
    return [kind for kind in (one.strip().lower() for one in ",".join(several).split(",")) if kind]
