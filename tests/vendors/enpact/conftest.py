"""An Enpact vendor against its simulator."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.enpact import Enpact
from tests.simulators.clock import SimClock
from tests.simulators.enpact import PRODUCTION_KEY, EnpactSimulator
from tests.simulators.journal import Recorded
from tests.vendors.bench import START, Bench as AnyBench, device_of, make_bench as make_any_bench, sample_of, value_of

__all__ = ["START", "Bench", "MakeBench", "device_of", "sample_of", "value_of"]


@dataclass(slots=True)
class Bench(AnyBench[EnpactSimulator, Enpact]):
    """An Enpact simulator, and a vendor that talks to it."""

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

        async def make(
            make_simulator: Callable[[SimClock], EnpactSimulator] = lambda clock: EnpactSimulator(clock=clock),
            *,
            key: str = PRODUCTION_KEY,
            environment: str = "production",
            clock_error: timedelta = timedelta(0),
        ) -> Bench:
            made = await make_any_bench(
                stack,
                Enpact,
                make_simulator,
                lambda url: {"api_key": key, "environment": environment, "url": url},
                clock_error=clock_error,
            )
            return Bench(made.simulator, made.server, made.clock, made.connection, made.vendor)

        yield make


@pytest.fixture
async def bench(make_bench: MakeBench) -> Bench:
    """A vendor whose account is the office building."""
    made: Bench = await make_bench()
    return made
