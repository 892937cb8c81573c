"""One poll: a list of the devices, for their connections and alerts, and the latest telemetry."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from ..budget import Budget, Priority
from ..clock import ServiceClock
from ..errors import CannotConnect, RateLimited, UnexpectedAnswer, VendorError
from ..http import Answer
from ..model import Point, PointId, Problem, Sample
from ..values import epoch
from . import answers
from .alerts import FirstSeen, is_own
from .answers import ListedDevice
from .asking import CONNECTIVITY, MANIFESTS, RAISED_ALERTS, Asking, RefusedError, TokenRefusedError
from .batches import Batch, Batches, Turn, halves_of, query_of
from .known import Known
from .points import CADENCE, value_of

FUTURE_TOLERANCE: Final = timedelta(minutes=1)
MOST_HALVINGS: Final = 24
"""How many requests more than planned a poll may take to find out who is refused."""
MOST_STUMBLES: Final = 2
"""How often the service may stumble in a poll without having given any value."""
LIST_PATIENCE: Final = 3 * CADENCE
"""For so long connections and alerts are shown while the list of devices fails."""
_PER_DEVICE: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}
)
"""What one device may do to a whole call: whether it does is not documented."""
_NOTHING: Final[tuple[object, ...]] = (None, "", [])
"""Values that say that there is none now."""

type Wanted = dict[str, list[str]]
"""Attributes by device."""
type Listed = dict[str, ListedDevice]


@dataclass(slots=True)
class Poll:
    """What one poll brought so far. `listed` is None while no list is to be had.

    `asked` are the requests for values; `limited` is whether there may be no more of them now.
    """

    samples: dict[PointId, Sample] = field(default_factory=dict)
    broken: set[PointId] = field(default_factory=set)
    problems: dict[str, Problem] = field(default_factory=dict)
    listed: Listed | None = None
    failure: VendorError | None = None
    succeeded: bool = False
    has_values: bool = False
    asked: int = 0
    limited: bool = False
    halvings: int = 0
    stumbled_at: list[Batch] = field(default_factory=list)


class LiveValues:
    """Reads the newest values, poll after poll. `budget` is what a poll may take."""

    def __init__(self, asking: Asking, known: Known, clock: ServiceClock, budget: Budget) -> None:
        self._asking = asking
        self._known = known
        self._clock = clock
        self._budget = budget
        self._batches = Batches()
        self._turn = Turn()
        self._first_seen = FirstSeen()
        self._unlisted_since: datetime | None = None

    def requests_for(self, points: Collection[Point]) -> int:
        """How many requests a poll of those points takes: no more than are for polls."""
        return self._pages + min(self._batches.count(self._wanted(points, None)), self._room)

    def polls_for(self, points: Collection[Point]) -> int:
        """How many polls it takes to read all of those points once."""
        return max(1, -(-self._batches.count(self._wanted(points, None)) // self._room))

    async def read(self, points: Collection[Point]) -> Poll:
        """Read as much as one poll may, from where the last one ended.

        Raises what went wrong first where nothing went well, and `TokenRefusedError`.
        """
        poll = Poll()
        await self._list(poll)
        wanted = self._wanted(points, poll.listed)
        await self._read_in_turn(self._batches.plan(wanted, self._clock.now()), poll)
        if poll.listed is not None:
            self._batches.stumbled(poll.stumbled_at, self._clock.now(), others_succeeded=poll.has_values)
        self._lose_unlisted(points, poll)
        self._leave_out(wanted, poll)
        if poll.failure is not None and not poll.succeeded:
            raise poll.failure
        return poll

    @property
    def _pages(self) -> int:
        """How many requests the list takes."""
        return self._asking.pages_for(len(self._known.devices))

    @property
    def _room(self) -> int:
        """How many requests for values one poll may take."""
        return max(1, self._budget.live_share - 1 - self._pages)

    async def _read_in_turn(self, batches: Sequence[Batch], poll: Poll) -> None:
        """Read batches while there is room; those for which there is none wait for the next poll."""
        batches = self._turn.order(batches)
        for number, batch in enumerate(batches):
            if poll.asked >= self._room:
                return
            goes_on = await self._read(batch, poll)
            if poll.limited:
                return
            self._turn.took(batch)
            if not goes_on:
                self._unreachable(batches[number + 1 :], poll)
                return

    def _lose_unlisted(self, points: Collection[Point], poll: Poll) -> None:
        """Nobody knows the connection and the alerts of a device that is listed no more, or of any without a list."""
        listed: Collection[str] = ()
        if poll.listed is not None:
            listed = poll.listed
        elif self._unlisted_since is None or self._clock.now() - self._unlisted_since <= LIST_PATIENCE:
            return
        for point in points:
            if is_own(point) and point.id.device_id not in listed and point.id not in poll.samples:
                self._first_seen.forget(point.id)
                poll.broken.add(point.id)

    async def _list(self, poll: Poll) -> None:
        """List the devices: with all manifests, the first time; where that fails, alerts stay as they are for now."""
        self._unlisted_since = self._unlisted_since or self._clock.now()
        first = not self._known.has_manifests
        expand = [CONNECTIVITY, RAISED_ALERTS, *([MANIFESTS] if first else [])]
        try:
            listed = await self._asking.devices(expand, Priority.LIVE)
        except RefusedError as err:
            poll.failure = err.as_failure()
        except (CannotConnect, UnexpectedAnswer) as err:
            poll.failure = err
        else:
            poll.succeeded = True
            self._known.see(listed, {one.id: one.manifest for one in listed} if first and listed else {})
            if not listed and self._known.devices:
                # Where there were devices, an empty list is as good as none.
                return
            self._unlisted_since = None
            poll.listed = {one.id: one for one in listed}
            for one in listed:
                self._take_listed(one, poll)

    def _take_listed(self, one: ListedDevice, poll: Poll) -> None:
        if (point_id := self._known.connectivity(one.id)) is not None:
            if one.online is None:
                self._first_seen.forget(point_id)
                poll.broken.add(point_id)
            else:
                poll.samples[point_id] = self._first_seen.sample(point_id, one.online, self._clock.now())
        if one.raised is not None:
            self._take_alerts(one.id, one.raised, poll)

    def _take_alerts(self, device: str, raised: Sequence[str], poll: Poll) -> None:
        now = self._clock.now()
        for point_id, value in self._known.alert_values(device, raised):
            poll.samples[point_id] = self._first_seen.sample(point_id, value, now)

    def _wanted(self, points: Collection[Point], listed: Listed | None) -> Wanted:
        """The attributes to ask for by device: those of points, and the list of alerts where nothing else tells them.

        A device that is listed no more is not asked for: it might cost the others their answer. Nor is one with a new
        blueprint: nobody knows yet in which units its values are.
        """
        wanted: Wanted = {}
        for point in points:
            device = point.id.device_id
            if (listed is not None and device not in listed) or self._known.point(point.id) is None:
                continue
            if self._known.is_outdated(device):
                continue
            attributes = wanted.setdefault(device, [])
            if not is_own(point):
                attributes.append(point.id.key)
        for device, attributes in wanted.items():
            told = self._asking.tells_alerts if listed is None else listed[device].raised is not None
            if not told and (attribute := self._known.alerts_attribute(device)) is not None:
                attributes.append(attribute)
        return {device: attributes for device, attributes in wanted.items() if attributes}

    async def _read(self, batch: Batch, poll: Poll) -> bool:
        """Read one batch, in halves if need be. Returns whether it is worth going on."""
        pending = [batch]
        while pending:
            part = pending.pop()
            poll.asked += 1
            try:
                answer = await self._asking.latest(query_of(part))
                self._take(answer, part, poll)
            except RefusedError as err:
                pending += self._parts_of(part, err, poll, len(pending))
            except RateLimited as err:
                # That is no news of devices: they wait for their turn.
                poll.failure, poll.limited = poll.failure or err, True
                return False
            except (CannotConnect, UnexpectedAnswer) as err:
                poll.failure = poll.failure or err
                self._unreachable([part, *pending], poll)
                if isinstance(err, CannotConnect) and not err.answered:
                    return False
                poll.stumbled_at.append(part)
                return poll.has_values or len(poll.stumbled_at) < MOST_STUMBLES
            else:
                poll.succeeded = poll.has_values = True
                self._batches.granted([device for device, _ in part])
        return True

    def _parts_of(self, part: Batch, err: RefusedError, poll: Poll, pending: int) -> list[Batch]:
        """What to ask in the place of a batch that was refused, while so many are yet to be asked."""
        too_long = err.status == HTTPStatus.REQUEST_URI_TOO_LONG
        if too_long:
            self._batches.too_long(part)
        elif err.status not in _PER_DEVICE or poll.listed is None:
            if err.status == HTTPStatus.FORBIDDEN and not err.is_page:
                # Without a list nobody knows whether it is the device or the token.
                raise TokenRefusedError(str(err))
            return self._failed(part, err, poll)
        elif len(part) == 1:
            self._batches.refused(part[0][0], err.status, self._clock.now())
            return []
        halves = halves_of(part)
        poll.halvings += len(halves)
        # One halving there is always: otherwise the one who is refused would never be found.
        has_room = poll.asked + pending + len(halves) <= self._room or poll.halvings == len(halves)
        if halves and has_room and poll.halvings <= MOST_HALVINGS:
            return halves
        if not too_long:
            self._batches.suspect(part)
        return self._failed(part, err, poll)

    def _failed(self, part: Batch, err: RefusedError, poll: Poll) -> list[Batch]:
        poll.failure = poll.failure or err.as_failure()
        self._unreachable([part], poll)
        return []

    def _take(self, answer: Answer, part: Batch, poll: Poll) -> None:
        asked = {device: frozenset(attributes) for device, attributes in part}
        now = self._clock.now()
        for device, attribute, entry in answers.latest_of(answer):
            if attribute not in asked.get(device, ()):
                continue
            if attribute == self._known.alerts_attribute(device):
                if (raised := answers.raised_in(entry.value)) is not None:
                    self._take_alerts(device, raised, poll)
                continue
            point_id = PointId(device_id=device, key=attribute)
            time, point = epoch(entry.timestamp), self._known.point(point_id)
            if time is None or time > now + FUTURE_TOLERANCE or point is None:
                continue
            if entry.value in _NOTHING:
                poll.broken.add(point_id)
            elif (value := value_of(point, self._known.attribute(point_id), entry.value)) is not None:
                poll.samples[point_id] = Sample(time=time, value=value)

    def _leave_out(self, wanted: Wanted, poll: Poll) -> None:
        """What is not asked for has its problem; what may not be read is not to be shown any more."""
        for device, one in self._batches.left_out.items():
            if device in wanted:
                poll.problems[device] = one.problem
                if one.problem is Problem.PARTLY_NOT_PERMITTED:
                    points = (PointId(device_id=device, key=attribute) for attribute in wanted[device])
                    poll.broken.update(point_id for point_id in points if self._known.point(point_id) is not None)

    @staticmethod
    def _unreachable(batches: Iterable[Batch], poll: Poll) -> None:
        for batch in batches:
            poll.problems.update((device, Problem.UNREACHABLE) for device, _ in batch)
