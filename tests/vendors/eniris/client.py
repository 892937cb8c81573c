"""Does with a vendor what a coordinator does, and checks all that it is told."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import math
from typing import Any

from custom_components.energy_clouds.vendors.eniris import Eniris
from custom_components.energy_clouds.vendors.errors import VendorError
from custom_components.energy_clouds.vendors.model import Inventory, Nature, Readings, Series

from .conftest import START


def check_inventory(inventory: Inventory) -> None:
    """Whatever there is, it is in order and can be shown."""
    ids_ = [device.id for device in inventory.devices]
    assert len(set(ids_)) == len(ids_)
    assert len({point.id for point in inventory.points}) == len(inventory.points)
    assert {point.id.device_id for point in inventory.points} <= set(ids_)
    sites = {site.id for site in inventory.sites}
    for device in inventory.devices:
        assert device.parent_id is None or ids_.index(device.parent_id) < ids_.index(device.id)
        assert device.site_id is None or device.site_id in sites
    for text in (*ids_, *(site.name for site in inventory.sites), *(device.name for device in inventory.devices)):
        assert text is None or (text and text.isprintable())
    for point in inventory.points:
        assert point.id.key.isprintable()
        assert point.name is None or point.name.isprintable()


def check_readings(readings: Readings, inventory: Inventory, now: datetime) -> None:
    """Samples are of known points, of their kind, and not of the future."""
    natures = {point.id: point.nature for point in inventory.points}
    assert readings.samples.keys() <= natures.keys()
    kinds = {Nature.FLAG: bool, Nature.STATE: str}
    for point_id, sample in readings.samples.items():
        assert type(sample.value) is kinds.get(natures[point_id], float)
        assert not isinstance(sample.value, float) or math.isfinite(sample.value)
        assert sample.time.tzinfo is UTC
        assert sample.time <= now + timedelta(minutes=1)


@dataclass(slots=True)
class Client:
    """Does with a vendor what a coordinator does, and checks all that it is told."""

    vendor: Eniris
    now: Callable[[], datetime]
    inventory: Inventory = Inventory()  # noqa: RUF009  it is frozen

    async def live_a_while(self, times: int) -> None:
        await self._attempt(self.vendor.login())
        for _ in range(times):
            if (found := await self._attempt(self.vendor.discover())) is not None:
                self.inventory = found
                check_inventory(found)
            for _ in range(times):
                await self._read()
            await self._attempt(self._history())
            self.vendor.notices()
            self.vendor.last_answers()

    async def _read(self) -> None:
        readings = await self._attempt(self.vendor.read(self.inventory.points))
        assert 0 <= self.vendor.requests_per_poll(self.inventory.points) < math.inf
        if readings is not None:
            if readings.inventory is not None:
                self.inventory = readings.inventory
                check_inventory(self.inventory)
            check_readings(readings, self.inventory, self.now())

    async def _history(self) -> None:
        start, end = START - timedelta(hours=2), START
        found: list[Series] = []
        async for batch in self.vendor.history(self.inventory.points, start, end):
            found += batch
        for series in found:
            times = [sample.time for sample in series.samples]
            assert times == sorted(set(times))
            assert start <= times[0] <= times[-1] < end
            assert all(isinstance(one.value, float) and math.isfinite(one.value) for one in series.samples)

    @staticmethod
    async def _attempt[T](action: Coroutine[Any, Any, T]) -> T | None:
        try:
            return await action
        except VendorError:
            return None
