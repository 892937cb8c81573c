"""What all tests share: Home Assistant with this integration, and a vendor's simulator on loopback."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import hashlib
from itertools import count
import logging
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory, freeze_time
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import msgspec
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

import custom_components.energy_clouds  # before the test plugin mounts another package of that name
from custom_components.energy_clouds import connection, diagnostics, sessions
from custom_components.energy_clouds.account_sensors import DESCRIPTIONS
from custom_components.energy_clouds.const import CONF_ACCOUNT_ID, CONF_CREDENTIALS, CONF_VENDOR, DOMAIN
from custom_components.energy_clouds.counters import CounterMemory
from custom_components.energy_clouds.history_memory import HistoryMemory
from custom_components.energy_clouds.storage import AccountMemory
from custom_components.energy_clouds.vaults import async_get_vaults
from custom_components.energy_clouds.vendors import VENDORS
from custom_components.energy_clouds.vendors.budget import BudgetState
from custom_components.energy_clouds.vendors.eniris.issuer import REFRESH_LIFE
from custom_components.energy_clouds.vendors.tokens import Grant, Token
from tests.matrix.printing import pytest_terminal_summary  # noqa: F401  a hook: what it prints is there at the end
from tests.simulators import enapter, eniris
from tests.simulators.enapter import EnapterSimulator
from tests.simulators.enectiva import CUSTOMER, LOGIN_TOKEN, EnectivaSimulator
from tests.simulators.eniris import EnirisSimulator
from tests.simulators.enpact import PRODUCTION_KEY, EnpactSimulator
from tests.simulators.envitron import PASSWORD, USER_ID, USERNAME, EnvitronSimulator
from tests.simulators.server import Server
from tests.simulators.simulator import Simulator

# The test plugin has every statement logged, which takes as long as executing it.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

# msgspec looks at a type's annotations when it is first used: let that be before `freezer` replaces datetime.
msgspec.convert({}, AccountMemory)
msgspec.convert({}, CounterMemory)
msgspec.convert({}, HistoryMemory)
msgspec.convert({}, BudgetState)
msgspec.convert({}, dict[str, Grant])

START = datetime(2026, 11, 17, 10, 0, 30, tzinfo=UTC)
"""A Tuesday morning on which an office building is busy."""
ACCOUNT_ID = "5eafe8777d637402"
ENAPTER_ACCOUNT_ID = hashlib.sha256(enapter.TOKEN.encode()).hexdigest()[:16]


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Snapshots as Home Assistant's own tests write them."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture(autouse=True)
def loopback(socket_enabled: None) -> None:
    """Let sockets be made; the test plugin lets them connect to 127.0.0.1 only."""


@pytest.fixture
def all_entities_enabled() -> Iterator[None]:
    """Enable what is registered disabled by default."""
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", return_value=True):
        yield


@dataclass(frozen=True, slots=True)
class Row:
    """How the account of a simulator is entered."""

    vendor: str
    account_id: str
    title: str
    credentials: Mapping[str, str]
    addresses: tuple[str, ...] = ("url",)
    path: str = ""
    """What the addresses end in."""
    grant: Callable[[Any, datetime], Grant] | None = None
    """What the account got when it was added, where its password is not kept."""


def _eniris_grant(simulator: EnirisSimulator, now: datetime) -> Grant:
    refresh = simulator.tokens.grant("refresh", eniris.USERNAME, eniris.USER_ID, now)
    return Grant(
        access=Token(text="", expires=now), refresh=Token(text=refresh, expires=now + REFRESH_LIFE), passes=True
    )


ROWS: Mapping[type[Simulator], Row] = {
    EnpactSimulator: Row("enpact", ACCOUNT_ID, "Enpact", {"api_key": PRODUCTION_KEY, "environment": "production"}),
    EnvitronSimulator: Row(
        "envitron", f"127.0.0.1_{USER_ID}", "Envitron 127.0.0.1", {"username": USERNAME, "password": PASSWORD}
    ),
    EnectivaSimulator: Row("enectiva", CUSTOMER, "Enectiva", {"token": LOGIN_TOKEN}),
    EnirisSimulator: Row(
        "eniris",
        str(eniris.USER_ID),
        "Eniris",
        {"username": eniris.USERNAME},
        ("url", "auth_url"),
        grant=_eniris_grant,
    ),
    EnapterSimulator: Row("enapter", ENAPTER_ACCOUNT_ID, "Enapter", {"token": enapter.TOKEN}, path="/v3"),
}


OF_ACCOUNT = frozenset({"history_until", *(description.key for description in DESCRIPTIONS)})


class Account[S: Simulator = EnpactSimulator]:
    """An account in Home Assistant, its simulator, and the clock that both live by."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, simulator: S) -> None:
        self.hass = hass
        self.freezer = freezer
        self.simulator = simulator
        self.row = ROWS[type(simulator)]
        self.server = Server(simulator)
        self.entry: ConfigEntry = MockConfigEntry()

    async def start(self, *, options: dict[str, Any] | None = None, **credentials: str) -> None:
        """Plug the service in, and add an entry for it; nothing is set up yet."""
        await self.server.start()
        row = self.row
        entry = MockConfigEntry(
            domain=DOMAIN,
            title=row.title,
            unique_id=f"{row.vendor}_{row.account_id}",
            data={
                CONF_VENDOR: row.vendor,
                CONF_ACCOUNT_ID: row.account_id,
                CONF_CREDENTIALS: {
                    **row.credentials,
                    **dict.fromkeys(row.addresses, self.server.url + row.path),
                    **credentials,
                },
            },
            options=options or {},
            entry_id=f"01JCW0000000000000000{row.vendor.upper()}",
        )
        entry.add_to_hass(self.hass)
        self.entry = entry
        if row.grant is not None:
            vault = (await async_get_vaults(self.hass)).of(VENDORS[row.vendor], entry.data[CONF_CREDENTIALS])
            await vault.put(row.grant(self.simulator, datetime.now(UTC)))

    async def set_up(self, **options: Any) -> None:
        """Plug the service in, add an entry for it and set it up."""
        await self.start(**options)
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done()

    async def wait(self, seconds: float) -> None:
        """Let time pass in one step, and what is due then happen."""
        self.freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def polls(self, number: int = 1) -> None:
        """Let so many minutes pass, in steps that are small enough for every poll to come."""
        for _ in range(2 * number):
            await self.wait(30)

    def status(self) -> ConfigEntryState:
        """The state of the config entry."""
        return self.entry.state

    def state(self, entity_id: str) -> str:
        """The state of an entity."""
        state = self.hass.states.get(entity_id)
        assert state is not None, entity_id
        return state.state

    def entities_of_devices(self) -> list[er.RegistryEntry]:
        """The entities that show what was measured: not those that tell how the account is doing."""
        entities = er.async_entries_for_config_entry(er.async_get(self.hass), self.entry.entry_id)
        return [one for one in entities if one.translation_key not in OF_ACCOUNT]

    @property
    def requests(self) -> list[str]:
        """What the service was asked, in order."""
        return [f"{request.method} {request.path.removeprefix('/api/v1')}" for request in self.simulator.requests]

    @property
    def asked_meters(self) -> list[str]:
        """The meters that the newest request for meters asked for."""
        requests = (request for request in reversed(self.simulator.requests) if "meters/batch" in request.path)
        ids: list[str] = next(requests).body["meterIds"]
        return ids


type MakeAccount = Callable[..., Account[Any]]


@pytest.fixture
async def make_account(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, enable_custom_integrations: None
) -> AsyncIterator[MakeAccount]:
    """Make accounts, each with a simulator of its own."""
    freezer.move_to(START)
    async with AsyncExitStack() as stack:

        def make(simulator: Simulator | None = None) -> Account[Any]:
            account = Account(hass, freezer, simulator or EnpactSimulator())
            stack.push_async_callback(account.server.stop)
            return account

        yield make
        for entry in hass.config_entries.async_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


@pytest.fixture
def account(make_account: MakeAccount) -> Account:
    """The office building's account; not set up yet."""
    return make_account()


@pytest.fixture
def new_life(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    enable_custom_integrations: None,
) -> Iterator[Callable[[], Any]]:
    """Make accounts at a vendor that answers whatever a test wants. Hypothesis does not look at their clock."""
    from .hostile_life import Life
    from .hostile_vendor import Cloud, Hostile

    vendors = MappingProxyType({**VENDORS, Hostile.key: Hostile})
    for module in (custom_components.energy_clouds, connection, diagnostics, sessions):
        monkeypatch.setattr(module, "VENDORS", vendors)
    numbers = count()
    with freeze_time(START, ignore=["hypothesis"]) as clock:
        assert isinstance(clock, FrozenDateTimeFactory)
        yield lambda: Life(hass, clock, hass_storage, next(numbers))
    Hostile.cloud = Cloud()
