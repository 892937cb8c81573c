"""A secret is where it has to be, and nowhere else: through an account's whole life, and all its troubles."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
import logging
from pathlib import Path
import stat
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigFlowContext
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.json import json_dumps
from homeassistant.setup import async_setup_component
import pytest

from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.energy_clouds.statistic_names import statistic_names
from custom_components.energy_clouds.storage import private_store
from custom_components.energy_clouds.vendors import VENDORS
from tests.conftest import Account, MakeAccount
from tests.eniris_home import all_on_disk
from tests.simulators import faults
from tests.simulators.eniris import TOTP
from tests.simulators.eniris.switches import EnirisSwitches
from tests.test_system_health import health

from .canary import TOKEN_ENDPOINTS, Canary, Echo, Garbled, Log, chain, registered, sent_to_the_browser
from .homes import Home, begin, submit, with_address

TROUBLES: tuple[faults.Fault, ...] = (
    *(Echo(status) for status in (200, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503)),
    Echo(200, as_page=True),
    Echo(403, as_page=True),
    Garbled(),
    faults.TruncatedBody(),
    faults.ConnectionReset(),
    faults.EmptyBody(),
)
BASIC = "basic4uth"


@pytest.fixture
def log() -> Iterator[Log]:
    """Everything that is logged."""
    handler, root = Log(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def canary(home: Home[Any], monkeypatch: pytest.MonkeyPatch) -> Canary:
    """A canary that also hears every error that the vendor raises."""
    canary = Canary({home.known, home.new, BASIC})
    vendor = VENDORS[home.vendor]

    def heard(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(self: Any, *arguments: Any) -> Any:
            try:
                return await method(self, *arguments)
            except Exception as error:
                canary.errors += chain(error)
                raise

        return call

    for name in ("login", "logout", "discover", "read"):
        monkeypatch.setattr(vendor, name, heard(getattr(vendor, name)))
    return canary


@pytest.fixture
async def life(
    hass: HomeAssistant, home: Home[Any], make_account: MakeAccount, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> Life:
    """An account that is not there yet: the service is plugged in, with the canary in front."""
    account = make_account(home.make())
    if isinstance(switches := getattr(account.simulator, "switches", None), EnirisSwitches):
        object.__setattr__(switches, "two_factor", "json_401")
    application = account.simulator.application
    monkeypatch.setattr(account.simulator, "application", lambda: canary.applied(application()))
    await account.server.start()
    return Life(hass, home, account, canary)


@dataclass
class Life:
    """An account from its first dialogue to its end."""

    hass: HomeAssistant
    home: Home[Any]
    account: Account[Any]
    canary: Canary

    async def add(self) -> None:
        """Add it, with a mistake or two."""
        good, url = self.home.entered(self.account), f"{self.account.server.url}{self.account.row.path}"
        flow_id = await begin(self.hass, self.home.vendor)
        mistaken = with_address(good, f"http://me:{BASIC}@127.0.0.1")
        assert (await self.tell(flow_id, mistaken))["type"] is FlowResultType.FORM
        self.account.simulator.faults.add(Echo(500))
        assert (await self.tell(flow_id, good))["type"] is FlowResultType.FORM
        self.account.simulator.faults.clear()
        await self.account.wait(120)
        # What was right need not be typed once more, and yet was never sent back.
        pasted = with_address(good, f"{url}?key={BASIC}#{BASIC}")
        added = await self.tell(flow_id, {key: pasted[key] for key in pasted if key != self.home.secret})
        assert added["type"] is FlowResultType.CREATE_ENTRY, added
        assert BASIC not in str(added["data"])
        self.account.entry = added["result"]

    async def be_troubled(self) -> None:
        """Have trouble with every request, over the end of every token's life."""
        for trouble in TROUBLES:
            for path in (None, TOKEN_ENDPOINTS):
                self.account.simulator.faults.add(trouble, path, times=3)
                await self.account.wait(20 * 60)
            self.account.simulator.faults.clear()
            for believed in self.hass.config_entries.flow.async_progress():
                result = await self.tell(believed["flow_id"], self.home.entered(self.account))
                assert result["reason"] == "reauth_successful"
        await self.account.wait(3600)
        assert self.account.status() is ConfigEntryState.LOADED

    async def renew(self) -> None:
        """Get another secret: because the service wants it, and because the person does."""
        old, new = (self.home.entered(self.account, secret) for secret in ("", self.home.new))
        self.home.change(self.account.simulator)
        await self.account.polls(20)
        (reauth,) = self.hass.config_entries.flow.async_progress()
        assert (await self.tell(reauth["flow_id"], old))["type"] is FlowResultType.FORM
        assert (await self.tell(reauth["flow_id"], new))["reason"] == "reauth_successful"
        context = ConfigFlowContext(source="reconfigure", entry_id=self.account.entry.entry_id)
        reconfigure = await self.hass.config_entries.flow.async_init(DOMAIN, context=context)
        self.canary.find("dialogue", sent_to_the_browser(reconfigure))
        assert (await self.tell(reconfigure["flow_id"], new))["reason"] == "reconfigure_successful"
        await self.account.polls(2)
        assert self.account.status() is ConfigEntryState.LOADED

    async def tell(self, flow_id: str, entered: dict[str, Any]) -> Any:
        """Fill in a form, and the next one, should that want a code."""
        result = await submit(self.hass, flow_id, entered)
        self.canary.find("dialogue", sent_to_the_browser(result))
        if result.get("step_id", "").endswith("_code"):
            result = await submit(self.hass, flow_id, {"code": TOTP})
            self.canary.find("dialogue", sent_to_the_browser(result))
        return result

    async def look_around(self, hass_storage: dict[str, Any]) -> None:
        """Look at what is told, shown and kept."""
        hass, entry, find = self.hass, self.account.entry, self.canary.find
        find("diagnostics", json_dumps(await async_get_config_entry_diagnostics(hass, entry)))
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
            find("diagnostics", json_dumps(await async_get_device_diagnostics(hass, entry, device)))
        for text in registered(hass, entry.entry_id):
            find("registries", text)
        name_of = await statistic_names(hass, entry)
        find("statistics", str([name_of(point) for point in entry.runtime_data.shown_points()]))
        assert await async_setup_component(hass, "system_health", {})
        find("system health", str(await health(hass)))
        find("entry", f"{entry.title} {entry.unique_id} {entry.reason} {entry.data['account_id']}")
        stored = await all_on_disk(hass, hass_storage)
        for store in stored.keys() - {"core.config_entries", f"{DOMAIN}.tokens"}:
            find(store, stored[store])
        kept = [secret for secret in self.canary.secrets if secret in stored["core.config_entries"]]
        assert kept == [self.home.new] * self.home.keeps_secret


async def test_no_secret_is_anywhere_in_the_life_of_an_account(
    life: Life, hass_storage: dict[str, Any], log: Log
) -> None:
    canary = life.canary
    await life.add()
    await life.be_troubled()
    await life.renew()
    await life.look_around(hass_storage)
    await life.hass.config_entries.async_remove(life.account.entry.entry_id)
    await life.hass.async_block_till_done()
    for store, text in (await all_on_disk(life.hass, hass_storage)).items():
        canary.find(f"{store}, after the removal", text)
    canary.find("URLs", str([one.path + one.query_string for one in life.account.simulator.requests]))
    canary.find("log", "\n".join(log.lines))
    canary.find("errors", "\n".join(canary.errors))
    assert len(canary.errors) > len(TROUBLES)
    assert canary.sightings == []


async def test_files_with_secrets_are_for_home_assistant_alone(hass: HomeAssistant, tmp_path: Path) -> None:
    hass.config.config_dir = str(tmp_path)
    store = private_store(hass, "tokens")
    # The test tool keeps what is saved in memory: this is what is behind it.
    await hass.async_add_executor_job(store._write_data, {"data": {"token": "secret"}})
    assert stat.S_IMODE(Path(store.path).stat().st_mode) == 0o600
