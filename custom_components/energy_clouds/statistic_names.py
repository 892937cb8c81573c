"""How statistics are called: what a person looks for when choosing one, like the sensor of the same point."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN
from .devices import unique_device_id, vendor_device_id
from .vendors.model import Point

_OF_INTERVAL: Final = "_of_interval"
"""A sensor shows the last interval; a statistic has all of them."""
_LONGEST_NAME: Final = 255
"""The recorder's column has no room for more characters."""


async def statistic_names(hass: HomeAssistant, entry: ConfigEntry) -> Callable[[Point], str]:
    """What each point's statistic is called: the device's name, what is counted, and what tells it from namesakes."""
    texts = await async_get_translations(hass, hass.config.language, "entity", {DOMAIN})
    registry = dr.async_get(hass)
    namesakes = _namesakes(hass)

    def name_of(point: Point) -> str:
        identifier = (DOMAIN, unique_device_id(entry, point.id.device_id))
        device = registry.async_get_device_by_identifier(identifier, entry.entry_id)
        counted = point.name or _translated(texts, point)
        if not isinstance(device, dr.DeviceEntry) or not (called := _called(device)):
            return _fitting("", counted)
        which = _which(hass, device, namesakes[called])
        return _fitting(called, f" {counted} ({which})" if which else f" {counted}")

    return name_of


def _namesakes(hass: HomeAssistant) -> Mapping[str, Sequence[dr.DeviceEntry]]:
    """All devices of all accounts, by name."""
    registry = dr.async_get(hass)
    found: dict[str, list[dr.DeviceEntry]] = {}
    for entry in hass.config_entries.async_entries(DOMAIN):
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
            if isinstance(device, dr.DeviceEntry) and device.entry_type is None and (called := _called(device)):
                found.setdefault(called, []).append(device)
    return found


def _which(hass: HomeAssistant, device: dr.DeviceEntry, namesakes: Sequence[dr.DeviceEntry]) -> str | None:
    """The first thing of a device that none of its namesakes has, from what a person knows to the vendor's id of it."""
    others = [_told_apart(hass, other) for other in namesakes if other.id != device.id]
    if not others:
        return None
    own = _told_apart(hass, device)
    for place, text in enumerate(own):
        if text and all(other[place] != text for other in others):
            return text
    return own[-1]


def _told_apart(hass: HomeAssistant, device: dr.DeviceEntry) -> tuple[str | None, ...]:
    entry = hass.config_entries.async_get_entry(device.config_entry_id)
    area = ar.async_get(hass).async_get_area(device.area_id or "")
    parent = dr.async_get(hass).async_get(device.via_device_id or "")
    return (
        None if entry is None else entry.title,
        None if area is None else area.name,
        None if parent is None else _called(parent),
        None if entry is None else vendor_device_id(entry, device),
    )


def _fitting(called: str, rest: str) -> str:
    """A name that the recorder takes. The end, which tells namesakes apart, is kept as long as possible."""
    return f"{called[: max(_LONGEST_NAME - len(rest), 0)]}{rest}"[:_LONGEST_NAME]


def _called(device: dr.AnyDeviceEntry) -> str | None:
    return device.name_by_user or device.name


def _translated(texts: Mapping[str, str], point: Point) -> str:
    key = (point.meaning or point.quantity.value).removesuffix(_OF_INTERVAL)
    if point.phase is None:
        return texts.get(f"component.{DOMAIN}.entity.sensor.{key}.name", key)
    text = texts.get(f"component.{DOMAIN}.entity.sensor.{key}_of_phase.name", f"{key} {{phase}}")
    return text.replace("{phase}", point.phase.value)
