"""From a vendor's key and a credential to a vendor that can talk: with Home Assistant's session and a shared budget."""

from types import MappingProxyType

from homeassistant.const import __version__ as ha_version
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.loader import async_get_integration
from homeassistant.util.dt import get_default_time_zone

from .const import DOMAIN
from .storage import async_get_budgets
from .vaults import async_get_vaults
from .vendors import VENDORS, Vendor
from .vendors.base import Connection, Credentials, Options
from .vendors.model import Inventory
from .vendors.tokens import Vault


async def async_connect(
    hass: HomeAssistant,
    vendor: str,
    credentials: Credentials,
    *,
    vault: Vault | None = None,
    inventory: Inventory | None = None,
    options: Options = MappingProxyType({}),
) -> Vendor:
    """Make the vendor, with tokens of its own where a vault is given. Nothing is sent yet. Raises `InvalidAddress`."""
    vendor_class = VENDORS[vendor]
    budgets, vaults = await async_get_budgets(hass), await async_get_vaults(hass)
    integration = await async_get_integration(hass, DOMAIN)
    return vendor_class(
        Connection(
            credentials=credentials,
            session=async_get_clientsession(hass, verify_ssl=vendor_class.verifies_certificate(credentials)),
            budget=budgets.of(vendor_class, credentials),
            login_budget=budgets.login_of(vendor_class, credentials),
            vault=vaults.of(vendor_class, credentials) if vault is None else vault,
            user_agent=f"EnergyClouds/{integration.version} HomeAssistant/{ha_version}",
            options=options,
            timezone=get_default_time_zone(),
        ),
        inventory or Inventory(),
    )
