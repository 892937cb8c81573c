"""A new Home Assistant with all accounts, and the simulators behind them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.simulators.server import running as serving

from .accounts import Account, demo_accounts
from .api import Api, Owner, onboarded
from .home_assistant import HomeAssistant, HomeAssistantError, running
from .inventory import DOMAIN, Entry, look_at
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
class Setting:
    """All that runs."""

    home_assistant: HomeAssistant
    api: Api
    added: Sequence[Added]

    async def look(self, added: Added) -> Entry:
        """Return what an account has in Home Assistant now."""
        return await look_at(self.api, added.entry_id)


@asynccontextmanager
async def set_up(folder: Path, port: int = 0, language: str = "en") -> AsyncGenerator[Setting]:
    """Start the simulators and Home Assistant, add all accounts, and wait for their entities."""
    async with AsyncExitStack() as stack:
        accounts = [(account, await start_simulators(stack, account)) for account in demo_accounts()]
        say("The simulators run. Starting Home Assistant ...")
        home_assistant = await stack.enter_async_context(running(folder, port, language=language))
        api = await stack.enter_async_context(onboarded(home_assistant.url, OWNER, language))
        await api.until_running()
        say(f"Home Assistant {(await api.get('/api/config'))['version']} runs. Adding accounts ...")
        setting = Setting(home_assistant, api, [await add_account(api, *account) for account in accounts])
        for added in setting.added:
            entry = await _with_values(setting, added)
            say(f"{entry.title}: {len(entry.devices)} devices and {len(entry.entities())} entities.")
        yield setting


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


async def _with_values(setting: Setting, added: Added) -> Entry:
    """Wait until an account's entities have values; what never has one is shown, or found, later."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                entry = await setting.look(added)
                enabled = [entity for entity in entry.entities() if entity.enabled]
                if enabled and all(entity.valid for entity in enabled):
                    return entry
                await asyncio.sleep(0.2)
    except TimeoutError:
        return await setting.look(added)
