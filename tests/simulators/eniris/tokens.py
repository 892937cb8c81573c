"""All tokens in circulation (eniris.md A2.2, A2.3): whose they are, until when they work, what became of them."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
import json
import secrets
from typing import Any, Literal

from .switches import EnirisSwitches

type Kind = Literal["refresh", "access", "partial", "sudo"]


@dataclass(slots=True)
class Grant:
    """A token that was handed out; `refresh` is the refresh token from which an access token came."""

    kind: Kind
    user: str
    issued: datetime
    expires: datetime
    refresh: str | None = None
    revoked: bool = False


class Tokens:
    """The tokens of all users; nothing is forgotten."""

    def __init__(self, switches: EnirisSwitches) -> None:
        """Begin with no tokens."""
        self._switches = switches
        self._grants: dict[str, Grant] = {}

    @property
    def granted(self) -> list[str]:
        """All tokens ever handed out, oldest first."""
        return list(self._grants)

    def grant(self, kind: Kind, user: str, user_id: int, now: datetime, refresh: str | None = None) -> str:
        """Hand out a token."""
        expires = now + self._life(kind)
        jwt = self._switches.refresh_jwt if kind == "refresh" else not self._switches.access_opaque
        claims: dict[str, Any] = {"iat": int(now.timestamp()), "exp": int(expires.timestamp())}
        if self._switches.access_user:
            claims["userId"] = user_id
        token = _jwt(claims) if jwt and kind != "partial" else secrets.token_urlsafe(48)
        self._grants[token] = Grant(kind, user, now, expires, refresh)
        return token

    def find(self, token: str, now: datetime, *kinds: Kind) -> Grant | None:
        """Return what is known of a token of these kinds that works."""
        grant = self._grants.get(token)
        if grant is None or grant.kind not in kinds or grant.revoked or grant.expires <= now:
            return None
        parent = None if grant.refresh is None else self._grants[grant.refresh]
        if parent is not None and parent.revoked and self._switches.revoked_access_dies:
            return None
        return grant

    def kind(self, token: str) -> Kind | None:
        """Return what kind of token this is, whether it works or not."""
        grant = self._grants.get(token)
        return None if grant is None else grant.kind

    def revoke(self, token: str) -> None:
        """Let a token not work any more."""
        self._grants[token].revoked = True

    def revoke_all(self, kind: Kind, user: str | None = None) -> None:
        """Let no token of this kind (of this user) work any more."""
        for grant in self._grants.values():
            if grant.kind == kind and user in {None, grant.user}:
                grant.revoked = True

    def _life(self, kind: Kind) -> timedelta:
        if kind == "refresh":
            return timedelta(days=self._switches.refresh_days)
        # How long a partial or sudo token works is not documented.
        return timedelta(minutes=10) if kind == "partial" else timedelta(seconds=self._switches.access_seconds)


def _jwt(claims: dict[str, Any]) -> str:
    # The signature is no secret's: only the service itself would check it.
    return f"{_encoded({'alg': 'ES256', 'typ': 'JWT'})}.{_encoded(claims)}.{secrets.token_urlsafe(64)}"


def _encoded(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()
