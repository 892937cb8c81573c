"""What a listed device is: its kind, who made it, and from which other one it hangs."""

from collections import deque
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
    by_id = {device.id: device for device in devices}
    above = {one: parent for one in by_id if (parent := parents.get(one)) is not None and parent in by_id}
    children: dict[str, list[str]] = {}
    for one, parent in above.items():
        children.setdefault(parent, []).append(one)
    placed: dict[str, Device] = {}
    order = {one: number for number, one in enumerate(by_id)}
    # What is not placed when its turn comes hangs from a circle.
    for tops in ([one for one in by_id if one not in above], *([one] for one in by_id)):
        pending = deque(
            min(_circle_above(one, above), key=order.__getitem__) if one in above else one
            for one in tops
            if one not in placed
        )
        while pending:
            if (one := pending.popleft()) not in placed:
                parent = above.get(one)
                placed[one] = msgspec.structs.replace(by_id[one], parent_id=parent if parent in placed else None)
                pending += children.get(one, ())
    return list(placed.values())


def _circle_above(one: str, above: Mapping[str, str]) -> list[str]:
    """The devices of the circle to which the way up from a device leads."""
    way: dict[str, int] = {}
    while one not in way:
        way[one] = len(way)
        one = above[one]
    return list(way)[way[one] :]


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
