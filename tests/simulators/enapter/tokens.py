"""API tokens: static, made by the user in the cloud or on the gateway (enapter.md B2)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

type Role = Literal["READONLY", "USER", "OWNER", "INSTALLER", "VENDOR", "SYSTEM"]

RANKS: tuple[Role, ...] = ("READONLY", "USER", "OWNER", "INSTALLER", "VENDOR", "SYSTEM")
"""The roles; each may see what those before it see."""

TOKEN = "5b0f4a8e6d7c39b1e2a47f90c8d31b56a4e79f0213c8d65b7e4f19a02c3d8b61"
"""A token of the owner of everything."""
READ_ONLY_TOKEN = "9c41e7d2b8036fa5714de9c02b6a8f35d17c90e4a2b85f63017d4ce8b95fa231"
"""A token with the lowest role."""
EXPIRED_TOKEN = "e83d10c7529bf46a08e5d3c17b9f264a50dc8e713fb92a6540ce7d18f3b69a27"
"""A token that has expired."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a token gives: a role everywhere, until the token expires (None: it never does)."""

    role: Role = "OWNER"
    expires: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """Say whether the token has expired."""
        return self.expires is not None and self.expires <= now

    def sees(self, access_level: object) -> bool:
        """Say whether this role sees an attribute with this `access_level` of a manifest (B8)."""
        required = str(access_level).upper().replace("_", "")
        return RANKS.index(self.role) >= (RANKS.index(required) if required in RANKS else 0)


def usual_tokens(token: str) -> dict[str, Access]:
    """Return an owner's token, one that only reads, and one that has expired."""
    return {
        token: Access(),
        READ_ONLY_TOKEN: Access("READONLY"),
        EXPIRED_TOKEN: Access(expires=datetime(2026, 1, 1, tzinfo=UTC)),
    }
