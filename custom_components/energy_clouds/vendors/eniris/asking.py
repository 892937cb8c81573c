"""Requests to Eniris' metadata and telemetry, and what its refusals mean.

Source: the API's own description (api.eniris.be/docs).
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
import hashlib
from typing import Final

from ..budget import Budget, Limit, Priority
from ..errors import CannotConnect, NotPermitted, UnexpectedAnswer
from ..http import Answer, Http, number_in
from ..tokens import Tokens
from ..values import json_object, number
from .answers import Item, Listing, items_of, listing_of, skip_hash_text
from .known import Query

MINUTE: Final = timedelta(minutes=1)
UNLIMITED: Final = 60_000
"""The largest tier's tokens a minute, for an account without a limit."""
MOST_QUERIES: Final = 500
MOST_UNCHANGED: Final = 24
"""After so many answers that nothing has changed all is listed once more: a right that was given changes no device."""
_FIELDS: Final = ("nodeId", "name", "nodeType", "nodeParentsIds", "info", "nodeInfluxSeries", "isActive")
_TELEMETRY: Final = "v1/telemetry/query"


class TooMuchError(Exception):
    """A request that asks for more than the account's tier can ever have at once."""


class BadQueryError(Exception):
    """A request in which something is wrong."""


class Asking:
    """Sends requests with an access token. Raises the vendor errors."""

    def __init__(self, http: Http, tokens: Tokens, budget: Budget) -> None:
        self._http = http
        self._tokens = tokens
        self._budget = budget
        self._listing: Listing | None = None
        self._unchanged = 0
        self._costs_per_query: dict[Priority, float] = {}

    @property
    def knows_cost(self) -> bool:
        """Whether it is known what queries for live values cost."""
        return Priority.LIVE in self._costs_per_query

    @property
    def capacity(self) -> float:
        """What a request may cost at most."""
        return self._budget.limit.requests

    @property
    def live_share(self) -> float:
        """What live values may cost in a minute."""
        return self._budget.live_share

    @property
    def is_held(self) -> bool:
        """Whether the service has said that nothing may be sent now."""
        return self._budget.held_because is not None

    def cost_of(self, queries: int, priority: Priority = Priority.LIVE) -> float:
        """What so many queries are expected to cost in one request."""
        return 1 + queries * self._costs_per_query.get(priority, 1.0)

    async def devices(self) -> Listing | None:
        """All devices; None where the service says that nothing has changed since they were listed last."""
        body: dict[str, object] = {"fields": list(_FIELDS)}
        shows_series = self._listing is not None and any(one.series is not None for one in self._listing.devices)
        if self._listing is not None and shows_series and self._unchanged < MOST_UNCHANGED:
            body["skipHash"] = b64encode(hashlib.sha256(skip_hash_text(self._listing.changes)).digest()).decode()
        answer = await self._post("v1/device/query", body, Priority.DISCOVERY, 1)
        if answer.status == 204 and "skipHash" in body:
            self._unchanged += 1
            return None
        _granted(answer)
        self._listing, self._unchanged = listing_of(answer), 0
        return self._listing

    async def newest(
        self, queries: Sequence[Query], spans: Mapping[Query, timedelta], now: datetime, rows: int
    ) -> list[Item | None]:
        """The newest rows for each query, of no longer ago than its span. Raises also the two errors of this module."""
        now = now.replace(microsecond=0)
        asked = [
            _query(query, now - spans[query], now + MINUTE) | {"orderBy": "DESC", "limit": rows} for query in queries
        ]
        return await self._telemetry(queries, asked, rows, Priority.LIVE)

    async def past(self, query: Query, start: datetime, end: datetime, rows: int) -> Item | None:
        """The rows of a query in [start, end), the oldest first. Raises also the two errors of this module."""
        asked = _query(query, start, end) | {"orderBy": "ASC", "limit": rows}
        return (await self._telemetry([query], [asked], None, Priority.HISTORY))[0]

    async def _telemetry(
        self, queries: Sequence[Query], asked: list[dict[str, object]], rows: int | None, priority: Priority
    ) -> list[Item | None]:
        answer = await self._post(_TELEMETRY, asked, priority, self.cost_of(len(asked), priority))
        if answer.status == 422:
            capacity = number(json_object(answer).get("maximumCapacity"))
            if capacity is not None and capacity >= 1:
                self._budget.limit = Limit(requests=int(capacity), window=MINUTE)
            raise TooMuchError
        if answer.status == 400:
            raise BadQueryError
        _granted(answer)
        self._learn_cost(answer, len(asked), priority)
        return items_of(answer, [query.source for query in queries], rows)

    async def _post(self, path: str, body: object, priority: Priority, cost: float) -> Answer:
        async def send(token: str) -> Answer:
            headers = {"Authorization": f"Bearer {token}"}
            return await self._http.request("POST", path, priority=priority, headers=headers, json=body, cost=cost)

        return await self._tokens.authorized(send)

    def _learn_cost(self, answer: Answer, queries: int, priority: Priority) -> None:
        """Take in what the headers tell: the tier, too. A cost that no request can have says nothing of either."""
        cost, capacity = number_in(answer.headers, "Cost"), _capacity_told(answer)
        if cost is None or round(cost) > (capacity or self.capacity):
            self._costs_per_query.setdefault(priority, 1.0)
            return
        self._costs_per_query[priority] = max(cost - 1, 0.0) / queries
        if capacity is not None and capacity != self._budget.limit.requests:
            self._budget.limit = Limit(requests=capacity, window=MINUTE)


def _capacity_told(answer: Answer) -> int | None:
    """The tier's tokens a minute: what is used and what remains. Where there is no word of them, there is no limit."""
    told = {name.lower().removeprefix("x-") for name in answer.headers}
    if told.isdisjoint({"ratelimit-used", "ratelimit-remaining"}):
        return UNLIMITED
    used, remaining = number_in(answer.headers, "Used"), number_in(answer.headers, "Remaining")
    return None if used is None or remaining is None else round(used + remaining) or None


def _query(query: Query, start: datetime, end: datetime) -> dict[str, object]:
    return {
        "select": list(query.fields),
        "from": query.source.query_from(),
        "where": {
            "time": [{"operator": ">=", "value": _instant(start)}, {"operator": "<", "value": _instant(end)}],
            "tags": dict(query.source.tags),
        },
    }


def _instant(time: datetime) -> str:
    return time.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _granted(answer: Answer) -> None:
    if answer.status == 403 and not answer.is_page:
        raise NotPermitted(f"{answer.endpoint}: answered 403")
    if answer.status in (403, 404, 405):
        raise CannotConnect(f"{answer.endpoint}: answered {answer.status}, not as Eniris does", answered=True)
    if not answer.ok:
        raise UnexpectedAnswer(f"{answer.endpoint}: answered {answer.status}")
