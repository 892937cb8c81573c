"""An Enpact vendor against its simulator, both on one clock that the test moves."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from custom_components.energy_clouds.vendors.base import Connection
from custom_components.energy_clouds.vendors.budget import Budget
from custom_components.energy_clouds.vendors.enpact import Enpact
from custom_components.energy_clouds.vendors.model import DeviceKind, Inventory, PointId, Readings, Sample, Value
from tests.simulators.clock import SimClock
from tests.simulators.enpact import PRODUCTION_KEY, EnpactSimulator
from tests.simulators.journal import Recorded
from tests.simulators.server import Server

START = datetime(2026, 11, 17, 10, 0, 30, tzinfo=UTC)


@dataclass(slots=True)
class Bench:
    """A simulator, and a vendor that talks to it."""

    simulator: EnpactSimulator
    server: Server
    clock: SimClock
    budget: Budget
    vendor: Enpact
    connection: Connection
    inventory: Inventory = field(default_factory=Inventory)

    async def discover(self) -> Inventory:
        self.inventory = await self.vendor.discover()
        return self.inventory

    async def read(self) -> Readings:
        readings = await self.vendor.read(self.inventory.points)
        self.inventory = readings.inventory or self.inventory
        return readings

    async def poll(self, minutes: float = 1) -> Readings:
        """Let time pass, then read."""
        self.clock.advance(timedelta(minutes=minutes))
        return await self.read()

    def restarted(self, inventory: Inventory) -> Enpact:
        """The vendor as it is made after a restart."""
        return Enpact(self.connection, inventory)

    def posts(self, path: str = "", aggregation: str = "none") -> list[Recorded]:
        return [
            request
            for request in self.simulator.requests
            if request.method == "POST" and path in request.path and request.body["aggregation"] == aggregation
        ]


type MakeBench = Callable[..., Any]


@pytest.fixture
async def make_bench() -> AsyncIterator[MakeBench]:
    """Make benches; each has its own simulator, made by the test with the clock it is given."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def make(
            make_simulator: Callable[[SimClock], EnpactSimulator] = lambda clock: EnpactSimulator(clock=clock),
            *,
            key: str = PRODUCTION_KEY,
            environment: str = "production",
            clock_error: timedelta = timedelta(0),
        ) -> Bench:
            clock = SimClock(START)
            simulator = make_simulator(clock)
            server = Server(simulator)
            await server.start()
            stack.push_async_callback(server.stop)
            credentials = {"api_key": key, "environment": environment, "url": server.url}

            async def sleep(seconds: float) -> None:
                clock.advance(timedelta(seconds=seconds))

            budget = Budget(Enpact.limit(credentials), now=clock, monotonic=lambda: clock().timestamp(), sleep=sleep)
            connection = Connection(
                credentials=credentials,
                session=session,
                budget=budget,
                user_agent="EnergyClouds/0 tests",
                now=lambda: clock() + clock_error,
            )
            return Bench(simulator, server, clock, budget, Enpact(connection, Inventory()), connection)

        yield make


@pytest.fixture
async def bench(make_bench: MakeBench) -> Bench:
    """A vendor whose account is the office building."""
    made: Bench = await make_bench()
    return made


def value_of(readings: Readings, device_id: str, key: str) -> Value | None:
    """The value of a point in a poll's readings."""
    sample = sample_of(readings, device_id, key)
    return sample.value if sample is not None else None


def sample_of(readings: Readings, device_id: str, key: str) -> Sample | None:
    """The sample of a point in a poll's readings."""
    return readings.samples.get(PointId(device_id=device_id, key=key))


def device_of(inventory: Inventory, kind: DeviceKind) -> list[str]:
    """The ids of all devices of a kind."""
    return [device.id for device in inventory.devices if device.kind is kind]
