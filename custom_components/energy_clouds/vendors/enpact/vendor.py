"""The Enpact vendor: what is asked, when, and what becomes of the answers.

Sources: IoT Edge Data API v1.0 (Enpact's published documentation). The service gives raw rows, one per 30 s, in windows
of 15 minutes from a chosen instant within the last 24 hours, for up to 150 ids a request.
"""

from collections.abc import AsyncIterator, Awaitable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
import hashlib
from typing import ClassVar, override

from yarl import URL

from ..base import Connection, CredentialField, Credentials, FieldKind, Vendor
from ..budget import Limit, Priority
from ..clock import ServiceClock
from ..errors import CannotConnect, InvalidCredentials, RateLimited, UnexpectedAnswer
from ..http import Http, in_private, service_address
from ..model import Account, Inventory, Point, Problem, Readings, Series
from . import answers
from .batches import Aggregation, Batches, Window, refusal
from .fields import CONTROLLERS, KINDS, METERS, WINDOW, Kind
from .known import KnownThings
from .live import LiveRows, Poll
from .past import REGISTERS, Past

PRODUCTION = "production"
SANDBOX = "sandbox"
BASES = {
    PRODUCTION: "https://api.enpact.iote.uk/api/v1",
    SANDBOX: "https://sandbox-api.enpact.iote.uk/api/v1",
}
LIMITS = {
    PRODUCTION: Limit(requests=300, window=timedelta(minutes=15)),
    SANDBOX: Limit(requests=30, window=timedelta(seconds=1)),
}
SETTLED_AFTER = timedelta(minutes=2)
"""How long after its end a window's aggregate is asked for: rows arrive late by an unknown delay."""
MOST_SHARE_TRIES = 4
OLDEST = timedelta(hours=23, minutes=55)
"""The service refuses what is 24 hours old; five minutes are left to differing clocks."""
API_PATH = "/api/v1"


class Enpact(Vendor):
    """One API key's cooling controllers and meters."""

    key: ClassVar[str] = "enpact"
    title: ClassVar[str] = "Enpact"
    credential_fields: ClassVar[tuple[CredentialField, ...]] = (
        CredentialField(key="api_key", kind=FieldKind.SECRET),
        CredentialField(key="environment", kind=FieldKind.CHOICE, default=PRODUCTION, choices=(PRODUCTION, SANDBOX)),
        CredentialField(key="url", kind=FieldKind.ADDRESS, required=False, advanced=True),
    )
    identity: ClassVar[str] = "api_key"
    cadence: ClassVar[timedelta] = timedelta(minutes=1)
    history_reach: ClassVar[timedelta | None] = OLDEST

    @override
    def __init__(self, connection: Connection, inventory: Inventory) -> None:
        credentials = connection.credentials
        self._api_key = str(credentials["api_key"]).strip()
        self._environment = str(credentials["environment"])
        self._clock = ServiceClock(connection.now)
        self._http = Http(
            connection.session,
            self.service(credentials),
            connection.budget,
            headers={"X-API-Key": self._api_key, "Accept": "application/json", "User-Agent": connection.user_agent},
            clock=self._clock,
        )
        self._batches = Batches(self._http, self._clock)
        self._known = KnownThings(inventory)
        self._live = LiveRows(self._batches, self._known)
        self._has_read = False
        self._share_window: datetime | None = None
        self._share_tries = 0

    @override
    @classmethod
    def limit(cls, credentials: Credentials) -> Limit:
        return LIMITS.get(str(credentials.get("environment")), LIMITS[PRODUCTION])

    @override
    @classmethod
    def service(cls, credentials: Credentials) -> URL:
        """The environment's documented base, or the service at the address a person gave, in whatever form."""
        text = str(credentials.get("url") or "")
        if not text:
            return URL(BASES.get(str(credentials.get("environment")), BASES[PRODUCTION]))
        address = in_private(service_address(text))
        before, found, _ = address.path.partition(API_PATH)
        return address.with_path(before + API_PATH if found else API_PATH)

    @override
    async def login(self) -> Account:
        if not (self._api_key.isascii() and self._api_key.isprintable()):
            raise InvalidCredentials("the API key has characters that no key has")
        await self._list(CONTROLLERS, Priority.DISCOVERY)
        digest = hashlib.sha256(self._api_key.encode(errors="surrogatepass")).hexdigest()[:16]
        title = self.title if self._environment == PRODUCTION else f"{self.title} {self._environment}"
        return Account(id=digest, title=title, named=False)

    @override
    async def discover(self) -> Inventory:
        lists = [await self._confirmed(self._list(kind, Priority.DISCOVERY)) for kind in KINDS]
        for kind, ids in zip(KINDS, lists, strict=True):
            self._known.list_now(kind, ids)
        self._batches.try_again(self._known.is_listed)
        self._live.try_again()
        return self._known.inventory()

    @override
    def requests_per_poll(self, points: Collection[Point]) -> int:
        return sum(self._batches.count(kind, len(self._known.wanted(kind, points))) for kind in KINDS)

    @override
    async def read(self, points: Collection[Point]) -> Readings:
        sent_before = self._http.sent
        poll = Poll()
        await self._confirmed(self._live.read(points, poll, self.now()))
        if self._has_read:
            # The first poll after a start stays small; the shares follow with the second.
            with suppress(CannotConnect, RateLimited, UnexpectedAnswer):
                await self._confirmed(self._read_shares(points, poll))
        self._has_read = True
        return Readings(
            samples=poll.samples,
            broken=frozenset(poll.broken),
            problems=poll.problems | dict.fromkeys(self._batches.refused, Problem.NOT_PERMITTED),
            inventory=self._known.changed_inventory(),
            requests=self._http.sent - sent_before,
        )

    @override
    async def history(
        self, points: Collection[Point], start: datetime, end: datetime
    ) -> AsyncIterator[tuple[Series, ...]]:
        """What registers showed at each hour, or nearest to it."""
        registers = [point for point in points if point.id.key in REGISTERS]
        past = Past(self._batches, registers, start, min(end, self.now()), self._oldest)
        async for series in past.read(self._known.wanted(METERS, registers)):
            yield series

    @override
    def now(self) -> datetime:
        return self._clock.now()

    @override
    def last_answers(self) -> Mapping[str, bytes]:
        return self._http.last_bodies

    async def _list(self, kind: Kind, priority: Priority) -> tuple[str, ...]:
        answer = await self._http.request("GET", kind.path, priority=priority)
        if not answer.ok:
            raise refusal(answer)
        return answers.listed_ids(answer, kind)

    async def _confirmed[T](self, work: Awaitable[T]) -> T:
        """Do some work; believe that the key is bad only when a list, the plainest of requests, says so too."""
        try:
            return await work
        except InvalidCredentials as err:
            await self._list(CONTROLLERS, Priority.LIVE)
            raise CannotConnect("the API key was refused once and then accepted") from err

    async def _read_shares(self, points: Collection[Point], poll: Poll) -> None:
        """The aggregate of the newest settled window, once; asked again in a few later polls while it is empty."""
        window = _window_before(self.now() - SETTLED_AFTER)
        if window != self._share_window:
            self._share_window, self._share_tries = window, 0
        if self._share_tries >= MOST_SHARE_TRIES:
            return
        self._share_tries += 1
        complete = True
        for batch in self._batches.split(CONTROLLERS, self._known.wanted(CONTROLLERS, points)):
            table = await self._batches.table(Window(CONTROLLERS, window, Aggregation.WINDOW, Priority.LIVE), batch)
            complete = complete and any(table.rows.values())
            for identifier in batch:
                for field, sample in answers.shares_of(table.rows.get(identifier, ())):
                    poll.samples[self._known.learn_point(identifier, field).id] = sample
        if complete:
            self._share_tries = MOST_SHARE_TRIES

    def _oldest(self) -> datetime:
        return self.now() - OLDEST


def _window_before(time: datetime) -> datetime:
    """The start of the newest window of 15 minutes that had ended at that time."""
    seconds = time.timestamp() // WINDOW.total_seconds() * WINDOW.total_seconds()
    return datetime.fromtimestamp(seconds, UTC) - WINDOW
