"""Who may ask Enapter, and what those hear who may not: tokens, roles, error bodies, the rate limit."""

from datetime import timedelta
from email.utils import format_datetime
import json
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enapter import (
    BATTERY,
    ELECTROLYSER,
    EXPIRED_TOKEN,
    HOME,
    INTERNAL_ERROR,
    READ_ONLY_TOKEN,
    TOKEN,
    EnapterSimulator,
)
from tests.simulators.faults import HtmlPage

from .conftest import NOON
from .enapter_client import code, enapter, served

PATHS = (
    "/v3/sites",
    "/v3/users/me/sites",
    f"/v3/sites/{HOME}",
    "/v3/devices",
    f"/v3/sites/{HOME}/devices",
    f"/v3/devices/{BATTERY}",
    f"/v3/devices/{BATTERY}/manifest",
    f"/v3/sites/{HOME}/devices/{BATTERY}",
    f"/v3/sites/{HOME}/devices/{BATTERY}/manifest",
    f"/v3/sites/{HOME}/devices/{BATTERY}/telemetry?attribute.in=battery_soc",
    f"/v3/telemetry/latest?devices[{BATTERY}]=battery_soc",
)
INVALID = {
    "errors": [
        {
            "code": "invalid_header",
            "message": "Authentication token is invalid.",
            "details": {"header": "X-Enapter-Auth-Token"},
        }
    ]
}
"""The documented error."""


@pytest.mark.parametrize("path", PATHS)
async def test_every_path_needs_a_valid_token(clock: SimClock, path: str) -> None:
    async with enapter(clock) as client:
        assert (await client.ask("GET", path))[0].status == 200
        assert (await client.ask("GET", path, token=READ_ONLY_TOKEN))[0].status == 200
        assert (await client.ask("GET", path, token=None))[0].status == 401
        assert (await client.ask("GET", path, token=""))[0].status == 401
        response, text = await client.ask("GET", path, token="f" * 64)
        assert (response.status, json.loads(text)) == (403, INVALID)
        response, text = await client.ask("GET", path, token=EXPIRED_TOKEN)
        assert (response.status, code(text)) == (403, "invalid_header")


async def test_history_needs_a_valid_token(clock: SimClock) -> None:
    async with enapter(clock) as client:
        assert (await client.query({}, token="wrong"))[0].status == 403
        assert (await client.ask("POST", "/v3/telemetry/query_timeseries", token=None))[0].status == 401


@pytest.mark.parametrize("token", [TOKEN, READ_ONLY_TOKEN])
def test_tokens_look_like_the_documented_ones(token: str) -> None:
    assert len(token) == 64
    assert int(token, 16)


async def test_tokens_are_revoked_and_expire_while_running(clock: SimClock) -> None:
    async with enapter(clock) as client:
        simulator = client.simulator
        simulator.expire(TOKEN, NOON + timedelta(minutes=1))
        assert await client.get("/v3/sites")
        clock.advance(timedelta(minutes=1))
        assert await client.refused("/v3/sites") == (403, "invalid_header")
        simulator.revoke(READ_ONLY_TOKEN)
        assert await client.refused("/v3/sites", token=READ_ONLY_TOKEN) == (403, "invalid_header")


async def test_a_token_of_ones_own(clock: SimClock) -> None:
    async with served(EnapterSimulator(clock=clock, token="a" * 64)) as client:
        assert await client.get("/v3/sites", token="a" * 64)
        assert (await client.refused("/v3/sites"))[0] == 403


async def test_a_bad_token_may_be_401(clock: SimClock) -> None:
    async with enapter(clock, bad_token_status=401) as client:
        assert await client.refused("/v3/sites", token="wrong") == (401, "invalid_header")


async def test_acting_as_a_user_is_accepted(clock: SimClock) -> None:
    async with enapter(clock) as client:
        assert (await client.ask("GET", "/v3/sites", headers={"X-Enapter-Auth-User": "me"}))[0].status == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("no_code", '{"errors":[{"message":"Authentication token is missed."}]}'),
        ("empty_code", '{"errors":[{"code":"","message":"Authentication token is missed."}]}'),
        ("empty_errors", '{"errors":[]}'),
        ("empty", ""),
        ("text", "Authentication token is missed."),
    ],
)
async def test_error_bodies_are_not_always_as_documented(clock: SimClock, body: str, expected: str) -> None:
    async with enapter(clock, error_body=body) as client:
        response, text = await client.ask("GET", "/v3/sites", token=None)
        assert (response.status, text) == (401, expected)


async def test_errors_may_be_pages(clock: SimClock) -> None:
    async with enapter(clock, error_body="html") as client:
        response, text = await client.ask("GET", "/v3/sites", token=None)
        assert (response.status, response.content_type, text[:6]) == (401, "text/html", "<html>")


async def test_unknown_paths_and_methods_are_refused_in_the_same_shape(clock: SimClock) -> None:
    async with enapter(clock) as client:
        assert await client.refused("/v3/nowhere") == (404, "not_found")
        assert await client.refused("/api/v3/sites") == (404, "not_found")
        assert await client.refused("/v3/site") == (404, "not_found")
        response, text = await client.ask("DELETE", "/v3/sites")
        assert (response.status, code(text)) == (405, "method_not_allowed")


async def test_servers_stumble(clock: SimClock) -> None:
    async with enapter(clock) as client:
        client.simulator.faults.add(INTERNAL_ERROR, times=1)
        assert await client.refused("/v3/sites") == (500, "internal_error")
        client.simulator.faults.add(HtmlPage(500), times=1)
        response, text = await client.ask("GET", "/v3/sites")
        assert (response.status, response.content_type, text[:6]) == (500, "text/html", "<html>")
        assert await client.get("/v3/sites")


async def test_plain_http_may_have_to_be_asked_for(clock: SimClock) -> None:
    async with enapter(clock, requires_allow_http=True) as client:
        assert await client.refused("/v3/sites") == (400, "https_required")
        assert (await client.ask("GET", "/v3/sites", headers={"X-Enapter-Allow-HTTP": "true"}))[0].status == 200


@pytest.mark.parametrize("form", ["absent", "seconds", "http_date"])
async def test_the_rate_limit(clock: SimClock, form: Any) -> None:
    async with enapter(clock, rate_limit=2, rate_window_s=60, retry_after=form) as client:
        clock.advance(timedelta(seconds=20))
        for _ in range(2):
            assert await client.get("/v3/sites")
        response, text = await client.ask("GET", "/v3/sites")
        assert (response.status, code(text)) == (429, "too_many_requests")
        told = {"absent": None, "seconds": "40", "http_date": format_datetime(NOON + timedelta(minutes=1), usegmt=True)}
        assert response.headers.get("Retry-After") == told[form]
        assert await client.get("/v3/sites", token=READ_ONLY_TOKEN), "each token has its own"
        clock.set(NOON + timedelta(minutes=1))
        assert await client.get("/v3/sites")


async def test_there_is_no_rate_limit_that_is_not_wanted(clock: SimClock) -> None:
    async with enapter(clock) as client:
        for _ in range(200):
            assert (await client.ask("GET", "/v3/sites"))[0].status == 200


async def test_roles_are_told(clock: SimClock) -> None:
    async with enapter(clock) as client:
        for token, role in ((TOKEN, "OWNER"), (READ_ONLY_TOKEN, "READONLY")):
            assert (await client.get(f"/v3/sites/{HOME}", token=token))["site"]["authorized_role"] == role
            assert (await client.device(BATTERY, token=token))["authorized_role"] == role
    async with enapter(clock, read_only_role="READ_ONLY") as client:
        assert (await client.device(BATTERY, token=READ_ONLY_TOKEN))["authorized_role"] == "READ_ONLY"


async def test_roles_hide_attributes(clock: SimClock) -> None:
    names = ("status", "production_rate", "service_counter")
    seen = {"READONLY": 1, "USER": 1, "OWNER": 2, "INSTALLER": 3, "VENDOR": 3}
    async with enapter(clock) as client:
        for role, count in seen.items():
            client.simulator.set_role(TOKEN, role)  # type: ignore[arg-type]
            entries = await client.latest(ELECTROLYSER, *names)
            assert ["timestamp" in entries[name] for name in names] == [index < count for index in range(3)]
            manifest = (await client.device(ELECTROLYSER, "manifest"))["manifest"]
            assert set(names) <= manifest["telemetry"].keys()


async def test_manifests_may_hide_attributes_too(clock: SimClock) -> None:
    async with enapter(clock, hidden_attributes="undeclared") as client:
        for token, hidden in ((TOKEN, {"service_counter"}), (READ_ONLY_TOKEN, {"service_counter", "production_rate"})):
            manifest = (await client.get(f"/v3/devices/{ELECTROLYSER}/manifest", token=token))["manifest"]
            assert client.simulator.devices[ELECTROLYSER].channels.keys() - manifest["telemetry"].keys() == hidden
