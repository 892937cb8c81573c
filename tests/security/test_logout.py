"""Logging out: an account that is removed leaves no session at its service, and nobody waits for that."""

from datetime import UTC, datetime
from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_clouds.const import DOMAIN
from tests.conftest import MakeAccount
from tests.eniris_home import TOKENS, Eniris, entered, refresh_tokens, small
from tests.simulators import faults
from tests.simulators.eniris import CONTROLLER, GRID_METER
from tests.simulators.pause import pause
from tests.simulators.server import Server

from .homes import submit

LOGOUT = "POST /auth/logout"


@pytest.fixture
async def eniris(make_account: MakeAccount) -> Eniris:
    """An account with a session; not set up yet."""
    account: Eniris = make_account(small({CONTROLLER, GRID_METER}))
    await account.start()
    return account


def tokens_that_work(account: Eniris) -> list[str]:
    tokens, now = account.simulator.tokens, datetime.now(UTC)
    return [token for token in tokens.granted if tokens.find(token, now, "refresh")]


def logouts(account: Eniris) -> int:
    return account.requests.count(LOGOUT)


async def set_up(hass: HomeAssistant, account: Eniris) -> None:
    await hass.config_entries.async_setup(account.entry.entry_id)
    await hass.async_block_till_done()


async def remove(hass: HomeAssistant, account: Eniris) -> None:
    await hass.config_entries.async_remove(account.entry.entry_id)
    await hass.async_block_till_done()


@pytest.mark.parametrize("state", ["loaded", "disabled", "never set up"])
async def test_removal_ends_the_session_and_forgets_it(
    hass: HomeAssistant, hass_storage: dict[str, Any], eniris: Eniris, state: str
) -> None:
    if state == "loaded":
        await set_up(hass, eniris)
    elif state == "disabled":
        await hass.config_entries.async_set_disabled_by(eniris.entry.entry_id, ConfigEntryDisabler.USER)
    assert len(refresh_tokens(hass_storage)) == len(tokens_that_work(eniris)) == 1
    await remove(hass, eniris)
    assert (logouts(eniris), tokens_that_work(eniris)) == (1, [])
    assert [request.status for request in eniris.simulator.requests if "logout" in request.path] == [204]
    assert TOKENS not in hass_storage


async def test_session_goes_on_over_unloading_reloading_and_disabling(hass: HomeAssistant, eniris: Eniris) -> None:
    await set_up(hass, eniris)
    await hass.config_entries.async_reload(eniris.entry.entry_id)
    await hass.config_entries.async_set_disabled_by(eniris.entry.entry_id, ConfigEntryDisabler.USER)
    await hass.config_entries.async_set_disabled_by(eniris.entry.entry_id, None)
    await hass.config_entries.async_unload(eniris.entry.entry_id)
    assert (logouts(eniris), len(tokens_that_work(eniris))) == (0, 1)


async def test_session_that_is_over_already_is_as_good_as_ended(
    hass: HomeAssistant, hass_storage: dict[str, Any], eniris: Eniris
) -> None:
    eniris.simulator.revoke_refresh_tokens()
    await remove(hass, eniris)
    assert [request.status for request in eniris.simulator.requests] == [401]
    assert TOKENS not in hass_storage


@pytest.mark.parametrize(
    "fault",
    [faults.Status(500), faults.RateLimited(600), faults.HtmlPage(403), faults.ConnectionReset(None), None],
    ids=["500", "429", "page", "reset", "down"],
)
async def test_service_that_does_not_log_out_keeps_no_account(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    eniris: Eniris,
    caplog: pytest.LogCaptureFixture,
    fault: faults.Fault | None,
) -> None:
    if fault is None:
        await eniris.server.stop()
    else:
        eniris.simulator.faults.add(fault)
    await remove(hass, eniris)
    assert logouts(eniris) == (fault is not None)
    assert hass.config_entries.async_entries(DOMAIN) == []
    assert TOKENS not in hass_storage
    assert "Traceback" not in caplog.text


async def test_wait_that_is_not_over_is_kept_and_nobody_is_asked(hass: HomeAssistant, eniris: Eniris) -> None:
    await set_up(hass, eniris)
    eniris.simulator.faults.add(faults.RateLimited(600), times=1)
    await eniris.polls(2)
    eniris.simulator.requests.clear()
    await remove(hass, eniris)
    assert eniris.requests == []


async def test_service_that_never_answers_is_not_waited_for(
    hass: HomeAssistant, hass_storage: dict[str, Any], eniris: Eniris
) -> None:
    eniris.simulator.faults.add(faults.Slow(60))
    removal = hass.async_create_task(hass.config_entries.async_remove(eniris.entry.entry_id))
    await pause(0.05)
    eniris.freezer.tick(9)
    await pause(0.05)
    assert not removal.done()
    eniris.freezer.tick(2)
    await pause(0.05)
    assert removal.done()
    assert hass.config_entries.async_entries(DOMAIN) == []
    assert TOKENS not in hass_storage


async def test_session_that_another_account_uses_goes_on(
    hass: HomeAssistant, hass_storage: dict[str, Any], eniris: Eniris
) -> None:
    await set_up(hass, eniris)
    MockConfigEntry(domain=DOMAIN, data=dict(eniris.entry.data)).add_to_hass(hass)
    await remove(hass, eniris)
    assert (logouts(eniris), len(tokens_that_work(eniris))) == (0, 1)
    assert refresh_tokens(hass_storage) == tokens_that_work(eniris)


async def test_account_with_an_address_that_is_none_is_removed_all_the_same(
    hass: HomeAssistant, eniris: Eniris, caplog: pytest.LogCaptureFixture
) -> None:
    credentials = {**eniris.entry.data["credentials"], "auth_url": "ftp://nowhere"}
    hass.config_entries.async_update_entry(eniris.entry, data={**eniris.entry.data, "credentials": credentials})
    await remove(hass, eniris)
    assert hass.config_entries.async_entries(DOMAIN) == []
    assert (eniris.requests, "Traceback" in caplog.text) == ([], False)


@pytest.mark.parametrize("ending", ["another account", "given up", "other credential"])
async def test_dialogue_without_an_outcome_leaves_no_session(
    hass: HomeAssistant, hass_storage: dict[str, Any], eniris: Eniris, ending: str
) -> None:
    await set_up(hass, eniris)
    (kept,) = refresh_tokens(hass_storage)
    if ending == "another account":
        hass.config_entries.async_update_entry(eniris.entry, data={**eniris.entry.data, "account_id": "another"})
    else:
        eniris.simulator.faults.add(faults.Status(500), "/v1/device/query")
    entry: Any = eniris.entry
    flow = (await entry.start_reconfigure_flow(hass))["flow_id"]
    await submit(hass, flow, entered(eniris.server))
    if ending == "given up":
        assert len(tokens_that_work(eniris)) == 2
        hass.config_entries.flow.async_abort(flow)
    elif ending == "other credential":
        await submit(hass, flow, entered(eniris.server, password="wrong"))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert tokens_that_work(eniris) == refresh_tokens(hass_storage) == [kept]


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
@pytest.mark.parametrize("moves", [False, True], ids=["there", "moved"])
async def test_new_session_ends_the_one_in_whose_place_it_is(
    hass: HomeAssistant, hass_storage: dict[str, Any], eniris: Eniris, source: str, moves: bool
) -> None:
    await set_up(hass, eniris)
    entry: Any = eniris.entry
    (old,) = refresh_tokens(hass_storage)
    form = await (entry.start_reauth_flow(hass) if source == "reauth" else entry.start_reconfigure_flow(hass))
    server = Server(eniris.simulator) if moves else eniris.server
    if moves:
        await server.start()
    result = await submit(hass, form["flow_id"], entered(server))
    assert result["reason"] == f"{source}_successful"
    (new,) = refresh_tokens(hass_storage)
    assert tokens_that_work(eniris) == [new] != [old]
    assert logouts(eniris) == 1
    await eniris.polls(6)
    # The new one is what the account lives on.
    assert {request.status for request in eniris.simulator.requests} == {200, 204}
    if moves:
        await server.stop()
