"""The Eniris vendor: SmartgridOne controllers with their sites, meters, inverters and batteries.

Sources: Eniris' authentication manual, the API's own description (api.eniris.be/docs), and its field manual. Partners'
portals share the service, under databases of their own.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime, timedelta
import hashlib
import math
from typing import ClassVar, override

from yarl import URL

from ..base import Connection, CredentialField, Credentials, FieldKind, Vendor
from ..budget import Limit
from ..clock import ServiceClock
from ..errors import LOCKED_OUT
from ..http import JSON, Http, service_origin
from ..model import Account, Inventory, Notice, Point, Readings, Series
from ..tokens import Tokens
from .asking import MINUTE, Asking
from .issuer import CODE, EnirisIssuer
from .known import Known
from .live import LiveValues, nothing_allowed
from .past import Past

API = "https://api.eniris.be"
AUTHENTICATION = "https://authentication.eniris.be"
FREE_TOKENS = 100


class Eniris(Vendor):
    """One user's controllers."""

    key: ClassVar[str] = "eniris"
    title: ClassVar[str] = "Eniris"
    credential_fields: ClassVar[tuple[CredentialField, ...]] = (
        CredentialField(key="username", kind=FieldKind.USERNAME),
        CredentialField(key="password", kind=FieldKind.SECRET, kept=False),
        CredentialField(key="url", kind=FieldKind.ADDRESS, required=False, advanced=True),
        CredentialField(key="auth_url", kind=FieldKind.ADDRESS, required=False, advanced=True),
        CredentialField(key=CODE, kind=FieldKind.CODE, required=False, on_demand=True),
    )
    identity: ClassVar[str] = "username"
    cadence: ClassVar[timedelta] = timedelta(minutes=1)
    history_reach: ClassVar[timedelta | None] = None

    @override
    def __init__(self, connection: Connection, inventory: Inventory) -> None:
        credentials = connection.credentials
        self._clock = ServiceClock(connection.now)
        self._vault = connection.vault
        headers = {"Accept": f"{JSON}, text/plain", "User-Agent": connection.user_agent}
        session, budget = connection.session, connection.budget
        authentication = _address(credentials, "auth_url", AUTHENTICATION)
        self._http = Http(session, self.service(credentials), budget, headers, self._clock)
        self._auth_http = Http(session, authentication, budget, headers, self._clock)
        self._login_http = Http(
            session, authentication, connection.login_budget, headers, self._clock, limited=LOCKED_OUT
        )
        self._username = str(credentials["username"])
        password, code = credentials.get("password"), credentials.get(CODE)
        self._issuer = EnirisIssuer(
            self._auth_http,
            self._login_http,
            self._clock,
            connection.vault,
            username=self._username,
            password=None if password is None else str(password),
            code=None if code is None else str(code),
        )
        self._tokens = Tokens(connection.vault, self._issuer, self._clock)
        self._asking = Asking(self._http, self._tokens, budget)
        self._known = Known(inventory)
        self._live = LiveValues(self._asking, self._known, self._clock)
        self._past = Past(self._asking, self._known)

    @override
    @classmethod
    def limit(cls, credentials: Credentials) -> Limit:
        """The tokens of the free tier: that of the account is learnt from the first answer."""
        return Limit(requests=FREE_TOKENS, window=MINUTE)

    @override
    @classmethod
    def service(cls, credentials: Credentials) -> URL:
        """The documented address, or that of another installation of the service."""
        return _address(credentials, "url", API)

    @override
    async def login(self) -> Account:
        grant = await self._tokens.log_in()
        user = None if grant.refresh is None else await self._issuer.user(grant.refresh)
        digest = hashlib.sha256(self._username.lower().encode(errors="surrogatepass")).hexdigest()[:16]
        return Account(id=user or digest, title=self.title, named=user is not None, also=(digest,))

    @override
    async def logout(self) -> None:
        """Not while the token is being exchanged: the new one would be left."""
        async with self._vault.lock:
            grant = self._vault.grant
            if grant is not None and grant.refresh is not None:
                await self._issuer.log_out(grant.refresh)

    @override
    async def discover(self) -> Inventory:
        # An empty list where there were devices is told, and not believed.
        return self._known.inventory() if await self._list() else Inventory(in_one_list=True)

    @override
    def requests_per_poll(self, points: Collection[Point]) -> int:
        """The tokens that a poll costs."""
        return math.ceil(self._live.cost_of(points))

    @override
    def polls_per_round(self, points: Collection[Point]) -> int:
        return self._live.polls_per_round(points)

    @override
    async def read(self, points: Collection[Point]) -> Readings:
        sent_before = self._sent
        if not self._known.is_listed:
            # Where rows are is not stored: it is the service's to change.
            await self._list()
        poll = await self._live.read(points)
        if (refusal := nothing_allowed(poll)) is not None:
            raise refusal
        return Readings(
            samples=poll.samples,
            broken=frozenset(poll.broken),
            problems=poll.problems,
            inventory=self._known.changed_inventory(),
            requests=self._sent - sent_before,
        )

    @override
    async def history(
        self, points: Collection[Point], start: datetime, end: datetime
    ) -> AsyncIterator[tuple[Series, ...]]:
        if not self._known.is_listed:
            await self._list()
        async for batch in self._past.read(points, start, min(end, self.now())):
            yield batch

    @override
    def notices(self) -> Collection[Notice]:
        return (Notice(key="telemetry_not_visible", explains_silence=True),) if self._known.shows_no_series else ()

    @override
    def now(self) -> datetime:
        return self._clock.now()

    @override
    def last_answers(self) -> Mapping[str, bytes]:
        return self._http.last_bodies | self._auth_http.last_bodies | self._login_http.last_bodies

    async def _list(self) -> bool:
        """List the devices. Returns whether there are any, or were none."""
        listing = await self._asking.devices()
        if listing is None:
            return True
        if listing.devices or not self._known.is_listed:
            self._known.list_now(listing.devices)
            return True
        return False

    @property
    def _sent(self) -> int:
        return self._http.sent + self._auth_http.sent + self._login_http.sent


def _address(credentials: Credentials, key: str, usual: str) -> URL:
    text = str(credentials.get(key) or "")
    return service_origin(text) if text else URL(usual)
