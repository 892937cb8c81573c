"""Where Envitron's tokens come from.

Source: Envi.Cloud Public-API, "Authentication", "Limits" and the FAQ: a refresh token works once, gives a new pair, and
at most 50 of them may be outstanding. The pairs name their own expiry, which contradicts the text.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import override

from ..budget import Budget, Priority
from ..clock import ServiceClock
from ..errors import (
    TOO_MANY_TOKENS,
    CannotConnect,
    InvalidCredentials,
    NotPermitted,
    UnexpectedAnswer,
    VendorError,
)
from ..http import Answer, Http
from ..tokens import Grant, Issuer, Token, issued
from ..values import json_object

ACCESS_LIFE = timedelta(minutes=14)
REFRESH_LIFE = timedelta(days=6)
TOO_MANY_WAIT = timedelta(hours=1)
LONGEST_TOKEN = 8192
_ABOUT_THE_CREDENTIAL: Mapping[int, Callable[[str], VendorError]] = {
    400: InvalidCredentials,
    401: InvalidCredentials,
    403: NotPermitted,
}
_FIELDS = frozenset({"username", "password", "refresh", "non_field_errors"})
"""What a 400 finds fault with, where it is about the credential and not about something else."""


class EnvitronIssuer(Issuer):
    """Signs in with user name and password, and exchanges refresh tokens."""

    def __init__(
        self, http: Http, login_http: Http, budgets: tuple[Budget, Budget], user: tuple[str, str], clock: ServiceClock
    ) -> None:
        self._http = http
        self._login_http = login_http
        self._budget, self._login_budget = budgets
        self._username, self._password = user
        self._clock = clock

    @override
    async def log_in(self) -> Grant:
        try:
            answer = await self._login_http.request(
                "POST",
                "public-api/token/",
                priority=Priority.LIVE,
                json={"username": self._username, "password": self._password},
                secret=True,
            )
        except CannotConnect as err:
            if err.lost:
                # The service may have given out a pair that nobody has: not one more with every poll.
                self._login_budget.hold(None)
            raise
        if not answer.ok:
            raise self._refusal(answer, self._login_budget)
        return self._grant(answer, None)

    @override
    async def renew(self, refresh: Token) -> Grant:
        answer = await self._http.request(
            "POST",
            "public-api/token/refresh/",
            priority=Priority.LIVE,
            json={"refresh": refresh.text},
            secret=True,
        )
        if not answer.ok:
            raise self._refusal(answer, self._budget)
        return self._grant(answer, refresh)

    def _grant(self, answer: Answer, refresh: Token | None) -> Grant:
        body, now = json_object(answer), self._clock.now()
        access_text, refresh_text = _token(body.get("access")), _token(body.get("refresh"))
        if access_text is None:
            raise UnexpectedAnswer(f"{answer.endpoint}: no access token in the answer")
        return Grant(
            access=issued(access_text, now, ACCESS_LIFE),
            refresh=refresh if refresh_text is None else issued(refresh_text, now, REFRESH_LIFE),
        )

    @staticmethod
    def _refusal(answer: Answer, budget: Budget) -> VendorError:
        """Decided by the status; the words, which are never shown, only tell the two kinds of 403 apart."""
        message = f"{answer.endpoint}: answered {answer.status}"
        if answer.status == 403 and b"outstanding" in answer.body.lower():
            return budget.hold(TOO_MANY_WAIT, TOO_MANY_TOKENS)
        body = json_object(answer)
        if answer.status in _ABOUT_THE_CREDENTIAL and (body.keys() & _FIELDS if answer.status == 400 else body):
            return _ABOUT_THE_CREDENTIAL[answer.status](message)
        return CannotConnect(f"{message}, not as Envi.Cloud does", answered=True)


def _token(value: object) -> str | None:
    """A token that can be sent in a header."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TOKEN or not value.isascii():
        return None
    return value if value.isprintable() and " " not in value else None
