"""The one place where a vendor's error becomes Home Assistant's."""

from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import UpdateFailed

from .const import DOMAIN
from .vendors.errors import (
    CannotConnect,
    InvalidCredentials,
    NotPermitted,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
)

_FAILURES = {
    CannotConnect: "cannot_connect",
    NotPermitted: "not_permitted",
    RateLimited: "rate_limited",
    UnexpectedAnswer: "unexpected_answer",
}


def failure_of(err: VendorError) -> ConfigEntryAuthFailed | UpdateFailed:
    """What a coordinator raises for it."""
    if isinstance(err, InvalidCredentials):
        return ConfigEntryAuthFailed(
            translation_domain=DOMAIN, translation_key=err.reason, translation_placeholders={"detail": str(err)}
        )
    return UpdateFailed(
        translation_domain=DOMAIN,
        translation_key=_FAILURES[type(err)],
        translation_placeholders={"detail": str(err)},
        retry_after=err.retry_after.total_seconds() if isinstance(err, RateLimited) else None,
    )
