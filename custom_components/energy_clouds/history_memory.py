"""What is remembered of an account's history: how far the statistic of each point has come."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import msgspec

from .storage import load, private_store, to_builtins
from .vendors.model import Nature, PointId, Sample

MOST_READINGS: Final = 2000


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A counter's value, or an interval's amount, at a time."""

    time: datetime
    value: float


class PointHistory(msgspec.Struct, kw_only=True):
    """How far the statistic of a point has come.

    All samples before `until` were read, and all hours before `written` are in the statistic as far as there was
    anything to write; None if nothing ever was. `readings` are the samples, in `unit`, since the last one that is not
    after that: from them the next hours follow. `since` is where the statistic is to begin. `anchor` is the time of the
    last sample before what the next look back begins with. At `changed` the point began to count in another way: where
    it stood before says nothing of where it stands since.
    """

    point_id: PointId
    statistic: str
    until: datetime
    since: datetime | None = None
    unit: str | None = None
    nature: Nature | None = None
    changed: datetime | None = None
    written: datetime | None = None
    readings: tuple[Reading, ...] = ()
    anchor: datetime | None = None


class HistoryMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What survives a restart. Up to `looked_back` late and corrected samples have been taken in."""

    points: tuple[PointHistory, ...] = ()
    looked_back: datetime | None = None


class HistoryStore:
    """The history memory of one config entry's account, on disk."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        self._store = private_store(hass, f"{entry.entry_id}.history")

    async def load(self) -> HistoryMemory:
        """The memory; an empty one if there is none, or none that can be read."""
        # Whatever cannot be read, the statistics themselves bring it back.
        return await load(self._store, HistoryMemory, HistoryMemory())

    async def save(self, memory: HistoryMemory) -> None:
        """Write it."""
        await self._store.async_save(to_builtins(memory))

    async def remove(self) -> None:
        """Delete it."""
        await self._store.async_remove()


def samples_of(readings: Iterable[Reading]) -> list[Sample]:
    """Readings as samples."""
    return [Sample(time=one.time, value=one.value) for one in readings]


def readings_since(samples: Iterable[Sample], edge: datetime | None) -> tuple[Reading, ...]:
    """The samples from the last one on that is not after the edge of an hour; all of them if there is no edge yet."""
    # Of several at the same time the last that came counts.
    newest = {one.time: one.value for one in samples if isinstance(one.value, float | int)}
    since = max((time for time in newest if edge is not None and time <= edge), default=None)
    readings = [
        Reading(time=time, value=float(newest[time])) for time in sorted(newest) if since is None or time >= since
    ]
    # Of a register that never completes an hour, where it began and where it stands are enough.
    return tuple(readings if len(readings) <= MOST_READINGS else [readings[0], *readings[1 - MOST_READINGS :]])
