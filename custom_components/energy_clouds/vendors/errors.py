"""The five errors that a vendor raises, and no others.

Their texts name the host, the endpoint and what was wrong, never a credential.
"""

from datetime import timedelta
from typing import final

RATE_LIMITED = "rate_limited"
LOCKED_OUT = "locked_out"
TOO_MANY_TOKENS = "too_many_tokens"
_REASONS = {
    RATE_LIMITED: "the request limit is reached",
    LOCKED_OUT: "the service takes no sign-in after too many that failed",
    TOO_MANY_TOKENS: "the service has given out too many tokens for this user",
}


class VendorError(Exception):
    """What the five have in common."""


@final
class CannotConnect(VendorError):
    """Nothing usable came back: network, timeout, 5xx, or a body that is not the vendor's.

    `answered` says that somebody answered at all; `lost` that the request may have been carried out all the same;
    `untrusted` that nothing was sent, as the certificate of whoever is there proves nothing.
    """

    def __init__(self, message: str, *, answered: bool = False, lost: bool = False, untrusted: bool = False) -> None:
        super().__init__(message)
        self.answered = answered
        self.lost = lost
        self.untrusted = untrusted


@final
class RateLimited(VendorError):
    """The vendor's limit is reached, or the budget that keeps us below it. Nothing may be sent for `retry_after`.

    `reason` is one of the config flow's error keys; where a person can do something, also that of a repair issue.
    """

    def __init__(self, retry_after: timedelta, reason: str = RATE_LIMITED) -> None:
        super().__init__(f"{_REASONS.get(reason, reason)}; next request in {retry_after.total_seconds():.0f} s")
        self.retry_after = retry_after
        self.reason = reason


@final
class InvalidCredentials(VendorError):
    """A definite answer that the credential is bad.

    `reason` is one of the config flow's error keys; `field` is the credential field to blame, if not the secret.
    """

    def __init__(self, message: str, reason: str = "invalid_auth", field: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field


@final
class NotPermitted(VendorError):
    """The credential is good, but lacks a right."""


@final
class UnexpectedAnswer(VendorError):
    """Valid JSON of a shape that no document describes."""


class InvalidAddress(ValueError):
    """An address that cannot be one of the vendor's. Raised when a vendor is made, before anything is sent."""
