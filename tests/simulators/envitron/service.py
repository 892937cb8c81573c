"""The Envi.Cloud Public-API as its documents describe it."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
import json
from typing import Any, override
from uuid import UUID

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ..clock import Clock, real_clock
from ..limits import FixedWindow
from ..world import World
from . import errors
from .accounts import User, usual_users
from .controls import Controls
from .errors import RefusalError, Refusals, answer
from .inventory import Building, usual_buildings
from .pages import page
from .sessions import Lockout, Sessions
from .shapes import Shapes
from .switches import EnvitronSwitches
from .telemetry import Telemetry

BASE = "/public-api"
REQUESTS_PER_BUILDING = 500
_HOUR = 3600
_READS = ("GET", "HEAD")

type Respond = Callable[[web.Request, User], web.Response]
type Post = Callable[[Mapping[str, Any]], dict[str, str]]


class EnvitronSimulator(Controls):
    """The service with two buildings and, unless others are given, one user who sees both."""

    def __init__(
        self,
        *,
        world: World | None = None,
        clock: Clock = real_clock,
        switches: EnvitronSwitches | None = None,
        users: Mapping[str, User] | None = None,
    ) -> None:
        """Serve the switched variant."""
        super().__init__(world=world, clock=clock)
        self.switches = switches or EnvitronSwitches()
        self.users = dict(usual_users() if users is None else users)
        self.buildings = usual_buildings(self.world)
        self.sessions = Sessions(self.switches)
        self.telemetry = Telemetry()
        self.lockout = Lockout(self.switches.lockout_after, self.switches.lockout_seconds)
        self.limiter = FixedWindow(REQUESTS_PER_BUILDING, _HOUR)
        self.logins = 0
        self.refreshes = 0
        self._refusals = Refusals(self.switches)
        self._shapes = Shapes(self.switches)

    @override
    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints, with and without the trailing slash; each answers wrong methods itself."""
        reads: Mapping[str, Respond] = {
            "example": lambda _request, _user: answer({"example": "Hello, World!"}),
            "buildings": self._list_buildings,
            "buildings/{uuid}/sensors": self._list_sensors,
            "buildings/{uuid}/electricity/actual": partial(self._electricity, fresh=True),
            "buildings/{uuid}/electricity/latest": partial(self._electricity, fresh=False),
            "buildings/{uuid}/electricity/sensors/actual": partial(self._values, fresh=True),
            "buildings/{uuid}/electricity/sensors/latest": partial(self._values, fresh=False),
        }
        handlers: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
            "token": partial(self._post, fields=("username", "password"), respond=self._login),
            "token/refresh": partial(self._post, fields=("refresh",), respond=self._refresh),
            **{path: partial(self._read, respond=respond) for path, respond in reads.items()},
        }
        return [
            web.route("*", f"{BASE}/{path}{slash}", handler if slash else self._slashless)
            for path, handler in handlers.items()
            for slash in ("/", "")
        ]

    @override
    def middlewares(self) -> list[Middleware]:
        """Return the one that turns refusals and unknown paths into answers."""
        return [self._refuse]

    @web.middleware
    async def _refuse(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except RefusalError as refusal:
            return refusal.response
        except web.HTTPNotFound:
            return errors.not_found_page()

    async def _slashless(self, request: web.Request) -> web.Response:
        if request.method not in _READS and self.switches.slashless_post == "error":
            return errors.server_error_page()
        query = request.rel_url.raw_query_string
        return errors.redirect(f"{request.rel_url.raw_path}/{'?' if query else ''}{query}")

    async def _post(self, request: web.Request, *, fields: tuple[str, ...], respond: Post) -> web.Response:
        if request.method != "POST":
            raise self._refusals.method(request.method, "POST, OPTIONS")
        body = _checked(await self._json(request), fields)
        return answer(respond(body), self.switches.token_status)

    def _login(self, body: Mapping[str, Any]) -> dict[str, str]:
        username, password, now = str(body["username"]), str(body["password"]), self.clock()
        if wait := self.lockout.wait(username, now):
            raise self._refusals.throttled(wait)
        user = self.users.get(username)
        if user is None or user.password != password:
            self.lockout.failed(username, now)
            raise self._refusals.credentials()
        self.lockout.succeeded(username)
        pair = self.sessions.grant(user, now)
        self.logins += 1
        return pair

    def _refresh(self, body: Mapping[str, Any]) -> dict[str, str]:
        user = self._user(self.sessions.use(str(body["refresh"]), self.clock()))
        pair = self.sessions.grant(user, self.clock())
        self.refreshes += 1
        return pair

    async def _json(self, request: web.Request) -> Any:
        content = await request.read()
        if not content:
            return {}
        if request.content_type != "application/json":
            raise self._refusals.media_type(request.headers.get("Content-Type", ""))
        try:
            return json.loads(content)
        except ValueError as error:
            raise self._refusals.malformed_json(error) from error

    async def _read(self, request: web.Request, *, respond: Respond) -> web.Response:
        user = self._authenticated(request)
        # An account without buildings could ask nothing at all otherwise, not even which buildings it has.
        self.limiter.limit = REQUESTS_PER_BUILDING * max(1, len(user.buildings))
        quota = self.limiter.count(str(user.user_id), self.clock())
        if quota.exceeded:
            raise self._refusals.throttled(quota.wait)
        if request.method not in _READS:
            raise self._refusals.method(request.method, "GET, HEAD, OPTIONS")
        return respond(request, user)

    def _authenticated(self, request: web.Request) -> User:
        scheme, *rest = request.headers.get("Authorization", "").split() or [""]
        if scheme != "Bearer":
            raise self._refusals.anonymous()
        if len(rest) != 1:
            raise self._refusals.malformed_header()
        return self._user(self.sessions.check(rest[0], self.clock()))

    def _user(self, number: int) -> User:
        for user in self.users.values():
            if user.user_id == number:
                return user
        raise self._refusals.no_user()

    def _building(self, request: web.Request, user: User) -> Building:
        uuid = request.match_info["uuid"].lower()
        if uuid not in user.buildings or uuid not in self.buildings:
            raise self._refusals.not_found()
        return self.buildings[uuid]

    def _list_buildings(self, request: web.Request, user: User) -> web.Response:
        own = (self.buildings[uuid] for uuid in user.buildings if uuid in self.buildings)
        return self._listed(request, [self._shapes.building(building) for building in own])

    def _list_sensors(self, request: web.Request, user: User) -> web.Response:
        sensors = self._building(request, user).sensors.values()
        return self._listed(request, [self._shapes.sensor(sensor) for sensor in sensors])

    def _electricity(self, request: web.Request, user: User, *, fresh: bool) -> web.Response:
        electricity = self.telemetry.electricity(self._building(request, user), self.clock(), fresh=fresh)
        return web.Response(status=204) if electricity is None else answer(self._shapes.electricity(electricity))

    def _values(self, request: web.Request, user: User, *, fresh: bool) -> web.Response:
        building = self._building(request, user)
        asked = self._asked(request, building)
        measure = self.telemetry.actual if fresh else self.telemetry.latest
        measured = [
            (sensor, measure(building, sensor, self.clock()))
            for sensor in building.sensors.values()
            if sensor.uuid in asked and (sensor.unit == "W" or self.switches.all_sensors)
        ]
        shown = [(sensor, value) for sensor, value in measured if value is not None or self.switches.null_values]
        if not shown:
            return web.Response(status=204)
        rows = self._shapes.rows(shown)
        return self._listed(request, rows) if self.switches.paged_rows and isinstance(rows, list) else answer(rows)

    def _asked(self, request: web.Request, building: Building) -> set[str]:
        """Return the uuids asked for: all without the parameter, which may be repeated or list several."""
        given = [uuid for value in request.query.getall("sensor_uuid", []) for uuid in value.split(",")]
        if not given:
            if self.switches.requires_sensor_uuid:
                raise errors.invalid({"sensor_uuid": ["This field is required."]})
            return set(building.sensors)
        try:
            asked = {str(UUID(uuid)) for uuid in given}
        except ValueError as error:
            raise errors.invalid({"sensor_uuid": ["Must be a valid UUID."]}) from error
        if not asked <= building.sensors.keys():
            raise self._refusals.not_found()
        return asked

    def _listed(self, request: web.Request, rows: list[dict[str, Any]]) -> web.Response:
        if self.switches.envelope == "list":
            return answer(rows)
        envelope = page(rows, self.switches.page_size, request.url)
        if envelope is None:
            raise self._refusals.not_found("Invalid page.")
        return answer(envelope)


def _checked(body: Any, fields: tuple[str, ...]) -> Mapping[str, Any]:
    """Return a body that has these fields as texts."""
    if not isinstance(body, dict):
        kind = type(body).__name__
        raise errors.invalid({"non_field_errors": [f"Invalid data. Expected a dictionary, but got {kind}."]})
    if found := {name: [message] for name in fields if (message := _wrong(body, name))}:
        raise errors.invalid(found)
    return body


def _wrong(body: Mapping[str, Any], name: str) -> str | None:
    if name not in body:
        return "This field is required."
    match body[name]:
        case None:
            return "This field may not be null."
        case "":
            return "This field may not be blank."
        case bool() | list() | dict():
            return "Not a valid string."
    return None
