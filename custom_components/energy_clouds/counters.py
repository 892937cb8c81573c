"""What was shown of counters, on disk before anybody sees it: after a power cut, nothing that was shown is undone."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
import msgspec

from .calculated import CalculatedEnergy, CalculatedPoint, CountedPower, is_power
from .registers import CLOCK_TOLERANCE, RegisterGuard, RegisterReading
from .storage import load, private_store, to_builtins
from .vendors.model import Nature, Point, PointId, Sample


class CounterMemory(msgspec.Struct, frozen=True, kw_only=True):
    """The vendor's registers as they were accepted last, and what was calculated of powers."""

    registers: tuple[RegisterReading, ...] = ()
    powers: tuple[CountedPower, ...] = ()


class Counters:
    """The counters of one account. With `calculates`, energy is calculated from its powers."""

    def __init__(self, store: Store[dict[str, Any]], memory: CounterMemory, *, calculates: bool) -> None:
        self._store = store
        self._registers = RegisterGuard(memory.registers)
        self._calculated = CalculatedEnergy(memory.powers)
        self._calculates = calculates
        self._is_saved = True

    def points(self, points: Iterable[Point]) -> tuple[CalculatedPoint, ...]:
        """The registers that are calculated of those points."""
        return tuple(self._calculated.points(points)) if self._calculates else ()

    def take(self, samples: Iterable[tuple[Point, Sample]], now: datetime) -> dict[PointId, Sample]:
        """Of those samples what may be shown, and the calculated registers that follow from them; once it is saved."""
        accepted = {}
        for point, sample in samples:
            if point.nature is Nature.REGISTER:
                before = self._registers.last(point.id)
                if not self._registers.accepts(point.id, sample, now):
                    continue
                self._is_saved &= sample == before
            accepted[point.id] = sample
            if self._calculates and is_power(point):
                self._is_saved &= not self._calculated.take(point, sample, now + CLOCK_TOLERANCE)
                accepted.update(self._calculated.samples(point))
        return accepted

    async def save(self) -> None:
        """Return when all that was taken is on disk (or cannot be: Home Assistant logs that)."""
        if not self._is_saved:
            memory = CounterMemory(registers=self._registers.readings(), powers=self._calculated.powers())
            await self._store.async_save(to_builtins(memory))
            self._is_saved = True

    def forget(self, device_ids: Collection[str]) -> None:
        """Forget the counters of devices that are there no more. One whose point is missing for a while is kept."""
        self._registers.forget(device_ids)
        self._calculated.forget(device_ids)


async def async_load_counters(hass: HomeAssistant, entry: ConfigEntry, *, calculates: bool) -> Counters:
    """The counters of an account, as they were shown last."""
    store = _store_of(hass, entry)
    return Counters(store, await load(store, CounterMemory, CounterMemory()), calculates=calculates)


async def async_remove_counters(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget the counters of an account that was removed."""
    await _store_of(hass, entry).async_remove()


def _store_of(hass: HomeAssistant, entry: ConfigEntry) -> Store[dict[str, Any]]:
    return private_store(hass, f"{entry.entry_id}.counters")
