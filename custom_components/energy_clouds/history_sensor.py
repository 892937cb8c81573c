"""How far an account's history has come, for people to see."""

from datetime import datetime
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import EntityCategory
from homeassistant.helpers.device_registry import DeviceInfo

from .const import CONF_ACCOUNT_ID, DOMAIN
from .coordinator import EnergyCloudsConfigEntry
from .history import HistoryKeeper


class HistorySensor(SensorEntity):
    """Up to when every hour is in the statistics. During the first import it moves through the past."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_device_class = SensorDeviceClass.TIMESTAMP
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "history_until"

    def __init__(self, entry: EnergyCloudsConfigEntry, keeper: HistoryKeeper) -> None:
        account: str = entry.data[CONF_ACCOUNT_ID]
        self._keeper = keeper
        self._attr_unique_id = f"{account}_history_until"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, account)})

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(self._keeper.async_add_listener(self.async_write_ha_state))

    @property
    @override
    def native_value(self) -> datetime | None:
        return self._keeper.complete_until()
