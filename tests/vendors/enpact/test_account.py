"""The account: proven with one request, and every way a key or an address can be wrong."""

from dataclasses import replace

import pytest

from custom_components.energy_clouds.vendors.enpact import Enpact
from custom_components.energy_clouds.vendors.errors import (
    InvalidAddress,
    InvalidCredentials,
    UnexpectedAnswer,
)
from custom_components.energy_clouds.vendors.model import (
    Inventory,
)
from tests.simulators.enpact import EXPIRED_KEY, PRODUCTION_KEY, REVOKED_KEY, SANDBOX_KEY, EnpactSimulator

from .conftest import Bench, MakeBench


async def test_login_takes_one_request_and_names_the_account_without_the_key(bench: Bench) -> None:
    account = await bench.vendor.login()
    assert [request.path for request in bench.simulator.requests] == ["/api/v1/devices"]
    assert (len(account.id), account.title, account.named) == (16, "Enpact", False)
    assert account.id not in PRODUCTION_KEY
    assert bench.simulator.requests[0].headers["user-agent"] == "EnergyClouds/0 tests"


async def test_sandbox_account_says_so(make_bench: MakeBench) -> None:
    bench = await make_bench(
        lambda clock: EnpactSimulator("sandbox", clock=clock), key=SANDBOX_KEY, environment="sandbox"
    )
    account = await bench.vendor.login()
    assert account.title == "Enpact sandbox"
    assert bench.budget.allowed == 24


@pytest.mark.parametrize(
    ("key", "reason", "field"),
    [
        ("", "invalid_auth", None),
        ("short", "invalid_auth", None),
        ("x" * 64, "invalid_auth", None),
        (EXPIRED_KEY, "invalid_auth", None),
        (REVOKED_KEY, "invalid_auth", None),
        (SANDBOX_KEY, "wrong_environment", "environment"),
    ],
    ids=["empty", "short", "unknown", "expired", "revoked", "of the sandbox"],
)
async def test_bad_key_is_refused_at_once(make_bench: MakeBench, key: str, reason: str, field: str | None) -> None:
    bench = await make_bench(key=key)
    with pytest.raises(InvalidCredentials) as refusal:
        await bench.vendor.login()
    assert (refusal.value.reason, refusal.value.field) == (reason, field)
    assert len(bench.simulator.requests) == 1
    assert not key or key not in str(refusal.value)


async def test_production_key_in_the_sandbox(make_bench: MakeBench) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator("sandbox", clock=clock), environment="sandbox")
    with pytest.raises(InvalidCredentials) as refusal:
        await bench.vendor.login()
    assert refusal.value.reason == "wrong_environment"


async def test_spaces_around_the_key_do_not_matter(make_bench: MakeBench) -> None:
    bench = await make_bench(key=f" {PRODUCTION_KEY}\n")
    await bench.vendor.login()


@pytest.mark.parametrize("key", ["two\nlines", "kéy" * 21])
async def test_key_that_cannot_be_a_header_is_refused_without_a_request(make_bench: MakeBench, key: str) -> None:
    bench = await make_bench(key=key)
    with pytest.raises(InvalidCredentials):
        await bench.vendor.login()
    assert bench.simulator.requests == []


@pytest.mark.parametrize(
    ("pasted", "path"),
    [
        ("{url}", "/api/v1/devices"),
        ("{url}/", "/api/v1/devices"),
        ("{url}/api/v1", "/api/v1/devices"),
        ("{url}/api/v1/devices?x=1#y", "/api/v1/devices"),
        ("{url}/api-docs", "/api/v1/devices"),
        ("{url}/proxy/api/v1/", "/proxy/api/v1/devices"),
    ],
)
async def test_address_may_be_pasted_in_any_form(bench: Bench, pasted: str, path: str) -> None:
    credentials = dict(bench.connection.credentials) | {"url": pasted.format(url=bench.server.url)}
    connection = replace(bench.connection, credentials=credentials)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.simulator, "limiter", bench.simulator.limiter)
        try:
            await Enpact(connection, Inventory()).login()
        except UnexpectedAnswer:
            assert path.startswith("/proxy")
    assert bench.simulator.requests[-1].path == path


@pytest.mark.parametrize("url", ["ftp://host", "https://", "http://user:secret@host", "http://host:99999", "https://["])
def test_what_is_no_address_is_said_so(bench: Bench, url: str) -> None:
    credentials = dict(bench.connection.credentials) | {"url": url}
    connection = replace(bench.connection, credentials=credentials)
    with pytest.raises(InvalidAddress) as refusal:
        Enpact(connection, Inventory())
    assert "secret" not in str(refusal.value)


def test_documented_bases_are_used_without_an_address(bench: Bench) -> None:
    for environment, host in (("production", "api.enpact.iote.uk"), ("sandbox", "sandbox-api.enpact.iote.uk")):
        credentials = {"api_key": "x", "environment": environment}
        connection = replace(bench.connection, credentials=credentials)
        vendor = Enpact(connection, Inventory())
        assert str(vendor._http._base) == f"https://{host}/api/v1"
