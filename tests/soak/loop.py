"""An event loop that never waits: when nothing is left to do, its clock jumps to the next timer.

Nothing is left to do when no thread works for Home Assistant, and no request is on its way between two sockets of this
process.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
import queue
import selectors
import threading
from typing import Any, override
from unittest.mock import patch

import aiohttp
from homeassistant.components.recorder.core import Recorder

from .clock import Clock

_ARRIVES = 0.0005
"""Real seconds within which what was sent on loopback is there."""
_WORKS = 0.05
_STUCK = 600


class StuckError(Exception):
    """Nothing will ever happen any more."""


class Activity:
    """What is under way outside the event loop."""

    def __init__(self) -> None:
        self.jobs = 0
        self.requests = 0
        self.connectors: set[aiohttp.BaseConnector] = set()
        self.queues: list[WatchedQueue] = []

    def is_working(self) -> bool:
        """Whether a thread has something to do."""
        return self.jobs > 0 or any(one.pending for one in self.queues)

    def is_talking(self) -> bool:
        """Whether a request or its answer may be on its way."""
        return self.requests > 0 or any(one._acquired for one in self.connectors)


class WatchedQueue(queue.SimpleQueue[Any]):
    """A queue that knows whether what was taken from it is done: its reader asks for more then."""

    def __init__(self) -> None:
        super().__init__()
        self.pending = 0
        self._counting = threading.Lock()
        self._taken = False

    @override
    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        with self._counting:
            self.pending += 1
        super().put(item)

    @override
    def put_nowait(self, item: Any) -> None:
        self.put(item)

    @override
    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        self._done()
        item = super().get(block, timeout)
        self._taken = True
        return item

    @override
    def get_nowait(self) -> Any:
        return self.get(block=False)

    def _done(self) -> None:
        with self._counting:
            self.pending -= self._taken
        self._taken = False


class _JumpingSelector(selectors.EpollSelector):
    def __init__(self, clock: Clock, activity: Activity) -> None:
        super().__init__()
        self._clock = clock
        self._activity = activity

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        idle = 0
        while self._activity.is_working():
            if events := super().select(_WORKS):
                return events
            idle += 1
            if idle > _STUCK / _WORKS:
                raise StuckError("a thread does not finish")
        if self._activity.is_talking() and (events := super().select(_ARRIVES)):
            return events
        if timeout is None:
            raise StuckError("nobody waits for a time")
        self._clock.advance(timeout)
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """The event loop."""

    def __init__(self, clock: Clock) -> None:
        self.activity = Activity()
        self._jumping_clock = clock
        super().__init__(_JumpingSelector(clock, self.activity))

    @override
    def time(self) -> float:
        return self._jumping_clock.monotonic()

    @override
    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        self.activity.jobs += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._job_done)
        return future

    def _job_done(self, _future: asyncio.Future[Any]) -> None:
        self.activity.jobs -= 1

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Know of all requests, and of what the recorder has to do."""
        activity, send, make = self.activity, aiohttp.ClientSession._request, Recorder.__init__

        def made(recorder: Recorder, *args: Any, **named: Any) -> None:
            make(recorder, *args, **named)
            recorder._queue = WatchedQueue()
            activity.queues.append(recorder._queue)

        async def counted(session: aiohttp.ClientSession, *args: Any, **named: Any) -> aiohttp.ClientResponse:
            activity.requests += 1
            if session.connector is not None:
                activity.connectors.add(session.connector)
            try:
                return await send(session, *args, **named)
            finally:
                activity.requests -= 1

        with (
            patch.object(Recorder, "__init__", made),
            patch.object(aiohttp.ClientSession, "_request", counted),
        ):
            yield
