"""Requests for many ids at once: at most 150, fewer where the service says so, without those it refuses."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import batched
import math

from ..budget import Priority
from ..clock import ServiceClock
from ..errors import CannotConnect, InvalidCredentials, RateLimited, UnexpectedAnswer, VendorError
from ..http import Answer, Http
from . import answers
from .answers import Table
from .fields import KINDS, Kind

MOST_IDS = 150
MOST_REQUESTS = 8
# The documents demand a literal Z and send an offset in every example; what is accepted is remembered.
_TIMESTAMP_FORMATS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+00:00")


class Aggregation(StrEnum):
    """The two forms in which the service gives a window."""

    RAW = "none"
    WINDOW = "15min"


@dataclass(frozen=True, slots=True)
class Window:
    """The 15 minutes from `start` of one kind of things, and how urgently they are wanted."""

    kind: Kind
    start: datetime
    aggregation: Aggregation
    priority: Priority


class Batches:
    """Asks for data by id, and remembers what the service refused."""

    def __init__(self, http: Http, clock: ServiceClock) -> None:
        self._http = http
        self._clock = clock
        self._sizes = dict.fromkeys(KINDS, MOST_IDS)
        self._timestamp_format = 0
        self.refused: set[str] = set()

    def count(self, kind: Kind, ids: int) -> int:
        """How many requests so many ids take."""
        return math.ceil(ids / self._sizes[kind])

    def split(self, kind: Kind, ids: Iterable[str]) -> list[tuple[str, ...]]:
        """The ids that are not refused, in batches."""
        return list(batched((one for one in ids if one not in self.refused), self._sizes[kind], strict=False))

    def try_again(self, is_listed: Callable[[str], bool]) -> None:
        """Ask for refused ids that are listed, and for whole batches, from now on: the service may have changed."""
        self.refused = {identifier for identifier in self.refused if not is_listed(identifier)}
        self._sizes = dict.fromkeys(KINDS, MOST_IDS)

    async def table(self, window: Window, batch: Sequence[str]) -> Table:
        """One window of those ids.

        Ids that the service refuses are remembered in `refused`, and the rest is asked again at once. A batch that it
        finds too large is halved. Where only a part of the batch can be had, that part is the table.
        """
        table = Table(rows={}, units={})
        failure: VendorError | None = None
        pending, asked = [tuple(batch)], 0
        while pending and failure is None and asked < MOST_REQUESTS:
            part, size = pending.pop(), self._sizes[window.kind]
            if len(part) > size:
                pending += batched(part, size, strict=False)
                continue
            asked += 1
            try:
                table, remaining = await self._part(window, part, table)
            except (CannotConnect, RateLimited, UnexpectedAnswer) as err:
                failure = err
            else:
                pending += [remaining] if remaining else []
        if table.rows or (failure is None and not pending):
            return table
        raise failure or UnexpectedAnswer(f"POST /{window.kind.path}/batch/data: refused again and again")

    async def _part(self, window: Window, part: tuple[str, ...], table: Table) -> tuple[Table, tuple[str, ...]]:
        """Ask once. Returns the table with what came, and the ids to ask for again."""
        answer = await self._ask(window, part)
        if answer.ok:
            more = answers.data_table(answer, self._clock.now())
            rows, units = {**table.rows, **more.rows}, {**table.units, **more.units}
            return Table(rows, units, is_strange=table.is_strange or more.is_strange), ()
        if refused := _refused(answer, window.kind, part):
            self.refused |= refused
            return table, tuple(identifier for identifier in part if identifier not in refused)
        if window.kind.ids_key in answers.rejected_parameters(answer) and len(part) > 1:
            self._sizes[window.kind] = math.ceil(len(part) / 2)
            return table, part
        raise refusal(answer)

    async def _ask(self, window: Window, batch: Sequence[str]) -> Answer:
        answer = await self._ask_once(window, batch)
        if "timestamp" in answers.rejected_parameters(answer):
            self._timestamp_format = 1 - self._timestamp_format
            answer = await self._ask_once(window, batch)
        return answer

    async def _ask_once(self, window: Window, batch: Sequence[str]) -> Answer:
        kind = window.kind
        body = {
            kind.ids_key: list(batch),
            "timestamp": window.start.strftime(_TIMESTAMP_FORMATS[self._timestamp_format]),
            "aggregation": window.aggregation,
        }
        return await self._http.request("POST", f"{kind.path}/batch/data", priority=window.priority, json=body)


def _refused(answer: Answer, kind: Kind, batch: Sequence[str]) -> frozenset[str]:
    """The ids of a batch that a refusal names, by themselves (403) or by their places in the batch (400, 422)."""
    if answer.status == 403:
        return answers.unauthorized_ids(answer, kind).intersection(batch)
    places = (parameter.partition(f"{kind.ids_key}.")[2] for parameter in answers.rejected_parameters(answer))
    return frozenset(batch[int(place)] for place in places if place in map(str, range(len(batch))))


def refusal(answer: Answer) -> VendorError:
    """What a status means that is neither good nor about parameters."""
    message = answers.error_message(answer)
    if answer.is_page:
        return CannotConnect(f"{answer.endpoint}: answered {answer.status}, but not by the service", answered=True)
    if answer.status == 401:
        return InvalidCredentials(f"{answer.endpoint}: the API key is not accepted")
    if answer.status != 403:
        return UnexpectedAnswer(f"{answer.endpoint}: answered {answer.status}")
    if message is None:
        # Not the service's own words: a proxy or a firewall stands between.
        return CannotConnect(f"{answer.endpoint}: forbidden, but not by the service", answered=True)
    if "environment" in message.lower():
        return InvalidCredentials(
            f"{answer.endpoint}: the API key is of the other environment", "wrong_environment", "environment"
        )
    return InvalidCredentials(f"{answer.endpoint}: the API key is not accepted here")
