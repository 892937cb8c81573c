"""The requests that Enectiva's service answers: lists in pages, newest values, and what a refusal means.

Source: Librarian, "Filters", "Sort options", "Limit & pagination" and "Errors".
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

from ..budget import Priority
from ..errors import CannotConnect, NotPermitted, UnexpectedAnswer
from ..http import NOTHING, Answer, Http, Query
from ..tokens import Tokens
from ..values import credible
from . import answers
from .answers import Dated, Item, local_instant

MOST_LISTED = 1000
MOST_PAGES = 100
METERS = "meters"
ENTITIES = "entities"
READINGS = "meters/{id}/readings"
_PART_OF_A_SECOND = timedelta(microseconds=999_999)


class Scope(StrEnum):
    """The scopes of access tokens. The names of those but `meters` and `entities` are not published."""

    METERS = "meters"
    ENTITIES = "entities"
    READINGS = "readings"
    METER_DELTAS = "meter_deltas"
    DATA_POINTS = "data_points"
    VIRTUAL_METER_DELTAS = "virtual_meter_deltas"


class NotFoundError(Exception):
    """There is no such thing, or no such endpoint."""


class BadRequestError(Exception):
    """The service finds fault with a filter or a sort option."""


class Asking:
    """Sends the requests, each with an access token."""

    def __init__(self, http: Http, tokens: Tokens) -> None:
        self._http = http
        self._tokens = tokens

    async def prepare(self) -> None:
        """Have an access token at hand. A service that gives out none now is not asked once per meter."""
        await self._tokens.access()

    async def listed(self, path: str, *, query: Query = ()) -> list[Item]:
        """All resources of a list. Raises also `NotFoundError`.

        A page that is full is followed by another, unless the links say that there is none.
        """
        items: dict[str, Item] = {}
        for number in range(1, MOST_PAGES + 1):
            page_query = [*query, ("limit", str(MOST_LISTED)), *([("page", str(number))] if number > 1 else [])]
            answer = await self._get(path, Priority.DISCOVERY, query=page_query)
            page, before = answers.page_of(answer), len(items)
            items = credible(items | {item.id: item for item in page.items if item.id is not None}, answer)
            if page.received and not items:
                raise UnexpectedAnswer(f"GET /{path}: nothing in the list has an id")
            full = len(page.items) >= MOST_LISTED
            if not (full if page.more is None else page.more) or len(items) == before:
                break
        return list(items.values())

    async def newest(self, path: str, there: str, sort: str | None) -> list[Dated]:
        """The newest value of what has that id; all that the service gives where it cannot be sorted by `sort`.

        Raises also `NotFoundError` and `BadRequestError`.
        """
        query = [("sort", f"-{sort}.time"), ("limit", "1")] if sort is not None else []
        page = answers.page_of(await self._get(path, Priority.LIVE, ids={"id": there}, query=query))
        if not answers.tells_times(page):
            raise UnexpectedAnswer(f"GET /{path}: nothing in the list has a time")
        return answers.dated_of(page.items)

    async def readings(self, meter: str, start: datetime, end: datetime) -> AsyncIterator[list[Dated]]:
        """All readings of a meter in [start, end), oldest first, in answers of up to 1000.

        The next thousand begins with the last time of those before: pages would shift when a late reading comes in.
        """
        seen = set[datetime]()
        while True:
            query = [
                ("filter[]", f"readings.time>={_written(start)}"),
                ("filter[]", f"readings.time<{_written(end + _PART_OF_A_SECOND)}"),
                ("sort", "readings.time"),
                ("limit", str(MOST_LISTED)),
            ]
            answer = await self._get(READINGS, Priority.HISTORY, ids={"id": meter}, query=query)
            items = answers.page_of(answer).items
            found = {local_instant(row.time, UTC): row for row in answers.dated_of(items)}
            times = sorted(time for time in found if start <= time < end and time not in seen)
            if times:
                yield [replace(found[time], time=time) for time in times]
            if len(items) < MOST_LISTED or not times:
                return
            seen.update(times)
            start = times[-1]

    async def _get(
        self, path: str, priority: Priority, *, ids: Mapping[str, str] = NOTHING, query: Sequence[tuple[str, str]] = ()
    ) -> Answer:
        answer = await self._tokens.get(self._http, path, priority=priority, ids=ids, query=query)
        if answer.ok:
            return answer
        message = f"{answer.endpoint}: answered {answer.status}"
        if answer.is_page:
            raise CannotConnect(f"{message}, not as the service does", answered=True)
        match answer.status:
            case HTTPStatus.BAD_REQUEST:
                raise BadRequestError(message)
            case HTTPStatus.FORBIDDEN:
                raise NotPermitted(message)
            case HTTPStatus.NOT_FOUND:
                raise NotFoundError(message)
            case HTTPStatus.NOT_ACCEPTABLE | HTTPStatus.CONFLICT | HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
                raise UnexpectedAnswer(message)
        raise CannotConnect(message, answered=True)


def _written(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
