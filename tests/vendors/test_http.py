"""Requests: waits in every documented form, addresses in every spelling."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import json
from typing import Any

import aiohttp
from aiohttp import web
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.energy_clouds.vendors.budget import Budget, Limit, Priority
from custom_components.energy_clouds.vendors.clock import ServiceClock
from custom_components.energy_clouds.vendors.errors import CannotConnect, InvalidAddress, RateLimited
from custom_components.energy_clouds.vendors.http import Http, number_in, service_address, service_origin, wait_in
from tests.simulators.server import running

NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({}, {"retry_after": 847}, 847),
        ({}, {"retryAfter": 15}, 15),
        ({}, {"retry_after": "30"}, 30),
        ({}, {"retry_after": 0}, 0),
        ({"Retry-After": "120"}, None, 120),
        ({"Retry-After": "1.5"}, None, 1.5),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, None, 90),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 33)}, None, 33),
        ({"RateLimit-Reset": "44"}, None, 44),
        ({"RateLimit-Reset": format_datetime(NOW + timedelta(seconds=55), usegmt=True)}, None, 55),
        ({"Retry-After": "10", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 33)}, {"retry_after": 20}, 33),
        ({"Retry-After": "soon"}, {"retry_after": "soon"}, None),
        ({"Retry-After": format_datetime(NOW - timedelta(hours=1), usegmt=True)}, None, None),
        ({"X-RateLimit-Reset": "7", "RateLimit-Reset": "99"}, None, 7),
        ({"X-RateLimit-Reset": f" {int(NOW.timestamp()) + 33}.25 "}, None, 33.25),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) - 33)}, None, None),
        # What is shorter than an epoch is a number of seconds.
        ({"X-RateLimit-Reset": "123456789"}, None, 123456789),
        ({"Retry-After": " 1.5 "}, None, 1.5),
        ({"Retry-After": "0"}, None, 0),
        ({"Retry-After": "-5"}, None, None),
        ({}, {"retry_after": 999_999_999}, 999_999_999),
        ({}, {"retry_after": 1_000_000_000}, None),
        ({}, {"retry_after": "1000000000"}, None),
        ({}, {"retry_after": "1.1234567891"}, None),
        ({}, {"retry_after": 3, "retryAfter": 5}, 5),
        ({}, {"retry_after": 5, "retryAfter": 3}, 5),
        ({}, {"detail": "Request was throttled. Expected available in 42 seconds."}, 42),
        ({}, {"detail": "Expected available in 1 second."}, 1),
        ({}, {"detail": "Expected available in no time."}, None),
        ({}, {"retry_after": -5}, None),
        ({}, {"retry_after": True}, None),
        ({}, {"retry_after": 1e300}, None),
        ({}, {"retry_after": 10**400}, None),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2300"}, None, None),
        ({}, ["retry_after"], None),
        ({}, None, None),
    ],
)
def test_wait_in_a_refusal(headers: dict[str, str], body: Any, seconds: float | None) -> None:
    wait = wait_in(headers, json.dumps(body).encode() if body is not None else b"<html>", NOW)
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text(), st.text(), st.binary())
def test_any_refusal_names_a_wait_or_none(retry_after: str, reset: str, body: bytes) -> None:
    wait = wait_in({"Retry-After": retry_after, "X-RateLimit-Reset": reset}, body, NOW)
    assert wait is None or wait >= timedelta(0)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("example.org", "https://example.org"),
        (" https://example.org/ ", "https://example.org/"),
        ("http://192.168.1.2:8080/api?x=1#y", "http://192.168.1.2:8080/api"),
        ("HTTPS://Example.ORG/Path", "https://example.org/Path"),
        ("[::1]:8000", "https://[::1]:8000"),
        ("\thttps://example.org\n", "https://example.org"),
        ("example.org/a?b=https://c", "https://example.org/a"),
    ],
)
def test_address_in_any_spelling(text: str, url: str) -> None:
    assert str(service_address(text)) == url


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "https://", "ftp://x", "file:///etc", "a+b.c-1://x", "https://x:99999", "h ttp:", "https://a b"),
        *("https://u:p@x", "https://u@x", "https://:p@x"),
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InvalidAddress):
        service_address(text)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://example.org/api?x=1", "https://example.org"),
        ("http://example.org:8080/api", "https://example.org:8080"),
        ("http://example.org", "https://example.org"),
        # What stays on this machine goes over no wire.
        ("http://127.0.0.1:8080/api", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://127.0.0.1.example.org", "https://127.0.0.1.example.org"),
    ],
)
def test_service_on_the_internet_is_spoken_to_over_https(text: str, origin: str) -> None:
    assert str(service_origin(text)) == origin


@given(st.text())
def test_any_text_is_an_address_or_not(text: str) -> None:
    try:
        url = service_address(text)
    except InvalidAddress:
        return
    assert url.scheme in ("http", "https")
    assert url.host
    assert url.user is url.password is None


class Till:
    """A service that answers as it is told to."""

    def __init__(self, status: int, headers: Mapping[str, str], body: str = "") -> None:
        self._response = status, headers, body

    def application(self) -> web.Application:
        async def answer(_request: web.Request) -> web.Response:
            status, headers, body = self._response
            return web.Response(status=status, headers=headers, text=body)

        application = web.Application()
        application.router.add_route("*", "/{path:.*}", answer)
        return application


async def used_after(status: int, headers: Mapping[str, str], cost: float = 40) -> int:
    """What a request of that expected cost has used up when it was answered."""
    budget = Budget(Limit(requests=100, window=timedelta(minutes=1)), now=lambda: NOW, monotonic=lambda: 0.0)
    async with running(Till(status, headers)) as server, aiohttp.ClientSession() as session:
        http = Http(session, URL(server.url), budget, {}, ServiceClock(lambda: NOW))
        with suppress(CannotConnect, RateLimited):
            await http.request("GET", "x", priority=Priority.LIVE, cost=cost)
        assert http.sent == 1
    return budget.used


COST, USED = "X-RateLimit-Cost", "X-RateLimit-Used"


@pytest.mark.parametrize(
    ("status", "headers", "used"),
    [
        (200, {}, 40),
        (200, {COST: "7"}, 7),
        (200, {COST: "73.25"}, 74),
        (200, {COST: "7", USED: "50"}, 50),
        (200, {COST: "60", USED: "50"}, 60),
        (200, {USED: "50"}, 40),
        (200, {COST: "much"}, 40),
        (204, {COST: "0"}, 0),
        # What is refused is not carried out.
        (400, {}, 1),
        (401, {}, 1),
        (422, {}, 1),
        (429, {COST: "90", USED: "50", "Retry-After": "9"}, 1),
        # What a stumbling service has carried out nobody knows.
        (500, {}, 40),
        (302, {}, 40),
    ],
)
async def test_answer_tells_what_a_request_has_cost(status: int, headers: dict[str, str], used: int) -> None:
    assert await used_after(status, headers) == used


@pytest.mark.parametrize("status", [200, 204, 400, 401, 422, 429, 500])
async def test_request_of_a_service_that_counts_requests_costs_one(status: int) -> None:
    assert await used_after(status, {}, cost=1) == 1


@pytest.mark.parametrize(("tells", "is_read"), [((500,), True), ((), False), ((503,), False)])
async def test_error_of_the_service_is_an_answer_where_it_tells_something(
    tells: tuple[int, ...], is_read: bool
) -> None:
    budget = Budget(Limit(requests=100, window=timedelta(minutes=1)))
    async with running(Till(500, {}, "NO_PASSWORD_INFO")) as server, aiohttp.ClientSession() as session:
        http = Http(session, URL(server.url), budget, {}, ServiceClock(lambda: NOW))
        try:
            answer = await http.request("GET", "x", priority=Priority.LIVE, tells=tells)
        except CannotConnect:
            assert not is_read
            return
    assert is_read
    assert (answer.status, answer.ok, answer.body) == (500, False, b"NO_PASSWORD_INFO")
    # Of its words nothing is kept.
    assert b"NO_PASSWORD_INFO" not in b"".join(http.last_bodies.values())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        (" 7.25 ", 7.25),
        ("0", 0),
        ("-3", 0),
        ("98.76666666666667", 98.76666666666667),
        ("1e-7", 1e-7),
        ("1E-7", 1e-7),
        ("nan", None),
        ("", None),
        ("9" * 12, None),
    ],
)
def test_number_in_a_header(text: str, number: float | None) -> None:
    for name in ("X-RateLimit-Cost", "RateLimit-Cost"):
        assert number_in({name: text}, "Cost") == number
    assert number_in({}, "Cost") is None
