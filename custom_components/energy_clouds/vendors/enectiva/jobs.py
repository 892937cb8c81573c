"""What is to be asked of an Enectiva account, how often, and what is due: one request each, spread over polls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import math

from ..model import Device, DeviceKind
from .asking import READINGS, Scope
from .known import MONTH, READING, VALUE, Known

FIRST_POLL = 40
"""So many at once when nothing is known yet: an account of that size is complete with its first poll."""
AT_ONCE = 30
MINUTE = timedelta(minutes=1)
SOON = timedelta(seconds=20)
"""What is due so soon is done with what is due: polls are not a minute apart to the second."""
NEW_MONTH_AFTER = timedelta(minutes=15)
"""So long after the end of a month the first readings of the new one can be there."""
AFTER_FAILURE = 5 * MINUTE
_NEVER = datetime.min.replace(tzinfo=UTC)
_AGAIN = _NEVER + MINUTE
"""After what was never asked for, before all else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of question: for what it is asked, where, how often, and what the answer makes.

    `sorts` are the types that the newest value may be sorted by; which one the service takes is not published for all.
    `idle` is how often it is asked of a device that has never given an answer.
    """

    device_kind: DeviceKind
    path: str
    key: str
    scope: Scope
    sorts: tuple[str | None, ...]
    every: timedelta
    idle: timedelta = timedelta(hours=6)


KINDS = (
    Kind(
        device_kind=DeviceKind.METER,
        path=READINGS,
        key=READING,
        scope=Scope.READINGS,
        sorts=("readings",),
        every=timedelta(minutes=15),
    ),
    Kind(
        device_kind=DeviceKind.DATA_SERIES,
        path="data_series/{id}/data_points",
        key=VALUE,
        scope=Scope.DATA_POINTS,
        sorts=("data_points", "data_series"),
        every=timedelta(minutes=15),
    ),
    Kind(
        device_kind=DeviceKind.METER,
        path="meters/{id}/deltas",
        key=MONTH,
        scope=Scope.METER_DELTAS,
        sorts=("meter_deltas",),
        every=timedelta(hours=3),
    ),
    Kind(
        device_kind=DeviceKind.VIRTUAL_METER,
        path="virtual_meters/{id}/deltas",
        key=MONTH,
        scope=Scope.VIRTUAL_METER_DELTAS,
        sorts=("virtual_meter_deltas", "meter_deltas", None),
        every=timedelta(hours=3),
    ),
)


@dataclass(frozen=True, slots=True)
class Job:
    """A question about one device."""

    kind: Kind
    device: Device


class Schedule:
    """When each job is to be done next. What was never done comes first, then what waits longest."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._due: dict[tuple[str, str], tuple[datetime, timedelta]] = {}
        """When each job is due, and how long before that this was found."""
        self._refused = set[tuple[str, str]]()
        self._last_poll: datetime | None = None

    def jobs(self, devices: Iterable[Device]) -> list[Job]:
        """All jobs of those devices."""
        return [Job(kind, device) for kind in KINDS for device in devices if device.kind is kind.device_kind]

    def per_minute(self, jobs: Iterable[Job]) -> float:
        """How many requests a minute those jobs take, on the average."""
        return sum(MINUTE / self._every(job) for job in jobs)

    def due(self, jobs: Sequence[Job], now: datetime) -> list[Job]:
        """What is to be done in this poll, the most urgent first; no more than keeps the pace."""
        waiting = [job for job in jobs if self._is_due(job, now)]
        waiting.sort(key=self._urgency)
        most = FIRST_POLL if self._last_poll is None else AT_ONCE
        elapsed = MINUTE if self._last_poll is None else max(MINUTE, now - self._last_poll)
        self._last_poll = now
        return waiting[: max(most, math.ceil(1.1 * self.per_minute(jobs) * (elapsed / MINUTE)))]

    def next(self, jobs: Iterable[Job]) -> list[Job]:
        """The one that is due next, if there is any."""
        return sorted(jobs, key=self._urgency)[:1]

    def done(self, job: Job, now: datetime) -> None:
        """It was asked and answered."""
        self._set(job, now, self._every(job))

    def failed(self, job: Job, now: datetime) -> None:
        """The service stumbled; the others first."""
        self._set(job, now, AFTER_FAILURE)

    def hurry(self, job: Job, now: datetime) -> None:
        """Ask no later than after a failure; what is due before keeps its place, or it might never have its turn."""
        if self._due_at(job) > now + AFTER_FAILURE:
            self.failed(job, now)

    def refused(self, job: Job, now: datetime) -> None:
        """There is no such thing, or no right to it."""
        self._set(job, now, job.kind.idle)
        self._refused.add((job.device.id, job.kind.key))

    def try_again(self) -> None:
        """What was refused is due now."""
        self._due |= dict.fromkeys(self._refused, (_AGAIN, timedelta(0)))
        self._refused.clear()

    def month_ended(self, job: Job, now: datetime) -> None:
        """Its month is over; the new one is asked for when it can have begun."""
        self._set(job, now, NEW_MONTH_AFTER)

    def _every(self, job: Job) -> timedelta:
        return job.kind.every if self._known.has(job.device.id, job.kind.key) else job.kind.idle

    def _urgency(self, job: Job) -> tuple[datetime, int]:
        return self._due_at(job), KINDS.index(job.kind)

    def _set(self, job: Job, now: datetime, wait: timedelta) -> None:
        self._due[job.device.id, job.kind.key] = now + wait, wait

    def _is_due(self, job: Job, now: datetime) -> bool:
        """A time that is further ahead than the job was ever put off was computed with a wrong clock."""
        due, wait = self._due_of(job)
        return not now + SOON < due <= now + wait

    def _due_at(self, job: Job) -> datetime:
        return self._due_of(job)[0]

    def _due_of(self, job: Job) -> tuple[datetime, timedelta]:
        return self._due.get((job.device.id, job.kind.key), (_NEVER, timedelta(0)))
