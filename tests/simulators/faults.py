"""Faults of networks and servers, injected before a vendor's own handler."""

from dataclasses import dataclass
import re

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from .clock import Clock
from .fault_kinds import (
    Answer,
    ConnectionReset,
    Drip,
    EmptyBody,
    Fault,
    HtmlPage,
    LostAnswer,
    RateLimited,
    Redirect,
    Rewritten,
    Slow,
    Status,
    TruncatedBody,
)

__all__ = [
    "ActiveFault",
    "Answer",
    "ConnectionReset",
    "Drip",
    "EmptyBody",
    "Fault",
    "Faults",
    "HtmlPage",
    "LostAnswer",
    "RateLimited",
    "Redirect",
    "Rewritten",
    "Slow",
    "Status",
    "TruncatedBody",
]

type Path = str | re.Pattern[str]


@dataclass(slots=True)
class ActiveFault:
    """A fault in force.

    `path` is a prefix, or a pattern that is searched for; `left` is how often it still strikes (None: for ever).
    """

    fault: Fault
    path: Path | None
    method: str | None
    left: int | None
    skip: int
    hits: int = 0

    def strikes(self, request: web.Request) -> bool:
        """Say whether this request is hit, and count it."""
        if self.left == 0 or not self._concerns(request):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.hits += 1
        if self.left is not None:
            self.left -= 1
        return True

    def _concerns(self, request: web.Request) -> bool:
        if self.method is not None and request.method != self.method:
            return False
        if isinstance(self.path, re.Pattern):
            return self.path.search(request.path) is not None
        return self.path is None or request.path.startswith(self.path)


class Faults:
    """The faults of one simulator. The first that strikes is applied; without one the vendor's handler answers."""

    def __init__(self, clock: Clock) -> None:
        """Compute times, as in `Retry-After` dates, from `clock`."""
        self._clock = clock
        self._active: list[ActiveFault] = []

    def add(
        self,
        fault: Fault,
        path: Path | None = None,
        times: int | None = None,
        *,
        method: str | None = None,
        skip: int = 0,
    ) -> ActiveFault:
        """Put a fault in force, for `times` requests or until cleared, after letting `skip` requests pass."""
        active = ActiveFault(fault, path, method, times, skip)
        self._active.append(active)
        return active

    def remove(self, active: ActiveFault) -> None:
        """End one fault."""
        self._active.remove(active)

    def clear(self) -> None:
        """End all faults."""
        self._active.clear()

    def middleware(self) -> Middleware:
        """Return the middleware that applies these faults."""

        @web.middleware
        async def inject(request: web.Request, handler: Handler) -> web.StreamResponse:
            for active in self._active:
                if active.strikes(request):
                    return await active.fault.answer(request, handler, self._clock())
            return await handler(request)

        return inject
