"""An Enapter vendor against its simulator."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.enapter import Enapter
from tests.simulators.clock import SimClock
from tests.simulators.enapter import TOKEN, EnapterSimulator, EnapterSwitches
from tests.vendors.bench import START, Bench as AnyBench, make_bench as make_any_bench, sample_of, value_of

__all__ = ["START", "Bench", "MakeBench", "sample_of", "value_of"]

type Bench = AnyBench[EnapterSimulator, Enapter]
type MakeBench = Callable[..., Any]


@pytest.fixture
async def make_bench() -> AsyncIterator[MakeBench]:
    """Make benches; each has its own simulator with these switches, as a cloud or as a gateway."""
    async with AsyncExitStack() as stack:

        async def make(
            *,
            token: str = TOKEN,
            gateway: bool = False,
            address: Callable[[str], str] | None = None,
            devices: int | None = None,
            start: datetime = START,
            clock_error: timedelta = timedelta(0),
            **switches: Any,
        ) -> Bench:
            def make_simulator(clock: SimClock) -> EnapterSimulator:
                options: dict[str, Any] = {"clock": clock, "switches": EnapterSwitches(**switches), "gateway": gateway}
                return EnapterSimulator(**options) if devices is None else EnapterSimulator.campus(devices, **options)

            def credentials(url: str) -> dict[str, str | bool]:
                typed = address(url) if address is not None else url if gateway else f"{url}/v3"
                return {"url": typed, "token": token, "verify_ssl": True}

            return await make_any_bench(
                stack, Enapter, make_simulator, credentials, start=start, clock_error=clock_error
            )

        yield make


@pytest.fixture
async def bench(make_bench: MakeBench) -> Bench:
    """A vendor whose account is the home and the office in the cloud."""
    made: Bench = await make_bench()
    return made


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: hundreds of requests would each be noted with the stack from which they came."""
