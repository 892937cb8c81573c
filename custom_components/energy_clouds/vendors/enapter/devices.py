"""What a listed device is: its kind, who made it, and from which other one it hangs."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ..model import Device, DeviceKind
from ..values import identifier, name, number
from .answers import Item, ListedDevice
from .manifests import Manifest

MANUFACTURER: Final = "Enapter"
_KINDS_OF_TYPES: Final = {"GATEWAY": DeviceKind.GATEWAY}
_OF_ENAPTER: Final = frozenset({"GATEWAY", "LINK_MASTER_UCM", "LINK_SLAVE_UCM", "HARDWARE_UCM", "EMBEDDED_UCM"})
"""The types of what Enapter itself makes; the others are software, or what is connected to it."""
_KINDS_OF_PROFILES: Final = (
    ("energy.battery_inverter", DeviceKind.INVERTER),
    ("energy.hybrid_inverter", DeviceKind.INVERTER),
    ("energy.pv_inverter", DeviceKind.INVERTER),
    ("energy.battery", DeviceKind.BATTERY),
    ("energy.power_meter", DeviceKind.METER),
    ("sensor", DeviceKind.SENSOR),
)
"""By the beginning of a profile's name; the first that fits is what the device is most of all."""


def device_of(listed: ListedDevice, manifest: Manifest | None) -> Device:
    """The device, without its parent."""
    properties = listed.properties
    vendor = manifest.vendor if manifest is not None else None
    made_here = MANUFACTURER if listed.type in _OF_ENAPTER and vendor is None else None
    return Device(
        id=listed.id,
        kind=_kind(listed, manifest),
        name=listed.name,
        site_id=listed.site_id,
        manufacturer=_text(properties, "vendor") or vendor or made_here,
        model=_text(properties, "model") or (manifest.title if manifest is not None else None),
        serial=_text(properties, "serial_number"),
        sw_version=_text(properties, "firmware_version"),
    )


def in_tree(devices: Iterable[Device], parents: Mapping[str, str | None]) -> list[Device]:
    """The devices with their parents, each behind its own.

    What hangs from nothing that is listed has no parent. Of a circle, the first one that is listed has none.
    """
    pending = {device.id: device for device in devices}
    placed: dict[str, Device] = {}
    while pending:
        # Those whose parent has its place; where nobody's has, there is a circle.
        ready = [one for one in pending if parents.get(one) not in pending] or list(pending)[:1]
        for one in ready:
            parent = parents.get(one)
            device = pending.pop(one)
            placed[one] = msgspec.structs.replace(device, parent_id=parent if parent in placed else None)
    return list(placed.values())


def _kind(listed: ListedDevice, manifest: Manifest | None) -> DeviceKind:
    if (kind := _KINDS_OF_TYPES.get(listed.type)) is not None:
        return kind
    profiles = [*listed.profiles, *(manifest.profiles if manifest is not None else ())]
    for beginning, kind in _KINDS_OF_PROFILES:
        if any(f"{profile}.".startswith(f"{beginning}.") for profile in profiles):
            return kind
    return DeviceKind.DEVICE


def _text(properties: Item, key: str) -> str | None:
    """A property as a text; some write serial numbers as numbers."""
    value = properties.get(key)
    return identifier(value) if number(value) is not None and not isinstance(value, float) else name(value)
