"""The options of an account."""

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest

from tests.conftest import Account


async def test_interval_below_the_budgets_is_refused(hass: HomeAssistant, account: Account) -> None:
    await account.set_up(options={"scan_interval": 10})
    form = await hass.config_entries.options.async_init(account.entry.entry_id)
    assert form["data_schema"] is not None
    suggested = {str(marker): marker.description for marker in form["data_schema"].schema}
    assert suggested["scan_interval"] == {"suggested_value": 60}
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(form["flow_id"], {"scan_interval": 10})


async def test_options_can_be_opened_while_the_service_is_down(hass: HomeAssistant, account: Account) -> None:
    await account.start(options={"excluded_devices": ["meter-building-a-001"]})
    await account.server.stop()
    await hass.config_entries.async_setup(account.entry.entry_id)
    form = await hass.config_entries.options.async_init(account.entry.entry_id)
    assert form["type"] is FlowResultType.FORM
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {"excluded_devices": ["meter-building-a-001"]}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
