"""What Home Assistant's page on the system's health tells: whether each energy cloud is there, and its budget."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any

import aiohttp
from homeassistant.components import system_health
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.dt import utcnow
from yarl import URL

from .const import CONF_CREDENTIALS, CONF_VENDOR, DOMAIN
from .storage import async_get_budgets
from .vendors import VENDORS
from .vendors.budget import Budget, Priority
from .vendors.errors import InvalidAddress, RateLimited
from .vendors.http import wait_in

TIMEOUT = aiohttp.ClientTimeout(total=5)
LONGEST_REFUSAL = 4096
UNREACHABLE = {"type": "failed", "error": "unreachable"}
INVALID = {"type": "failed", "error": "invalid address"}
WAITING = {"type": "failed", "error": "rate limited"}


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register what is told."""
    register.async_register_info(_info, f"/config/integrations/integration/{DOMAIN}")


async def _info(hass: HomeAssistant) -> dict[str, Any]:
    """How many accounts there are; of each vendor that has any, the budget and, as soon as it is known, the reach."""
    entries = hass.config_entries.async_entries(DOMAIN, include_disabled=False, include_ignore=False)
    running = sum(entry.state is ConfigEntryState.LOADED for entry in entries)
    info: dict[str, Any] = {"accounts": f"{running} of {len(entries)} running"}
    budgets = await async_get_budgets(hass)
    for key, vendor in VENDORS.items():
        of_vendor = [entry for entry in entries if entry.data[CONF_VENDOR] == key]
        if of_vendor:
            known = [budgets.of(vendor, entry.data[CONF_CREDENTIALS]) for entry in of_vendor]
            info[f"{key}_budget"] = (
                f"{sum(one.used for one in known)} of {sum(one.limit.requests for one in known)} used"
            )
            info[f"{key}_reach"] = _reach_all(hass, of_vendor, known)
    return info


async def _reach_all(
    hass: HomeAssistant, entries: Collection[ConfigEntry], budgets: Collection[Budget]
) -> str | dict[str, str]:
    """Ask at each address once; the first account whose service does not answer is what is told."""
    answered = set[tuple[URL, ...]]()
    for entry, budget in zip(entries, budgets, strict=True):
        vendor, credentials = VENDORS[entry.data[CONF_VENDOR]], entry.data[CONF_CREDENTIALS]
        session = async_get_clientsession(hass, verify_ssl=vendor.verifies_certificate(credentials))
        try:
            addresses = vendor.addresses(credentials)
            if addresses in answered:
                continue
            answers = [await _answers(session, address, budget) for address in addresses]
        except InvalidAddress:
            return INVALID
        except RateLimited:
            return WAITING
        if not any(answers):
            return UNREACHABLE
        answered.add(addresses)
    return "ok"


async def _answers(session: aiohttp.ClientSession, address: URL, budget: Budget) -> bool:
    """Whether anybody answers, whatever it is. Raises `RateLimited`."""
    await budget.spend(Priority.DISCOVERY)
    try:
        async with session.get(address, timeout=TIMEOUT, allow_redirects=False) as response:
            if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise budget.hold(wait_in(response.headers, await response.content.read(LONGEST_REFUSAL), utcnow()))
            return True
    except aiohttp.ClientError, OSError, ValueError:
        # A timeout is an OSError. No text: it may quote the address.
        return False
