"""Sessions at services, and their end: whoever uses a credential no longer leaves no session of it behind."""

import asyncio
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .connection import async_connect
from .const import CONF_CREDENTIALS, CONF_VENDOR, DOMAIN
from .vendors import VENDORS
from .vendors.base import Credentials
from .vendors.errors import InvalidAddress, VendorError
from .vendors.tokens import Vault

_LOGGER = logging.getLogger(__name__)

LONGEST_LOGOUT: Final = 10
"""Nobody who deletes an account waits for its service longer than so many seconds."""


@callback
def entries_with(hass: HomeAssistant, vendor: str, credentials: Credentials) -> list[ConfigEntry]:
    """The accounts that use that credential."""
    name = VENDORS[vendor].credential_id
    return [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if entry.data[CONF_VENDOR] == vendor and name(entry.data[CONF_CREDENTIALS]) == name(credentials)
    ]


async def async_log_out(hass: HomeAssistant, vendor: str, credentials: Credentials, vault: Vault | None = None) -> None:
    """End the session of the credential's tokens, or of those in `vault`; otherwise it ends by itself one day."""
    try:
        async with asyncio.timeout(LONGEST_LOGOUT):
            client = await async_connect(hass, vendor, credentials, vault=vault)
            await client.logout()
    except (VendorError, InvalidAddress, TimeoutError) as err:
        _LOGGER.debug("Could not log out: %s", err)
