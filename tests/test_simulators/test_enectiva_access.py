"""Enectiva's contract: tokens of three kinds, their scopes, and the media types."""

from datetime import timedelta
import json

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enectiva import (
    ALL_SCOPES,
    CUSTOMER,
    EXPIRED_LOGIN_TOKEN,
    IMPORT_TOKEN,
    LOGIN_TOKEN,
    REVOKED_LOGIN_TOKEN,
    Login,
    login_token,
)

from .conftest import NOON
from .enectiva_client import HEADERS, PATHS, TYPED, Client, claims, detail

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


async def test_a_login_token_gets_an_access_token_of_five_minutes(enectiva: Client) -> None:
    response, text = await enectiva.ask("POST", "/access_tokens", token=LOGIN_TOKEN)
    assert response.status == 201
    assert response.headers["Content-Type"] == "application/vnd.api+json"
    data = json.loads(text)["data"]
    assert data["type"] == "access_tokens"
    token = data["attributes"]["token"]
    held = claims(token)
    assert held["exp"] == NOON.timestamp() + 300
    assert held["sub"] == CUSTOMER
    assert set(held["scp"].split(" ")) == ALL_SCOPES
    assert held["ver"] == 1
    assert enectiva.simulator.tokens_issued == 1
    assert (await enectiva.ask("GET", "/meters", token=token))[0].status == 200


async def test_an_access_token_is_rejected_at_and_past_its_expiry(enectiva: Client, clock: SimClock) -> None:
    await enectiva.log_in()
    clock.set(NOON + 5 * MINUTE - SECOND)
    assert (await enectiva.ask("GET", "/meters"))[0].status == 200
    clock.advance(SECOND)
    response, text = await enectiva.ask("GET", "/meters")
    assert response.status == 401
    assert "expired" in detail(text)
    await enectiva.log_in()
    assert (await enectiva.ask("GET", "/meters"))[0].status == 200


@pytest.mark.parametrize(
    "token",
    [
        None,
        "nonsense",
        login_token(number=99),
        EXPIRED_LOGIN_TOKEN,
        REVOKED_LOGIN_TOKEN,
        IMPORT_TOKEN,
        f": {LOGIN_TOKEN}",
    ],
)
async def test_only_good_login_tokens_get_access_tokens(enectiva: Client, token: str | None) -> None:
    response, text = await enectiva.ask("POST", "/access_tokens", token=token)
    assert response.status == 401
    assert response.content_type == "application/vnd.api+json"
    (error,) = json.loads(text)["errors"]
    assert (error["status"], error["title"]) == ("401", "Unauthorized")
    assert error["detail"]
    assert enectiva.simulator.tokens_issued == 0


async def test_an_access_token_gets_no_further_one(enectiva: Client) -> None:
    token = await enectiva.log_in()
    assert (await enectiva.ask("POST", "/access_tokens", token=token))[0].status == 401


async def test_login_tokens_expire_and_are_revoked_while_running(enectiva: Client, clock: SimClock) -> None:
    simulator = enectiva.simulator
    simulator.expire(LOGIN_TOKEN, NOON + MINUTE)
    await enectiva.log_in()
    clock.advance(MINUTE)
    assert (await enectiva.ask("POST", "/access_tokens", token=LOGIN_TOKEN))[0].status == 401
    other = login_token(["meters"], number=5)
    simulator.logins[other] = Login(scopes=frozenset(["meters"]))
    await enectiva.log_in(other)
    simulator.revoke(other)
    assert (await enectiva.ask("POST", "/access_tokens", token=other))[0].status == 401
    assert (await enectiva.ask("GET", "/meters"))[0].status == 200, "an access token lives on until it expires"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        (None, "The token is missing."),
        ("Basic dXNlcjpwYXNz", "The token is malformed."),
        ("Bearer", "The token is malformed."),
        ("Bearer two.parts", "The token is malformed."),
        (f"Bearer: {LOGIN_TOKEN}", "The token is malformed."),
        ("Bearer a.b.c", "The token is invalid."),
        (f"Bearer {LOGIN_TOKEN}", "This endpoint requires an access token."),
        (f"Bearer {IMPORT_TOKEN}", "This endpoint requires an access token."),
    ],
)
async def test_endpoints_need_an_access_token(
    enectiva: Client, path: str, authorization: str | None, reason: str
) -> None:
    headers = HEADERS if authorization is None else {**HEADERS, "Authorization": authorization}
    response, text = await enectiva.ask("GET", path, token=None, headers=headers)
    assert response.status == 401
    assert detail(text) == reason


@pytest.mark.parametrize(("path", "scope"), PATHS.items())
async def test_each_endpoint_needs_its_scope(enectiva: Client, path: str, scope: str) -> None:
    simulator = enectiva.simulator
    await enectiva.log_in()
    simulator.withdraw(LOGIN_TOKEN, scope)
    assert (await enectiva.ask("GET", path))[0].status == 200, "the rights are those at the time of issue"
    await enectiva.log_in()
    response, text = await enectiva.ask("GET", path)
    assert response.status == 403
    assert detail(text).endswith(f" {scope}.")
    simulator.withdraw(LOGIN_TOKEN, *ALL_SCOPES)
    simulator.grant(LOGIN_TOKEN, scope)
    await enectiva.log_in()
    assert (await enectiva.ask("GET", path))[0].status == 200


async def test_another_customer_has_nothing(enectiva: Client) -> None:
    stranger = login_token(customer="somebody", number=7)
    enectiva.simulator.logins[stranger] = Login("somebody")
    await enectiva.log_in(stranger)
    for path in PATHS:
        response, text = await enectiva.ask("GET", path)
        if path in ("/meters", "/entities"):
            assert json.loads(text)["data"] == []
        else:
            assert response.status == 404


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/vnd.api+json", 200),
        ("text/html, application/vnd.api+json;q=0.9", 200),
        (None, 406),
        ("*/*", 406),
        ("application/json", 406),
        ("application/*", 406),
        ("application/vnd.api+json; charset=utf-8", 406),
    ],
)
async def test_every_request_must_accept_json_api(enectiva: Client, accept: str | None, status: int) -> None:
    await enectiva.log_in()
    headers = {} if accept is None else {"Accept": accept}
    for method, path, token, good in (("GET", "/meters", "", 200), ("POST", "/access_tokens", LOGIN_TOKEN, 201)):
        response, text = await enectiva.ask(method, path, token=token, headers=headers)
        assert response.status == (good if status == 200 else status)
        assert status == 200 or detail(text)


@pytest.mark.parametrize(
    "declared", ["application/octet-stream", "application/json", "application/vnd.api+json; charset=utf-8"]
)
@pytest.mark.parametrize("body", [None, "{}"])
async def test_another_content_type_is_415_even_without_a_body(
    enectiva: Client, declared: str, body: str | None
) -> None:
    headers = {**HEADERS, "Content-Type": declared}
    response, text = await enectiva.ask("POST", "/access_tokens", token=LOGIN_TOKEN, headers=headers, data=body)
    assert response.status == 415
    assert detail(text)


async def test_what_aiohttp_declares_for_a_post_without_a_body_is_415(enectiva: Client) -> None:
    headers = {**HEADERS, "Authorization": f"Bearer {LOGIN_TOKEN}"}
    async with enectiva.session.post(f"{enectiva.url}/access_tokens", headers=headers) as response:
        assert response.status == 415


@pytest.mark.parametrize("headers", [HEADERS, TYPED])
async def test_the_right_content_type_may_be_declared(enectiva: Client, headers: dict[str, str]) -> None:
    response, _ = await enectiva.ask("POST", "/access_tokens", token=LOGIN_TOKEN, headers=headers)
    assert response.status == 201


async def test_a_body_without_a_content_type_is_415(enectiva: Client) -> None:
    assert (await enectiva.ask("POST", "/access_tokens", token=LOGIN_TOKEN, data=b"{}"))[0].status == 415
