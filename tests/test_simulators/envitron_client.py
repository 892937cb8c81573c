"""A client of Envitron's simulator for its contract tests."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
import json
from typing import Any

import aiohttp

from tests.simulators.clock import SimClock
from tests.simulators.envitron import (
    ACCESS_LIFETIME,
    BASE,
    OFFICE,
    PASSWORD,
    USER_ID,
    USERNAME,
    WAREHOUSE,
    EnvitronSimulator,
    EnvitronSwitches,
    User,
)
from tests.simulators.server import running

OTHER, OTHER_PASSWORD = "other@office.example", "another password"
TWO_USERS = {
    USERNAME: User(PASSWORD, USER_ID, (WAREHOUSE,)),
    OTHER: User(OTHER_PASSWORD, 42, (WAREHOUSE,)),
}
DELIVERY = "153cde21-5967-4f25-b7f1-3325083c7695"
RETURN = "2a94f7d0-6c1b-4e38-9f52-b0d7e8a16340"
PRODUCTION = "73d05b1e-48af-4a9c-8e26-f1c09d7b5a28"
POINT_1, POINT_2 = "e1c7a0d4-92b3-4f68-8d15-3a60bf9c2411", "f4b82e69-0d1a-4c93-9b7e-68c5d1a03f12"
TOGETHER = "0d9e6c38-b7f5-4d21-a4c0-5e8f1b273613"
VOLUME, FLOW = "b0f3a8e7-5d42-4961-8c3b-e97f60d12a51", "4c7e19d2-a83b-4f05-9d68-1fb5c0e73a52"
ACTUAL, LATEST = f"/buildings/{OFFICE}/electricity/actual/", f"/buildings/{OFFICE}/electricity/latest/"
VALUES = f"/buildings/{OFFICE}/electricity/sensors/actual/"
LAST_VALUES = f"/buildings/{OFFICE}/electricity/sensors/latest/"
_GRANTED = (200, 201)


class Client:
    """Asks as the usual user, with an access token that it gets when it needs one."""

    def __init__(self, simulator: EnvitronSimulator, session: aiohttp.ClientSession, url: str) -> None:
        self.simulator = simulator
        self.url = url
        self._session = session
        self._access: tuple[str, datetime] | None = None

    async def ask(
        self, method: str, path: str, *, token: str | None = None, **options: Any
    ) -> tuple[aiohttp.ClientResponse, str]:
        """Return the answer to a request without redirects, and its text."""
        headers = options.pop("headers", {}) | ({} if token is None else {"Authorization": f"Bearer {token}"})
        options = {"headers": headers, "allow_redirects": False} | options
        async with self._session.request(method, f"{self.url}{BASE}{path}", **options) as response:
            return response, await response.text()

    async def refused(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Return the status and JSON of a refusal."""
        response, text = await self.ask(method, path, **options)
        assert response.headers["Content-Type"] == "application/json"
        return response.status, json.loads(text)

    async def post_login(self, username: str = USERNAME, password: str = PASSWORD) -> tuple[int, Any]:
        """Return status and JSON of a login."""
        response, text = await self.ask("POST", "/token/", json={"username": username, "password": password})
        return response.status, json.loads(text)

    async def login(self, username: str = USERNAME, password: str = PASSWORD) -> Any:
        """Return a new pair of tokens."""
        status, pair = await self.post_login(username, password)
        assert status in _GRANTED
        return pair

    async def post_refresh(self, token: str) -> tuple[int, Any]:
        """Return status and JSON of a refresh."""
        response, text = await self.ask("POST", "/token/refresh/", json={"refresh": token})
        return response.status, json.loads(text)

    async def refresh(self, token: str) -> Any:
        """Return the pair of a successful refresh."""
        status, pair = await self.post_refresh(token)
        assert status in _GRANTED
        return pair

    async def works(self, token: str) -> bool:
        """Say whether an access token is accepted."""
        return (await self.ask("GET", "/example/", token=token))[0].status == 200

    async def read(self, path: str, **query: Any) -> tuple[int, Any]:
        """Return the status and JSON of a GET as the usual user; None for an answer without a body."""
        response, text = await self.ask("GET", path, token=await self.access(), params=query)
        return response.status, json.loads(text) if text else None

    async def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a successful GET as the usual user."""
        status, body = await self.read(path, **query)
        assert status == 200
        return body

    async def access(self) -> str:
        """Return a valid access token of the usual user."""
        now = self.simulator.clock()
        if self._access is None or now >= self._access[1]:
            self._access = (await self.login())["access"], now + ACCESS_LIFETIME
        return self._access[0]


@asynccontextmanager
async def envitron(clock: SimClock, *, users: dict[str, User] | None = None, **switches: Any) -> AsyncGenerator[Client]:
    """Serve a simulator of the switched variant, and yield its client."""
    simulator = EnvitronSimulator(clock=clock, users=users, switches=EnvitronSwitches(**switches))
    async with running(simulator) as server, aiohttp.ClientSession() as session:
        yield Client(simulator, session, server.url)


def by_uuid(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return rows of values by sensor, each sensor once."""
    found = {row["sensor_uuid"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def silence_office(simulator: EnvitronSimulator, since: datetime) -> None:
    """Let all sensors of the office fall silent."""
    for uuid in simulator.buildings[OFFICE].sensors:
        simulator.silence(uuid, since)


def parts(token: str) -> tuple[Any, Any]:
    """Return the header and the claims of a JWT."""
    header, claims, _ = token.split(".")
    return _decoded(header), _decoded(claims)


def forged(token: str, **claims: Any) -> str:
    """Return a JWT that claims something else under the old signature."""
    header, content, signature = token.split(".")
    changed = json.dumps(_decoded(content) | claims, separators=(",", ":")).encode()
    return f"{header}.{urlsafe_b64encode(changed).rstrip(b'=').decode()}.{signature}"


def _decoded(part: str) -> Any:
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
