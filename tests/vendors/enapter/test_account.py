"""The account: which address a person may type, how the token is proven, and what the account is called."""

from dataclasses import replace
from datetime import timedelta
import hashlib
import re
import socket

import aiohttp
import pytest

from custom_components.energy_clouds.vendors.enapter import Enapter
from custom_components.energy_clouds.vendors.enapter.addresses import place_of
from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    InvalidAddress,
    InvalidCredentials,
    RateLimited,
    VendorError,
)
from custom_components.energy_clouds.vendors.model import Inventory
from tests.simulators import faults
from tests.simulators.enapter import EXPIRED_TOKEN, HOME, READ_ONLY_TOKEN, TOKEN, running_tls, trusting

from .conftest import Bench, MakeBench

CLOUD_ID = hashlib.sha256(TOKEN.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("https://api.enapter.com", "https://api.enapter.com"),
        ("http://api.enapter.com", "https://api.enapter.com"),
        ("api.enapter.com", "https://api.enapter.com"),
        (" https://API.enapter.com/v3/devices?expand=site ", "https://api.enapter.com"),
        ("https://api.enapter.com/api", "https://api.enapter.com"),
        ("https://cloud.enapter.com/sites/1", "https://api.enapter.com"),
        ("enapter.com", "https://api.enapter.com"),
        ("", "https://api.enapter.com"),
    ],
)
def test_cloud_in_any_spelling(typed: str, base: str) -> None:
    place = place_of(typed)
    assert ([str(one).rstrip("/") for one in place.bases], place.is_gateway) == ([base], False)
    assert Enapter.service({"url": typed}) == place.bases[0]


@pytest.mark.parametrize(
    ("typed", "bases"),
    [
        ("192.168.10.22", ["https://192.168.10.22/api", "http://192.168.10.22/api"]),
        ("192.168.10.22:8443", ["https://192.168.10.22:8443/api", "http://192.168.10.22:8443/api"]),
        (" enapter-gateway.local ", ["https://enapter-gateway.local/api", "http://enapter-gateway.local/api"]),
        ("enapter-gateway/api/", ["https://enapter-gateway/api", "http://enapter-gateway/api"]),
        ("http://192.168.10.22", ["http://192.168.10.22/api"]),
        ("https://192.168.10.22/", ["https://192.168.10.22/api"]),
        ("http://192.168.10.22/api", ["http://192.168.10.22/api"]),
        ("http://192.168.10.22/api/v3/devices?x=1#y", ["http://192.168.10.22/api"]),
        ("https://192.168.10.22/settings/token", ["https://192.168.10.22/api"]),
        ("https://home.example/enapter/api/v3", ["https://home.example/enapter/api"]),
        ("https://enapter.com.example", ["https://enapter.com.example/api"]),
        ("http://[fd00::1]", ["http://[fd00::1]/api"]),
    ],
)
def test_gateway_in_any_spelling(typed: str, bases: list[str]) -> None:
    place = place_of(typed)
    assert ([str(one) for one in place.bases], place.is_gateway, place.is_open) == (bases, True, len(bases) > 1)
    # What is kept once it answered is read the same way.
    for base in bases:
        assert place_of(base).bases == (place_of(base).bases[0],)
        assert str(place_of(base).bases[0]) == base


@pytest.mark.parametrize(
    ("typed", "base"), [("http://127.0.0.1:1/v3", "http://127.0.0.1:1"), ("https://x.y/a/v3/z", "https://x.y/a")]
)
def test_address_that_is_laid_out_like_the_cloud_is_one(typed: str, base: str) -> None:
    place = place_of(typed)
    assert ([str(one).rstrip("/") for one in place.bases], place.is_gateway) == ([base], False)


@pytest.mark.parametrize(
    "typed", ["ftp://192.168.10.22", "https://me:secret@192.168.10.22", "https://", "192.168.10.22:x", "a b"]
)
def test_what_is_no_address_is_said_so(bench: Bench, typed: str) -> None:
    connection = replace(bench.connection, credentials={**bench.connection.credentials, "url": typed})
    with pytest.raises(InvalidAddress):
        Enapter(connection, Inventory())
    assert Enapter.credential_id(connection.credentials)


async def test_one_request_proves_a_token_of_the_cloud(bench: Bench) -> None:
    account = await bench.vendor.login()
    assert bench.asked() == ["GET /v3/sites"]
    assert (account.id, account.title, account.named, account.address) == (CLOUD_ID, "Enapter", False, None)
    assert TOKEN not in repr(account)


async def test_account_of_a_gateway_is_its_site(make_bench: MakeBench) -> None:
    bench = await make_bench(gateway=True)
    account = await bench.vendor.login()
    assert bench.asked() == ["GET /api/v3/site"]
    assert (account.id, account.title, account.named) == (f"gateway_{HOME}", "Enapter Home", True)
    # The address was whole: nothing else is to be kept.
    assert account.address is None


@pytest.mark.parametrize(
    ("sites", "asked"),
    [
        ("both", ["/site"]),
        ("site", ["/site"]),
        ("list", ["/site", "/sites"]),
        ("none", ["/site", "/sites", "/devices"]),
    ],
)
async def test_gateway_that_does_not_tell_its_site(make_bench: MakeBench, sites: str, asked: list[str]) -> None:
    bench = await make_bench(gateway=True, gateway_sites=sites)
    account = await bench.vendor.login()
    assert (account.id, account.named) == (f"gateway_{HOME}", True)
    assert bench.asked() == [f"GET /api/v3{one}" for one in asked]


async def test_headers(make_bench: MakeBench) -> None:
    bench = await make_bench(requires_allow_http=True)
    await bench.vendor.login()
    headers = bench.simulator.requests[0].headers
    assert (headers["x-enapter-auth-token"], headers["x-enapter-allow-http"]) == (TOKEN, "true")
    assert "authorization" not in headers
    assert Enapter(replace(bench.connection, credentials={"token": TOKEN}), Inventory())._http._headers.keys() == {
        "X-Enapter-Auth-Token", "Accept", "User-Agent",
    }  # fmt: skip


# Where a gateway is


async def test_gateway_without_a_scheme_is_found_over_https(make_bench: MakeBench) -> None:
    bench = await make_bench(gateway=True)
    async with (
        running_tls(bench.simulator) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting())) as session,
    ):
        typed = server.url.removeprefix("https://")
        bench.restarted(credentials={"url": typed, "token": TOKEN}, session=session)
        account = await bench.vendor.login()
        assert account.address == f"{server.url}/api"
        assert (await bench.discover()).devices


async def test_gateway_without_a_scheme_is_found_over_http(make_bench: MakeBench) -> None:
    bench = await make_bench(gateway=True, address=lambda url: url.removeprefix("http://"))
    account = await bench.vendor.login()
    assert account.address == f"{bench.server.url}/api"
    assert (await bench.discover()).devices
    # And that is where it is from then on.
    bench.restarted(credentials={"url": account.address, "token": TOKEN})
    assert (await bench.read()).samples


@pytest.mark.parametrize("scheme", ["", "https://"])
async def test_certificate_that_proves_nothing_sends_no_token_in_the_clear(make_bench: MakeBench, scheme: str) -> None:
    bench = await make_bench(gateway=True)
    async with running_tls(bench.simulator) as server:
        bench.restarted(credentials={"url": server.url.replace("https://", scheme), "token": TOKEN})
        with pytest.raises(InvalidCredentials) as refusal:
            await bench.vendor.login()
        assert (refusal.value.reason, refusal.value.field) == ("untrusted_certificate", "verify_ssl")
        assert bench.asked() == []
        # A session that does not verify is the flow's to make.
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session:
            bench.restarted(session=session)
            assert (await bench.vendor.login()).named


async def test_nobody_there(make_bench: MakeBench) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        for typed in (f"127.0.0.1:{port}", f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port}/v3"):
            bench = await make_bench(address=lambda _, typed=typed: typed)
            with pytest.raises(CannotConnect):
                await bench.vendor.login()


@pytest.mark.parametrize(
    "fault",
    [
        faults.HtmlPage(200),
        faults.HtmlPage(404),
        faults.Answer({"status": "ok"}),
        faults.Answer([]),
        faults.EmptyBody(),
        faults.Status(404, {"detail": "Not found."}),
        faults.Redirect("https://elsewhere.example/"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("gateway", [False, True], ids=["cloud", "gateway"])
async def test_address_at_which_something_else_answers(
    make_bench: MakeBench, fault: faults.Fault, gateway: bool
) -> None:
    bench = await make_bench(gateway=gateway)
    bench.simulator.faults.add(fault, re.compile(""))
    with pytest.raises(InvalidCredentials) as refusal:
        await bench.vendor.login()
    assert (refusal.value.reason, refusal.value.field) == ("invalid_url", "url")


# Tokens


@pytest.mark.parametrize("gateway", [False, True], ids=["cloud", "gateway"])
@pytest.mark.parametrize("token", ["wrong", EXPIRED_TOKEN])
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", ["documented", "no_code", "empty_code", "empty_errors", "empty", "text"])
async def test_token_that_is_not_accepted(
    make_bench: MakeBench, gateway: bool, token: str, status: int, body: str
) -> None:
    bench = await make_bench(gateway=gateway, token=token, bad_token_status=status, error_body=body)
    with pytest.raises(InvalidCredentials) as refusal:
        await bench.vendor.login()
    assert (refusal.value.reason, refusal.value.field) == ("invalid_auth", None)
    assert token not in str(refusal.value)


@pytest.mark.parametrize("gateway", [False, True], ids=["cloud", "gateway"])
@pytest.mark.parametrize("status", [401, 403])
async def test_page_of_somebody_in_between_says_nothing_of_the_token(
    make_bench: MakeBench, gateway: bool, status: int
) -> None:
    bench = await make_bench(gateway=gateway)
    for page in (faults.HtmlPage(status), faults.HtmlPage(status, "\n<!DOCTYPE html>Sign in first")):
        bench.simulator.faults.add(page, re.compile(""))
        with pytest.raises(CannotConnect):
            await bench.vendor.login()
        bench.simulator.faults.clear()
    assert await bench.vendor.login()


@pytest.mark.parametrize("token", ["", "two words", "tök", "a\nb"])
async def test_token_that_cannot_be_one_is_not_sent(make_bench: MakeBench, token: str) -> None:
    bench = await make_bench(token=token)
    with pytest.raises(InvalidCredentials):
        await bench.vendor.login()
    assert bench.asked() == []


async def test_token_is_pasted_with_space_around_it(make_bench: MakeBench) -> None:
    bench = await make_bench(token=f" {TOKEN}\n")
    assert (await bench.vendor.login()).id == CLOUD_ID


async def test_token_that_may_not_list_sites_is_good_all_the_same(bench: Bench) -> None:
    bench.simulator.faults.add(faults.Status(403), re.compile("/sites$"))
    assert (await bench.vendor.login()).id == CLOUD_ID
    inventory = await bench.discover()
    assert inventory.sites == ()
    assert inventory.devices


async def test_token_that_only_reads(make_bench: MakeBench) -> None:
    for role in ("READONLY", "READ_ONLY"):
        bench = await make_bench(token=READ_ONLY_TOKEN, read_only_role=role)
        await bench.vendor.login()
        assert (await bench.discover()).devices
        assert (await bench.read()).samples


@pytest.mark.parametrize("fault", [faults.HtmlPage(502), faults.Status(500), faults.ConnectionReset()], ids=repr)
async def test_service_that_stumbles_says_nothing_of_the_token(bench: Bench, fault: faults.Fault) -> None:
    bench.simulator.faults.add(fault, "/v3/sites")
    with pytest.raises(CannotConnect):
        await bench.vendor.login()


@pytest.mark.parametrize("retry_after", ["absent", "seconds", "http_date"])
async def test_limit_is_waited_for(make_bench: MakeBench, retry_after: str) -> None:
    bench = await make_bench(rate_limit=1, rate_window_s=120, retry_after=retry_after)
    await bench.vendor.login()
    with pytest.raises(RateLimited) as refusal:
        await bench.vendor.login()
    sent = len(bench.simulator.requests)
    with pytest.raises(RateLimited):
        await bench.vendor.login()
    assert len(bench.simulator.requests) == sent
    bench.clock.advance(refusal.value.retry_after + timedelta(seconds=120))
    await bench.vendor.login()


async def test_no_error_repeats_what_was_sent(bench: Bench) -> None:
    for status in (400, 401, 403, 404, 409, 422, 429, 500):
        echo = faults.Status(status, {"errors": [{"code": TOKEN, "message": TOKEN}]})
        bench.simulator.faults.add(echo, re.compile("/v3/(sites|devices)$"))
        with pytest.raises(VendorError) as error:
            await bench.vendor.login()
        assert TOKEN not in f"{error.value!r} {error.value}"
        bench.simulator.faults.clear()
        bench.clock.advance(timedelta(hours=2))
    assert TOKEN.encode() not in b"".join(bench.vendor.last_answers().values())


def test_credential_is_the_same_however_it_was_typed() -> None:
    name = Enapter.credential_id
    assert name({"token": TOKEN}) == name({"url": "api.enapter.com", "token": f" {TOKEN}"})
    assert name({"url": "10.0.0.1", "token": TOKEN}) == name({"url": "https://10.0.0.1/api/", "token": TOKEN})
    assert TOKEN not in name({"token": TOKEN})
