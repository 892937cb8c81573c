"""What all entities have in common: each shows one point of one device."""

from typing import override

from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .calculated import CalculatedPoint
from .const import DOMAIN, PLATFORMS
from .coordinator import EnergyCloudsConfigEntry, EnergyCloudsCoordinator
from .quantities import PRESENTATIONS
from .vendors.model import Nature, Point, Sample


class EnergyCloudsEntity(CoordinatorEntity[EnergyCloudsCoordinator]):
    """One point. It reads the coordinator's data, and neither computes nor fetches."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: EnergyCloudsCoordinator, point: Point) -> None:
        super().__init__(coordinator, context=point.id)
        self.point = point
        device_id = coordinator.unique_device_id(point.id.device_id)
        presentation = PRESENTATIONS[point.quantity]
        self._attr_unique_id = f"{device_id}_{point.id.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, device_id)})
        self._attr_entity_category = presentation.category
        self._attr_entity_registry_enabled_default = not point.noisy
        # Also where the vendor names it: the icon and the words for its states are found by it.
        key = point.meaning or point.quantity.value
        self._attr_translation_key = key if point.phase is None else f"{key}_of_phase"
        self._attr_translation_placeholders = _placeholders_of(point)
        if point.name is not None:
            self._attr_name = point.name

    @property
    @override
    def available(self) -> bool:
        return self.coordinator.is_available(self.point)

    @callback
    def remove_replaced(self) -> None:
        """Remove the entity in whose place this one is, with what it kept of another unit."""
        registry = er.async_get(self.coordinator.hass)
        unique_id = f"{self.coordinator.unique_device_id(self.point.id.device_id)}_{self.point.replaces}"
        for platform in PLATFORMS:
            if (entity_id := registry.async_get_entity_id(platform, DOMAIN, unique_id)) is not None:
                registry.async_remove(entity_id)

    @property
    def sample(self) -> Sample | None:
        """The newest sample. Home Assistant asks for it only while the entity is available."""
        return self.coordinator.data.get(self.point.id)


def _placeholders_of(point: Point) -> dict[str, str]:
    """What a translated name has of the point's own."""
    placeholders = {} if point.phase is None else {"phase": point.phase.value}
    if isinstance(point, CalculatedPoint) and point.power.name is not None:
        placeholders["power"] = point.power.name
    return placeholders


@callback
def add_entities(
    entry: EnergyCloudsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    natures: frozenset[Nature],
    entity: type[EnergyCloudsEntity],
) -> None:
    """Make an entity of every point of those natures, now and whenever new points are discovered."""
    coordinator = entry.runtime_data

    @callback
    def add(points: tuple[Point, ...]) -> None:
        new = [entity(coordinator, point) for point in points if point.nature in natures]
        for one in new:
            if one.point.replaces is not None:
                one.remove_replaced()
        async_add_entities(new)

    entry.async_on_unload(coordinator.async_add_points_listener(add))
