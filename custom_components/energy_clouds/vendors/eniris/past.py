"""The past of Eniris' counters and intervals: a day at a time, from rows of an hour or less."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta
from typing import Final

from ..errors import UnexpectedAnswer
from ..model import Nature, Point, Sample, Series
from .answers import Item
from .asking import Asking, BadQueryError, TooMuchError
from .fields import PREFIX, field_named
from .known import Known, Query

DAY: Final = timedelta(days=1)
SHORTEST: Final = timedelta(minutes=10)
ROWS: Final = 10_000
_COUNTED: Final = (Nature.REGISTER, Nature.INTERVAL)


class Past:
    """Reads history. A range that costs more than the account can have at once is asked for in halves."""

    def __init__(self, asking: Asking, known: Known) -> None:
        self._asking = asking
        self._known = known

    async def read(
        self, points: Collection[Point], start: datetime, end: datetime
    ) -> AsyncIterator[tuple[Series, ...]]:
        """The samples of registers and intervals in [start, end), the oldest first."""
        counted = [point for point in points if point.nature in _COUNTED]
        queries = list(self._known.history_queries(counted))
        while start < end:
            # What is hardly more than a day is asked for at once.
            until = end if end - start < DAY + SHORTEST else start + DAY
            for point, query in queries:
                async for item in self._rows(query, start, until):
                    samples = tuple(_samples(query, item))
                    if samples:
                        yield (Series(point_id=point.id, samples=samples, interval=query.period),)
            start = until

    async def _rows(self, query: Query, start: datetime, end: datetime) -> AsyncIterator[Item]:
        while start < end:
            try:
                item = await self._asking.past(query, start, end, ROWS)
            except TooMuchError as err:
                middle = start + (end - start) / 2
                if middle - start < SHORTEST:
                    raise UnexpectedAnswer("a few minutes of one field cost more than the account may spend") from err
                async for part in self._rows(query, start, middle):
                    yield part
                start = middle
                continue
            except BadQueryError as err:
                raise UnexpectedAnswer("a range of one field is called a bad request") from err
            if item is None or item.is_forbidden:
                return
            if item.has_failed:
                raise UnexpectedAnswer("a range of one field could not be read")
            rows = [row for row in item.rows if start <= row[0] < end]
            yield Item(rows=rows)
            if len(item.rows) < ROWS or not rows:
                return
            start = max(time for time, _ in rows) + timedelta(microseconds=1)


def _samples(query: Query, item: Item) -> list[Sample]:
    """One sample per time, in order; the last row of a time wins."""
    (name,) = query.fields
    told = field_named(PREFIX.sub("", name))
    found: dict[datetime, Sample] = {}
    for time, cells in item.rows:
        value = None if told is None else told.value_of(cells.get(name))
        if value is not None:
            found[time] = Sample(time=time, value=value)
    return [found[time] for time in sorted(found)]
