"""Binary sensors: the flags."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import EnergyCloudsConfigEntry, EnergyCloudsCoordinator
from .entity import EnergyCloudsEntity, add_entities
from .quantities import PRESENTATIONS
from .vendors.model import Nature, Point

PARALLEL_UPDATES = 0

NATURES = frozenset({Nature.FLAG})


async def async_setup_entry(
    hass: HomeAssistant,
    entry: EnergyCloudsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors of an account."""
    add_entities(entry, async_add_entities, NATURES, EnergyCloudsBinarySensor)


class EnergyCloudsBinarySensor(EnergyCloudsEntity, BinarySensorEntity):
    """A flag."""

    def __init__(self, coordinator: EnergyCloudsCoordinator, point: Point) -> None:
        super().__init__(coordinator, point)
        self._attr_device_class = PRESENTATIONS[point.quantity].binary_sensor_class

    @property
    @override
    def is_on(self) -> bool | None:
        sample = self.sample
        return None if sample is None else bool(sample.value)
