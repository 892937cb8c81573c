"""What survives a restart: budgets by credential, and what is known of each account."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.storage import Store
from homeassistant.util.dt import utcnow
from homeassistant.util.hass_dict import HassKey
import msgspec

from .const import DOMAIN
from .vendors import Vendor
from .vendors.base import Credentials
from .vendors.budget import Budget, BudgetState, Limit
from .vendors.model import Inventory

STORAGE_VERSION = 1
SAVE_EVERY = timedelta(minutes=15)
_LOGIN = "_login"


def private_store(hass: HomeAssistant, name: str) -> Store[dict[str, Any]]:
    """A file of ours that only Home Assistant's user may read, and that a power cut leaves whole."""
    return Store(hass, STORAGE_VERSION, f"{DOMAIN}.{name}", private=True, atomic_writes=True)


class SharedFile:
    """A file of ours for all accounts, that is there while any of them has something in it."""

    def __init__(self, store: Store[dict[str, Any]]) -> None:
        self._store = store
        self._lock = asyncio.Lock()

    async def write(self, structs: Mapping[str, msgspec.Struct]) -> None:
        """Write these by their names, in the place of what was there."""
        async with self._lock:
            if structs:
                await self._store.async_save({name: to_builtins(struct) for name, struct in structs.items()})
            else:
                await self._store.async_remove()


class AccountMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an account: its inventory, and when that was complete last.

    `missing` counts, by device id, the complete discoveries in a row that did not list the device. `options` are those
    of the vendor's own options under which the inventory was made, as text.
    """

    inventory: Inventory = Inventory()
    discovered_at: datetime | None = None
    missing: Mapping[str, int] = msgspec.field(default_factory=dict)
    options: str = ""


class AccountStore:
    """The memory of one config entry's account, on disk."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._store = private_store(hass, entry_id)
        self._save_is_due = False
        self._closed = False

    async def load(self) -> AccountMemory:
        """The memory; an empty one if there is none, or none that can be read."""
        # Whatever cannot be read, discovery brings it back.
        return await load(self._store, AccountMemory, AccountMemory())

    async def save(self, memory: AccountMemory) -> None:
        """Write it now."""
        self._save_is_due = False
        await self._store.async_save(to_builtins(memory))

    @callback
    def save_soon(self, memory: Callable[[], AccountMemory]) -> None:
        """Write what `memory` returns within `SAVE_EVERY`, or when Home Assistant stops."""
        if not self._save_is_due and not self._closed:
            self._save_is_due = True
            self._store.async_delay_save(lambda: self._saved(memory()), SAVE_EVERY.total_seconds())

    @callback
    def close(self) -> None:
        """Write nothing any more on behalf of whoever used this so far: the entry was unloaded."""
        self._closed = True

    async def remove(self) -> None:
        """Delete it."""
        await self._store.async_remove()

    def _saved(self, memory: AccountMemory) -> dict[str, Any]:
        self._save_is_due = False
        return to_builtins(memory)


class Budgets:
    """One budget per credential for everything that uses it: entries, reloads of entries, and config flows."""

    def __init__(self, hass: HomeAssistant, states: Mapping[str, BudgetState], store: Store[dict[str, Any]]) -> None:
        self._hass = hass
        self._file = SharedFile(store)
        self._states = dict(states)
        self._budgets: dict[str, Budget] = {}

    def of(self, vendor: type[Vendor], credentials: Credentials) -> Budget:
        """The budget of that credential, for everything but signing in."""
        return self._budget(vendor.credential_id(credentials), vendor.limit(credentials))

    def login_of(self, vendor: type[Vendor], credentials: Credentials) -> Budget:
        """The budget for signing in with that credential."""
        return self._budget(f"{vendor.credential_id(credentials)}{_LOGIN}", vendor.login_limit)

    async def forget(self, vendor: type[Vendor], credentials: Credentials) -> None:
        """Forget a credential that is used no longer, but neither a wait nor the requests that still count."""
        name = vendor.credential_id(credentials)
        for one, budget in (
            (name, self.of(vendor, credentials)),
            (f"{name}{_LOGIN}", self.login_of(vendor, credentials)),
        ):
            self._states.pop(one, None)
            if budget.held_for:
                self._states[one] = msgspec.structs.replace(budget.state, learnt_limit=None)
            elif not budget.used:
                del self._budgets[one]
        await self._write()

    def _budget(self, name: str, limit: Limit) -> Budget:
        if (budget := self._budgets.get(name)) is None:
            budget = Budget(limit, state=self._states.get(name), on_change=lambda: self._save(name))
            self._budgets[name] = budget
        return budget

    @callback
    def _save(self, name: str) -> None:
        if (budget := self._budgets.get(name)) is None:
            # A poll has outlived its account.
            return
        self._states[name] = budget.state
        self._hass.async_create_task(self._write(), "energy_clouds budgets")

    async def _write(self) -> None:
        self._states = _in_force(self._states)
        await self._file.write(self._states)


@singleton(HassKey[Budgets](f"{DOMAIN}.budgets"), async_=True)
async def async_get_budgets(hass: HomeAssistant) -> Budgets:
    """All budgets, with the waits that were running when Home Assistant stopped."""
    store = private_store(hass, "budgets")
    return Budgets(hass, _in_force(await load(store, dict[str, BudgetState], {})), store)


def _in_force(states: Mapping[str, BudgetState]) -> dict[str, BudgetState]:
    """The states that still say something: a limit that was learnt, or a wait that is not over."""
    now = utcnow()
    return {
        name: state
        for name, state in states.items()
        if state.learnt_limit is not None or (state.next_allowed is not None and state.next_allowed > now)
    }


async def load[T](store: Store[dict[str, Any]], kind: type[T], default: T) -> T:
    """What a store holds; the default where it holds nothing, or nothing that can be read."""
    stored = await store.async_load()
    try:
        return default if stored is None else msgspec.convert(stored, kind)
    except msgspec.ValidationError:
        return default


def to_builtins(struct: msgspec.Struct) -> dict[str, Any]:
    """A struct as what Home Assistant can store."""
    builtins: dict[str, Any] = msgspec.to_builtins(struct, enc_hook=_encode)
    return builtins


def _encode(value: object) -> str:
    """Encode what msgspec does not: a subclass of datetime."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise NotImplementedError(f"{type(value).__name__} is not to be stored")
