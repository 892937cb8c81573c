"""The budget: never more than the limit less the head-room, the server's word above all, and nothing during a wait."""

from collections import deque
from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_clouds.vendors.budget import Budget, BudgetState, Limit, Priority
from custom_components.energy_clouds.vendors.errors import LOCKED_OUT, RATE_LIMITED, RateLimited

LIMIT = Limit(requests=300, window=timedelta(minutes=15))
EPOCH = datetime(2026, 11, 17, 10, tzinfo=UTC)


class Time:
    """A clock that stands until it is slept on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def budget_at(time: Time, limit: Limit = LIMIT, state: BudgetState | None = None, **options: object) -> Budget:
    return Budget(limit, state=state, now=time.now, monotonic=time.monotonic, sleep=time.sleep, **options)  # type: ignore[arg-type]


async def spend_all(budget: Budget, priority: Priority = Priority.LIVE) -> int:
    count = 0
    while True:
        try:
            await budget.spend(priority)
        except RateLimited:
            return count
        count += 1


async def test_head_room_is_left_for_the_accounts_other_programs() -> None:
    budget = budget_at(Time())
    assert await spend_all(budget) == 240
    assert budget.used == 240


async def test_refusal_names_the_time_until_a_request_leaves_the_window() -> None:
    time = Time()
    budget = budget_at(time)
    await budget.spend(Priority.LIVE)
    time.seconds = 100
    await spend_all(budget)
    with pytest.raises(RateLimited) as refusal:
        await budget.spend(Priority.LIVE)
    assert refusal.value.retry_after == timedelta(seconds=800)


async def test_short_wait_is_waited_for() -> None:
    time = Time()
    budget = budget_at(time, Limit(requests=30, window=timedelta(seconds=1)))
    for _ in range(25):
        await budget.spend(Priority.LIVE)
    assert time.seconds == pytest.approx(1)


async def test_live_goes_before_discovery_before_history() -> None:
    budget = budget_at(Time())
    interval = budget.plan(10, timedelta(minutes=1))
    assert interval == timedelta(minutes=1)
    # 15 polls of 10 requests need 150 of the 240; a tenth of the 240 is discovery's.
    assert await spend_all(budget, Priority.HISTORY) == 240 - 150 - 24
    assert await spend_all(budget, Priority.DISCOVERY) == 24
    assert await spend_all(budget, Priority.LIVE) == 150


@pytest.mark.parametrize(
    ("requests_per_poll", "seconds"),
    [(0, 60), (1, 60), (2, 60), (12, 60), (13, 65), (67, 335), (180, 900), (240, 1200)],
)
def test_interval_follows_from_the_size_of_the_account(requests_per_poll: int, seconds: int) -> None:
    assert budget_at(Time()).plan(requests_per_poll, timedelta(minutes=1)) == timedelta(seconds=seconds)


async def test_nothing_is_sent_while_the_server_says_wait() -> None:
    time = Time()
    budget = budget_at(time)
    budget.hold(timedelta(seconds=847))
    for priority in Priority:
        with pytest.raises(RateLimited):
            await budget.spend(priority)
    time.seconds = 847.9
    assert budget.held_for > timedelta(0)
    time.seconds = 848
    await budget.spend(Priority.LIVE)


async def test_wait_survives_a_restart() -> None:
    time = Time()
    changes: list[BudgetState] = []
    budget: Budget = budget_at(time, on_change=lambda: changes.append(budget.state))
    budget.hold(timedelta(seconds=847))
    time.seconds = 400
    after_restart = budget_at(time, state=changes[-1])
    assert after_restart.held_for == timedelta(seconds=448)


async def test_wait_that_a_broken_clock_stored_is_bounded() -> None:
    state = BudgetState(next_allowed=EPOCH + timedelta(days=3650))
    assert budget_at(Time(), state=state).held_for == timedelta(days=1)


async def test_wait_without_a_name_doubles_up_to_an_hour() -> None:
    time = Time()
    budget = budget_at(time)
    waits = []
    for _ in range(9):
        waits.append(budget.hold(None).retry_after.total_seconds() - 1)
        time.seconds += 3601
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    budget.observe(300, 299, timedelta(minutes=15))
    assert budget.hold(None).retry_after.total_seconds() == 61


async def test_shorter_wait_does_not_cut_a_longer_one_short() -> None:
    budget = budget_at(Time())
    budget.hold(timedelta(seconds=600))
    budget.hold(timedelta(seconds=1))
    assert budget.held_for == timedelta(seconds=601)


async def test_lower_limit_in_the_headers_is_learnt_and_kept() -> None:
    states: list[BudgetState] = []
    budget: Budget = budget_at(Time(), on_change=lambda: states.append(budget.state))
    budget.observe(100, 90, timedelta(minutes=15))
    assert budget.allowed == 80
    assert budget_at(Time(), state=states[-1]).allowed == 80
    budget.observe(300, 290, timedelta(minutes=15))
    assert budget.allowed == 240


async def test_higher_limit_in_the_headers_changes_nothing() -> None:
    budget = budget_at(Time())
    budget.observe(1000, 999, timedelta(minutes=15))
    assert budget.allowed == 240


async def test_requests_of_other_programs_are_seen_in_the_headers() -> None:
    time = Time()
    budget = budget_at(time)
    budget.observe(300, 61, timedelta(seconds=500))
    await budget.spend(Priority.LIVE)
    budget.observe(300, 60, timedelta(seconds=500))
    with pytest.raises(RateLimited) as refusal:
        await budget.spend(Priority.LIVE)
    assert refusal.value.retry_after == timedelta(seconds=500)


async def test_wait_that_headers_ask_for_survives_a_restart() -> None:
    states: list[BudgetState] = []
    budget: Budget = budget_at(Time(), on_change=lambda: states.append(budget.state))
    for remaining in (40, 39, 38):
        budget.observe(300, remaining, timedelta(seconds=600))
    assert len(states) == 1
    assert budget_at(Time(), state=states[-1]).held_for == timedelta(seconds=600)


async def test_reset_beyond_the_window_is_not_believed() -> None:
    budget = budget_at(Time())
    budget.observe(300, 0, timedelta(days=400))
    assert budget.held_for == timedelta(minutes=15)


@given(
    limit=st.integers(1, 40),
    window=st.integers(1, 1000),
    # Sums of such parts of a second are exact.
    steps=st.lists(
        st.tuples(
            st.integers(0, 400 * 1024).map(lambda part: part / 1024), st.sampled_from(Priority), st.integers(0, 60)
        ),
        max_size=120,
    ),
)
async def test_no_window_ever_holds_more_than_allowed(
    limit: int, window: int, steps: list[tuple[float, Priority, int]]
) -> None:
    time = Time()
    budget = budget_at(time, Limit(requests=limit, window=timedelta(seconds=window)))
    sent: deque[float] = deque()
    for wait, priority, per_poll in steps:
        time.seconds += wait
        budget.plan(per_poll, timedelta(seconds=1))
        try:
            await budget.spend(priority)
        except RateLimited:
            continue
        sent.append(time.seconds)
        in_window = [moment for moment in sent if moment > time.seconds - window]
        assert len(in_window) <= max(1, int(limit * 0.8))


TOKENS = Limit(requests=100, window=timedelta(minutes=1))


async def test_requests_that_cost_more_use_up_more() -> None:
    time = Time()
    budget = budget_at(time, TOKENS)
    await budget.spend(Priority.LIVE, 30)
    await budget.spend(Priority.LIVE, 49.5)
    assert budget.used == 80
    with pytest.raises(RateLimited):
        await budget.spend(Priority.LIVE, 0.6)
    await budget.spend(Priority.LIVE, 0.5)
    time.seconds = 30
    with pytest.raises(RateLimited) as refusal:
        await budget.spend(Priority.LIVE, 1)
    assert refusal.value.retry_after == timedelta(seconds=30)
    time.seconds = 60
    await budget.spend(Priority.LIVE, 80)


async def test_wait_is_until_enough_has_left_the_window() -> None:
    time = Time()
    budget = budget_at(time, TOKENS)
    for cost in (10, 20, 50):
        await budget.spend(Priority.LIVE, cost)
        time.seconds += 10
    for cost, seconds in ((5, 30), (10, 30), (11, 40), (30, 40), (31, 50), (80, 50)):
        with pytest.raises(RateLimited) as refusal:
            await budget.spend(Priority.LIVE, cost)
        assert refusal.value.retry_after == timedelta(seconds=seconds)


async def test_what_costs_more_than_the_head_room_leaves_is_sent_alone() -> None:
    time = Time()
    budget = budget_at(time, TOKENS)
    await budget.spend(Priority.LIVE, 10)
    # 90 of 100 fit beside the 10, 95 do not.
    with pytest.raises(RateLimited):
        await budget.spend(Priority.LIVE, 95)
    await budget.spend(Priority.LIVE, 90)
    time.seconds = 60
    # Whatever is dearer than all there is is not kept waiting for ever: the service says so.
    await budget.spend(Priority.LIVE, 7000)


async def test_real_cost_takes_the_place_of_the_expected_one() -> None:
    time = Time()
    budget = budget_at(time, TOKENS)
    cheap, dear = await budget.spend(Priority.LIVE, 40), await budget.spend(Priority.LIVE, 40)
    budget.settle(cheap, 1.25)
    assert budget.used == 42
    budget.settle(dear, 70)
    assert budget.used == 72
    time.seconds = 60
    assert budget.used == 0


async def test_cost_that_comes_after_its_window_changes_nothing() -> None:
    time = Time()
    budget = budget_at(time, TOKENS)
    late = await budget.spend(Priority.LIVE, 40)
    time.seconds = 61
    await budget.spend(Priority.LIVE, 5)
    budget.settle(late, 90)
    assert budget.used == 5


async def test_what_others_use_counts_too_as_long_as_it_lasts() -> None:
    time = Time()
    budget = budget_at(time, TOKENS)
    budget.settle(await budget.spend(Priority.LIVE, 20), 20, used=65.5)
    assert budget.used == 66
    # What was known already is not counted again, and less than that is no news.
    budget.settle(await budget.spend(Priority.LIVE, 2), 2, used=67.5)
    budget.settle(await budget.spend(Priority.LIVE, 2), 2, used=10)
    assert budget.used == 70
    with pytest.raises(RateLimited):
        await budget.spend(Priority.LIVE, 20)
    time.seconds = 60
    assert budget.used == 0


async def test_room_of_live_requests_is_kept_by_cost() -> None:
    budget = budget_at(Time(), TOKENS)
    assert budget.plan(44.5, timedelta(minutes=1)) == timedelta(minutes=1)
    # 80 less 45 for live values, less 8 for discovery.
    await budget.spend(Priority.HISTORY, 27)
    with pytest.raises(RateLimited):
        await budget.spend(Priority.HISTORY, 1)
    await budget.spend(Priority.DISCOVERY, 8)
    with pytest.raises(RateLimited):
        await budget.spend(Priority.DISCOVERY, 1)
    await budget.spend(Priority.LIVE, 45)


async def test_history_that_is_dearer_than_its_room_is_sent_when_nothing_else_was() -> None:
    time = Time()
    budget = budget_at(time, TOKENS)
    budget.plan(60, timedelta(minutes=1))
    await budget.spend(Priority.HISTORY, 16)
    time.seconds = 30
    with pytest.raises(RateLimited) as refusal:
        await budget.spend(Priority.HISTORY, 16)
    assert refusal.value.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(("cost", "seconds"), [(0, 60), (59.9, 60), (60, 60), (60.1, 61), (76.6, 77), (90, 90)])
def test_interval_follows_from_the_cost_of_a_poll(cost: float, seconds: int) -> None:
    assert budget_at(Time(), TOKENS).plan(cost, timedelta(minutes=1)) == timedelta(seconds=seconds)


def test_polls_are_spaced_by_what_they_cost_alone() -> None:
    budget = budget_at(Time(), TOKENS)
    assert budget.spacing(0) == timedelta(0)
    assert budget.spacing(15) == timedelta(seconds=15)
    assert budget.spacing(76.6) == timedelta(seconds=76.6)


@given(
    steps=st.lists(
        st.tuples(st.floats(0, 50), st.sampled_from(Priority), st.floats(0.1, 99), st.floats(0.1, 99)), max_size=80
    )
)
async def test_no_window_ever_costs_more_than_the_limit(steps: list[tuple[float, Priority, float, float]]) -> None:
    time = Time()
    budget = budget_at(time, TOKENS)
    sent: deque[tuple[float, float]] = deque()
    for wait, priority, cost, real in steps:
        time.seconds += wait
        try:
            spent = await budget.spend(priority, cost)
        except RateLimited:
            continue
        in_window = sum(one for at, one in sent if at > time.seconds - 60)
        assert in_window + cost <= 100 + 1e-3
        assert cost > 80 or in_window + cost <= 80 + 1e-3
        actual = min(real, cost)
        budget.settle(spent, actual)
        sent.append((time.seconds, actual))
        assert budget.used >= sum(one for at, one in sent if at > time.seconds - 60) - 1e-3


async def test_history_that_is_dearer_than_its_share_leaves_most_windows_to_live_polls() -> None:
    time = Time()
    budget = budget_at(time, Limit(requests=100, window=timedelta(minutes=1)))
    interval = budget.plan(60, timedelta(minutes=1))
    polls = {"read": 0, "refused": 0}
    histories = 0
    for _ in range(100):
        try:
            await budget.spend(Priority.LIVE, 60)
            polls["read"] += 1
        except RateLimited:
            polls["refused"] += 1
        time.seconds += interval.total_seconds() - 1
        try:
            await budget.spend(Priority.HISTORY, 41)
            histories += 1
        except RateLimited:
            pass
        time.seconds += 1
    assert histories >= 5
    assert polls["refused"] <= 10


async def test_cost_that_cannot_be_stops_nothing() -> None:
    time = Time()
    budget = budget_at(time, Limit(requests=100, window=timedelta(minutes=1)))
    spent = await budget.spend(Priority.LIVE, 5)
    budget.settle(spent, 100_000.0)
    assert budget.used <= 100
    assert budget.plan(1e9, timedelta(minutes=1)) <= timedelta(hours=1)
    time.seconds += 60
    await budget.spend(Priority.LIVE, 5)


def test_new_budget_has_nothing_to_remember() -> None:
    budget = budget_at(Time())
    state = budget.state
    assert (state.next_allowed, state.learnt_limit, state.reason) == (None, None, RATE_LIMITED)
    assert budget.remaining is None
    assert budget.held_because is None


def test_wait_is_kept_by_the_clock_on_the_wall() -> None:
    budget = Budget(LIMIT)
    before = datetime.now(UTC)
    budget.hold(timedelta(seconds=99))
    kept = budget.state.next_allowed
    assert kept is not None
    assert timedelta(0) <= kept - before - timedelta(seconds=100) < timedelta(seconds=60)


async def test_reason_of_a_wait_is_told_as_long_as_it_lasts() -> None:
    time = Time()
    budget = budget_at(time)
    error = budget.hold(timedelta(seconds=847), LOCKED_OUT)
    assert (error.retry_after, error.reason) == (timedelta(seconds=848), LOCKED_OUT)
    # Another wait that ends at the same time is no other reason.
    budget.hold(timedelta(seconds=847))
    assert budget.held_because == LOCKED_OUT
    after_restart = budget_at(time, state=budget.state)
    for one in (budget, after_restart):
        assert one.held_because == LOCKED_OUT
        with pytest.raises(RateLimited) as refusal:
            await one.spend(Priority.LIVE)
        assert refusal.value.reason == LOCKED_OUT
    time.seconds = 848
    assert budget.held_because is None
    assert budget.state == BudgetState()
    await spend_all(budget)
    with pytest.raises(RateLimited) as refusal:
        await budget.spend(Priority.LIVE)
    assert refusal.value.reason == RATE_LIMITED


async def test_learnt_limit_is_kept_beside_a_wait() -> None:
    budget = budget_at(Time())
    budget.observe(100, 90, timedelta(minutes=15))
    budget.hold(timedelta(seconds=10))
    after_restart = budget_at(Time(), state=budget.state)
    assert (after_restart.allowed, after_restart.held_for) == (80, timedelta(seconds=11))


@pytest.mark.parametrize(("wait", "waited"), [(0, 1), (1, 2), (1.5, None), (2, None)])
async def test_two_seconds_are_waited_for_and_no_more(wait: float, waited: float | None) -> None:
    time = Time()
    budget = budget_at(time)
    budget.hold(timedelta(seconds=wait))
    if waited is None:
        with pytest.raises(RateLimited):
            await budget.spend(Priority.LIVE)
    else:
        await budget.spend(Priority.LIVE)
    assert time.seconds == (waited or 0)


@pytest.mark.parametrize(
    ("limit", "remaining", "reset"),
    [
        (None, 10, None),
        (None, None, timedelta(seconds=10)),
        (0, None, None),
        (-1, 300, timedelta(seconds=10)),
        (300, 0, None),
        (300, None, timedelta(seconds=10)),
        (300, 0, timedelta(0)),
        (300, 0, timedelta(seconds=-10)),
    ],
)
def test_headers_that_say_half_of_it_stop_nothing(
    limit: int | None, remaining: int | None, reset: timedelta | None
) -> None:
    states: list[BudgetState] = []
    budget: Budget = budget_at(Time(), on_change=lambda: states.append(budget.state))
    budget.observe(limit, remaining, reset)
    # What is left of a window that is over says nothing.
    told = remaining if reset is None or reset > timedelta(0) else None
    assert (budget.allowed, budget.held_for, budget.remaining) == (240, timedelta(0), told)
    assert states == []


async def test_what_is_left_is_what_neither_we_nor_others_have_used() -> None:
    time = Time()
    budget = budget_at(time)
    assert (budget.left, budget.remaining) == (300, None)
    await budget.spend(Priority.LIVE, 20)
    assert budget.left == 280
    budget.observe(300, 250, timedelta(minutes=5))
    assert (budget.left, budget.remaining) == (250, 250)
    await budget.spend(Priority.LIVE, 40)
    assert budget.left == 240
    time.seconds += 300
    assert (budget.left, budget.remaining) == (240, None)
    budget.observe(100, None, None)
    assert budget.left == 40
    budget.hold(timedelta(seconds=10))
    assert budget.left == 0
    time.seconds += 900
    assert budget.left == 100


async def test_no_less_than_nothing_is_left() -> None:
    budget = budget_at(Time())
    await budget.spend(Priority.LIVE, 90)
    budget.observe(50, None, None)
    assert budget.left == 0


@pytest.mark.parametrize("requests", [1, 2])
async def test_smallest_limit_lets_one_request_through(requests: int) -> None:
    time = Time()
    budget = budget_at(time, Limit(requests=requests, window=timedelta(minutes=1)))
    assert (budget.allowed, budget.live_share) == (1, 1)
    assert budget.plan(1, timedelta(seconds=1)) == timedelta(minutes=1)
    for _ in range(3):
        assert await spend_all(budget, Priority.HISTORY) == 1
        time.seconds += 60


def test_limit_of_one_is_learnt() -> None:
    budget = budget_at(Time())
    budget.observe(1, 1, None)
    assert (budget.allowed, budget.state.learnt_limit) == (1, 1)


async def test_history_has_all_but_discoverys_share_before_anything_is_planned() -> None:
    assert await spend_all(budget_at(Time()), Priority.HISTORY) == 240 - 24


@pytest.mark.parametrize(("limit", "of_history"), [(5, 1), (10, 1), (20, 2)])
async def test_one_request_of_history_is_always_possible(limit: int, of_history: int) -> None:
    budget = budget_at(Time(), Limit(requests=limit, window=timedelta(minutes=1)))
    budget.plan(budget.live_share, timedelta(minutes=1))
    assert await spend_all(budget, Priority.HISTORY) == of_history


async def test_live_requests_do_not_use_up_the_room_of_history() -> None:
    budget = budget_at(Time())
    budget.plan(10, timedelta(minutes=1))
    for _ in range(150):
        await budget.spend(Priority.LIVE)
    assert await spend_all(budget, Priority.HISTORY) == 240 - 150 - 24


async def test_what_others_use_does_not_use_up_the_room_of_history() -> None:
    budget = budget_at(Time(), TOKENS)
    budget.settle(await budget.spend(Priority.LIVE, 1), 1, used=40)
    await budget.spend(Priority.HISTORY, 40)


async def test_what_leaves_the_window_is_used_no_longer() -> None:
    time = Time()
    budget = budget_at(time, TOKENS)
    for seconds, cost in ((0, 10), (10, 20), (20, 5)):
        time.seconds = seconds
        await budget.spend(Priority.LIVE, cost)
    for later, used in ((59, 35), (60, 25), (70, 5), (79.9, 5), (80, 0)):
        time.seconds = later
        assert budget.used == used


async def test_what_costs_all_that_is_allowed_leaves_the_head_room_alone() -> None:
    budget = budget_at(Time(), TOKENS)
    await budget.spend(Priority.LIVE, 1)
    with pytest.raises(RateLimited):
        await budget.spend(Priority.LIVE, 80)


@pytest.mark.parametrize(
    ("limit", "per_poll", "cost", "again"),
    # What leaves live polls their room is sent in the next window, anything dearer in the tenth.
    [(100, 60, 40, 60), (100, 60, 41, 600), (2, 1, 1, 60), (2, 1, 2, 600)],
)
async def test_history_that_takes_the_room_of_live_polls_is_sent_in_every_tenth_window(
    limit: int, per_poll: int, cost: int, again: int
) -> None:
    time = Time()
    budget = budget_at(time, Limit(requests=limit, window=timedelta(minutes=1)))
    budget.plan(per_poll, timedelta(minutes=1))
    await budget.spend(Priority.HISTORY, cost)
    time.seconds = again - 10
    with pytest.raises(RateLimited) as refusal:
        await budget.spend(Priority.HISTORY, cost)
    assert refusal.value.retry_after == timedelta(seconds=10)
    time.seconds = again
    await budget.spend(Priority.HISTORY, cost)
    assert time.seconds == again
