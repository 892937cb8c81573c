"""What every vendor's simulator is: an aiohttp application with a world, a clock, faults and a request log."""

from abc import ABC, abstractmethod
from datetime import datetime
from email.utils import format_datetime
import json
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from .clock import Clock, real_clock
from .faults import Faults
from .journal import Recorded
from .world import World, default_world


class Simulator(ABC):
    """The base of all simulators: a vendor adds its routes, and middlewares of its own that run behind the faults."""

    def __init__(self, *, world: World | None = None, clock: Clock = real_clock) -> None:
        """Answer with the data of `world` (the shared default one if none is given) at the time of `clock`."""
        self.world = world or default_world()
        self.clock = clock
        self.faults = Faults(clock)
        self.requests: list[Recorded] = []

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """Return the vendor's routes."""

    def middlewares(self) -> list[Middleware]:
        """Return the vendor's own middlewares, outermost first."""
        return []

    def application(self) -> web.Application:
        """Return a new application that serves this simulator."""
        application = web.Application(middlewares=[self._recorder(), self.faults.middleware(), *self.middlewares()])
        application.add_routes(self.routes())
        application.on_response_prepare.append(self._date)
        return application

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        # aiohttp has put the machine's time there already.
        response.headers["Date"] = format_datetime(self.clock(), usegmt=True)

    def _recorder(self) -> Middleware:
        @web.middleware
        async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
            arrived, body, status = self.clock(), await _body(request), None
            try:
                response = await handler(request)
                # An aborted connection has carried no whole answer, whatever its headers said.
                if request.transport is not None and not request.transport.is_closing():
                    status = response.status
            except web.HTTPException as refusal:
                status = refusal.status
                raise
            finally:
                self.requests.append(_recorded(arrived, request, body, status))
            return response

        return record


def _recorded(arrived: datetime, request: web.Request, body: Any, status: int | None) -> Recorded:
    return Recorded(
        time=arrived,
        method=request.method,
        path=request.path,
        query=dict(request.query),
        query_string=request.rel_url.raw_query_string,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        status=status,
    )


async def _body(request: web.Request) -> Any:
    text = (await request.read()).decode(errors="replace")
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
