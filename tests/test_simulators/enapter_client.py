"""A client of an Enapter service: it sends the owner's token, unless a test wants something else."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
import csv
from dataclasses import dataclass
from datetime import datetime
import io
import json
from typing import Any

import aiohttp

from tests.simulators.clock import SimClock
from tests.simulators.enapter import (
    TOKEN,
    TOKEN_HEADER,
    TYPES_HEADER,
    EnapterSimulator,
    EnapterSwitches,
)
from tests.simulators.server import running

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of history: its types, the labels of its columns, and its rows as text."""

    types: list[str]
    labels: list[dict[str, str]]
    rows: list[list[str]]

    def column(self, attribute: str) -> list[str]:
        """Return the cells of an attribute."""
        index = [labels["telemetry"] for labels in self.labels].index(attribute)
        return [row[1 + index] for row in self.rows]

    @property
    def times(self) -> list[int]:
        """The first column."""
        return [int(row[0]) for row in self.rows]


class Client:
    """A client of one service."""

    def __init__(self, simulator: EnapterSimulator, session: aiohttp.ClientSession, url: str) -> None:
        self.simulator = simulator
        self.url = url + simulator.base
        self.session = session

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = TOKEN,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> tuple[aiohttp.ClientResponse, str]:
        """Return the answer and its text; a token of None sends none."""
        sent = {**({} if token is None else {TOKEN_HEADER: token}), **(headers or {})}
        async with self.session.request(method, f"{self.url}{path}", headers=sent, **options) as response:
            return response, await response.text()

    async def get(self, path: str, *, token: str = TOKEN, **query: str) -> Any:
        """Return the JSON of a successful GET."""
        response, text = await self.ask("GET", path, token=token, params=query)
        assert response.status == 200, text
        return json.loads(text)

    async def refused(self, path: str, *, token: str | None = TOKEN, **query: str) -> tuple[int, str]:
        """Return the status and the code of a refused GET."""
        response, text = await self.ask("GET", path, token=token, params=query)
        return response.status, code(text)

    async def device(self, device_id: str, *expand: str, token: str = TOKEN) -> Any:
        """Return a device with what is to be expanded."""
        return (await self.get(f"/v3/devices/{device_id}", token=token, expand=",".join(expand)))["device"]

    async def latest(
        self, device_id: str, *attributes: str, relevance: str | None = None, token: str = TOKEN
    ) -> dict[str, Any]:
        """Return the entries of one device."""
        query = {f"devices[{device_id}]": ",".join(attributes)}
        if relevance is not None:
            query["relevance_interval"] = relevance
        told = (await self.get("/v3/telemetry/latest", token=token, **query))["telemetry"][device_id]
        assert isinstance(told, dict)
        return told

    async def query(self, body: Any, token: str = TOKEN) -> tuple[aiohttp.ClientResponse, str]:
        """Ask for history."""
        return await self.ask("POST", "/v3/telemetry/query_timeseries", token=token, json=body)

    async def table(self, body: Any) -> Table:
        """Return a table of history."""
        response, text = await self.query(body)
        assert response.status == 200, text
        assert response.headers["Content-Type"] == "text/csv"
        types = ",".join(response.headers.getall(TYPES_HEADER)).split(",")
        (first, *labels), *rows = csv.reader(io.StringIO(text))
        assert first == "ts"
        return Table(types, [dict(part.split("=") for part in label.split(" ")) for label in labels], rows)


@asynccontextmanager
async def enapter(clock: SimClock, *, gateway: bool = False, **switches: Any) -> AsyncGenerator[Client]:
    """Serve a simulator of the switched variant, and yield its client."""
    async with served(EnapterSimulator(clock=clock, gateway=gateway, switches=EnapterSwitches(**switches))) as client:
        yield client


@asynccontextmanager
async def served(simulator: EnapterSimulator) -> AsyncGenerator[Client]:
    """Serve a simulator, and yield its client."""
    async with running(simulator) as server, aiohttp.ClientSession() as session:
        yield Client(simulator, session, server.url)


def code(text: str) -> str:
    """Return the code of a refusal."""
    (error,) = json.loads(text)["errors"]
    return str(error["code"])


def history(
    device: str,
    attributes: str | Iterable[str],
    start: datetime,
    end: datetime,
    granularity: str = "3600s",
    **selector: Any,
) -> dict[str, Any]:
    """Return the body of a request for history, as the vendor's client writes it."""
    names = attributes if isinstance(attributes, str) else list(attributes)
    return {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "granularity": granularity,
        "telemetry": [{"device": device, "attribute": names, **selector}],
    }
