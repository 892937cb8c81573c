"""What went over the wire: how many requests, how they were answered, and what the headers said of limits."""

from collections import Counter
import re
from typing import override

import aiohttp
from vendors.budget import Budget, Limit, Priority, Spent

_ABOUT_LIMITS = re.compile(r"rate-?limit|retry-after|quota", re.IGNORECASE)
_HARMLESS = re.compile(r"[\w .,:;=+-]{1,60}\Z", re.ASCII)


class CountingBudget(Budget):
    """A budget that also knows how many requests it let through in all."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.spent = 0

    @override
    async def spend(self, priority: Priority, cost: float = 1) -> Spent:
        spent = await super().spend(priority, cost)
        self.spent += 1
        return spent


class Wire:
    """Watches a session. `sign_ins` are the endpoints on which the budget for signing in was spent."""

    def __init__(self, login_budget: CountingBudget) -> None:
        self._login_budget = login_budget
        self._sign_ins_seen = 0
        self.sign_ins: list[str] = []
        self.answers: Counter[str] = Counter()
        self.limit_headers: dict[str, str] = {}

    def trace(self) -> aiohttp.TraceConfig:
        """What has to be given to the session."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._started)
        config.on_request_end.append(self._answered)
        config.on_request_exception.append(self._failed)
        return config

    async def _started(
        self, _session: aiohttp.ClientSession, _context: object, params: aiohttp.TraceRequestStartParams
    ) -> None:
        if self._login_budget.spent > self._sign_ins_seen:
            self._sign_ins_seen = self._login_budget.spent
            endpoint = f"{params.method} {params.url.path}"
            if endpoint not in self.sign_ins:
                self.sign_ins.append(endpoint)

    async def _answered(
        self, _session: aiohttp.ClientSession, _context: object, params: aiohttp.TraceRequestEndParams
    ) -> None:
        response = params.response
        self.answers[f"{response.status} {_harmless(response.content_type)}"] += 1
        for name, value in response.headers.items():
            if _ABOUT_LIMITS.search(name):
                self.limit_headers[_harmless(name)] = _harmless(value)

    async def _failed(
        self, _session: aiohttp.ClientSession, _context: object, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        self.answers[type(params.exception).__name__] += 1


def _harmless(text: str) -> str:
    return text if _HARMLESS.match(text.replace("/", " ")) else "…"
