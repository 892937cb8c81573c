"""A Home Assistant of its own for each example, and the life that a plan gives it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any
from unittest.mock import patch

from aiohttp import web
from aiohttp.typedefs import Handler
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame, translation
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from pytest_homeassistant_custom_component.common import (
    async_test_home_assistant,
    mock_storage,
)

from custom_components.energy_clouds.const import DOMAIN, OPTION_HISTORY_DAYS
from custom_components.energy_clouds.history import KEEPERS
from custom_components.energy_clouds.hours import HOUR
from tests.simulators import faults
from tests.simulators.pause import pause
from tests.simulators.simulator import Simulator

from ..conftest import Account
from .countdown import Countdown
from .disk import RawRows, Rows, copied, put_back, rows_of
from .homes import TIME_ZONE, Home
from .plan import DAY, MINUTE, Absent, Answers, End, Moment, Outage, Stop, Trouble
from .truth import whole_hour

type MakeRecorder = Callable[..., Any]
type Stored = dict[str, Any]

RECORDER = {"auto_purge": False, "exclude": {"domains": ["sensor", "binary_sensor"]}}


@asynccontextmanager
async def home_assistant(make_recorder: MakeRecorder) -> AsyncIterator[tuple[HomeAssistant, Stored]]:
    """A Home Assistant with a recorder, as the fixtures `hass` and `recorder_mock` make it; and what is on its disk."""
    with mock_storage() as stored:
        async with async_test_home_assistant() as hass:
            frame.async_setup(hass)
            await translation.async_load_integrations(hass, {"homeassistant"})
            await hass.config.async_set_time_zone(TIME_ZONE)
            hass.data.pop(DATA_CUSTOM_COMPONENTS)
            try:
                async with make_recorder(hass, RECORDER):
                    try:
                        yield hass, stored
                    finally:
                        for entry in hass.config_entries.async_entries(DOMAIN):
                            await hass.config_entries.async_unload(entry.entry_id)
                        await hass.async_block_till_done()
            finally:
                await hass.async_stop(force=True)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The client's patience runs out: its clock goes on while the service says nothing."""

    freezer: FrozenDateTimeFactory

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Say nothing for so long that nobody waits any more."""
        self.freezer.tick(timedelta(seconds=40))
        while request.transport is not None:
            await pause(0.001)
        return web.Response()


class Life:
    """The life of one account."""

    def __init__(
        self, hass: HomeAssistant, stored: Stored, freezer: FrozenDateTimeFactory, home: Home[Simulator]
    ) -> None:
        self.hass = hass
        self.home = home
        self.account: Account[Simulator] = Account(hass, freezer, home.simulator)
        self._stored = stored
        self._freezer = freezer
        self._countdown = Countdown()
        self._countdown.strikes = self._remember_disk
        self._disk: Stored = {}
        self._disk_before: Stored = {}
        self._rows_before: RawRows = ()
        self._end: End | None = None
        self.since = datetime.now(UTC)
        """The first hour that the first import asks for."""

    async def begin(self) -> None:
        """Add the account, and learn what it has."""
        self._freezer.move_to(self.home.beginning)
        await self.account.set_up(options={OPTION_HISTORY_DAYS: self.home.bounds.past.days})
        assert self.account.entry.state is ConfigEntryState.LOADED
        await self.account.wait(45)
        await self.account.wait(45)
        self.home.begin()
        last_complete = whole_hour(datetime.now(UTC) - 10 * MINUTE)
        self.since = max(last_complete - self.home.bounds.past.days * DAY, self.home.remembered())

    async def live(self) -> None:
        """Let happen what the plan has."""
        plan, steps = self.home.plan, cycle(self.home.plan.steps)
        due = deque(plan.moments)
        await self._step(3 * MINUTE, due)
        while self._hour < self.home.bounds.life // HOUR:
            await self._step(next(steps) * HOUR, due)

    async def recover(self) -> None:
        """Let all faults end, and so much time pass that everything can be known."""
        self.home.simulator.faults.clear()
        self._countdown.left = None
        last = max((self.home.at(fault.until) for fault in self.home.plan.rows), default=datetime.now(UTC))
        quiet = max(last, datetime.now(UTC)) + self.home.look_back + 6 * HOUR
        while datetime.now(UTC) < quiet:
            await self.account.wait(self.home.bounds.longest_step * 3600)
        await self.idle()

    async def idle(self) -> None:
        """Let a few hours pass slowly."""
        for _ in range(7):
            await self.account.wait(3600)

    async def do_again(self) -> None:
        """Reload, look back once more, and import everything once more from the beginning."""
        await self.hass.config_entries.async_reload(self.account.entry.entry_id)
        for _ in range(2 * DAY // HOUR // self.home.bounds.longest_step):
            await self.account.wait(self.home.bounds.longest_step * 3600)
        keeper = self.hass.data[KEEPERS][self.account.entry.entry_id]
        assert not keeper.failing
        points, end = keeper.counted(), keeper.horizon.last_complete
        work = self.hass.async_create_task(keeper.async_import(points, keeper.horizon.first_hour(self.since), end))
        while not work.done():
            await self.account.wait(60)
        await work

    def complete(self) -> datetime:
        """The end of the last hour that can be known."""
        return whole_hour(datetime.now(UTC) - self.home.settled)

    async def rows(self) -> Rows:
        """All rows of its statistics."""
        return await rows_of(self.hass)

    async def close(self) -> None:
        """Take the service away."""
        await self.account.server.stop()

    @property
    def _hour(self) -> int:
        return (datetime.now(UTC) - self.home.at(0)) // HOUR

    async def _step(self, length: timedelta, due: deque[Moment]) -> None:
        """Let something happen, and time pass."""
        self._disk_before, self._end = deepcopy(self._stored), None
        outages = []
        while due and due[0].hour <= self._hour:
            match due.popleft().what:
                case Answers() as answers:
                    self._spoil(answers)
                case Stop() as stop:
                    await self._arm(stop)
                case Outage() as outage:
                    outages.append(outage)
        for outage in outages:
            await self._outage(outage)
        await self.account.wait(length.total_seconds())
        if self._end is not None:
            await self._die(self._end)
            await self.account.wait(150)

    async def _arm(self, stop: Stop) -> None:
        self._end = stop.end
        self._rows_before = await copied(self.hass) if stop.end is End.CUT_DATABASE_OLD else ()
        self._countdown.left, self._countdown.struck = stop.at_wait, False

    async def _die(self, end: End) -> None:
        """End one life of Home Assistant, and begin the next on what is left on its disk."""
        entry_id = self.account.entry.entry_id
        self._countdown.left = None
        if end is End.RELOAD:
            await self.hass.config_entries.async_reload(entry_id)
            return
        if not self._countdown.struck:
            self._remember_disk()
        await self.hass.config_entries.async_unload(entry_id)
        await self.hass.async_block_till_done()
        if end is End.FORGETFUL:
            self._stored.pop(f"{DOMAIN}.{entry_id}.history", None)
        elif end is not End.RESTART:
            self._put_back(self._disk_before if end is End.CUT_STORE_OLD else self._disk)
        if end is End.CUT_DATABASE_OLD:
            await put_back(self.hass, self._rows_before)
        self._forget_memory()
        await self.hass.config_entries.async_setup(entry_id)

    async def _outage(self, outage: Outage) -> None:
        entry_id, hours = self.account.entry.entry_id, outage.hours
        if outage.who is Absent.HOME_ASSISTANT:
            await self.hass.config_entries.async_unload(entry_id)
            self._forget_memory()
            self._freezer.tick(hours * HOUR)
            await self.hass.config_entries.async_setup(entry_id)
            await self.account.wait(150)
            return
        await self.account.server.stop()
        while hours > 0:
            step = min(hours, self.home.bounds.longest_step)
            await self.account.wait(step * 3600)
            hours -= step
        await self.account.server.start()

    def _spoil(self, answers: Answers) -> None:
        self.home.simulator.faults.add(self._fault(answers), self.home.asked, times=answers.times, skip=answers.skip)

    def _fault(self, answers: Answers) -> faults.Fault:
        seconds = 60 * answers.minutes
        found: dict[Trouble, faults.Fault] = {
            Trouble.WAIT_SECONDS: faults.RateLimited(seconds, "header"),
            Trouble.WAIT_DATE: faults.RateLimited(seconds, "date"),
            Trouble.WAIT_BODY: faults.RateLimited(seconds, "body"),
            Trouble.WAIT_UNTOLD: faults.RateLimited(seconds, "none"),
            Trouble.ERROR: faults.Status(500),
            Trouble.MAINTENANCE: faults.HtmlPage(502),
            Trouble.CUT: faults.TruncatedBody(),
            Trouble.RESET: faults.ConnectionReset(),
            Trouble.EMPTY: faults.EmptyBody(),
            Trouble.NONSENSE: faults.Answer({"nonsense": True}),
            Trouble.TIMEOUT: NoAnswer(self._freezer),
        }
        return found[answers.trouble]

    def _remember_disk(self) -> None:
        self._disk = deepcopy(self._stored)

    def _put_back(self, disk: Stored) -> None:
        for key in [key for key in self._stored if key.startswith(f"{DOMAIN}.")]:
            del self._stored[key]
        self._stored |= {key: value for key, value in deepcopy(disk).items() if key.startswith(f"{DOMAIN}.")}

    def _forget_memory(self) -> None:
        for key in [key for key in self.hass.data if str(key).startswith(f"{DOMAIN}.")]:
            del self.hass.data[key]

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Let the countdown see every step of the history's work."""
        create = ConfigEntry.async_create_background_task

        def watching(
            entry: ConfigEntry, hass: HomeAssistant, target: Coroutine[Any, Any, None], name: str, **how: Any
        ) -> asyncio.Task[None]:
            async def work() -> None:
                await self._countdown.live(target)

            return create(entry, hass, work() if name.endswith("history") else target, name, **how)

        with patch.object(ConfigEntry, "async_create_background_task", watching):
            yield
