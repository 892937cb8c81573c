"""Where Enectiva's access tokens come from: a login token is exchanged for one that lives five minutes.

Source: Librarian, "Auth" and "Create a new access token". The answer's shape is not published.
"""

from collections.abc import Iterator
from datetime import timedelta
import re
from typing import override

import msgspec

from ..budget import Priority
from ..clock import ServiceClock
from ..errors import CannotConnect, InvalidCredentials, NotPermitted, UnexpectedAnswer
from ..http import Answer, Http
from ..tokens import Grant, Issuer, claims_of, issued
from ..values import number

ACCESS_LIFE = timedelta(minutes=4)
PATH = "access_tokens"
_BODY = {"data": {"type": "access_tokens"}}
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_SHORTEST = 32
_KEYS = ("access_token", "token", "jwt", "id")
"""Under which keys a token is looked for first."""
_DEEPEST = 8
_anything = msgspec.json.Decoder()


class EnectivaIssuer(Issuer):
    """Exchanges the login token."""

    def __init__(self, http: Http, login_token: str, clock: ServiceClock) -> None:
        self._http = http
        self._login_token = login_token
        self._clock = clock
        self._with_body = False

    @override
    async def log_in(self) -> Grant:
        """A refusal is believed when it is repeated: a proxy's single 401 must not ask a person for a new token."""
        answer = await self._exchange()
        if answer.status in (400, 415):
            # Whether a body is wanted is not published.
            self._with_body = not self._with_body
            answer = await self._exchange()
        if answer.status == 401 and not answer.is_page:
            answer = await self._exchange()
        if answer.ok:
            return Grant(access=issued(_token_in(answer), self._clock.now(), ACCESS_LIFE))
        message = f"{answer.endpoint}: answered {answer.status}"
        if answer.is_page:
            raise CannotConnect(f"{message}, not as the service does", answered=True)
        if answer.status == 401:
            expires = number(claims_of(self._login_token).get("exp"))
            over = expires is not None and expires <= self._clock.now().timestamp()
            raise InvalidCredentials("the login token has expired" if over else message)
        if answer.status == 403:
            raise NotPermitted(message)
        raise CannotConnect(message, answered=True)

    async def _exchange(self) -> Answer:
        return await self._http.request(
            "POST",
            PATH,
            priority=Priority.LIVE,
            headers={"Authorization": f"Bearer {self._login_token}"},
            json=_BODY if self._with_body else msgspec.UNSET,
            secret=True,
        )


def _token_in(answer: Answer) -> str:
    """The access token, wherever it is: in the JSON, as the whole body, or in a header."""
    try:
        body: object = answer.decode(_anything)
    except CannotConnect, msgspec.ValidationError:
        body = answer.body.decode(errors="replace").strip()
    scheme, _, in_header = answer.headers.get("Authorization", "").partition(" ")
    found = sorted(_tokens(body, "", _DEEPEST), key=lambda one: one[0])
    tokens = [text for _, text in found] + ([in_header.strip()] if scheme.casefold() == "bearer" else [])
    for text in tokens:
        if _TOKEN.fullmatch(text):
            return text
    raise UnexpectedAnswer(f"{answer.endpoint}: no access token in the answer")


def _tokens(value: object, key: str, depth: int) -> Iterator[tuple[int, str]]:
    """Everything that looks like a token, with how likely its key makes it."""
    if isinstance(value, str) and len(value) >= _SHORTEST and _TOKEN.fullmatch(value):
        yield _KEYS.index(key) if key in _KEYS else len(_KEYS), value
    elif isinstance(value, dict) and depth:
        for inner_key, inner in value.items():
            yield from _tokens(inner, inner_key, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value:
            yield from _tokens(inner, key, depth - 1)
