"""The query parameters of lists, checked as the documents say: filters, order, limit and page."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import re

from aiohttp import web

from .errors import invalid
from .switches import EnectivaSwitches

MOST = 1000
_FILTER = re.compile(r"(?P<type>[a-z_]+)\.(?P<field>[a-z_]+)(?P<condition>>=|>|<)(?P<value>\d.*)", re.ASCII)
_SORT = re.compile(r"(?P<direction>-?)(?P<type>[a-z_]+)\.(?P<field>[a-z_]+)", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(?P<offset>Z|[+-]\d\d:\d\d)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a list understands: the types in its filters and sort options, and the fields it can be sorted by.

    The times of a list that is not `zoned` have no offset. A list that is not `paged` knows no pages.
    """

    filtered_as: str | None = None
    sorted_as: str | None = None
    fields: tuple[str, ...] = ("time",)
    zoned: bool = True
    paged: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """A valid request for a list: rows in [start, end), ordered by fields (True is descending)."""

    start: datetime | None
    end: datetime | None
    order: tuple[tuple[str, bool], ...]
    limit: int
    page: int


def asked(request: web.Request, grammar: Grammar, switches: EnectivaSwitches) -> Ask:
    """Check the query of a request; raises `RefusalError`."""
    query = request.query
    if re.search(r"[<>\[\]]", request.rel_url.raw_query_string):
        raise invalid("Filters have to be URL encoded.")
    for name in query:
        if name.startswith("filter") and name != "filter[]":
            raise invalid(f"{name} is not a query parameter; filters are named filter[].")
    start, end = _span(query.getall("filter[]", []), grammar, switches)
    if len(query.getall("sort", [])) > 1:
        raise invalid("Sort options are chained by a comma.")
    limit = _whole("limit", query.get("limit", str(MOST)))
    if limit > MOST and switches.large_limit == "refused":
        raise invalid(f"limit must not be above {MOST}.")
    return Ask(
        start=start,
        end=end,
        order=_order(query.get("sort"), grammar),
        limit=min(limit, MOST),
        page=_whole("page", query.get("page", "1")) if grammar.paged else 1,
    )


def flag(request: web.Request, name: str) -> bool:
    """Return a query parameter that is a flag: present without a value, or true or false."""
    value = request.query.get(name, "false")
    if value not in ("", "true", "1", "false", "0"):
        raise invalid(f"{name} must be true or false.")
    return value in ("", "true", "1")


def _span(filters: list[str], grammar: Grammar, switches: EnectivaSwitches) -> tuple[datetime | None, datetime | None]:
    starts: list[datetime] = []
    ends: list[datetime] = []
    for text in filters:
        match = _FILTER.fullmatch(text)
        if match is None:
            raise invalid(f"{text} does not have the form [resource object type].[field][condition][value].")
        if match["type"] != grammar.filtered_as or match["field"] != "time":
            raise invalid(f"Filtering by {match['type']}.{match['field']} is not supported here.")
        moment = _moment(match["value"], grammar, switches)
        if match["condition"] == "<":
            ends.append(moment)
        else:
            starts.append(moment + timedelta(microseconds=match["condition"] == ">"))
    return max(starts, default=None), min(ends, default=None)


def _moment(text: str, grammar: Grammar, switches: EnectivaSwitches) -> datetime:
    match = _TIME.fullmatch(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        match = None
    if match is None:
        raise invalid(f"{text} is not a time.")
    if grammar.zoned:
        return moment if match["offset"] else moment.replace(tzinfo=UTC)
    if match["offset"] and switches.delta_offsets == "refused":
        raise invalid(f"{text} must not have an offset here.")
    return moment.replace(tzinfo=None)


def _order(sort: str | None, grammar: Grammar) -> tuple[tuple[str, bool], ...]:
    order: list[tuple[str, bool]] = []
    for option in [] if sort is None else sort.split(","):
        match = _SORT.fullmatch(option)
        if match is None or match["type"] != grammar.sorted_as or match["field"] not in grammar.fields:
            raise invalid(f"Sorting by {option} is not supported here.")
        order.append((match["field"], match["direction"] == "-"))
    return tuple(order) or (("time", False),)


def _whole(name: str, text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII):
        raise invalid(f"{name} must be a whole number above 0.")
    return int(text)
