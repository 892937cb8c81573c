"""Telemetry: /v1/telemetry/query (eniris.md A4.1, A4.2). HTTP 200 even if every query failed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from aiohttp import web

from ..clock import Clock
from .cost import Limiter
from .errors import answer, json_of
from .fields import Value
from .gate import Gate
from .nodes import Node, Series
from .queries import QUERIES, QUERY, FormatError, Function, Query, Selected, parsed
from .rows import Archive, Row, Span
from .schema import check

_NANO = 1_000_000_000
_MOST_POINTS = 5_000_000
_AGGREGATES: Mapping[Function, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "mean": lambda values: sum(values) / len(values),
}


class QueryError(Exception):
    """A query could not be run; its item has this text."""


class Telemetry:
    """Answers from the archive what the user may read."""

    def __init__(
        self,
        nodes: Callable[[], Sequence[Node]],
        archive: Archive,
        gate: Gate,
        limiter: Limiter,
        clock: Clock,
    ) -> None:
        """Answer for these devices."""
        self._nodes = nodes
        self._archive = archive
        self._gate = gate
        self._limiter = limiter
        self._switches = archive.switches
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.post("/v1/telemetry/query", self._answer)]

    async def _answer(self, request: web.Request) -> web.Response:
        name, now = self._gate.member(request), self._clock()
        body = await json_of(request)
        bodies = body if isinstance(body, list) else [body]
        check(body, QUERIES if isinstance(body, list) else QUERY)
        queries = [_parsed(one) for one in bodies]
        tier = self._limiter.chosen(request.query.get("apiTier"))
        cost = self._limiter.model.of([one for one in queries if isinstance(one, Query)], self._archive.policies, now)
        headers = self._limiter.spend(name, str(request.remote), tier, cost, now)
        items = list(self._items(queries, now))
        return answer(items if isinstance(body, list) else items[0], headers=headers)

    def _items(self, queries: Sequence[Query | FormatError], now: datetime) -> Iterator[dict[str, Any]]:
        failed = False
        for index, query in enumerate(queries):
            item: dict[str, Any] = {"statement_id": index} if self._switches.statement_ids else {}
            if isinstance(query, FormatError):
                item["error"] = str(query)
            elif failed:
                item |= {"error": "not executed"} if self._switches.aborting == "error" else {}
            else:
                try:
                    item |= self._result(query, now)
                except QueryError as error:
                    item["error"] = str(error)
                    failed = self._switches.aborting is not None
            yield item

    def _result(self, query: Query, now: datetime) -> dict[str, Any]:
        permitted = self._permitted(query)
        if not permitted:
            known = any(one.key == query.key for _, one in self._readable())
            if known and query.tags and self._switches.unknown_tags == "no_data":
                return {}
            return {"error": self._switches.unauthorized}
        series = [written for node, one in permitted for written in self._series(query, node, one, now)]
        return {"series": series} if series else {}

    def _readable(self) -> Iterator[tuple[Node, Series]]:
        for node in self._nodes():
            if node.visible and node.readable:
                yield from ((node, one) for one in node.series or ())

    def _permitted(self, query: Query) -> list[tuple[Node, Series]]:
        # Rights are by device, hence by tags: whoever asks without any asks for everybody's rows.
        if not query.tags:
            return []
        found = {
            id(one): (node, one)
            for node, one in self._readable()
            if one.key == query.key and query.tags.items() <= one.tags.items()
        }
        return list(found.values())

    def _series(self, query: Query, node: Node, series: Series, now: datetime) -> list[dict[str, Any]]:
        names = [one.field for one in query.select]
        span = Span(now, query.low, query.high)
        rows = self._archive.rows(node, series, names, span, descending=query.descending)
        points = self._archive.count(series, span) * len(names)
        functions = {one.function is not None for one in query.select}
        if points > _MOST_POINTS and (query.limit is None or True in functions):
            raise QueryError("max-select-point limit exceeded")
        if functions == {True, False}:
            raise QueryError("mixing aggregate and non-aggregate queries is not supported")
        found = _aggregated(query, list(rows)) if True in functions else list(islice(rows, query.limit))
        if not found:
            return []
        columns = ["time", *self._columns(query.select)]
        return [
            {
                "name": series.measurement,
                **({"tags": tags} if self._switches.series_tags else {}),
                "columns": columns,
                "values": [[self._time(row.time), *row.values] for row in part],
            }
            for part, tags in self._parts(found, series.tags)
        ]

    def _parts(self, rows: Sequence[Row], tags: Mapping[str, str]) -> list[tuple[Sequence[Row], Mapping[str, str]]]:
        half = len(rows) // 2
        if not self._switches.several_series or not half:
            return [(rows, tags)]
        replaced = {**tags, "gatewayMAC": f"{tags.get('gatewayMAC', '')}-replaced"}
        return [(rows[:half], tags), (rows[half:], replaced)]

    def _columns(self, select: Sequence[Selected]) -> list[str]:
        if self._switches.function_columns == "prefixed":
            return [one.field if one.function is None else f"{one.function}_{one.field}" for one in select]
        names: list[str] = []
        for one in select:
            name = one.function or one.field
            same = sum(other == name or other.startswith(f"{name}_") for other in names)
            names.append(f"{name}_{same}" if one.function and same else name)
        return names

    def _time(self, time: int) -> str | int:
        if self._switches.time_format == "milliseconds":
            return time // 1_000_000
        seconds, fraction = divmod(time, _NANO)
        text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{text}.{fraction:09}Z" if self._switches.time_format == "nanoseconds" else f"{text}Z"


def _parsed(body: Mapping[str, Any]) -> Query | FormatError:
    try:
        return parsed(body)
    except FormatError as error:
        return error


def _aggregated(query: Query, rows: Sequence[Row]) -> list[Row]:
    """Return the one row of functions, at the beginning of the range as Influx has it, or 1970."""
    if not rows:
        return []
    columns = zip(*(row.values for row in rows), strict=True)
    values = [_aggregate(one, column) for one, column in zip(query.select, columns, strict=True)]
    return [Row(query.low or 0, values)]


def _aggregate(selected: Selected, column: Sequence[Value]) -> Value:
    present = [value for value in column if value is not None]
    if any(isinstance(value, (str, bool)) for value in present):
        kind = "string" if isinstance(present[0], str) else "boolean"
        raise QueryError(f"unsupported {selected.function} iterator type: *query.{kind}InterruptIterator")
    numbers = [float(value) for value in present]
    return None if not numbers or selected.function is None else _AGGREGATES[selected.function](numbers)
