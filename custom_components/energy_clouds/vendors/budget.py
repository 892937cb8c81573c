"""How many requests an account may still send, and when.

One `Budget` belongs to one credential and everything that uses it. It starts from the documented limit less a head-room
for the account's other programs, counts what it let through over a sliding window (so that no fixed window of the
server can be overrun), believes the headers when they are stricter, and stops everything while a wait is running.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from enum import IntEnum
import math
import time

import msgspec

from .errors import RATE_LIMITED, RateLimited

HEAD_ROOM = 0.2
LIVE_SHARE = 0.75
DISCOVERY_SHARE = 0.1
OVERSIZED_EVERY = 10
"""In so many windows, one request may be sent that leaves live polls too little."""
SHORT_WAIT = timedelta(seconds=2)
LONGEST_HOLD = timedelta(days=1)
LONGEST_INTERVAL = timedelta(hours=1)
"""Whatever a poll is said to cost, it is tried again."""
_ROUNDING = 1e-6
"""Costs have decimals, and their sums are not exact."""


class Priority(IntEnum):
    """Who goes first when requests are short."""

    LIVE = 0
    DISCOVERY = 1
    HISTORY = 2


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """So many requests in any window of that length; of a service that counts what a request costs, so much cost."""

    requests: int
    window: timedelta


class Spent:
    """A request that was let through: when, for what, and what it costs as far as known."""

    __slots__ = ("at", "cost", "priority")

    def __init__(self, at: float, priority: Priority, cost: float) -> None:
        self.at = at
        self.priority = priority
        self.cost = cost


class BudgetState(msgspec.Struct, frozen=True, kw_only=True):
    """What of a budget must survive a restart."""

    next_allowed: datetime | None = None
    learnt_limit: int | None = None
    reason: str = RATE_LIMITED
    """Why nothing may be sent before `next_allowed`."""


class Budget:
    """Lets requests through, makes them wait a moment, or refuses them with `RateLimited`.

    `now` is the wall clock, used for what is persisted; `monotonic` is what waits are measured with, so that a machine
    whose clock is set right neither loses nor gains a wait. `on_change` is called when `state` changed.
    """

    def __init__(
        self,
        limit: Limit,
        *,
        state: BudgetState | None = None,
        on_change: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.limit = limit
        self._remaining: int | None = None
        self._remaining_until = -math.inf
        self._on_change = on_change
        self._now = now
        self._monotonic = monotonic or time.monotonic
        self._sleep = sleep
        self._sent: deque[Spent] = deque()
        self._used = 0.0
        self._held_until = -math.inf
        self._reason = RATE_LIMITED
        self._learnt_limit: int | None = None
        self._live_requests = 0
        self._oversized_at = -math.inf
        self._nameless_waits = 0
        if state is not None:
            self._learnt_limit = state.learnt_limit
            if state.next_allowed is not None:
                self._held_until = self._monotonic() + min(state.next_allowed - now(), LONGEST_HOLD).total_seconds()
                self._reason = state.reason

    @property
    def allowed(self) -> int:
        """How many requests we let through in one window: the limit less the head-room, at least 1."""
        return max(1, int(self._limit_in_force * (1 - HEAD_ROOM)))

    @property
    def live_share(self) -> int:
        """How much of that live polls may use, at least 1."""
        return max(1, int(self.allowed * LIVE_SHARE))

    @property
    def used(self) -> int:
        """What the requests of the window that ends now have cost; 1 each, where the service counts requests."""
        self._forget_old()
        return math.ceil(self._used)

    @property
    def remaining(self) -> int | None:
        """What the service has said last that is left of its window; None once that window is over."""
        return self._remaining if self._monotonic() < self._remaining_until else None

    @property
    def left(self) -> int:
        """What is left of the limit now: what we have not used, or less where others have used it; 0 during a wait."""
        if self.held_for:
            return 0
        unused = max(0, self._limit_in_force - self.used)
        return unused if self.remaining is None else min(unused, self.remaining)

    @property
    def held_for(self) -> timedelta:
        """How long nothing may be sent; zero when requests may be sent."""
        return timedelta(seconds=max(0.0, self._held_until - self._monotonic()))

    @property
    def held_because(self) -> str | None:
        """Why nothing may be sent now; None when requests may be sent."""
        return self._reason if self.held_for else None

    @property
    def state(self) -> BudgetState:
        """What of it must survive a restart."""
        held = self.held_for
        if not held:
            return BudgetState(learnt_limit=self._learnt_limit)
        return BudgetState(next_allowed=self._now() + held, learnt_limit=self._learnt_limit, reason=self._reason)

    def plan(self, requests_per_poll: float, cadence: timedelta) -> timedelta:
        """The shortest interval, not below `cadence`, at which polls of that size fit. Their room is kept for them."""
        seconds = max(cadence, min(self.spacing(requests_per_poll), LONGEST_INTERVAL)).total_seconds()
        polls_per_window = math.ceil(self.limit.window.total_seconds() / seconds)
        self._live_requests = min(self.live_share, math.ceil(requests_per_poll) * polls_per_window)
        return timedelta(seconds=math.ceil(seconds))

    def spacing(self, requests_per_poll: float) -> timedelta:
        """How far apart polls of that size have to be."""
        return self.limit.window * requests_per_poll / self.live_share

    async def spend(self, priority: Priority, cost: float = 1) -> Spent:
        """Count one request that is about to be sent, at its expected cost; wait a moment if need be.

        Raises `RateLimited` when it would have to wait longer than `SHORT_WAIT`.
        """
        while wait := self._wait(priority, cost):
            if wait > SHORT_WAIT:
                raise RateLimited(wait, self.held_because or RATE_LIMITED)
            await self._sleep(wait.total_seconds())
        if self._leaves_too_little(priority, cost):
            self._oversized_at = self._monotonic()
        return self._count(priority, cost)

    def settle(self, spent: Spent, cost: float, used: float | None = None) -> None:
        """Take in what a request has really cost, and how much the service says is used up, with what others sent.

        Nothing that was granted can have cost more than there is.
        """
        cost = min(cost, float(self._limit_in_force))
        if any(one is spent for one in reversed(self._sent)):
            self._used += cost - spent.cost
            spent.cost = cost
        self._forget_old()
        if used is not None and used > self._used:
            self._count(Priority.LIVE, used - self._used)

    def hold(self, wait: timedelta | None, reason: str = RATE_LIMITED) -> RateLimited:
        """Send nothing for so long, because the server said so. Returns the error to raise.

        Where the server names no wait, a minute is doubled with each such answer in a row, up to an hour.
        """
        if wait is None:
            wait = min(timedelta(minutes=1) * 2**self._nameless_waits, timedelta(hours=1))
            self._nameless_waits = min(self._nameless_waits + 1, 6)
        # A second more than asked: servers count in whole seconds.
        wait = min(max(wait, timedelta(0)) + timedelta(seconds=1), LONGEST_HOLD)
        until = self._monotonic() + wait.total_seconds()
        if until > self._held_until:
            self._held_until, self._reason = until, reason
        self._on_change()
        return RateLimited(self.held_for, self._reason)

    def observe(self, limit: int | None, remaining: int | None, reset: timedelta | None) -> None:
        """Take in what a good answer's headers say: the window's limit, what is left of it, and when it starts anew."""
        self._nameless_waits = 0
        window = self.limit.window
        self._remaining = remaining
        self._remaining_until = self._monotonic() + min(window if reset is None else reset, window).total_seconds()
        if limit is not None and limit > 0:
            learnt = limit if limit < self.limit.requests else None
            if learnt != self._learnt_limit:
                self._learnt_limit = learnt
                self._on_change()
        if remaining is None or reset is None:
            return
        if remaining <= self._limit_in_force * HEAD_ROOM and reset > timedelta(0):
            until = self._monotonic() + min(reset, self.limit.window).total_seconds()
            if until > self._held_until + SHORT_WAIT.total_seconds():
                self._held_until, self._reason = until, RATE_LIMITED
                self._on_change()

    @property
    def _limit_in_force(self) -> int:
        return min(self.limit.requests, self._learnt_limit or self.limit.requests)

    def _wait(self, priority: Priority, cost: float) -> timedelta:
        held = self.held_for
        if held:
            return held
        self._forget_old()
        # What costs more than the head-room leaves may use it, and is sent when little else was.
        whole = self.allowed if cost <= self.allowed else max(self._limit_in_force, cost)
        fulls = [self._oldest_to_leave(self._sent, self._used, whole - cost)]
        if priority is not Priority.LIVE:
            ceiling = whole - self._live_requests
            if priority is Priority.HISTORY:
                ceiling -= math.ceil(self.allowed * DISCOVERY_SHARE)
            counted = [spent for spent in self._sent if spent.priority is not Priority.LIVE]
            used = sum(spent.cost for spent in counted)
            fulls.append(self._oldest_to_leave(counted, used, max(1, ceiling) - cost))
            if self._leaves_too_little(priority, cost):
                # There is no other way for it: but not more often than live polls can bear.
                fulls.append(self._oversized_at + (OVERSIZED_EVERY - 1) * self.limit.window.total_seconds())
        full = max((since for since in fulls if since is not None), default=None)
        if full is None:
            return timedelta(0)
        seconds = full + self.limit.window.total_seconds() - self._monotonic()
        return timedelta(seconds=max(0.001, seconds)) if seconds > 0 else timedelta(0)

    def _leaves_too_little(self, priority: Priority, cost: float) -> bool:
        """Whether a request takes what live polls need in each window."""
        return priority is not Priority.LIVE and cost > 1 and cost + self._live_requests > self._limit_in_force

    @staticmethod
    def _oldest_to_leave(sent: Iterable[Spent], used: float, room: float) -> float | None:
        """When the last of the requests was sent that must leave the window for no more than `room` to be used."""
        since = None
        for spent in sent:
            if used <= room + _ROUNDING:
                break
            used -= spent.cost
            since = spent.at
        return since

    def _count(self, priority: Priority, cost: float) -> Spent:
        spent = Spent(self._monotonic(), priority, cost)
        self._sent.append(spent)
        self._used += cost
        return spent

    def _forget_old(self) -> None:
        horizon = self._monotonic() - self.limit.window.total_seconds()
        while self._sent and self._sent[0].at <= horizon:
            self._used -= self._sent.popleft().cost
        if not self._sent:
            self._used = 0.0
