"""What a user can send us: counts, ages, the budget and the shapes of answers; no value, name or secret."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util.dt import utcnow

from .const import CONF_CREDENTIALS, CONF_VENDOR
from .coordinator import EnergyCloudsConfigEntry, EnergyCloudsCoordinator
from .devices import vendor_device_id
from .history import HistoryKeeper, keeper_of
from .storage import async_get_budgets
from .vaults import async_get_vaults
from .vendors import VENDORS
from .vendors.base import FieldKind
from .vendors.budget import Budget
from .vendors.model import Device, PointId
from .vendors.shapes import shape_of
from .vendors.tokens import Token

_PUBLIC = (FieldKind.CHOICE, FieldKind.SWITCH)


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: EnergyCloudsConfigEntry) -> dict[str, Any]:
    """An account; one that is not set up has less to tell."""
    vendor, credentials = VENDORS[entry.data[CONF_VENDOR]], entry.data[CONF_CREDENTIALS]
    private = {field.key for field in vendor.credential_fields if field.kind not in _PUBLIC}
    budgets, grant = await async_get_budgets(hass), (await async_get_vaults(hass)).of(vendor, credentials).grant
    return {
        "vendor": vendor.key,
        "credentials": async_redact_data(dict(credentials), private),
        "options": {key: len(value) if isinstance(value, list) else value for key, value in entry.options.items()},
        "state": entry.state.value,
        "reason": entry.reason,
        "budget": _budget(budgets.of(vendor, credentials)),
        "login_budget": _budget(budgets.login_of(vendor, credentials)),
        "tokens": None
        if grant is None
        else {"access": _seconds_left(grant.access), "refresh": _seconds_left(grant.refresh)},
        **(_account(entry.runtime_data) if entry.state is ConfigEntryState.LOADED else {}),
        "history": None if (keeper := keeper_of(hass, entry.entry_id)) is None else _history(keeper),
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: EnergyCloudsConfigEntry, device: dr.AnyDeviceEntry
) -> dict[str, Any]:
    """One device of an account."""
    if entry.state is not ConfigEntryState.LOADED:
        return {"state": entry.state.value}
    inventory, device_id = entry.runtime_data.inventory, vendor_device_id(entry, device)
    points = [point.id for point in inventory.points if point.id.device_id == device_id]
    known = (_device(entry.runtime_data, one, points) for one in inventory.devices if one.id == device_id)
    return next(known, {})


def _budget(budget: Budget) -> dict[str, Any]:
    return {
        "allowed": budget.allowed,
        "window_seconds": budget.limit.window.total_seconds(),
        "used": budget.used,
        "remaining_at_vendor": budget.remaining,
        "held_for_seconds": budget.held_for.total_seconds(),
        "held_because": budget.held_because,
    }


def _seconds_left(token: Token | None) -> float | None:
    """How long a token still lives; never what it is."""
    return None if token is None or not token.text else round((token.expires - utcnow()).total_seconds(), 1)


def _history(keeper: HistoryKeeper) -> dict[str, Any]:
    """How far the statistics have come; never what they are called."""
    until, points = keeper.complete_until(), keeper.counted()
    known = [one for point in points if (one := keeper.histories.known(point)) is not None]
    looked_back = keeper.histories.looked_back
    return {
        "statistics": len(points),
        "complete_until": until.isoformat() if until is not None else None,
        "behind": sum(one.until < keeper.horizon.last_complete for one in known),
        "without_any_hour": sum(one.written is None for one in known),
        "looked_back": looked_back.isoformat() if looked_back is not None else None,
        "failing": dict(Counter(type(err).__name__ for err in keeper.failing.values())),
        "rows_written": keeper.importer.rows,
    }


def _account(coordinator: EnergyCloudsCoordinator) -> dict[str, Any]:
    inventory = coordinator.inventory
    words = {device.id for device in inventory.devices} | {site.id for site in inventory.sites}
    points: dict[str, list[PointId]] = {}
    for point in inventory.points:
        points.setdefault(point.id.device_id, []).append(point.id)
    return {
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
            "notices": sorted(notice.key for notice in coordinator.vendor.notices()),
            "clock_difference_seconds": round(coordinator.clock_difference().total_seconds(), 1),
        },
        "devices": [_device(coordinator, device, points.get(device.id, ())) for device in inventory.devices],
        "answers": {
            endpoint: shape_of(body, words) for endpoint, body in sorted(coordinator.vendor.last_answers().items())
        },
    }


def _device(coordinator: EnergyCloudsCoordinator, device: Device, points: Iterable[PointId]) -> dict[str, Any]:
    """A device without its name and ids: its kind, and the age of each of its points' newest sample in seconds."""
    now = coordinator.vendor.now()
    problem = coordinator.problems.get(device.id)
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
