"""One poll of an Enectiva account: as many of the jobs that are due as keep the pace, stopped by the first 429."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from http import HTTPStatus
import math

from ..budget import Budget
from ..clock import ServiceClock
from ..errors import CannotConnect, NotPermitted, RateLimited, UnexpectedAnswer, VendorError
from ..model import Device, DeviceKind, Notice, Point, PointId, Problem, Sample
from ..units import factor
from .answers import Dated, local_instant
from .asking import READINGS, Asking, BadRequestError, NotFoundError
from .features import Features
from .jobs import KINDS, Job, Schedule
from .known import MONTH, Known, asked_for, vendor_id

FUTURE_TOLERANCE = timedelta(minutes=1)
MONTH_BEGINS_WITHIN = timedelta(hours=6)
"""How long after its start a month is asked for again and again, as the first readings of it may be late."""
MOST_FAILURES_IN_A_ROW = 3
_UNKNOWN = {DeviceKind.DATA_SERIES: "unknown_data_series", DeviceKind.VIRTUAL_METER: "unknown_virtual_meter"}


@dataclass(slots=True)
class Poll:
    """What one poll brought so far."""

    samples: dict[PointId, Sample] = field(default_factory=dict)
    broken: set[PointId] = field(default_factory=set)
    problems: dict[str, Problem] = field(default_factory=dict)
    failure: VendorError | None = None
    failures_in_a_row: int = 0
    succeeded: bool = False


class LiveValues:
    """Reads the newest values, device by device. `zone` is where the months begin; `budget` is what a poll may take."""

    def __init__(
        self, asking: Asking, known: Known, features: Features, clock: ServiceClock, *, zone: tzinfo, budget: Budget
    ) -> None:
        self._asking = asking
        self._known = known
        self._features = features
        self._clock = clock
        self._zone = zone
        self._budget = budget
        self._schedule = Schedule(known)
        self._sorts: dict[str, int] = {}
        self._months: dict[PointId, datetime] = {}
        self._unknown: dict[str, Device] = {}
        self._lost = set[str]()
        """Meters of which the service has found no readings, since it found any."""
        self._is_down = False

    def requests_for(self, points: Collection[Point]) -> int:
        """How many requests a poll of those points takes, on the average.

        An account that would take more than the budget carries is not polled less often, but takes longer to go round.
        """
        return min(math.ceil(self._schedule.per_minute(self._jobs(points))) + 1, self._most)

    def try_again(self) -> None:
        """Ask again for what was refused."""
        self._schedule.try_again()

    def notices(self) -> Collection[Notice]:
        """What was typed in and does not exist."""
        return [
            Notice(key=_UNKNOWN[device.kind], about=vendor_id(device), words=(("id", vendor_id(device)),))
            for device in self._unknown.values()
        ]

    async def read(self, points: Collection[Point]) -> Poll:
        """Do what is due. Raises what went wrong where nothing went well, but for a device's own failure.

        While the service is down each poll tries it, so that none takes the silence for success.
        """
        poll, jobs = Poll(), self._jobs(points)
        due = self._schedule.due(jobs, self._clock.now()) or (self._schedule.next(jobs) if self._is_down else [])
        if due:
            await self._asking.prepare()
        for job in due[: self._most]:
            if self._features.is_on(job.kind.scope) and not await self._do(job, jobs, poll):
                break
        if poll.failure is not None and not poll.succeeded:
            many = (
                poll.failures_in_a_row == MOST_FAILURES_IN_A_ROW
                or not {job.device.id for job in jobs} - poll.problems.keys()
                or self._is_lost(jobs)
            )
            if self._is_down or many or not _is_answered(poll.failure):
                self._is_down = True
                raise poll.failure
        self._is_down = self._is_down and not poll.succeeded
        self._end_months(jobs, poll)
        for scope, device in self._features.forbidden():
            others = self._known.shown(device).keys() - {kind.key for kind in KINDS if kind.scope is scope}
            poll.problems[device] = Problem.PARTLY_NOT_PERMITTED if others else Problem.NOT_PERMITTED
        return poll

    @property
    def _most(self) -> int:
        return max(1, self._budget.live_share - 1)

    def _jobs(self, points: Collection[Point]) -> list[Job]:
        wanted, known = {point.id.device_id for point in points}, {one.device_id for one in self._known.point_ids}
        devices = [one for one in self._known.devices if one.id in wanted or one.id not in known]
        return [job for job in self._schedule.jobs(devices) if self._features.is_on(job.kind.scope)]

    async def _do(self, job: Job, jobs: Sequence[Job], poll: Poll) -> bool:
        """Do one job. Returns whether it is worth going on."""
        now, device = self._clock.now(), job.device.id
        try:
            rows = await self._newest(job)
        except RateLimited as err:
            poll.failure = err
            return False
        except (NotPermitted, NotFoundError) as err:
            if isinstance(err, NotFoundError) and job.kind.path == READINGS:
                self._lost.add(device)
                if self._is_lost(jobs):
                    # That is no meter that is gone, but a service that is not all there.
                    self._schedule.failed(job, now)
                    self._fail(jobs, poll, UnexpectedAnswer(str(err)))
                    return True
            status = HTTPStatus.FORBIDDEN if isinstance(err, NotPermitted) else HTTPStatus.NOT_FOUND
            self._refused(job, status, sum(other.kind is job.kind for other in jobs))
            if (shown := self._known.shown(device).get(job.kind.key)) is not None:
                # What is not to be had any more is not to be shown for ever: a reading has no age at which it is old.
                poll.broken.add(shown)
            poll.succeeded = True
        except (CannotConnect, UnexpectedAnswer, BadRequestError) as err:
            self._schedule.failed(job, now)
            poll.failure = err if isinstance(err, VendorError) else UnexpectedAnswer(str(err))
            poll.problems[device] = Problem.UNREACHABLE
            poll.failures_in_a_row += 1
            return _is_answered(err) and poll.failures_in_a_row < MOST_FAILURES_IN_A_ROW
        else:
            poll.succeeded, poll.failures_in_a_row = True, 0
            if job.kind.path == READINGS:
                self._lost.clear()
            if rows:
                self._features.grant(job.kind.scope, device)
            self._unknown.pop(device, None)
            self._take(job, rows, poll)
            self._schedule.done(job, now)
            if job.kind.key == MONTH and self._awaits_month(job.device.id):
                self._schedule.month_ended(job, now)
        return True

    def _is_lost(self, jobs: Sequence[Job]) -> bool:
        """Whether the service finds not one of several meters, though it lists them."""
        meters = {job.device.id for job in jobs if job.kind.path == READINGS}
        return len(meters) > 1 and meters <= self._lost

    def _fail(self, jobs: Sequence[Job], poll: Poll, failure: VendorError) -> None:
        """Ask for all of those meters again soon, be it that some were taken for gone."""
        for job in jobs:
            if job.kind.path == READINGS:
                self._schedule.hurry(job, self._clock.now())
                poll.problems[job.device.id] = Problem.UNREACHABLE
        # What else was read in this poll is not asked for again soon.
        poll.failure, poll.succeeded = failure, bool(poll.samples)

    async def _newest(self, job: Job) -> list[Dated]:
        """Sort as the service lets one; which type it takes for that is found out once."""
        sorts = job.kind.sorts
        while True:
            at = self._sorts.get(job.kind.path, 0)
            try:
                return await self._asking.newest(job.kind.path, vendor_id(job.device), sorts[at])
            except BadRequestError:
                if at + 1 == len(sorts):
                    self._sorts[job.kind.path] = 0
                    raise
                self._sorts[job.kind.path] = at + 1

    def _refused(self, job: Job, status: HTTPStatus, of: int) -> None:
        self._schedule.refused(job, self._clock.now())
        if job.device.kind in _UNKNOWN and status == HTTPStatus.NOT_FOUND:
            self._unknown[job.device.id] = job.device
        elif status == HTTPStatus.FORBIDDEN or job.kind.path != READINGS:
            self._features.refuse(job.kind.scope, status, job.device.id, of=of)

    def _take(self, job: Job, rows: Sequence[Dated], poll: Poll) -> None:
        now = self._clock.now()
        # Times are in UTC where they have no offset, but for the local ones of deltas (Librarian, "Filters").
        zone = self._zone if job.kind.key == MONTH else UTC
        dated = [(time, row) for row in rows if (time := local_instant(row.time, zone)) <= now + FUTURE_TOLERANCE]
        if not dated:
            return
        time, row = max(dated, key=lambda one: one[0])
        if job.kind.key == MONTH and self._month(time) != self._month(now):
            return
        if (point := self._known.learn(job.device.id, job.kind.key, row)) is None:
            return
        if (times := factor(row.unit or point.unit, point.unit)) is None:
            return
        since = None
        if point.running:
            # A delta's time is the month's first second; whatever it is, the amount is the month's.
            since = time.astimezone(self._zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
            since = self._months[point.id] = since.astimezone(UTC)
        poll.samples[point.id] = Sample(time=time, value=row.value * times, since=since)

    def _end_months(self, jobs: Sequence[Job], poll: Poll) -> None:
        """A month that is over is not this month's consumption any more, whenever the next delta is asked for."""
        now = self._clock.now()
        this_month = self._month(now)
        over = {point_id for point_id, since in self._months.items() if self._month(since) != this_month}
        asked = {asked_for(point_id) for point_id in over}
        for job in jobs:
            if PointId(device_id=job.device.id, key=job.kind.key) in asked:
                self._schedule.month_ended(job, now)
        for point_id in over:
            del self._months[point_id]
            poll.broken.add(point_id)

    def _awaits_month(self, device: str) -> bool:
        """Whether a month has just begun of which there is nothing yet, though there was of the one before."""
        local = self._clock.now().astimezone(self._zone)
        if local - local.replace(day=1, hour=0, minute=0) > MONTH_BEGINS_WITHIN:
            return False
        month = PointId(device_id=device, key=MONTH)
        return self._known.has(device, MONTH) and month not in {asked_for(one) for one in self._months}

    def _month(self, time: datetime) -> tuple[int, int]:
        local = time.astimezone(self._zone)
        return local.year, local.month


def _is_answered(failure: Exception) -> bool:
    """Whether it is the service itself that fails, and not its address at which nobody is."""
    return not isinstance(failure, RateLimited) and (not isinstance(failure, CannotConnect) or failure.answered)
