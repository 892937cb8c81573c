"""Enectiva's service as a whole: its paths, its errors, its rate limit, and the latest imports."""

from datetime import timedelta
from email.utils import format_datetime
import json
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enectiva import (
    CUSTOMER,
    IMPORT_TOKEN,
    INTERNAL_ERROR,
    LOGIN_TOKEN,
    EnectivaSwitches,
)

from .conftest import NOON
from .enectiva_client import PATHS, Client, Connect, detail

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize("path", PATHS)
async def test_the_printed_double_slash_works_too(enectiva: Client, path: str) -> None:
    response, _ = await enectiva.ask("POST", "//access_tokens", token=LOGIN_TOKEN)
    assert response.status == 201
    await enectiva.log_in()
    single, double = [await enectiva.ask("GET", slash + path) for slash in ("", "/")]
    assert single[0].status == double[0].status == 200
    assert json.loads(single[1])["data"] == json.loads(double[1])["data"]


async def test_unknown_ids_and_paths_are_404(enectiva: Client) -> None:
    for path in (
        "/meters/9999",
        "/meters/e_nobody",
        "/meters/e_",
        "/meters/the-ultimate-answer/readings",
        "/meters/9999/deltas",
        "/data_series/9999/data_points",
        "/entities/9999",
        "/entities/9999/deltas",
        "/virtual_meters/42/deltas",
        "/nowhere",
    ):
        assert (await enectiva.refused(path))[0] == 404


async def test_reading_endpoints_do_not_write(enectiva: Client) -> None:
    await enectiva.log_in()
    assert (await enectiva.ask("POST", "/meters"))[0].status == 405


async def test_the_documented_500(enectiva: Client) -> None:
    enectiva.simulator.faults.add(INTERNAL_ERROR, "/meters", times=1)
    status, reason = await enectiva.refused("/meters")
    assert (status, bool(reason)) == (500, True)
    assert await enectiva.get("/meters")


@pytest.mark.parametrize("form", ["delta_seconds", "epoch", "http_date"])
async def test_the_rate_limit_and_its_headers(connect_enectiva: Connect, clock: SimClock, form: Any) -> None:
    client = await connect_enectiva(switches=EnectivaSwitches(rate_limit=3, rate_window_s=60, rate_reset=form))
    clock.advance(20 * SECOND)
    end = NOON + MINUTE
    reset = {"delta_seconds": "40", "epoch": str(int(end.timestamp())), "http_date": format_datetime(end, usegmt=True)}
    await client.log_in()
    left = []
    for path in ("/meters", "/nowhere", "/meters", "/meters"):
        response, text = await client.ask("GET", path)
        left.append((response.status, response.headers["RateLimit-Remaining"]))
        assert response.headers["RateLimit-Limit"] == "3"
        assert response.headers["RateLimit-Reset"] == reset[form]
    assert left == [(200, "1"), (404, "0"), (429, "0"), (429, "0")]
    assert detail(text)
    assert "Retry-After" not in response.headers
    clock.set(end)
    assert (await client.ask("GET", "/meters"))[0].status == 200


async def test_without_a_limit_there_are_no_headers(enectiva: Client) -> None:
    await enectiva.log_in()
    response, _ = await enectiva.ask("GET", "/meters")
    assert not [name for name in response.headers if name.lower().startswith("ratelimit")]


async def test_import_tokens_read_the_latest_import_and_nothing_else(enectiva: Client, clock: SimClock) -> None:
    simulator = enectiva.simulator
    access = await enectiva.log_in()
    path = f"/import/readings/{CUSTOMER}/the-ultimate-answer/default/latest"
    for token in (access, LOGIN_TOKEN):
        response, text = await enectiva.ask("GET", path, token=token)
        assert response.status == 401
        assert detail(text) == "This endpoint requires an import token, not an access token."
    simulator.delay_reading("42", NOON, NOON + timedelta(days=1))
    response, text = await enectiva.ask("GET", path, token=IMPORT_TOKEN)
    assert response.status == 200
    imported = json.loads(text)["data"]["attributes"]
    assert imported == {"time": "2026-06-17T12:00:00Z", "value": round(simulator.meters["42"].register(NOON), 3)}
    for good in (f"profiles/{CUSTOMER}/tenant/default", f"data_points/{CUSTOMER}/weather/default"):
        assert (await enectiva.ask("GET", f"/import/{good}/latest", token=IMPORT_TOKEN))[0].status == 200
    for nothing in (
        f"readings/{CUSTOMER}/tenant/default",
        f"readings/{CUSTOMER}/the-ultimate-answer/other",
        "readings/somebody/the-ultimate-answer/default",
        f"profiles/{CUSTOMER}/the-ultimate-answer/default",
    ):
        assert (await enectiva.ask("GET", f"/import/{nothing}/latest", token=IMPORT_TOKEN))[0].status == 404
