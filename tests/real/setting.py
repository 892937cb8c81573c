"""A new Home Assistant with all accounts, and the simulators behind them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.simulators.server import running as serving

from . import checks
from .accounts import Account, demo_accounts
from .api import Api, Owner, logged_in, onboard
from .dashboard import PRECISIONS
from .energy import Dashboard, set_up_dashboard
from .history import DAYS, Import, import_history, oldest
from .home_assistant import HomeAssistant, HomeAssistantError, running
from .inventory import DOMAIN, Entry, look_at
from .options import choose_options
from .report import say

OWNER = Owner()
PATIENCE = 60
"""Seconds after which entities should long have had their first values."""


@dataclass(frozen=True, slots=True)
class Added:
    """An account that was added, and its config entry's id."""

    account: Account
    entry_id: str


@dataclass(frozen=True, slots=True)
class Filled:
    """The accounts by vendor, with all values, their imported past, and the energy dashboard made of it."""

    entries: Mapping[str, Entry]
    imports: Mapping[str, Import]
    dashboard: Dashboard


@dataclass(frozen=True, slots=True)
class Setting:
    """All that runs; `token` is what the owner is logged in with."""

    home_assistant: HomeAssistant
    token: str
    api: Api
    added: Sequence[Added]

    async def look(self, added: Added) -> Entry:
        """Return what an account has in Home Assistant now."""
        return await look_at(self.api, added.entry_id)

    async def complete(self, added: Added) -> Entry:
        """Choose an account's options, wait until its entities have values, and return what it has then."""
        await choose_options(self.api, added.entry_id, added.account.options)
        entry = await self.with_values(added)
        say(f"{entry.title}: {len(entry.devices)} devices and {len(entry.entities())} entities.")
        return entry

    async def filled(self) -> Filled:
        """Complete all accounts, import their past, and set up the energy dashboard."""
        found = await asyncio.gather(*(self.complete(added) for added in self.added))
        entries = {added.account.vendor: entry for added, entry in zip(self.added, found, strict=True)}
        say(f"Importing the energy of {DAYS} days ...")
        remembering = [vendor for vendor in entries if vendor in PRECISIONS]
        past = await asyncio.gather(
            *(self._imported(entries[vendor], oldest(PRECISIONS[vendor].remembers)) for vendor in remembering)
        )
        dashboard = await set_up_dashboard(self.api, entries)
        say(f"The energy dashboard has {len(dashboard.statistics)} statistics.")
        return Filled(entries, dict(zip(remembering, past, strict=True)), dashboard)

    async def _imported(self, entry: Entry, start: datetime) -> Import:
        imported = await import_history(self.api, entry.id, start)
        say(f"{entry.title}: {imported.hours} hours imported.")
        return imported

    async def with_values(self, added: Added) -> Entry:
        """Wait until an account's entities have the values that there are; others are shown, or found, later."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    entry = await self.look(added)
                    if not checks.missing(added.account, entry, checks.present()):
                        return entry
                    await asyncio.sleep(0.2)
        except TimeoutError:
            return await self.look(added)

    @asynccontextmanager
    async def restarted(self) -> AsyncGenerator[Setting]:
        """Restart Home Assistant, and go on for as long as the context lasts."""
        await self.home_assistant.stop()
        await self.home_assistant.start()
        async with logged_in(self.home_assistant.url, self.token) as api:
            await api.until_running()
            yield replace(self, api=api)


@asynccontextmanager
async def set_up(folder: Path, port: int = 0, language: str = "en") -> AsyncGenerator[Setting]:
    """Start the simulators and Home Assistant, and add all accounts."""
    async with AsyncExitStack() as stack:
        accounts = [(account, await start_simulators(stack, account)) for account in demo_accounts()]
        say("The simulators run. Starting Home Assistant ...")
        home_assistant = await stack.enter_async_context(running(folder, port, language=language))
        token = await onboard(home_assistant.url, OWNER, language)
        api = await stack.enter_async_context(logged_in(home_assistant.url, token))
        await api.until_running()
        say(f"Home Assistant {(await api.get('/api/config'))['version']} runs. Adding accounts ...")
        yield Setting(home_assistant, token, api, [await add_account(api, *account) for account in accounts])


async def start_simulators(stack: AsyncExitStack, account: Account) -> list[str]:
    """Serve an account's simulators until the stack closes, and return their addresses."""
    return [(await stack.enter_async_context(serving(simulator))).url for simulator in account.simulators]


async def add_account(api: Api, account: Account, urls: Sequence[str]) -> Added:
    """Add an account as a person does: by the menu, then with the vendor's form."""
    menu = await api.start_flow(DOMAIN)
    form = await api.next_step(menu, {"next_step_id": account.vendor})
    result: dict[str, Any] = await api.next_step(form, account.form(urls))
    if result["type"] != "create_entry":
        raise HomeAssistantError(f"{account.vendor} was not added: {result.get('errors') or result.get('reason')}")
    return Added(account, result["result"]["entry_id"])
