"""JSON Web Tokens as djangorestframework-simplejwt makes them, or strings that say nothing."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from hashlib import sha256
import hmac
import json
import secrets
from typing import Any, Literal

type TokenType = Literal["access", "refresh"]

_HEADER = {"typ": "JWT", "alg": "HS256"}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, in the order of the documents' examples; `exp` is in epoch seconds."""

    token_type: TokenType
    exp: int
    jti: str
    user_id: int | str


class Issuer:
    """Makes tokens with a key of its own, and reads only those."""

    def __init__(self, *, opaque: bool) -> None:
        """Draw a key; `opaque` tokens are kept in a table instead of being signed."""
        self._key = secrets.token_bytes(32)
        self._opaque = opaque
        self._table: dict[str, Claims] = {}

    def issue(self, token_type: TokenType, exp: int, user_id: int | str) -> tuple[str, Claims]:
        """Return a new token, and what it says."""
        claims = Claims(token_type, exp, secrets.token_hex(16), user_id)
        if self._opaque:
            token = secrets.token_urlsafe(40)
            self._table[token] = claims
            return token, claims
        signed = f"{_encoded(_json(_HEADER))}.{_encoded(_json(asdict(claims)))}"
        return f"{signed}.{_encoded(self._signature(signed))}", claims

    def read(self, token: str) -> Claims | None:
        """Return what a token says, whether it expired or not; None if it is not one of this issuer's."""
        if self._opaque:
            return self._table.get(token)
        signed, _, signature = token.rpartition(".")
        # Compared as text: base64 of other bits than these is another token.
        if not hmac.compare_digest(signature.encode(), _encoded(self._signature(signed)).encode()):
            return None
        return Claims(**json.loads(_decoded(signed.partition(".")[2])))

    def _signature(self, signed: str) -> bytes:
        return hmac.digest(self._key, signed.encode(), sha256)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
