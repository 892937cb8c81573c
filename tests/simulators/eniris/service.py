"""The cloud of Eniris as its documents describe it: one that authenticates, and one that answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self, override

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ..clock import Clock, real_clock
from ..world import World
from .accounts import User, usual_users
from .cost import CostModel, Limiter, Tier
from .errors import RefusalError, answer, error_body
from .factors import FactorDesk
from .gate import Gate
from .house import family_home
from .login import LoginDesk
from .manipulations import Manipulations
from .metadata import Metadata
from .nodes import Node
from .oddities import campus_devices, odd_devices, switched
from .offices import office_building
from .rows import Archive
from .switches import EnirisSwitches
from .telemetry import Telemetry
from .tokens import Tokens

_LARGEST_BODY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Host:
    """One of the two hosts, to be served on a port of its own; requests of both are in the simulator's log."""

    simulator: EnirisSimulator
    served: Sequence[web.RouteDef]

    def application(self) -> web.Application:
        """Return a new application with this host's endpoints only."""
        return self.simulator.application_with(self.served)


class EnirisSimulator(Manipulations):
    """Both hosts of the service in one; `authentication` and `api` are each alone.

    One user has two controllers, at the world's family home and at its office building, and some odd devices.
    """

    def __init__(
        self,
        *,
        world: World | None = None,
        clock: Clock = real_clock,
        switches: EnirisSwitches | None = None,
        users: Mapping[str, User] | None = None,
        tier: Tier | None = "basic",
        cost: CostModel | None = None,
        delay: timedelta = timedelta(seconds=20),
    ) -> None:
        """Serve the switched variant to users of a tier (None: unlimited); rows arrive `delay` after their time."""
        super().__init__(world=world, clock=clock)
        self.switches = switches or EnirisSwitches()
        self.users = dict(usual_users() if users is None else users)
        self.nodes = self._devices()
        self.tokens = Tokens(self.switches)
        self.archive = Archive(self.switches, self.world.epoch, delay)
        self.limiter = Limiter(tier, cost or CostModel())
        gate = Gate(self.users, self.tokens, self.switches, clock)
        self._login = LoginDesk(self.users, self.tokens, gate, self.switches, clock)
        self._factors = FactorDesk(self.users, self.tokens, gate, self.switches, clock)
        self._metadata = Metadata(lambda: self.nodes, gate)
        self._telemetry = Telemetry(lambda: self.nodes, self.archive, gate, self.limiter, clock)

    @classmethod
    def campus(cls, devices: int, **options: Any) -> Self:
        """Return a service with one controller that has this many power meters of twenty fields."""
        simulator = cls(**options)
        installed = campus_devices(simulator.world, simulator.world.epoch, devices)
        simulator.nodes = switched(installed, simulator.switches)
        return simulator

    @property
    def granted(self) -> list[str]:
        """All tokens ever handed out, oldest first."""
        return self.tokens.granted

    @property
    def logins(self) -> int:
        """How often a password was accepted."""
        return self._login.logins

    @property
    def renewals(self) -> int:
        """How often a refresh token was renewed."""
        return self._login.renewals

    @property
    def authentication(self) -> Host:
        """The host that knows passwords."""
        return Host(self, [*self._login.routes(), *self._factors.routes()])

    @property
    def api(self) -> Host:
        """The host that knows devices."""
        return Host(self, [*self._metadata.routes(), *self._telemetry.routes()])

    @override
    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints of both hosts."""
        return [*self.authentication.served, *self.api.served]

    @override
    def middlewares(self) -> list[Middleware]:
        """Return the one that refuses banned addresses, and turns refusals into answers."""
        return [self._guard]

    @override
    def application(self) -> web.Application:
        """Return a new application that serves both hosts."""
        return self.application_with(self.routes())

    def application_with(self, routes: Sequence[web.RouteDef]) -> web.Application:
        """Return a new application that serves these endpoints; a thousand queries are longer than aiohttp allows."""
        middlewares = [self._recorder(), self.faults.middleware(), *self.middlewares()]
        application = web.Application(middlewares=middlewares, client_max_size=_LARGEST_BODY)
        application.add_routes(routes)
        application.on_response_prepare.append(self._date)
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.path.startswith("/v1/"):
                self.limiter.check_ban(str(request.remote), self.clock())
            return await handler(request)
        except RefusalError as refusal:
            return refusal.response
        except web.HTTPException as refusal:
            # The texts for unknown paths and methods are not documented.
            return answer(
                error_body(refusal.status, f"Route {request.method}:{request.path} not found"), refusal.status
            )

    def _devices(self) -> list[Node]:
        installed = self.world.epoch
        devices = [
            *family_home(self.world, installed),
            *office_building(self.world, installed),
            *odd_devices(self.world, installed),
        ]
        return switched(devices, self.switches)
