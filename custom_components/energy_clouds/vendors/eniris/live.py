"""One poll of an Eniris account: one request for everything, or as much of it as the account's tier allows."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import math
from typing import Final

from ..clock import ServiceClock
from ..errors import CannotConnect, NotPermitted, RateLimited, UnexpectedAnswer, VendorError
from ..model import Nature, Point, PointId, Problem, Sample
from .answers import Item
from .asking import MINUTE, MOST_QUERIES, Asking, BadQueryError, TooMuchError
from .known import Known, Query

ROWS: Final = 3
"""How many rows are asked for: not every row has every field."""
SPAN: Final = timedelta(minutes=10)
SHORTEST_SPAN: Final = timedelta(minutes=1)
PERIODS: Final = 5
LEFT_OUT_FOR: Final = timedelta(hours=1)
FULL: Final = 0.9
"""A request may cost that part of what the account can have at once."""
FEWER_FOR: Final = timedelta(hours=1)
"""How long less is asked for at once, after a request was refused for its size."""
FAILED_FOR: Final = timedelta(minutes=1)
MOST_REFUSALS: Final = 24
"""How many requests a poll may send to find out which query is a bad one, while none is good."""
ALL_BAD_FOR: Final = timedelta(minutes=10)
"""How long nobody looks for it, once all queries were bad ones."""


@dataclass(slots=True)
class Poll:
    """What one poll brought so far."""

    samples: dict[PointId, Sample] = field(default_factory=dict)
    broken: set[PointId] = field(default_factory=set)
    problems: dict[str, Problem] = field(default_factory=dict)
    good: set[str] = field(default_factory=set)
    bad: list[Query] = field(default_factory=list)
    """What the service calls a bad query."""
    is_strange: bool = False
    refusals: int = 0
    """How many requests were refused as such."""


class LiveValues:
    """Reads the newest values. What one poll cannot carry, the next ones begin with."""

    def __init__(self, asking: Asking, known: Known, clock: ServiceClock) -> None:
        self._asking = asking
        self._known = known
        self._clock = clock
        self._left_out: dict[Query, tuple[datetime, Problem]] = {}
        self._failures: dict[Query, int] = {}
        self._spans: dict[Query, tuple[timedelta, datetime]] = {}
        """Shorter ones than usual, and until when."""
        self._most = MOST_QUERIES
        self._most_until: datetime | None = None
        self._after: Query | None = None
        self._all_bad_until: datetime | None = None

    def cost_of(self, points: Collection[Point]) -> float:
        """What the next poll of those points costs."""
        return self._whole(self._parts(self._todo(points)))

    def polls_per_round(self, points: Collection[Point]) -> int:
        """How many polls it takes to read all of those points once."""
        todo = self._todo(points)
        at_once = sum(map(len, self._parts(todo)))
        return math.ceil(len(todo) / at_once) if at_once else 1

    async def read(self, points: Collection[Point]) -> Poll:
        """Read those points. Raises what went wrong where nothing went well."""
        poll = Poll()
        queries = self._in_turn(points)
        for device, problem in self._problems_left_out(queries).items():
            poll.problems[device] = problem
        todo = [query for query in queries if query not in self._left_out]
        if not self._asking.knows_cost:
            todo = todo[1:] if await self._carries_on(todo[:1], poll) else []
        for part in self._parts(todo):
            if not await self._carries_on(part, poll):
                break
        self._believe_in_all(poll)
        if poll.is_strange and not poll.good:
            raise UnexpectedAnswer("POST /v1/telemetry/query: not one row has a time")
        self._only_forbidden(poll)
        return poll

    def _believe_in_all(self, poll: Poll) -> None:
        """Where the service calls everything bad, it is not for this or that query: they are not looked for again soon.

        Raises `UnexpectedAnswer` then.
        """
        if poll.refusals and not poll.good:
            for query in poll.bad:
                self._left_out.pop(query, None)
            self._all_bad_until = self._clock.now() + ALL_BAD_FOR
            raise UnexpectedAnswer("POST /v1/telemetry/query: no query is a good one")

    async def _carries_on(self, part: Sequence[Query], poll: Poll) -> bool:
        """Ask a part of a poll. Returns whether there is any use in asking for the next one."""
        was_held = self._asking.is_held
        try:
            if part:
                await self._ask(part, poll)
        except RateLimited:
            if self._asking.is_held and not was_held:
                # Somebody else uses the account: less at once finds room more often.
                self._ask_fewer(len(part) // 2)
            if not poll.good:
                raise
            return False
        except CannotConnect, NotPermitted, UnexpectedAnswer:
            if not poll.good:
                raise
            self._fail(part, poll)
            return False
        return True

    def _in_turn(self, points: Collection[Point]) -> list[Query]:
        """All queries, beginning behind the last that was asked."""
        queries = self._known.queries(points)
        start = queries.index(self._after) + 1 if self._after in queries else 0
        return queries[start:] + queries[:start]

    def _todo(self, points: Collection[Point]) -> list[Query]:
        """Those of the queries that are not left out."""
        queries = self._in_turn(points)
        self._problems_left_out(queries)
        return [query for query in queries if query not in self._left_out]

    def _parts(self, queries: Sequence[Query]) -> list[Sequence[Query]]:
        """What one poll asks: all, in as few requests as carry it, or one request's worth where all is too dear."""
        if not queries:
            return []
        size = math.ceil(len(queries) / math.ceil(len(queries) / self._at_once()))
        parts = [queries[start : start + size] for start in range(0, len(queries), size)]
        return parts if self._whole(parts) <= self._asking.live_share else parts[:1]

    def _whole(self, parts: Sequence[Sequence[Query]]) -> float:
        return sum(self._asking.cost_of(len(part)) for part in parts)

    def _at_once(self) -> int:
        """How many queries one request may have."""
        now = self._clock.now()
        if self._most_until is None or not now < self._most_until <= now + FEWER_FOR:
            self._most = MOST_QUERIES
        per_query = self._asking.cost_of(1) - self._asking.cost_of(0)
        room = self._asking.capacity * FULL - self._asking.cost_of(0)
        return max(1, min(self._most, math.floor(room / per_query) if per_query > 0 else MOST_QUERIES))

    def _ask_fewer(self, most: int) -> None:
        self._most, self._most_until = max(1, most), self._clock.now() + FEWER_FOR

    async def _ask(self, queries: Sequence[Query], poll: Poll, *, again: bool = True) -> None:
        """Ask them in one request; where that is refused as such, in two halves, down to the one at fault.

        While none is good, after each one at fault comes the largest part of the others: many in a row hide nobody.
        """
        pending = deque([queries])
        while pending:
            part = pending.popleft()
            if await self._is_answered(part, poll, again=again):
                continue
            poll.refusals += 1
            if poll.refusals >= MOST_REFUSALS or self._are_all_bad:
                self._believe_in_all(poll)
            if len(part) > 1:
                pending.extendleft(reversed(_halves(part)))
                continue
            poll.bad.append(part[0])
            self._leave_out(part[0], Problem.UNREACHABLE, poll)
            if not poll.good:
                pending.rotate(1)

    async def _is_answered(self, queries: Sequence[Query], poll: Poll, *, again: bool) -> bool:
        """Ask them in one request, or in less where that is too much. Returns False where it is a bad one."""
        now = self._clock.now()
        spans = {query: self._span(query) for query in queries}
        try:
            items = await self._asking.newest(queries, spans, now, ROWS)
        except TooMuchError:
            if len(queries) == 1:
                self._shorten(queries[0], poll)
            else:
                self._ask_fewer(len(queries) // 2)
                for half in _halves(queries):
                    await self._ask(half, poll)
        except BadQueryError:
            return False
        else:
            if self._clock.is_doubtful:
                raise CannotConnect("POST /v1/telemetry/query: the service's clock is another", answered=True)
            self._after = queries[-1]
            await self._take_items(queries, items, poll, again=again)
        return True

    @property
    def _are_all_bad(self) -> bool:
        """Whether it was the whole service a short while ago."""
        now, until = self._clock.now(), self._all_bad_until
        return until is not None and now < until <= now + ALL_BAD_FOR

    def _span(self, query: Query) -> timedelta:
        usual, now = max(SPAN, PERIODS * query.period), self._clock.now()
        span, until = self._spans.get(query, (usual, now))
        return span if now < until <= now + FEWER_FOR else usual

    def _shorten(self, query: Query, poll: Poll) -> None:
        """Ask for less of the past for an hour; nothing shorter than a minute is worth asking for."""
        span = self._span(query) / 2
        if span >= SHORTEST_SPAN:
            self._spans[query] = span, self._clock.now() + FEWER_FOR
        else:
            self._leave_out(query, Problem.UNREACHABLE, poll)

    async def _take_items(
        self, queries: Sequence[Query], items: Sequence[Item | None], poll: Poll, *, again: bool
    ) -> None:
        """Take in the answers. A query that fails can abort those behind it: they are asked for once more."""
        answers = list(zip(queries, items, strict=True))
        failed = next(
            (at for at, (_, item) in enumerate(answers) if item is not None and item.has_failed), len(answers)
        )
        behind = {query: None for query, item in answers[failed + 1 :] if not _says_something(item)}
        for query, item in answers:
            if query in behind:
                continue
            if item is None or item.is_strange:
                poll.is_strange |= item is not None
                self._fail((query,), poll)
            elif item.error is None:
                poll.good.add(query.device_id)
                self._failures.pop(query, None)
                self._take_rows(query, item, poll)
            elif item.has_failed:
                failures = self._failures[query] = self._failures.get(query, 0) + 1
                self._leave_out(query, Problem.UNREACHABLE, poll, FAILED_FOR * 2 ** min(failures, 6))
            else:
                self._leave_out(query, Problem.NOT_PERMITTED, poll)
        if behind and again:
            await self._ask(list(behind), poll, again=False)
        else:
            self._fail(behind, poll)

    def _take_rows(self, query: Query, item: Item, poll: Poll) -> None:
        """The newest value of each field, with its own row's time. A text that has become empty is none any more."""
        latest = self._clock.now() + MINUTE
        emptied: dict[PointId, datetime] = {}
        for time, cells in item.rows:
            if time > latest:
                continue
            for name in query.fields:
                if (cell := cells.get(name)) is None or (learnt := self._known.learn(query, name, cell)) is None:
                    continue
                point, told = learnt
                value = told.value_of(cell)
                shown = poll.samples.get(point.id)
                if value is not None and (shown is None or shown.time < time):
                    poll.samples[point.id] = Sample(time=time, value=value)
                elif cell == "" and point.nature is Nature.STATE:
                    emptied[point.id] = max(time, emptied.get(point.id, time))
        for point_id, time in emptied.items():
            if (shown := poll.samples.get(point_id)) is None or shown.time < time:
                poll.samples.pop(point_id, None)
                poll.broken.add(point_id)

    def _leave_out(self, query: Query, problem: Problem, poll: Poll, wait: timedelta = LEFT_OUT_FOR) -> None:
        self._left_out[query] = self._clock.now() + min(wait, LEFT_OUT_FOR), problem
        poll.problems[query.device_id] = problem

    def _problems_left_out(self, queries: Collection[Query]) -> dict[str, Problem]:
        now, wanted = self._clock.now(), frozenset(queries)
        self._left_out = {
            query: (until, problem)
            for query, (until, problem) in self._left_out.items()
            if query in wanted and now < until <= now + LEFT_OUT_FOR
        }
        return {query.device_id: problem for query, (_, problem) in self._left_out.items()}

    @staticmethod
    def _fail(queries: Collection[Query], poll: Poll) -> None:
        for query in queries:
            if query.device_id not in poll.good:
                poll.problems.setdefault(query.device_id, Problem.UNREACHABLE)

    @staticmethod
    def _only_forbidden(poll: Poll) -> None:
        """A device of which something may be read is only partly forbidden."""
        for device_id in poll.good & poll.problems.keys():
            if poll.problems[device_id] is Problem.NOT_PERMITTED:
                poll.problems[device_id] = Problem.PARTLY_NOT_PERMITTED


def _halves(queries: Sequence[Query]) -> tuple[Sequence[Query], Sequence[Query]]:
    middle = len(queries) // 2
    return queries[:middle], queries[middle:]


def _says_something(item: Item | None) -> bool:
    """Whether an answer behind one that failed is an answer all the same."""
    return item is not None and (item.is_forbidden or bool(item.rows))


def nothing_allowed(poll: Poll) -> VendorError | None:
    """What a poll has to say when it may read nothing at all."""
    if poll.problems and not poll.good and set(poll.problems.values()) == {Problem.NOT_PERMITTED}:
        return NotPermitted("none of the devices may be read")
    return None
