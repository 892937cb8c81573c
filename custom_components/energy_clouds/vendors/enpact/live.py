"""One poll of raw rows: which batches, from when on, in which order, and what becomes of a batch that fails."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..budget import Priority
from ..clock import TOLERANCE
from ..errors import CannotConnect, RateLimited, UnexpectedAnswer, VendorError
from ..model import Point, PointId, Problem, Sample
from . import answers
from .answers import FUTURE_TOLERANCE, Table
from .batches import Aggregation, Batches, Window
from .fields import KINDS, METERS, TOTAL_POWER, WINDOW, Kind
from .known import KnownThings

MOST_FAILURES_IN_A_ROW = 2
MOST_SUSPECTED_BLINDLY = 8


@dataclass(slots=True)
class Poll:
    """What the answers of one poll brought so far."""

    samples: dict[PointId, Sample] = field(default_factory=dict)
    broken: set[PointId] = field(default_factory=set)
    problems: dict[str, Problem] = field(default_factory=dict)
    is_strange: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Ids that are asked for together; `suspected` after a request for them failed though the service answered."""

    kind: Kind
    ids: tuple[str, ...]
    suspected: bool = False

    def halves(self) -> list[Batch]:
        """The two halves, suspected."""
        middle = len(self.ids) // 2
        return [Batch(self.kind, ids, suspected=True) for ids in (self.ids[:middle], self.ids[middle:])]


class LiveRows:
    """Reads the newest rows, poll after poll.

    An id at which the service stumbles costs itself only: its batch is halved from poll to poll until it is alone, and
    suspected batches are asked for last.
    """

    def __init__(self, batches: Batches, known: KnownThings) -> None:
        self._batches = batches
        self._known = known
        self._suspected: list[Batch] = []
        self._stumbled_at: set[str] = set()
        self._looked_back_at: datetime | None = None

    def try_again(self) -> None:
        """Ask again for the ids at which the service stumbled."""
        self._stumbled_at.clear()

    async def read(self, points: Collection[Point], poll: Poll, now: datetime) -> None:
        """Read all batches into `poll`. Raises what the first failure was if none succeeded."""
        look_back = self._looked_back_at is None or not self._looked_back_at <= now < self._looked_back_at + WINDOW
        failed: list[Batch] = []
        failure: VendorError | None = None
        succeeded = in_a_row = 0
        given_up = False
        for batch in list(self._plan(points)):
            if not given_up:
                window = Window(
                    batch.kind, self._start(batch.ids, now, look_back=look_back), Aggregation.RAW, Priority.LIVE
                )
                try:
                    table = await self._batches.table(window, batch.ids)
                except (CannotConnect, RateLimited, UnexpectedAnswer) as err:
                    failure = failure or err
                    in_a_row += 1
                    if answered := _was_answered(err):
                        failed.append(batch)
                    in_vain = in_a_row == MOST_FAILURES_IN_A_ROW and not (answered and succeeded)
                    given_up = in_vain or isinstance(err, RateLimited)
                else:
                    succeeded += 1
                    in_a_row = 0
                    self._take_in(batch, table, poll, now)
                    if batch in self._suspected:
                        self._suspected.remove(batch)
                    continue
            poll.problems |= dict.fromkeys(batch.ids, Problem.UNREACHABLE)
        self._suspect(failed, others_succeeded=succeeded > 0)
        poll.problems |= dict.fromkeys(self._stumbled_at, Problem.UNREACHABLE)
        if failure is not None and not succeeded:
            raise failure
        if poll.is_strange and not poll.samples:
            raise UnexpectedAnswer("POST /batch/data: no row has a time")
        if look_back and failure is None:
            self._looked_back_at = now

    def _plan(self, points: Collection[Point]) -> Iterator[Batch]:
        wanted = {kind: self._known.wanted(kind, points) for kind in KINDS}
        left_out = self._stumbled_at.union(*(batch.ids for batch in self._suspected))
        for kind, ids in wanted.items():
            for batch in self._batches.split(kind, (one for one in ids if one not in left_out)):
                yield Batch(kind, batch)
        still_wanted = {identifier for ids in wanted.values() for identifier in ids} - self._batches.refused
        self._suspected = [batch for batch in self._suspected if still_wanted.issuperset(batch.ids)]
        yield from self._suspected

    def _suspect(self, failed: Sequence[Batch], *, others_succeeded: bool) -> None:
        """Halve what failed. While nothing succeeds it may be the whole service: then only to a few batches.

        An id is not given up for a single failure, even where no other is asked for with it.
        """
        for batch in failed:
            if batch.suspected:
                if not others_succeeded and len(self._suspected) >= MOST_SUSPECTED_BLINDLY:
                    continue
                self._suspected.remove(batch)
            if len(batch.ids) > 1:
                self._suspected += batch.halves()
            elif others_succeeded and batch.suspected:
                self._stumbled_at.add(batch.ids[0])
            else:
                self._suspected.append(Batch(batch.kind, batch.ids, suspected=True))
        if not others_succeeded:
            # Others first the next time: a poll is given up after two failures.
            self._suspected = [*self._suspected[len(failed) :], *self._suspected[: len(failed)]]

    def _start(self, ids: Sequence[str], now: datetime, *, look_back: bool) -> datetime:
        """From when on rows are new to us: the newest row seen of those in the batch that are alive."""
        earliest = now - WINDOW
        newest = [self._known[identifier].newest_row for identifier in ids]
        alive = [row for row in newest if row is not None and earliest < row <= now + FUTURE_TOLERANCE]
        if not alive or (look_back and len(alive) < len(ids)):
            return earliest
        return min(*alive, now - TOLERANCE)

    def _take_in(self, batch: Batch, table: Table, poll: Poll, now: datetime) -> None:
        poll.is_strange |= table.is_strange
        for identifier in batch.ids:
            rows = table.rows.get(identifier)
            if not rows:
                continue
            thing = self._known[identifier]
            newest = rows[-1].time
            if thing.newest_row is None or thing.newest_row < newest or thing.newest_row > now + FUTURE_TOLERANCE:
                thing.newest_row = newest
            self._known.learn_names(identifier, answers.newest_text(rows, "deviceName"), answers.newest_gateway(rows))
            for field_ in batch.kind.fields:
                if (sample := answers.newest_sample(rows, field_, table.units)) is not None:
                    poll.samples[self._known.learn_point(identifier, field_).id] = sample
                if field_.name in thing.points and answers.is_broken_probe(rows, field_):
                    poll.broken.add(thing.points[field_.name].id)
            if batch.kind is METERS and (total := answers.newest_total_power(rows, table.units)) is not None:
                poll.samples[self._known.learn_point(identifier, TOTAL_POWER).id] = total


def _was_answered(err: VendorError) -> bool:
    """Whether the service was there and stumbled at this request."""
    return isinstance(err, UnexpectedAnswer) or (isinstance(err, CannotConnect) and err.answered)
