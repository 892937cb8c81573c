"""An Enapter account that is refused: limits, tokens that are gone; and what is told of it."""

from datetime import timedelta
from itertools import pairwise
import json
import re
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.json import json_dumps
import pytest

from custom_components.energy_clouds.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from tests.simulators import faults
from tests.simulators.enapter import (
    BATTERY,
    EXPIRED_TOKEN,
    HOME,
    POWER_METER,
    PV_INVERTER,
    TOKEN,
    Access,
    EnapterSimulator,
    EnapterSwitches,
)

from .conftest import ENAPTER_ACCOUNT_ID, MakeAccount
from .enapter_home import (
    Enapter,
    at_gateway,
    complaints,
    entered,
    flows,
    measured,
    registered_device,
    shown,
    shows,
    small,
    state_of,
    truth,
    truth_at_poll,
)
from .test_restart import restart

LIST = re.compile("/v3/devices$")
LATEST = re.compile("/v3/telemetry/latest$")
NEW_TOKEN = "b" * 64


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture
async def account(make_account: MakeAccount) -> Enapter:
    """A small account that is set up."""
    account: Enapter = make_account(small(POWER_METER, BATTERY, PV_INVERTER))
    await account.set_up()
    return account


# Limits


@pytest.mark.parametrize("form", ["none", "header", "date"])
async def test_storm_of_refusals_keeps_the_values_and_is_waited_out(
    hass: HomeAssistant, account: Enapter, form: Any
) -> None:
    before = shown(hass, account, POWER_METER, "total_power")
    account.simulator.faults.add(faults.RateLimited(300, form))
    account.simulator.requests.clear()
    await account.polls(12)
    times = [request.time for request in account.simulator.requests]
    waits = [later - earlier for earlier, later in pairwise(times)]
    # Where no wait is named, it is doubled every time.
    assert len(times) in (2, 3, 4)
    assert all(wait >= timedelta(minutes=(1 << index) if form == "none" else 5) for index, wait in enumerate(waits))
    assert shown(hass, account, POWER_METER, "total_power") == before
    assert flows(hass) == []
    account.simulator.faults.clear()
    await account.polls(8)
    assert shown(hass, account, POWER_METER, "total_power") != before


@pytest.mark.parametrize("retry_after", ["absent", "seconds", "http_date"])
async def test_service_with_a_low_limit_is_read_all_the_same(
    hass: HomeAssistant, make_account: MakeAccount, retry_after: str
) -> None:
    simulator = small(POWER_METER, BATTERY, rate_limit=3, rate_window_s=60, retry_after=retry_after)
    account: Enapter = make_account(simulator)
    await account.set_up()
    # To list everything took what there was.
    assert [request.status for request in simulator.requests] == [200, 200, 200, 429]
    assert (account.status(), measured(hass, account, POWER_METER)) == (ConfigEntryState.LOADED, {"unavailable"})
    for _ in range(8):
        await account.wait(47)
    assert "unavailable" not in measured(hass, account, POWER_METER)
    # It is run into now and then, as nobody tells it.
    statuses = [request.status for request in simulator.requests]
    assert statuses.count(429) < 4 < statuses.count(200) - 3
    assert flows(hass) == []


@pytest.mark.parametrize("longest", [400, 900])
async def test_short_addresses_are_learnt(hass: HomeAssistant, make_account: MakeAccount, longest: int) -> None:
    account: Enapter = make_account(EnapterSimulator.campus(12, switches=EnapterSwitches(address_limit=longest)))
    await account.set_up()
    await account.polls(3)
    account.simulator.requests.clear()
    await account.polls(5)
    assert {request.status for request in account.simulator.requests} == {200}
    for device in account.simulator.devices:
        assert "unavailable" not in measured(hass, account, device)


async def test_reload_and_restart_are_cheap_and_ask_nobody(
    hass: HomeAssistant, make_account: MakeAccount, caplog: pytest.LogCaptureFixture
) -> None:
    for account in (make_account(EnapterSimulator()), at_gateway(make_account, EnapterSimulator(gateway=True))):
        await account.set_up()
        before = {state.entity_id for state in hass.states.async_all()}
        for again in (hass.config_entries.async_reload, lambda entry_id: restart(hass, entry_id)):
            account.simulator.requests.clear()
            await again(account.entry.entry_id)
            await hass.async_block_till_done()
            assert len(account.requests) <= 3
            assert account.status() is ConfigEntryState.LOADED
            assert {state.entity_id for state in hass.states.async_all()} == before
        assert shown(hass, account, POWER_METER, "total_power") == str(truth(account, POWER_METER, "total_power"))
        await hass.config_entries.async_remove(account.entry.entry_id)
        await hass.async_block_till_done()
    assert flows(hass) == []
    assert complaints(caplog) == []


# Refusals


@pytest.mark.parametrize("path", [LIST, LATEST])
@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(403),
        faults.Status(401),
        faults.HtmlPage(403),
        faults.Status(403, {"errors": [{"code": "invalid_header", "details": {"header": "X-Enapter-Auth-Token"}}]}),
    ],
    ids=["403", "401", "proxy", "named"],
)
@pytest.mark.parametrize("times", [1, 2])
async def test_refusals_of_one_moment_start_no_reauth(
    hass: HomeAssistant, account: Enapter, path: re.Pattern[str], fault: faults.Fault, times: int
) -> None:
    for _ in range(3):
        account.simulator.faults.add(fault, path, times=times)
        await account.polls(6)
    assert flows(hass) == []
    await account.polls(2)
    assert shows(state_of(hass, account, POWER_METER, "energy_lifetime"), truth_at_poll(account, "energy_lifetime"))


@pytest.mark.parametrize("how", ["revoked", "expired"])
@pytest.mark.parametrize("gateway", [False, True], ids=["cloud", "gateway"])
async def test_token_that_is_gone_starts_one_reauth_and_a_new_one_ends_it(
    hass: HomeAssistant, make_account: MakeAccount, how: str, gateway: bool
) -> None:
    simulator = small(POWER_METER, BATTERY, gateway=gateway)
    account: Enapter = at_gateway(make_account, simulator) if gateway else make_account(simulator)
    await account.set_up()
    if how == "revoked":
        simulator.revoke(TOKEN)
    else:
        simulator.expire(TOKEN)
    await account.polls(5)
    assert flows(hass) == ["reauth"]
    simulator.requests.clear()
    await account.polls(30)
    # Nothing is sent with a token that is known to be bad.
    assert (flows(hass), account.requests) == (["reauth"], [])
    simulator.tokens[NEW_TOKEN] = Access("USER")
    flow = next(iter(hass.config_entries.flow.async_progress()))
    url = account.server.url + account.row.path
    for token, errors in ((TOKEN, {"token": "invalid_auth"}), (EXPIRED_TOKEN, {"token": "invalid_auth"})):
        result = await hass.config_entries.flow.async_configure(flow["flow_id"], entered(url, token))
        assert result["errors"] == errors
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], entered(url, NEW_TOKEN))
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert account.status() is ConfigEntryState.LOADED
    assert float(shown(hass, account, POWER_METER, "total_power"))
    assert account.entry.unique_id == f"enapter_{account.row.account_id}"
    assert flows(hass) == []


async def test_token_that_is_gone_before_the_start_starts_one_reauth(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account: Enapter = make_account(small(POWER_METER))
    account.simulator.revoke(TOKEN)
    await account.set_up()
    # Once is not believed.
    assert (account.status(), flows(hass)) == (ConfigEntryState.SETUP_RETRY, [])
    await account.wait(60)
    assert (account.status(), flows(hass)) == (ConfigEntryState.SETUP_ERROR, ["reauth"])


# What is told of it


async def test_diagnostics_tell_nothing_of_the_users_own(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account: Enapter = make_account(EnapterSimulator())
    await account.set_up()
    await account.polls(2)
    account.simulator.faults.add(faults.Status(403, {"errors": [{"message": TOKEN}]}), LATEST, times=1)
    await account.polls(2)
    diagnostics: Any = json.loads(json_dumps(await async_get_config_entry_diagnostics(hass, account.entry)))
    assert diagnostics["credentials"] == {"url": "**REDACTED**", "token": "**REDACTED**"}
    registered = registered_device(hass, account, BATTERY)
    assert registered is not None
    assert isinstance(registered, dr.DeviceEntry)
    of_device = await async_get_device_diagnostics(hass, account.entry, registered)
    assert of_device["kind"] == "battery"
    text = json.dumps([diagnostics, json.loads(json_dumps(of_device))])
    devices = account.simulator.devices.values()
    private = [TOKEN, HOME, ENAPTER_ACCOUNT_ID, str(account.server.port), "Hybrid inverter", "Main meter", "London"]
    private += [value for one in devices for value in (one.id, one.slug, one.blueprint_id) if len(value) > 8]
    private += [str((one.properties or {}).get("serial_number", TOKEN)) for one in devices]
    assert [word for word in private if word in text] == []
    # And yet it helps.
    assert "GET /v3/telemetry/latest" in text
    assert "battery_soc" in text
