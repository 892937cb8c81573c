"""Access tokens that live for minutes, and the refresh tokens behind them.

What goes wrong with those: two polls refresh at once and one of them uses a token that is spent; a new token is lost
because it was used before it was kept; a service that stumbles is answered with one sign-in after another.
"""

from abc import ABC, abstractmethod
import asyncio
from base64 import urlsafe_b64decode
import binascii
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self, override

import msgspec

from .budget import Priority
from .clock import ServiceClock
from .errors import CannotConnect, InvalidCredentials, VendorError
from .http import NOTHING, Answer, Http, Query
from .values import number

EARLY = timedelta(seconds=60)
"""A token is not used any more so long before it expires: it has to arrive, and the clocks differ."""
LONGEST_LIFE = timedelta(days=3660)
EPOCH = datetime.fromtimestamp(0, UTC)
DOUBT = timedelta(minutes=10)
"""How long refusals are not answered with a new token, once a new one has been refused as well."""
PAUSE = timedelta(seconds=30)
"""How long they are not, once no new one was to be had: each request of a poll would try it again."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token and the instant at which it expires, by the service's clock.

    `replace_from` is when it is to be replaced, where that is not `EARLY` before it expires.
    """

    text: str
    expires: datetime
    replace_from: datetime | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Whether it is still to be used."""
        return now < (self.expires - EARLY if self.replace_from is None else self.replace_from)

    @override
    def __repr__(self) -> str:
        """Show when it expires, never what it is."""
        return f"Token(expires={self.expires.isoformat()})"


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a service gave out last. `refresh` is None where there is none, or none that is known to be good.

    An access token that `passes` is not kept over a restart: the refresh token gives another one whenever it is asked.
    """

    access: Token
    refresh: Token | None = None
    passes: bool = False

    def to_keep(self) -> Self:
        """What of it is to be on disk."""
        if not self.passes:
            return self
        spent = Token(text="", expires=EPOCH)
        return msgspec.structs.replace(self, access=spent)


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token that a service has refused, and when it did so first."""

    token: Token
    at: datetime


async def _keep_nothing(_grant: Grant) -> None:
    """A vault that forgets when the process ends."""


class Vault:
    """Where the newest grant of one credential is: shared by all that use the credential, and kept over restarts.

    `keep` must have the grant on disk when it returns. The lock is held while a grant is being replaced. `refused` is
    for issuers that do not believe the first refusal of a refresh token.
    """

    def __init__(self, grant: Grant | None = None, keep: Callable[[Grant], Awaitable[None]] = _keep_nothing) -> None:
        self.grant = grant
        self.lock = asyncio.Lock()
        self.doubted_until: datetime | None = None
        self.refused: Refused | None = None
        self._keep = keep

    def close(self) -> None:
        """Keep nothing any more: the credential is used no longer."""
        self._keep = _keep_nothing

    async def put(self, grant: Grant) -> None:
        """Keep a grant; only then is it there for use."""
        await self._keep(grant)
        self.grant = grant

    async def begin(self, grant: Grant) -> None:
        """Keep the grant that a person has signed in for: what was doubted was the one before."""
        await self.put(grant)
        self.doubted_until = None


class Issuer(ABC):
    """The part of a service that gives out tokens. Both methods raise the vendor errors."""

    can_log_in: bool = True
    """Whether there is what signing in takes. Without, a refresh token is all there is."""

    @abstractmethod
    async def log_in(self) -> Grant:
        """Sign in anew. Raises `InvalidCredentials` only for a definite answer that the credential is bad."""

    async def renew(self, refresh: Token) -> Grant:
        """Exchange a refresh token. Raises `InvalidCredentials` for a definite answer that it is good no longer."""
        raise InvalidCredentials("the service has no refresh tokens")


class Tokens:
    """Keeps an access token at hand, with the fewest requests to the issuer."""

    def __init__(self, vault: Vault, issuer: Issuer, clock: ServiceClock) -> None:
        self._vault = vault
        self._issuer = issuer
        self._clock = clock
        self._exchanges = set[asyncio.Task[Grant]]()

    async def log_in(self) -> Grant:
        """Sign in anew, whatever tokens there are: this proves the credential."""
        return await self._undisturbed(self._log_in())

    async def access(self, refused: str | None = None) -> str:
        """An access token that has not expired and is not the one that was refused."""
        grant = self._at_hand(refused) or await self._undisturbed(self._replace(refused))
        return grant.access.text

    async def authorized(self, send: Callable[[str], Awaitable[Answer]]) -> Answer:
        """Send a request with an access token; once more with a new token, should the service refuse the first.

        Raises `CannotConnect` when the service refuses the token that it has just given out: that says nothing of the
        credential.
        """
        text = await self.access()
        answer = await send(text)
        if answer.status != 401:
            return answer
        if not self._is_doubted:
            try:
                renewed = await self.access(refused=text)
            except VendorError:
                self._vault.doubted_until = self._clock.now() + PAUSE
                raise
            answer = await send(renewed)
            if answer.status != 401:
                self._vault.doubted_until = None
                return answer
            self._vault.doubted_until = self._clock.now() + DOUBT
        raise CannotConnect(f"{answer.endpoint}: the service refuses the access token it gave out", answered=True)

    @property
    def _is_doubted(self) -> bool:
        """Whether a new token would be of no use now; not for longer than that, whatever the clock said then."""
        now, until = self._clock.now(), self._vault.doubted_until
        return until is not None and now < until <= now + DOUBT

    async def _log_in(self) -> Grant:
        async with self._vault.lock:
            grant = await self._issuer.log_in()
            await self._vault.put(grant)
            return grant

    async def _replace(self, refused: str | None) -> Grant:
        async with self._vault.lock:
            if (held := self._at_hand(refused)) is not None:
                return held
            grant = await self._renewed()
            await self._vault.put(grant)
            return grant

    async def _undisturbed(self, exchange: Coroutine[Any, Any, Grant]) -> Grant:
        """Finish an exchange even if whoever wants the token is cancelled: its answer comes only once."""
        task = asyncio.create_task(exchange)
        self._exchanges.add(task)
        task.add_done_callback(self._finished)
        # `asyncio.shield` would log the error of an exchange that nobody waits for any more.
        await asyncio.wait((task,))
        return task.result()

    def _finished(self, task: asyncio.Task[Grant]) -> None:
        self._exchanges.discard(task)
        if not task.cancelled():
            # Nobody may be waiting for the error any more.
            task.exception()

    async def get(
        self, http: Http, path: str, *, priority: Priority, ids: Mapping[str, str] = NOTHING, query: Query = ()
    ) -> Answer:
        """Send a GET with an access token (RFC 6750, section 2.1). Raises what `authorized` and the request raise."""

        async def send(text: str) -> Answer:
            headers = {"Authorization": f"Bearer {text}"}
            return await http.request("GET", path, priority=priority, ids=ids, query=query, headers=headers)

        return await self.authorized(send)

    def _at_hand(self, refused: str | None) -> Grant | None:
        grant = self._vault.grant
        if grant is None or grant.access.text == refused or not grant.access.is_fresh(self._clock.now()):
            return None
        return grant

    async def _renewed(self) -> Grant:
        """A refresh token is used as long as the service does not say that it is dead; then one sign-in follows.

        One that has expired is not, where there is another way: its time may be a guess, and the clock wrong.
        """
        held = self._vault.grant
        if held is not None and held.refresh is not None and self._may_be_good(held.refresh):
            try:
                return await self._issuer.renew(held.refresh)
            except InvalidCredentials:
                # Whatever becomes of the sign-in, this token is not to be shown again.
                await self._vault.put(Grant(access=held.access))
        return await self._issuer.log_in()

    def _may_be_good(self, refresh: Token) -> bool:
        return refresh.expires > self._clock.now() or not self._issuer.can_log_in


def issued(text: str, now: datetime, usual_life: timedelta) -> Token:
    """A token that was just given out, with the expiry that it names itself (RFC 7519, section 4.1.4).

    Where it names none, or one that cannot be (a clock is wrong then), it is taken to live for `usual_life`.
    """
    expires = number(claims_of(text).get("exp"))
    if expires is not None:
        seconds = expires - now.timestamp()
        if EARLY.total_seconds() < seconds < LONGEST_LIFE.total_seconds():
            return Token(text=text, expires=datetime.fromtimestamp(expires, UTC))
    return Token(text=text, expires=now + usual_life)


def claims_of(text: str) -> Mapping[str, object]:
    """What a JSON Web Token says of itself, unverified; empty for anything else."""
    parts = text.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = msgspec.json.decode(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError, binascii.Error, msgspec.DecodeError, RecursionError:
        return {}
    return claims if isinstance(claims, dict) else {}
