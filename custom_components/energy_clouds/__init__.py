"""Energy Clouds: the energy clouds of people who run buildings, in Home Assistant."""

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.typing import ConfigType

from .account_notices import forget_notices
from .connection import async_connect
from .const import CONF_CREDENTIALS, CONF_VENDOR, DOMAIN, PLATFORMS
from .coordinator import EnergyCloudsConfigEntry, EnergyCloudsCoordinator
from .counters import async_load_counters, async_remove_counters
from .devices import vendor_device_id
from .history import async_keep_history, async_remove_history
from .services import async_register_services
from .sessions import async_log_out, entries_with
from .storage import AccountStore, async_get_budgets
from .vaults import async_get_vaults
from .vendors import VENDORS
from .vendors.errors import InvalidAddress

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions; and take the repair issues of an account away when it is disabled, be it set up or not."""
    async_register_services(hass)

    @callback
    def entry_changed(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN and entry.disabled_by is not None:
            forget_notices(hass, entry)

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, entry_changed)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: EnergyCloudsConfigEntry) -> bool:
    """Set up an account."""
    store = AccountStore(hass, entry.entry_id)
    memory = await store.load()
    credentials = entry.data[CONF_CREDENTIALS]
    try:
        vendor = await async_connect(
            hass, entry.data[CONF_VENDOR], credentials, inventory=memory.inventory, options=entry.options
        )
    except InvalidAddress as err:
        raise ConfigEntryError(translation_domain=DOMAIN, translation_key="invalid_url") from err
    budget = (await async_get_budgets(hass)).of(type(vendor), credentials)
    counters = await async_load_counters(hass, entry, calculates=vendor.calculates_energy)
    coordinator = EnergyCloudsCoordinator(
        hass, entry, store=store, memory=memory, counters=counters, vendor=vendor, budget=budget
    )
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    await coordinator.async_save()
    await async_keep_history(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    coordinator.async_start()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: EnergyCloudsConfigEntry) -> bool:
    """Unload an account; what it knows is kept, so that it starts again without asking anew."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await entry.runtime_data.async_save()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: EnergyCloudsConfigEntry) -> None:
    """Forget an account that was removed."""
    await AccountStore(hass, entry.entry_id).remove()
    await async_remove_counters(hass, entry)
    await async_remove_history(hass, entry)
    forget_notices(hass, entry)
    vendor, credentials = entry.data[CONF_VENDOR], entry.data[CONF_CREDENTIALS]
    if entries_with(hass, vendor, credentials):
        return
    try:
        await async_log_out(hass, vendor, credentials)
    finally:
        await (await async_get_vaults(hass)).forget(VENDORS[vendor], credentials)
        await (await async_get_budgets(hass)).forget(VENDORS[vendor], credentials)


async def async_remove_config_entry_device(
    hass: HomeAssistant,
    entry: EnergyCloudsConfigEntry,
    device: dr.AnyDeviceEntry,
) -> bool:
    """A device may be deleted by hand once the account has it no longer."""
    device_id = vendor_device_id(entry, device)
    if device_id is None or entry.state is not ConfigEntryState.LOADED:
        return False
    return entry.runtime_data.async_forget_device(device_id)
