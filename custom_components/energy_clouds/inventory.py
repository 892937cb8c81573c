"""What an account has, over several discoveries: pure logic, no Home Assistant."""

from collections.abc import Mapping

from .vendors.model import Inventory

GONE_AFTER = 3
"""A device is gone when so many complete discoveries in a row did not list it."""


class Census:
    """The inventory, in which a device that one discovery misses stays for a while."""

    def __init__(self, inventory: Inventory, missing: Mapping[str, int]) -> None:
        self.inventory = inventory
        self.missing = dict(missing)
        self.empty_lists = 0
        """How many complete discoveries in a row listed no device at all."""

    def count(self, discovered: Inventory) -> frozenset[str]:
        """Take in a complete discovery. Returns the ids of the devices that are gone for good.

        An empty list is not "everything is gone": a discovery says nothing of the kinds of which it lists none, unless
        all kinds are in one list.
        """
        self.empty_lists = 0 if discovered.devices else self.empty_lists + 1
        listed = {device.id for device in discovered.devices}
        listed_kinds = {device.kind for device in discovered.devices}
        self.missing = {
            device.id: self.missing.get(device.id, 0)
            + (device.kind in listed_kinds or bool(discovered.in_one_list and listed))
            for device in self.inventory.devices
            if device.id not in listed
        }
        gone = frozenset(
            device_id
            for device_id, times in self.missing.items()
            if times >= GONE_AFTER or device_id in discovered.retired
        )
        for device_id in gone:
            del self.missing[device_id]
        self._merge(discovered)
        return gone

    def forget(self, device_id: str) -> bool:
        """Forget a device that the newest discovery did not list. Returns whether there is no such device any more."""
        if self.missing.pop(device_id, None) is not None:
            self.inventory = Inventory(
                sites=self.inventory.sites,
                devices=tuple(device for device in self.inventory.devices if device.id != device_id),
                points=tuple(point for point in self.inventory.points if point.id.device_id != device_id),
            )
        return all(device.id != device_id for device in self.inventory.devices)

    def learn(self, known: Inventory) -> None:
        """Take in what a poll taught; it lists nothing anew, so nothing can be missing from it."""
        missing = {device.id for device in self.inventory.devices} - {device.id for device in known.devices}
        self.missing = {device_id: self.missing.get(device_id, 0) for device_id in missing}
        self._merge(known)

    def _merge(self, newest: Inventory) -> None:
        """The newest inventory, then what is only missing for now."""
        sites = {site.id for site in newest.sites}
        self.inventory = Inventory(
            sites=(*newest.sites, *(site for site in self.inventory.sites if site.id not in sites)),
            devices=(
                *newest.devices,
                *(device for device in self.inventory.devices if device.id in self.missing),
            ),
            points=(
                *newest.points,
                *(point for point in self.inventory.points if point.id.device_id in self.missing),
            ),
        )
