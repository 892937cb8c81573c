"""The Enectiva vendor: meters with their registers and months, data series and virtual meters.

Sources: Enectiva REST API "Librarian" and its published reference. Everything is asked for meter by meter; readings
come every quarter of an hour at best and once a month at worst, and a late one may stand before those that are known.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime, timedelta
import hashlib
import re
from typing import ClassVar, override

from yarl import URL

from ..base import Connection, CredentialField, Credentials, FieldKind, OptionField, OptionKind, Vendor
from ..budget import Limit
from ..clock import ServiceClock
from ..errors import CannotConnect, InvalidCredentials, NotPermitted, RateLimited, UnexpectedAnswer
from ..http import Http, service_origin
from ..model import Account, Inventory, Nature, Notice, Point, Quantity, Readings, Sample, Series
from ..tokens import Tokens, claims_of
from ..values import identifier
from . import answers
from .answers import Meter
from .asking import ENTITIES, METERS, Asking, BadRequestError, NotFoundError, Scope
from .energies import UNITS, Energy
from .features import Features
from .issuer import EnectivaIssuer
from .known import DATA_SERIES, READING, VIRTUAL_METERS, Choices, Known, meters_option, unit_option
from .live import FUTURE_TOLERANCE, LiveValues

BASE = "https://api.enectiva.cz"
MEDIA_TYPE = "application/vnd.api+json"
_TOKEN = re.compile(r"[!-~]+")
ALL_METERS = (("include_deactivated", "true"),)


class Enectiva(Vendor):
    """What one login token shows of a customer."""

    key: ClassVar[str] = "enectiva"
    title: ClassVar[str] = "Enectiva"
    credential_fields: ClassVar[tuple[CredentialField, ...]] = (
        CredentialField(key="token", kind=FieldKind.SECRET),
        CredentialField(key="url", kind=FieldKind.ADDRESS, required=False, advanced=True),
    )
    option_fields: ClassVar[tuple[OptionField, ...]] = (
        OptionField(key=DATA_SERIES, kind=OptionKind.IDS),
        OptionField(key=VIRTUAL_METERS, kind=OptionKind.IDS),
        *(
            OptionField(key=meters_option(energy), kind=OptionKind.DEVICES, of=Quantity.METER_READING)
            for energy in Energy
        ),
        *(OptionField(key=unit_option(energy), kind=OptionKind.UNIT, choices=UNITS[energy]) for energy in Energy),
    )
    identity: ClassVar[str] = "token"
    cadence: ClassVar[timedelta] = timedelta(minutes=1)
    history_reach: ClassVar[timedelta | None] = None
    history_part: ClassVar[timedelta] = timedelta(days=31)
    history_interval: ClassVar[timedelta] = timedelta(hours=6)
    look_back: ClassVar[timedelta] = timedelta(days=7)
    discovery_interval: ClassVar[timedelta] = timedelta(hours=6)

    @override
    def __init__(self, connection: Connection, inventory: Inventory) -> None:
        self._login_token = str(connection.credentials["token"]).strip()
        self._clock = ServiceClock(connection.now)
        self._http = Http(
            connection.session,
            self.service(connection.credentials),
            connection.budget,
            {"Accept": MEDIA_TYPE, "User-Agent": connection.user_agent},
            self._clock,
            media_type=MEDIA_TYPE,
        )
        issuer = EnectivaIssuer(self._http, self._login_token, self._clock)
        self._tokens = Tokens(connection.vault, issuer, self._clock)
        self._asking = Asking(self._http, self._tokens)
        self._features = Features()
        self._known = Known(inventory, Choices(connection.options))
        self._live = LiveValues(
            self._asking, self._known, self._features, self._clock, zone=connection.timezone, budget=connection.budget
        )

    @override
    @classmethod
    def limit(cls, credentials: Credentials) -> Limit:
        """No number is published: this is two requests a second, until the service asks for less."""
        return Limit(requests=120, window=timedelta(minutes=1))

    @override
    @classmethod
    def service(cls, credentials: Credentials) -> URL:
        """The documented address, or that of another installation of the service."""
        text = str(credentials.get("url") or "")
        return service_origin(text) if text else URL(BASE)

    @override
    async def login(self) -> Account:
        if not _TOKEN.fullmatch(self._login_token):
            raise InvalidCredentials("the login token has characters that no token has")
        grant = await self._tokens.log_in()
        customer = (identifier(claims_of(text).get("sub")) for text in (grant.access.text, self._login_token))
        named = next((one for one in customer if one is not None), None)
        digest = hashlib.sha256(self._login_token.encode()).hexdigest()[:16]
        return Account(id=named or digest, title=self.title, named=named is not None)

    @override
    async def discover(self) -> Inventory:
        self._features.try_again()
        self._live.try_again()
        retired: frozenset[str] = frozenset()
        try:
            meters = answers.meters_of(await self._asking.listed(METERS), self._clock.now())
        except NotPermitted:
            self._features.refuse(Scope.METERS, 403, METERS)
            if not self._known.devices:
                raise
        except (NotFoundError, BadRequestError) as err:
            raise UnexpectedAnswer(str(err)) from err
        else:
            active, retired = await self._sorted_out(meters)
            self._known.list_meters(active, retired)
        await self._list_sites()
        return self._known.inventory(retired)

    @override
    def wants_discovery(self) -> bool:
        return self._known.is_incomplete

    @override
    def requests_per_poll(self, points: Collection[Point]) -> int:
        return self._live.requests_for(points)

    @override
    async def read(self, points: Collection[Point]) -> Readings:
        sent_before = self._http.sent
        poll = await self._live.read(points)
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
        """All readings, meter by meter: each one is the register itself, so every one of them counts."""
        end = min(end, self.now() + FUTURE_TOLERANCE)
        for point in points:
            if point.nature is not Nature.REGISTER or point.id.key != READING or start >= end:
                continue
            try:
                async for rows in self._asking.readings(point.id.device_id, start, end):
                    samples = tuple(Sample(time=row.time, value=row.value) for row in rows)
                    yield (Series(point_id=point.id, samples=samples),)
            except NotFoundError, NotPermitted:
                continue
            except BadRequestError as err:
                raise UnexpectedAnswer(str(err)) from err

    @override
    def notices(self) -> Collection[Notice]:
        return [
            *(
                Notice(key="scope_missing", about=scope.value, words=(("scope", scope.value),), explains_silence=True)
                for scope in self._features.missing_scopes()
            ),
            *self._live.notices(),
        ]

    @override
    def now(self) -> datetime:
        return self._clock.now()

    @override
    def last_answers(self) -> Mapping[str, bytes]:
        return self._http.last_bodies

    async def _sorted_out(self, listed: list[Meter]) -> tuple[list[Meter], frozenset[str]]:
        """The active meters, and the ids of those that have been deactivated since they were listed last.

        A meter that is listed no longer is looked for among the deactivated ones, for a list may also be cut short.
        What is only there, and does not say that it is active, is deactivated.
        """
        active = [meter for meter in listed if not meter.deactivated]
        lost = self._known.meters - {meter.id for meter in active}
        if not lost:
            return active, frozenset()
        try:
            everything = answers.meters_of(await self._asking.listed(METERS, query=ALL_METERS), self._clock.now())
        except CannotConnect, NotPermitted, UnexpectedAnswer, NotFoundError, BadRequestError:
            return active, frozenset()
        found = {meter.id: meter for meter in everything if meter.id in lost}
        return (
            active + [meter for meter in found.values() if meter.deactivated is False],
            frozenset(meter.id for meter in found.values() if meter.deactivated is not False),
        )

    async def _list_sites(self) -> None:
        """The organisational units, flagged as being developed: where they are not to be had, nothing is missing."""
        try:
            entities = [answers.entity_of(item) for item in await self._asking.listed(ENTITIES)]
        except NotPermitted:
            self._features.refuse(Scope.ENTITIES, 403, ENTITIES)
        except CannotConnect, RateLimited, UnexpectedAnswer, NotFoundError, BadRequestError:
            return
        else:
            self._known.list_sites([entity for entity in entities if entity is not None])
