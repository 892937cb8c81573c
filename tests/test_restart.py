"""What a restart of Home Assistant is to the integration: everything in memory is gone, what is on disk is not."""

from homeassistant.core import HomeAssistant

from custom_components.energy_clouds.const import DOMAIN

from .conftest import Account


async def restart(hass: HomeAssistant, entry_id: str) -> None:
    """Unload an account, forget what is kept in memory over reloads, and set it up again."""
    await hass.config_entries.async_unload(entry_id)
    for key in [key for key in hass.data if str(key).startswith(f"{DOMAIN}.")]:
        del hass.data[key]
    await hass.config_entries.async_setup(entry_id)


async def test_restart_reads_what_was_stored(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.requests.clear()
    await restart(hass, account.entry.entry_id)
    await hass.async_block_till_done()
    assert len(account.requests) == 2
    assert all(request.startswith("POST") for request in account.requests)
