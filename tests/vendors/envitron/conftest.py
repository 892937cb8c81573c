"""An Envitron vendor against its simulator."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.envitron import Envitron
from tests.simulators.clock import SimClock
from tests.simulators.envitron import PASSWORD, USERNAME, EnvitronSimulator, EnvitronSwitches
from tests.vendors.bench import START, Bench as AnyBench, make_bench as make_any_bench, sample_of, value_of

__all__ = ["START", "Bench", "MakeBench", "sample_of", "sensor_named", "value_of"]

type Bench = AnyBench[EnvitronSimulator, Envitron]
type MakeBench = Callable[..., Any]


@pytest.fixture
async def make_bench() -> AsyncIterator[MakeBench]:
    """Make benches; each has its own simulator with these switches."""
    async with AsyncExitStack() as stack:

        async def make(
            *,
            username: str = USERNAME,
            password: str = PASSWORD,
            address: Callable[[str], str] = str,
            options: Mapping[str, object] | None = None,
            clock_error: timedelta = timedelta(0),
            **switches: Any,
        ) -> Bench:
            def make_simulator(clock: SimClock) -> EnvitronSimulator:
                return EnvitronSimulator(clock=clock, switches=EnvitronSwitches(**switches))

            return await make_any_bench(
                stack,
                Envitron,
                make_simulator,
                lambda url: {"url": address(url), "username": username, "password": password},
                options=options,
                clock_error=clock_error,
            )

        yield make


@pytest.fixture
async def bench(make_bench: MakeBench) -> Bench:
    """A vendor whose account has the office and the warehouse."""
    made: Bench = await make_bench()
    return made


def sensor_named(bench: Bench, name: str) -> str:
    """The uuid of a sensor."""
    return next(uuid for uuid, sensor in bench.simulator.sensors.items() if sensor.name == name)
