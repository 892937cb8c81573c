"""Sensors: every point but the flags."""

from datetime import datetime
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account_sensors import DESCRIPTIONS, AccountSensor
from .coordinator import EnergyCloudsConfigEntry, EnergyCloudsCoordinator
from .entity import EnergyCloudsEntity, add_entities
from .history import keeper_of
from .history_sensor import HistorySensor
from .quantities import LARGER_UNITS, PRESENTATIONS, state_class_of
from .vendors.model import Nature, Point, Quantity

PARALLEL_UPDATES = 0

NATURES = frozenset(Nature) - {Nature.FLAG}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: EnergyCloudsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of an account."""
    add_entities(entry, async_add_entities, NATURES, EnergyCloudsSensor)
    async_add_entities(AccountSensor(entry, description) for description in DESCRIPTIONS)
    if (keeper := keeper_of(hass, entry.entry_id)) is not None:
        async_add_entities([HistorySensor(entry, keeper)])


class EnergyCloudsSensor(EnergyCloudsEntity, SensorEntity):
    """A measured value."""

    def __init__(self, coordinator: EnergyCloudsCoordinator, point: Point) -> None:
        super().__init__(coordinator, point)
        presentation = PRESENTATIONS[point.quantity]
        self._attr_device_class = presentation.sensor_class
        self._attr_native_unit_of_measurement = point.unit
        if point.quantity is Quantity.PRICE and point.unit is not None:
            self._attr_native_unit_of_measurement = point.unit.replace("currency", coordinator.hass.config.currency)
        if point.nature is Nature.REGISTER and point.unit is not None:
            self._attr_suggested_unit_of_measurement = LARGER_UNITS.get((point.quantity, point.unit))
        if point.words:
            self._attr_device_class = SensorDeviceClass.ENUM
        self._attr_state_class = state_class_of(point)
        self._attr_suggested_display_precision = presentation.precision

    @property
    @override
    def options(self) -> list[str] | None:
        """The words that it can be, and the one that it is: vendors do not list all of them."""
        words, value = self.point.words, self.native_value
        if not words:
            return None
        return [*words, value] if isinstance(value, str) and value not in words else list(words)

    @property
    @override
    def last_reset(self) -> datetime | None:
        sample = self.sample
        return None if sample is None or self._attr_state_class is not SensorStateClass.TOTAL else sample.since

    @property
    @override
    def native_value(self) -> float | str | datetime | None:
        sample = self.sample
        return None if sample is None else sample.value
