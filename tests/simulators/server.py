"""Serves a simulator on a loopback port, and unplugs it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import ssl
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

HOST = "127.0.0.1"


class Application(Protocol):
    """What can be served: anything that makes an aiohttp application."""

    def application(self) -> web.Application:
        """Return a new application; it is served once."""


class Server:
    """A simulator on a port of 127.0.0.1; it keeps its port while it is stopped."""

    def __init__(self, simulator: Application, port: int = 0, ssl_context: ssl.SSLContext | None = None) -> None:
        """Serve `simulator` on `port`, or on a free one if it is 0; over https with a context."""
        self._simulator = simulator
        self._ssl_context = ssl_context
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._busy: set[asyncio.Task[object]] = set()
        self.port = port

    @property
    def url(self) -> str:
        """The base address, without a trailing slash."""
        return f"{'https' if self._ssl_context else 'http'}://{HOST}:{self.port}"

    async def start(self) -> None:
        """Begin to listen, on the same port as before if it was stopped."""
        application = self._simulator.application()
        application.middlewares.insert(0, self._watch())
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        self._runner, self._site = runner, web.TCPSite(runner, HOST, self.port, ssl_context=self._ssl_context)
        await self._site.start()
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the port and every connection, cancel running handlers: from now on connections are refused."""
        if self._runner is None or self._site is None:
            return
        runner, self._runner = self._runner, None
        await self._site.stop()
        # aiohttp would give running handlers time by the loop's clock, which stands still in tests that freeze time.
        while self._busy:
            busy = list(self._busy)
            for task in busy:
                task.cancel()
            await asyncio.wait(busy)
        await runner.cleanup()
        # Closed transports say so to their protocols in the loop's next rounds.
        for _ in range(3):
            await asyncio.sleep(0)

    def _watch(self) -> Middleware:
        @web.middleware
        async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
            task = asyncio.current_task()
            assert task is not None, "aiohttp runs handlers in tasks"
            self._busy.add(task)
            try:
                return await handler(request)
            finally:
                self._busy.discard(task)

        return watch


@asynccontextmanager
async def running(simulator: Application, port: int = 0) -> AsyncGenerator[Server]:
    """Serve `simulator` on 127.0.0.1 for as long as the context lasts."""
    server = Server(simulator, port)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
