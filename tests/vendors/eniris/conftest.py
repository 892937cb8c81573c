"""An Eniris vendor against its simulator."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.eniris import Eniris
from custom_components.energy_clouds.vendors.model import Device, Inventory, Point, Readings
from custom_components.energy_clouds.vendors.tokens import Grant, Vault
from tests.simulators.clock import SimClock
from tests.simulators.eniris import PASSWORD, USERNAME, CostModel, EnirisSimulator, EnirisSwitches, Tier
from tests.vendors.bench import START, Bench as AnyBench, make_bench as make_any_bench, sample_of, value_of

__all__ = ["START", "sample_of", "value_of"]

DEVICES = "/v1/device/query"
TELEMETRY = "/v1/telemetry/query"
FORGOTTEN = ("password", "code")

type Bench = AnyBench[EnirisSimulator, Eniris]
type MakeBench = Callable[..., Any]


@pytest.fixture
async def make_bench() -> AsyncIterator[MakeBench]:
    """Make benches; each has its own simulator with these switches."""
    async with AsyncExitStack() as stack:

        async def make(
            *,
            username: str = USERNAME,
            password: str = PASSWORD,
            code: str | None = None,
            meters: int | None = None,
            tier: Tier | None = "basic",
            cost: CostModel | None = None,
            start: datetime = START,
            clock_error: timedelta = timedelta(0),
            **switches: Any,
        ) -> Bench:
            def make_simulator(clock: SimClock) -> EnirisSimulator:
                options: Mapping[str, Any] = {
                    "clock": clock,
                    "switches": EnirisSwitches(**switches),
                    "tier": tier,
                    "cost": cost,
                }
                return EnirisSimulator(**options) if meters is None else EnirisSimulator.campus(meters, **options)

            typed = {"username": username, "password": password} | ({} if code is None else {"code": code})
            return await make_any_bench(
                stack,
                Eniris,
                make_simulator,
                lambda url: {**typed, "url": url, "auth_url": url},
                start=start,
                clock_error=clock_error,
            )

        yield make


@pytest.fixture
async def bench(make_bench: MakeBench) -> Bench:
    """A vendor whose account is the family home and the office; it was added, and its password forgotten."""
    return await added(await make_bench())


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: thousands of requests would each be noted with the stack from which they came."""


async def added(bench: Bench) -> Bench:
    """Sign in, and begin anew with what is kept of the account: the password is not."""
    await bench.vendor.login()
    remembered = {key: value for key, value in bench.connection.credentials.items() if key not in FORGOTTEN}
    bench.restarted(credentials=remembered)
    bench.simulator.requests.clear()
    return bench


def kept(bench: Bench) -> Vault:
    """The vault as it is after a restart."""
    grant = bench.connection.vault.grant
    return Vault(None if grant is None else grant.to_keep())


def grant_of(bench: Bench) -> Grant:
    """What the vault holds."""
    grant = bench.connection.vault.grant
    assert grant is not None
    return grant


def telemetry(bench: Bench) -> list[list[dict[str, Any]]]:
    """The queries of each telemetry request, in order."""
    return [one.body for one in bench.simulator.requests if one.path == TELEMETRY]


def point_named(bench: Bench, device_id: str, key: str) -> Point:
    """A point that is known."""
    return next(point for point in bench.inventory.points if (point.id.device_id, point.id.key) == (device_id, key))


def keys_of(bench: Bench, device_id: str) -> set[str]:
    """The keys of a device's known points."""
    return {point.id.key for point in bench.inventory.points if point.id.device_id == device_id}


def spent_on(bench: Bench) -> float:
    """What is in the user's bucket now; it does not leak while the clock stands."""
    return sum(bucket.used for bucket in bench.simulator.limiter.buckets.values())


def meter(number: int) -> str:
    """The id of a meter of the campus."""
    return f"GWEXAMPLE0000003-Eastron-{number:04}"


async def started(make_bench: MakeBench, meters: int | None = 1, **options: Any) -> Bench:
    """An account with so many meters, read once."""
    bench = await added(await make_bench(meters=meters, **options))
    await bench.discover()
    await bench.read()
    bench.simulator.requests.clear()
    return bench


def devices_in(readings: Readings) -> set[str]:
    """The devices of which there are samples."""
    return {point_id.device_id for point_id in readings.samples}


def statuses(bench: Bench) -> list[int | None]:
    """How each telemetry request was answered, in order."""
    return [one.status for one in bench.simulator.requests if one.path == TELEMETRY]


def devices_of(inventory: Inventory) -> dict[str, Device]:
    """The devices by their ids; parents stand before their children."""
    found = {device.id: device for device in inventory.devices}
    assert len(found) == len(inventory.devices)
    places = list(found)
    for device in inventory.devices:
        assert device.parent_id is None or places.index(device.parent_id) < places.index(device.id)
        assert device.site_id is None or device.site_id in {site.id for site in inventory.sites}
    return found
