"""An Enectiva vendor against its simulator."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.energy_clouds.vendors.enectiva import Enectiva
from tests.simulators.clock import SimClock
from tests.simulators.enectiva import LOGIN_TOKEN, EnectivaSimulator, EnectivaSwitches
from tests.vendors.bench import START, Bench as AnyBench, make_bench as make_any_bench, sample_of, value_of

__all__ = ["LONDON", "START", "Bench", "MakeBench", "sample_of", "value_of"]

LONDON = ZoneInfo("Europe/London")

type Bench = AnyBench[EnectivaSimulator, Enectiva]
type MakeBench = Callable[..., Any]


@pytest.fixture
async def make_bench() -> AsyncIterator[MakeBench]:
    """Make benches; each has its own simulator with these switches."""
    async with AsyncExitStack() as stack:

        async def make(
            *,
            token: str = LOGIN_TOKEN,
            address: Callable[[str], str] = str,
            timezone: tzinfo = LONDON,
            meters: int | None = None,
            start: datetime = START,
            options: Mapping[str, object] | None = None,
            clock_error: timedelta = timedelta(0),
            **switches: Any,
        ) -> Bench:
            def make_simulator(clock: SimClock) -> EnectivaSimulator:
                if meters is not None:
                    return EnectivaSimulator.campus(meters, clock=clock, switches=EnectivaSwitches(**switches))
                return EnectivaSimulator(clock=clock, switches=EnectivaSwitches(**switches))

            return await make_any_bench(
                stack,
                Enectiva,
                make_simulator,
                lambda url: {"token": token, "url": address(url)},
                start=start,
                options=options,
                timezone=timezone,
                clock_error=clock_error,
            )

        yield make


@pytest.fixture
async def bench(make_bench: MakeBench) -> Bench:
    """A vendor whose account is the office building."""
    made: Bench = await make_bench()
    return made


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: thousands of requests would each be noted with the stack from which they came."""
