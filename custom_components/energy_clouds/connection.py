"""From a vendor's key and a credential to a vendor that can talk: with Home Assistant's session and a shared budget."""

from homeassistant.const import __version__ as ha_version
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.loader import async_get_integration

from .const import DOMAIN
from .storage import async_get_budgets
from .vendors import VENDORS, Vendor
from .vendors.base import Connection, Credentials
from .vendors.model import Inventory


async def async_connect(
    hass: HomeAssistant, vendor: str, credentials: Credentials, inventory: Inventory | None = None
) -> Vendor:
    """Make the vendor. Nothing is sent yet. Raises `InvalidAddress`."""
    vendor_class = VENDORS[vendor]
    integration = await async_get_integration(hass, DOMAIN)
    return vendor_class(
        Connection(
            credentials=credentials,
            session=async_get_clientsession(hass, verify_ssl=bool(credentials.get("verify_ssl", True))),
            budget=(await async_get_budgets(hass)).of(vendor_class, credentials),
            user_agent=f"EnergyClouds/{integration.version} HomeAssistant/{ha_version}",
        ),
        inventory or Inventory(),
    )
