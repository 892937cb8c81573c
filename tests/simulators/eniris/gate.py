"""Who is asking: the bearer token of a request (eniris.md A2)."""

from aiohttp import web

from ..clock import Clock
from .accounts import User
from .errors import insufficient, refused
from .switches import EnirisSwitches
from .tokens import Grant, Kind, Tokens

_LONGEST = 4096


class Gate:
    """Reads bearer tokens and refuses those that do not fit; only NO_TOKEN_PROVIDED is documented of the texts."""

    def __init__(self, users: dict[str, User], tokens: Tokens, switches: EnirisSwitches, clock: Clock) -> None:
        """Know these users and tokens."""
        self._users = users
        self._tokens = tokens
        self._switches = switches
        self._clock = clock

    def bearer(self, request: web.Request) -> str:
        """Return the token that a request bears."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise refused(401, "NO_TOKEN_PROVIDED")
        if len(token) > _LONGEST:
            raise refused(400, "id_token is too long")
        return token.strip()

    def grant(self, request: web.Request, *kinds: Kind) -> Grant:
        """Return what is known of a request's token, which has to be of one of these kinds and to work."""
        token = self.bearer(request)
        if self._tokens.kind(token) == "partial" and "partial" not in kinds:
            raise refused(self._switches.two_factor_status, self._switches.two_factor_message)
        grant = self._tokens.find(token, self._clock(), *kinds)
        if grant is None or grant.user not in self._users:
            raise refused(401, "INVALID_TOKEN")
        return grant

    def member(self, request: web.Request) -> str:
        """Return the name of a user who may ask the API, who has to have a role (eniris.md A2.6)."""
        name = self.grant(request, "access").user
        if not self._users[name].member:
            raise insufficient()
        return name
