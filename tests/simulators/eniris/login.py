"""Signing in, tokens and their renewal: /auth/* (eniris.md A2.1 to A2.4)."""

from typing import Any

from aiohttp import web

from ..clock import Clock
from .accounts import User
from .errors import answer, error_body, json_of, refused, text
from .gate import Gate
from .schema import Schema, check
from .switches import EnirisSwitches
from .tokens import Tokens
from .waits import Waits

# Whether more properties are allowed is not documented: they are.
_LOGIN: Schema = {
    "type": "object",
    "required": ["username", "password"],
    "properties": {
        "username": {"type": "string", "maxLength": 256},
        "password": {"type": "string", "maxLength": 256},
    },
}


class LoginDesk:
    """Hands out refresh tokens for passwords, and access tokens for refresh tokens."""

    def __init__(
        self, users: dict[str, User], tokens: Tokens, gate: Gate, switches: EnirisSwitches, clock: Clock
    ) -> None:
        """Serve these users."""
        self._users = users
        self._tokens = tokens
        self._gate = gate
        self._switches = switches
        self._clock = clock
        self._waits = Waits(switches.lockout_after, switches.lockout_seconds)
        self.logins = 0
        self.renewals = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [
            web.post("/auth/login", self._login),
            web.post("/auth/logout", self._logout),
            web.get("/auth/accesstoken", self._access, allow_head=False),
            web.get("/auth/refreshtoken", self._renew, allow_head=False),
            web.get("/auth/refreshtoken/validate", self._validate, allow_head=False),
        ]

    async def _login(self, request: web.Request) -> web.Response:
        body = await json_of(request)
        check(body, _LOGIN)
        name, now = body["username"], self._clock()
        if wait := self._waits.left(name, now):
            raise self._too_many(wait)
        user = self._users.get(name)
        if user is None:
            self._waits.failed(name, now)
            raise refused(*self._switches.unknown_user)
        if user.password is None:
            raise refused(500, "NO_PASSWORD_INFO")
        if user.password != body["password"]:
            self._waits.failed(name, now)
            raise refused(401, "PASSWORD_INCORRECT")
        self._waits.succeeded(name)
        self.logins += 1
        if self._switches.two_factor is not None:
            return self._partial(self._tokens.grant("partial", name, user.user_id, now))
        return self._handed(self._tokens.grant("refresh", name, user.user_id, now))

    def _handed(self, token: str) -> web.Response:
        match self._switches.login_body:
            case "quoted":
                return text(f'"{token}"')
            case "json":
                return answer({self._switches.login_key: token})
            case _:
                return text(token)

    def _partial(self, token: str) -> web.Response:
        switches = self._switches
        if switches.two_factor == "token_refused":
            return self._handed(token)
        more = {switches.partial_key: token}
        if switches.two_factor == "json_401":
            return answer(error_body(401, switches.two_factor_message) | more, 401)
        return answer(more)

    def _too_many(self, wait: int) -> Exception:
        told = 0 if self._switches.lockout_retry_after_zero else wait
        headers = {"Retry-After": str(told)} if self._switches.lockout_header else {}
        return refused(429, "TOO_MANY_FAILED_PASSWORD_CHECKS", {"retryAfter": told}, headers)

    async def _access(self, request: web.Request) -> web.Response:
        grant = self._gate.grant(request, "refresh")
        parent = self._gate.bearer(request)
        return text(self._granted("access", grant.user, parent))

    async def _renew(self, request: web.Request) -> web.Response:
        grant = self._gate.grant(request, "refresh")
        if self._switches.renewal_revokes:
            self._tokens.revoke(self._gate.bearer(request))
        self.renewals += 1
        return text(self._granted("refresh", grant.user))

    def _granted(self, kind: Any, name: str, parent: str | None = None) -> str:
        return self._tokens.grant(kind, name, self._users[name].user_id, self._clock(), parent)

    async def _validate(self, request: web.Request) -> web.Response:
        grant = self._gate.grant(request, "refresh")
        return answer({"userId": self._users[grant.user].user_id})

    async def _logout(self, request: web.Request) -> web.Response:
        if request.content_type == "application/json" and not await request.read():
            # The service's texts are those of Fastify and Ajv: so is this (inferred).
            raise refused(400, "Body cannot be empty when content-type is set to 'application/json'")
        self._gate.grant(request, "refresh")
        self._tokens.revoke(self._gate.bearer(request))
        return web.Response(status=204)
