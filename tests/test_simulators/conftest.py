"""What the simulators' tests share: loopback sockets, and an Enpact service with a client."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enpact import BASE, PRODUCTION_KEY, SANDBOX_KEY, EnpactSimulator
from tests.simulators.server import running

from .enectiva_client import Client as EnectivaClient, Connect as ConnectEnectiva, connector

NOON = datetime(2026, 6, 17, 12, 0, tzinfo=UTC)
"""A Wednesday in summer time, at which the tests' clocks start."""


@pytest.fixture(autouse=True)
def _loopback(socket_enabled: None) -> None:
    """Allow sockets: Home Assistant's plugin forbids them, but for 127.0.0.1, only where they are not asked for."""


@pytest.fixture
def clock() -> SimClock:
    return SimClock(NOON)


class Client:
    """A client of one Enpact service that sends the key of its environment unless told otherwise."""

    def __init__(self, simulator: EnpactSimulator, session: aiohttp.ClientSession, url: str) -> None:
        self.simulator = simulator
        self.url = url
        self._session = session
        self._key = PRODUCTION_KEY if simulator.environment == "production" else SANDBOX_KEY

    async def ask(
        self, method: str, path: str, *, key: str | None = "", **options: Any
    ) -> tuple[aiohttp.ClientResponse, str]:
        """Return the answer and its text; a key of None sends none."""
        headers = {} if key is None else {"X-API-Key": key or self._key}
        async with self._session.request(method, f"{self.url}{BASE}{path}", headers=headers, **options) as response:
            return response, await response.text()

    async def get(self, path: str, **query: str) -> Any:
        """Return the JSON of a successful GET."""
        response, _ = await self.ask("GET", path, params=query)
        assert response.status == 200
        return await response.json()

    async def meter(self, name: str, start: datetime, aggregation: str = "none") -> Any:
        """Return a meter's rows."""
        return await self._rows("meters", name, start, aggregation)

    async def device(self, name: str, start: datetime, aggregation: str = "none") -> Any:
        """Return a device's rows."""
        return await self._rows("devices", name, start, aggregation)

    async def _rows(self, things: str, name: str, start: datetime, aggregation: str) -> Any:
        stamp = start.strftime("%Y-%m-%dT%H:%M:%SZ")
        return (await self.get(f"/{things}/{name}/data", timestamp=stamp, aggregation=aggregation))["data"][name]


type Connect = Callable[..., Any]


@pytest.fixture
async def connect(clock: SimClock) -> AsyncGenerator[Connect]:
    """Return a function that starts a simulator (a given one, or one with these options) and returns its client."""
    async with AsyncExitStack() as stack:

        async def start(simulator: EnpactSimulator | str = "production", **options: Any) -> Client:
            if isinstance(simulator, str):
                simulator = EnpactSimulator(simulator, clock=clock, **options)  # type: ignore[arg-type]
            server = await stack.enter_async_context(running(simulator))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            return Client(simulator, session, server.url)

        yield start


@pytest.fixture
async def enpact(connect: Connect) -> Any:
    return await connect()


@pytest.fixture
async def connect_enectiva(clock: SimClock) -> AsyncGenerator[ConnectEnectiva]:
    """Return a function that starts an Enectiva service and returns its client."""
    async with AsyncExitStack() as stack:
        yield connector(stack, clock)


@pytest.fixture
async def enectiva(connect_enectiva: ConnectEnectiva) -> EnectivaClient:
    return await connect_enectiva()
