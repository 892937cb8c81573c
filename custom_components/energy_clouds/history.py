"""Long-term statistics from the vendor's history: the first import, what was missed, and what was corrected.

Every counted point has a statistic of its own, in whole hours, dated by the vendor's measurement times. Work is done in
small parts, from what live polling leaves of the budget, and what is done is remembered: it goes on after a restart
where it stopped, and doing it again changes nothing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util.hass_dict import HassKey
import msgspec

from .const import DOMAIN, OPTION_HISTORY_DAYS
from .coordinator import EnergyCloudsConfigEntry, EnergyCloudsCoordinator
from .hours import HOUR, HourlyAmount, StatisticRow, hour_of, interval_hours, register_hours, rewritten
from .pace import offset_of
from .statistics import has_recorder, has_statistic, last_row, rows_from, statistic_id, write_rows
from .storage import STORAGE_VERSION, load, to_builtins
from .vendors.errors import CannotConnect, NotPermitted, RateLimited, UnexpectedAnswer, VendorError
from .vendors.model import Nature, Point, PointId, Sample

_LOGGER = logging.getLogger(__name__)

KEEPERS: HassKey[dict[str, HistoryKeeper]] = HassKey(f"{DOMAIN}.history")
"""By the config entry's id."""

HISTORY_DAYS: Final = 30
START_AFTER: Final = timedelta(minutes=2)
"""A start asks for all live values at once: the budget is theirs then."""
SETTLING: Final = timedelta(minutes=10)
"""How long after its end an hour is complete at the earliest."""
SPREAD: Final = timedelta(minutes=20)
"""Installations read the last hour at instants of their own."""
LOOK_BACK_EVERY: Final = timedelta(days=1)
FIRST_RETRY: Final = timedelta(minutes=5)
LAST_RETRY: Final = timedelta(hours=1)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A register's value at a time."""

    time: datetime
    value: float


class PointHistory(msgspec.Struct, kw_only=True):
    """How far the statistic of a point has come.

    All hours before `until` are written, as far as there was anything to write. `readings` are the samples since the
    last one before that, from which the next hours follow.
    """

    point_id: PointId
    statistic: str
    until: datetime
    readings: tuple[Reading, ...] = ()


class HistoryMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What survives a restart. Up to `looked_back` late and corrected samples have been taken in."""

    points: tuple[PointHistory, ...] = ()
    looked_back: datetime | None = None


@dataclass(slots=True)
class _Past:
    """What was read of a point."""

    samples: list[Sample] = field(default_factory=list)
    interval: timedelta | None = None


@dataclass(slots=True)
class _Read:
    """What was read of all points; what is `limited` broke off there, with the oldest of what it is about."""

    points: dict[PointId, _Past] = field(default_factory=dict)
    limited: RateLimited | None = None

    def of(self, point: Point) -> _Past:
        """What was read of a point."""
        return self.points.get(point.id) or _Past()


async def async_keep_history(hass: HomeAssistant, entry: EnergyCloudsConfigEntry) -> None:
    """Keep the statistics of an account up to date for as long as it is loaded."""
    keepers = hass.data.setdefault(KEEPERS, {})
    keeper = keepers[entry.entry_id] = HistoryKeeper(hass, entry)

    @callback
    def forget() -> None:
        del keepers[entry.entry_id]

    entry.async_on_unload(forget)
    await keeper.async_start()


async def async_remove_history(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget how far the statistics of an account have come; they themselves stay."""
    await _store_of(hass, entry).async_remove()


class HistoryKeeper:
    """Keeps the statistics of one account's points up to date."""

    def __init__(self, hass: HomeAssistant, entry: EnergyCloudsConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._coordinator: EnergyCloudsCoordinator = entry.runtime_data
        self._store = _store_of(hass, entry)
        self._points: dict[PointId, PointHistory] = {}
        self._statistics = set[str]()
        self._newest: dict[str, StatisticRow | None] = {}
        """The last row of each statistic, by its id: what was written just now may not be in the database yet."""
        self._looked_back: datetime | None = None
        self._looked: dict[PointId, datetime] = {}
        """Up to when the newest past of each point has been read once more, while the budget has broken that off."""
        self._failing: dict[str, VendorError] = {}
        """What went wrong in this run, by device."""
        self._cancel: CALLBACK_TYPE | None = None
        self._retry = FIRST_RETRY
        self.written = 0
        """How many rows were written since the start."""

    async def async_start(self) -> None:
        """Begin, in the background. Nothing is done where there is no recorder."""
        if not has_recorder(self._hass) or self._coordinator.vendor.history_reach == timedelta(0):
            return
        memory = await load(self._store, HistoryMemory, HistoryMemory())
        self._points = {one.point_id: one for one in memory.points}
        self._statistics = {one.statistic for one in memory.points}
        self._looked_back = memory.looked_back
        self._entry.async_on_unload(self._stop)
        self._run_in(START_AFTER)

    @callback
    def _stop(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _run_in(self, wait: timedelta) -> None:
        self._stop()

        @callback
        def run(_now: datetime) -> None:
            self._cancel = None
            self._entry.async_create_background_task(self._hass, self._run(), f"{DOMAIN} history")

        self._cancel = async_call_later(self._hass, wait.total_seconds(), run)

    async def _run(self) -> None:
        """Do what is to be done now, then wait for the next hour; after a failure for a while, longer each time."""
        self._failing = {}
        try:
            await self._catch_up()
            await self._look_back()
            self._raise_failure()
        except RateLimited as err:
            self._run_in(err.retry_after + timedelta(seconds=1))
        except VendorError as err:
            _LOGGER.debug("%s: history waits %s: %s", self._coordinator.name, self._retry, err)
            self._run_in(self._retry)
            self._retry = min(2 * self._retry, LAST_RETRY)
        except Exception:
            _LOGGER.exception("%s: history waits %s", self._coordinator.name, LAST_RETRY)
            self._run_in(LAST_RETRY)
        else:
            self._retry = FIRST_RETRY
            vendor = self._coordinator.vendor
            following = self._last_complete() + vendor.history_interval + SETTLING
            self._run_in(following + offset_of(self._entry.entry_id, SPREAD) - vendor.now())

    def _raise_failure(self) -> None:
        """Come again for the devices that failed while others did not."""
        if self._failing:
            raise next(iter(self._failing.values()))

    def _last_complete(self) -> datetime:
        """The end of the last hour that is complete."""
        return hour_of(self._coordinator.vendor.now() - SETTLING)

    async def _catch_up(self) -> None:
        """Write what is missing, oldest hours first: what a vendor forgets first is saved first."""
        while True:
            end = self._last_complete()
            behind = [point for point in self._counted() if self._progress_of(point).until < end]
            if not behind:
                return
            start = min(self._progress_of(point).until for point in behind)
            until = min(start + self._coordinator.vendor.history_part, end)
            # Together only with those that are as far behind: what others have is not read again.
            due = [point for point in behind if self._progress_of(point).until == start]
            try:
                await self._import(due, start, until)
            except (CannotConnect, NotPermitted, UnexpectedAnswer) as err:
                if isinstance(err, CannotConnect) and not err.answered:
                    raise
                await self._import_apart(due, start, until)
            await self._save()

    async def _import_apart(self, points: Collection[Point], start: datetime, until: datetime) -> None:
        """Import device by device: one that fails always is not to keep the others from their history.

        Raises what went wrong where all fail.
        """
        devices: dict[str, list[Point]] = {}
        for point in points:
            devices.setdefault(point.id.device_id, []).append(point)
        for device, some in devices.items():
            try:
                await self._import(some, start, until)
            except (CannotConnect, NotPermitted, UnexpectedAnswer) as err:
                self._failing[device] = err
                if isinstance(err, CannotConnect) and not err.answered:
                    raise
        if devices.keys() <= self._failing.keys():
            self._raise_failure()

    async def _look_back(self) -> None:
        """Read the newest past once more, for what came late or was corrected."""
        now = self._coordinator.vendor.now()
        if self._looked_back is not None and now - self._looked_back < LOOK_BACK_EVERY:
            return
        end = self._last_complete()
        start = self._start(end, self._coordinator.vendor.look_back)
        points = [point for point in self._counted() if self._progress_of(point).until >= end]
        while due := [point for point in points if self._looked.setdefault(point.id, start) < end]:
            since = min(self._looked[point.id] for point in due)
            await self._look_at([point for point in due if self._looked[point.id] == since], since, end)
        self._looked = {}
        self._looked_back = now
        await self._save()

    async def _look_at(self, points: Collection[Point], start: datetime, end: datetime) -> None:
        """Read some hours once more. What the budget broke off is kept as far as it goes, and raised."""
        read = await self._read(points, start, end)
        for point in points:
            past = read.of(point)
            found = [one for one in _hours(point, past.samples, past.interval) if one.start < end]
            await self._write(point, found)
            edge = max((one.start + HOUR for one in found), default=start)
            self._looked[point.id] = end if read.limited is None else edge
        if read.limited is not None:
            raise read.limited

    def _counted(self) -> list[Point]:
        return [
            point
            for point in self._coordinator.shown_points()
            if has_statistic(point) and point.id.device_id not in self._failing
        ]

    def _progress_of(self, point: Point) -> PointHistory:
        if (known := self._points.get(point.id)) is not None:
            return known
        unique_id = f"{self._coordinator.unique_device_id(point.id.device_id)}_{point.id.key}"
        days = self._entry.options.get(OPTION_HISTORY_DAYS, HISTORY_DAYS)
        found = self._points[point.id] = PointHistory(
            point_id=point.id,
            statistic=statistic_id(unique_id, self._statistics),
            until=self._start(self._last_complete(), timedelta(days=days)),
        )
        self._statistics.add(found.statistic)
        return found

    def _start(self, end: datetime, length: timedelta) -> datetime:
        """The first hour of what is so long ago, as far as the vendor remembers."""
        reach = self._coordinator.vendor.history_reach
        if reach is not None:
            # The oldest hour is being forgotten while it is asked for.
            length = min(length, reach - HOUR)
        return hour_of(end - length)

    async def _import(self, points: Collection[Point], start: datetime, until: datetime) -> None:
        """Read and write some hours. What the budget broke off is kept as far as it goes, and raised."""
        read = await self._read(points, start, until)
        for point in points:
            progress, past = self._progress_of(point), read.of(point)
            kept = (Sample(time=one.time, value=one.value) for one in progress.readings)
            readings = [*kept, *past.samples]
            found = [one for one in _hours(point, readings, past.interval) if progress.until <= one.start < until]
            await self._write(point, found)
            edge = max((one.start + HOUR for one in found), default=progress.until)
            if point.nature is Nature.REGISTER:
                progress.readings = _since(readings, edge)
            progress.until = until if read.limited is None else edge
        if read.limited is not None:
            await self._save()
            raise read.limited

    async def _read(self, points: Collection[Point], start: datetime, until: datetime) -> _Read:
        """All samples of points from the beginning of an hour to the end of another, both ends included."""
        read = _Read()
        if not points:
            return read
        try:
            async for batch in self._coordinator.vendor.history(points, start, until + timedelta(seconds=1)):
                for series in batch:
                    past = read.points.setdefault(series.point_id, _Past())
                    past.samples.extend(series.samples)
                    past.interval = series.interval
        except RateLimited as err:
            read.limited = err
        return read

    async def _write(self, point: Point, found: list[HourlyAmount]) -> None:
        if not found:
            return
        statistic = self._progress_of(point).statistic
        if statistic not in self._newest:
            self._newest[statistic] = await last_row(self._hass, statistic)
        newest = self._newest[statistic]
        stored = [] if newest is None else [newest]
        if newest is not None and newest.start >= found[0].start:
            stored = await rows_from(self._hass, statistic, found[0].start)
        if rows := rewritten(stored, found):
            write_rows(self._hass, point, statistic, await self._name_of(point), rows)
            self.written += len(rows)
            if newest is None or rows[-1].start >= newest.start:
                self._newest[statistic] = rows[-1]

    async def _name_of(self, point: Point) -> str:
        """What a person looks for: the device's name, then what is counted."""
        identifier = (DOMAIN, self._coordinator.unique_device_id(point.id.device_id))
        device = dr.async_get(self._hass).async_get_device_by_identifier(identifier, self._entry.entry_id)
        called = None if device is None else device.name_by_user or device.name
        counted = point.name
        if counted is None:
            key = point.meaning or point.quantity.value
            texts = await async_get_translations(self._hass, self._hass.config.language, "entity", {DOMAIN})
            counted = texts.get(f"component.{DOMAIN}.entity.sensor.{key}.name", key)
        return f"{called} {counted}" if called else counted

    async def _save(self) -> None:
        memory = HistoryMemory(points=tuple(self._points.values()), looked_back=self._looked_back)
        await self._store.async_save(to_builtins(memory))


def _store_of(hass: HomeAssistant, entry: ConfigEntry) -> Store[dict[str, Any]]:
    return Store(hass, STORAGE_VERSION, f"{DOMAIN}.{entry.entry_id}.history", private=True, atomic_writes=True)


def _hours(point: Point, samples: Iterable[Sample], interval: timedelta | None) -> list[HourlyAmount]:
    if point.nature is Nature.REGISTER:
        return register_hours(samples)
    return interval_hours(samples, interval or HOUR)


def _since(readings: Iterable[Sample], edge: datetime) -> tuple[Reading, ...]:
    """The readings from the last one on that is not after the edge of an hour."""
    ordered = sorted(
        (Reading(time=one.time, value=one.value) for one in readings if isinstance(one.value, float | int)),
        key=lambda reading: reading.time,
    )
    since = max((one.time for one in ordered if one.time <= edge), default=edge)
    return tuple(one for one in ordered if one.time >= since)
