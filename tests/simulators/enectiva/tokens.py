"""Enectiva's three kinds of tokens: long-lived login and import tokens, and access tokens of five minutes."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
import hmac
import json
from typing import Any, Final

from .switches import EnectivaSwitches

CUSTOMER: Final = "7c1a9f6e-52c4-4b1d-9a34-0f6d2b8e5c10"
"""The customer whose building the simulator serves."""

METERS: Final = "meters"
ENTITIES: Final = "entities"
ENTITY_DELTAS: Final = "entity_deltas"
READINGS: Final = "readings"
METER_DELTAS: Final = "meter_deltas"
DATA_POINTS: Final = "data_points"
VIRTUAL_METER_DELTAS: Final = "virtual_meter_deltas"
ALL_SCOPES: Final = frozenset(
    (METERS, ENTITIES, ENTITY_DELTAS, READINGS, METER_DELTAS, DATA_POINTS, VIRTUAL_METER_DELTAS)
)
"""The scopes of login tokens. Only the first three names are published, the others are inferred."""

ACCESS_LIFE: Final = timedelta(minutes=5)
_SECRET = b"enectiva simulator"


@dataclass(frozen=True, slots=True)
class Login:
    """What a login token stands for."""

    customer: str = CUSTOMER
    scopes: frozenset[str] = ALL_SCOPES
    revoked: bool = False
    expires: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Say whether the token still opens anything."""
        return not self.revoked and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token stands for: the rights its login token had when it was issued."""

    customer: str
    scopes: frozenset[str]
    expires: datetime


def signed(claims: Mapping[str, Any]) -> str:
    """Return a JWT with these claims."""
    parts = [_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (_HEADER, claims)]
    content = ".".join(parts)
    return f"{content}.{_encoded(hmac.digest(_SECRET, content.encode(), sha256))}"


def login_token(
    scopes: Iterable[str] = ALL_SCOPES, *, customer: str = CUSTOMER, expires: datetime | None = None, number: int = 1
) -> str:
    """Return a login token as the dashboard makes it; put it into `logins` to make it known."""
    claims: dict[str, Any] = {"jit": f"login-{number}", "sub": customer, "scp": " ".join(sorted(scopes)), "ver": 1}
    return signed(claims if expires is None else claims | {"exp": int(expires.timestamp())})


def access_claims(access: Access, number: int, switches: EnectivaSwitches) -> dict[str, Any]:
    """Return the claims of an access token in the switched variant."""
    scopes = sorted(access.scopes)
    written = {"string_space": " ".join(scopes), "string_comma": ",".join(scopes), "list": scopes}
    claims: dict[str, Any] = {"jit": f"access-{number}", "exp": int(access.expires.timestamp()), "ver": 1}
    if not switches.sub_absent:
        claims["sub"] = access.customer
    if switches.scp_as != "absent":
        claims["scp"] = written[switches.scp_as]
    return claims


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


_HEADER = {"alg": "HS256", "typ": "JWT"}
_LONG_AGO = datetime(2025, 6, 1, tzinfo=UTC)

LOGIN_TOKEN: Final = login_token()
EXPIRED_LOGIN_TOKEN: Final = login_token(expires=_LONG_AGO, number=2)
REVOKED_LOGIN_TOKEN: Final = login_token(number=3)
IMPORT_TOKEN: Final = signed({"jit": "import-1", "sub": CUSTOMER, "scp": "la", "ver": 1})


def usual_logins() -> dict[str, Login]:
    """Return a good login token, an expired and a revoked one."""
    return {
        LOGIN_TOKEN: Login(),
        EXPIRED_LOGIN_TOKEN: Login(expires=_LONG_AGO),
        REVOKED_LOGIN_TOKEN: Login(revoked=True),
    }
