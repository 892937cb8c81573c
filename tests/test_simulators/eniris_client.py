"""A client of Eniris's simulator for its contract tests."""

from base64 import urlsafe_b64decode
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import json
from typing import Any

import aiohttp

from tests.simulators.clock import SimClock
from tests.simulators.eniris import MINUTE, PASSWORD, USERNAME, EnirisSimulator, EnirisSwitches
from tests.simulators.server import running

TELEMETRY = "/v1/telemetry/query"
DEVICES = "/v1/device/query"


class Client:
    """Asks as the usual user, with an access token that it gets when it needs one."""

    def __init__(self, simulator: EnirisSimulator, session: aiohttp.ClientSession, url: str) -> None:
        self.simulator = simulator
        self.url = url
        self._session = session
        self._access: tuple[str, datetime] | None = None

    async def ask(
        self, method: str, path: str, *, token: str | None = None, **options: Any
    ) -> tuple[aiohttp.ClientResponse, str]:
        """Return the answer to a request, and its text."""
        headers = options.pop("headers", {}) | ({} if token is None else {"Authorization": f"Bearer {token}"})
        async with self._session.request(method, f"{self.url}{path}", headers=headers, **options) as response:
            return response, await response.text()

    async def told(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Return the status and JSON of an answer, or its text if it is none."""
        response, text = await self.ask(method, path, **options)
        return response.status, json.loads(text) if response.content_type == "application/json" else text

    async def post_login(self, username: str = USERNAME, password: str = PASSWORD) -> tuple[int, Any]:
        """Return status and body of a login."""
        return await self.told("POST", "/auth/login", json={"username": username, "password": password})

    async def login(self) -> str:
        """Return a new refresh token."""
        status, token = await self.post_login()
        assert status == 200
        return str(token)

    async def get_access(self, refresh: str) -> tuple[int, Any]:
        """Return status and body of the question for an access token."""
        return await self.told("GET", "/auth/accesstoken", token=refresh)

    async def access(self) -> str:
        """Return a valid access token of the usual user."""
        now = self.simulator.clock()
        if self._access is None or now >= self._access[1]:
            status, token = await self.get_access(await self.login())
            assert status == 200
            self._access = str(token), now + timedelta(seconds=self.simulator.switches.access_seconds)
        return self._access[0]

    async def works(self, token: str) -> bool:
        """Say whether an access token is accepted."""
        status, _ = await self.told("GET", "/v1/company", token=token)
        return status == 200

    async def post(self, path: str, body: Any, **options: Any) -> tuple[int, Any]:
        """Return status and JSON of a POST to the API as the usual user."""
        return await self.told("POST", path, token=await self.access(), json=body, **options)

    async def devices(self, **query: Any) -> list[Any]:
        """Return the devices of a successful query."""
        status, body = await self.post(DEVICES, query)
        assert status == 200
        return list(body["device"])

    async def properties(self, **query: Any) -> dict[str, Any]:
        """Return the properties of devices by their `nodeId`."""
        return {one["properties"].get("nodeId"): one["properties"] for one in await self.devices(**query)}

    async def items(self, *queries: Any) -> list[Any]:
        """Return the items of a successful request."""
        status, items = await self.post(TELEMETRY, list(queries))
        assert status == 200, items
        return list(items)

    async def rows(self, query: Any) -> list[dict[str, Any]]:
        """Return the rows of a query as dictionaries, over all its series."""
        [item] = await self.items(query)
        assert "error" not in item, item
        return rows_of(item)


def rows_of(item: Any) -> list[dict[str, Any]]:
    """Return the rows of an item as dictionaries."""
    return [
        dict(zip(series["columns"], values, strict=True))
        for series in item.get("series", [])
        for values in series["values"]
    ]


@asynccontextmanager
async def serve(simulator: EnirisSimulator) -> AsyncGenerator[Client]:
    """Serve a simulator, and yield its client."""
    async with running(simulator) as server, aiohttp.ClientSession() as session:
        yield Client(simulator, session, server.url)


@asynccontextmanager
async def eniris(clock: SimClock, **switches: Any) -> AsyncGenerator[Client]:
    """Serve a simulator of the switched variant without limits, and yield its client."""
    async with serve(EnirisSimulator(clock=clock, tier=None, switches=EnirisSwitches(**switches))) as client:
        yield client


def query(
    simulator: EnirisSimulator,
    node_id: str,
    *select: Any,
    start: datetime | None = None,
    end: datetime | None = None,
    policy: str = MINUTE,
    measurement: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a query for fields of a device (all of them, if none is named) as its metadata list them."""
    series = next(
        one
        for one in simulator.node(node_id).series or ()
        if one.policy == policy and one.measurement == (measurement or one.measurement) != "getMeasStats"
    )
    conditions = [(">=", start), ("<", end)]
    where: dict[str, Any] = {"tags": dict(series.tags)}
    if times := [{"operator": operator, "value": iso(value)} for operator, value in conditions if value is not None]:
        where["time"] = times
    return {
        "select": list(select or series.fields),
        "from": {
            "database": series.database,
            "retentionPolicy": series.policy,
            "measurement": series.measurement,
        },
        "where": where,
        **more,
    }


def iso(moment: datetime) -> str:
    """Return a time as the service writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def times(rows: Sequence[dict[str, Any]]) -> list[datetime]:
    """Return the times of rows."""
    return [datetime.fromisoformat(row["time"]) for row in rows]


def claims(token: str) -> Any:
    """Return the claims of a JWT."""
    _, part, _ = token.split(".")
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def error(status: int, name: str, message: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Return a refusal as the service words it."""
    return status, {"statusCode": status, "error": name, "message": message, **more}


def unauthorized(message: str) -> tuple[int, dict[str, Any]]:
    """Return the refusal of who is asking."""
    return error(401, "Unauthorized", message)
