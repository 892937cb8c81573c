"""What each service was asked, judged as it comes: limits, and waits that were named. Nothing of it is kept."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
import re
from typing import override

from tests.simulators.journal import Recorded

from .report import Report

UNDER_WAY = timedelta(seconds=1)
"""A request may be sent before the answer to another is there."""
REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The documented limit: so many requests, or so much cost, in any window of that length."""

    most: float
    window: timedelta


class Journal(list[Recorded]):
    """The log of one simulator, which stays empty. `is_apart` finds the requests that have a budget of their own."""

    def __init__(self, name: str, clock: Callable[[], datetime], report: Report, ceiling: Ceiling | None) -> None:
        super().__init__()
        self.number = 0
        self.most = 0.0
        """How much of the limit was ever used, in any window."""
        self.served: deque[datetime] = deque(maxlen=REMEMBERED)
        """When the newest requests came in, and when they were done."""
        self.answered = clock()
        """When a request was answered well."""
        self._name = name
        self._clock = clock
        self._report = report
        self._ceiling = ceiling
        self._costs: deque[tuple[datetime, float]] = deque()
        self._used = 0.0
        self._held_from: datetime | None = None
        self._held_until: datetime | None = None
        self._refusals = 0
        self._apart = re.compile("(?!)")
        self._counts_costs = False

    def keep_apart(self, path: str) -> None:
        """Let requests of such a path have a budget of their own: signing in."""
        self._apart = re.compile(path)

    def charge(self, cost: float) -> None:
        """A request has cost something other than one."""
        self._counts_costs = True
        self._spend(self._clock(), cost)

    def told_to_wait(self, path: str, wait: timedelta) -> None:
        """A fault refuses a request, and names how long to wait."""
        self._refusals += 1
        if self._apart.search(path):
            return
        now = self._clock()
        if self._held_until is None or now + wait > self._held_until:
            self._held_from, self._held_until = now, now + wait

    def forgive(self) -> None:
        """Home Assistant died just now: of an answer that was on its way it knows nothing."""
        if self._held_from is not None and self._clock() - self._held_from < UNDER_WAY:
            self._held_until = None

    @override
    def append(self, request: Recorded) -> None:
        self.number += 1
        if request.status == 200:
            # A refusal tells no value; a storm of them is longer than what is remembered.
            self.served.append(request.time)
            if (done := self._clock()) != request.time:
                self.served.append(done)
            self.answered = done
        if request.status == 429:
            if self._refusals:
                self._refusals -= 1
            else:
                self._report.complain(f"{self._name}: refused {request.path} for too many requests", request.time)
        if self._apart.search(request.path):
            return
        if not self._counts_costs:
            self._spend(request.time, 1)
        if (
            self._held_from is not None
            and self._held_until is not None
            and self._held_from + UNDER_WAY < request.time < self._held_until
        ):
            self._report.complain(
                f"{self._name}: asked {request.path} while waiting from {self._held_from} to {self._held_until}",
                request.time,
            )

    def _spend(self, at: datetime, cost: float) -> None:
        if self._ceiling is None:
            return
        self._costs.append((at, cost))
        self._used += cost
        while self._costs[0][0] <= at - self._ceiling.window:
            self._used -= self._costs.popleft()[1]
        self.most = max(self.most, self._used)
        if self._used > self._ceiling.most + 1e-6:
            self._report.complain(f"{self._name}: {self._used:.0f} in one window of {self._ceiling.window}", at)
