"""Long-term statistics from the vendor's history: the first import, what was missed, and what was corrected.

Every counted point has a statistic of its own, in whole hours, dated by the vendor's measurement times. Work is done in
small parts, from what live polling leaves of the budget, and what is done is remembered: it goes on after a restart
where it stopped, and doing it again changes nothing.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .coordinator import EnergyCloudsConfigEntry, EnergyCloudsCoordinator
from .histories import Histories
from .history_memory import HistoryStore
from .horizon import SETTLING, Horizon
from .hours import hour_of
from .importer import Failing, Importer, Track
from .pace import offset_of
from .statistics import has_recorder, has_statistic
from .vendors.errors import RateLimited, VendorError
from .vendors.model import Point, PointId

_LOGGER = logging.getLogger(__name__)

KEEPERS: HassKey[dict[str, HistoryKeeper]] = HassKey(f"{DOMAIN}.history")
"""By the config entry's id."""

START_AFTER: Final = timedelta(minutes=2)
"""A start asks for all live values at once: the budget is theirs then."""
SPREAD: Final = timedelta(minutes=20)
"""Installations read the last hour at instants of their own."""
FIRST_RETRY: Final = timedelta(minutes=5)
LAST_RETRY: Final = timedelta(hours=1)


async def async_keep_history(hass: HomeAssistant, entry: EnergyCloudsConfigEntry) -> None:
    """Keep the statistics of an account up to date for as long as it is loaded."""
    if not has_recorder(hass) or entry.runtime_data.vendor.history_reach == timedelta(0):
        return
    keepers = hass.data.setdefault(KEEPERS, {})
    keeper = keepers[entry.entry_id] = HistoryKeeper(hass, entry)

    @callback
    def forget() -> None:
        del keepers[entry.entry_id]

    entry.async_on_unload(forget)
    await keeper.async_start()


@callback
def keeper_of(hass: HomeAssistant, entry_id: str) -> HistoryKeeper | None:
    """Who keeps the history of an account; None if there is no history, no recorder, or the account is not loaded."""
    return hass.data.get(KEEPERS, {}).get(entry_id)


async def async_remove_history(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget how far the statistics of an account have come; they themselves stay."""
    await HistoryStore(hass, entry).remove()


class HistoryError(HomeAssistantError):
    """An import that ended early, for the reason that it is raised from; because of the account's end if from none."""

    def __init__(self, hours: int) -> None:
        super().__init__()
        self.hours = hours


class HistoryKeeper:
    """Keeps the statistics of one account's points up to date."""

    def __init__(self, hass: HomeAssistant, entry: EnergyCloudsConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._coordinator: EnergyCloudsCoordinator = entry.runtime_data
        self.horizon = Horizon(self._coordinator.vendor)
        self.histories = Histories(hass, entry, self.horizon)
        self.importer = Importer(hass, self._coordinator)
        self._looking: list[Track] = []
        """Those on their way through the newest past once more, while the budget has broken that off."""
        self._looking_since: datetime | None = None
        """When all of them set out."""
        self._doubtful: set[PointId] = set()
        """Those of which a register has dropped: looking back from later tells what it was."""
        self.failing: Failing = {}
        """What went wrong in the last run."""
        self._cancel: CALLBACK_TYPE | None = None
        self._retry = FIRST_RETRY
        self._listeners: list[Callable[[], None]] = []
        self._stopped: asyncio.Future[None] = hass.loop.create_future()

    async def async_start(self) -> None:
        """Begin, in the background."""
        await self.histories.load()
        self._entry.async_on_unload(self._stop)
        self._run_in(START_AFTER)

    @callback
    def async_add_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` whenever history has come further."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def counted(self) -> list[Point]:
        """The points that have a statistic."""
        return [point for point in self._coordinator.shown_points() if has_statistic(point)]

    def complete_until(self) -> datetime | None:
        """Up to when the history of all points is read, but for devices that fail; None if nobody knows yet."""
        known = (self.histories.known(point) for point in self.counted() if point.id.device_id not in self.failing)
        return min((one.until for one in known if one is not None), default=None)

    async def async_import(self, points: Collection[Point], start: datetime, end: datetime) -> int:
        """Read some hours of points, waiting for the budget, and write what is not there so.

        Returns of how many hours an amount was written. Raises `HistoryError`, also where only some devices failed.
        """
        self.histories.cut_off_future()
        tracks = await self.histories.tracks_from([(point, start) for point in points])
        failing: Failing = {}
        try:
            while await self._advance(tracks, end, failing):
                if self._stopped.done():
                    raise HistoryError(sum(one.hours for one in tracks))
                tracks = await self.histories.not_forgotten(tracks)
            await self.importer.join([one for one in tracks if one.point.id.device_id not in failing], end)
        except VendorError as err:
            raise HistoryError(sum(one.hours for one in tracks)) from err
        kept = [one for one in tracks if not self.importer.is_outdated(one)]
        for history in await self.histories.of([one.point for one in kept]):
            history.since = min(history.since or start, start)
        for one in kept:
            if one.point.id.device_id not in failing:
                # What came by request need not be read again.
                self.histories.take_over(one)
        await self._save()
        if failing:
            raise HistoryError(sum(one.hours for one in tracks)) from next(iter(failing.values()))
        return sum(one.hours for one in tracks)

    async def async_forget(self, points: Collection[Point]) -> int:
        """Delete the statistics of some points, and go on from now. Returns how many there were.

        Raises `HistoryError` if the account is unloaded before.
        """
        async with self.importer.lock:
            if self._stopped.done():
                raise HistoryError(0)
            # They are not to come back with what is on its way.
            self.importer.outdate(points)
            self._looking = [track for track in self._looking if not self.importer.is_outdated(track)]
            number = await self.histories.forget(points)
        self._tell()
        return number

    async def _advance(self, tracks: Collection[Track], end: datetime, failing: Failing) -> bool:
        try:
            return await self.importer.advance(tracks, end, failing)
        except RateLimited as err:
            waited: asyncio.Future[None] = self._hass.loop.create_future()
            wait = (err.retry_after + timedelta(seconds=1)).total_seconds()

            @callback
            def go_on(_now: datetime) -> None:
                waited.set_result(None)

            cancel = async_call_later(self._hass, wait, go_on)
            try:
                await asyncio.wait((waited, self._stopped), return_when=asyncio.FIRST_COMPLETED)
            finally:
                cancel()
            return True

    @callback
    def _stop(self) -> None:
        self._run_no_more()
        self.importer.stopped = True
        if not self._stopped.done():
            self._stopped.set_result(None)

    @callback
    def _run_no_more(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _run_in(self, wait: timedelta) -> None:
        self._run_no_more()

        @callback
        def run(_now: datetime) -> None:
            self._cancel = None
            self._entry.async_create_background_task(self._hass, self._run(), f"{DOMAIN} history")

        self._cancel = async_call_later(self._hass, wait.total_seconds(), run)

    async def _run(self) -> None:
        """Do what is to be done now, then wait for the next hour; after a failure for a while, longer each time."""
        self.failing = {}
        self.histories.cut_off_future()
        try:
            await self._catch_up()
            await self._look_back()
            self._raise_failure()
        except RateLimited as err:
            self._run_in(err.retry_after + timedelta(seconds=1))
        except (VendorError, HomeAssistantError) as err:
            _LOGGER.debug("%s: history waits %s: %s", self._coordinator.name, self._retry, err)
            self._run_in(self._retry)
            self._retry = min(2 * self._retry, LAST_RETRY)
        except Exception:
            _LOGGER.exception("%s: history waits %s", self._coordinator.name, LAST_RETRY)
            self._run_in(LAST_RETRY)
        else:
            self._retry = FIRST_RETRY
            following = self.horizon.last_complete + self._coordinator.vendor.history_interval + SETTLING
            self._run_in(following + offset_of(self._entry.entry_id, SPREAD) - self.horizon.now)

    def _raise_failure(self) -> None:
        """Come again for the devices that failed while others did not."""
        if self.failing:
            raise next(iter(self.failing.values()))

    async def _catch_up(self) -> None:
        """Write what is missing, oldest hours first: what a vendor forgets first is saved first."""
        goes_on = True
        while goes_on:
            tracks = await self.histories.tracks(self.counted())
            try:
                goes_on = await self.importer.advance(tracks, self.horizon.last_complete, self.failing)
            except RateLimited:
                await self._save()
                raise
            self._doubtful |= {one.point.id for one in tracks if one.doubtful}
            if goes_on:
                await self._save()
        if self.histories.looked_back is None:
            self.histories.looked_back = self.horizon.now
            await self._save()

    async def _look_back(self) -> None:
        """Read the newest past once more, for what came late or was corrected."""
        end = self.horizon.last_complete
        if not self._looking:
            await self._set_out(end)
        self._looking = await self.histories.not_forgotten(self._looking)
        while await self.importer.advance(self._looking, end, self.failing):
            pass
        for track in self._looking:
            if track.point.id.device_id not in self.failing:
                self.histories.take_over(track)
        self._looking = []
        if self._looking_since is not None:
            self.histories.looked_back, self._looking_since = self._looking_since, None
            await self._save()

    async def _set_out(self, end: datetime) -> None:
        """Choose what is read once more: from time to time all points, else those of which it is doubtful."""
        now, length, every = self.horizon.now, self.horizon.look_back, self.horizon.look_back_every
        looked_back = self.histories.looked_back or now
        is_due = now - looked_back >= every
        points = [point for point in self.counted() if is_due or point.id in self._doubtful]
        # What was late before a time without Home Assistant came during it.
        earliest = min(end, hour_of(looked_back)) - length
        starts = []
        for point, one in zip(points, await self.histories.of(points), strict=True):
            start = self.horizon.first_hour(min(earliest, hour_of(one.anchor or end)))
            starts.append((point, max(start, one.since or start)))
        self._looking = await self.histories.tracks_from(starts)
        self._looking_since = now if is_due else None
        self._doubtful.clear()

    async def _save(self) -> None:
        if not self._stopped.done():
            await self.histories.save()
            self._tell()

    @callback
    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
