"""Enpact's contract: keys, limits, validation and rights, with the bodies of its documents byte for byte."""

from datetime import datetime, timedelta
import json
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enpact import (
    EXPIRED_KEY,
    PRODUCTION_KEY,
    REVOKED_KEY,
    SANDBOX_KEY,
    ApiKey,
    EnpactSimulator,
    EnpactSwitches,
)

from .conftest import NOON, Client, Connect

STAMP = "2026-06-17T11:30:00Z"
DEVICE, METER = "esl-nt3-5555A1B2C3D4", "meter-building-a-001"


def same(text: str, documented: str) -> bool:
    """Say whether a body is the documented one, keys in the same order, but for the document's indentation."""
    return text == json.dumps(json.loads(documented), separators=(",", ":"))


MISSING_KEY = '{"error": "Unauthorized", "message": "API key is required. Please include X-API-Key header."}'
WRONG_FORMAT = """{"error": "Unauthorized",
    "message": "Invalid API key format. API key must be 64 characters long."}"""
INVALID_KEY = '{"error": "Unauthorized", "message": "Invalid or expired API key."}'


@pytest.mark.parametrize(
    ("key", "documented"),
    [
        (None, MISSING_KEY),
        ("short", WRONG_FORMAT),
        (PRODUCTION_KEY[:63], WRONG_FORMAT),
        (PRODUCTION_KEY + "x", WRONG_FORMAT),
        ("u" * 64, INVALID_KEY),
        (EXPIRED_KEY, INVALID_KEY),
        (REVOKED_KEY, INVALID_KEY),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/devices"), ("GET", "/meters"), ("POST", "/query")])
async def test_bad_keys_are_401(enpact: Client, key: str | None, documented: str, method: str, path: str) -> None:
    response, text = await enpact.ask(method, path, key=key)
    assert response.status == 401
    assert same(text, documented)


async def test_63_characters_are_let_in_by_a_switch(connect: Connect) -> None:
    key = "k" * 63
    client = await connect(keys={key: ApiKey("production")}, switches=EnpactSwitches(accept_63_characters=True))
    assert (await client.ask("GET", "/meters", key=key))[0].status == 200


@pytest.mark.parametrize(
    ("environment", "key", "documented"),
    [
        (
            "production",
            SANDBOX_KEY,
            """{"error": "Forbidden", "message": "Sandbox API keys cannot access production environment. Please use a production API key or switch to sandbox endpoints."}""",  # noqa: E501
        ),
        (
            "sandbox",
            PRODUCTION_KEY,
            """{"error": "Forbidden", "message": "Production API keys cannot access sandbox environment. Please use a sandbox API key or switch to production endpoints."}""",  # noqa: E501
        ),
    ],
)
async def test_the_other_environments_key_is_403(connect: Connect, environment: str, key: str, documented: str) -> None:
    response, text = await (await connect(environment)).ask("GET", "/devices", key=key)
    assert response.status == 403
    assert same(text, documented)


async def test_keys_expire_and_are_revoked_while_running(enpact: Client, clock: SimClock) -> None:
    simulator = enpact.simulator
    simulator.expire(PRODUCTION_KEY, NOON + timedelta(minutes=1))
    assert (await enpact.ask("GET", "/meters"))[0].status == 200
    clock.advance(timedelta(minutes=1))
    assert same((await enpact.ask("GET", "/meters"))[1], INVALID_KEY)
    simulator.keys["n" * 64] = ApiKey("production")
    assert (await enpact.ask("GET", "/meters", key="n" * 64))[0].status == 200
    simulator.revoke("n" * 64)
    assert same((await enpact.ask("GET", "/meters", key="n" * 64))[1], INVALID_KEY)


async def test_health_needs_no_key(enpact: Client) -> None:
    response, text = await enpact.ask("GET", "/health", key=None)
    assert response.status == 200
    assert same(text, '{"status": "ok", "timestamp": "2026-06-17T12:00:00+00:00"}')


@pytest.mark.parametrize(
    ("environment", "limit", "window", "seconds"), [("production", "300", "15m", 900), ("sandbox", "30", "1s", 1)]
)
async def test_every_answer_carries_the_limit(
    *, connect: Connect, clock: SimClock, environment: str, limit: str, window: str, seconds: int
) -> None:
    client = await connect(environment)
    clock.advance(timedelta(seconds=0.5))
    asks: list[tuple[str, str, str | None, int]] = [
        ("GET", "/devices", "", 200),
        ("GET", "/health", None, 200),
        ("GET", "/devices", None, 401),
        ("GET", "/meters/nobody/data?timestamp=" + STAMP, "", 403),
        ("POST", "/query", "", 400),
        ("GET", "/nowhere", "", 404),
        ("POST", "/devices", "", 405),
    ]
    for method, path, key, status in asks:
        response, _ = await client.ask(method, path, key=key)
        assert response.status == status
        assert response.headers["X-RateLimit-Limit"] == limit
        assert response.headers["X-RateLimit-Window"] == window
        assert response.headers["X-RateLimit-Reset"] == str(int(NOON.timestamp()) + seconds)
        assert 0 <= int(response.headers["X-RateLimit-Remaining"]) < int(limit)
        assert "Retry-After" not in response.headers


PRODUCTION_429 = """{"error": "Too Many Requests",
    "message": "Rate limit exceeded. Maximum 300 requests per 15 minutes.", "retry_after": 847}"""
SANDBOX_429 = """{"error": "Too Many Requests",
    "message": "Rate limit exceeded. Maximum 30 requests per second.", "retry_after": 1}"""
PRODUCTION_429_SCOPE = """{"error": "Too Many Requests",
    "message": "Rate limit exceeded. Maximum 300 requests per 15 minutes across all endpoints.", "retry_after": 847,
    "rate_limit_scope": "all_endpoints"}"""
SANDBOX_429_SCOPE = """{"error": "Too Many Requests",
    "message": "Rate limit exceeded. Maximum 30 requests per second across all endpoints.", "retry_after": 1,
    "rate_limit_scope": "all_endpoints"}"""


@pytest.mark.parametrize(
    ("environment", "limit", "scope", "documented"),
    [
        ("production", 300, False, PRODUCTION_429),
        ("production", 300, True, PRODUCTION_429_SCOPE),
        ("sandbox", 30, False, SANDBOX_429),
        ("sandbox", 30, True, SANDBOX_429_SCOPE),
    ],
)
async def test_the_limit_is_shared_by_all_endpoints_and_per_key(
    *, connect: Connect, clock: SimClock, environment: Any, limit: int, scope: bool, documented: str
) -> None:
    clock.set(NOON + timedelta(seconds=53))
    other = "o" * 64
    switches = EnpactSwitches(rate_limit_scope=scope, retry_after_header=scope)
    client = await connect(environment, switches=switches)
    client.simulator.keys[other] = ApiKey(environment)
    left = []
    for number in range(limit):
        response, _ = await client.ask("GET", ("/devices", "/meters")[number % 2])
        assert response.status == 200
        left.append(int(response.headers["X-RateLimit-Remaining"]))
    assert left == list(range(limit))[::-1]
    response, text = await client.ask("GET", "/devices")
    assert response.status == 429
    assert same(text, documented)
    assert response.headers["X-RateLimit-Remaining"] == "0"
    assert ("Retry-After" in response.headers) is scope
    assert (await client.ask("GET", "/devices", key=other))[0].status == 200
    clock.advance(timedelta(seconds=json.loads(text)["retry_after"]))
    assert (await client.ask("GET", "/devices"))[0].status == 200


INVALID = '{"error": "Bad Request", "message": "Invalid parameters.", "errors": %s}'
MISSING_FIELDS = INVALID % (
    '{"timestamp": ["The timestamp field is required."], "deviceIds": ["The device ids field is required."]}'
)
NO_TIMESTAMP = INVALID % '{"timestamp": ["The timestamp field is required."]}'
NO_IDS = INVALID % '{"deviceIds": ["The device ids field is required."]}'
WRONG_TIMESTAMP = INVALID % r'{"timestamp": ["The timestamp does not match the format Y-m-d\\TH:i:s\\Z."]}'
TOO_MANY = INVALID % '{"deviceIds": ["The device ids may not have more than 150 items."]}'
WRONG_AGGREGATION = INVALID % (
    """{"aggregation": ["The selected aggregation is invalid. Must be 'none' or '15min'."]}"""
)
OUT_OF_RANGE = '{"error": "Bad Request", "message": "Timestamp must be within the last 24 hours."}'

INVALID_BODIES: list[tuple[Any, str]] = [
    ({}, MISSING_FIELDS),
    ([], MISSING_FIELDS),
    ({"deviceIds": [DEVICE]}, NO_TIMESTAMP),
    ({"timestamp": STAMP}, NO_IDS),
    ({"timestamp": STAMP, "deviceIds": []}, NO_IDS),
    ({"timestamp": STAMP, "deviceIds": [DEVICE] * 151}, TOO_MANY),
    ({"timestamp": STAMP, "deviceIds": [DEVICE], "aggregation": "1h"}, WRONG_AGGREGATION),
    *(
        ({"timestamp": stamp, "deviceIds": [DEVICE]}, WRONG_TIMESTAMP)
        for stamp in (
            "2026-06-17T11:30:00",
            "2026-06-17 11:30:00Z",
            "2026-06-17T11:30:00.000Z",
            "2026-06-17T12:30:00+01:00",
            "2026-06-17T11:30:00 00:00",
            "2026-06-31T11:30:00Z",
            "2026-06-17",
            1750159800,
        )
    ),
]


@pytest.mark.parametrize("path", ["/devices/batch/data", "/query"])
@pytest.mark.parametrize(("body", "documented"), INVALID_BODIES)
@pytest.mark.parametrize("status", [400, 422])
async def test_invalid_parameters(connect: Connect, path: str, body: Any, documented: str, status: Any) -> None:
    client = await connect(switches=EnpactSwitches(validation_status=status))
    response, text = await client.ask("POST", path, json=body)
    assert response.status == status
    assert same(text, documented)


async def test_malformed_json_is_400(enpact: Client) -> None:
    response, text = await enpact.ask("POST", "/query", data="{")
    assert response.status == 400
    assert same(text, MISSING_FIELDS)


async def test_single_requests_are_validated_too(enpact: Client) -> None:
    for query, documented in (
        ("", NO_TIMESTAMP),
        ("?timestamp=2026-06-17T11:30:00+00:00", WRONG_TIMESTAMP),  # an unencoded plus is a space
        (f"?timestamp={STAMP}&aggregation=5min", WRONG_AGGREGATION),
    ):
        response, text = await enpact.ask("GET", f"/devices/{DEVICE}/data{query}")
        assert response.status == 400
        assert same(text, documented)
    assert (await enpact.ask("GET", f"/devices/{DEVICE}/data?timestamp=2026-06-17T11:30:00%2B00:00"))[0].status == 200


@pytest.mark.parametrize(("accepted", "zulu", "offset"), [("both", 200, 200), ("zulu", 200, 400), ("offset", 400, 200)])
async def test_accepted_time_suffixes(connect: Connect, accepted: Any, zulu: int, offset: int) -> None:
    client = await connect(switches=EnpactSwitches(timestamps=accepted))
    for suffix, status in (("Z", zulu), ("+00:00", offset)):
        body = {"deviceIds": [DEVICE], "timestamp": f"2026-06-17T11:30:00{suffix}"}
        response, text = await client.ask("POST", "/query", json=body)
        assert response.status == status
        assert status == 200 or same(text, WRONG_TIMESTAMP)


@pytest.mark.parametrize(
    ("start", "status"),
    [
        (NOON - timedelta(hours=24), 200),
        (NOON - timedelta(hours=24, seconds=1), 400),
        (NOON, 200),
        (NOON + timedelta(seconds=1), 400),
    ],
)
async def test_only_the_last_24_hours(connect: Connect, start: datetime, status: int) -> None:
    body = {"meterIds": [METER], "timestamp": start.strftime("%Y-%m-%dT%H:%M:%SZ")}
    response, text = await (await connect()).ask("POST", "/meters/batch/data", json=body)
    assert response.status == status
    assert status == 200 or same(text, OUT_OF_RANGE)
    free = await connect(switches=EnpactSwitches(day_limit=False))
    assert (await free.ask("POST", "/meters/batch/data", json=body))[0].status == 200


async def test_150_meters_are_carried_and_151_are_not(connect: Connect, clock: SimClock) -> None:
    client = await connect(EnpactSimulator.campus(1000, clock=clock))
    ids = (await client.get("/meters"))["meters"]
    assert len(ids) == 1000
    body = {"meterIds": ids[:150], "timestamp": STAMP}
    response, text = await client.ask("POST", "/meters/batch/data", json=body)
    assert response.status == 200
    assert list(json.loads(text)["data"]) == ids[:150]
    response, text = await client.ask("POST", "/meters/batch/data", json=body | {"meterIds": ids[:151]})
    assert response.status == 400
    assert same(text, INVALID % '{"meterIds": ["The meter ids may not have more than 150 items."]}')


@pytest.mark.parametrize(
    ("environment", "path", "field", "ids", "documented"),
    [
        (
            "production",
            "/devices/batch/data",
            "deviceIds",
            ["esl-nt3-unauthorized-device", DEVICE],
            """{"error": "Forbidden", "message": "Access denied for devices: esl-nt3-unauthorized-device",
            "unauthorized_devices": ["esl-nt3-unauthorized-device"]}""",
        ),
        (
            "production",
            "/meters/batch/data",
            "meterIds",
            [METER, "meter-unauthorized-001"],
            """{"error": "Forbidden", "message": "Access denied for meters: meter-unauthorized-001",
            "unauthorized_meters": ["meter-unauthorized-001"]}""",
        ),
        (
            "sandbox",
            "/query",
            "deviceIds",
            ["invalid-test-device"],
            """{"error": "Forbidden", "message": "Invalid sandbox test devices: invalid-test-device",
            "unauthorized_devices": ["invalid-test-device"], "allowed_devices": ["esl-nt3-test-device-001",
            "esl-nt3-test-device-002", "esl-nt3-test-device-003", "esl-nt3-test-device-004",
            "esl-nt3-test-device-005"]}""",
        ),
        (
            "sandbox",
            "/query",
            "deviceIds",
            ["esl-nt3-test-device-001", "custom-device-001"],
            """{"error": "Forbidden", "message": "Invalid sandbox test devices: custom-device-001",
            "unauthorized_devices": ["custom-device-001"], "allowed_devices": ["esl-nt3-test-device-001",
            "esl-nt3-test-device-002", "esl-nt3-test-device-003", "esl-nt3-test-device-004",
            "esl-nt3-test-device-005"]}""",
        ),
        (
            "sandbox",
            "/meters/batch/data",
            "meterIds",
            ["invalid-test-meter"],
            """{"error": "Forbidden", "message": "Invalid sandbox test meters: invalid-test-meter",
            "unauthorized_meters": ["invalid-test-meter"], "allowed_meters": ["meter-test-building-a-001",
            "meter-test-building-a-002", "meter-test-building-b-001"]}""",
        ),
    ],
)
async def test_one_foreign_id_forbids_the_whole_request(
    *, connect: Connect, environment: str, path: str, field: str, ids: list[str], documented: str
) -> None:
    response, text = await (await connect(environment)).ask("POST", path, json={field: ids, "timestamp": STAMP})
    assert response.status == 403
    assert same(text, documented)


async def test_whitelists_change_while_running(enpact: Client) -> None:
    enpact.simulator.whitelist(PRODUCTION_KEY, devices=["esl-nt3-5555C9D0E1F2"], meters=[METER])
    assert (await enpact.get("/devices"))["devices"] == ["esl-nt3-5555C9D0E1F2"]
    assert (await enpact.get("/meters"))["meters"] == [METER]
    body = {"deviceIds": [DEVICE, "esl-nt3-5555E5F6A7B8"], "timestamp": STAMP}
    response, text = await enpact.ask("POST", "/query", json=body)
    assert response.status == 403
    assert same(
        text,
        """{"error": "Forbidden", "message": "Access denied for devices: esl-nt3-5555A1B2C3D4, esl-nt3-5555E5F6A7B8",
        "unauthorized_devices": ["esl-nt3-5555A1B2C3D4", "esl-nt3-5555E5F6A7B8"]}""",
    )
    response, text = await enpact.ask("GET", "/meters/meter-building-c-001/data", params={"timestamp": STAMP})
    assert response.status == 403
    assert same(
        text,
        """{"error": "Forbidden", "message": "Access denied for meters: meter-building-c-001",
        "unauthorized_meters": ["meter-building-c-001"]}""",
    )
    enpact.simulator.whitelist(PRODUCTION_KEY)
    assert (await enpact.ask("POST", "/query", json=body))[0].status == 200


@pytest.mark.parametrize(
    ("environment", "ids"),
    [
        ("production", [METER, "meter-single-001"]),
        ("sandbox", [METER, "meter-single-001"]),
    ],
)
async def test_sandbox_and_production_ids_do_not_mix(connect: Connect, environment: str, ids: list[str]) -> None:
    client = await connect(environment)
    response, text = await client.ask("POST", "/meters/batch/data", json={"meterIds": ids, "timestamp": STAMP})
    assert response.status == 400
    assert same(
        text,
        """{"error": "Bad Request",
        "message": "Cannot mix sandbox test IDs with production device IDs in the same request.",
        "details": "Use either sandbox test IDs or production device IDs, not both."}""",
    )


def test_the_usual_keys_have_64_characters() -> None:
    assert {len(key) for key in (PRODUCTION_KEY, SANDBOX_KEY, EXPIRED_KEY, REVOKED_KEY)} == {64}
