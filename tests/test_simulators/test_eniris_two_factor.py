"""Eniris's second factor, in the three ways in which a login may ask for it (eniris.md A2.5)."""

from datetime import timedelta
from typing import Any, Literal

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import EMAIL_CODE, RECOVERY_CODE, TOTP, USERNAME

from .eniris_client import Client, eniris, error, unauthorized

SECOND = timedelta(seconds=1)
USER = "/user/2fa"
FORMS = ("token_refused", "json_object", "json_401")
CODES = [("totp", "totp", TOTP), ("email-otp", "otp", EMAIL_CODE), ("recovery-code", "recoveryCode", RECOVERY_CODE)]
SET_UP = {"completedAt": "2026-01-15T09:30:00.000Z"}


async def partial(client: Client) -> str:
    """Return the partial token that a login hands out."""
    status, body = await client.post_login()
    assert status == (401 if client.simulator.switches.two_factor == "json_401" else 200)
    return str(body if isinstance(body, str) else body["partialAuthToken"])


async def authenticate(client: Client, kind: str, key: str, code: str) -> tuple[int, Any]:
    """Return status and JSON of a code, after asking for a mail where one is needed."""
    token = await partial(client)
    if kind == "email-otp":
        await client.told("POST", f"{USER}/email-otp/challenge?origin=x&language=en", token=token, json={})
    return await client.told("POST", f"{USER}/{kind}/authenticate", token=token, json={key: code})


@pytest.mark.parametrize("form", FORMS)
async def test_a_partial_token_is_no_refresh_token(clock: SimClock, form: str) -> None:
    async with eniris(clock, two_factor=form) as client:
        token = await partial(client)
        assert await client.get_access(token) == unauthorized("2FA_REQUIRED")
        assert await client.told("GET", "/v1/company", token=token) == unauthorized("2FA_REQUIRED")
        assert token in client.simulator.granted


async def test_the_refusal_of_a_partial_token_is_not_documented(clock: SimClock) -> None:
    options = {"two_factor_status": 403, "two_factor_message": "PARTIAL_TOKEN", "partial_key": "token"}
    async with eniris(clock, two_factor="json_object", **options) as client:
        _, body = await client.post_login()
        assert await client.get_access(body["token"]) == error(403, "Forbidden", "PARTIAL_TOKEN")


async def test_a_login_refused_with_a_token(clock: SimClock) -> None:
    async with eniris(clock, two_factor="json_401") as client:
        status, body = await client.post_login()
        token = body.pop("partialAuthToken")
        assert (status, body) == unauthorized("2FA_REQUIRED")
        assert client.simulator.granted == [token]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("kind", "key", "code"), CODES)
async def test_codes_are_exchanged_for_tokens(clock: SimClock, form: str, kind: str, key: str, code: str) -> None:
    async with eniris(clock, two_factor=form) as client:
        status, tokens = await authenticate(client, kind, key, code)
        assert status == 200
        assert list(tokens) == ["accessToken", "refreshToken", "sudoToken"]
        assert await client.works(tokens["accessToken"])
        assert not await client.works(tokens["sudoToken"])
        assert (await client.get_access(tokens["refreshToken"]))[0] == 200
        assert set(tokens.values()) <= set(client.simulator.granted)
        again = {"token": tokens["accessToken"], "json": {"totp": TOTP}}
        assert (await client.told("POST", f"{USER}/totp/authenticate", **again))[0] == 200, "access tokens do too"


@pytest.mark.parametrize(
    ("kind", "key", "wrong", "too_many"),
    [
        ("totp", "totp", "TOTP_INCORRECT", "TOO_MANY_TOTP_CHECKS"),
        ("recovery-code", "recoveryCode", "RECOVERY_CODE_INCORRECT", "TOO_MANY_RECOVERY_CODE_CHECKS"),
    ],
)
async def test_wrong_codes(clock: SimClock, kind: str, key: str, wrong: str, too_many: str) -> None:
    async with eniris(clock, two_factor="token_refused") as client:
        token = await partial(client)
        path, guess = f"{USER}/{kind}/authenticate", f"{USER}/{kind}/next-guess"
        assert await client.told("GET", guess, token=token) == (200, {"duration": 0})
        for _ in range(3):
            assert await client.told("POST", path, token=token, json={key: "000000"}) == unauthorized(wrong)
        expected = error(429, "Too Many Requests", too_many, retryAfter=30)
        assert await client.told("POST", path, token=token, json={key: "000000"}) == expected
        assert await client.told("GET", guess, token=token) == (200, {"duration": 30})
        clock.advance(30 * SECOND)
        right = {"totp": TOTP, "recoveryCode": RECOVERY_CODE}[key]
        assert (await client.told("POST", path, token=token, json={key: right}))[0] == 200


async def test_what_a_wrong_code_is_answered_with_is_not_documented(clock: SimClock) -> None:
    async with eniris(clock, two_factor="json_object", wrong_code=(403, "NOPE")) as client:
        assert await authenticate(client, "totp", "totp", "1") == error(403, "Forbidden", "NOPE")


async def test_mails(clock: SimClock) -> None:
    async with eniris(clock, two_factor="token_refused") as client:
        token = await partial(client)
        challenge, path = f"{USER}/email-otp/challenge", f"{USER}/email-otp/authenticate"
        code = {"otp": EMAIL_CODE}
        assert await client.told("POST", path, token=token, json=code) == error(409, "Conflict", "EMAIL_OTP_INACTIVE")
        assert (await client.told("POST", challenge, token=token, json={}))[0] == 204
        expected = error(429, "Too Many Requests", "TOO_MANY_OTP_EMAILS", retryAfter=30)
        assert await client.told("POST", challenge, token=token, json={}) == expected
        assert await client.told("GET", f"{USER}/email-otp/next-email", token=token) == (200, {"duration": 30})
        assert (await client.told("POST", path, token=token, json={"otp": "1"}))[0] == 401
        assert (await client.told("POST", path, token=token, json=code))[0] == 200
        assert (await client.told("POST", path, token=token, json=code))[0] == 409, "a mailed code works once"


async def test_a_recovery_code_works_once(clock: SimClock) -> None:
    async with eniris(clock, two_factor="json_object") as client:
        answers = [(await authenticate(client, "recovery-code", "recoveryCode", RECOVERY_CODE))[0] for _ in range(2)]
        assert answers == [200, 401]


@pytest.mark.parametrize(
    ("kind", "key", "message"),
    [
        ("totp", "totp", "TOTP_UNINITIALIZED"),
        ("email-otp", "otp", "EMAIL_OTP_UNINITIALIZED"),
        ("recovery-code", "recoveryCode", "RECOVERY_CODES_UNINITIALIZED"),
    ],
)
async def test_what_was_never_set_up(clock: SimClock, kind: str, key: str, message: str) -> None:
    async with eniris(clock, two_factor="token_refused", two_factor_methods=frozenset()) as client:
        assert await authenticate(client, kind, key, "1") == error(409, "Conflict", message)


async def test_a_user_without_a_second_factor(clock: SimClock) -> None:
    async with eniris(clock) as client:
        token = await client.access()
        disabled = error(409, "Conflict", "2FA_IS_DISABLED")
        for kind, key, code in CODES:
            assert await client.told("POST", f"{USER}/{kind}/authenticate", token=token, json={key: code}) == disabled
        assert await client.told("POST", f"{USER}/email-otp/challenge", token=token, json={}) == disabled
        assert await client.told("GET", USER, token=token) == (200, {"enabled": False})


async def test_a_lost_secret(clock: SimClock) -> None:
    async with eniris(clock, two_factor="token_refused", totp_corrupt=True) as client:
        expected = error(500, "Internal Server Error", "TOTP_CORRUPT")
        assert await authenticate(client, "totp", "totp", TOTP) == expected


async def test_codes_are_asked_for(clock: SimClock) -> None:
    async with eniris(clock, two_factor="token_refused") as client:
        token = await partial(client)
        for kind, key, _ in CODES:
            path, message = f"{USER}/{kind}/authenticate", f"body must have required property '{key}'"
            assert await client.told("POST", path, token=token, json={}) == error(400, "Bad Request", message)
            assert await client.told("POST", path, json={}) == unauthorized("NO_TOKEN_PROVIDED")


type Method = Literal["totp", "email", "recovery"]


@pytest.mark.parametrize(
    ("methods", "state"),
    [
        (
            {"totp", "email", "recovery"},
            {"emailOtp": {"email": USERNAME, **SET_UP}, "totp": SET_UP, "recoveryCodes": SET_UP},
        ),
        ({"totp"}, {"totp": SET_UP}),
    ],
)
async def test_the_state_is_for_access_tokens(clock: SimClock, methods: set[Method], state: Any) -> None:
    async with eniris(clock, two_factor="token_refused", two_factor_methods=frozenset(methods)) as client:
        _, tokens = await authenticate(client, "totp", "totp", TOTP)
        told = await client.told("GET", USER, token=tokens["accessToken"])
        assert told == (200, {"enabled": True, **state})
        assert await client.told("GET", USER, token=await partial(client)) == unauthorized("2FA_REQUIRED")
