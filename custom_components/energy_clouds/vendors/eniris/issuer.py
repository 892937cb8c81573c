"""Where Eniris' tokens come from.

Source: Eniris' authentication manual. A password gives a refresh token of 14 days, that gives access tokens of minutes.
How signing in goes for a user with a second factor is not public: all three ways it can be done are understood.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
import re
from typing import Final, override

import msgspec

from ..budget import Priority
from ..clock import ServiceClock
from ..errors import CannotConnect, InvalidCredentials, VendorError
from ..http import Answer, Http
from ..tokens import Grant, Issuer, Refused, Token, Vault, claims_of, issued
from ..values import identifier, json_object, number

ACCESS_LIFE: Final = timedelta(minutes=5)
ACCESS_SHARE: Final = 0.75
REFRESH_LIFE: Final = timedelta(days=14)
RENEW_BELOW: Final = timedelta(days=7)
"""A refresh token with less of its life left is renewed; one that lives shorter than usual, after half of its life."""
RENEWAL_RETRY: Final = 1 / 7
"""After so much of that time a renewal that failed is tried again."""
BELIEVED_AFTER: Final = timedelta(seconds=3)
LONGEST_TOKEN: Final = 8192
CODE: Final = "code"
_SECOND_FACTOR: Final = re.compile(rb"2fa|partial|otp|factor", re.IGNORECASE)
_LOST_SECRET: Final = b"TOTP_CORRUPT"
"""The service cannot check the codes of an app any more, as it says with 500."""
_DIGITS: Final = re.compile(r"\d{4,10}")
_LOGIN_TOKENS: Final = ("refreshToken", "partialAuthToken", "partialToken", "token")


class EnirisIssuer(Issuer):
    """Signs in with a password, and with a code where there is a second factor; later with the refresh token alone.

    `password` is None once the account has been added, `code` until one was entered: empty asks for one by e-mail.
    """

    def __init__(
        self,
        http: Http,
        login_http: Http,
        clock: ServiceClock,
        vault: Vault,
        *,
        username: str,
        password: str | None,
        code: str | None,
    ) -> None:
        self._http = http
        self._login_http = login_http
        self._username = username
        self._password = password
        self.can_log_in = password is not None
        self._code = code
        self._clock = clock
        self._vault = vault
        self._renewal_due: datetime | None = None
        self._given: tuple[str, datetime] | None = None
        """The refresh token that was given out last, and when."""

    @override
    async def log_in(self) -> Grant:
        if self._password is None:
            raise InvalidCredentials("the session has ended: the password is needed once more")
        answer = await self._login_http.request(
            "POST",
            "auth/login",
            priority=Priority.LIVE,
            json={"username": self._username, "password": self._password},
            secret=True,
            tells=(500,),
        )
        token = _token_in(answer, _LOGIN_TOKENS)
        if answer.ok:
            if token is None:
                raise CannotConnect(f"{answer.endpoint}: no token in the answer", answered=True)
        elif token is None or not _SECOND_FACTOR.search(answer.body):
            raise _refused_login(answer)
        access = await self._get("auth/accesstoken", token, self._login_http)
        if access.ok:
            return self._grant(_needed(access), token)
        if access.status not in (401, 403) or not _is_of_eniris(access):
            raise CannotConnect(f"{access.endpoint}: answered {access.status}", answered=True)
        if not _SECOND_FACTOR.search(access.body) and answer.ok:
            raise InvalidCredentials(f"{access.endpoint}: answered {access.status} to a new token", "no_session")
        return await self._authenticate(token)

    @override
    async def renew(self, refresh: Token) -> Grant:
        answer = await self._get("auth/accesstoken", refresh.text, self._http)
        if not answer.ok:
            raise self._refusal(answer, refresh)
        self._vault.refused = None
        access = _needed(answer)
        if refresh.expires - self._clock.now() < self._renews_below(refresh):
            refresh = await self._renewed(refresh)
        return self._grant(access, refresh)

    async def user(self, refresh: Token) -> str | None:
        """The id of the user, by which the account is known; None where the service does not tell."""
        answer = await self._get("auth/refreshtoken/validate", refresh.text, self._http)
        if not answer.ok and not _is_of_eniris(answer):
            raise CannotConnect(_text_of(answer), answered=True)
        return identifier(json_object(answer).get("userId")) if answer.ok else None

    async def log_out(self, refresh: Token) -> None:
        """Have the service take back a refresh token; one that is dead already has nothing to be taken back."""
        headers = {"Authorization": f"Bearer {refresh.text}"}
        answer = await self._http.request(
            "POST", "auth/logout", priority=Priority.LIVE, headers=headers, secret=True, bare=True
        )
        if not answer.ok and answer.status != 401:
            raise CannotConnect(_text_of(answer), answered=True)

    async def _renewed(self, refresh: Token) -> Token:
        """A new refresh token, or the old one, should none be had now: it is good for a while yet."""
        if self._renewal_due is not None and self._clock.now() < self._renewal_due:
            return refresh
        self._renewal_due = self._clock.now() + self._renews_below(refresh) * RENEWAL_RETRY
        try:
            answer = await self._get("auth/refreshtoken", refresh.text, self._http)
        except VendorError:
            return refresh
        text = _token_in(answer, ("refreshToken", "token")) if answer.ok else None
        if text is None:
            return refresh
        self._renewal_due = None
        return self._issued(text)

    def _renews_below(self, refresh: Token) -> timedelta:
        """With how much of its life left a refresh token is renewed."""
        issued_at = self._issued_at(refresh)
        return RENEW_BELOW if issued_at is None else min(RENEW_BELOW, (refresh.expires - issued_at) / 2)

    def _issued_at(self, refresh: Token) -> datetime | None:
        """When a refresh token was given out, as it tells or as is known in this process."""
        if self._given is not None and self._given[0] == refresh.text:
            return self._given[1]
        at = number(claims_of(refresh.text).get("iat"))
        left = None if at is None else refresh.expires.timestamp() - at
        usual = REFRESH_LIFE.total_seconds()
        return None if left is None or not 0 < left < usual else refresh.expires - timedelta(seconds=left)

    def _issued(self, refresh: str) -> Token:
        self._given = refresh, self._clock.now()
        return issued(refresh, self._clock.now(), REFRESH_LIFE)

    def _refusal(self, answer: Answer, refresh: Token) -> VendorError:
        """A refresh token is dead when the service has said so twice, and not in the same moment.

        A person has to sign in then.
        """
        message = f"{answer.endpoint}: answered {answer.status}"
        if answer.status in (401, 403) and _is_of_eniris(answer):
            now, before = self._clock.now(), self._vault.refused
            if before is None or before.token != refresh:
                self._vault.refused = Refused(token=refresh, at=now)
            elif now - before.at >= BELIEVED_AFTER:
                return InvalidCredentials(message)
        return CannotConnect(message, answered=True)

    async def _authenticate(self, token: str) -> Grant:
        """The second factor: an app's code, one that came by e-mail, or one of those that were written down."""
        if self._code is None:
            raise InvalidCredentials("the account has a second factor", f"{CODE}_needed", CODE)
        code = re.sub(r"[\s-]", "", self._code)
        if not code:
            raise await self._challenge(token)
        if _DIGITS.fullmatch(code):
            answer = await self._post("user/2fa/totp/authenticate", token, {"totp": code})
            if not answer.ok:
                answer = await self._post("user/2fa/email-otp/authenticate", token, {"otp": code})
        else:
            answer = await self._post("user/2fa/recovery-code/authenticate", token, {"recoveryCode": code})
        if not answer.ok:
            raise _no_refusal(answer) or InvalidCredentials(_text_of(answer), "invalid_code", CODE)
        refresh, access = (_token_in(answer, (key,)) for key in ("refreshToken", "accessToken"))
        if refresh is None or access is None:
            raise CannotConnect(f"{answer.endpoint}: no tokens in the answer", answered=True)
        return self._grant(access, refresh)

    async def _challenge(self, token: str) -> VendorError:
        answer = await self._post("user/2fa/email-otp/challenge", token, {})
        if answer.ok:
            return InvalidCredentials("a code was sent by e-mail", "code_sent", CODE)
        return _no_refusal(answer) or InvalidCredentials(_text_of(answer), "code_not_sent", CODE)

    async def _get(self, path: str, token: str, http: Http) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        return await http.request("GET", path, priority=Priority.LIVE, headers=headers, secret=True)

    async def _post(self, path: str, token: str, body: Mapping[str, str]) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        return await self._login_http.request(
            "POST", path, priority=Priority.LIVE, headers=headers, json=body, secret=True, tells=(500,)
        )

    def _grant(self, access: str, refresh: str | Token) -> Grant:
        now = self._clock.now()
        token = issued(access, now, ACCESS_LIFE)
        return Grant(
            access=msgspec.structs.replace(token, replace_from=now + (token.expires - now) * ACCESS_SHARE),
            refresh=self._issued(refresh) if isinstance(refresh, str) else refresh,
            passes=True,
        )


def _refused_login(answer: Answer) -> VendorError:
    """Only what Eniris' own error document says of the password is believed."""
    message = f"{answer.endpoint}: answered {answer.status}"
    if not _is_of_eniris(answer):
        return CannotConnect(f"{message}, not as Eniris does", answered=True)
    if answer.status in (404, 405) and b"USER_" not in answer.body:
        # Eniris it is, but another of its services: there is no signing in at that address.
        return CannotConnect(message, answered=True)
    if answer.status >= 500:
        if b"NO_PASSWORD_INFO" in answer.body:
            return InvalidCredentials(message, "no_password")
        return CannotConnect(message, answered=True)
    return InvalidCredentials(message)


def _no_refusal(answer: Answer) -> CannotConnect | None:
    """What it is when no code was refused: somebody else's page, or a service that stumbles."""
    if not _is_of_eniris(answer) or (answer.status >= 500 and _LOST_SECRET not in answer.body):
        return CannotConnect(_text_of(answer), answered=True)
    return None


def _text_of(answer: Answer) -> str:
    return f"{answer.endpoint}: answered {answer.status}"


def _is_of_eniris(answer: Answer) -> bool:
    """Whether a refusal is the service's own error document, and not a page of somebody in between."""
    return "statusCode" in json_object(answer)


def _needed(answer: Answer) -> str:
    token = _token_in(answer, ("accessToken", "token"))
    if token is None:
        raise CannotConnect(f"{answer.endpoint}: no token in the answer", answered=True)
    return token


def _token_in(answer: Answer, keys: tuple[str, ...]) -> str | None:
    """A token that is the body, with or without quotation marks around it, or under one of those keys."""
    body = json_object(answer)
    if body:
        return next((token for token in map(_token, map(body.get, keys)) if token is not None), None)
    try:
        text = answer.body.decode().strip()
    except UnicodeDecodeError:
        return None
    return _token(text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text)


def _token(value: object) -> str | None:
    """A token that can be sent in a header."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TOKEN or not value.isascii():
        return None
    return value if value.isprintable() and not set(value) & set(' <>{}"') else None
