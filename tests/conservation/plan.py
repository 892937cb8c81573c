"""What happens to an account: a plan that Hypothesis draws, and that reads like a report when a test fails."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from hypothesis import strategies as st

from custom_components.energy_clouds.hours import HOUR

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
GRID = 5
"""Row faults begin and end at multiples of so many minutes."""


class Season(StrEnum):
    """When it happens: in Amsterdam, a day of 23 hours follows the first import, or one of 25 hours is in it."""

    SPRING = "spring"
    AUTUMN = "autumn"

    @property
    def beginning(self) -> datetime:
        """When the account is added."""
        day = {"spring": (2026, 3, 28), "autumn": (2026, 10, 28)}[self.value]
        return datetime(*day, 10, 20, 30, tzinfo=UTC)


class RowFate(StrEnum):
    """What happens to the rows of some time."""

    MISSING = "missing for good"
    LATE = "late"
    DOUBLED = "doubled"
    STANDING = "standing still, corrected later"
    HIGH = "far too high, corrected later"
    LOW = "far too low, corrected later"

    @property
    def passes(self) -> bool:
        """Whether the service has the true rows in the end."""
        return self is not RowFate.MISSING


TEMPORARY = (RowFate.LATE, RowFate.STANDING, RowFate.HIGH, RowFate.LOW)


@dataclass(frozen=True, slots=True)
class RowFault:
    """The fate of the rows in [start, end), minutes after the beginning, until they come or are corrected."""

    fate: RowFate
    start: int
    end: int
    until: int


class Trouble(StrEnum):
    """What the service answers."""

    WAIT_SECONDS = "429 with Retry-After in seconds"
    WAIT_DATE = "429 with Retry-After as a date"
    WAIT_BODY = "429 with the wait in its body"
    WAIT_UNTOLD = "429 that tells no wait"
    ERROR = "500"
    MAINTENANCE = "502 with a page"
    CUT = "an answer cut short"
    RESET = "a connection reset"
    EMPTY = "nothing"
    NONSENSE = "JSON that means nothing"
    TIMEOUT = "no answer in time"


@dataclass(frozen=True, slots=True)
class Answers:
    """So many requests are answered so, after `skip` good ones."""

    trouble: Trouble
    times: int
    skip: int
    minutes: int = 5
    """How long a 429 asks to wait."""


class End(StrEnum):
    """How a life of Home Assistant ends."""

    RELOAD = "the account is reloaded"
    RESTART = "Home Assistant restarts"
    FORGETFUL = "Home Assistant restarts, and the file of how far history has come is lost"
    CUT = "the power is cut"
    CUT_STORE_OLD = "the power is cut, and the files are those of an hour before"
    CUT_DATABASE_OLD = "the power is cut, and the database is that of an hour before"


@dataclass(frozen=True, slots=True)
class Stop:
    """Home Assistant ends so when its import is about to wait for the so-manieth time; or at the hour's end."""

    end: End
    at_wait: int


class Absent(StrEnum):
    """Who is away."""

    SERVICE = "the service"
    HOME_ASSISTANT = "Home Assistant"


@dataclass(frozen=True, slots=True)
class Outage:
    """Somebody is away for so many hours."""

    who: Absent
    hours: int


type Happening = Answers | Stop | Outage


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens in the step that begins so many hours after the beginning (0: before the first import)."""

    hour: int
    what: Happening


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens in one example."""

    season: Season
    rows: tuple[RowFault, ...]
    moments: tuple[Moment, ...]
    reset: int | None
    """When the register begins at 0 again, in minutes after the beginning."""
    steps: tuple[int, ...]
    """How many hours pass at a time, again and again."""

    @property
    def may_begin_late(self) -> bool:
        """Whether Home Assistant may end before the first import has begun in earnest."""
        return any(one.hour == 0 and isinstance(one.what, Answers) for one in self.moments)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a vendor's account can bear: beyond that, no client could know better."""

    past: timedelta
    """How long before the beginning rows matter."""
    life: timedelta
    """How long things happen."""
    latest: timedelta
    """How much older than itself a row may be when it comes or is corrected."""
    longest_gap: timedelta = timedelta(hours=30)
    fates: tuple[RowFate, ...] = tuple(RowFate)
    longest_step: int = 6
    longest_outage: int = 20
    most_troubles: int = 6

    memory: timedelta | None = None
    """How long rows are to be had; None: for ever."""

    def carries(self, plan: Plan) -> bool:
        """Whether all rows can be had for a while in spite of who is away, and of when they come."""
        if self.memory is None:
            return True
        hours = sum(one.what.hours for one in plan.moments if isinstance(one.what, Outage))
        latest = max((one.until - one.start for one in plan.rows if one.fate in TEMPORARY), default=0)
        return hours * HOUR + latest * MINUTE <= self.memory


def plans(season: Season, bounds: Bounds) -> st.SearchStrategy[Plan]:
    """Plans within those bounds."""
    past, life = -(bounds.past // MINUTE) // GRID, bounds.life // MINUTE // GRID
    last_hour = bounds.life // HOUR
    troubles = st.builds(
        Answers,
        st.sampled_from(Trouble),
        st.integers(1, bounds.most_troubles),
        st.integers(0, 12),
        st.sampled_from((1, 5, 20)),
    )
    stops = st.builds(Stop, st.sampled_from(End), st.integers(0, 60))
    outages = st.builds(Outage, st.sampled_from(Absent), st.integers(1, bounds.longest_outage))
    moments = st.one_of(
        st.builds(Moment, st.integers(0, last_hour), st.one_of(troubles, stops)),
        st.builds(Moment, st.integers(1, last_hour), outages),
    )
    return st.builds(
        Plan,
        season=st.just(season),
        rows=st.lists(_row_faults(past, life, bounds), max_size=6).map(tuple),
        moments=st.lists(moments, max_size=5).map(in_order),
        reset=st.none() | st.integers(past + 1, life).map(GRID.__mul__),
        steps=st.lists(st.integers(1, bounds.longest_step), min_size=1, max_size=4).map(tuple),
    ).filter(bounds.carries)


def in_order(moments: list[Moment]) -> tuple[Moment, ...]:
    """Moments one after the other."""
    return tuple(sorted(moments, key=lambda moment: moment.hour))


@st.composite
def _row_faults(draw: st.DrawFn, past: int, life: int, bounds: Bounds) -> RowFault:
    fate = draw(st.sampled_from(bounds.fates))
    longest = min(bounds.longest_gap, bounds.latest) if fate in TEMPORARY else bounds.longest_gap
    length = draw(st.integers(1, longest // MINUTE // GRID))
    # What comes late to an account that is not there yet is not late.
    first = past if fate not in TEMPORARY else max(past, -(bounds.latest // MINUTE // GRID))
    start = draw(st.integers(first, life))
    wait = draw(st.integers(0, max(0, bounds.latest // MINUTE // GRID - length)))
    return RowFault(fate, start * GRID, (start + length) * GRID, (start + length + wait) * GRID)
