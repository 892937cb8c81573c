"""The Envitron vendor: buildings with their sensor hubs and sensors.

Sources: Envi.Cloud Public-API (published by Envitron) and its reference of single operations. The service gives what
was measured last, per building; it is not known to give history or energy.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime, timedelta
import hashlib
from typing import ClassVar, override

from yarl import URL

from ..base import Connection, CredentialField, Credentials, FieldKind, OptionField, OptionKind, Vendor
from ..budget import Limit
from ..clock import ServiceClock
from ..errors import LOCKED_OUT, TOO_MANY_TOKENS, CannotConnect, InvalidCredentials, UnexpectedAnswer
from ..http import JSON, Http, service_origin
from ..model import Account, Inventory, Notice, Point, Readings, Series
from ..tokens import Tokens, claims_of
from ..values import identifier
from .asking import Asking
from .issuer import EnvitronIssuer
from .known import ACTUAL_CADENCE, Known
from .live import LiveValues

PER_BUILDING = 500
HOUR = timedelta(hours=1)
OLD_VALUES = "old_values"


class Envitron(Vendor):
    """One user's buildings."""

    key: ClassVar[str] = "envitron"
    title: ClassVar[str] = "Envitron"
    credential_fields: ClassVar[tuple[CredentialField, ...]] = (
        CredentialField(key="url", kind=FieldKind.ADDRESS),
        CredentialField(key="username", kind=FieldKind.USERNAME),
        CredentialField(key="password", kind=FieldKind.SECRET),
    )
    option_fields: ClassVar[tuple[OptionField, ...]] = (OptionField(key=OLD_VALUES, kind=OptionKind.SWITCH),)
    identity: ClassVar[str] = "username"
    cadence: ClassVar[timedelta] = timedelta(minutes=1)
    history_reach: ClassVar[timedelta | None] = timedelta(0)
    calculates_energy: ClassVar[bool] = True

    @override
    def __init__(self, connection: Connection, inventory: Inventory) -> None:
        credentials = connection.credentials
        base = self.service(credentials)
        self._host = base.host or ""
        self._budget, self._login_budget = connection.budget, connection.login_budget
        self._clock = ServiceClock(connection.now)
        headers = {"Accept": JSON, "User-Agent": connection.user_agent}
        self._http = Http(connection.session, base, connection.budget, headers, self._clock)
        self._login_http = Http(
            connection.session, base, connection.login_budget, headers, self._clock, limited=LOCKED_OUT
        )
        self._username = str(credentials["username"])
        issuer = EnvitronIssuer(
            self._http,
            self._login_http,
            (connection.budget, connection.login_budget),
            (self._username, str(credentials["password"])),
            self._clock,
        )
        self._tokens = Tokens(connection.vault, issuer, self._clock)
        self._asking = Asking(self._http, self._tokens, self._clock.now)
        old_values = bool(connection.options.get(OLD_VALUES))
        self._known = Known(inventory, None if old_values else ACTUAL_CADENCE)
        self._live = LiveValues(self._asking, self._known, self._clock.now, old_values=old_values)
        # Not less than it is: somebody else of the same user may know of more buildings.
        self._set_limit(at_least=connection.budget.limit.requests)

    @override
    @classmethod
    def limit(cls, credentials: Credentials) -> Limit:
        return Limit(requests=PER_BUILDING, window=HOUR)

    @override
    @classmethod
    def service(cls, credentials: Credentials) -> URL:
        """The origin of whatever address was pasted, be it the portal's or the documentation's."""
        return service_origin(str(credentials.get("url") or ""))

    @override
    async def login(self) -> Account:
        try:
            grant = await self._tokens.log_in()
        except UnexpectedAnswer as err:
            raise InvalidCredentials(str(err), "invalid_url", "url") from err
        except CannotConnect as err:
            if err.answered and not err.lost:
                raise InvalidCredentials(str(err), "invalid_url", "url") from err
            raise
        user = identifier(claims_of(grant.access.text).get("user_id"))
        if user is None:
            user = hashlib.sha256(self._username.encode(errors="surrogatepass")).hexdigest()[:16]
        return Account(id=f"{self._host}_{user}", title=f"{self.title} {self._host}", named=True)

    @override
    async def discover(self) -> Inventory:
        buildings = await self._asking.buildings()
        if not buildings and self._known.buildings:
            # It is told, and not believed.
            return Inventory()
        self._known.list_now(buildings, await self._asking.sensors([building for building, _ in buildings]))
        self._set_limit()
        return self._known.inventory()

    @override
    def requests_per_poll(self, points: Collection[Point]) -> int:
        return self._live.requests_for(points)

    @override
    async def read(self, points: Collection[Point]) -> Readings:
        sent_before = self._sent
        poll = await self._live.read(points)
        return Readings(
            samples=poll.samples,
            broken=frozenset(),
            problems=poll.problems,
            inventory=self._known.changed_inventory(),
            requests=self._sent - sent_before,
        )

    @override
    async def history(
        self, points: Collection[Point], start: datetime, end: datetime
    ) -> AsyncIterator[tuple[Series, ...]]:
        """Nothing: no endpoint that remembers is known."""
        for _ in ():
            yield ()

    @override
    def notices(self) -> Collection[Notice]:
        held = (budget.held_because for budget in (self._budget, self._login_budget))
        return (Notice(key=TOO_MANY_TOKENS, explains_silence=True),) if TOO_MANY_TOKENS in held else ()

    @override
    def now(self) -> datetime:
        return self._clock.now()

    @override
    def last_answers(self) -> Mapping[str, bytes]:
        return self._http.last_bodies | self._login_http.last_bodies

    @property
    def _sent(self) -> int:
        return self._http.sent + self._login_http.sent

    def _set_limit(self, *, at_least: int = PER_BUILDING) -> None:
        """The limits of a user's buildings are pooled (Public-API, "Limits")."""
        requests = max(at_least, PER_BUILDING * len(self._known.buildings))
        self._budget.limit = Limit(requests=requests, window=HOUR)
