"""The Home Assistant of the soak: a recorder on a file, five accounts, restarts, and power cuts."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame, recorder as recorder_helper, translation
from homeassistant.helpers.entity import Entity
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_test_home_assistant

from custom_components.energy_clouds.const import DOMAIN, OPTION_HISTORY_DAYS
from custom_components.energy_clouds.coordinator import EnergyCloudsCoordinator
from tests.simulators.simulator import Simulator
from tests.simulators.world.world import TIME_ZONE

from ..conftest import Account
from .disk import Stored, in_memory
from .service import Service

RECORDER = {"commit_interval": 5, "purge_keep_days": 10, "exclude": {"domains": ["sensor", "binary_sensor"]}}
"""Statistics are recorded. Millions of states would be Home Assistant's work, and no one reads them."""


@asynccontextmanager
async def home_assistant() -> AsyncIterator[tuple[HomeAssistant, Stored]]:
    """A Home Assistant with this integration, and what is on its disk."""
    with TemporaryDirectory() as folder, in_memory() as stored:
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop("custom_components", None)
            (Path(folder) / "custom_components").symlink_to(Path(__file__).parents[2] / "custom_components")
            frame.async_setup(hass)
            await translation.async_load_integrations(hass, {"homeassistant"})
            await hass.config.async_set_time_zone(TIME_ZONE)
            await async_setup_component(hass, "network", {})
            recorder_helper.async_initialize_recorder(hass)
            config = {"recorder": {"db_url": f"sqlite:///{folder}/home-assistant_v2.db", **RECORDER}}
            if not await async_setup_component(hass, "recorder", config):
                raise RuntimeError("there is no recorder")
            await async_setup_component(hass, "sensor", {})
            await async_setup_component(hass, "binary_sensor", {})
            await hass.async_block_till_done()
            try:
                yield hass, stored
            finally:
                await hass.async_stop(force=True)


@contextmanager
def all_entities_enabled() -> Iterator[None]:
    """Enable what is registered disabled by default."""
    with patch.object(Entity, "entity_registry_enabled_default", True):
        yield


@dataclass(slots=True)
class Tenant:
    """An account and its service."""

    service: Service[Any]
    account: Account[Any]

    @property
    def name(self) -> str:
        """The vendor's key."""
        return self.account.row.vendor

    @property
    def entry(self) -> ConfigEntry:
        """The config entry."""
        return self.account.entry

    @property
    def coordinator(self) -> EnergyCloudsCoordinator | None:
        """Its coordinator, from before its entities are made until they are gone."""
        coordinator: EnergyCloudsCoordinator | None = getattr(self.entry, "runtime_data", None)
        return coordinator


class House:
    """Five accounts in one Home Assistant."""

    def __init__(
        self, hass: HomeAssistant, stored: Stored, services: Sequence[Service[Any]], *, history_days: int
    ) -> None:
        self.hass = hass
        self._history_days = history_days
        self._stored = stored
        freezer: Any = None
        self.tenants = [Tenant(service, Account[Simulator](hass, freezer, service.simulator)) for service in services]
        self.is_up = False

    async def move_in(self) -> None:
        """Add all accounts."""
        for tenant in self.tenants:
            await tenant.account.start(options={OPTION_HISTORY_DAYS: self._history_days, **tenant.service.options})
        await self.start()

    async def move_out(self) -> None:
        """Remove all accounts."""
        for tenant in self.tenants:
            await self.hass.config_entries.async_remove(tenant.entry.entry_id)

    async def start(self) -> None:
        """Set all accounts up."""
        self.is_up = True
        for tenant in self.tenants:
            # The first brings the integration, which sets up all others.
            if tenant.entry.state is ConfigEntryState.NOT_LOADED:
                await self.hass.config_entries.async_setup(tenant.entry.entry_id)

    async def stop(self) -> None:
        """Shut down in an orderly way: memory is lost, what was written is not."""
        self.is_up = False
        for tenant in self.tenants:
            await self.hass.config_entries.async_unload(tenant.entry.entry_id)
        for key in [key for key in self.hass.data if str(key).startswith(f"{DOMAIN}.")]:
            del self.hass.data[key]

    async def die(self) -> None:
        """Lose the power: what had not been written by now never will be."""
        disk = deepcopy({key: value for key, value in self._stored.items() if key.startswith(f"{DOMAIN}.")})
        for tenant in self.tenants:
            tenant.service.journal.forgive()
        await self.stop()
        for key in [key for key in self._stored if key.startswith(f"{DOMAIN}.")]:
            del self._stored[key]
        self._stored |= disk

    async def reload(self, tenant: Tenant) -> None:
        """Reload one account."""
        await self.hass.config_entries.async_reload(tenant.entry.entry_id)

    async def settle(self) -> None:
        """Let what is under way end."""
        await self.hass.async_block_till_done()
        await asyncio.sleep(0)
