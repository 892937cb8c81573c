"""The Enapter vendor: the devices of the cloud's sites, or of one gateway, with their telemetry and alerts.

Sources: Enapter HTTP API v3 (published by Enapter), and Enapter's own clients, which show the shapes of the answers.
"""

from collections.abc import AsyncIterator, Awaitable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
import hashlib
from http import HTTPStatus
import re
from typing import ClassVar, Final, override

from yarl import URL

from ..base import Connection, CredentialField, Credentials, FieldKind, Vendor
from ..budget import Limit, Priority
from ..clock import ServiceClock
from ..errors import CannotConnect, InvalidAddress, InvalidCredentials, UnexpectedAnswer, VendorError
from ..http import JSON, Http
from ..model import Account, Inventory, Point, Readings, Series
from ..tokens import EPOCH, Refused, Token
from .addresses import CLOUD, place_of
from .answers import TOKEN_HEADER, Item, ListedDevice, ListedSite
from .asking import (
    COMMUNICATION,
    CONNECTIVITY,
    MANIFESTS,
    RAISED_ALERTS,
    Asking,
    RefusedError,
    TokenRefusedError,
)
from .history import Past
from .known import Known
from .live import LiveValues

MOST_SINGLE_MANIFESTS: Final = 5
"""More manifests than these are had with a list of all."""
_REFUSALS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
EVERYTHING: Final = ("properties", CONNECTIVITY, COMMUNICATION, RAISED_ALERTS)
BELIEVED_AFTER: Final = timedelta(seconds=3)
"""So far apart are two refusals after which a person has to enter a new token."""
_TOKEN: Final = re.compile(r"[!-~]+")


class Enapter(Vendor):
    """What one token shows, of the cloud or of a gateway."""

    key: ClassVar[str] = "enapter"
    title: ClassVar[str] = "Enapter"
    credential_fields: ClassVar[tuple[CredentialField, ...]] = (
        CredentialField(key="url", kind=FieldKind.ADDRESS, default=CLOUD),
        CredentialField(key="token", kind=FieldKind.SECRET),
        CredentialField(key="verify_ssl", kind=FieldKind.SWITCH, required=False, default=True),
    )
    identity: ClassVar[str] = "token"
    cadence: ClassVar[timedelta] = timedelta(minutes=1)
    history_reach: ClassVar[timedelta | None] = None
    history_part: ClassVar[timedelta] = timedelta(days=7)
    empty: ClassVar[str] = "only_old_sites"
    """The config flow's error for a good token that shows no devices: sites of version 1 are not in this API."""

    @override
    def __init__(self, connection: Connection, inventory: Inventory) -> None:
        self._connection = connection
        self._token = str(connection.credentials["token"]).strip()
        self._place = place_of(str(connection.credentials.get("url") or ""))
        self._clock = ServiceClock(connection.now)
        self._known = Known(inventory)
        self._connect(self._place.bases[0])

    @override
    @classmethod
    def limit(cls, credentials: Credentials) -> Limit:
        """Only that there is a limit is published, and no number: this is two requests a second."""
        return Limit(requests=120, window=timedelta(minutes=1))

    @override
    @classmethod
    def service(cls, credentials: Credentials) -> URL:
        """The address before `/v3`; with HTTPS, since it is the same service where it is left open or is not."""
        return place_of(str(credentials.get("url") or "")).bases[0].with_scheme("https")

    @override
    @classmethod
    def addresses(cls, credentials: Credentials) -> tuple[URL, ...]:
        return place_of(str(credentials.get("url") or "")).bases

    @override
    @classmethod
    def verifies_certificate(cls, credentials: Credentials) -> bool:
        """Only a gateway's own certificate may be taken on trust."""
        try:
            is_gateway = place_of(str(credentials.get("url") or "")).is_gateway
        except InvalidAddress:
            return True
        return bool(credentials.get("verify_ssl", True)) or not is_gateway

    @override
    async def login(self) -> Account:
        if not _TOKEN.fullmatch(self._token):
            raise InvalidCredentials("the token has characters that no token has")
        failures: list[CannotConnect | UnexpectedAnswer] = []
        for base in self._place.bases:
            self._connect(base)
            try:
                account = await (self._gateway(base) if self._place.is_gateway else self._cloud())
            except TokenRefusedError as err:
                raise InvalidCredentials(str(err)) from err
            except RefusedError as err:
                if err.is_page and err.status in _REFUSALS:
                    # Somebody in between wants something: nobody knows yet whether the address is right.
                    raise err.as_failure() from err
                failures.append(err.as_failure())
            except (CannotConnect, UnexpectedAnswer) as err:
                # With a certificate that proves nothing, a token is not to be sent in the clear instead.
                if isinstance(err, CannotConnect) and err.untrusted:
                    raise InvalidCredentials(str(err), "untrusted_certificate", "verify_ssl") from err
                # Nor where a service is, and only stumbles.
                if isinstance(err, CannotConnect) and err.answered and err.lost:
                    raise
                failures.append(err)
            else:
                return account
        for failure in failures:
            if _is_from_elsewhere(failure):
                raise InvalidCredentials(str(failure), "invalid_url", "url") from failure
        raise failures[0]

    @override
    async def discover(self) -> Inventory:
        self._asking.try_again()
        return await self._confirmed(self._discover())

    @override
    def wants_discovery(self) -> bool:
        return self._known.is_incomplete

    @override
    def requests_per_poll(self, points: Collection[Point]) -> int:
        return self._live.requests_for(points)

    @override
    def polls_per_round(self, points: Collection[Point]) -> int:
        return self._live.polls_for(points)

    @override
    async def read(self, points: Collection[Point]) -> Readings:
        sent_before = self._http.sent
        poll = await self._confirmed(self._live.read(points))
        return Readings(
            samples=poll.samples,
            broken=frozenset(poll.broken),
            problems=poll.problems,
            inventory=self._known.changed_inventory(),
            requests=self._http.sent - sent_before,
        )

    @override
    async def history(
        self, points: Collection[Point], start: datetime, end: datetime
    ) -> AsyncIterator[tuple[Series, ...]]:
        """The hourly states of registers, a week at a time."""
        batches = self._past.read(points, start, end)
        while (batch := await self._confirmed(anext(batches, None))) is not None:
            yield batch

    @override
    def now(self) -> datetime:
        return self._clock.now()

    @override
    def last_answers(self) -> Mapping[str, bytes]:
        return self._http.last_bodies

    def _connect(self, base: URL) -> None:
        headers = {TOKEN_HEADER: self._token, "Accept": JSON, "User-Agent": self._connection.user_agent}
        if base.scheme == "http":
            # The vendor's own client says so too: gateways have HTTP only for those who know what they do.
            headers["X-Enapter-Allow-HTTP"] = "true"
        self._http = Http(self._connection.session, base, self._connection.budget, headers, self._clock)
        self._asking = Asking(self._http)
        self._live = LiveValues(self._asking, self._known, self._clock, self._connection.budget)
        self._past = Past(self._asking, self._clock)

    async def _cloud(self) -> Account:
        """The account behind a token of the cloud, which nothing names."""
        try:
            await self._asking.sites(most_pages=1)
        except TokenRefusedError:
            # Who may list devices has a good token all the same.
            await self._asking.devices((), Priority.DISCOVERY, most_pages=1)
        return Account(id=self._digest, title=self.title, named=False)

    async def _gateway(self, base: URL) -> Account:
        """The account of a gateway, which is its site."""
        address = str(base) if self._place.is_open else None
        site = next(iter(await self._sites() or []), None)
        if site is not None:
            title = f"{self.title} {site.name or 'gateway'}"
            return Account(id=f"gateway_{site.id}", title=title, named=True, address=address)
        listed = await self._asking.devices((), Priority.DISCOVERY, most_pages=1)
        ids = sorted(device.site_id for device in listed if device.site_id is not None)
        if not ids:
            return Account(id=self._digest, title=self.title, named=False, address=address)
        return Account(id=f"gateway_{ids[0]}", title=f"{self.title} gateway", named=True, address=address)

    @property
    def _digest(self) -> str:
        return hashlib.sha256(self._token.encode(errors="surrogatepass")).hexdigest()[:16]

    async def _discover(self) -> Inventory:
        # First, since it tells whose manifests are wanted: those at archived sites are not.
        if (sites := await self._sites()) is not None:
            self._known.list_sites(sites)
        listed, manifests = await self._devices()
        if not listed and self._known.devices:
            # It is told, and not believed.
            return Inventory(in_one_list=True)
        self._known.list_now(listed, manifests)
        return self._known.inventory()

    async def _sites(self) -> list[ListedSite] | None:
        """All sites; None where they are not to be had. A gateway has one, and perhaps no list."""
        if self._place.is_gateway and (site := await self._asking.own_site()) is not None:
            return [site]
        try:
            return await self._asking.sites()
        except RefusedError, TokenRefusedError:
            # The list of devices decides about the token.
            return None

    async def _devices(self) -> tuple[Sequence[ListedDevice], Mapping[str, Item | None]]:
        """All devices, and the manifests of those that are new or may have changed."""
        first = not self._known.has_manifests
        try:
            listed = await self._asking.devices((*([MANIFESTS] if first else []), *EVERYTHING), Priority.DISCOVERY)
            if first:
                return listed, {one.id: one.manifest for one in listed}
            return listed, await self._manifests(self._known.without_manifest(listed))
        except RefusedError as err:
            raise err.as_failure() from err

    async def _manifests(self, wanted: Collection[str]) -> Mapping[str, Item | None]:
        if len(wanted) > MOST_SINGLE_MANIFESTS:
            return {
                one.id: one.manifest
                for one in await self._asking.devices((MANIFESTS,), Priority.DISCOVERY)
                if one.id in wanted
            }
        manifests = {}
        for device in wanted:
            try:
                manifests[device] = await self._asking.manifest(device)
            except RefusedError:
                # It keeps what it had, and is asked for again at the next discovery.
                continue
            except CannotConnect as err:
                if not err.answered:
                    break
        return manifests

    async def _confirmed[T](self, work: Awaitable[T]) -> T:
        """Do some work; believe that the token is bad only when a list refuses it too, and both again later."""
        sent_before = self._http.sent
        try:
            done = await work
        except TokenRefusedError as err:
            is_good = await self._asking.is_token_good(Priority.LIVE)
            if is_good is False:
                raise self._refusal(str(err)) from err
            if is_good:
                self._connection.vault.refused = None
            raise CannotConnect("the token was refused once, and not twice", answered=True) from err
        if self._http.sent > sent_before:
            self._connection.vault.refused = None
        return done

    def _refusal(self, message: str) -> VendorError:
        """A token is bad when the service has said so in two polls: the first time it may be the service's fault."""
        vault, now = self._connection.vault, self._clock.now()
        token = Token(text=self._token, expires=EPOCH)
        if vault.refused is None or vault.refused.token != token:
            vault.refused = Refused(token=token, at=now)
        elif abs(now - vault.refused.at) >= BELIEVED_AFTER:
            return InvalidCredentials(message)
        return CannotConnect(message, answered=True)


def _is_from_elsewhere(failure: CannotConnect | UnexpectedAnswer) -> bool:
    """Whether somebody answered who is not this service."""
    return isinstance(failure, UnexpectedAnswer) or (failure.answered and not failure.lost)
