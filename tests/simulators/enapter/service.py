"""Enapter's HTTP API v3, of the cloud and of a gateway, as its documents and the vendor's own clients describe it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Self, override

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ..clock import Clock, real_clock
from ..world import World
from .errors import RefusalError, refused
from .gate import Gate
from .home_power import power_devices
from .home_things import other_devices
from .inventory import HOME, OFFICE, usual_sites
from .manipulations import Manipulations
from .office import campus_devices, office_devices
from .readers import Endpoint, Readers
from .shapes import Shapes
from .switches import EnapterSwitches
from .telemetry import Telemetry
from .timeseries import Timeseries
from .tokens import TOKEN, Access, usual_tokens

_LONGEST_LINE = 65_536


class EnapterSimulator(Manipulations):
    """The cloud with a home, an office and an archived site; or a gateway, which has only the home."""

    def __init__(
        self,
        *,
        world: World | None = None,
        clock: Clock = real_clock,
        switches: EnapterSwitches | None = None,
        token: str = TOKEN,
        tokens: Mapping[str, Access] | None = None,
        gateway: bool = False,
    ) -> None:
        """Serve the switched variant to an owner's `token`, or to `tokens`."""
        super().__init__(world=world, clock=clock)
        self.switches = switches or EnapterSwitches()
        self.gateway = gateway
        self.tokens = dict(usual_tokens(token) if tokens is None else tokens)
        timezone = self.world.time_zone
        sites = usual_sites(timezone)
        devices = [*power_devices(self.world, timezone), *other_devices(self.world, timezone)]
        if gateway:
            sites = [site for site in sites if site.id == HOME]
        else:
            devices += office_devices(self.world)
        self.sites = {site.id: site for site in sites}
        self.devices = {device.id: replace(device, installed=self.world.epoch) for device in devices}
        self.telemetry = Telemetry()
        self.forbidden = set()
        self._gate = Gate(self.tokens, self.switches)
        self._readers = Readers(self, self.switches, Shapes(self.switches), gateway)
        self._timeseries = Timeseries(self, self.switches)

    @classmethod
    def campus(cls, devices: int, **options: Any) -> Self:
        """Return a service with this many power meters, at the office or at the gateway, instead of all others."""
        simulator = cls(**options)
        site_id, installed = HOME if simulator.gateway else OFFICE, simulator.world.epoch
        simulator.devices = {
            device.id: replace(device, site_id=site_id, installed=installed)
            for device in campus_devices(simulator.world, devices)
        }
        return simulator

    @property
    def base(self) -> str:
        """The path before `/v3`: nothing in the cloud, `/api` on a gateway (enapter.md B1)."""
        return "/api" if self.gateway else ""

    @override
    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        reading = self._readers.endpoints().items()
        return [
            *(
                web.get(f"{self.base}{path}", self._behind_gate(endpoint), allow_head=False)
                for path, endpoint in reading
            ),
            web.post(f"{self.base}/v3/telemetry/query_timeseries", self._behind_gate(self._timeseries.query)),
        ]

    @override
    def application(self) -> web.Application:
        """Return a new application, which reads addresses of any length, to refuse long ones itself."""
        application = super().application()
        application._handler_args = {"max_line_size": _LONGEST_LINE}
        return application

    @override
    def middlewares(self) -> list[Middleware]:
        """Return the one that turns refusals into answers."""
        return [self._refuse]

    def _behind_gate(self, endpoint: Endpoint) -> Handler:
        return partial(self._enter, endpoint=endpoint)

    async def _enter(self, request: web.Request, *, endpoint: Endpoint) -> web.StreamResponse:
        return await endpoint(request, self._gate.check(request, self.clock()))

    @web.middleware
    async def _refuse(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except RefusalError as refusal:
            return refused(refusal, self.switches)
        except web.HTTPException as error:
            # Not documented: what unknown paths and methods get.
            code = error.reason.lower().replace(" ", "_")
            return refused(RefusalError(error.status, code, error.reason), self.switches)
