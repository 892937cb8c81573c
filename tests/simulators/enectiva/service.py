"""Enectiva's "Librarian" API as its documents describe it, as far as it reads."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self, override

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ..clock import Clock, real_clock
from ..world import World
from .desk import TokenDesk
from .errors import RefusalError, answer, document, refused
from .gate import Throttle, check_media_types
from .imports import Imports
from .inventory import campus_meters, office_entities, office_meters, office_series, office_virtual_meters
from .lists import Lists
from .manipulations import Manipulations
from .sources import registers_of
from .switches import EnectivaSwitches
from .tokens import Login, usual_logins


class EnectivaSimulator(Manipulations):
    """The service with one customer, who has the world's office building."""

    def __init__(
        self,
        *,
        world: World | None = None,
        clock: Clock = real_clock,
        switches: EnectivaSwitches | None = None,
        logins: Mapping[str, Login] | None = None,
        delay: timedelta = timedelta(minutes=5),
    ) -> None:
        """Serve the building; a row is valid and fully processed `delay` after its time."""
        super().__init__(world=world, clock=clock)
        self.switches = switches or EnectivaSwitches()
        self.logins = dict(usual_logins() if logins is None else logins)
        self.delay = delay
        self.registers = registers_of(self.world)
        self.meters = {meter.id: meter for meter in office_meters(self.world, self.registers)}
        self.entities = {entity.id: entity for entity in office_entities()}
        self.virtual_meters = {meter.id: meter for meter in office_virtual_meters()}
        self.data_series = {series.id: series for series in office_series(self.world)}
        self._desk = TokenDesk(self, self.switches)
        self._throttle = Throttle(self.switches)

    @classmethod
    def campus(cls, meters: int, **options: Any) -> Self:
        """Return a service with this many meters of all energies in the place of the building's."""
        simulator = cls(**options)
        installed = campus_meters(simulator.world, simulator.registers, meters)
        simulator.meters = {meter.id: meter for meter in installed}
        simulator.virtual_meters = {}
        return simulator

    @property
    def tokens_issued(self) -> int:
        """How many access tokens were issued."""
        return self._desk.issued

    @override
    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints, each also with the double slash that the documents print."""
        reading = {
            "/import/{things:readings|profiles|data_points}/{customer}/{id}/{suit}/latest": Imports(
                self, self.switches
            ).latest,
            **Lists(self, self._desk, self.switches).endpoints(),
        }
        return [
            route
            for slash in ("", "/")
            for route in (
                web.post(f"{slash}/access_tokens", self._desk.create),
                *(web.get(slash + path, handler, allow_head=False) for path, handler in reading.items()),
            )
        ]

    @override
    def middlewares(self) -> list[Middleware]:
        """Return the one that counts requests, checks media types, and turns refusals into answers."""
        return [self._guard]

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        quota = self._throttle.count(str(request.remote), self.clock())
        try:
            if quota is not None and quota.exceeded:
                raise refused(429, "The rate limit is exceeded.")
            await check_media_types(request)
            response = await handler(request)
        except RefusalError as refusal:
            response = refusal.response
        except web.HTTPException as refusal:
            # Not documented: the statuses of unknown paths and methods.
            response = answer(document(refusal.status, refusal.reason), refusal.status)
        response.headers.update(self._throttle.headers(quota))
        return response
