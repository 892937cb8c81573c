"""Actions: import history that does not come by itself, and delete it."""

import asyncio
from typing import Final

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry, async_get_device_and_config_entry
import voluptuous as vol

from .asked_hours import asked_hours
from .const import DOMAIN
from .coordinator import EnergyCloudsConfigEntry
from .devices import vendor_device_id
from .history import HistoryError, HistoryKeeper, keeper_of
from .statistics import has_recorder
from .vendors.model import Point

CLEAR_HISTORY: Final = "clear_history"
IMPORT_HISTORY: Final = "import_history"
FIELD_ACCOUNT: Final = "config_entry_id"
FIELD_DEVICES: Final = "device_id"
FIELD_START: Final = "start"
FIELD_END: Final = "end"

_SELECTION: Final = {
    vol.Optional(FIELD_ACCOUNT): cv.string,
    vol.Optional(FIELD_DEVICES): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1)),
}
_RANGE: Final = {vol.Required(FIELD_START): cv.datetime, vol.Optional(FIELD_END): cv.datetime}

type Selection = list[tuple[HistoryKeeper, list[Point]]]
"""Points that are counted, by account."""


@callback
def async_register_services(hass: HomeAssistant) -> None:
    """Register the actions."""

    async def import_history(call: ServiceCall) -> ServiceResponse:
        start, end = call.data[FIELD_START], call.data.get(FIELD_END)
        spans = [(keeper, points, *asked_hours(keeper.horizon, start, end)) for keeper, points in _selected(hass, call)]
        results = await asyncio.gather(
            *(keeper.async_import(points, first, until) for keeper, points, first, until in spans),
            return_exceptions=True,
        )
        return {"hours": _sum(results)}

    async def clear_history(call: ServiceCall) -> ServiceResponse:
        selection = _selected(hass, call)
        results = await asyncio.gather(
            *(keeper.async_forget(points) for keeper, points in selection), return_exceptions=True
        )
        return {"statistics": _sum(results)}

    for name, action, fields in (
        (IMPORT_HISTORY, import_history, _SELECTION | _RANGE),
        (CLEAR_HISTORY, clear_history, _SELECTION),
    ):
        schema = vol.All(vol.Schema(fields), cv.has_at_least_one_key(FIELD_ACCOUNT, FIELD_DEVICES))
        hass.services.async_register(DOMAIN, name, action, schema=schema, supports_response=SupportsResponse.OPTIONAL)


def _selected(hass: HomeAssistant, call: ServiceCall) -> Selection:
    """The account or the devices that the call names, with what they count."""
    if FIELD_ACCOUNT in call.data and FIELD_DEVICES in call.data:
        # Clearing cannot be undone: nobody is to get all of an account for some devices of it.
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="account_or_devices")
    devices: dict[str, set[str] | None] = {}
    """By account; None are all."""
    for device_id in call.data.get(FIELD_DEVICES, ()):
        device, entry = async_get_device_and_config_entry(hass, DOMAIN, device_id)
        one, known = vendor_device_id(entry, device), devices.setdefault(entry.entry_id, set())
        devices[entry.entry_id] = None if one is None or known is None else known | {one}
    if (account := call.data.get(FIELD_ACCOUNT)) is not None:
        devices[async_get_config_entry(hass, DOMAIN, account).entry_id] = None
    return [_counted(hass, entry_id, wanted) for entry_id, wanted in devices.items()]


def _counted(hass: HomeAssistant, entry_id: str, devices: set[str] | None) -> tuple[HistoryKeeper, list[Point]]:
    entry: EnergyCloudsConfigEntry = async_get_config_entry(hass, DOMAIN, entry_id)
    if not has_recorder(hass):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_recorder")
    if (keeper := keeper_of(hass, entry_id)) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_history", translation_placeholders={"account": entry.title}
        )
    points = [point for point in keeper.counted() if devices is None or point.id.device_id in devices]
    if not points:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="nothing_counted",
            translation_placeholders={"account": entry.title},
        )
    return keeper, points


def _sum(results: list[int | BaseException]) -> int:
    """How many there were in all. Raises what went wrong, if anything did."""
    hours, wrong = 0, None
    for result in results:
        if isinstance(result, HistoryError):
            hours, wrong = hours + result.hours, result
        elif isinstance(result, BaseException):
            raise result
        else:
            hours += result
    if wrong is None:
        return hours
    if wrong.__cause__ is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="account_unloaded",
            translation_placeholders={"hours": str(hours)},
        ) from wrong
    raise HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="import_ended_early",
        translation_placeholders={"hours": str(hours), "detail": str(wrong.__cause__)},
    ) from wrong
