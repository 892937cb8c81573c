"""The second factor: however the service says that it wants one, and whichever code is at hand."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.errors import (
    LOCKED_OUT,
    CannotConnect,
    InvalidCredentials,
    RateLimited,
    VendorError,
)
from tests.simulators import faults
from tests.simulators.eniris import EMAIL_CODE, RECOVERY_CODE, TOTP, USER_ID

from .conftest import Bench, MakeBench, added, grant_of

VARIANTS: list[dict[str, Any]] = [
    {"two_factor": "token_refused"},
    {"two_factor": "token_refused", "login_body": "quoted"},
    {"two_factor": "token_refused", "login_body": "json"},
    {"two_factor": "token_refused", "two_factor_status": 403, "two_factor_message": "Partial token"},
    {"two_factor": "json_object"},
    {"two_factor": "json_object", "partial_key": "partialToken", "two_factor_message": "OTP_MISSING"},
    {"two_factor": "json_object", "partial_key": "token"},
    {"two_factor": "json_401"},
    {"two_factor": "json_401", "partial_key": "refreshToken", "two_factor_message": "SECOND_FACTOR_NEEDED"},
]
variants = pytest.mark.parametrize("switches", VARIANTS, ids=str)
WRITTEN_DOWN = "QX7B 2M9K-D4R6 T1ZA"


async def entered(bench: Bench, code: str | None) -> VendorError | None:
    """Sign in with a code that was entered in a step of its own; None is before that step."""
    typed = {key: value for key, value in bench.connection.credentials.items() if key != "code"}
    bench.restarted(credentials=typed | ({} if code is None else {"code": code}))
    error: VendorError | None = None
    try:
        await bench.vendor.login()
    except VendorError as err:
        error = err
    assert not code or code not in str(error)
    return error


def reason(error: VendorError | None) -> tuple[str, str | None]:
    assert isinstance(error, InvalidCredentials), error
    return error.reason, error.field


@variants
async def test_code_is_asked_for(make_bench: MakeBench, switches: dict[str, Any]) -> None:
    bench = await make_bench(**switches)
    assert reason(await entered(bench, None)) == ("code_needed", "code")
    # Nothing is tried, no mail is sent, and nothing is kept.
    assert bench.asked("/2fa") == []
    assert bench.connection.vault.grant is None


@pytest.mark.parametrize("code", [TOTP, f" {TOTP[:3]} {TOTP[3:]} ", RECOVERY_CODE, WRITTEN_DOWN])
@variants
async def test_code_of_an_app_or_from_paper_opens_the_account(
    make_bench: MakeBench, switches: dict[str, Any], code: str
) -> None:
    bench = await make_bench(**switches)
    assert reason(await entered(bench, None)) == ("code_needed", "code")
    assert await entered(bench, code) is None
    refresh = grant_of(bench).refresh
    assert refresh is not None
    assert bench.simulator.tokens.kind(refresh.text) == "refresh"
    # Afterwards neither code nor password is needed.
    await added_without_login(bench)
    assert (await bench.discover()).devices
    assert (await bench.poll(60)).samples


async def added_without_login(bench: Bench) -> None:
    remembered = {key: bench.connection.credentials[key] for key in ("username", "url", "auth_url")}
    bench.restarted(credentials=remembered)


@variants
async def test_code_can_come_by_mail(make_bench: MakeBench, switches: dict[str, Any]) -> None:
    bench = await make_bench(**switches)
    assert reason(await entered(bench, None)) == ("code_needed", "code")
    for nothing in ("", "  "):
        assert reason(await entered(bench, nothing)) == ("code_sent", "code")
        bench.clock.advance(timedelta(seconds=31))
    assert await entered(bench, EMAIL_CODE) is None
    assert (await bench.discover()).devices


async def test_code_by_mail_works_without_an_app(make_bench: MakeBench) -> None:
    bench = await make_bench(two_factor="json_object", two_factor_methods=frozenset({"email"}))
    assert reason(await entered(bench, "")) == ("code_sent", "code")
    assert await entered(bench, EMAIL_CODE) is None


@pytest.mark.parametrize("code", [EMAIL_CODE, RECOVERY_CODE])
async def test_app_whose_secret_the_service_has_lost_does_not_lock_out(make_bench: MakeBench, code: str) -> None:
    bench = await make_bench(two_factor="json_object", totp_corrupt=True)
    assert reason(await entered(bench, TOTP)) == ("invalid_code", "code")
    assert reason(await entered(bench, "")) == ("code_sent", "code")
    assert await entered(bench, code) is None


async def test_mail_that_cannot_be_sent_is_said(make_bench: MakeBench) -> None:
    bench = await make_bench(two_factor="json_object", two_factor_methods=frozenset({"totp"}))
    assert reason(await entered(bench, "")) == ("code_not_sent", "code")
    assert await entered(bench, TOTP) is None


@pytest.mark.parametrize("wrong_code", [(401, None), (400, "x"), (403, "x"), (409, "x"), (422, "x")])
@pytest.mark.parametrize("code", ["000000", "0" * 10, "123", "NOTACODE", "ä", "12ab"])
async def test_wrong_code_is_said(make_bench: MakeBench, wrong_code: tuple[int, str | None], code: str) -> None:
    bench = await make_bench(two_factor="token_refused", wrong_code=wrong_code)
    assert reason(await entered(bench, code)) == ("invalid_code", "code")
    assert bench.connection.vault.grant is None


async def test_code_from_paper_works_once(make_bench: MakeBench) -> None:
    bench = await make_bench(two_factor="token_refused")
    assert await entered(bench, RECOVERY_CODE) is None
    assert reason(await entered(bench, RECOVERY_CODE)) == ("invalid_code", "code")


async def test_too_many_wrong_codes_are_waited_out(make_bench: MakeBench) -> None:
    bench = await make_bench(two_factor="json_object", codes_before_wait=2)
    for _ in range(2):
        assert reason(await entered(bench, "000000")) == ("invalid_code", "code")
    refusal = await entered(bench, TOTP)
    assert isinstance(refusal, RateLimited)
    assert refusal.reason == LOCKED_OUT
    sent = len(bench.simulator.requests)
    assert isinstance(await entered(bench, TOTP), RateLimited)
    assert len(bench.simulator.requests) == sent
    bench.clock.advance(refusal.retry_after)
    assert await entered(bench, TOTP) is None


@pytest.mark.parametrize(
    "fault",
    [
        faults.HtmlPage(404),
        faults.HtmlPage(403),
        faults.HtmlPage(500),
        faults.HtmlPage(200),
        faults.EmptyBody(),
        faults.EmptyBody(401),
        faults.Status(500, {"statusCode": 500, "error": "Internal Server Error", "message": "oops"}),
        faults.ConnectionReset(share=None),
    ],
    ids=repr,
)
@pytest.mark.parametrize(("path", "code"), [("/user/2fa/", TOTP), ("/user/2fa/", RECOVERY_CODE), ("/user/2fa/", "")])
async def test_page_of_somebody_else_says_nothing_of_a_code(
    make_bench: MakeBench, fault: faults.Fault, path: str, code: str
) -> None:
    bench = await make_bench(two_factor="json_object")
    bench.simulator.faults.add(fault, path)
    error = await entered(bench, code)
    if not code and isinstance(fault, faults.EmptyBody | faults.HtmlPage) and fault.status == 200:
        # What a challenge is answered with is not documented.
        assert reason(error) == ("code_sent", "code")
    else:
        assert isinstance(error, CannotConnect)
    bench.simulator.faults.clear()
    assert await entered(bench, RECOVERY_CODE) is None


@variants
async def test_user_is_the_same_with_and_without_a_code(make_bench: MakeBench, switches: dict[str, Any]) -> None:
    bench = await make_bench(**switches, code=TOTP)
    assert (await bench.vendor.login()).id == str(USER_ID)
    bench = await make_bench(code=TOTP)
    assert (await bench.vendor.login()).id == str(USER_ID)
    # A code that nobody asked for is not sent.
    assert bench.asked("/2fa") == []


async def test_code_is_never_kept(make_bench: MakeBench) -> None:
    bench = await added(await make_bench(two_factor="json_object", code=TOTP))
    assert "code" not in bench.connection.credentials
    assert TOTP.encode() not in b"".join(bench.vendor.last_answers().values())
    assert (await bench.discover()).devices
