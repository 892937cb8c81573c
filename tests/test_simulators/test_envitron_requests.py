"""Requests to Envitron's data endpoints: paths, rights, methods and the hourly limit."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.envitron import OFFICE, PASSWORD, USER_ID, USERNAME, WAREHOUSE, User
from tests.simulators.faults import HtmlPage

from .envitron_client import OTHER, OTHER_PASSWORD, envitron

OF_A_BUILDING = (
    "sensors",
    "electricity/actual",
    "electricity/latest",
    "electricity/sensors/actual",
    "electricity/sensors/latest",
)
PATHS = ("/example", "/buildings", *(f"/buildings/{OFFICE}/{path}" for path in OF_A_BUILDING))
UNKNOWN = "00000000-0000-4000-8000-000000000000"
NOT_FOUND = (404, {"detail": "Not found."})


async def test_the_documented_example(clock: SimClock) -> None:
    async with envitron(clock) as client:
        assert await client.get("/example/") == {"example": "Hello, World!"}


@pytest.mark.parametrize("path", PATHS)
async def test_every_path_ends_with_a_slash(clock: SimClock, path: str) -> None:
    async with envitron(clock) as client:
        assert (await client.read(f"{path}/"))[0] == 200
        for token in (None, await client.access()):
            response, text = await client.ask("GET", f"{path}?a=b%20c&d", token=token)
            assert (response.status, text) == (301, "")
            assert response.headers["Location"] == f"/public-api{path}/?a=b%20c&d"
        response, text = await client.ask("GET", path, token=await client.access(), allow_redirects=True)
        assert (response.status, len(response.history)) == (200, 1)


@pytest.mark.parametrize("path", ["/token", "/token/refresh", *PATHS])
async def test_posts_without_the_slash_fail(clock: SimClock, path: str) -> None:
    async with envitron(clock) as client:
        response, text = await client.ask("POST", path, json={"username": USERNAME, "password": PASSWORD})
        assert (response.status, response.content_type) == (500, "text/html")
        assert "<h1>Server Error (500)</h1>" in text
    async with envitron(clock, slashless_post="redirect") as client:
        response, _ = await client.ask("POST", path, json={"username": USERNAME, "password": PASSWORD})
        assert (response.status, response.headers["Location"]) == (301, f"/public-api{path}/")


async def test_a_followed_redirect_loses_the_login(clock: SimClock) -> None:
    async with envitron(clock, slashless_post="redirect") as client:
        body = {"username": USERNAME, "password": PASSWORD}
        response, text = await client.ask("POST", "/token", json=body, allow_redirects=True)
        assert (response.status, text) == (405, '{"detail":"Method \\"GET\\" not allowed."}')


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/sensorhubs/", f"/buildings/{OFFICE}/", "/../", "/../web-api/buildings/"])
async def test_unknown_paths_are_pages(clock: SimClock, method: str, path: str) -> None:
    async with envitron(clock) as client:
        response, text = await client.ask(method, path, token=await client.access())
        assert (response.status, response.content_type) == (404, "text/html")
        assert "<h1>Not Found</h1><p>The requested resource was not found on this server.</p>" in text


@pytest.mark.parametrize("path", OF_A_BUILDING)
async def test_users_see_their_own_buildings(clock: SimClock, path: str) -> None:
    users = {
        USERNAME: User(PASSWORD, USER_ID, (OFFICE,)),
        OTHER: User(OTHER_PASSWORD, 42, (WAREHOUSE,)),
    }
    async with envitron(clock, users=users) as client:
        other = (await client.login(OTHER, OTHER_PASSWORD))["access"]
        for token, own, foreign in ((await client.access(), OFFICE, WAREHOUSE), (other, WAREHOUSE, OFFICE)):
            assert (await client.ask("GET", f"/buildings/{own}/{path}/", token=token))[0].status == 200
            assert (await client.ask("GET", f"/buildings/{own.upper()}/{path}/", token=token))[0].status == 200
            for unseen in (foreign, UNKNOWN, "12"):
                assert await client.refused("GET", f"/buildings/{unseen}/{path}/", token=token) == NOT_FOUND
        assert [row["uuid"] for row in await client.get("/buildings/")] == [OFFICE]


async def test_a_removed_building_is_gone(clock: SimClock) -> None:
    async with envitron(clock) as client:
        client.simulator.remove_building(WAREHOUSE)
        assert [row["uuid"] for row in await client.get("/buildings/")] == [OFFICE]
        for path in OF_A_BUILDING:
            assert await client.read(f"/buildings/{WAREHOUSE}/{path}/") == NOT_FOUND
        client.simulator.remove_building(OFFICE)
        assert await client.get("/buildings/") == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_data_are_only_read(clock: SimClock, path: str, method: str) -> None:
    async with envitron(clock) as client:
        token = await client.access()
        expected = (405, {"detail": f'Method "{method}" not allowed.'})
        assert await client.refused(method, f"{path}/", token=token) == expected
        response, _ = await client.ask(method, f"{path}/", token=token)
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert (await client.ask(method, f"{path}/"))[0].status == 401, "who asks is looked at first"


@pytest.mark.parametrize("path", ["/token/", "/token/refresh/"])
async def test_tokens_are_only_posted_for(clock: SimClock, path: str) -> None:
    async with envitron(clock) as client:
        assert await client.refused("GET", path) == (405, {"detail": 'Method "GET" not allowed.'})


THROTTLED = {"detail": "Request was throttled. Expected available in 2700 seconds."}


@pytest.mark.parametrize(("buildings", "limit"), [((OFFICE,), 500), ((OFFICE, WAREHOUSE), 1000)])
@pytest.mark.parametrize("header", [False, True])
async def test_500_requests_an_hour_for_each_building_are_pooled(
    *, clock: SimClock, buildings: tuple[str, ...], limit: int, header: bool
) -> None:
    users = {
        USERNAME: User(PASSWORD, USER_ID, buildings),
        OTHER: User(OTHER_PASSWORD, 42, (WAREHOUSE,)),
    }
    async with envitron(clock, users=users, retry_after_header=header) as client:
        clock.advance(timedelta(minutes=15))
        pair = await client.login()
        paths = ["/example/", "/buildings/", f"/buildings/{OFFICE}/sensors/", f"/buildings/{UNKNOWN}/sensors/"]
        for number in range(limit):
            response, _ = await client.ask("GET", paths[number % len(paths)], token=pair["access"])
            assert response.status in {200, 404}
        response, _ = await client.ask("GET", "/buildings/", token=pair["access"])
        assert response.headers.get("Retry-After") == ("2700" if header else None)
        assert await client.refused("GET", "/example/", token=pair["access"]) == (429, THROTTLED)
        other = await client.login(OTHER, OTHER_PASSWORD)
        assert await client.works(other["access"])
        pair = await client.refresh(pair["refresh"])
        assert not await client.works(pair["access"])
        clock.advance(timedelta(minutes=45))
        assert await client.works((await client.refresh(pair["refresh"]))["access"])


async def test_the_limit_falls_with_the_number_of_buildings(clock: SimClock) -> None:
    async with envitron(clock) as client:
        for _ in range(501):
            await client.get("/example/")
        client.simulator.remove_building(WAREHOUSE)
        assert (await client.read("/example/"))[0] == 429


async def test_refused_tokens_count_for_nobody(clock: SimClock) -> None:
    async with envitron(clock, users={USERNAME: User(PASSWORD, USER_ID, (OFFICE,))}) as client:
        for _ in range(501):
            assert (await client.ask("GET", "/example/"))[0].status == 401
        assert await client.get("/example/") == {"example": "Hello, World!"}


async def test_a_proxy_page_instead_of_an_answer(clock: SimClock) -> None:
    async with envitron(clock) as client:
        access: Any = await client.access()
        client.simulator.faults.add(HtmlPage(502), "/public-api/buildings/", times=1)
        response, text = await client.ask("GET", "/buildings/", token=access)
        assert (response.status, response.content_type) == (502, "text/html")
        assert "502 Bad Gateway" in text
        assert await client.works(access)
