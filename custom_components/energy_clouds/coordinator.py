"""One account: discovers slowly, reads at the pace its budget carries, tells each entity of its own changes only."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
import logging
import math
import time
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util.dt import utcnow

from .account_notices import AccountNotices
from .calculated import CalculatedPoint
from .const import DOMAIN, OPTION_EXCLUDED_DEVICES, OPTION_SCAN_INTERVAL, PATIENCE
from .counters import Counters
from .devices import register_devices, remove_devices, unique_device_id
from .failures import failure_of
from .freshness import STALE_AFTER, freshness
from .inventory import Census
from .pace import next_poll, offset_of
from .registers import CLOCK_TOLERANCE
from .storage import AccountMemory, AccountStore
from .vendors import Vendor
from .vendors.budget import Budget
from .vendors.errors import InvalidCredentials, VendorError
from .vendors.model import Inventory, Point, PointId, Problem, Readings, Sample

_LOGGER = logging.getLogger(__name__)

DISCOVERY_RETRY = timedelta(minutes=10)
AGE_CHECK_INTERVAL = timedelta(seconds=30)
REDEFINITION_PAUSE = timedelta(minutes=10)
"""A vendor that tells another unit in every poll does not have the account set up anew in every poll."""
POLL_TOLERANCE = timedelta(seconds=1)
"""Home Assistant is up to half a second late on purpose."""

type EnergyCloudsConfigEntry = ConfigEntry[EnergyCloudsCoordinator]


class EnergyCloudsCoordinator(DataUpdateCoordinator[dict[PointId, Sample]]):
    """The newest sample of every point of an account."""

    config_entry: EnergyCloudsConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: EnergyCloudsConfigEntry,
        *,
        store: AccountStore,
        memory: AccountMemory,
        counters: Counters,
        vendor: Vendor,
        budget: Budget,
    ) -> None:
        super().__init__(hass, _LOGGER, config_entry=entry, name=f"{DOMAIN} {vendor.key}")
        self.data = {}
        self.vendor = vendor
        self.budget = budget
        self.problems: dict[str, Problem] = {}
        self._forbidden: set[str] = set()
        self._notices = AccountNotices(hass, entry, vendor)
        self.interval = self.fastest = self._round = vendor.cadence
        self._polled_at = vendor.now()
        self.last_success: datetime | None = None
        self._succeeded_at = -math.inf
        self._stopped = False
        self.requests_of_last_poll = 0
        self._store = store
        self._census = Census(memory.inventory, memory.missing)
        self._options = _options_text(vendor, entry)
        # Other options may make other points of the same devices.
        self._discovered_at = discovered = memory.discovered_at if memory.options == self._options else None
        self._discovery_due = vendor.now() if discovered is None else discovered + vendor.discovery_interval
        self._counters = counters
        self._excluded = frozenset[str](entry.options.get(OPTION_EXCLUDED_DEVICES, ()))
        self._points: dict[PointId, Point] = {}
        self._shown_as: dict[PointId, Point] = {}
        """What entities were made of: they stay with their device, also while their point is gone."""
        self._redefined = frozenset[PointId]()
        self._made_at = time.monotonic()
        self._wanted: tuple[Point, ...] | None = None
        self._points_listeners: list[Callable[[tuple[Point, ...]], None]] = []
        self._account_listeners: list[CALLBACK_TYPE] = []
        self._entities: dict[PointId, CALLBACK_TYPE] = {}
        self._told_available: dict[PointId, bool] = {}
        self._changed: set[PointId] = set()

    @property
    def inventory(self) -> Inventory:
        """All that the account is known to have, excluded devices too."""
        return self._census.inventory

    def shown_points(self) -> tuple[Point, ...]:
        """The points of all devices that are not excluded."""
        return tuple(self._points.values())

    def memory(self) -> AccountMemory:
        """What of this must survive a restart."""
        return AccountMemory(
            inventory=self._census.inventory,
            discovered_at=self._discovered_at,
            missing=self._census.missing,
            options=self._options,
        )

    def unique_device_id(self, device_id: str) -> str:
        """The identifier of a device, unique over all accounts."""
        return unique_device_id(self.config_entry, device_id)

    def clock_difference(self) -> timedelta:
        """How far the service's clock is ahead of this machine's."""
        return self.vendor.now() - utcnow()

    def is_available(self, point: Point) -> bool:
        """Whether the newest sample of a point may be shown."""
        return self._visibility()(point.id)

    @callback
    def async_start(self) -> None:
        """Keep polling while no entity listens (points may yet be learnt), and keep looking at ages between polls."""
        self.config_entry.async_on_unload(self.async_add_listener(lambda: None))
        self.config_entry.async_on_unload(
            async_track_time_interval(self.hass, self._async_check_ages, AGE_CHECK_INTERVAL, cancel_on_shutdown=True)
        )

    @override
    async def async_shutdown(self) -> None:
        """The entry is unloaded: a poll that is still under way changes nothing any more."""
        self._stopped = True
        self._store.close()
        await super().async_shutdown()

    @callback
    def async_forget_device(self, device_id: str) -> bool:
        """Forget a device that the account does not list. Returns whether there is no such device any more."""
        if is_gone := self._census.forget(device_id):
            self._counters.forget({device_id})
            self._take_inventory(self._census.inventory)
        return is_gone

    async def async_save(self) -> None:
        """Write what must survive a restart."""
        await self._store.save(self.memory())

    @callback
    def async_add_points_listener(self, listener: Callable[[tuple[Point, ...]], None]) -> CALLBACK_TYPE:
        """Call `listener` with all points now, and with new points whenever there are some."""
        self._points_listeners.append(listener)
        self._wanted = None
        self._shown_as |= self._points
        listener(tuple(self._points.values()))
        return lambda: self._points_listeners.remove(listener)

    @callback
    def async_add_account_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call `listener` after each poll and each look at the ages, whatever came of them."""
        self._account_listeners.append(listener)
        return lambda: self._account_listeners.remove(listener)

    @callback
    @override
    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: Any = None) -> Callable[[], None]:
        remove = super().async_add_listener(update_callback, context)
        if not isinstance(context, PointId):
            return remove
        self._entities[context] = update_callback
        self._told_available[context] = self._visibility()(context)
        self._wanted = None

        @callback
        def remove_entity() -> None:
            remove()
            self._entities.pop(context, None)
            self._told_available.pop(context, None)
            self._wanted = None

        return remove_entity

    @callback
    @override
    def async_update_listeners(self) -> None:
        changed, self._changed = self._changed | self._availability_changes(), set()
        entities = ((one.key, self._entities[one]) for one in changed if one in self._entities)
        for what, update in (*(("the account", listener) for listener in self._account_listeners), *entities):
            try:
                update()
            except Exception:
                _LOGGER.exception("Could not show %s of %s", what, self.name)

    @override
    async def _async_setup(self) -> None:
        """Discover, unless a recent inventory is remembered."""
        if self._discovered_at is None:
            try:
                await self._discover()
            except VendorError as err:
                self._show_notices(err)
                raise failure_of(err) from err
        self._take_inventory(self._census.inventory)

    @override
    async def _async_update_data(self) -> dict[PointId, Sample]:
        self._polled_at = self.vendor.now()
        try:
            await self._discover_if_due()
            readings = await self.vendor.read(self._wanted_points())
            if not self._stopped:
                await self._take_readings(readings)
                self._make_entities_anew()
        except VendorError as err:
            self._show_notices(err)
            raise failure_of(err) from err
        finally:
            self._set_pace()
        self._show_notices()
        self.last_success = self.vendor.now()
        self._succeeded_at = time.monotonic()
        self._store.save_soon(self.memory)
        return self.data

    async def _discover_if_due(self) -> None:
        """A discovery that fails costs nothing but itself; only a bad credential counts."""
        wait = self._discovery_due - self.vendor.now()
        # A due time beyond the interval was computed with a wrong clock.
        if timedelta(0) < wait <= self.vendor.discovery_interval:
            since = self.vendor.discovery_interval - wait
            if not self.vendor.wants_discovery() or since < DISCOVERY_RETRY:
                return
        try:
            await self._discover()
        except InvalidCredentials:
            raise
        except VendorError as err:
            self._discovery_due = self.vendor.now() + DISCOVERY_RETRY
            _LOGGER.debug("Discovery failed, trying again in %s: %s", DISCOVERY_RETRY, err)
        else:
            if not self._stopped:
                self._take_inventory(self._census.inventory)

    async def _discover(self) -> None:
        gone = self._census.count(await self.vendor.discover())
        self._discovered_at = self.vendor.now()
        self._discovery_due = self._discovered_at + self.vendor.discovery_interval
        self._counters.forget(gone)
        if gone and not self._stopped:
            _LOGGER.info("Removing %d devices that the account has no longer", len(gone))
            remove_devices(self.hass, self.config_entry, gone)

    @callback
    def _take_inventory(self, inventory: Inventory) -> None:
        """Register new and changed devices, and have entities made of new points."""
        excluded = self._excluded
        devices = [device for device in inventory.devices if device.id not in excluded]
        register_devices(self.hass, self.config_entry, self.vendor.title, devices, inventory.sites)
        remove_devices(self.hass, self.config_entry, excluded)
        self._counters.forget(excluded)
        known = [point for point in inventory.points if point.id.device_id not in excluded]
        points = {point.id: point for point in (*known, *self._counters.points(known))}
        listed = {device.id for device in devices}
        self._shown_as = {one: point for one, point in self._shown_as.items() if one.device_id in listed}
        self._redefined = self._redefinitions(points)
        new = tuple(point for point_id, point in points.items() if point_id not in self._shown_as)
        points |= {point_id: self._shown_as[point_id] for point_id in self._redefined}
        for point_id in self._points.keys() - points.keys():
            self.data.pop(point_id, None)
        self._points = points
        self._wanted = None
        if new and self._points_listeners:
            self._shown_as |= {point.id: point for point in new}
            for listener in self._points_listeners:
                listener(new)

    def _redefinitions(self, points: Mapping[PointId, Point]) -> frozenset[PointId]:
        """The points that entities are there for, but in another unit or of another kind."""
        return frozenset(one for one, was in self._shown_as.items() if one in points and _differs(was, points[one]))

    @callback
    def _make_entities_anew(self) -> None:
        """Set the account up again for points that were redefined; nothing new is shown of them until then."""
        if self._redefined and time.monotonic() - self._made_at > REDEFINITION_PAUSE.total_seconds():
            self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)

    async def _take_readings(self, readings: Readings) -> None:
        self.requests_of_last_poll = readings.requests
        self.problems = dict(readings.problems)
        self._forbidden = {device for device, problem in self.problems.items() if problem is Problem.NOT_PERMITTED}
        if readings.inventory is not None:
            self._census.learn(readings.inventory)
            self._take_inventory(self._census.inventory)
        accepted = self._counters.take(self._news(readings.samples), self.vendor.now())
        await self._counters.save()
        if self._stopped:
            return
        self.data.update(accepted)
        self._changed |= accepted.keys()
        for point_id in readings.broken:
            if self.data.pop(point_id, None) is not None:
                self._changed.add(point_id)
        if accepted.keys() - self._points.keys():
            # A power was on that side of zero for the first time: there is one more register.
            self._take_inventory(self._census.inventory)

    def _news(self, samples: Mapping[PointId, Sample]) -> Iterator[tuple[Point, Sample]]:
        """The samples that are neither shown already, nor older than what is shown, nor of a time to come."""
        newest = self.vendor.now() + CLOCK_TOLERANCE
        for point_id, sample in samples.items():
            if (point := self._points.get(point_id)) is None or sample == (shown := self.data.get(point_id)):
                continue
            if point_id in self._redefined or sample.time > newest:
                continue
            # What is shown with a time to come was taken in with a wrong clock: it is no reason to refuse the true.
            if shown is not None and sample.time < shown.time <= newest:
                continue
            yield point, sample

    @callback
    def _show_notices(self, failure: VendorError | None = None) -> None:
        if failure is None:
            self._notices.take(self._wanted_points(), self.problems, self.data)
        if not self._stopped:
            self._notices.show(failure, patience=self._patience(), empty_lists=self._census.empty_lists)

    def _wanted_points(self) -> tuple[Point, ...]:
        """The points of all devices that have an enabled entity; before there are entities, all points."""
        if self._wanted is None:
            points = [point for point in self._points.values() if not isinstance(point, CalculatedPoint)]
            if self._points_listeners:
                devices = {point_id.device_id for point_id in self._entities}
                self._wanted = tuple(point for point in points if point.id.device_id in devices)
            else:
                self._wanted = tuple(points)
        return self._wanted

    def _set_pace(self) -> None:
        """The next poll: as soon as the budget carries it or the user wants it, at this installation's own instant."""
        requests = self.vendor.requests_per_poll(self._wanted_points())
        self.fastest = self.budget.plan(requests, self.vendor.cadence)
        self.interval = max(self.fastest, timedelta(seconds=self.config_entry.options.get(OPTION_SCAN_INTERVAL, 0)))
        self._round = self.interval * self.vendor.polls_per_round(self._wanted_points())
        now, offset = self.vendor.now(), offset_of(self.config_entry.entry_id, self.interval)
        # Where one poll uses up what there is, the next is not to come before there is as much again.
        crowded = self.budget.spacing(requests) > self.vendor.cadence / 2
        not_before = self._polled_at + self.fastest - POLL_TOLERANCE if crowded else None
        self.update_interval = next_poll(now, self.interval, offset, not_before) - now

    @callback
    def _async_check_ages(self, _now: datetime) -> None:
        self.async_update_listeners()

    def _availability_changes(self) -> set[PointId]:
        visible = self._visibility()
        changes = set()
        for point_id, told in self._told_available.items():
            if visible(point_id) is not told:
                self._told_available[point_id] = not told
                changes.add(point_id)
        return changes

    def _patience(self) -> timedelta:
        """How long nothing may have been read before nothing is shown."""
        return max(PATIENCE, STALE_AFTER * self.interval)

    def _visibility(self) -> Callable[[PointId], bool]:
        """What decides for each point whether its newest sample may be shown now."""
        is_patient = time.monotonic() - self._succeeded_at <= self._patience().total_seconds()
        is_fresh = freshness(self._points, self.data, self.vendor.now(), self._round)
        return lambda point_id: is_patient and point_id.device_id not in self._forbidden and is_fresh(point_id)


def _differs(one: Point, other: Point) -> bool:
    """Whether the values of two definitions of a point cannot be shown by the same entity."""
    first, second = ((of.quantity, of.nature, of.unit, of.running, frozenset(of.words)) for of in (one, other))
    return first != second


def _options_text(vendor: Vendor, entry: ConfigEntry) -> str:
    """The vendor's own options that are set, as a text that is the same as long as they are."""
    chosen = {field.key: entry.options[field.key] for field in vendor.option_fields if field.key in entry.options}
    return repr(sorted(chosen.items())) if chosen else ""
