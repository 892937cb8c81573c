"""One of the services: its simulator, what it told of a point, and what may happen to it."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import ClassVar

from custom_components.energy_clouds.vendors.model import Point, Sample
from tests.conservation.truth import Truth
from tests.real.truth import Expected
from tests.simulators.simulator import Simulator
from tests.simulators.world import World

from .clock import Clock
from .journal import Ceiling, Journal
from .report import Report

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Counter:
    """The truth about a statistic whose rows are in a unit of so many watt-hours."""

    truth: Truth
    watt_hours: float = 1000.0


@dataclass(slots=True)
class Damage:
    """What was done to rows: spans that never come, and when registers began again, by device."""

    lost: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    resets: dict[str, datetime] = field(default_factory=dict)

    def keeps(self, device: str, time: datetime) -> bool:
        """Whether the service has a row of this time in the end."""
        return not any(start <= time < end for start, end in self.lost.get(device, ()))


class Service[S: Simulator](ABC):
    """The base of all services."""

    ceiling: ClassVar[Ceiling | None]
    """The documented limit."""
    apart: ClassVar[str] = "(?!)"
    """The requests that have a budget of their own."""
    options: ClassVar[dict[str, object]] = {}
    latest: ClassVar[timedelta] = timedelta(days=1)
    """How much older than itself a row may be when it comes, or is corrected."""
    memory: ClassVar[timedelta | None] = None
    """How long rows are to be had."""
    asks_always: ClassVar[bool] = True
    """Whether there is a request in each poll."""
    settled: ClassVar[timedelta] = timedelta(minutes=95)
    """How long after its end an hour is in the statistics, when all is well."""

    def __init__(self, world: World, clock: Clock, report: Report) -> None:
        self.world = world
        self.clock = clock
        self.damage = Damage()
        self.simulator = self.make()
        self.journal = Journal(type(self).__name__, clock.true, report, self.ceiling)
        self.journal.keep_apart(self.apart)
        self.simulator.requests = self.journal
        self.begun = clock.true()
        self.outages: list[tuple[datetime, datetime]] = []
        """Those that are so long that the service may have forgotten what was missed."""
        self.troubled_until = clock.true()
        """Until when something was wrong with it."""

    @abstractmethod
    def make(self) -> S:
        """The simulator, with few devices of all kinds."""

    @abstractmethod
    def told(self, point: Point, sample: Sample, moments: Sequence[datetime]) -> Iterator[Expected]:
        """What the service told at those moments as measured at the sample's time."""

    @abstractmethod
    def spoil(self, random: Random) -> str:
        """Let something happen to rows, or to tokens, now. Returns what."""

    @abstractmethod
    def counter(self, point: Point, since: datetime, until: datetime) -> Counter:
        """The truth about a point's statistic."""

    def look(self) -> None:  # noqa: B027  most have nothing to do
        """Let happen what is due: once a minute."""

    def tidy(self) -> None:  # noqa: B027
        """Forget what the simulator would remember for ever: once a day."""

    def resets_of(self, point: Point) -> Collection[datetime]:
        """When a register began again."""
        at = self.damage.resets.get(point.id.device_id)
        return () if at is None else (at,)

    def trouble_until(self, end: datetime) -> None:
        """Note that something is wrong until then."""
        self.troubled_until = max(self.troubled_until, end)


def minutes(random: Random, low: float, high: float) -> timedelta:
    """A time between these, short ones rather than long ones, in whole minutes."""
    return timedelta(minutes=max(1, round(low * (high / low) ** random.random())))


def next_minute(time: datetime) -> datetime:
    """The beginning of the minute behind: what happens to rows happens to none that has been told."""
    return time.replace(second=0, microsecond=0) + MINUTE


def zero(_time: datetime, _value: float) -> float:
    """A register that reads 0 for a moment."""
    return 0.0
