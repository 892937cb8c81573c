"""Enapter's gateway: its base path, its one site, and its self-signed certificate."""

import asyncio
import ssl

import aiohttp
import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enapter import (
    BATTERY,
    HOME,
    OFFICE,
    TOKEN,
    TOKEN_HEADER,
    EnapterSimulator,
    EnapterSwitches,
    TlsServer,
    running_tls,
    trusting,
)

from .enapter_client import enapter, history, served

HEADERS = {TOKEN_HEADER: TOKEN}


async def test_paths_begin_with_api(clock: SimClock) -> None:
    async with enapter(clock, gateway=True) as client:
        assert client.simulator.base == "/api"
        assert client.url.endswith("/api")
        assert (await client.get("/v3/devices"))["total_count"] == 12
        async with client.session.get(client.url.removesuffix("/api") + "/v3/devices", headers=HEADERS) as response:
            assert response.status == 404


async def test_a_gateway_has_one_site_with_the_clouds_ids(clock: SimClock) -> None:
    async with enapter(clock, gateway=True) as gateway, enapter(clock) as cloud:
        site = (await gateway.get("/v3/site"))["site"]
        assert site == (await cloud.get(f"/v3/sites/{HOME}"))["site"]
        assert (await gateway.get("/v3/sites")) == {"sites": [site], "total_count": 1}
        devices = (await gateway.get("/v3/devices"))["devices"]
        assert devices == (await cloud.get(f"/v3/sites/{HOME}/devices"))["devices"]
        assert await gateway.latest(BATTERY, "battery_soc") == await cloud.latest(BATTERY, "battery_soc")
        assert await gateway.refused(f"/v3/sites/{OFFICE}") == (404, "SITE_NOT_FOUND")
        assert await gateway.refused("/v3/users/me/sites") == (404, "not_found")
        assert await gateway.refused("/v3/site", token=None) == (401, "unauthorized")


async def test_a_gateway_may_have_many_devices(clock: SimClock) -> None:
    async with served(EnapterSimulator.campus(60, clock=clock, gateway=True)) as client:
        body = await client.get(f"/v3/sites/{HOME}/devices")
        assert (len(body["devices"]), body["total_count"]) == (50, 60)


async def test_a_gateway_has_history(clock: SimClock) -> None:
    async with enapter(clock, gateway=True) as client:
        body = history(BATTERY, "battery_soc", clock().replace(hour=10), clock())
        assert len((await client.table(body)).rows) == 2


@pytest.mark.parametrize(("having", "site", "sites"), [("site", 200, 404), ("list", 404, 200), ("none", 404, 404)])
async def test_what_a_gateway_says_of_its_site(clock: SimClock, having: str, site: int, sites: int) -> None:
    async with enapter(clock, gateway=True, gateway_sites=having) as client:
        assert (await client.ask("GET", "/v3/site"))[0].status == site
        assert (await client.ask("GET", "/v3/sites"))[0].status == sites
        assert {device["site_id"] for device in (await client.get("/v3/devices"))["devices"]} == {HOME}


async def test_https_with_a_self_signed_certificate(clock: SimClock) -> None:
    simulator = EnapterSimulator(clock=clock, gateway=True, switches=EnapterSwitches(requires_allow_http=True))
    async with running_tls(simulator) as server, aiohttp.ClientSession(headers=HEADERS) as session:
        assert server.url.startswith("https://127.0.0.1:")
        url = f"{server.url}/api/v3/site"
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(url)
        verifies: list[bool | ssl.SSLContext] = [False, trusting()]
        for verify in verifies:
            async with session.get(url, ssl=verify) as response:
                assert response.status == 200, "over https no header has to allow http"
        with pytest.raises(aiohttp.ClientError):
            await session.get(url.replace("https", "http"))


async def test_an_https_server_keeps_its_port(clock: SimClock) -> None:
    server = TlsServer(EnapterSimulator(clock=clock, gateway=True))
    await server.start()
    url, before = server.url, asyncio.all_tasks()
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        for _ in range(2):
            async with session.get(f"{url}/api/v3/site", ssl=False) as response:
                assert response.status == 200
            await server.stop()
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(f"{url}/api/v3/site", ssl=False)
            await server.start()
            assert server.url == url
    await server.stop()
    assert asyncio.all_tasks() <= before
