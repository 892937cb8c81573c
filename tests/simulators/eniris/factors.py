"""The second factor: /user/2fa* (eniris.md A2.5)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from ..clock import Clock
from .accounts import EMAIL_CODE, TOTP, User
from .errors import answer, json_of, refused
from .gate import Gate
from .schema import check
from .switches import EnirisSwitches, Method
from .tokens import Tokens
from .waits import Waits

type Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of code; only the texts of `wrong` are not documented."""

    method: Method
    key: Literal["totp", "otp", "recoveryCode"]
    uninitialized: str
    too_many: str
    wrong: str


_KINDS = {
    "totp": _Kind("totp", "totp", "TOTP_UNINITIALIZED", "TOO_MANY_TOTP_CHECKS", "TOTP_INCORRECT"),
    # Of mails only their number is documented to be limited: this text is of no document either.
    "email-otp": _Kind("email", "otp", "EMAIL_OTP_UNINITIALIZED", "TOO_MANY_OTP_CHECKS", "OTP_INCORRECT"),
    "recovery-code": _Kind(
        "recovery",
        "recoveryCode",
        "RECOVERY_CODES_UNINITIALIZED",
        "TOO_MANY_RECOVERY_CODE_CHECKS",
        "RECOVERY_CODE_INCORRECT",
    ),
}
_SET_UP = "2026-01-15T09:30:00.000Z"


class FactorDesk:
    """Hands out all tokens for a second factor; bears partial and access tokens alike."""

    def __init__(
        self, users: dict[str, User], tokens: Tokens, gate: Gate, switches: EnirisSwitches, clock: Clock
    ) -> None:
        """Serve these users."""
        self._users = users
        self._tokens = tokens
        self._gate = gate
        self._switches = switches
        self._clock = clock
        self._codes = Waits(switches.codes_before_wait, switches.code_wait)
        self._mails = Waits(1, switches.code_wait)
        self._mailed: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        path = "/user/2fa"
        return [
            web.get(path, self._state, allow_head=False),
            web.post(f"{path}/email-otp/challenge", self._challenge),
            *(web.post(f"{path}/{name}/authenticate", self._authenticator(kind)) for name, kind in _KINDS.items()),
            web.get(f"{path}/totp/next-guess", self._waiting(self._codes, "totp"), allow_head=False),
            web.get(f"{path}/recovery-code/next-guess", self._waiting(self._codes, "recovery"), allow_head=False),
            web.get(f"{path}/email-otp/next-email", self._waiting(self._mails, "mail"), allow_head=False),
        ]

    def _authenticator(self, kind: _Kind) -> Handler:
        schema = {"type": "object", "required": [kind.key], "properties": {kind.key: {"type": "string"}}}

        async def authenticate(request: web.Request) -> web.Response:
            name = self._gate.grant(request, "partial", "access").user
            body = await json_of(request)
            check(body, schema)
            self._ready(kind, name)
            key, now = f"{kind.method}:{name}", self._clock()
            if wait := self._codes.left(key, now):
                raise refused(429, kind.too_many, {"retryAfter": wait})
            if not self._accepted(kind, name, body[kind.key]):
                self._codes.failed(key, now)
                status, message = self._switches.wrong_code
                raise refused(status, message or kind.wrong)
            self._codes.succeeded(key)
            return answer(self._all_tokens(name))

        return authenticate

    def _ready(self, kind: _Kind, name: str) -> None:
        if self._switches.two_factor is None:
            raise refused(409, "2FA_IS_DISABLED")
        if kind.method not in self._switches.two_factor_methods:
            raise refused(409, kind.uninitialized)
        if kind.method == "email" and name not in self._mailed:
            raise refused(409, "EMAIL_OTP_INACTIVE")
        if kind.method == "totp" and self._switches.totp_corrupt:
            raise refused(500, "TOTP_CORRUPT")

    def _accepted(self, kind: _Kind, name: str, code: str) -> bool:
        if kind.method == "totp":
            return code == TOTP
        if kind.method == "email":
            if code == EMAIL_CODE:
                self._mailed.discard(name)
            return code == EMAIL_CODE
        codes = self._users[name].recovery_codes
        known = code in codes
        codes.discard(code)
        return known

    def _all_tokens(self, name: str) -> dict[str, str]:
        number, now = self._users[name].user_id, self._clock()
        refresh = self._tokens.grant("refresh", name, number, now)
        access = self._tokens.grant("access", name, number, now, refresh)
        sudo = self._tokens.grant("sudo", name, number, now)
        return {"accessToken": access, "refreshToken": refresh, "sudoToken": sudo}

    async def _challenge(self, request: web.Request) -> web.Response:
        name = self._gate.grant(request, "partial", "access").user
        if self._switches.two_factor is None:
            raise refused(409, "2FA_IS_DISABLED")
        if "email" not in self._switches.two_factor_methods:
            raise refused(409, "EMAIL_OTP_UNINITIALIZED")
        key, now = f"mail:{name}", self._clock()
        if wait := self._mails.left(key, now):
            raise refused(429, "TOO_MANY_OTP_EMAILS", {"retryAfter": wait})
        self._mails.failed(key, now)
        self._mailed.add(name)
        # What a challenge is answered with is not documented.
        return web.Response(status=204)

    async def _state(self, request: web.Request) -> web.Response:
        name = self._gate.grant(request, "access").user
        methods = self._switches.two_factor_methods
        if self._switches.two_factor is None:
            return answer({"enabled": False})
        body: dict[str, Any] = {"enabled": True}
        if "email" in methods:
            body["emailOtp"] = {"email": name, "completedAt": _SET_UP}
        if "totp" in methods:
            body["totp"] = {"completedAt": _SET_UP}
        if "recovery" in methods:
            body["recoveryCodes"] = {"completedAt": _SET_UP}
        return answer(body)

    def _waiting(self, waits: Waits, what: str) -> Handler:
        async def wait(request: web.Request) -> web.Response:
            name = self._gate.grant(request, "partial", "access").user
            return answer({"duration": waits.left(f"{what}:{name}", self._clock())})

        return wait
