"""Enpact's API keys: 64 characters, of one environment, that may expire, be revoked and see only some ids."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from .errors import Environment, Things

PRODUCTION_KEY: Final = "production0key0production0key0production0key0production0key00001"
SANDBOX_KEY: Final = "sandbox0key0sandbox0key0sandbox0key0sandbox0key0sandbox0key00002"
EXPIRED_KEY: Final = "expired0key0expired0key0expired0key0expired0key0expired0key00003"
REVOKED_KEY: Final = "revoked0key0revoked0key0revoked0key0revoked0key0revoked0key00004"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key's rights; a whitelist of None allows everything that is installed."""

    environment: Environment
    expires: datetime | None = None
    revoked: bool = False
    devices: frozenset[str] | None = None
    meters: frozenset[str] | None = None

    def valid(self, now: datetime) -> bool:
        """Say whether the key still opens anything."""
        return not self.revoked and (self.expires is None or now < self.expires)

    def allows(self, things: Things, name: str) -> bool:
        """Say whether the whitelist of devices or meters has this id."""
        whitelist = self.devices if things == "devices" else self.meters
        return whitelist is None or name in whitelist


def usual_keys(environment: Environment) -> dict[str, ApiKey]:
    """Return a good key of each environment, and an expired and a revoked one of this."""
    return {
        PRODUCTION_KEY: ApiKey("production"),
        SANDBOX_KEY: ApiKey("sandbox"),
        EXPIRED_KEY: ApiKey(environment, expires=datetime(2025, 6, 1, tzinfo=UTC)),
        REVOKED_KEY: ApiKey(environment, revoked=True),
    }
