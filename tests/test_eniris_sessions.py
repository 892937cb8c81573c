"""The session of an Eniris account in Home Assistant: over restarts and pauses, renewed, ended and begun anew."""

from datetime import datetime, timedelta
import json
import re
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from custom_components.energy_clouds.vendors.model import PointId
from tests.eniris_home import POWER, TOKENS, Eniris, entered, kept_tokens, logins, refresh_tokens, small
from tests.simulators import faults
from tests.simulators.eniris import GRID_METER, EnirisSwitches
from tests.test_restart import restart

from .conftest import MakeAccount

ACCESS = re.compile("/auth/accesstoken")
REFRESH = re.compile("/auth/refreshtoken$")
API = re.compile("/v1/")
SHOWN_FOR = timedelta(minutes=15)
ACTUAL_POWER = PointId(device_id=GRID_METER, key="submeteringMetrics.actualPowerTot_W")
UNAUTHORIZED = faults.Status(401, {"statusCode": 401, "error": "Unauthorized", "message": "INVALID_TOKEN"})


@pytest.fixture
def eniris(make_account: MakeAccount) -> Eniris:
    return make_account(small())


def reauths(hass: HomeAssistant) -> list[str]:
    """What the account asks of a person."""
    return [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()]


async def sleep(account: Eniris, **pause: float) -> None:
    """Home Assistant is off for so long."""
    await account.hass.config_entries.async_unload(account.entry.entry_id)
    account.freezer.tick(timedelta(**pause))
    account.simulator.requests.clear()
    await restart(account.hass, account.entry.entry_id)
    await account.hass.async_block_till_done()


async def test_reload_costs_no_token_and_restart_one(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    # The first question is a small one: it tells what the others cost.
    values = ["POST /v1/device/query", "POST /v1/telemetry/query", "POST /v1/telemetry/query"]
    eniris.simulator.requests.clear()
    await hass.config_entries.async_reload(eniris.entry.entry_id)
    await hass.async_block_till_done()
    assert eniris.requests == values
    assert float(eniris.state(POWER))
    await sleep(eniris, minutes=1)
    assert eniris.requests == ["GET /auth/accesstoken", *values]
    assert float(eniris.state(POWER))


async def test_day_of_polls_costs_an_access_token_every_few_minutes(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any]
) -> None:
    await eniris.set_up()
    stored = kept_tokens(hass_storage)
    eniris.simulator.requests.clear()
    await eniris.polls(60)
    assert 12 <= eniris.requests.count("GET /auth/accesstoken") <= 60 / 3.75 + 2
    assert (logins(eniris), eniris.simulator.renewals) == (0, 0)
    # What lives for minutes is not written to the disk.
    assert kept_tokens(hass_storage) == stored


@pytest.mark.parametrize(("days", "renewals"), [(6.9, 0), (7.1, 1), (13, 1), (13.9, 1)])
async def test_pause_ends_with_the_session_that_was_there(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], days: float, renewals: int
) -> None:
    await eniris.set_up()
    before = refresh_tokens(hass_storage)
    await sleep(eniris, days=days)
    assert eniris.status() is ConfigEntryState.LOADED
    assert float(eniris.state(POWER))
    assert (logins(eniris), eniris.simulator.renewals, reauths(hass)) == (0, renewals, [])
    assert (refresh_tokens(hass_storage) != before) is bool(renewals)
    # The new one lives as long as the first did.
    await sleep(eniris, days=6 if renewals else 0)
    assert eniris.simulator.renewals == renewals
    assert float(eniris.state(POWER))


async def test_pause_that_is_too_long_asks_a_person_and_nobody_else(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    await sleep(eniris, days=15)
    # How long a session lasts is for the service to say, and it is believed when it says so twice.
    await eniris.polls(10)
    assert eniris.status() is ConfigEntryState.SETUP_ERROR
    assert (reauths(hass), eniris.requests) == (["reauth"], ["GET /auth/accesstoken"] * 3)
    await eniris.polls(10)
    await sleep(eniris, days=1)
    assert (reauths(hass), eniris.requests) == (["reauth"], [])
    (flow,) = hass.config_entries.flow.async_progress()
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], entered(eniris.server))
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert float(eniris.state(POWER))


class Witness:
    """Passes requests on, and notes with which token each came and which were on disk then."""

    def __init__(self, hass_storage: dict[str, Any]) -> None:
        self._storage = hass_storage
        self.seen: list[tuple[str, str, bool]] = []

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Take the note, then let the vendor answer."""
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.seen.append((request.path, token, token in json.dumps(self._storage.get(TOKENS), default=str)))
        return await handler(request)


@pytest.mark.parametrize("revokes", [False, True])
async def test_renewed_token_is_on_disk_before_it_is_used(
    hass: HomeAssistant, make_account: MakeAccount, hass_storage: dict[str, Any], revokes: bool
) -> None:
    account = make_account(small(switches=EnirisSwitches(renewal_revokes=revokes)))
    await account.set_up()
    (old,) = refresh_tokens(hass_storage)
    witness = Witness(hass_storage)
    account.simulator.faults.add(witness, re.compile("/auth/"))
    account.freezer.tick(timedelta(days=7, hours=1))
    await account.polls(10)
    (new,) = refresh_tokens(hass_storage)
    assert new != old
    assert all(on_disk for _, _, on_disk in witness.seen)
    assert [path for path, token, _ in witness.seen if token == old] == ["/auth/accesstoken", "/auth/refreshtoken"]
    assert [path for path, token, _ in witness.seen if token == new] == ["/auth/accesstoken"] * 2
    # Nothing else is asked either, before the new token is there to stay.
    renewed = next(n for n, one in enumerate(account.simulator.requests) if one.path == "/auth/refreshtoken")
    assert account.simulator.requests[renewed - 1].path == "/auth/accesstoken"
    await sleep(account, days=13)
    assert float(account.state(POWER))


@pytest.mark.parametrize(
    "fault",
    [faults.Status(500), faults.HtmlPage(200), faults.ConnectionReset(None), UNAUTHORIZED, faults.EmptyBody()],
    ids=["500", "HTML", "reset", "401", "empty"],
)
async def test_renewal_that_fails_is_tried_again_the_next_day_and_costs_nothing(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], fault: faults.Fault
) -> None:
    await eniris.set_up()
    kept = kept_tokens(hass_storage)
    struck = eniris.simulator.faults.add(fault, REFRESH)
    eniris.freezer.tick(timedelta(days=8))
    await eniris.polls(12)
    assert float(eniris.state(POWER))
    # What is reset at once, aiohttp sends once more by itself.
    assert struck.hits == (2 if isinstance(fault, faults.ConnectionReset) else 1)
    assert (kept_tokens(hass_storage), reauths(hass)) == (kept, [])
    eniris.simulator.faults.clear()
    eniris.freezer.tick(timedelta(days=1))
    await eniris.polls(5)
    assert (eniris.simulator.renewals, logins(eniris)) == (1, 0)
    assert kept_tokens(hass_storage) != kept


@pytest.mark.parametrize("death", ["while it asks", "before it writes"])
async def test_death_during_a_renewal_leaves_the_old_session(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], death: str
) -> None:
    """What is on disk at the instant of a power cut is what there is afterwards."""
    await eniris.set_up()
    kept = kept_tokens(hass_storage)
    if death == "while it asks":
        eniris.simulator.faults.add(faults.LostAnswer(), REFRESH)
    await sleep(eniris, days=8)
    done = eniris.simulator.renewals
    assert done >= 1
    hass_storage[TOKENS]["data"] = kept
    eniris.simulator.faults.clear()
    await restart(hass, eniris.entry.entry_id)
    await hass.async_block_till_done()
    assert float(eniris.state(POWER))
    assert (logins(eniris), eniris.simulator.renewals, reauths(hass)) == (0, done + 1, [])


@pytest.mark.parametrize("path", [ACCESS, API], ids=["access token", "API"])
async def test_one_stray_refusal_is_nothing(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], path: re.Pattern[str]
) -> None:
    await eniris.set_up()
    kept, value = kept_tokens(hass_storage), eniris.state(POWER)
    for _ in range(3):
        struck = eniris.simulator.faults.add(UNAUTHORIZED, path, times=1)
        await eniris.polls(6)
        assert struck.hits == 1
        assert eniris.state(POWER) not in ("unavailable", value)
    assert (reauths(hass), logins(eniris), kept_tokens(hass_storage)) == ([], 0, kept)


@pytest.mark.parametrize("fault", [faults.HtmlPage(401), faults.HtmlPage(403), faults.Status(401)])
async def test_refusal_that_is_not_the_services_own_is_nothing_however_often(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], fault: faults.Fault
) -> None:
    await eniris.set_up()
    kept = kept_tokens(hass_storage)
    eniris.simulator.faults.add(fault, ACCESS)
    await eniris.polls(30)
    assert eniris.state(POWER) == "unavailable"
    assert (reauths(hass), logins(eniris), kept_tokens(hass_storage)) == ([], 0, kept)
    eniris.simulator.faults.clear()
    await eniris.polls(2)
    assert float(eniris.state(POWER))


async def test_revoked_session_asks_a_person_once_and_values_stay_for_a_while(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any]
) -> None:
    await eniris.set_up()
    await eniris.polls(10)
    eniris.simulator.revoke_refresh_tokens()
    eniris.simulator.requests.clear()
    while not reauths(hass):
        await eniris.wait(30)
        assert eniris.simulator.clock() < eniris.simulator.requests[0].time + timedelta(minutes=8)
    refused = [one for one in eniris.simulator.requests if one.status == 401]
    assert [one.path for one in refused] == ["/auth/accesstoken"] * 2
    assert kept_tokens(hass_storage) == {}
    value, coordinator = eniris.state(POWER), eniris.entry.runtime_data
    measured_at = coordinator.data[ACTUAL_POWER].time
    assert coordinator.last_success - measured_at < timedelta(minutes=2)
    assert float(value)
    eniris.simulator.requests.clear()
    while eniris.simulator.clock() + timedelta(seconds=30) <= measured_at + SHOWN_FOR:
        await eniris.wait(30)
        assert eniris.state(POWER) == value
    await eniris.polls(2)
    assert eniris.state(POWER) == "unavailable"
    await eniris.polls(60)
    # A person is asked once, and the service not at all.
    assert (reauths(hass), eniris.requests) == (["reauth"], [])
    (flow,) = hass.config_entries.flow.async_progress()
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], entered(eniris.server))
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert float(eniris.state(POWER))
    await eniris.polls(20)
    assert (reauths(hass), logins(eniris)) == ([], 1)


# After hours the devices are listed first: what is refused there and then once more in the same moment counts once.
@pytest.mark.parametrize(("pause", "refusals"), [({"minutes": 5}, 2), ({"hours": 3}, 3)], ids=repr)
async def test_session_that_is_revoked_while_home_assistant_is_off(
    hass: HomeAssistant, eniris: Eniris, pause: dict[str, float], refusals: int
) -> None:
    await eniris.set_up()
    eniris.simulator.revoke_refresh_tokens()
    await sleep(eniris, **pause)
    await eniris.polls(10)
    assert reauths(hass) == ["reauth"]
    assert eniris.requests == ["GET /auth/accesstoken"] * refusals


async def test_password_that_changes_does_not_end_the_session(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    eniris.simulator.change_password("new")
    await eniris.polls(20)
    await sleep(eniris, days=8)
    assert float(eniris.state(POWER))
    assert reauths(hass) == []


@pytest.mark.parametrize("stored", [[], {"x": 1}, {"x": {"access": 5}}, "text"], ids=repr)
async def test_damaged_tokens_ask_a_person(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], stored: Any
) -> None:
    await eniris.set_up()
    await hass.config_entries.async_unload(eniris.entry.entry_id)
    hass_storage[TOKENS]["data"] = stored
    eniris.simulator.requests.clear()
    await restart(hass, eniris.entry.entry_id)
    await hass.async_block_till_done()
    assert (reauths(hass), eniris.requests) == (["reauth"], [])
