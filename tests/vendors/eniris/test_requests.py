"""What is sent: what the service's schemas allow, to the right host, and never along a redirect."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
import re
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.base import FieldKind
from custom_components.energy_clouds.vendors.eniris import Eniris
from custom_components.energy_clouds.vendors.errors import InvalidAddress, VendorError
from custom_components.energy_clouds.vendors.model import Inventory
from tests.simulators import faults
from tests.simulators.eniris import LICENCE_KEY, PASSWORD, TOTP, USERNAME
from tests.simulators.server import Server

from .conftest import DEVICES, TELEMETRY, Bench, MakeBench, grant_of

LOGIN = "/auth/login"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


async def lived(bench: Bench) -> Bench:
    """An account that has done everything it can do."""
    await bench.vendor.login()
    await bench.discover()
    await bench.read()
    await bench.discover()
    await bench.poll(8 * 24 * 60)
    points = [point for point in bench.inventory.points if "Energy" in point.id.key][:4]
    async for _ in bench.vendor.history(points, bench.clock() - timedelta(hours=1), bench.clock()):
        pass
    return bench


async def test_every_request_is_as_the_documents_want_it(make_bench: MakeBench) -> None:
    bench = await lived(await make_bench())
    sent = {(one.method, one.path) for one in bench.simulator.requests}
    assert sent == {
        ("POST", LOGIN),
        ("GET", "/auth/accesstoken"),
        ("GET", "/auth/refreshtoken"),
        ("GET", "/auth/refreshtoken/validate"),
        ("POST", DEVICES),
        ("POST", TELEMETRY),
    }
    for one in bench.simulator.requests:
        assert one.status in (200, 204)
        assert one.query_string == ""
        assert one.headers["user-agent"] == "EnergyClouds/0 tests"
        assert one.headers["accept"] == "application/json, text/plain"
        assert ("authorization" in one.headers) is (one.path != LOGIN)
        if one.method == "POST":
            assert one.headers["content-type"] == "application/json"
        else:
            assert "content-type" not in one.headers
            assert one.body is None


async def test_bodies_have_the_documented_keys_only(make_bench: MakeBench) -> None:
    bench = await lived(await make_bench())
    for one in bench.simulator.requests:
        body: Any = one.body
        if one.path == LOGIN:
            assert body == {"username": USERNAME, "password": PASSWORD}
        elif one.path == DEVICES:
            assert body.keys() <= {"fields", "skipHash"}
            # Licence keys are nobody's business.
            assert LICENCE_KEY not in str(bench.vendor.last_answers())
        elif one.path == TELEMETRY:
            assert 1 <= len(body) <= 1000
            for query in body:
                assert query.keys() == {"select", "from", "where", "orderBy", "limit"}
                assert 1 <= len(query["select"]) <= 100
                # No function: the column of one is documented nowhere.
                assert all(isinstance(name, str) for name in query["select"])
                assert [time["operator"] for time in query["where"]["time"]] == [">=", "<"]
                assert all(INSTANT.fullmatch(time["value"]) for time in query["where"]["time"])
                assert query["where"]["tags"]["nodeId"]


@pytest.mark.parametrize("path", ["/auth/login", "/auth/accesstoken", DEVICES, TELEMETRY])
async def test_no_redirect_is_followed(bench: Bench, path: str) -> None:
    bench.restarted(credentials={**bench.connection.credentials, "password": PASSWORD})
    bench.simulator.faults.add(faults.Redirect("/elsewhere"), path)
    for action in (bench.vendor.login, bench.vendor.discover, bench.read):
        try:
            await action()
        except VendorError:
            continue
    assert bench.asked("elsewhere") == []


@pytest.mark.parametrize("key", ["url", "auth_url"])
@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("", None),
        ("api.partner.example", "https://api.partner.example"),
        ("http://api.partner.example/docs/", "https://api.partner.example"),
        (" https://API.partner.example:8443//x?y=1#z ", "https://api.partner.example:8443"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
    ],
)
async def test_nothing_is_sent_in_the_clear(bench: Bench, key: str, typed: str, base: str | None) -> None:
    vendor = bench.restarted(credentials={"username": USERNAME, key: typed})
    usual = {"url": "https://api.eniris.be", "auth_url": "https://authentication.eniris.be"}
    usual |= {key: base} if base else {}
    assert str(vendor._http._base) == usual["url"]
    assert str(vendor._auth_http._base) == str(vendor._login_http._base) == usual["auth_url"]


@pytest.mark.parametrize("typed", ["ftp://api.eniris.be", "https://me:secret@api.eniris.be", "https://", "a b"])
@pytest.mark.parametrize("key", ["url", "auth_url"])
async def test_what_is_no_address_is_said_so(bench: Bench, key: str, typed: str) -> None:
    connection = replace(bench.connection, credentials={"username": USERNAME, key: typed})
    with pytest.raises(InvalidAddress):
        Eniris(connection, Inventory())
    assert "secret" not in Eniris.credential_id(connection.credentials)


async def test_password_and_code_are_for_signing_in_only() -> None:
    fields = {one.key: one for one in Eniris.credential_fields}
    assert {key for key, one in fields.items() if not one.kept or one.on_demand} == {"password", "code"}
    assert (fields["password"].kind, fields["code"].kind) == (FieldKind.SECRET, FieldKind.CODE)


async def test_nothing_that_is_said_repeats_a_secret_or_the_vendors_words(make_bench: MakeBench) -> None:
    async def said_by(action: Callable[[], Awaitable[object]]) -> str:
        try:
            await action()
        except VendorError as error:
            return f"{error!r} {error} {error.__cause__!r} {error.__context__!r}"
        return ""

    bench = await make_bench(meters=1, code=TOTP)
    await bench.vendor.login()
    await bench.discover()
    await bench.read()
    spoken = 0
    for status in (200, 400, 401, 403, 404, 409, 422, 429, 500, 503):
        for path in ("/auth/", "/v1/"):
            words = " ".join([PASSWORD, TOTP, "hunter2", *bench.simulator.granted])
            body = {"statusCode": status, "error": words, "message": words, "retryAfter": 1}
            active = bench.simulator.faults.add(faults.Status(status, body), path)
            for action in (bench.vendor.login, bench.vendor.discover, bench.read):
                bench.clock.advance(timedelta(hours=2))
                text = await said_by(action)
                spoken += bool(text)
                assert not [one for one in words.split(" ") if len(one) > 5 and one in text]
            bench.simulator.faults.remove(active)
            bench.clock.advance(timedelta(hours=25))
            await said_by(bench.vendor.login)
    assert spoken > 30
    # What is kept for the diagnostics, of requests that went well, has none of it either.
    bench.restarted()
    await bench.vendor.login()
    await bench.discover()
    await bench.read()
    assert {f"POST {DEVICES}", f"POST {TELEMETRY}", f"POST {LOGIN}"} <= set(bench.vendor.last_answers())
    kept = b"".join(bench.vendor.last_answers().values())
    assert not [one for one in (PASSWORD, TOTP, "hunter2", *bench.simulator.granted) if one.encode() in kept]
    assert grant_of(bench).access.text not in f"{grant_of(bench)!r}"


async def test_no_token_is_ever_sent_to_the_other_host(make_bench: MakeBench) -> None:
    bench = await make_bench(meters=1)
    async with AsyncExitStack() as stack:
        urls: dict[str, str] = {}
        for key, host in (("auth_url", bench.simulator.authentication), ("url", bench.simulator.api)):
            server = Server(host)
            await server.start()
            stack.push_async_callback(server.stop)
            urls[key] = server.url
        bench.restarted(credentials={**bench.connection.credentials, **urls})
        await bench.vendor.login()
        await bench.discover()
        for _ in range(4):
            assert (await bench.poll(4 * 24 * 60)).samples
        bench.simulator.revoke_access_tokens()
        assert (await bench.poll()).samples
        points = bench.inventory.points
        async for _ in bench.vendor.history(points, bench.clock() - timedelta(hours=1), bench.clock()):
            pass
    kinds: dict[str, set[str | None]] = {url: set() for url in urls.values()}
    for one in bench.simulator.requests:
        token = one.headers.get("authorization", "").removeprefix("Bearer ")
        kinds[f"http://{one.headers['host']}"].add(bench.simulator.tokens.kind(token) if token else None)
        assert PASSWORD not in str(one.body) or f"http://{one.headers['host']}" == urls["auth_url"]
        assert one.path.startswith("/v1/") is (f"http://{one.headers['host']}" == urls["url"])
        assert one.status in (200, 401)
    assert kinds == {urls["auth_url"]: {None, "refresh"}, urls["url"]: {"access"}}
