"""The account: one sign-in, four different ways for it to fail, and the user that its token names."""

from dataclasses import replace
from datetime import timedelta
import re

import pytest

from custom_components.energy_clouds.vendors.envitron import Envitron
from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    InvalidAddress,
    InvalidCredentials,
    NotPermitted,
    RateLimited,
)
from custom_components.energy_clouds.vendors.model import Inventory
from tests.simulators import faults
from tests.simulators.envitron import PASSWORD, USER_ID, USERNAME

from .conftest import Bench, MakeBench

TOKEN = re.compile("/token/$")


async def test_one_sign_in_proves_the_credential_and_names_the_account(bench: Bench) -> None:
    account = await bench.vendor.login()
    assert bench.asked() == ["POST /public-api/token/"]
    assert (account.id, account.named) == (f"127.0.0.1_{USER_ID}", True)
    assert USERNAME not in account.title
    await bench.discover()
    assert bench.simulator.logins == 1


async def test_account_of_a_service_whose_tokens_say_nothing_is_named_by_its_user(make_bench: MakeBench) -> None:
    bench = await make_bench(opaque_tokens=True)
    account = await bench.vendor.login()
    assert re.fullmatch(r"127\.0\.0\.1_[0-9a-f]{16}", account.id)
    assert (await bench.restarted().login()).id == account.id
    assert (await bench.discover()).devices


@pytest.mark.parametrize("as_string", [False, True])
async def test_user_is_the_same_as_number_and_as_text(make_bench: MakeBench, as_string: bool) -> None:
    bench = await make_bench(user_id_as_string=as_string, token_status=201)
    assert (await bench.vendor.login()).id == f"127.0.0.1_{USER_ID}"


@pytest.mark.parametrize(
    "part", ["", "/", "/public-api/", "/docs/api/domain/public-api?tab=1#limits", "/web-api/login"]
)
async def test_address_pasted_whole_is_reduced_to_its_origin(make_bench: MakeBench, part: str) -> None:
    bench = await make_bench(address=lambda url: f"  {url}{part} ")
    await bench.vendor.login()


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("portal.envitron.nl", "https://portal.envitron.nl"),
        ("http://portal.envitron.nl/public-api/", "https://portal.envitron.nl"),
        ("https://portal.envitron.nl:8443/x", "https://portal.envitron.nl:8443"),
    ],
)
async def test_password_is_never_sent_in_the_clear(bench: Bench, typed: str, base: str) -> None:
    bench.restarted(credentials={**bench.connection.credentials, "url": typed})
    assert str(bench.vendor._http._base) == base


@pytest.mark.parametrize("typed", ["", "ftp://portal.envitron.nl", "https://me:secret@portal.envitron.nl", "https://"])
async def test_what_is_no_address_is_said_so(bench: Bench, typed: str) -> None:
    connection = replace(bench.connection, credentials={**bench.connection.credentials, "url": typed})
    with pytest.raises(InvalidAddress):
        Envitron(connection, Inventory())
    assert Envitron.credential_id(connection.credentials)


@pytest.mark.parametrize("code", [False, True])
@pytest.mark.parametrize("key", ["detail", "message", "error", "non_field_errors"])
async def test_wrong_password(make_bench: MakeBench, code: bool, key: str) -> None:
    bench = await make_bench(password="wrong", login_error_code=code, error_key=key)
    with pytest.raises(InvalidCredentials) as refusal:
        await bench.vendor.login()
    assert (refusal.value.reason, refusal.value.field) == ("invalid_auth", None)


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(404, {"detail": "Not found."}),
        faults.HtmlPage(404),
        faults.HtmlPage(200),
        faults.HtmlPage(401),
        faults.HtmlPage(403),
        faults.Answer({"status": "ok"}),
        faults.Answer([]),
        faults.EmptyBody(),
        faults.Redirect("https://elsewhere.example/login"),
    ],
    ids=repr,
)
async def test_address_at_which_something_else_answers(bench: Bench, fault: faults.Fault) -> None:
    bench.simulator.faults.add(fault, TOKEN)
    with pytest.raises(InvalidCredentials) as refusal:
        await bench.vendor.login()
    assert (refusal.value.reason, refusal.value.field) == ("invalid_url", "url")


@pytest.mark.parametrize("fault", [faults.HtmlPage(502), faults.Status(500), faults.ConnectionReset()], ids=repr)
async def test_service_that_stumbles_says_nothing_of_the_credential(bench: Bench, fault: faults.Fault) -> None:
    bench.simulator.faults.add(fault, TOKEN)
    with pytest.raises(CannotConnect):
        await bench.vendor.login()


async def test_nobody_there(bench: Bench) -> None:
    await bench.server.stop()
    with pytest.raises(CannotConnect):
        await bench.vendor.login()
    # Nothing was sent, so there is nothing to wait for.
    await bench.server.start()
    await bench.vendor.login()


@pytest.mark.parametrize("header", [False, True])
async def test_user_who_is_locked_out(make_bench: MakeBench, header: bool) -> None:
    bench = await make_bench(password="wrong", lockout_after=2, retry_after_header=header)
    for _ in range(2):
        with pytest.raises(InvalidCredentials):
            await bench.vendor.login()
    with pytest.raises(RateLimited) as refusal:
        await bench.vendor.login()
    assert refusal.value.reason == "locked_out"
    sent = len(bench.simulator.requests)
    with pytest.raises(RateLimited) as refusal:
        await bench.vendor.login()
    assert refusal.value.reason == "locked_out"
    assert len(bench.simulator.requests) == sent
    assert refusal.value.retry_after >= (timedelta(minutes=15) if header else timedelta(minutes=1))


async def test_lockout_leaves_those_alone_who_have_a_token(make_bench: MakeBench) -> None:
    bench = await make_bench(lockout_after=1)
    await bench.vendor.login()
    await bench.discover()
    wrong = {**bench.connection.credentials, "password": "wrong"}
    for expected in (InvalidCredentials, RateLimited):
        with pytest.raises(expected):
            await Envitron(replace(bench.connection, credentials=wrong), Inventory()).login()
    assert (await bench.poll(20)).samples
    assert bench.simulator.refreshes == 1


async def test_user_with_too_many_tokens(bench: Bench) -> None:
    for _ in range(50):
        bench.simulator.sessions.grant(bench.simulator.users[USERNAME], bench.clock())
    with pytest.raises(RateLimited) as refusal:
        await bench.vendor.login()
    assert refusal.value.reason == "too_many_tokens"
    assert refusal.value.retry_after > timedelta(hours=1)
    assert [notice.key for notice in bench.vendor.notices()] == ["too_many_tokens"]
    # Nothing is sent for an hour.
    bench.clock.advance(timedelta(minutes=59))
    with pytest.raises(RateLimited):
        await bench.vendor.login()
    assert bench.asked() == ["POST /public-api/token/"]
    # The old ones expire.
    bench.clock.advance(timedelta(days=60))
    await bench.vendor.login()
    assert not bench.vendor.notices()


@pytest.mark.parametrize("key", ["username", "password", "non_field_errors"])
async def test_bad_request_that_finds_fault_with_the_credential_is_about_it(bench: Bench, key: str) -> None:
    bench.simulator.faults.add(faults.Status(400, {key: ["Unable to log in with provided credentials."]}), TOKEN)
    with pytest.raises(InvalidCredentials) as refusal:
        await bench.vendor.login()
    # It is not the address.
    assert refusal.value.field is None


async def test_user_who_may_not_use_the_interface(bench: Bench) -> None:
    bench.simulator.faults.add(faults.Status(403, {"detail": "You do not have permission."}), TOKEN)
    with pytest.raises(NotPermitted):
        await bench.vendor.login()


async def test_no_error_repeats_what_was_sent(bench: Bench) -> None:
    for status in (400, 401, 403, 404, 429, 500):
        echo = faults.Status(status, {"detail": f"{USERNAME} {PASSWORD}", "username": [PASSWORD]})
        bench.simulator.faults.add(echo, TOKEN, times=1)
        with pytest.raises(Exception) as error:
            await bench.vendor.login()
        assert PASSWORD not in f"{error.value!r} {error.value}"
        bench.clock.advance(timedelta(hours=2))
    await bench.vendor.login()
    answers = bench.vendor.last_answers()
    assert answers["POST /public-api/token/"] == b'{"refresh":"","access":""}'
    assert answers["POST /public-api/token/ (401)"] == b'{"detail":"","username":[""]}'
    assert not [body for body in answers.values() if PASSWORD.encode() in body or USERNAME.encode() in body]


async def test_flow_for_the_same_user_does_not_narrow_the_limit(bench: Bench) -> None:
    await bench.vendor.login()
    await bench.discover()
    allowed = bench.budget.allowed
    wrong = replace(bench.connection, credentials={**bench.connection.credentials, "password": "wrong"})
    with pytest.raises(InvalidCredentials):
        await Envitron(wrong, Inventory()).login()
    assert bench.budget.allowed == allowed == 800
