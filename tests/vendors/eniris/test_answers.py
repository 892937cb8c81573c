"""Answers that no document describes: whatever they are, they bring good samples or one of the five errors."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
import json
import re
from typing import Any, cast
from unittest.mock import patch

import aiohttp
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_clouds.vendors.base import Connection
from custom_components.energy_clouds.vendors.budget import Budget, Limit
from custom_components.energy_clouds.vendors.eniris import Eniris
from custom_components.energy_clouds.vendors.http import Answer, Http
from custom_components.energy_clouds.vendors.model import Inventory
from custom_components.energy_clouds.vendors.tokens import Vault
from tests.simulators import faults
from tests.vendors.test_tokens import jwt

from .client import Client
from .conftest import START, Bench, MakeBench, added

STAMP = START.isoformat()
MS = START.timestamp() * 1000
TAGS = {"nodeId": "a", "gatewayMAC": "b"}
SERIES = {
    "database": "db",
    "retentionPolicy": "rp_one_m",
    "measurement": "m",
    "fields": ["actualPowerTot_W", "importedAbsEnergyTot_Wh", "childrenConsumedEnergyDeltaTot_Wh", "status", "on"],
    "tags": TAGS,
}
PROPERTIES = {
    "nodeId": "a",
    "name": "Meter",
    "nodeType": "powerMeter",
    "nodeParentsIds": ["site"],
    "info": {
        "manufacturer": "x",
        "model": "y",
        "serialNumber": "z",
        "protocolDriverParameters": {"firmwareVersion": "1"},
    },
    "nodeInfluxSeries": [SERIES],
    "isActive": True,
}
DEVICE = {"id": 37142, "lastUpdate": "2026-04-28T10:39:37Z", "properties": PROPERTIES, "userRights": {}}
SITE = {"id": 2, "lastUpdate": "x", "properties": {"nodeId": "site", "nodeType": "smartgridControllerSite"}}
ROWS = {
    "name": "m",
    "tags": TAGS,
    "columns": ["time", *cast("list[str]", SERIES["fields"])],
    "values": [[STAMP, 5.0, 6.0, 7, "ok", True], [MS - 60_000, 4.0, 5, 6, "no", False]],
}
ITEM = {"statement_id": 0, "series": [ROWS]}

NAMES = [
    "",
    ".",
    "..",
    "a",
    "site",
    "a/b?c#d",
    "{id}",
    "\u202eevil",
    "\ud800",
    "\udc00\ud800",
    "\x00",
    "x" * 300,
    "ä",
    "Ω",
]
NAMES += [
    "getMeasStats",
    "rp_ten_m",
    "sum_x_Wh",
    "actualPowerTot_W",
    "status",
    "Unauthorized",
    "time",
    "_",
    "_W",
    "2FA",
]
TIMES = [
    STAMP,
    MS,
    MS / 1000,
    "2026-11-17T10:00:00.123456789Z",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
]
TIMES += [1e300, -1e300, 0, "1e999", "nan", "soon"]

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
numbers |= st.sampled_from([10**30, 10**400, -(10**400), 1e308, -0.0, 2**63, 2**64])
leaves = st.none() | st.booleans() | numbers | st.sampled_from([*NAMES, *TIMES]) | st.text(st.characters(), max_size=20)
KEYS = [*DEVICE, *PROPERTIES, *SERIES, *ROWS, *ITEM, "device", "error", "namespace", "version", "refreshToken", "token"]
KEYS += ["accessToken", "statusCode", "message", "userId", "maximumCapacity", "partialToken", "retryAfter"]
near_misses = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=6),
    max_leaves=20,
)


def mutated(usual: Any) -> st.SearchStrategy[Any]:
    """What is usual, and here and there in it something else."""
    if isinstance(usual, dict):
        inner: st.SearchStrategy[Any] = st.fixed_dictionaries({key: mutated(value) for key, value in usual.items()})
    elif isinstance(usual, list):
        inner = st.tuples(*map(mutated, usual)).map(list) | st.lists(st.sampled_from(usual or [None]), max_size=4)
    else:
        inner = st.just(usual)
    return st.integers(0, 9).flatmap(lambda chance: near_misses if chance == 9 else inner)


def endpoint(usual: Any) -> st.SearchStrategy[tuple[int, bytes]]:
    documents = (mutated(usual) | near_misses).map(lambda body: json.dumps(body).encode())
    odd = st.binary() | st.sampled_from([b"", b"[1e999]", b"[" * 5000, b'{"device":' * 5000, b"NaN", b'"\\ud800"'])
    statuses = st.sampled_from([200, 200, 200, 201, 204, 400, 401, 403, 404, 409, 418, 422])
    return st.integers(0, 3).flatmap(
        lambda chance: (
            st.tuples(statuses, documents | odd)
            if chance == 3
            else mutated(usual).map(lambda body: (200, json.dumps(body).encode()))
        )
    )


refusal = {"statusCode": 401, "error": "Unauthorized", "message": "2FA_REQUIRED"}
tokens = {"accessToken": jwt(exp=START.timestamp() + 300), "refreshToken": "opaque", "sudoToken": "x"}
services = st.fixed_dictionaries(
    {
        "auth/login": st.just((200, b"opaque")) | endpoint({"refreshToken": jwt(exp=MS / 1000 + 10**6)}),
        "auth/accesstoken": st.just((200, b"access")) | endpoint(refusal) | endpoint(jwt(exp=MS / 1000 + 300)),
        "auth/refreshtoken": endpoint("new"),
        "validate": endpoint({"userId": 7}),
        "/authenticate": endpoint(tokens),
        "/challenge": endpoint({}),
        "device/query": endpoint({"device": [DEVICE, SITE]}),
        "telemetry/query": endpoint([ITEM]),
    }
)

type Service = Mapping[str, tuple[int, bytes]]


def client_of(code: str | None) -> Client:
    """A vendor whose requests are answered without a network."""
    connection = Connection(
        credentials={"username": "me", "password": "secret"} | ({} if code is None else {"code": code}),
        session=cast("aiohttp.ClientSession", None),
        budget=Budget(Limit(requests=10**6, window=timedelta(hours=1))),
        login_budget=Budget(Limit(requests=10**6, window=timedelta(hours=1))),
        vault=Vault(),
        user_agent="tests",
        now=lambda: START,
    )
    return Client(Eniris(connection, Inventory()), lambda: START)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(service=services, code=st.sampled_from([None, "", "123456", "QX7B2M9KD4R6T1ZA"]))
def test_whatever_a_service_answers_is_a_good_sample_or_one_of_the_five_errors(
    service: Service, code: str | None
) -> None:
    async def request(self: Http, method: str, path: str, **more: Any) -> Answer:
        if isinstance(more.get("json"), dict | list):
            # All that is sent can be sent.
            import msgspec

            msgspec.json.encode(more["json"])
        status, body = next(answer for end, answer in reversed(list(service.items())) if path.endswith(end))
        return Answer(endpoint=f"{method} /{path}", status=status, body=body)

    with patch.object(Http, "request", request):
        asyncio.run(client_of(code).live_a_while(2))


def deep(opening: bytes, closing: bytes, depth: int) -> bytes:
    return opening * depth + b"1" + closing * depth


def with_series(**changed: object) -> bytes:
    return json.dumps(
        {"device": [DEVICE | {"properties": PROPERTIES | {"nodeInfluxSeries": [SERIES | changed]}}]}
    ).encode()


HOSTILE = [
    b"null",
    b"7",
    b"{}",
    b"[[]]",
    b"[1e999]",
    b"9" * 5000,
    b"\xff\xfe",
    b'"\\ud800"',
    b"{" * 100_000,
    deep(b"[", b"]", 500),
    deep(b'{"device":', b"}", 500),
    deep(b'[{"series":', b"}]", 300),
    with_series(database=None, namespace={"version": 10**40}),
    with_series(database=None, namespace={"version": "\ud800"}),
    with_series(database=10**30, retentionPolicy="\udc00"),
    with_series(tags={"nodeId": 10**400}),
    with_series(tags={"nodeId": 1e308, "\ud800": "x", "": ""}),
    with_series(fields=["x" * 10_000, "\ud800", "a" * 200]),
    with_series(measurement="m" * 200),
    json.dumps([{"statement_id": 10**30, "series": [ROWS]}]).encode(),
    json.dumps([{"series": [ROWS | {"columns": ["time"] * 7}]}] * 20).encode(),
    *(json.dumps([{"series": [ROWS | {"values": [[time, 10**400, 1e308]]}]}]).encode() for time in TIMES),
    json.dumps({"refreshToken": "x\r\ny: z", "accessToken": "\x00"}).encode(),
    json.dumps({"refreshToken": jwt(exp=10**400), "accessToken": jwt(exp="never")}).encode(),
    jwt(exp=-(10**400)).encode(),
    b"a" * 100_000,
]


@pytest.mark.parametrize("endpoint", ["/auth/login", "/auth/", "/user/", "/v1/device", "/v1/telemetry", ""])
async def test_hostile_bodies_over_http(make_bench: MakeBench, endpoint: str) -> None:
    factor = "json_object" if endpoint == "/user/" else None
    bench: Bench = await make_bench(meters=1, two_factor=factor, code="492039")
    client = Client(bench.vendor, bench.clock)
    await client.live_a_while(1)
    for status, body in [(200, body) for body in HOSTILE] + [(code, HOSTILE[-1]) for code in (400, 401, 403, 422)]:
        fault = bench.simulator.faults.add(faults.Status(status, body), re.compile(endpoint))
        # By then the access token has expired, and no wait is running any more.
        bench.clock.advance(timedelta(hours=26))
        await client.live_a_while(1)
        bench.simulator.faults.remove(fault)
    # And when it is over, all is as it was.
    bench.clock.advance(timedelta(hours=26))
    bench = await added(await make_bench(meters=1)) if factor else bench
    client = Client(bench.restarted(Inventory()), bench.clock)
    await client.live_a_while(1)
    assert len(client.inventory.points) == 18
