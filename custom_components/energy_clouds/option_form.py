"""The form of an account's options: those that all have, and the vendor's own."""

from collections.abc import Mapping
from datetime import timedelta
import math
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import voluptuous as vol

from .const import CONF_VENDOR, LONGEST_HISTORY, OPTION_EXCLUDED_DEVICES, OPTION_HISTORY_DAYS, OPTION_SCAN_INTERVAL
from .devices import vendor_device_id
from .vendors import VENDORS
from .vendors.base import OptionField, OptionKind
from .vendors.model import Inventory

LONGEST_SCAN_INTERVAL = 24 * 60 * 60


def fastest_interval(entry: ConfigEntry) -> int:
    """The shortest polling interval that the account's budget carries, in seconds."""
    if entry.state is not ConfigEntryState.LOADED:
        return math.ceil(VENDORS[entry.data[CONF_VENDOR]].cadence.total_seconds())
    fastest: timedelta = entry.runtime_data.fastest
    return math.ceil(fastest.total_seconds())


def option_schema(hass: HomeAssistant, entry: ConfigEntry) -> vol.Schema:
    """The form. Current values are to be suggested by `current_options`."""
    inventory = entry.runtime_data.inventory if entry.state is ConfigEntryState.LOADED else Inventory()
    interval = NumberSelectorConfig(
        min=fastest_interval(entry),
        max=LONGEST_SCAN_INTERVAL,
        unit_of_measurement="s",
        mode=NumberSelectorMode.BOX,
    )
    days = NumberSelectorConfig(min=0, max=LONGEST_HISTORY.days, unit_of_measurement="d", mode=NumberSelectorMode.BOX)
    remembers = VENDORS[entry.data[CONF_VENDOR]].history_reach != timedelta(0)
    names = _names(hass, entry, inventory)
    schema: dict[vol.Marker, Any] = {
        vol.Optional(OPTION_SCAN_INTERVAL): NumberSelector(interval),
        **({vol.Optional(OPTION_HISTORY_DAYS): NumberSelector(days)} if remembers else {}),
        vol.Optional(OPTION_EXCLUDED_DEVICES, default=[]): _devices(entry, OPTION_EXCLUDED_DEVICES, names),
    }
    for field in VENDORS[entry.data[CONF_VENDOR]].option_fields:
        if (selector := _selector(entry, field, inventory, names)) is not None:
            schema[vol.Optional(field.key)] = selector
    return vol.Schema(schema)


def current_options(entry: ConfigEntry) -> dict[str, Any]:
    """The options as they are in force: no interval is shorter than the shortest."""
    current = dict(entry.options)
    if OPTION_SCAN_INTERVAL in current:
        current[OPTION_SCAN_INTERVAL] = max(current[OPTION_SCAN_INTERVAL], fastest_interval(entry))
    return current


def chosen_options(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen, without what was left empty; ids without the spaces around them, each once."""
    chosen = {}
    for key, value in user_input.items():
        if isinstance(value, list):
            stripped = (one.strip() for one in value)
            chosen[key] = list(dict.fromkeys(one for one in stripped if one))
        else:
            chosen[key] = value
    return {key: value for key, value in chosen.items() if value or key == OPTION_HISTORY_DAYS}


def _names(hass: HomeAssistant, entry: ConfigEntry, inventory: Inventory) -> dict[str, str]:
    """What the account's devices are called, as Home Assistant shows them."""
    shown = {
        vendor_device_id(entry, device): device.name_by_user or device.name
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    }
    return {device.id: shown.get(device.id) or device.name or device.id for device in inventory.devices}


def _selector(
    entry: ConfigEntry, field: OptionField, inventory: Inventory, names: Mapping[str, str]
) -> Selector[Any] | None:
    """How an option is chosen; None where there is nothing to choose from."""
    match field.kind:
        case OptionKind.SWITCH:
            return BooleanSelector()
        case OptionKind.UNIT:
            return SelectSelector(SelectSelectorConfig(options=list(field.choices), mode=SelectSelectorMode.DROPDOWN))
        case OptionKind.IDS:
            return TextSelector(TextSelectorConfig(multiple=True))
        case OptionKind.DEVICES:
            concerned = {point.id.device_id for point in inventory.points if point.quantity is field.of}
            chosen = set(entry.options.get(field.key, ()))
            candidates = {one: names[one] for one in names if one in concerned | chosen}
            return _devices(entry, field.key, candidates) if candidates or chosen else None


def _devices(entry: ConfigEntry, key: str, names: Mapping[str, str]) -> SelectSelector:
    """A choice of devices, which has those that are chosen already even if they are not known now."""
    chosen = {device_id: device_id for device_id in entry.options.get(key, ())}
    labels = sorted((chosen | dict(names)).items(), key=lambda item: item[1])
    return SelectSelector(
        SelectSelectorConfig(
            options=[SelectOptionDict(value=device_id, label=label) for device_id, label in labels],
            multiple=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )
