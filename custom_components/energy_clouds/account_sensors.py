"""How an account stands with its service: what it may still ask, when, and how old what it shows is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo

from .const import CONF_ACCOUNT_ID, DOMAIN
from .coordinator import EnergyCloudsConfigEntry, EnergyCloudsCoordinator
from .registers import CLOCK_TOLERANCE

type Value = int | datetime | None

SAME_INSTANT = timedelta(seconds=2)
"""The end of a wait is computed anew from two clocks each time."""


@dataclass(frozen=True, kw_only=True)
class AccountSensorDescription(SensorEntityDescription):
    """One thing to tell of an account."""

    value_of: Callable[[EnergyCloudsCoordinator], Value]


def _newest_measurement(coordinator: EnergyCloudsCoordinator) -> datetime | None:
    now = coordinator.vendor.now() + CLOCK_TOLERANCE
    return max((sample.time for sample in coordinator.data.values() if sample.time <= now), default=None)


DESCRIPTIONS = (
    AccountSensorDescription(
        key="requests_used",
        state_class=SensorStateClass.MEASUREMENT,
        value_of=lambda coordinator: coordinator.budget.used,
    ),
    AccountSensorDescription(
        key="requests_left",
        state_class=SensorStateClass.MEASUREMENT,
        value_of=lambda coordinator: coordinator.budget.left,
    ),
    AccountSensorDescription(
        key="next_request_allowed",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_of=lambda coordinator: coordinator.budget.state.next_allowed,
    ),
    AccountSensorDescription(
        key="newest_measurement",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_of=_newest_measurement,
    ),
)


class AccountSensor(SensorEntity):
    """A sensor of the account's own device; there also while the service is away, when it is wanted most."""

    entity_description: AccountSensorDescription
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_entity_registry_enabled_default = False
    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, entry: EnergyCloudsConfigEntry, description: AccountSensorDescription) -> None:
        account: str = entry.data[CONF_ACCOUNT_ID]
        self.entity_description = description
        self._coordinator = entry.runtime_data
        self._attr_unique_id = f"{account}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, account)})
        self._attr_translation_key = description.key
        self._attr_native_value = description.value_of(self._coordinator)

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(self._coordinator.async_add_account_listener(self._look))

    @callback
    def _look(self) -> None:
        """Tell of a change only."""
        value, shown = self.entity_description.value_of(self._coordinator), self.native_value
        if value == shown:
            return
        if isinstance(value, datetime) and isinstance(shown, datetime) and abs(value - shown) <= SAME_INSTANT:
            return
        self._attr_native_value = value
        self.async_write_ha_state()
