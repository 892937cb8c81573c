"""Logging in to Envitron: what is asked for, what is refused, and how wrong passwords lock out."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.envitron import PASSWORD, USERNAME

from .envitron_client import OTHER, OTHER_PASSWORD, TWO_USERS, envitron

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LOCKED = {"detail": "Request was throttled. Expected available in 900 seconds."}


@pytest.mark.parametrize("header", [False, True])
async def test_wrong_passwords_lock_out(clock: SimClock, *, header: bool) -> None:
    async with envitron(clock, users=TWO_USERS, retry_after_header=header) as client:
        refresh = (await client.login())["refresh"]
        for _ in range(5):
            status, body = await client.post_login(password="wrong")
            assert (status, body) == (401, {"detail": "No active account found with the given credentials"})
        response, _ = await client.ask("POST", "/token/", json={"username": USERNAME, "password": PASSWORD})
        assert response.headers.get("Retry-After") == ("900" if header else None)
        assert await client.post_login() == (429, LOCKED)
        assert (await client.post_login(OTHER, OTHER_PASSWORD))[0] == 200
        assert (await client.post_refresh(refresh))[0] == 200
        clock.advance(timedelta(seconds=899))
        assert (await client.post_login())[1]["detail"] == "Request was throttled. Expected available in 1 second."
        clock.advance(SECOND)
        assert (await client.post_login())[0] == 200


async def test_a_right_password_forgets_the_wrong_ones(clock: SimClock) -> None:
    async with envitron(clock, lockout_after=2, lockout_seconds=60) as client:
        statuses = [(await client.post_login(password=word))[0] for word in ("no", PASSWORD, "no", "no", PASSWORD)]
        assert statuses == [401, 200, 401, 401, 429]
        clock.advance(MINUTE)
        assert (await client.post_login(password="no"))[0] == 401
        assert (await client.post_login())[0] == 200


@pytest.mark.parametrize(("username", "password"), [(USERNAME, "wrong"), ("nobody", PASSWORD), (USERNAME.upper(), "x")])
async def test_wrong_credentials(clock: SimClock, username: str, password: str) -> None:
    detail = "No active account found with the given credentials"
    async with envitron(clock) as client:
        assert await client.post_login(username, password) == (401, {"detail": detail})
    async with envitron(clock, login_error_code=True) as client:
        assert await client.post_login(username, password) == (401, {"detail": detail, "code": "no_active_account"})
        assert client.simulator.logins == 0


REQUIRED, BLANK, NULL = "This field is required.", "This field may not be blank.", "This field may not be null."


@pytest.mark.parametrize(
    ("path", "body", "errors"),
    [
        ("/token/", {}, {"username": [REQUIRED], "password": [REQUIRED]}),
        ("/token/", {"password": "x"}, {"username": [REQUIRED]}),
        ("/token/", {"username": "", "password": None}, {"username": [BLANK], "password": [NULL]}),
        ("/token/", {"username": ["x"], "password": "x"}, {"username": ["Not a valid string."]}),
        ("/token/", [1], {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}),
        ("/token/refresh/", {}, {"refresh": [REQUIRED]}),
        ("/token/refresh/", {"token": "x"}, {"refresh": [REQUIRED]}),
    ],
)
async def test_missing_and_wrong_fields(clock: SimClock, path: str, body: Any, errors: dict[str, Any]) -> None:
    async with envitron(clock) as client:
        assert await client.refused("POST", path, json=body) == (400, errors)


@pytest.mark.parametrize("path", ["/token/", "/token/refresh/"])
async def test_bodies_are_json(clock: SimClock, path: str) -> None:
    async with envitron(clock) as client:
        form = {"username": USERNAME, "password": PASSWORD}
        status, body = await client.refused("POST", path, data=form)
        unsupported = 'Unsupported media type "application/x-www-form-urlencoded" in request.'
        assert (status, body) == (415, {"detail": unsupported})
        json_headers = {"Content-Type": "application/json"}
        # The documents' own curl example sends this: its quotes end the shell's.
        status, body = await client.refused("POST", path, data="{ username: x}", headers=json_headers)
        assert status == 400
        assert body["detail"].startswith("JSON parse error - Expecting property name enclosed in double quotes")


async def test_wrong_passwords_are_challenged_and_lockouts_are_not(clock: SimClock) -> None:
    async with envitron(clock, lockout_after=1) as client:
        wrong = {"username": USERNAME, "password": "wrong"}
        answers = [(await client.ask("POST", "/token/", json=wrong))[0] for _ in range(2)]
        challenges = [(answer.status, answer.headers.get("WWW-Authenticate")) for answer in answers]
        assert challenges == [(401, 'Bearer realm="api"'), (429, None)]


async def test_a_login_without_a_body_misses_its_fields(clock: SimClock) -> None:
    async with envitron(clock) as client:
        expected = (400, {"username": [REQUIRED], "password": [REQUIRED]})
        assert await client.refused("POST", "/token/") == expected
