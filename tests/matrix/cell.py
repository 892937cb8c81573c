"""One cell of the matrix: an account of one vendor that lives well, is struck by a fault, and lives on."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from math import ceil
from typing import override

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.energy_clouds import connection
from custom_components.energy_clouds.calculated import CalculatedPoint
from custom_components.energy_clouds.coordinator import EnergyCloudsCoordinator
from custom_components.energy_clouds.vendors.base import Connection
from custom_components.energy_clouds.vendors.model import Nature, Point
from tests.conftest import MakeAccount
from tests.simulators.clock import real_clock
from tests.simulators.pause import pause
from tests.simulators.server import HOST

from .homes import HOMES
from .table import Fault, Shows
from .truth import shows, truth_at
from .watching import Watch, has_value, per_poll

STEP = 30
MINUTE = timedelta(minutes=1)
STILL_SHOWN = timedelta(minutes=11)
"""For so long at least the last values stay: patience is 15 minutes."""
NOT_SHOWN = timedelta(minutes=17)
AT_ONCE = timedelta(minutes=3)
LONG = 20
SLOW = timedelta(minutes=20)
"""What is not measured each minute may be so old."""
_WORDS = frozenset({Nature.FLAG, Nature.STATE, Nature.TIME})


@dataclass(slots=True)
class WrongClock:
    """The present, and how wrong it is."""

    error: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """Return the time that it shows."""
        return real_clock() + self.error


@dataclass(slots=True)
class Outcome:
    """What was seen in a cell; `wrong` is what should not have been."""

    shown: str = "?"
    requests: int = 0
    back: int | None = None
    bothered: str = ""
    wrong: list[str] = field(default_factory=list)

    @override
    def __str__(self) -> str:
        """Say it in a few letters."""
        return f"{self.shown}{self.bothered or '.'} {self.requests:3} {'' if self.back is None else self.back}"


class Cell:
    """An account and the fault that strikes it."""

    def __init__(self, hass: HomeAssistant, make_account: MakeAccount, vendor: str, fault: Fault) -> None:
        self.hass = hass
        self.vendor = vendor
        self.fault = fault.of(vendor)
        self.home = HOMES[vendor]
        self.service_clock, self.machine_clock = WrongClock(), WrongClock()
        self.account = make_account(self.home.make(self.service_clock))
        self.host = HOST
        self.outcome = Outcome()
        self.strike = self.fault.strike()
        self._later = (self.home.round_minutes - 1) * MINUTE
        """A fault is met when values are asked for."""
        self._before: Mapping[str, State] = {}
        self._points: dict[str, Point] = {}
        self._most, self._first = 0, 0
        self._in_force = False
        self._last: dict[str, str] = {}

    async def live(self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Outcome:
        """Live through it all."""
        self.watch = Watch(self.hass, caplog)
        self.watch.start(monkeypatch)
        monkeypatch.setattr(connection, "Connection", partial(Connection, now=self.machine_clock))
        await self.strike.prepare(self)
        await self._set_up()
        await self._live_well()
        records, self._first = len(caplog.records), len(self.watch.attempts)
        registered = self.watch.registered()
        await self.strike.begin(self)
        self._in_force = True
        await self._live_on()
        self._judge_requests()
        if len(self.watch.complaints(records)) > 1:
            self._wrong("logged", *self.watch.complaints(records))
        if self.fault.reauth:
            await self._wait_for_a_person()
        else:
            await self.strike.end(self)
            self._in_force = False
            await self._come_back()
        if self.watch.registered() != registered:
            self._wrong("other devices and entities", *(set(self.watch.registered()) ^ set(registered)))
        if self.watch.tracebacks():
            self._wrong("tracebacks", *self.watch.tracebacks())
        return self.outcome

    @property
    def coordinator(self) -> EnergyCloudsCoordinator:
        """The account in Home Assistant."""
        coordinator: EnergyCloudsCoordinator = self.account.entry.runtime_data
        return coordinator

    def _wrong(self, what: str, *which: object) -> None:
        self.outcome.wrong.append(f"{what}: {', '.join(map(str, which))}")

    async def _set_up(self) -> None:
        server, row = self.account.server, self.account.row
        if self.host != HOST:
            # It keeps its port.
            await server.start()
            await server.stop()
        url = server.url.replace(HOST, self.host) + row.path
        await self.account.set_up(**dict.fromkeys(row.addresses, url) if self.host != HOST else {})

    async def _live_well(self) -> None:
        """Until there is all there is to show."""
        await self.strike.remember(self)
        sent = len(self.watch.attempts)
        for _ in range(2 * (self.fault.healthy + self.home.round_minutes)):
            await self._step()
        counted = self.watch.attempts[0 if self.fault.lists or self.fault.discoveries else sent :]
        self._most = max(per_poll(counted).values(), default=0)
        account_id = self.account.row.account_id
        points = {f"{account_id}_{one.id.device_id}_{one.id.key}": one for one in self.coordinator.shown_points()}
        registry = er.async_get(self.hass)
        for entity in er.async_entries_for_config_entry(registry, self.account.entry.entry_id):
            if (point := points.get(entity.unique_id)) is not None:
                self._points[entity.entity_id] = point
        self._before = {one: state for one, state in self._states().items() if has_value(state)}
        self._last = {one: state.state for one, state in self._before.items()}
        assert len(self._before) > 3, "there is something to lose"
        self.watch.look()
        assert (self.watch.issues_seen, self.watch.flows_seen) == (set(), set())
        await self._judge_truth()

    async def _live_on(self) -> None:
        """While the fault lasts."""
        begin = real_clock()
        if self.fault.discoveries:
            for _ in range(self.fault.discoveries):
                await self._step(self.coordinator.vendor.discovery_interval.total_seconds() + 60)
                for _ in range(6):
                    await self._step()
                await self._judge_states(AT_ONCE + 3 * self._later)
        else:
            for _ in range(2 * (self.fault.minutes + self.home.round_minutes - 1)):
                await self._step()
                await self._judge_states(real_clock() - begin)
        self.outcome.shown = self._letter()
        if self.fault.shows not in (Shows.KEPT, Shows.LOST, Shows.LATER):
            await self._judge_newest(self._expected_live())
        self._judge_bother()

    async def _come_back(self) -> None:
        end, sent = real_clock(), len(self.watch.attempts)
        missing = set(self._before)
        # A long wait in few steps.
        step = STEP if self.fault.back < LONG else 10 * STEP
        while real_clock() - end < self.fault.back * MINUTE + self._later:
            await self._step(step)
            missing = {one for one in self._before if not has_value(self._state(one))}
            if len(self.watch.attempts) == sent or not self.coordinator.last_update_success:
                continue
            if not (missing or self.watch.issues()):
                break
        else:
            self._wrong(f"not back after {self.fault.back} minutes", *sorted(missing), *self.watch.issues())
        self.outcome.back = ceil((real_clock() - end) / MINUTE)
        for _ in range(2 * self.home.settling_minutes):
            await self._step()
        await self._judge_newest(set(self._before) - missing)
        if self.watch.issues() or self.watch.flows():
            self._wrong("still bothers", *self.watch.issues(), *self.watch.flows())

    async def _wait_for_a_person(self) -> None:
        sent = len(self.watch.attempts)
        for _ in range(20):
            await self._step()
        if len(self.watch.attempts) > sent:
            self._wrong("asks with a credential that is refused", len(self.watch.attempts) - sent)
        self._judge_bother()

    # Steps

    async def _step(self, seconds: float = STEP) -> None:
        self.account.freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass)
        await self._settle()
        self.watch.look()
        await self._judge_changes()

    async def _settle(self) -> None:
        """Until nothing moves any more: all is done, or waits for answers that do not come."""
        if not self._in_force or self.strike.holds() is None:
            await self.hass.async_block_till_done(wait_background_tasks=True)
            return
        done = asyncio.create_task(self.hass.async_block_till_done(wait_background_tasks=True))
        quiet = 0
        while not done.done() and quiet < 3:
            await pause(0.002)
            held = self.strike.holds()
            quiet = quiet + 1 if held == len(self.watch.attempts) - self._first else 0
        done.cancel()

    # Judgements

    def _state(self, entity_id: str) -> State:
        state = self.hass.states.get(entity_id)
        return State(entity_id, "unavailable") if state is None else state

    def _states(self) -> dict[str, State]:
        return {entity_id: self._state(entity_id) for entity_id in self._points}

    async def _judge_changes(self) -> None:
        """No state that came up is one that the service would not have told."""
        changed, self.watch.changed = self.watch.changed, []
        valued = [state for state in changed if state.entity_id in self._points and has_value(state)]
        if valued:
            truth = await truth_at(self.vendor, self.service_clock())
        for state in valued:
            point, entity_id = self._points[state.entity_id], state.entity_id
            before, self._last[entity_id] = self._last.get(entity_id), state.state
            # What has gone may come back as it was, as long as it is not old.
            if isinstance(point, CalculatedPoint) or (state.state == before and not self._is_old(point)):
                continue
            if not shows(state, point, truth.get(point.id)):
                self._wrong("untrue", entity_id, state.state, truth.get(point.id), real_clock())

    async def _judge_truth(self) -> None:
        truth = await truth_at(self.vendor, self.service_clock())
        for entity_id, state in self._before.items():
            point = self._points[entity_id]
            if not isinstance(point, CalculatedPoint) and point.id not in truth:
                self._wrong("nothing is known of", entity_id, state.state)

    async def _judge_newest(self, entity_ids: set[str]) -> None:
        """All have a value that is as new as it can be."""
        polled = self.watch.attempts[-1].time + self.service_clock.error
        truth = await truth_at(self.vendor, polled)
        for entity_id in entity_ids:
            point, state = self._points[entity_id], self._state(entity_id)
            if isinstance(point, CalculatedPoint):
                continue
            sample, newest = self.coordinator.data.get(point.id), truth.get(point.id)
            if sample is None or newest is None:
                self._wrong("nothing of", entity_id, newest)
            elif point.nature in _WORDS:
                if not shows(state, point, newest):
                    self._wrong("not the newest word", entity_id, state.state, newest)
            elif newest.time - sample.time > (SLOW if _is_slow(point) else MINUTE + timedelta(seconds=STEP)):
                self._wrong("old", entity_id, sample.time, newest.time)

    async def _judge_states(self, elapsed: timedelta) -> None:
        now = self._states()
        gone = {one for one in self._before if not has_value(now[one])}
        moved = {one for one in self._before if has_value(now[one]) and now[one].state != self._before[one].state}
        all_of_it, live = set(self._before), self._expected_live()
        match self.fault.shows:
            case Shows.LIVE | Shows.VALUES:
                if gone & live:
                    self._wrong(f"gone after {elapsed}", *(gone & live))
            case Shows.SOON | Shows.LISTED:
                if gone & live and elapsed > AT_ONCE + 3 * self._later:
                    self._wrong(f"gone after {elapsed}", *(gone & live))
            case Shows.KEPT:
                if gone or moved:
                    self._wrong(f"gone or moved after {elapsed}", *gone, *moved)
            case Shows.LOST:
                if moved or (elapsed <= STILL_SHOWN and gone):
                    self._wrong(f"gone or moved after {elapsed}", *gone, *moved)
                if elapsed >= NOT_SHOWN + self._later and gone != all_of_it:
                    self._wrong(f"still shown after {elapsed}", *(all_of_it - gone))
            case Shows.LATER:
                if elapsed <= STILL_SHOWN and gone:
                    self._wrong(f"gone after {elapsed}", *gone)
                if elapsed >= self.fault.minutes * MINUTE + self._later and gone != all_of_it:
                    self._wrong(f"still shown after {elapsed}", *(all_of_it - gone))
            case Shows.ALONE | Shows.NOTHING:
                if gone & live:
                    self._wrong(f"gone with another after {elapsed}", *(gone & live))
                if elapsed > AT_ONCE + self._later and gone | live != all_of_it:
                    self._wrong(f"still shown after {elapsed}", *(all_of_it - gone - live))
        self._gone, self._moved = gone, moved

    def _is_old(self, point: Point) -> bool:
        """Whether the newest sample is older than what may come back."""
        sample = self.coordinator.data.get(point.id)
        return not _is_slow(point) and (sample is None or self.service_clock() - sample.time > AT_ONCE)

    def _expected_live(self) -> set[str]:
        """What goes on to be shown."""
        devices, home = self.coordinator.inventory.devices, self.home
        match self.fault.shows:
            case Shows.LIVE | Shows.SOON:
                struck = set[str]()
            case Shows.LISTED:
                return {one for one in self._before if self._points[one].id.device_id == home.first}
            case Shows.VALUES:
                return {one for one in self._before if home.is_of_values(self._points[one])}
            case Shows.ALONE:
                struck = {one.id for one in devices if home.is_victim(one)}
            case _:
                struck = {one.id for one in devices}
        return {
            entity_id
            for entity_id in self._before
            if (point := self._points[entity_id]).id.device_id not in struck or not home.is_of_values(point)
        }

    def _letter(self) -> str:
        if self._gone == set(self._before):
            return "0"
        return "-" if self._gone else "+" if self._moved else "="

    def _judge_bother(self) -> None:
        flows = [flow["context"]["source"] for flow in self.watch.flows()]
        self.outcome.bothered = "A" * len(flows) + "R" * len(self.watch.issues())
        if flows != ["reauth"] * self.fault.reauth or len(self.watch.flows_seen) > self.fault.reauth:
            self._wrong("dialogues", *flows)
        if self.watch.issues() != self.fault.repairs or self.watch.issues_seen != self.fault.repairs:
            self._wrong("repairs", *self.watch.issues_seen)

    def _judge_requests(self) -> None:
        attempts = self.watch.attempts[self._first :]
        self.outcome.requests = len(attempts)
        polls = per_poll(attempts)
        minutes = self.fault.minutes if not self.fault.discoveries else 4 * self.fault.discoveries
        minutes += self.home.round_minutes - 1
        if len(polls) > minutes + 1:
            self._wrong("polls", len(polls))
        if polls and max(polls.values()) > self._most + self.fault.extra:
            at = max(polls, key=polls.__getitem__)
            sent = (one.path for one in attempts if one.time == at)
            self._wrong(f"{polls[at]} requests at once, where {self._most} are usual", *sent)
        if self.fault.wait is not None:
            for first, second in pairwise(polls):
                if second - first < self.fault.wait:
                    self._wrong("sent before the wait was over", first, second)
        logging_in = self.home.logging_in
        logins = [one for one in attempts if logging_in is not None and logging_in.search(one.path)]
        if self.fault.logins is not None and len(logins) > self.fault.logins:
            self._wrong("sign-ins", len(logins))


def _is_slow(point: Point) -> bool:
    return point.cadence is None or point.cadence > timedelta(minutes=5)
