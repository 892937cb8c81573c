"""A client of an Enectiva service: it sends what the documents ask for, unless a test wants something else."""

from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
import json
from typing import Any, Protocol

import aiohttp

from tests.simulators.clock import SimClock
from tests.simulators.enectiva import LOGIN_TOKEN, EnectivaSimulator
from tests.simulators.server import running

HEADERS = {"Accept": "application/vnd.api+json"}
TYPED = {**HEADERS, "Content-Type": "application/vnd.api+json"}
PATHS = {
    "/meters": "meters",
    "/meters/42": "meters",
    "/meters/42/readings": "readings",
    "/meters/42/deltas": "meter_deltas",
    "/data_series/11/data_points": "data_points",
    "/entities": "entities",
    "/entities/7": "entities",
    "/entities/7/deltas": "entity_deltas",
    "/virtual_meters/501/deltas": "virtual_meter_deltas",
}
"""The endpoints for access tokens, and the scopes that they need."""


class Client:
    """A client of one service, with an access token."""

    def __init__(self, simulator: EnectivaSimulator, session: aiohttp.ClientSession, url: str) -> None:
        self.simulator = simulator
        self.url = url
        self.token: str | None = None
        self.session = session

    async def ask(
        self, method: str, path: str, *, token: str | None = "", headers: Mapping[str, str] = HEADERS, **options: Any
    ) -> tuple[aiohttp.ClientResponse, str]:
        """Return the answer and its text; a token of None sends none."""
        sent = self.token if token == "" else token
        everything = {**headers, **({} if sent is None else {"Authorization": f"Bearer {sent}"})}
        # Without this, aiohttp would declare a content of its own for a POST without a body.
        skip = [] if method == "GET" else ["Content-Type"]
        async with self.session.request(
            method, f"{self.url}{path}", headers=everything, skip_auto_headers=skip, **options
        ) as response:
            return response, await response.text()

    async def log_in(self, login: str = LOGIN_TOKEN) -> str:
        """Exchange a login token, in the default shape, for an access token, and keep it."""
        response, text = await self.ask("POST", "/access_tokens", token=login)
        assert response.status == 201
        self.token = json.loads(text)["data"]["attributes"]["token"]
        assert isinstance(self.token, str)
        return self.token

    async def get(self, path: str, *filters: str, **query: str) -> Any:
        """Return the JSON of a successful GET with these filters and other parameters."""
        await self.log_in()
        pairs = [("filter[]", text) for text in filters] + list(query.items())
        response, text = await self.ask("GET", path, params=pairs)
        assert response.status == 200, text
        return json.loads(text)

    async def rows(self, path: str, *filters: str, **query: str) -> list[tuple[str, float]]:
        """Return the times and values of a list."""
        data = (await self.get(path, *filters, **query))["data"]
        return [(row["attributes"]["time"], row["attributes"]["value"]) for row in data]

    async def ids(self, path: str, **query: str) -> list[str]:
        """Return the ids of a list."""
        return [item["id"] for item in (await self.get(path, **query))["data"]]

    async def refused(self, path: str, *filters: str, **query: str) -> tuple[int, str]:
        """Return the status and the `detail` of a refused GET."""
        await self.log_in()
        pairs = [("filter[]", text) for text in filters] + list(query.items())
        response, text = await self.ask("GET", path, params=pairs)
        return response.status, json.loads(text)["errors"][0]["detail"]


class Connect(Protocol):
    """Starts a service (a given one, or one with these options) and returns its client."""

    def __call__(self, simulator: EnectivaSimulator | None = None, **options: Any) -> Awaitable[Client]:
        """Start it."""


def connector(stack: AsyncExitStack, clock: SimClock) -> Connect:
    """Return a function that starts services, which `stack` stops."""

    async def connect(simulator: EnectivaSimulator | None = None, **options: Any) -> Client:
        simulator = simulator or EnectivaSimulator(clock=clock, **options)
        server = await stack.enter_async_context(running(simulator))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        return Client(simulator, session, server.url)

    return connect


def claims(token: str) -> Any:
    """Return the claims of a token."""
    part = token.split(".")[1]
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def detail(text: str) -> str:
    """Return the reason of a refusal that has one."""
    (error,) = json.loads(text)["errors"]
    return str(error["detail"])


def stamp(moment: datetime) -> str:
    """Return a time as readings have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def used(simulator: EnectivaSimulator, meter: str, start: datetime, end: datetime) -> float:
    """Return what truly went through a meter."""
    register = simulator.meters[meter].register
    return register(end) - register(start)
