"""Signing in: tokens in every dress, and every refusal by its own name."""

from typing import Any

import pytest

from custom_components.energy_clouds.vendors.eniris import Eniris
from custom_components.energy_clouds.vendors.errors import (
    LOCKED_OUT,
    CannotConnect,
    InvalidCredentials,
    RateLimited,
    VendorError,
)
from tests.simulators import faults
from tests.simulators.eniris import INVITED, PASSWORD, USER_ID, USERNAME

from .conftest import Bench, MakeBench, added, grant_of

LOGIN = "/auth/login"
ACCESS = "/auth/accesstoken"
WRONG = "wrong horse"


async def refused(bench: Bench) -> VendorError:
    """The error that signing in ends with."""
    with pytest.raises(VendorError) as refusal:
        await bench.vendor.login()
    assert PASSWORD not in f"{refusal.value!r} {refusal.value.__cause__!r}"
    return refusal.value


def document(status: int, message: str, **more: Any) -> faults.Status:
    """A refusal as the service words it."""
    return faults.Status(status, {"statusCode": status, "error": "x", "message": message, **more})


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"login_body": "quoted"},
        *({"login_body": "json", "login_key": key} for key in ("refreshToken", "token")),
        {"refresh_jwt": True},
        {"refresh_jwt": True, "login_body": "quoted"},
        {"access_opaque": True},
    ],
    ids=str,
)
async def test_token_is_found_in_every_dress(make_bench: MakeBench, switches: dict[str, Any]) -> None:
    bench = await make_bench(**switches)
    account = await bench.vendor.login()
    assert (account.id, account.named, account.title) == (str(USER_ID), True, "Eniris")
    assert bench.asked() == [f"POST {LOGIN}", f"GET {ACCESS}", "GET /auth/refreshtoken/validate"]
    refresh = grant_of(bench).refresh
    assert refresh is not None
    assert refresh.text == bench.simulator.granted[0]
    assert (await bench.discover()).devices
    # Nothing of it is kept for the diagnostics.
    told = b"".join(bench.vendor.last_answers().values())
    assert not [one for one in (*bench.simulator.granted, PASSWORD) if one.encode() in told]


@pytest.mark.parametrize("body", ["\n{}\n", ' "{}"\r\n', '"{}"\n'])
async def test_space_around_a_token_is_not_part_of_it(bench: Bench, body: str) -> None:
    refresh = grant_of(bench).refresh
    assert refresh is not None
    bench.restarted(credentials={**bench.connection.credentials, "password": PASSWORD})
    bench.simulator.faults.add(faults.Status(200, body.format(refresh.text)), LOGIN)
    await bench.vendor.login()
    assert grant_of(bench).refresh == refresh


async def test_user_that_is_not_told_is_known_by_name(make_bench: MakeBench) -> None:
    ids = set()
    for username in (USERNAME, USERNAME.upper()):
        bench = await make_bench(username=username)
        bench.simulator.users[username] = bench.simulator.users[USERNAME]
        bench.simulator.faults.add(
            faults.Answer({"statusCode": 404, "error": "Not Found", "message": "Route not found"}, 404),
            "/auth/refreshtoken/validate",
        )
        account = await bench.vendor.login()
        assert not account.named
        assert username not in account.id
        ids.add(account.id)
    assert len(ids) == 1


@pytest.mark.parametrize("unknown_user", [(401, "PASSWORD_INCORRECT"), (404, "USER_NOT_FOUND"), (403, "NO")])
async def test_wrong_name_or_password_is_said_once(make_bench: MakeBench, unknown_user: tuple[int, str]) -> None:
    for typed in ({"password": WRONG}, {"username": "nobody@home.example"}):
        bench = await make_bench(unknown_user=unknown_user, **typed)
        refusal = await refused(bench)
        assert isinstance(refusal, InvalidCredentials)
        assert (refusal.reason, refusal.field) == ("invalid_auth", None)
        assert bench.asked() == [f"POST {LOGIN}"]


async def test_empty_password_is_a_bad_one(make_bench: MakeBench) -> None:
    bench = await make_bench()
    bench.simulator.faults.add(document(400, "body must have required property 'username'"), LOGIN)
    refusal = await refused(bench)
    assert isinstance(refusal, InvalidCredentials)
    assert refusal.reason == "invalid_auth"


async def test_user_without_a_password_is_told_so(make_bench: MakeBench) -> None:
    bench = await make_bench(username=INVITED)
    refusal = await refused(bench)
    assert isinstance(refusal, InvalidCredentials)
    assert refusal.reason == "no_password"
    assert bench.asked() == [f"POST {LOGIN}"]


@pytest.mark.parametrize(
    "switches",
    [{}, {"lockout_header": True}, {"lockout_retry_after_zero": True}],
    ids=str,
)
async def test_user_who_is_locked_out_waits_and_asks_nothing(make_bench: MakeBench, switches: dict[str, Any]) -> None:
    bench = await make_bench(password=WRONG, lockout_after=2, **switches)
    for _ in range(2):
        assert isinstance(await refused(bench), InvalidCredentials)
    refusal = await refused(bench)
    assert isinstance(refusal, RateLimited)
    assert refusal.reason == LOCKED_OUT
    wait = 1 if "lockout_retry_after_zero" in switches else 61
    assert refusal.retry_after.total_seconds() == wait
    # While the wait lasts nothing is sent, not even by another form that is filled in.
    sent = len(bench.simulator.requests)
    assert isinstance(await refused(bench), RateLimited) or wait == 1
    assert wait == 1 or len(bench.simulator.requests) == sent
    # Those who have signed in already read on.
    assert not bench.budget.held_for
    bench.clock.advance(refusal.retry_after)
    bench.restarted(credentials={**bench.connection.credentials, "password": PASSWORD})
    if wait > 1:
        assert (await bench.vendor.login()).id == str(USER_ID)


PAGES = [
    faults.HtmlPage(200),
    faults.HtmlPage(401),
    faults.HtmlPage(403),
    faults.HtmlPage(403, "<html>second factor, otp, partial</html>"),
    faults.HtmlPage(404),
    faults.HtmlPage(500, "<html>NO_PASSWORD_INFO</html>"),
    faults.HtmlPage(502),
    faults.EmptyBody(),
    faults.EmptyBody(401),
    faults.Status(401, [1]),
    faults.Status(200, b"\xff\xfe"),
    faults.Answer({}),
    faults.Answer({"refreshToken": "two words", "accessToken": 5}),
    faults.Status(200, "x" * 10_000),
    faults.Status(500, {"statusCode": 500, "error": "Internal Server Error", "message": "oops"}),
    faults.Redirect("https://elsewhere.example/"),
    faults.ConnectionReset(share=None),
]


@pytest.mark.parametrize("fault", PAGES, ids=repr)
@pytest.mark.parametrize("path", [LOGIN, ACCESS])
async def test_page_of_somebody_else_says_nothing_of_a_password(
    make_bench: MakeBench, fault: faults.Fault, path: str
) -> None:
    bench = await make_bench()
    bench.simulator.faults.add(fault, path)
    assert isinstance(await refused(bench), CannotConnect)
    assert bench.connection.vault.grant is None
    bench.simulator.faults.clear()
    assert (await bench.vendor.login()).id == str(USER_ID)


async def test_new_token_that_opens_nothing_is_no_session(make_bench: MakeBench) -> None:
    bench = await make_bench()
    bench.simulator.faults.add(document(401, "TERMS_NOT_ACCEPTED"), ACCESS)
    refusal = await refused(bench)
    assert isinstance(refusal, InvalidCredentials)
    assert refusal.reason == "no_session"


@pytest.mark.parametrize("message", ["USER_DISABLED", "ACCOUNT_LOCKED"])
async def test_every_other_refusal_is_of_the_credential(make_bench: MakeBench, message: str) -> None:
    bench = await make_bench()
    bench.simulator.faults.add(document(403, message), LOGIN)
    refusal = await refused(bench)
    assert isinstance(refusal, InvalidCredentials)
    assert refusal.reason == "invalid_auth"


async def test_account_is_the_same_however_it_is_typed() -> None:
    typed = {"username": f" {USERNAME} ", "password": PASSWORD}
    assert Eniris.credential_id(typed) == Eniris.credential_id({"username": USERNAME, "url": "api.eniris.be"})
    assert Eniris.credential_id(typed) != Eniris.credential_id({"username": USERNAME, "url": "api.elsewhere.example"})


async def test_password_is_sent_once_and_never_kept(make_bench: MakeBench) -> None:
    bench = await added(await make_bench())
    assert "password" not in bench.connection.credentials
    await bench.discover()
    await bench.read()
    for _ in range(2):
        await bench.poll(5)
    assert PASSWORD not in str([(one.body, one.headers) for one in bench.simulator.requests])
    assert bench.simulator.logins == 1
