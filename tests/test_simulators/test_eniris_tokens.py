"""Eniris's tokens: how long they live, what renews them, what ends them (eniris.md A2.2 to A2.4)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import USER_ID

from .eniris_client import claims, eniris, error, unauthorized

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
INVALID = unauthorized("INVALID_TOKEN")


async def test_access_tokens_are_jwts_of_five_minutes(clock: SimClock) -> None:
    async with eniris(clock) as client:
        response, token = await client.ask("GET", "/auth/accesstoken", token=await client.login())
        assert (response.status, response.content_type) == (200, "text/plain")
        now = int(clock().timestamp())
        assert claims(token) == {"iat": now, "exp": now + 300}
        clock.advance(299 * SECOND)
        assert await client.works(token)
        clock.advance(SECOND)
        assert not await client.works(token)


async def test_access_tokens_may_tell_the_user_or_nothing(clock: SimClock) -> None:
    async with eniris(clock, access_user=True, access_seconds=600) as client:
        told = claims((await client.get_access(await client.login()))[1])
        assert (told["userId"], told["exp"] - told["iat"]) == (USER_ID, 600)
    async with eniris(clock, access_opaque=True) as client:
        _, token = await client.get_access(await client.login())
        assert "." not in token
        assert await client.works(token)


async def test_refresh_tokens_live_for_fourteen_days(clock: SimClock) -> None:
    async with eniris(clock) as client:
        refresh = await client.login()
        assert "." not in refresh
        clock.advance(14 * DAY - SECOND)
        assert (await client.get_access(refresh))[0] == 200
        clock.advance(SECOND)
        assert await client.get_access(refresh) == INVALID
        assert await client.told("GET", "/auth/refreshtoken", token=refresh) == INVALID


async def test_refresh_tokens_may_be_jwts(clock: SimClock) -> None:
    async with eniris(clock, refresh_jwt=True, refresh_days=1) as client:
        told = claims(await client.login())
        assert told["exp"] - told["iat"] == 86_400


@pytest.mark.parametrize("revokes", [False, True])
async def test_renewal(clock: SimClock, *, revokes: bool) -> None:
    async with eniris(clock, renewal_revokes=revokes) as client:
        old = await client.login()
        clock.advance(7 * DAY)
        response, new = await client.ask("GET", "/auth/refreshtoken", token=old)
        assert (response.status, response.content_type) == (200, "text/plain")
        assert (await client.get_access(old))[0] == (401 if revokes else 200)
        clock.advance(13 * DAY)
        assert (await client.get_access(new))[0] == 200
        assert (client.simulator.logins, client.simulator.renewals) == (1, 1)


async def test_validation(clock: SimClock) -> None:
    async with eniris(clock) as client:
        refresh = await client.login()
        path = "/auth/refreshtoken/validate"
        assert await client.told("GET", path, token=refresh) == (200, {"userId": USER_ID})
        client.simulator.revoke_refresh_tokens()
        assert await client.told("GET", path, token=refresh) == INVALID


async def test_logging_out(clock: SimClock) -> None:
    async with eniris(clock) as client:
        refresh, other = await client.login(), await client.login()
        # A body that is announced has to be there.
        announced = await client.ask(
            "POST", "/auth/logout", token=refresh, headers={"Content-Type": "application/json"}
        )
        assert announced[0].status == 400
        assert await client.told("POST", "/auth/logout", token=refresh) == (204, "")
        assert await client.told("POST", "/auth/logout", token=refresh) == INVALID
        assert (await client.get_access(refresh))[0] == 401
        assert (await client.get_access(other))[0] == 200


@pytest.mark.parametrize("dies", [False, True])
async def test_access_tokens_outlive_their_refresh_token(clock: SimClock, *, dies: bool) -> None:
    async with eniris(clock, revoked_access_dies=dies) as client:
        refresh = await client.login()
        _, access = await client.get_access(refresh)
        client.simulator.revoke_refresh_tokens()
        assert await client.get_access(refresh) == INVALID
        assert await client.works(access) is not dies
        clock.advance(300 * SECOND)
        assert not await client.works(access)


async def test_access_tokens_can_be_revoked(clock: SimClock) -> None:
    async with eniris(clock) as client:
        refresh = await client.login()
        _, access = await client.get_access(refresh)
        client.simulator.revoke_access_tokens()
        assert await client.told("GET", "/v1/company", token=access) == INVALID
        assert (await client.get_access(refresh))[0] == 200


async def test_each_token_has_its_place(clock: SimClock) -> None:
    async with eniris(clock) as client:
        refresh = await client.login()
        _, access = await client.get_access(refresh)
        assert await client.get_access(access) == INVALID
        assert await client.told("GET", "/auth/refreshtoken", token=access) == INVALID
        assert await client.told("POST", "/v1/device/query", token=refresh, json={}) == INVALID


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/auth/accesstoken"),
        ("GET", "/auth/refreshtoken"),
        ("GET", "/auth/refreshtoken/validate"),
        ("POST", "/auth/logout"),
        ("POST", "/v1/device/query"),
        ("GET", "/v1/device"),
        ("POST", "/v1/telemetry/query"),
        ("GET", "/user/2fa"),
    ],
)
async def test_bearers_are_asked_for(clock: SimClock, method: str, path: str) -> None:
    async with eniris(clock) as client:
        expected = unauthorized("NO_TOKEN_PROVIDED")
        for headers in ({}, {"Authorization": "Basic x"}, {"Authorization": "Bearer "}):
            assert await client.told(method, path, headers=headers) == expected
        assert await client.told(method, path, token="x") == INVALID
        assert await client.told(method, path, token="x" * 5000) == error(400, "Bad Request", "id_token is too long")


async def test_all_tokens_are_known(clock: SimClock) -> None:
    async with eniris(clock) as client:
        refresh = await client.login()
        tokens: list[Any] = [refresh]
        tokens += [(await client.get_access(refresh))[1] for _ in range(2)]
        tokens.append((await client.told("GET", "/auth/refreshtoken", token=refresh))[1])
        assert client.simulator.granted == tokens
        assert len(set(tokens)) == 4
