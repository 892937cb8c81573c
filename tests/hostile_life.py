"""The life of an account at a vendor that answers whatever a test wants, and what its entities show meanwhile."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Event as StateEvent, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_clouds.const import CONF_ACCOUNT_ID, CONF_CREDENTIALS, CONF_VENDOR, DOMAIN
from custom_components.energy_clouds.vendors.errors import VendorError
from custom_components.energy_clouds.vendors.model import Sample

from .hostile_vendor import POINTS, WATT_HOURS, Cloud, Hostile
from .test_restart import restart

SHOWN_IN_KILO = {WATT_HOURS.id.key: 1000}


@dataclass(frozen=True)
class Poll:
    """A poll: of each point, how many minutes later it was measured, and its value. And what is broken."""

    values: Mapping[str, tuple[float, float]]
    broken: Collection[str] = ()


@dataclass(frozen=True)
class SamePoll:
    """A poll that brings what the last one brought."""


@dataclass(frozen=True)
class FailedPoll:
    """A poll that fails, and so many minutes until the next."""

    failure: VendorError
    minutes: int


@dataclass(frozen=True)
class Listing:
    """From here on only these points are listed."""

    keys: Collection[str]


class Event(Enum):
    """What happens to Home Assistant."""

    RELOAD = auto()
    RESTART = auto()
    POWER_CUT = auto()


type Step = Poll | SamePoll | FailedPoll | Listing | Event


@dataclass(frozen=True)
class Told:
    """A sample that a poll brought."""

    poll: int
    sample: Sample

    @property
    def value(self) -> float:
        assert isinstance(self.sample.value, float)
        return self.sample.value


@dataclass(frozen=True)
class Shown:
    """A number that an entity showed after a poll, and the sample that it had it from."""

    poll: int
    value: float
    sample: Sample


@dataclass
class Life:
    """What an account was told, and what its entities showed, by the key of the point."""

    hass: HomeAssistant
    clock: FrozenDateTimeFactory
    storage: dict[str, Any]
    number: int = 0
    cloud: Cloud = field(default_factory=Cloud)
    polls: int = 0
    told: dict[str, list[Told]] = field(default_factory=dict)
    shown: dict[str, list[Shown]] = field(default_factory=dict)

    async def begin(self) -> None:
        Hostile.cloud = self.cloud
        self.entry = MockConfigEntry(
            domain=DOMAIN,
            title="Hostile",
            unique_id=f"hostile_{self.number}",
            entry_id=f"01JCW0000000000000000{self.number:05}",
            data={
                CONF_VENDOR: Hostile.key,
                CONF_ACCOUNT_ID: f"account{self.number}",
                CONF_CREDENTIALS: {"token": f"{self.number}"},
            },
        )
        self.entry.add_to_hass(self.hass)
        self._stop_noting = self.hass.bus.async_listen("state_changed", self._note)
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done()

    async def end(self) -> None:
        self._stop_noting()
        await self.hass.config_entries.async_remove(self.entry.entry_id)
        await self.hass.async_block_till_done()

    async def live(self, *steps: Step) -> None:
        """Let a minute pass before each step."""
        for step in steps:
            self.clock.tick(60)
            await self._live(step)
            await self.hass.async_block_till_done()

    def values(self, key: str) -> list[float]:
        """What the entity of a point showed, one after the other."""
        return [one.value for one in self.shown.get(key, [])]

    async def _live(self, step: Step) -> None:
        match step:
            case Poll():
                now = datetime.now(UTC)
                told = [(point, step.values[point.id.key]) for point in POINTS if point.id.key in step.values]
                self.cloud.samples = {
                    point.id: Sample(time=now + timedelta(minutes=minutes), value=value)
                    for point, (minutes, value) in told
                }
                self.cloud.broken = frozenset(point.id for point in POINTS if point.id.key in step.broken)
                await self._poll()
            case SamePoll():
                await self._poll()
            case FailedPoll():
                self.cloud.failure = step.failure
                await self._poll()
                self.cloud.failure = None
                self.clock.tick(timedelta(minutes=step.minutes))
            case Listing():
                self.cloud.listed = [point for point in POINTS if point.id.key in step.keys]
            case Event.RELOAD:
                self._tell()
                await self.hass.config_entries.async_reload(self.entry.entry_id)
            case _:
                await self._start_again(loses_power=step is Event.POWER_CUT)

    async def _poll(self) -> None:
        self._tell()
        await self.entry.runtime_data.async_refresh()

    async def _start_again(self, *, loses_power: bool) -> None:
        """What is not on disk when the power is lost is gone."""
        own = [key for key in self.storage if self.entry.entry_id in key]
        disk = deepcopy({key: self.storage[key] for key in own})
        if loses_power:
            await self.hass.config_entries.async_unload(self.entry.entry_id)
            self.storage.update(disk)
        self._tell()
        await restart(self.hass, self.entry.entry_id)

    def _tell(self) -> None:
        self.polls += 1
        if self.cloud.failure is None:
            for point_id, sample in self.cloud.samples.items():
                self.told.setdefault(point_id.key, []).append(Told(self.polls, sample))

    @callback
    def _note(self, event: StateEvent[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        entity = None if state is None else er.async_get(self.hass).async_get(state.entity_id)
        if state is None or entity is None or entity.config_entry_id != self.entry.entry_id:
            return
        if state.state not in ("unavailable", "unknown"):
            key = entity.unique_id.split("_", 2)[2]
            value = float(state.state) * SHOWN_IN_KILO.get(key, 1)
            samples = self.entry.runtime_data.data.items()
            sample = next(one for point_id, one in samples if point_id.key == key)
            self.shown.setdefault(key, []).append(Shown(self.polls, value, sample))
