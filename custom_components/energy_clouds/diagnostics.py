"""What a user can send us: counts, ages, the budget and the shapes of answers; no value, name or secret."""

from collections import Counter
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .const import CONF_CREDENTIALS, CONF_VENDOR, OPTION_EXCLUDED_DEVICES
from .coordinator import EnergyCloudsConfigEntry, EnergyCloudsCoordinator
from .devices import vendor_device_id
from .vendors.base import FieldKind
from .vendors.model import Device
from .vendors.shapes import shape_of

_PUBLIC = (FieldKind.CHOICE, FieldKind.SWITCH)


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,
    entry: EnergyCloudsConfigEntry,
) -> dict[str, Any]:
    """An account."""
    coordinator = entry.runtime_data
    vendor, budget, inventory = coordinator.vendor, coordinator.budget, coordinator.inventory
    private = {field.key for field in vendor.credential_fields if field.kind not in _PUBLIC}
    words = {device.id for device in inventory.devices} | {site.id for site in inventory.sites}
    return {
        "vendor": entry.data[CONF_VENDOR],
        "credentials": async_redact_data(dict(entry.data[CONF_CREDENTIALS]), private),
        "options": {
            **entry.options,
            OPTION_EXCLUDED_DEVICES: len(entry.options.get(OPTION_EXCLUDED_DEVICES, ())),
        },
        "inventory": {
            "sites": len(inventory.sites),
            "devices": Counter(device.kind.value for device in inventory.devices),
            "points": Counter(point.meaning or point.quantity.value for point in inventory.points),
        },
        "polling": {
            "interval_seconds": coordinator.interval.total_seconds(),
            "requests_of_last_poll": coordinator.requests_of_last_poll,
            "last_success": coordinator.last_success.isoformat() if coordinator.last_success else None,
            "last_error": str(coordinator.last_exception) if not coordinator.last_update_success else None,
            "clock_difference_seconds": round(coordinator.clock_difference().total_seconds(), 1),
        },
        "budget": {
            "allowed": budget.allowed,
            "window_seconds": budget.limit.window.total_seconds(),
            "used": budget.used,
            "remaining_at_vendor": budget.remaining,
            "held_for_seconds": budget.held_for.total_seconds(),
        },
        "devices": [_device(coordinator, device) for device in inventory.devices],
        "answers": {endpoint: shape_of(body, words) for endpoint, body in sorted(vendor.last_answers().items())},
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant,
    entry: EnergyCloudsConfigEntry,
    device: dr.AnyDeviceEntry,
) -> dict[str, Any]:
    """One device of an account."""
    coordinator = entry.runtime_data
    device_id = vendor_device_id(entry, device)
    known = [_device(coordinator, one) for one in coordinator.inventory.devices if one.id == device_id]
    return known[0] if known else {}


def _device(coordinator: EnergyCloudsCoordinator, device: Device) -> dict[str, Any]:
    """A device without its name and ids: its kind, and the age of each of its points' newest sample in seconds."""
    now = coordinator.vendor.now()
    problem = coordinator.problems.get(device.id)
    points = [point.id for point in coordinator.inventory.points if point.id.device_id == device.id]
    return {
        "kind": device.kind.value,
        "problem": problem.value if problem is not None else None,
        "age_of_newest_sample_seconds": {
            point_id.key: round((now - sample.time).total_seconds(), 1)
            if (sample := coordinator.data.get(point_id)) is not None
            else None
            for point_id in points
        },
    }
