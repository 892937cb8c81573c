"""The Enpact IoT Edge Data API v1.0 as its documents describe it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self, override

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ..clock import Clock, real_clock
from ..limits import FixedWindow, Quota
from ..world import Energy, World
from . import errors
from .asking import Ask, Validator
from .catalogue import (
    SANDBOX_DEVICES_LISTED,
    SANDBOX_DEVICES_MORE,
    SANDBOX_METERS_LISTED,
    SANDBOX_METERS_MORE,
)
from .errors import Environment, RefusalError, Things, answer
from .inventory import DEVICES, OFFICE, EnpactMeter, campus_meters, office
from .keys import ApiKey, usual_keys
from .manipulations import Manipulations
from .sandbox import mock_devices, mock_meters
from .switches import EnpactSwitches
from .windows import WINDOW, Row, Window, written

BASE = "/api/v1"
_LIMITS: Mapping[Environment, tuple[int, int, str]] = {"production": (300, 900, "15m"), "sandbox": (30, 1, "1s")}
_KEY_LENGTH = 64
_COUNT: Mapping[Things, str] = {"devices": "device_count", "meters": "meter_count"}
_SANDBOX_IDS = frozenset((*SANDBOX_DEVICES_LISTED, *SANDBOX_DEVICES_MORE, *SANDBOX_METERS_LISTED, *SANDBOX_METERS_MORE))
_PRODUCTION_IDS = frozenset((*DEVICES, *(placed.id for placed in OFFICE)))


class EnpactSimulator(Manipulations):
    """One environment of the service, with an office building's cooling controllers and meters, or the mock data."""

    def __init__(
        self,
        environment: Environment = "production",
        *,
        world: World | None = None,
        clock: Clock = real_clock,
        keys: Mapping[str, ApiKey] | None = None,
        switches: EnpactSwitches | None = None,
        delay: timedelta = timedelta(seconds=20),
    ) -> None:
        """Serve this environment; production rows arrive `delay` after they are measured, mock rows at once."""
        super().__init__(world=world, clock=clock)
        self.environment: Environment = environment
        self.switches = switches or EnpactSwitches()
        self.keys = dict(usual_keys(environment) if keys is None else keys)
        self.delay = delay
        self.edits = {}
        if environment == "production":
            devices, meters = office(self.world)
            self.devices = {device.id: device for device in devices}
            self.meters = {meter.id: meter for meter in meters}
        else:
            strict = self.switches.strict_sandbox
            self.devices = {device.id: device for device in mock_devices(listed_only=strict)}
            self.meters = {meter.id: meter for meter in mock_meters(listed_only=strict)}
        limit, seconds, self._window_name = _LIMITS[environment]
        self.limiter = FixedWindow(limit, seconds)

    @classmethod
    def campus(cls, meters: int, **options: Any) -> Self:
        """Return a production service with this many meters and no cooling controllers."""
        simulator = cls("production", **options)
        simulator.devices = {}
        simulator.meters = {meter.id: meter for meter in campus_meters(simulator.world, meters)}
        return simulator

    def energy(self, meter: str, start: datetime, end: datetime) -> Energy:
        """Return what truly flowed through a meter of the office or the campus, in Wh, whatever its rows say."""
        metered = self.meters[meter]
        if not isinstance(metered, EnpactMeter):
            raise TypeError("mock meters have no world behind them")
        return metered.energy(start, end)

    @override
    def routes(self) -> list[web.RouteDef]:
        """Return the eight endpoints."""
        return [
            web.get(f"{BASE}/health", self._health),
            web.post(f"{BASE}/query", partial(self._batch, things="devices")),
            *(route for things in _COUNT for route in self._routes_of(things)),
        ]

    def _routes_of(self, things: Things) -> list[web.RouteDef]:
        return [
            web.get(f"{BASE}/{things}", partial(self._list, things=things)),
            web.get(f"{BASE}/{things}/{{id}}/data", partial(self._single, things=things)),
            web.post(f"{BASE}/{things}/batch/data", partial(self._batch, things=things)),
        ]

    @override
    def middlewares(self) -> list[Middleware]:
        """Return the one that counts requests, checks keys, and turns refusals into answers."""
        return [self._guard]

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        sent = request.headers.get("X-API-Key")
        # Requests without a known key, such as the health check's, count per address.
        caller = sent if sent in self.keys else str(request.remote)
        quota = self.limiter.count(caller, self.clock())
        try:
            response = await self._guarded(request, handler, quota, sent)
        except RefusalError as refusal:
            response = refusal.response
        except web.HTTPMethodNotAllowed:
            response = errors.wrong_method(request.method, request.path)
        except web.HTTPNotFound:
            response = errors.no_route(request.path)
        response.headers.update(self._limit_headers(quota))
        return response

    async def _guarded(
        self, request: web.Request, handler: Handler, quota: Quota, sent: str | None
    ) -> web.StreamResponse:
        if quota.exceeded:
            return errors.too_many_requests(
                self.environment, quota.limit, quota.wait, scope=self.switches.rate_limit_scope
            )
        if request.path != f"{BASE}/health":
            self._authenticate(sent)
        return await handler(request)

    def _limit_headers(self, quota: Quota) -> dict[str, str]:
        headers = {
            "X-RateLimit-Limit": str(quota.limit),
            "X-RateLimit-Remaining": str(quota.remaining),
            "X-RateLimit-Reset": str(int(quota.reset.timestamp())),
            "X-RateLimit-Window": self._window_name,
        }
        if quota.exceeded and self.switches.retry_after_header:
            headers["Retry-After"] = str(quota.wait)
        return headers

    def _authenticate(self, sent: str | None) -> None:
        lengths = (_KEY_LENGTH - 1, _KEY_LENGTH) if self.switches.accept_63_characters else (_KEY_LENGTH,)
        if not sent:
            raise RefusalError(errors.unauthorized("API key is required. Please include X-API-Key header."))
        if len(sent) not in lengths:
            message = "Invalid API key format. API key must be 64 characters long."
            raise RefusalError(errors.unauthorized(message))
        key = self.keys.get(sent)
        if key is None or not key.valid(self.clock()):
            raise RefusalError(errors.unauthorized("Invalid or expired API key."))
        if key.environment != self.environment:
            raise RefusalError(errors.wrong_environment(self.environment))

    async def _health(self, _request: web.Request) -> web.Response:
        return answer({"status": "ok", "timestamp": written(self.clock())})

    async def _list(self, request: web.Request, things: Things) -> web.Response:
        listed = [name for name in self._installed(things) if self._key(request).allows(things, name)]
        if self.environment == "sandbox":
            shown = {*SANDBOX_DEVICES_LISTED, *SANDBOX_METERS_LISTED}
            listed = [name for name in listed if name in shown]
        return answer({things: listed, "meta": {"count": len(listed), "environment": self.environment}})

    async def _single(self, request: web.Request, things: Things) -> web.Response:
        return self._data(request, Validator(self.clock(), self.switches).single(request, things))

    async def _batch(self, request: web.Request, things: Things) -> web.Response:
        return self._data(request, await Validator(self.clock(), self.switches).batch(request, things))

    def _data(self, request: web.Request, ask: Ask) -> web.Response:
        self._authorize(self._key(request), ask)
        now = self.clock()
        # Mock data are the same whenever they are asked for.
        newest = now - self.delay if self.environment == "production" else ask.start + WINDOW
        window = Window(ask.start, newest + timedelta(seconds=self.switches.rows_ahead_s), now, self.switches)
        raw = {name: window.raw(self._installed(ask.things)[name], self.edits.get(name, ())) for name in ask.ids}
        shape: Callable[..., list[Row]] = window.published if ask.aggregation == "none" else window.aggregated
        data = {name: shape(rows, self._installed(ask.things)[name].kind) for name, rows in raw.items()}
        meta = {
            "timestamp": written(ask.start),
            "window": "15min",
            "aggregation": ask.aggregation,
            _COUNT[ask.things]: len(ask.ids),
        }
        if ask.aggregation == "none":
            meta["units"] = window.units([row for rows in raw.values() for row in rows])
        return answer({"data": self._shaped(data, ask), "meta": meta})

    def _shaped(self, data: Mapping[str, list[Row]], ask: Ask) -> Any:
        """Return the rows per id, with empty and single results in the switched shape."""
        switches = self.switches
        present: dict[str, Any] = {
            name: rows or (None if switches.empty == "null" else [])
            for name, rows in data.items()
            if rows or switches.empty in ("list", "null")
        }
        if switches.single_row_as_object and ask.aggregation == "15min":
            present = {name: rows[0] if rows else rows for name, rows in present.items()}
        return present or ([] if switches.empty == "data_list" else {})

    def _authorize(self, key: ApiKey, ask: Ask) -> None:
        installed = self._installed(ask.things)
        refused = [name for name in ask.ids if name not in installed or not key.allows(ask.things, name)]
        foreign = _SANDBOX_IDS if self.environment == "production" else _PRODUCTION_IDS
        if len(refused) < len(ask.ids) and any(name in foreign and name not in installed for name in refused):
            raise RefusalError(errors.mixed())
        if refused:
            raise RefusalError(errors.forbidden(self.environment, ask.things, refused))

    def _key(self, request: web.Request) -> ApiKey:
        return self.keys[request.headers["X-API-Key"]]

    def _installed(self, things: Things) -> Mapping[str, Any]:
        return self.devices if things == "devices" else self.meters
