"""A request as it goes over the wire, and what becomes of its answer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, cast, override

import aiohttp
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey
import msgspec
import pytest
from yarl import URL

from custom_components.energy_clouds.vendors import http as sending
from custom_components.energy_clouds.vendors.budget import Budget, Limit, Priority
from custom_components.energy_clouds.vendors.clock import ServiceClock
from custom_components.energy_clouds.vendors.errors import LOCKED_OUT, RATE_LIMITED, CannotConnect, RateLimited
from custom_components.energy_clouds.vendors.http import Answer, Http
from tests.simulators.server import running

NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)


class Post:
    """A service that writes down what it gets, and answers as it is told to."""

    def __init__(self, budget: Budget, clock: ServiceClock) -> None:
        self.budget = budget
        self.clock = clock
        self.status = 200
        self.headers: Mapping[str, str] = {}
        self.body = b"{}"
        self.got: list[tuple[str, str, bytes]] = []
        self.got_headers: list[Mapping[str, str]] = []

    def application(self) -> web.Application:
        async def answer(request: web.Request) -> web.Response:
            self.got.append((request.method, request.raw_path, await request.read()))
            self.got_headers.append(dict(request.headers))
            return web.Response(status=self.status, headers=self.headers, body=self.body)

        application = web.Application()
        application.router.add_route("*", "/{path:.*}", answer)
        return application

    def says(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"{}") -> None:
        self.status, self.headers, self.body = status, headers or {}, body


type MakeHttp = Callable[..., Awaitable[Http]]


@pytest.fixture
def post() -> Post:
    budget = Budget(Limit(requests=100, window=timedelta(minutes=1)), now=lambda: NOW, monotonic=lambda: 0.0)
    return Post(budget, ServiceClock(lambda: NOW))


@pytest.fixture
async def make_http(post: Post) -> AsyncIterator[MakeHttp]:
    """Plug the service in, and make what sends requests to it."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running(post))
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def make(**options: Any) -> Http:
            return Http(session, URL(server.url) / "api", post.budget, {"X-Key": "k", "A": "1"}, post.clock, **options)

        yield make


async def test_path_query_and_headers_are_sent_as_they_are_meant(post: Post, make_http: MakeHttp) -> None:
    http = await make_http()
    ids, query = {"id": "a/b c?é"}, [("q", "a b/&é"), ("q", "2")]
    answer = await http.request("GET", "x/{id}/y", priority=Priority.LIVE, ids=ids, query=query, headers={"A": "2"})
    assert (answer.endpoint, answer.status, answer.body) == ("GET /x/{id}/y", 200, b"{}")
    assert "Date" in answer.headers
    assert post.got == [("GET", "/api/x/a%2Fb%20c%3F%C3%A9/y?q=a%20b%2F%26%C3%A9&q=2", b"")]
    [headers] = post.got_headers
    assert (headers["X-Key"], headers["A"]) == ("k", "2")
    assert "Content-Type" not in headers
    await http.request("GET", "x", priority=Priority.LIVE)
    assert post.got[1] == ("GET", "/api/x", b"")
    assert post.got_headers[1]["A"] == "1"
    assert (http.sent, post.budget.used) == (2, 2)


@pytest.mark.parametrize(("priority", "most"), [(Priority.HISTORY, 27), (Priority.DISCOVERY, 35), (Priority.LIVE, 80)])
async def test_each_request_has_the_room_of_its_priority(
    post: Post, make_http: MakeHttp, priority: Priority, most: int
) -> None:
    http = await make_http()
    post.budget.plan(45, timedelta(minutes=1))
    await http.request("GET", "x", priority=priority, cost=most)
    with pytest.raises(RateLimited):
        await http.request("GET", "x", priority=priority)


@pytest.mark.parametrize(
    ("json", "sent", "media_type"),
    [
        ({"a": None}, b'{"a":null}', "application/json"),
        (None, b"null", "application/json"),
        ([1], b"[1]", "application/vnd.api+json"),
        (msgspec.UNSET, b"", "application/json"),
    ],
)
async def test_body_says_what_it_is(
    post: Post, make_http: MakeHttp, json: object, sent: bytes, media_type: str
) -> None:
    http = await make_http(**({} if media_type == "application/json" else {"media_type": media_type}))
    await http.request("POST", "x", priority=Priority.LIVE, json=json)
    assert post.got == [("POST", "/api/x", sent)]
    assert post.got_headers[0]["Content-Type"] == media_type
    if json is not msgspec.UNSET:
        await http.request("PATCH", "x", priority=Priority.LIVE, json=json)
        assert post.got_headers[1]["Content-Type"] == media_type


@pytest.mark.parametrize(
    ("status", "lost"), [(300, False), (302, False), (399, False), (500, True), (502, True), (503, True)]
)
async def test_redirect_or_error_of_the_service_is_no_answer(
    post: Post, make_http: MakeHttp, status: int, lost: bool
) -> None:
    post.says(status, {"Location": "/elsewhere"})
    http = await make_http()
    with pytest.raises(CannotConnect, match=f"GET /x: answered {status}") as error:
        await http.request("GET", "x", priority=Priority.LIVE)
    assert (error.value.answered, error.value.lost) == (True, lost)
    assert len(post.got) == 1
    assert http.last_bodies == {}


async def test_newest_body_of_each_endpoint_is_kept(post: Post, make_http: MakeHttp) -> None:
    http = await make_http()
    for body in (b'{"a": "old"}', b'{"a": "new"}'):
        post.says(200, body=body)
        await http.request("GET", "x", priority=Priority.LIVE)
    post.says(200, body=b'{"token": "secret"}')
    await http.request("POST", "token", priority=Priority.LIVE, secret=True)
    post.says(400, body=b'{"error": "the key k is bad"}')
    answer = await http.request("GET", "x", priority=Priority.LIVE)
    assert (answer.ok, answer.body) == (False, b'{"error": "the key k is bad"}')
    assert http.last_bodies == {
        "GET /x": b'{"a": "new"}',
        "POST /token": b'{"token":""}',
        "GET /x (400)": b'{"error":""}',
    }


@pytest.mark.parametrize(("status", "ok"), [(200, True), (204, True), (299, True), (300, False), (404, False)])
def test_what_was_granted(status: int, ok: bool) -> None:
    answer = Answer(endpoint="x", status=status, body=b"")
    assert answer.ok is ok
    assert answer.headers == {}


async def test_answer_tells_the_time(post: Post, make_http: MakeHttp) -> None:
    post.says(200, {"Date": format_datetime(NOW + timedelta(hours=1), usegmt=True)})
    http = await make_http()
    for _ in range(2):
        await http.request("GET", "x", priority=Priority.LIVE)
    assert post.clock.now() == NOW + timedelta(hours=1)


@pytest.mark.parametrize("prefix", ["X-RateLimit-", "RateLimit-", "x-ratelimit-"])
async def test_answer_tells_the_limit(post: Post, make_http: MakeHttp, prefix: str) -> None:
    post.says(200, {f"{prefix}Limit": "50", f"{prefix}Remaining": "3", f"{prefix}Reset": "20"})
    http = await make_http()
    await http.request("GET", "x", priority=Priority.LIVE)
    assert (post.budget.allowed, post.budget.remaining, post.budget.held_for) == (40, 3, timedelta(seconds=20))
    assert post.budget.held_because == RATE_LIMITED


async def test_reset_is_told_in_the_services_time(post: Post, make_http: MakeHttp) -> None:
    service = NOW + timedelta(hours=1)
    http = await make_http()
    post.says(200, {"Date": format_datetime(service, usegmt=True)})
    for _ in range(2):
        await http.request("GET", "x", priority=Priority.LIVE)
    reset = str(int(service.timestamp()) + 20)
    post.says(200, {**post.headers, "RateLimit-Limit": "50", "RateLimit-Remaining": "3", "RateLimit-Reset": reset})
    await http.request("GET", "x", priority=Priority.LIVE)
    assert post.budget.held_for == timedelta(seconds=20)


@pytest.mark.parametrize("words", ["-1", "1.5", "1234567890", "many", ""])
async def test_limit_that_is_no_whole_number_is_none(post: Post, make_http: MakeHttp, words: str) -> None:
    post.says(200, {"RateLimit-Limit": words, "RateLimit-Remaining": words, "RateLimit-Reset": "20"})
    http = await make_http()
    await http.request("GET", "x", priority=Priority.LIVE)
    assert (post.budget.allowed, post.budget.remaining, post.budget.held_for) == (80, None, timedelta(0))


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (429, {"Retry-After": "9"}, (10, LOCKED_OUT)),
        (429, {}, (61, LOCKED_OUT)),
        (429, {"Retry-After": format_datetime(NOW + timedelta(seconds=9), usegmt=True)}, (10, LOCKED_OUT)),
        (503, {"Retry-After": "9"}, (10, RATE_LIMITED)),
    ],
)
async def test_who_is_told_to_wait_waits(
    post: Post, make_http: MakeHttp, status: int, headers: dict[str, str], told: tuple[float, str]
) -> None:
    post.says(status, headers)
    http = await make_http(limited=LOCKED_OUT)
    with pytest.raises(RateLimited) as error:
        await http.request("GET", "x", priority=Priority.LIVE)
    assert (error.value.retry_after.total_seconds(), error.value.reason) == told
    assert (post.budget.held_for.total_seconds(), post.budget.held_because) == told


@pytest.mark.parametrize(
    ("status", "headers"),
    [(503, {}), (500, {"Retry-After": "9"}), (502, {"Retry-After": "9"}), (400, {"Retry-After": "9"})],
)
async def test_whatever_else_goes_wrong_asks_for_no_wait(
    post: Post, make_http: MakeHttp, status: int, headers: dict[str, str]
) -> None:
    post.says(status, headers)
    http = await make_http()
    with suppress(CannotConnect):
        await http.request("GET", "x", priority=Priority.LIVE)
    assert post.budget.held_because is None


async def test_service_that_stumbles_tells_nothing_of_its_limit(post: Post, make_http: MakeHttp) -> None:
    http = await make_http()
    for status, remaining in ((500, None), (499, 3)):
        post.says(status, {"RateLimit-Limit": "50", "RateLimit-Remaining": "3", "RateLimit-Reset": "20"})
        answer = await http.request("GET", "x", priority=Priority.LIVE, tells=(500,))
        assert answer.status == status
        assert post.budget.remaining == remaining


@pytest.mark.parametrize(("length", "fits"), [(10, True), (11, False)])
async def test_answer_that_is_too_large_is_none(
    post: Post, make_http: MakeHttp, monkeypatch: pytest.MonkeyPatch, length: int, fits: bool
) -> None:
    assert sending.LARGEST_BODY == 2**24
    monkeypatch.setattr(sending, "LARGEST_BODY", 10)
    post.says(200, body=b"x" * length)
    http = await make_http()
    if fits:
        assert (await http.request("GET", "x", priority=Priority.LIVE)).body == b"x" * length
    else:
        with pytest.raises(CannotConnect, match="GET /x: the answer is larger than 10 bytes"):
            await http.request("GET", "x", priority=Priority.LIVE)


class Broken(AbstractAsyncContextManager[aiohttp.ClientResponse]):
    """A session of which every request fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.said: dict[str, Any] = {}

    def request(self, _method: str, _url: URL, **said: Any) -> Broken:
        self.said = said
        return self

    @override
    async def __aenter__(self) -> aiohttp.ClientResponse:
        raise self._error

    @override
    async def __aexit__(self, *args: object) -> None:
        """It was never entered."""


NOWHERE = aiohttp.ClientConnectorError(
    ConnectionKey("example.org", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None),
    OSError("secret"),
)


@pytest.mark.parametrize(
    ("error", "text", "lost"),
    [
        (TimeoutError("secret"), "GET /x: no answer within 30 s", True),
        # Whoever was not reached has not carried anything out.
        (NOWHERE, "GET /x: ClientConnectorError", False),
        (aiohttp.ServerDisconnectedError("secret"), "GET /x: ServerDisconnectedError", True),
        (ConnectionResetError("secret"), "GET /x: ConnectionResetError", True),
        (ValueError("secret"), "GET /x: ValueError", True),
    ],
)
async def test_what_goes_wrong_on_the_way(post: Post, error: Exception, text: str, lost: bool) -> None:
    session = Broken(error)
    http = Http(cast("aiohttp.ClientSession", session), URL("https://example.org"), post.budget, {}, post.clock)
    with pytest.raises(CannotConnect) as caught:
        await http.request("GET", "x", priority=Priority.LIVE)
    assert (str(caught.value), caught.value.answered, caught.value.lost) == (text, False, lost)
    assert session.said["timeout"].total == 30
    assert session.said["allow_redirects"] is False


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (rb'{"name": "\ud83d\ude00"}', "\U0001f600"),
        (rb'{"name": "a\ud83d"}', "a\ufffd"),
        (rb'{"name": "\uDE00b"}', "\ufffdb"),
        (rb'{"name": "\uD83D\uD83D\uDE00\ude00"}', "\ufffd\U0001f600\ufffd"),
        (rb'{"name": "\ud7ff\ue000\ud83d"}', "\ud7ff\ue000\ufffd"),
    ],
)
def test_half_a_surrogate_pair_costs_one_character(body: bytes, name: str) -> None:
    answer = Answer(endpoint="GET /x", status=200, body=body)
    assert answer.decode(msgspec.json.Decoder(dict[str, str])) == {"name": name}


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"name": "\xff"}', b'{"name": ' + b"[" * 100_000, b'"\\ud83d'])
def test_what_is_no_json_is_no_answer(body: bytes) -> None:
    answer = Answer(endpoint="GET /x", status=200, body=body)
    with pytest.raises(CannotConnect, match=r"GET /x: the answer is not JSON \(200\)") as error:
        answer.decode(msgspec.json.Decoder(object))
    assert error.value.answered


@pytest.mark.parametrize("body", [b'{"name": 5}', rb'{"\ud83d": "x", "name": 5}'])
def test_json_of_another_shape_is_told_from_what_is_none(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        Answer(endpoint="GET /x", status=200, body=body).decode(msgspec.json.Decoder(dict[str, str]))


@pytest.mark.parametrize(
    ("headers", "body", "page"),
    [
        ({"Content-Type": "text/HTML; charset=utf-8"}, b"", True),
        ({}, b" \n<html>", True),
        ({"Content-Type": "application/json"}, b"<", True),
        ({"Content-Type": "application/json"}, b"{}", False),
        ({}, b"{} <", False),
    ],
)
def test_page_for_people_is_told_by_its_type_or_its_beginning(headers: dict[str, str], body: bytes, page: bool) -> None:
    assert Answer(endpoint="GET /x", status=403, body=body, headers=headers).is_page is page
