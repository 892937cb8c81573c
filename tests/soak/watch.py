"""Looks at everything that Home Assistant shows, whenever it changes, and says what is not so."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from custom_components.energy_clouds.calculated import CalculatedPoint
from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.coordinator import EnergyCloudsCoordinator
from custom_components.energy_clouds.vendors.model import Nature, Point, PointId, Sample

from .areas import Areas
from .house import House, Tenant
from .report import Report

NOTHING = (STATE_UNAVAILABLE, STATE_UNKNOWN)
MISSING = 0.1
"""This share of an account's entities may be without a value while all is well: of some there is none now."""
_SLACK = timedelta(seconds=95)
"""A value is looked at every 30 seconds, and may be asked for a minute after it was measured."""
_LOOKED_BACK = 12
"""So many of the newest requests may have brought what is shown."""
_ROUNDED = 1e-6
PATIENCE = timedelta(minutes=15)
SETTING = timedelta(minutes=5)
"""A clock that was set wrong is found out by the next two polls."""


class Watch:
    """Compares what is shown with what the services told, and asks for what should not be there."""

    def __init__(self, hass: HomeAssistant, house: House, report: Report) -> None:
        self._hass = hass
        self._house = house
        self._report = report
        self._shown: dict[str, tuple[Tenant, Point]] = {}
        self._counters: dict[str, tuple[float, datetime]] = {}
        self._areas: dict[PointId, Areas] = {}
        self._watched: dict[str, EnergyCloudsCoordinator] = {}
        self._most: dict[str, int] = {}
        self._issues: set[str] = set()
        self._missing_since: dict[str, datetime] = {}
        self._remove = hass.bus.async_listen(EVENT_STATE_CHANGED, self._changed)

    def close(self) -> None:
        """Look no more."""
        self._remove()
        self._watched.clear()
        self._shown.clear()

    def look(self) -> None:
        """Look at everything that is there now."""
        for tenant in self._house.tenants:
            self._accompany(tenant)
            self._look_at(tenant)
        self._look_for_dialogues()

    def _accompany(self, tenant: Tenant) -> None:
        """Be told of every sample of a coordinator, before entities are."""
        coordinator = tenant.coordinator
        if coordinator is None or self._watched.get(tenant.name) is coordinator:
            return
        self._watched[tenant.name] = coordinator
        self._shown.clear()
        for areas in self._areas.values():
            areas.doubt()
        if coordinator.vendor.calculates_energy:
            tell = coordinator.async_update_listeners

            def telling() -> None:
                self._count(coordinator)
                tell()

            coordinator.async_update_listeners = telling  # type: ignore[method-assign]

    def _count(self, coordinator: EnergyCloudsCoordinator) -> None:
        for point in coordinator.shown_points():
            if isinstance(point, CalculatedPoint):
                power = coordinator.data.get(point.power.id)
                if power is not None and isinstance(power.value, float):
                    gap = timedelta(hours=1) if point.cadence is None else 3 * point.cadence
                    self._areas.setdefault(point.power.id, Areas(gap)).take(power.time, power.value)

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is None or new.state in NOTHING or new.domain not in ("sensor", "binary_sensor"):
            return
        self._check(new)

    def _check(self, state: State) -> None:
        found = self._point_of(state.entity_id)
        if found is None:
            return
        tenant, point = found
        self._accompany(tenant)
        coordinator = tenant.coordinator
        sample = None if coordinator is None else coordinator.data.get(point.id)
        self._report.count("states")
        if coordinator is None or sample is None:
            self._report.complain(f"{state.entity_id} is {state.state}, of which nothing was read")
            return
        if isinstance(point, CalculatedPoint):
            # A register that is new is shown before anybody is told of the samples.
            self._count(coordinator)
            self._check_calculated(state, point, sample)
        else:
            self._check_told(tenant, state, point, sample)
        if point.nature is Nature.REGISTER:
            self._check_register(tenant, state, point, sample)

    def _check_told(self, tenant: Tenant, state: State, point: Point, sample: Sample) -> None:
        served = tenant.service.journal.served
        moments = [
            tenant.service.clock.true(),
            *(served[-number] for number in range(1, 1 + min(_LOOKED_BACK, len(served)))),
        ]
        told = []
        for expected in tenant.service.told(point, sample, moments):
            if expected.matches(state.state):
                return
            told.append(expected.value)
        # A poll that many requests follow is further back.
        for expected in tenant.service.told(point, sample, list(served)):
            if expected.matches(state.state):
                return
        self._report.complain(
            f"{state.entity_id} is {state.state}, measured at {sample.time:%H:%M:%S}; told was {told[:3] or 'nothing'}"
        )

    def _check_calculated(self, state: State, point: CalculatedPoint, sample: Sample) -> None:
        areas = self._areas.get(point.power.id)
        if areas is None or not isinstance(sample.value, float):
            return
        is_positive = point.id.key.endswith("_positive_energy")
        wrong = areas.difference(sample.value, is_positive=is_positive)
        if wrong is not None:
            self._report.complain(f"{state.entity_id} is {state.state}: {wrong}")
            areas.doubt()

    def _check_register(self, tenant: Tenant, state: State, point: Point, sample: Sample) -> None:
        value = float(state.state)
        before = self._counters.get(state.entity_id)
        self._counters[state.entity_id] = value, sample.time
        if before is None or value >= before[0] - _ROUNDED:
            return
        if not any(before[1] < at <= sample.time for at in tenant.service.resets_of(point)):
            self._report.complain(f"{state.entity_id} fell from {before[0]} ({before[1]:%H:%M:%S}) to {value}")

    def _point_of(self, entity_id: str) -> tuple[Tenant, Point] | None:
        if (found := self._shown.get(entity_id)) is not None:
            return found
        entity = er.async_get(self._hass).async_get(entity_id)
        if entity is None or entity.platform != DOMAIN:
            return None
        for tenant in self._house.tenants:
            coordinator = tenant.coordinator
            if coordinator is None or entity.config_entry_id != tenant.entry.entry_id:
                continue
            for point in coordinator.shown_points():
                if f"{coordinator.unique_device_id(point.id.device_id)}_{point.id.key}" == entity.unique_id:
                    self._shown[entity_id] = tenant, point
                    return tenant, point
        return None

    def _look_at(self, tenant: Tenant) -> None:
        coordinator = tenant.coordinator
        if coordinator is None:
            self._look_for_life(tenant, ())
            return
        there = []
        for entity in er.async_entries_for_config_entry(er.async_get(self._hass), tenant.entry.entry_id):
            state = self._hass.states.get(entity.entity_id)
            found = self._point_of(entity.entity_id)
            if state is None or found is None or state.state in NOTHING:
                continue
            there.append(entity.entity_id)
            self._look_at_age(tenant, state, found[1], coordinator)
        service = tenant.service
        patience = max(PATIENCE, 3 * coordinator.interval) + SETTING
        if there and service.asks_always and service.clock.true() - service.journal.answered > patience:
            self._report.complain(f"{len(there)} values are there, {there[0]} and others, though nothing was answered")
        self._look_for_life(tenant, there)

    def _look_at_age(self, tenant: Tenant, state: State, point: Point, coordinator: EnergyCloudsCoordinator) -> None:
        now = tenant.service.clock.true()
        sample = coordinator.data.get(point.id)
        if isinstance(point, CalculatedPoint):
            point = point.power
        if sample is None or point.cadence is None:
            return
        oldest = 3 * max(point.cadence, coordinator.interval) + _SLACK
        if now - sample.time > oldest and now - tenant.service.clock.set_at > SETTING:
            self._report.complain(f"{state.entity_id} is {state.state}, which is {now - sample.time} old")

    def _look_for_life(self, tenant: Tenant, there: Sequence[str]) -> None:
        """When nothing has been wrong for a while, what was there before is there."""
        now = tenant.service.clock.true()
        if now < tenant.service.troubled_until or not self._house.is_up:
            self._missing_since.pop(tenant.name, None)
            return
        most = self._most[tenant.name] = max(self._most.get(tenant.name, 0), len(there))
        if len(there) >= most * (1 - MISSING):
            self._missing_since.pop(tenant.name, None)
            return
        since = self._missing_since.setdefault(tenant.name, now)
        if timedelta(minutes=10) <= now - since < timedelta(minutes=11):
            gone = self._gone(tenant, there)
            self._report.complain(
                f"{tenant.name} is {tenant.entry.state} and shows {len(there)} of {most} values "
                f"(without, for instance, {', '.join(gone[:3])})"
            )

    def _gone(self, tenant: Tenant, there: Sequence[str]) -> list[str]:
        entries = er.async_entries_for_config_entry(er.async_get(self._hass), tenant.entry.entry_id)
        return [one.entity_id for one in entries if one.entity_id not in there]

    def _look_for_dialogues(self) -> None:
        for flow in self._hass.config_entries.flow.async_progress_by_handler(DOMAIN):
            self._once(f"a dialogue is open: {flow['context'].get('source')} of {flow['context'].get('entry_id')}")
        for domain, issue_id in ir.async_get(self._hass).issues:
            if domain == DOMAIN:
                self._once(f"there is an issue: {issue_id}")
        for tenant in self._house.tenants:
            if tenant.entry.state in (ConfigEntryState.SETUP_ERROR, ConfigEntryState.FAILED_UNLOAD):
                self._once(f"{tenant.name} is {tenant.entry.state}: {tenant.entry.reason}")

    def _once(self, text: str) -> None:
        if text not in self._issues:
            self._issues.add(text)
            self._report.complain(text)
