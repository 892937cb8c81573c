"""Where login tokens are exchanged for access tokens, and where access tokens are checked."""

from aiohttp import web

from .errors import answer, forbidden, invalid, unauthorized
from .gate import bearer, json_body
from .manipulations import Manipulations
from .switches import EnectivaSwitches
from .tokens import ACCESS_LIFE, IMPORT_TOKEN, Access, access_claims, signed

_BODY = {"data": {"type": "access_tokens"}}


class TokenDesk:
    """Issues and checks the access tokens of a simulator."""

    def __init__(self, simulator: Manipulations, switches: EnectivaSwitches) -> None:
        """Know the login tokens of `simulator`."""
        self._simulator = simulator
        self._switches = switches
        self._open: dict[str, Access] = {}
        self.issued = 0

    async def create(self, request: web.Request) -> web.Response:
        """Answer `POST /access_tokens`."""
        now = self._simulator.clock()
        login = self._simulator.logins.get(bearer(request))
        if login is None or not login.valid(now):
            raise unauthorized("The login token is invalid, expired or revoked.")
        if self._switches.wants_body and await json_body(request) != _BODY:
            raise invalid("The body must be a resource object of type access_tokens.")
        # NumericDates are whole seconds.
        access = Access(login.customer, login.scopes, now.replace(microsecond=0) + ACCESS_LIFE)
        self.issued += 1
        token = signed(access_claims(access, self.issued, self._switches))
        self._open = {old: rights for old, rights in self._open.items() if now < rights.expires} | {token: access}
        return self._written(token)

    def check(self, request: web.Request, scope: str) -> Access:
        """Return the rights of a request's access token, which must include `scope`."""
        access = self._open.get(token := bearer(request))
        if access is None:
            other = token in self._simulator.logins or token == IMPORT_TOKEN
            raise unauthorized("This endpoint requires an access token." if other else "The token is invalid.")
        if self._simulator.clock() >= access.expires:
            raise unauthorized("The token has expired.")
        if scope not in access.scopes:
            raise forbidden(scope)
        return access

    def _written(self, token: str) -> web.Response:
        status, resource = self._switches.token_status, {"type": "access_tokens", "id": str(self.issued)}
        match self._switches.token_shape:
            case "jsonapi":
                return answer({"data": resource | {"attributes": {"token": token}}}, status)
            case "flat":
                return answer({"access_token": token}, status)
            case "id":
                return answer({"data": resource | {"id": token}}, status)
            case "text":
                return web.Response(status=status, text=token, content_type="text/plain")
            case "header":
                response = answer({"data": resource}, status)
                response.headers["Authorization"] = f"Bearer {token}"
                return response
