"""Requests for many ids at once: at most 150, fewer where the service says so, without those it refuses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import batched
import math

from ..budget import Priority
from ..errors import CannotConnect, InvalidCredentials, UnexpectedAnswer, VendorError
from ..http import Answer, Http
from . import answers
from .answers import Table
from .fields import Kind

MOST_IDS = 150
MOST_REFUSALS = 3
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

    def __init__(self, http: Http) -> None:
        self._http = http
        self._size = MOST_IDS
        self._timestamp_format = 0
        self.refused: set[str] = set()

    def count(self, ids: int) -> int:
        """How many requests so many ids take."""
        return math.ceil(ids / self._size)

    def split(self, ids: Iterable[str]) -> list[tuple[str, ...]]:
        """The ids that are not refused, in batches."""
        return list(batched((one for one in ids if one not in self.refused), self._size, strict=False))

    def try_refused_again(self) -> None:
        """Ask for refused ids too from now on: the key's whitelist may have changed."""
        self.refused.clear()

    async def table(self, window: Window, batch: Sequence[str]) -> Table:
        """One window of those ids.

        Ids that the key may not read are remembered in `refused`, and the rest is asked again at once.
        """
        kind = window.kind
        for _ in range(MOST_REFUSALS):
            answer = await self._ask(window, batch)
            if answer.ok:
                return answers.data_table(answer, self._http.now())
            if answer.status in (400, 422):
                return await self._halves(answer, window, batch)
            refused = answers.unauthorized_ids(answer, kind).intersection(batch) if answer.status == 403 else None
            if not refused:
                raise refusal(answer)
            self.refused |= refused
            batch = [identifier for identifier in batch if identifier not in refused]
            if not batch:
                return Table(rows={}, units={})
        raise UnexpectedAnswer(f"POST /{kind.path}/batch/data: refused again and again, other ids each time")

    async def _halves(self, answer: Answer, window: Window, batch: Sequence[str]) -> Table:
        """Ask again in two halves, if the service found the batch too large."""
        rejected = {parameter.partition(".")[0] for parameter in answers.rejected_parameters(answer)}
        if window.kind.ids_key not in rejected or len(batch) == 1:
            raise UnexpectedAnswer(f"{answer.endpoint}: refused the request ({answer.status})")
        self._size = math.ceil(len(batch) / 2)
        halves = [await self.table(window, half) for half in batched(batch, self._size, strict=False)]
        return Table(
            rows={identifier: rows for half in halves for identifier, rows in half.rows.items()},
            units={name: unit for half in halves for name, unit in half.units.items()},
        )

    async def _ask(self, window: Window, batch: Sequence[str]) -> Answer:
        answer = await self._ask_once(window, batch)
        if answer.status in (400, 422) and "timestamp" in answers.rejected_parameters(answer):
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


def refusal(answer: Answer) -> VendorError:
    """What a status means that is neither good nor about parameters."""
    message = answers.error_message(answer)
    if answer.status == 401:
        return InvalidCredentials(f"{answer.endpoint}: the API key is not accepted")
    if answer.status != 403:
        return UnexpectedAnswer(f"{answer.endpoint}: answered {answer.status}")
    if message is None:
        # Not the service's own words: a proxy or a firewall stands between.
        return CannotConnect(f"{answer.endpoint}: forbidden, but not by the service")
    if "environment" in message.lower():
        return InvalidCredentials(
            f"{answer.endpoint}: the API key is of the other environment", "wrong_environment", "environment"
        )
    return InvalidCredentials(f"{answer.endpoint}: the API key is not accepted here")
