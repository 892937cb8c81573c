"""The account: a login token, the customer that it names, and the access tokens of five minutes that it buys."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
import re
from typing import Any

import aiohttp
import pytest

from custom_components.energy_clouds.vendors import http
from custom_components.energy_clouds.vendors.enectiva import Enectiva
from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    InvalidAddress,
    InvalidCredentials,
    NotPermitted,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.energy_clouds.vendors.model import Inventory
from custom_components.energy_clouds.vendors.tokens import Vault
from tests.simulators import faults
from tests.simulators.enectiva import (
    ALL_SCOPES,
    CUSTOMER,
    EXPIRED_LOGIN_TOKEN,
    IMPORT_TOKEN,
    LOGIN_TOKEN,
    REVOKED_LOGIN_TOKEN,
    Login,
    login_token,
)
from tests.simulators.enectiva.tokens import signed

from .conftest import Bench, MakeBench, value_of

DESK = "/access_tokens"
STUMBLES: list[tuple[faults.Fault, type[VendorError]]] = [
    (faults.Status(500), CannotConnect),
    (faults.Status(503), CannotConnect),
    (faults.Status(404), CannotConnect),
    (faults.Status(400), CannotConnect),
    (faults.Status(403), NotPermitted),
    (faults.HtmlPage(502), CannotConnect),
    (faults.HtmlPage(200), UnexpectedAnswer),
    (faults.HtmlPage(401), CannotConnect),
    (faults.HtmlPage(403), CannotConnect),
    (faults.EmptyBody(), UnexpectedAnswer),
    (faults.Answer({"data": {"type": "access_tokens"}}), UnexpectedAnswer),
    (faults.Answer({"data": {"attributes": {"token": "too.short.one"}}}), UnexpectedAnswer),
    (faults.TruncatedBody(), CannotConnect),
    (faults.ConnectionReset(), CannotConnect),
    (faults.ConnectionReset(share=None), CannotConnect),
    (faults.LostAnswer(), CannotConnect),
    (faults.Redirect("https://elsewhere.example/"), CannotConnect),
    (faults.RateLimited(60, "header"), RateLimited),
    (faults.RateLimited(60, "none"), RateLimited),
]


def tokens_asked(bench: Bench) -> int:
    return len(bench.asked(DESK))


async def started(bench: Bench) -> Bench:
    """An account that has signed in, knows its meters, and has read them once."""
    await bench.vendor.login()
    await bench.discover()
    await bench.read()
    bench.simulator.requests.clear()
    return bench


async def test_one_request_proves_the_token_and_names_the_account(bench: Bench) -> None:
    account = await bench.vendor.login()
    assert bench.asked() == ["POST /access_tokens"]
    assert (account.id, account.named) == (CUSTOMER, True)
    # The token that it got is used.
    await bench.discover()
    assert tokens_asked(bench) == 1


@pytest.mark.parametrize("token_status", [200, 201])
@pytest.mark.parametrize("token_shape", ["jsonapi", "flat", "id", "text", "header"])
async def test_access_token_is_found_wherever_it_is(make_bench: MakeBench, token_shape: str, token_status: int) -> None:
    bench = await make_bench(token_shape=token_shape, token_status=token_status)
    assert (await bench.vendor.login()).id == CUSTOMER
    assert (await bench.discover()).devices
    assert tokens_asked(bench) == 1
    # And not kept for the diagnostics.
    grant = bench.connection.vault.grant
    assert grant is not None
    assert grant.access.text.encode() not in b"".join(bench.vendor.last_answers().values())


@pytest.mark.parametrize("scp_as", ["string_space", "string_comma", "list", "absent"])
async def test_what_a_token_says_of_its_scopes_blocks_nothing(make_bench: MakeBench, scp_as: str) -> None:
    bench = await started(await make_bench(scp_as=scp_as))
    assert (await bench.poll(15)).samples
    assert bench.vendor.notices() == []


async def test_token_that_is_not_the_access_token_is_not_taken_for_it(bench: Bench) -> None:
    decoy = f"{'a' * 20}.{'b' * 20}.{'c' * 20}"
    around = faults.Rewritten(lambda body: {"meta": {"trace": decoy}, **body})
    bench.simulator.faults.add(around, DESK)
    await bench.vendor.login()
    assert (await bench.discover()).devices


@pytest.mark.parametrize("wants_body", [False, True])
async def test_whether_a_body_is_wanted_is_found_out_once(make_bench: MakeBench, wants_body: bool) -> None:
    bench = await make_bench(wants_body=wants_body)
    await bench.vendor.login()
    assert tokens_asked(bench) == 1 + wants_body
    await bench.vendor.login()
    assert tokens_asked(bench) == 2 + wants_body
    assert bench.simulator.requests[-1].body == ({"data": {"type": "access_tokens"}} if wants_body else None)


async def test_bodyless_request_that_is_415_is_sent_with_a_body(bench: Bench) -> None:
    bench.simulator.faults.add(faults.Status(415), DESK, times=1)
    assert (await bench.vendor.login()).id == CUSTOMER
    assert [one.body for one in bench.simulator.requests] == [None, {"data": {"type": "access_tokens"}}]


async def test_customer_is_named_by_the_access_token_first(make_bench: MakeBench) -> None:
    token = login_token(customer="the holder", number=7)
    bench = await make_bench(token=token)
    bench.simulator.logins[token] = Login()
    assert (await bench.vendor.login()).id == CUSTOMER


async def test_customer_is_named_by_the_login_token_where_the_other_does_not(make_bench: MakeBench) -> None:
    bench = await make_bench(sub_absent=True)
    account = await bench.vendor.login()
    assert (account.id, account.named) == (CUSTOMER, True)


@pytest.mark.parametrize("claims", [{}, {"sub": ""}, {"sub": ["x"]}, {"sub": "two\nlines"}, {"sub": ".."}])
async def test_account_without_a_customer_is_named_by_its_token(make_bench: MakeBench, claims: dict[str, Any]) -> None:
    token = signed({"jit": "login-9", **claims})
    bench = await make_bench(token=token, sub_absent=True)
    bench.simulator.logins[token] = Login()
    account = await bench.vendor.login()
    assert re.fullmatch("[0-9a-f]{16}", account.id)
    assert not account.named
    assert (await bench.restarted().login()).id == account.id
    assert token not in f"{account}"


@pytest.mark.parametrize("typed", [f" {LOGIN_TOKEN}", f"{LOGIN_TOKEN}\n", f"\t{LOGIN_TOKEN} "])
async def test_space_around_a_pasted_token_is_not_part_of_it(make_bench: MakeBench, typed: str) -> None:
    bench = await make_bench(token=typed)
    assert (await bench.vendor.login()).id == CUSTOMER
    plain = {**bench.connection.credentials, "token": LOGIN_TOKEN}
    assert Enectiva.credential_id(bench.connection.credentials) == Enectiva.credential_id(plain)


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (login_token(number=99), "answered 401"),
        (EXPIRED_LOGIN_TOKEN, "the login token has expired"),
        (REVOKED_LOGIN_TOKEN, "answered 401"),
        (IMPORT_TOKEN, "answered 401"),
        ("opaque", "answered 401"),
        ("a.b", "answered 401"),
    ],
    ids=["unknown", "expired", "revoked", "import", "opaque", "two parts"],
)
async def test_token_that_opens_nothing(make_bench: MakeBench, token: str, said: str) -> None:
    bench = await make_bench(token=token)
    with pytest.raises(InvalidCredentials, match=said) as refusal:
        await bench.vendor.login()
    assert (refusal.value.reason, refusal.value.field) == ("invalid_auth", None)
    # A refusal is believed when it is repeated, and not before.
    assert bench.asked() == ["POST /access_tokens"] * 2


@pytest.mark.parametrize("token", ["", "tókén.ö.ä", "two words", "line\nbreak", "zero\x00byte", "\ud800"])
async def test_text_that_cannot_be_a_token_is_not_sent(make_bench: MakeBench, token: str) -> None:
    bench = await make_bench(token=token)
    with pytest.raises(InvalidCredentials):
        await bench.vendor.login()
    assert bench.asked() == []
    assert Enectiva.credential_id(bench.connection.credentials)


async def test_single_401_says_nothing(bench: Bench) -> None:
    bench.simulator.faults.add(faults.Status(401), DESK, times=1)
    assert (await bench.vendor.login()).id == CUSTOMER


async def test_single_401_costs_a_poll_nothing(bench: Bench) -> None:
    await started(bench)
    bench.simulator.faults.add(faults.Status(401), DESK, times=1)
    readings = await bench.poll(16)
    assert value_of(readings, "42", "reading") is not None
    assert readings.problems == {}


async def test_token_that_is_revoked_shows_at_the_next_access_token(bench: Bench) -> None:
    await started(bench)
    bench.simulator.revoke(LOGIN_TOKEN)
    await bench.poll(3)
    with pytest.raises(InvalidCredentials):
        await bench.poll(13)
    # Granted again, all is well.
    bench.simulator.logins[LOGIN_TOKEN] = Login()
    assert (await bench.poll()).samples


@pytest.mark.parametrize(("fault", "error"), STUMBLES, ids=repr)
async def test_desk_that_stumbles_says_nothing_of_the_token(
    bench: Bench, fault: faults.Fault, error: type[VendorError]
) -> None:
    active = bench.simulator.faults.add(fault, DESK)
    with pytest.raises(error):
        await bench.vendor.login()
    bench.simulator.faults.remove(active)
    bench.clock.advance(timedelta(minutes=5))
    await started(bench)
    active = bench.simulator.faults.add(fault, DESK)
    with pytest.raises(error):
        await bench.poll(16)
    # None of the meters was asked for without a token.
    assert bench.asked("/meters") == []
    assert tokens_asked(bench) <= 2
    bench.simulator.faults.remove(active)
    assert value_of(await bench.poll(5), "42", "reading") is not None


async def test_desk_slower_than_the_timeout(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    bench.simulator.faults.add(faults.Slow(5), DESK)
    with pytest.raises(CannotConnect, match="no answer within"):
        await bench.vendor.login()


async def test_nobody_there(bench: Bench) -> None:
    await bench.server.stop()
    with pytest.raises(CannotConnect):
        await bench.vendor.login()


async def test_access_token_is_renewed_only_when_a_poll_needs_it(bench: Bench) -> None:
    await started(bench)
    for _ in range(60):
        await bench.poll()
    # Readings are due every quarter of an hour, when the token of the last one has long expired.
    assert tokens_asked(bench) == 4
    idle = [one for one in range(1, 15) if not (await bench.poll()).requests]
    assert len(idle) == 14


async def test_busy_account_has_a_new_access_token_every_four_minutes(make_bench: MakeBench) -> None:
    bench = await started(await make_bench(meters=300))
    for _ in range(16):
        assert (await bench.poll()).requests
    assert tokens_asked(bench) == 4
    assert {one.status for one in bench.simulator.requests} <= {200, 201}


async def test_all_who_need_a_new_token_wait_for_the_same_one(bench: Bench) -> None:
    await started(bench)
    bench.clock.advance(timedelta(minutes=20))
    bench.simulator.faults.add(faults.Slow(0.05), DESK)

    async def past() -> list[object]:
        end = bench.clock()
        return [one async for one in bench.vendor.history(bench.inventory.points, end - timedelta(hours=1), end)]

    results = await asyncio.gather(bench.read(), bench.vendor.discover(), past(), bench.vendor.discover())
    assert all(results)
    assert tokens_asked(bench) == 1


async def test_restart_uses_the_access_token_that_was_kept(bench: Bench) -> None:
    await started(bench)
    for _ in range(3):
        bench.restarted()
        assert (await bench.poll()).samples
    assert tokens_asked(bench) == 0


async def test_token_that_expired_too_soon_costs_one_new_token_and_one_request(bench: Bench) -> None:
    await started(bench)
    await bench.poll(16)
    bench.simulator.requests.clear()
    bench.simulator.faults.add(faults.Status(401), "/meters/42/readings", times=1)
    readings = await bench.poll(15)
    assert value_of(readings, "42", "reading") is not None
    assert readings.problems == {}
    assert bench.asked("/meters/42/readings") == ["GET /meters/42/readings"] * 2
    assert tokens_asked(bench) == 2
    first, second = (one.headers["authorization"] for one in bench.simulator.requests if "/meters/42/r" in one.path)
    assert first != second


async def test_service_that_refuses_every_access_token_is_not_asked_for_more_and_more(bench: Bench) -> None:
    await started(bench)
    bench.simulator.faults.add(faults.Status(401), "/meters/")
    for _ in range(8):
        with pytest.raises(CannotConnect):
            await bench.poll(15)
    assert tokens_asked(bench) <= 2 * 8
    bench.simulator.faults.clear()
    assert (await bench.poll(15)).samples


@pytest.mark.parametrize("minutes", [-40, -10, 10, 40])
async def test_wrong_clock_of_this_machine_costs_no_tokens(make_bench: MakeBench, minutes: int) -> None:
    bench = await started(await make_bench(clock_error=timedelta(minutes=minutes)))
    for _ in range(60):
        await bench.poll()
    assert 4 <= tokens_asked(bench) <= 6
    answers = [one.status for one in bench.simulator.requests if one.path == "/meters/42/readings"]
    # A token that was taken to live longer than it does is refused once.
    assert (answers.count(200), answers.count(401) <= 1) == (4, True)


@pytest.mark.parametrize("part", ["", "/", "/meters", "//access_tokens?x=1#auth"])
async def test_address_pasted_whole_is_reduced_to_its_origin(make_bench: MakeBench, part: str) -> None:
    bench = await make_bench(address=lambda url: f"  {url}{part} ")
    await bench.vendor.login()
    await bench.discover()
    assert bench.asked() == ["POST /access_tokens", "GET /meters", "GET /entities"]


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("", "https://api.enectiva.cz"),
        ("api.enectiva.cz", "https://api.enectiva.cz"),
        ("http://api.enectiva.cz/meters", "https://api.enectiva.cz"),
        ("https://API.enectiva.cz:41115//readings", "https://api.enectiva.cz:41115"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
    ],
)
async def test_token_is_never_sent_in_the_clear(bench: Bench, typed: str, base: str) -> None:
    bench.restarted(credentials={**bench.connection.credentials, "url": typed})
    assert str(bench.vendor._http._base) == base


async def test_address_is_the_documented_one_unless_another_is_typed(bench: Bench) -> None:
    bench.restarted(credentials={"token": LOGIN_TOKEN})
    assert str(bench.vendor._http._base) == "https://api.enectiva.cz"
    typed = {"token": LOGIN_TOKEN, "url": "http://api.enectiva.cz/"}
    assert Enectiva.credential_id(typed) == Enectiva.credential_id({"token": LOGIN_TOKEN})


@pytest.mark.parametrize("typed", ["ftp://api.enectiva.cz", "https://me:secret@api.enectiva.cz", "https://", "a b"])
async def test_what_is_no_address_is_said_so(bench: Bench, typed: str) -> None:
    connection = replace(bench.connection, credentials={**bench.connection.credentials, "url": typed})
    with pytest.raises(InvalidAddress):
        Enectiva(connection, Inventory())
    assert "secret" not in Enectiva.credential_id(connection.credentials)


async def test_nothing_that_is_said_repeats_a_secret_or_the_vendors_words(bench: Bench) -> None:
    async def said_by(action: Callable[[], Awaitable[object]]) -> str:
        try:
            await action()
        except VendorError as error:
            return f"{error!r} {error} {error.__cause__!r} {error.__context__!r}"
        return ""

    spoken = 0
    await started(bench)
    grant = bench.connection.vault.grant
    assert grant is not None
    secrets = (LOGIN_TOKEN, grant.access.text, "hunter2")
    for status in (400, 401, 403, 404, 406, 409, 415, 418, 429, 500, 503):
        for path in (DESK, "/meters"):
            words = f"{LOGIN_TOKEN} {grant.access.text} hunter2"
            echo = faults.Status(status, {"errors": [{"status": words, "title": words, "detail": words}]})
            active = bench.simulator.faults.add(echo, path)
            for action in (bench.vendor.login, bench.vendor.discover, bench.read):
                bench.clock.advance(timedelta(hours=7))
                text = await said_by(action)
                assert not [one for one in secrets if one in text]
                spoken += bool(text)
            bench.simulator.faults.remove(active)
            bench.clock.advance(timedelta(hours=25))
    assert spoken > 40
    # What is kept for the diagnostics, of requests that went well, has none of it either.
    bench.restarted(vault=Vault())
    await started(bench)
    kept = bench.vendor.last_answers()
    assert {"GET /meters", "GET /entities", "GET /meters/{id}/readings", "GET /meters/{id}/deltas"} <= set(kept)
    grant = bench.connection.vault.grant
    assert grant is not None
    assert not [one for one in (*secrets, grant.access.text) if one.encode() in b"".join(kept.values())]
    assert LOGIN_TOKEN not in f"{grant!r}"


async def test_account_id_is_the_same_whatever_the_token_may_do(make_bench: MakeBench) -> None:
    ids = set()
    for number, scopes in enumerate((ALL_SCOPES, {"readings"}, set[str]()), 20):
        token = login_token(scopes, number=number, expires=datetime.fromisoformat("2030-01-01T00:00:00Z"))
        bench = await make_bench(token=token)
        bench.simulator.logins[token] = Login(scopes=frozenset(scopes))
        ids.add((await bench.vendor.login()).id)
    assert ids == {CUSTOMER}
