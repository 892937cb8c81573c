"""A vendor against its simulator over real HTTP, both on one clock that the test moves."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import aiohttp

from custom_components.energy_clouds.vendors.base import Connection, Credentials, Vendor
from custom_components.energy_clouds.vendors.budget import Budget
from custom_components.energy_clouds.vendors.model import DeviceKind, Inventory, PointId, Readings, Sample, Value
from custom_components.energy_clouds.vendors.tokens import Vault
from tests.simulators.clock import SimClock
from tests.simulators.server import Server
from tests.simulators.simulator import Simulator

START = datetime(2026, 11, 17, 10, 0, 30, tzinfo=UTC)
"""A Tuesday morning on which an office building is busy."""


@dataclass(slots=True)
class Bench[S: Simulator, V: Vendor]:
    """A simulator, and a vendor that talks to it."""

    simulator: S
    server: Server
    clock: SimClock
    connection: Connection
    vendor: V
    inventory: Inventory = field(default_factory=Inventory)

    @property
    def budget(self) -> Budget:
        return self.connection.budget

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

    def restarted(self, inventory: Inventory | None = None, **changed: Any) -> V:
        """The vendor as it is made after a restart, with the inventory that was kept."""
        self.connection = replace(self.connection, **changed)
        self.vendor = type(self.vendor)(self.connection, self.inventory if inventory is None else inventory)
        return self.vendor

    def asked(self, part: str = "") -> list[str]:
        """The requests whose path has that part, in order."""
        return [f"{one.method} {one.path}" for one in self.simulator.requests if part in one.path]


async def make_bench[S: Simulator, V: Vendor](
    stack: AsyncExitStack,
    vendor: type[V],
    make_simulator: Callable[[SimClock], S],
    credentials: Callable[[str], Credentials],
    *,
    start: datetime = START,
    options: Mapping[str, object] | None = None,
    timezone: tzinfo = UTC,
    clock_error: timedelta = timedelta(0),
) -> Bench[S, V]:
    """Plug a simulator in, and make a vendor for its address."""
    clock = SimClock(start)
    simulator = make_simulator(clock)
    server = Server(simulator)
    await server.start()
    stack.push_async_callback(server.stop)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    entered = credentials(server.url)

    async def sleep(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    def budget(login: bool) -> Budget:
        limit = vendor.login_limit if login else vendor.limit(entered)
        return Budget(limit, now=clock, monotonic=lambda: clock().timestamp(), sleep=sleep)

    connection = Connection(
        credentials=entered,
        session=session,
        budget=budget(login=False),
        login_budget=budget(login=True),
        vault=Vault(),
        user_agent="EnergyClouds/0 tests",
        options=options or {},
        timezone=timezone,
        now=lambda: clock() + clock_error,
    )
    return Bench(simulator, server, clock, connection, vendor(connection, Inventory()))


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
