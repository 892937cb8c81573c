"""The account's devices in Home Assistant's device registry."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.typing import UNDEFINED

from .const import CONF_ACCOUNT_ID, DOMAIN
from .vendors.model import Device, Site


def unique_device_id(entry: ConfigEntry, device_id: str) -> str:
    """The identifier of a vendor's device, unique over all accounts; never changes."""
    return f"{entry.data[CONF_ACCOUNT_ID]}_{device_id}"


def vendor_device_id(entry: ConfigEntry, device: dr.AnyDeviceEntry) -> str | None:
    """The vendor's id of a registered device; None for the account itself."""
    prefix = unique_device_id(entry, "")
    for domain, identifier in device.identifiers:
        if domain == DOMAIN and identifier.startswith(prefix):
            return identifier.removeprefix(prefix)
    return None


@callback
def register_devices(
    hass: HomeAssistant, entry: ConfigEntry, vendor_title: str, devices: Iterable[Device], sites: Iterable[Site]
) -> None:
    """Register the account and its devices, or bring what is registered up to date. Parents come before children.

    A new device is put in the area that is called like its site.
    """
    areas = {site.id: site.name for site in sites}
    registry = dr.async_get(hass)
    account = registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.data[CONF_ACCOUNT_ID])},
        entry_type=dr.DeviceEntryType.SERVICE,
        manufacturer=vendor_title,
        model="Account",
        name=entry.title,
    )
    registered: dict[str | None, str] = {None: account.id}
    for device in devices:
        unnamed = device.name is None
        area = areas.get(device.site_id or "")
        registered[device.id] = registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, unique_device_id(entry, device.id))},
            manufacturer=device.manufacturer,
            model=device.model,
            serial_number=device.serial,
            sw_version=device.sw_version,
            via_device_id=registered.get(device.parent_id, account.id),
            # A building is not in itself: its name would be twice in its entities' ids.
            suggested_area=area if area != device.name else None,
            name=UNDEFINED if unnamed else device.name,
            translation_key=device.kind.value if unnamed else None,
            translation_placeholders={"id": device.serial or device.id} if unnamed else None,
        ).id


@callback
def remove_devices(hass: HomeAssistant, entry: ConfigEntry, device_ids: Iterable[str]) -> None:
    """Remove devices, and with them their entities."""
    registry = dr.async_get(hass)
    for device_id in device_ids:
        device = registry.async_get_device_by_identifier((DOMAIN, unique_device_id(entry, device_id)), entry.entry_id)
        if device is not None:
            registry.async_remove_device(device.id)
