"""The server: it keeps its port, refuses connections while unplugged, and closes at once."""

import asyncio
import time

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enpact import EnpactSimulator
from tests.simulators.faults import Drip, Slow
from tests.simulators.pause import pause
from tests.simulators.server import Server, running


@pytest.fixture
def simulator(clock: SimClock) -> EnpactSimulator:
    return EnpactSimulator(clock=clock)


async def status(session: aiohttp.ClientSession, server: Server) -> int:
    async with session.get(f"{server.url}/api/v1/health") as response:
        await response.read()
        return response.status


async def test_unplugging_refuses_connections_and_plugging_in_brings_the_same_address_back(
    simulator: EnpactSimulator,
) -> None:
    async with running(simulator) as server, aiohttp.ClientSession() as session:
        url = server.url
        assert await status(session, server) == 200
        for _ in range(3):
            await server.stop()
            with pytest.raises(aiohttp.ClientConnectorError):
                await status(session, server)
            await server.start()
            assert server.url == url
            assert await status(session, server) == 200


async def test_a_given_port_is_used(simulator: EnpactSimulator, unused_tcp_port: int) -> None:
    async with running(simulator, port=unused_tcp_port) as server:
        assert server.url == f"http://127.0.0.1:{unused_tcp_port}"


@pytest.fixture(params=["time goes on", "time is frozen"])
def _time(request: pytest.FixtureRequest) -> None:
    if request.param == "time is frozen":
        request.getfixturevalue("freezer")


@pytest.mark.usefixtures("_time")
@pytest.mark.parametrize("fault", [Slow(60), Drip(pause=60)])
async def test_stopping_does_not_wait_for_running_handlers_or_kept_connections(
    simulator: EnpactSimulator, fault: Slow | Drip
) -> None:
    before = asyncio.all_tasks()
    async with running(simulator) as server, aiohttp.ClientSession() as session:
        assert await status(session, server) == 200
        simulator.faults.add(fault)
        waiting = [asyncio.create_task(status(session, server)) for _ in range(5)]
        await pause(0.05)
        begin = time.clock_gettime(time.CLOCK_MONOTONIC)
        await server.stop()
        assert time.clock_gettime(time.CLOCK_MONOTONIC) - begin < 1
        for result in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(result, aiohttp.ClientError)
        assert asyncio.all_tasks() == before
    assert [record.status for record in simulator.requests] == [200] + 5 * [None]


async def test_stopping_twice_is_harmless(simulator: EnpactSimulator) -> None:
    async with running(simulator) as server:
        await server.stop()
        await server.stop()


@pytest.mark.usefixtures("_time")
async def test_slow_answers_come_in_real_time(simulator: EnpactSimulator) -> None:
    async with running(simulator) as server, aiohttp.ClientSession() as session:
        simulator.faults.add(Slow(0.05), times=1)
        simulator.faults.add(Drip(pause=0.001), times=1)
        begin = time.clock_gettime(time.CLOCK_MONOTONIC)
        assert await status(session, server) == 200
        assert time.clock_gettime(time.CLOCK_MONOTONIC) - begin >= 0.05
        assert await status(session, server) == 200


@pytest.mark.usefixtures("_time")
async def test_home_assistant_can_be_the_client(simulator: EnpactSimulator, hass: HomeAssistant) -> None:
    async with running(simulator) as server:
        session = async_get_clientsession(hass)
        assert await status(session, server) == 200
        simulator.faults.add(Slow(60))
        waiting = hass.async_create_task(status(session, server))
        await pause(0.02)
        await server.stop()
        with pytest.raises(aiohttp.ClientError):
            await waiting
