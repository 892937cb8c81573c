"""The Eniris simulator as a service: its two hosts, unknown paths, faults in front of it."""

from contextlib import AsyncExitStack

import aiohttp
import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import GRID_METER, EnirisSimulator
from tests.simulators.faults import HtmlPage, LostAnswer, Status
from tests.simulators.server import running

from .eniris_client import DEVICES, TELEMETRY, Client, eniris, error, query
from .test_eniris_telemetry import ago


async def test_each_host_has_only_its_own_endpoints(clock: SimClock) -> None:
    simulator = EnirisSimulator(clock=clock)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        hosts = [simulator.authentication, simulator.api]
        servers = [await stack.enter_async_context(running(host)) for host in hosts]
        authentication, api = (Client(simulator, session, server.url) for server in servers)
        access = await authentication.access()
        assert await api.works(access)
        assert not await authentication.works(access)
        assert (await api.post_login())[0] == 404
        assert (await api.told("GET", "/user/2fa", token=access))[0] == 404
        asked = [(one.path, one.headers["host"].rpartition(":")[2]) for one in simulator.requests if one.status == 200]
        ports = [str(server.port) for server in servers]
        assert asked == [("/auth/login", ports[0]), ("/auth/accesstoken", ports[0]), ("/v1/company", ports[1])]


async def test_unknown_paths(clock: SimClock) -> None:
    async with eniris(clock) as client:
        expected = error(404, "Not Found", "Route GET:/v2/device not found")
        assert await client.told("GET", "/v2/device") == expected
        assert (await client.told("GET", TELEMETRY))[0] == 405


async def test_bodies_of_the_api_are_json(clock: SimClock) -> None:
    async with eniris(clock) as client:
        token, headers = await client.access(), {"Content-Type": "application/json"}
        for path in (DEVICES, TELEMETRY):
            assert (await client.told("POST", path, token=token, data="[", headers=headers))[0] == 400
            assert (await client.told("POST", path, token=token, data="{}"))[0] == 415


async def test_faults_come_first(clock: SimClock) -> None:
    async with eniris(clock) as client:
        await client.access()
        client.simulator.faults.add(HtmlPage(), "/v1/", times=1)
        status, page = await client.post(DEVICES, {})
        assert (status, page.startswith("<html>")) == (502, True)
        client.simulator.faults.add(Status(503, headers={"Retry-After": "5"}), "/auth/login", times=1)
        assert (await client.post_login())[0] == 503
        assert (await client.post_login())[0] == 200


async def test_a_lost_renewal_has_happened(clock: SimClock) -> None:
    async with eniris(clock, renewal_revokes=True) as client:
        refresh = await client.login()
        # On a connection that was kept alive aiohttp repeats a lost GET once: both answers have to be lost.
        client.simulator.faults.add(LostAnswer(), "/auth/refreshtoken")
        with pytest.raises(aiohttp.ClientError):
            await client.told("GET", "/auth/refreshtoken", token=refresh)
        client.simulator.faults.clear()
        assert (await client.get_access(refresh))[0] == 401
        assert client.simulator.renewals == 1


async def test_two_services_of_one_world_agree(clock: SimClock) -> None:
    answers = []
    for _ in range(2):
        async with eniris(clock) as client:
            answers.append(await client.rows(query(client.simulator, GRID_METER, start=ago(clock, minutes=5))))
    assert answers[0] == answers[1] != []
