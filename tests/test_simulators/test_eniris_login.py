"""Logging in to Eniris: what is asked for, what is refused, and how the token is handed out (eniris.md A2.1)."""

from datetime import timedelta
import json
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import INVITED, PASSWORD, USERNAME

from .eniris_client import eniris, error, unauthorized

SECOND = timedelta(seconds=1)
LOGIN = "/auth/login"
LOCKED = "TOO_MANY_FAILED_PASSWORD_CHECKS"


async def test_the_body_is_the_refresh_token(clock: SimClock) -> None:
    async with eniris(clock) as client:
        body = {"username": USERNAME, "password": PASSWORD}
        response, token = await client.ask("POST", LOGIN, json=body)
        assert (response.status, response.content_type) == (200, "text/plain")
        assert token == token.strip('"').strip()
        assert client.simulator.granted == [token]
        assert client.simulator.logins == 1
        assert (await client.get_access(token))[0] == 200


async def test_the_body_is_quoted(clock: SimClock) -> None:
    async with eniris(clock, login_body="quoted") as client:
        status, token = await client.post_login()
        assert status == 200
        assert (await client.get_access(json.loads(token)))[0] == 200


async def test_the_body_is_an_object(clock: SimClock) -> None:
    async with eniris(clock, login_body="json", login_key="token") as client:
        status, body = await client.post_login()
        assert status == 200
        assert list(body) == ["token"]
        assert (await client.get_access(body["token"]))[0] == 200


async def test_what_the_vendors_own_page_adds_changes_nothing(clock: SimClock) -> None:
    async with eniris(clock) as client:
        body = {"username": USERNAME, "password": PASSWORD, "remember": True}
        path = f"{LOGIN}?origin=authentication&termsAndConditionsAccepted=false&cookie=true"
        assert (await client.told("POST", path, json=body))[0] == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "body must have required property 'username'"),
        ({"password": "x"}, "body must have required property 'username'"),
        ({"username": "x"}, "body must have required property 'password'"),
        ({"username": ["x"], "password": "x"}, "body/username must be string"),
        ({"username": "x" * 257, "password": "x"}, "body/username must NOT have more than 256 characters"),
        ({"username": "x", "password": "x" * 257}, "body/password must NOT have more than 256 characters"),
        ([], "body must be object"),
    ],
)
async def test_bad_requests(clock: SimClock, body: Any, message: str) -> None:
    async with eniris(clock) as client:
        assert await client.told("POST", LOGIN, json=body) == error(400, "Bad Request", message)


async def test_bodies_are_json(clock: SimClock) -> None:
    async with eniris(clock) as client:
        assert (await client.told("POST", LOGIN, data={"username": "x"}))[0] == 415
        headers = {"Content-Type": "application/json"}
        assert (await client.told("POST", LOGIN, data="{", headers=headers))[0] == 400
        assert (await client.told("POST", LOGIN))[0] == 400


async def test_a_wrong_password(clock: SimClock) -> None:
    async with eniris(clock) as client:
        assert await client.post_login(password="wrong") == unauthorized("PASSWORD_INCORRECT")
        assert (client.simulator.logins, client.simulator.granted) == (0, [])


async def test_an_unknown_user(clock: SimClock) -> None:
    async with eniris(clock) as client:
        assert await client.post_login("nobody@home.example") == unauthorized("PASSWORD_INCORRECT")
    async with eniris(clock, unknown_user=(404, "USER_NOT_FOUND")) as client:
        assert await client.post_login("nobody@home.example") == error(404, "Not Found", "USER_NOT_FOUND")


async def test_a_user_without_a_password(clock: SimClock) -> None:
    async with eniris(clock) as client:
        assert await client.post_login(INVITED) == error(500, "Internal Server Error", "NO_PASSWORD_INFO")


async def test_wrong_passwords_lock_out(clock: SimClock) -> None:
    async with eniris(clock) as client:
        refresh = await client.login()
        for _ in range(5):
            assert (await client.post_login(password="wrong"))[0] == 401
        assert await client.post_login() == error(429, "Too Many Requests", LOCKED, retryAfter=60)
        assert (await client.get_access(refresh))[0] == 200, "tokens go on working"
        assert (await client.post_login(INVITED))[0] == 500, "others are not locked out"
        clock.advance(59 * SECOND)
        assert await client.post_login() == error(429, "Too Many Requests", LOCKED, retryAfter=1)
        clock.advance(SECOND)
        assert (await client.post_login())[0] == 200


async def test_a_right_password_forgets_the_wrong_ones(clock: SimClock) -> None:
    async with eniris(clock, lockout_after=2) as client:
        statuses = [(await client.post_login(password=word))[0] for word in ("no", PASSWORD, "no", "no", PASSWORD)]
        assert statuses == [401, 200, 401, 401, 429]


async def test_a_lockout_may_tell_no_wait_or_tell_it_in_a_header(clock: SimClock) -> None:
    async with eniris(clock, lockout_after=1, lockout_retry_after_zero=True, lockout_header=True) as client:
        await client.post_login(password="wrong")
        response, text = await client.ask("POST", LOGIN, json={"username": USERNAME, "password": PASSWORD})
        assert (response.status, json.loads(text)["retryAfter"], response.headers["Retry-After"]) == (429, 0, "0")
    async with eniris(clock, lockout_after=1) as client:
        await client.post_login(password="wrong")
        response, _ = await client.ask("POST", LOGIN, json={"username": USERNAME, "password": PASSWORD})
        assert "Retry-After" not in response.headers


async def test_a_password_can_change(clock: SimClock) -> None:
    async with eniris(clock) as client:
        refresh = await client.login()
        client.simulator.change_password("another")
        assert await client.post_login() == unauthorized("PASSWORD_INCORRECT")
        assert (await client.post_login(password="another"))[0] == 200
        assert (await client.get_access(refresh))[0] == 200
