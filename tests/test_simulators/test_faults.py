"""Faults: each looks to a client like the real thing, and strikes when and where it should."""

import asyncio
from datetime import timedelta
from email.utils import parsedate_to_datetime
import json
import re
import time
from typing import Any

import aiohttp
import pytest

from tests.simulators.enpact import INTERNAL_ERROR, UNAVAILABLE
from tests.simulators.faults import (
    Answer,
    ConnectionReset,
    Drip,
    EmptyBody,
    Fault,
    Faults,
    HtmlPage,
    LostAnswer,
    RateLimited,
    Redirect,
    Rewritten,
    Slow,
    Status,
    TruncatedBody,
)

from .conftest import NOON, Client


@pytest.fixture
def faults(enpact: Client) -> Faults:
    return enpact.simulator.faults


async def asked(enpact: Client, path: str = "/meters") -> tuple[int, str, str]:
    response, text = await enpact.ask("GET", path, allow_redirects=False)
    return response.status, response.content_type, text


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Status(500), (500, "text/plain", "")),
        (Status(502, "bad gateway"), (502, "text/plain", "bad gateway")),
        (Status(503, {"error": "x"}), (503, "application/json", '{"error": "x"}')),
        (HtmlPage(200, "<html></html>"), (200, "text/html", "<html></html>")),
        (EmptyBody(), (200, "application/json", "")),
        (Answer([None, {"meters": 5}]), (200, "application/json", '[null, {"meters": 5}]')),
    ],
)
async def test_wrong_answers(enpact: Client, faults: Faults, fault: Fault, expected: tuple[int, str, str]) -> None:
    faults.add(fault)
    assert await asked(enpact) == expected


async def test_documented_server_errors(enpact: Client, faults: Faults) -> None:
    faults.add(INTERNAL_ERROR, times=1)
    faults.add(UNAVAILABLE, times=1)
    status, _, text = await asked(enpact)
    assert (status, json.loads(text)) == (
        500,
        {"error": "Internal Server Error", "message": "An unexpected error occurred. Please try again later."},
    )
    status, _, text = await asked(enpact)
    assert (status, json.loads(text)) == (
        503,
        {
            "error": "Service Unavailable",
            "message": "The service is temporarily unavailable. Please try again later.",
        },
    )


async def test_a_proxy_page(enpact: Client, faults: Faults) -> None:
    faults.add(HtmlPage())
    status, kind, text = await asked(enpact)
    assert (status, kind) == (502, "text/html")
    assert "502 Bad Gateway" in text


async def test_an_answer_can_be_rewritten(enpact: Client, faults: Faults) -> None:
    def as_words(body: Any) -> Any:
        return body | {"meta": "none"}

    faults.add(Rewritten(as_words))
    _, _, text = await asked(enpact)
    assert json.loads(text)["meta"] == "none"
    assert len(json.loads(text)["meters"]) == 14


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (TruncatedBody(), aiohttp.ClientPayloadError),
        (ConnectionReset(), (aiohttp.ClientPayloadError, aiohttp.ClientOSError)),
        (ConnectionReset(None), (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)),
        (LostAnswer(), (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)),
    ],
)
async def test_cut_connections(enpact: Client, faults: Faults, fault: Fault, error: Any) -> None:
    faults.add(fault, times=1)
    with pytest.raises(error):
        await enpact.ask("POST", "/query")
    assert (await asked(enpact))[0] == 200, "the next request works again"
    assert [record.status for record in enpact.simulator.requests] == [None, 200]


async def test_a_slow_answer_comes_late_but_whole(enpact: Client, faults: Faults) -> None:
    faults.add(Slow(0.1))
    begin = time.monotonic()
    assert (await asked(enpact))[0] == 200
    assert time.monotonic() - begin >= 0.1
    with pytest.raises(asyncio.TimeoutError):
        await enpact.ask("GET", "/meters", timeout=aiohttp.ClientTimeout(total=0.02))


async def test_a_dripping_answer_is_whole(enpact: Client, faults: Faults) -> None:
    faults.add(Drip(pause=0.001, size=50))
    assert len(json.loads((await asked(enpact))[2])["meters"]) == 14


@pytest.mark.parametrize("form", ["body", "header", "date", "reset", "none"])
async def test_rate_limits_tell_the_wait_in_every_form(enpact: Client, faults: Faults, form: Any) -> None:
    faults.add(RateLimited(seconds=90, form=form))
    response, text = await enpact.ask("GET", "/meters")
    until = NOON + timedelta(seconds=90)
    told = {
        "body": json.loads(text).get("retry_after") == 90,
        "header": response.headers.get("Retry-After") == "90",
        "date": "GMT" in (date := response.headers.get("Retry-After", "")) and parsedate_to_datetime(date) == until,
        "reset": response.headers.get("X-RateLimit-Reset") == str(int(until.timestamp())),
    }
    assert response.status == 429
    assert [name for name, true in told.items() if true] == [name for name in told if name == form]


async def test_a_redirect_leads_to_another_host(enpact: Client, faults: Faults) -> None:
    faults.add(Redirect("https://elsewhere.example/", 307))
    response, _ = await enpact.ask("GET", "/meters", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (307, "https://elsewhere.example/")


async def test_a_fault_strikes_where_and_as_often_as_it_was_told(enpact: Client, faults: Faults) -> None:
    async def statuses(*paths: str) -> list[int]:
        return [(await asked(enpact, path))[0] for path in paths]

    faults.add(Status(500), "/api/v1/meters", times=2)
    assert await statuses("/devices", "/meters", "/meters", "/meters") == [200, 500, 500, 200]
    faults.add(Status(501), re.compile("vice"), skip=1)
    assert await statuses("/devices", "/devices", "/meters") == [200, 501, 200]
    faults.add(Status(502), method="POST")
    assert await statuses("/meters") == [200]
    assert (await enpact.ask("POST", "/query"))[0].status == 502
    faults.clear()
    active = faults.add(Status(503))
    assert await statuses("/devices", "/meters") == [503, 503]
    assert active.hits == 2
    faults.remove(active)
    assert await statuses("/devices") == [200]


async def test_requests_are_recorded(enpact: Client) -> None:
    await enpact.ask("GET", "/meters/m/data", params={"timestamp": "2026-06-17T11:00:00+00:00"})
    await enpact.ask("POST", "/query", json={"deviceIds": ["x"]})
    await enpact.ask("POST", "/query", data="{nonsense")
    first, second, third = enpact.simulator.requests
    assert (first.time, first.method, first.path, first.status) == (NOON, "GET", "/api/v1/meters/m/data", 403)
    assert first.query == {"timestamp": "2026-06-17T11:00:00+00:00"}
    assert first.query_string == "timestamp=2026-06-17T11:00:00%2B00:00"
    assert len(first.headers["x-api-key"]) == 64
    assert first.body is None
    assert (second.body, second.status) == ({"deviceIds": ["x"]}, 400)
    assert third.body == "{nonsense"
