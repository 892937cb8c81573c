"""A disk without room: nothing on it is damaged, nothing stops, and what it missed is there when it has room again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
import errno
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.vendors import budget
from tests.simulators import faults
from tests.simulators.envitron import PASSWORD, USERNAME, WAREHOUSE, EnvitronSimulator, User

from .conftest import Account, MakeAccount
from .test_restart import restart


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture(autouse=True)
def no_short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last seconds of a wait do not pass while time stands still."""
    monkeypatch.setattr(budget, "SHORT_WAIT", timedelta(0))


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Not in memory, as in all other tests."""
    return {}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A real disk."""
    return hass_tmp_config_dir


@pytest.fixture
async def account(make_account: MakeAccount) -> Account[EnvitronSimulator]:
    account: Account[EnvitronSimulator] = make_account(
        EnvitronSimulator(users={USERNAME: User(PASSWORD, 7, (WAREHOUSE,))})
    )
    await account.set_up()
    await account.polls(2)
    return account


def files(hass: HomeAssistant) -> dict[str, Any]:
    """What the integration has on the disk; every file is whole."""
    folder = Path(hass.config.path(".storage"))
    ours = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name.startswith(DOMAIN)}
    return {name: json.loads(text)["data"] for name, text in ours.items()}


@contextmanager
def full_disk() -> Iterator[None]:
    """Blocks are found to be missing when the file is flushed, as file systems with delayed allocation do."""
    with patch("atomicwrites._proper_fsync", side_effect=OSError(errno.ENOSPC, "No space left on device")):
        yield


def powers(hass: HomeAssistant) -> list[str]:
    return [state.state for state in hass.states.async_all("sensor") if state.attributes.get("device_class") == "power"]


async def test_nothing_stops_and_nothing_is_damaged(hass: HomeAssistant, account: Account[EnvitronSimulator]) -> None:
    before, logins = files(hass), account.simulator.logins
    assert {f"{DOMAIN}.tokens", f"{DOMAIN}.{account.entry.entry_id}.counters"} <= before.keys()
    with full_disk():
        seen = [powers(hass)]
        # The pair of tokens is exchanged meanwhile.
        for _ in range(6):
            await account.polls(4)
            seen.append(powers(hass))
        assert len({tuple(states) for states in seen}) > 4
        assert "unavailable" not in {state for states in seen for state in states}
        assert files(hass) == before
        # A wait is kept, if only in memory.
        account.simulator.faults.add(faults.RateLimited(300, "header"), times=1)
        await account.polls(2)
        account.simulator.requests.clear()
        await hass.config_entries.async_reload(account.entry.entry_id)
        await account.polls(2)
        assert account.requests == []
        await account.polls(6)
        assert account.status() is ConfigEntryState.LOADED
    assert account.simulator.logins == logins
    await account.polls(16)
    after = files(hass)
    assert after[f"{DOMAIN}.tokens"] != before[f"{DOMAIN}.tokens"]
    account.simulator.requests.clear()
    await restart(hass, account.entry.entry_id)
    assert account.status() is ConfigEntryState.LOADED
    assert (account.simulator.logins, account.simulator.blacklisted_uses) == (logins, 0)


async def test_restart_on_a_full_disk_costs_one_more_sign_in(
    hass: HomeAssistant, account: Account[EnvitronSimulator]
) -> None:
    """The pair on the disk is spent: the service gave another one that could not be kept."""
    logins = account.simulator.logins
    with full_disk():
        await account.polls(20)
        await restart(hass, account.entry.entry_id)
        assert account.status() is ConfigEntryState.LOADED
        await account.polls(2)
    assert account.simulator.logins == logins + 1
    assert hass.config_entries.flow.async_progress() == []
