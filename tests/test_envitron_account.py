"""An Envitron account in Home Assistant: its entities in every variant of the service, and its tokens over restarts."""

from dataclasses import fields
import re
from typing import Any, Literal, get_args, get_origin, get_type_hints

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.energy_clouds.calculated import Sign
from custom_components.energy_clouds.const import DOMAIN
from tests.simulators import faults
from tests.simulators.envitron import OFFICE, USERNAME, EnvitronSimulator, EnvitronSwitches
from tests.test_restart import restart

from .conftest import Account, MakeAccount

DELIVERY = "sensor.office_smart_meter_main_meter_delivery"
CONSUMPTION = "sensor.office_consumption"
ELECTRICITY = re.compile("electricity")
TOKENS = f"{DOMAIN}.tokens"

type Envitron = Account[EnvitronSimulator]


@pytest.fixture
def envitron(make_account: MakeAccount) -> Envitron:
    return make_account(EnvitronSimulator())


@pytest.mark.usefixtures("all_entities_enabled")
async def test_entities(hass: HomeAssistant, envitron: Envitron, snapshot: SnapshotAssertion) -> None:
    await envitron.set_up()
    await snapshot_platform(hass, er.async_get(hass), snapshot, envitron.entry.entry_id)


async def test_hubs_hang_from_their_building_in_an_area_of_its_name(hass: HomeAssistant, envitron: Envitron) -> None:
    await envitron.set_up()
    registry = dr.async_get(hass)
    devices = {device.name: device for device in dr.async_entries_for_config_entry(registry, envitron.entry.entry_id)}
    building, hub = devices["Office"], devices["Solar inverter"]
    assert hub.via_device_id == building.id
    assert (hub.area_id, building.area_id) == ("office", None)
    assert building.via_device_id == devices[envitron.entry.title].id


async def test_values_are_the_services_own(envitron: Envitron) -> None:
    await envitron.set_up()
    await envitron.polls(3)
    truth = envitron.simulator.actual(OFFICE, envitron.simulator.clock())
    assert truth is not None
    assert float(envitron.state(CONSUMPTION)) == pytest.approx(truth["consumption"], rel=0.3)
    assert len([one for one in envitron.requests if "electricity" in one]) == 4 * 4


def variants() -> list[tuple[str, Any]]:
    """Each switch with each value that is not its default."""
    hints = get_type_hints(EnvitronSwitches)
    found: list[tuple[str, Any]] = []
    for one in fields(EnvitronSwitches):
        hint = hints[one.name]
        values = get_args(hint) if get_origin(hint) is Literal else (False, True) if hint is bool else ()
        found += [(one.name, value) for value in values if value != one.default]
    return found


@pytest.mark.parametrize(("switch", "value"), variants())
async def test_variant_shows_the_same(hass: HomeAssistant, make_account: MakeAccount, switch: str, value: Any) -> None:
    """What is seen with the default service is seen with this one; only what hubs there are may differ."""
    account = make_account(EnvitronSimulator(switches=EnvitronSwitches(**{switch: value})))
    await account.set_up()
    assert account.status() is ConfigEntryState.LOADED
    now = account.simulator.clock()
    entities = account.entities_of_devices()
    shown = {
        entity.unique_id.rpartition("_")[2]: hass.states.get(entity.entity_id)
        for entity in entities
        if not entity.unique_id.endswith(tuple(Sign))
    }
    calculated = {
        entity.unique_id.removesuffix(Sign.POSITIVE).rpartition("_")[2]
        for entity in entities
        if entity.unique_id.endswith(tuple(Sign))
    }
    watts = {uuid for uuid, sensor in account.simulator.sensors.items() if sensor.unit == "W"}
    expected = set(account.simulator.sensors) if switch == "all_sensors" else watts
    assert {*expected, "consumption", "production"} == shown.keys()
    assert {*watts, "consumption", "production"} == calculated
    for uuid in expected:
        state, sensor = shown[uuid], account.simulator.sensors[uuid]
        assert state is not None
        truth = sensor.value(account.simulator.measured_at(uuid, now))
        assert float(state.state) == pytest.approx(truth, abs=1.0), sensor.name
    assert not ir.async_get(hass).issues


async def test_old_values_are_shown_where_a_person_prefers_them(hass: HomeAssistant, envitron: Envitron) -> None:
    delivery = next(uuid for uuid, one in envitron.simulator.sensors.items() if one.name == "Main meter delivery")
    await envitron.set_up()
    envitron.simulator.silence(delivery)
    value = envitron.state(DELIVERY)
    await envitron.polls(70)
    assert envitron.state(DELIVERY) == "unavailable"
    form = await hass.config_entries.options.async_init(envitron.entry.entry_id)
    assert {str(key) for key in form["data_schema"].schema} == {"scan_interval", "excluded_devices", "old_values"}  # type: ignore[union-attr]
    await hass.config_entries.options.async_configure(form["flow_id"], {"excluded_devices": [], "old_values": True})
    await hass.async_block_till_done()
    assert envitron.state(DELIVERY) != "unavailable"
    assert float(envitron.state(DELIVERY)) == pytest.approx(float(value), rel=0.5)
    await envitron.polls(70)
    assert envitron.state(DELIVERY) != "unavailable"


async def test_reload_and_restart_use_the_stored_tokens(hass: HomeAssistant, envitron: Envitron) -> None:
    await envitron.set_up()
    for again in (hass.config_entries.async_reload, lambda entry_id: restart(hass, entry_id)):
        envitron.simulator.requests.clear()
        await again(envitron.entry.entry_id)
        await hass.async_block_till_done()
        assert envitron.status() is ConfigEntryState.LOADED
        assert float(envitron.state(CONSUMPTION))
        assert [one for one in envitron.requests if "token" in one] == []
        assert len(envitron.requests) == 4
    assert envitron.simulator.logins == 1


async def test_tokens_are_on_disk_and_go_with_the_account(
    hass: HomeAssistant, envitron: Envitron, hass_storage: dict[str, Any]
) -> None:
    await envitron.set_up()
    assert len(hass_storage[TOKENS]["data"]) == 1
    await hass.config_entries.async_remove(envitron.entry.entry_id)
    await hass.async_block_till_done()
    assert TOKENS not in hass_storage


@pytest.mark.parametrize("stored", [[], {"x": 1}, {"x": {"access": 5}}, "text"])
async def test_damaged_tokens_cost_one_sign_in(
    hass: HomeAssistant, envitron: Envitron, hass_storage: dict[str, Any], stored: Any
) -> None:
    hass_storage[TOKENS] = {"version": 1, "minor_version": 1, "key": TOKENS, "data": stored}
    await envitron.set_up()
    assert envitron.status() is ConfigEntryState.LOADED
    assert envitron.simulator.logins == 1


async def test_too_many_tokens_become_a_repair_issue_until_it_is_over(hass: HomeAssistant, envitron: Envitron) -> None:
    for _ in range(50):
        envitron.simulator.sessions.grant(envitron.simulator.users[USERNAME], envitron.simulator.clock())
    await envitron.set_up()
    assert envitron.status() is ConfigEntryState.SETUP_RETRY
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"{envitron.entry.entry_id}_too_many_tokens_")
    assert issue is not None
    assert issue.translation_key == "too_many_tokens"
    assert issue.translation_placeholders == {"account": "Envitron 127.0.0.1"}
    # Home Assistant tries again and again; the service is asked once an hour.
    await envitron.polls(58)
    assert envitron.requests == ["POST /public-api/token/"]
    assert not list(hass.config_entries.flow.async_progress())
    # Support has cleared the tokens.
    envitron.simulator.revoke(USERNAME)
    await envitron.polls(20)
    assert envitron.status() is ConfigEntryState.LOADED
    assert not ir.async_get(hass).issues


@pytest.mark.parametrize("was_set_up", [True, False])
async def test_account_that_is_disabled_takes_its_issues_along(
    hass: HomeAssistant, envitron: Envitron, was_set_up: bool
) -> None:
    too_many = faults.Status(403, {"detail": "Too many outstanding tokens."})
    if not was_set_up:
        envitron.simulator.faults.add(too_many, re.compile("token"))
    await envitron.set_up()
    assert envitron.status() is (ConfigEntryState.LOADED if was_set_up else ConfigEntryState.SETUP_RETRY)
    envitron.simulator.faults.add(too_many, re.compile("token"))
    await envitron.polls(20)
    assert len(ir.async_get(hass).issues) == 1
    await hass.config_entries.async_set_disabled_by(envitron.entry.entry_id, ConfigEntryDisabler.USER)
    await hass.async_block_till_done()
    assert not ir.async_get(hass).issues


async def test_changed_password_starts_one_reauth_flow_and_a_new_one_ends_it(
    hass: HomeAssistant, envitron: Envitron
) -> None:
    await envitron.set_up()
    envitron.simulator.change_password(USERNAME, "new password")
    await envitron.polls(60)
    assert not list(hass.config_entries.flow.async_progress())
    envitron.simulator.revoke(USERNAME)
    await envitron.polls(3)
    flows = list(hass.config_entries.flow.async_progress())
    assert [flow["context"]["source"] for flow in flows] == ["reauth"]
    entered = {"url": envitron.server.url, "username": USERNAME, "password": "new password"}
    result = await hass.config_entries.flow.async_configure(flows[0]["flow_id"], entered)
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert envitron.status() is ConfigEntryState.LOADED
    assert float(envitron.state(CONSUMPTION))
    # The pair of the flow is the account's from now on.
    assert envitron.simulator.logins == 2
