"""An Enectiva account in Home Assistant: its entities in every variant of the service, its options, what it lacks."""

from dataclasses import fields
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin, get_type_hints

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import msgspec
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.vendors.model import Quantity
from tests.simulators.enectiva import LOGIN_TOKEN, METER_DELTAS, EnectivaSimulator, EnectivaSwitches
from tests.test_restart import restart

from .conftest import Account, MakeAccount

READING = "sensor.building_a_main_electricity_meter_reading"
MONTH = "sensor.building_a_main_electricity_consumption_this_month"
TYPED_IN = {"data_series": ["11"], "virtual_meters": ["501"]}

type Enectiva = Account[EnectivaSimulator]


@pytest.fixture
async def enectiva(hass: HomeAssistant, make_account: MakeAccount) -> Enectiva:
    await hass.config.async_set_time_zone("Europe/London")
    return make_account(EnectivaSimulator())


def state_of(hass: HomeAssistant, entity_id: str) -> State:
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state


@pytest.mark.usefixtures("all_entities_enabled")
async def test_entities(hass: HomeAssistant, enectiva: Enectiva, snapshot: SnapshotAssertion) -> None:
    await enectiva.set_up(options=TYPED_IN | {"electricity_meters": ["virtual_meter_501"]})
    await snapshot_platform(hass, er.async_get(hass), snapshot, enectiva.entry.entry_id)


async def test_meters_are_in_the_area_of_their_entity(hass: HomeAssistant, enectiva: Enectiva) -> None:
    await enectiva.set_up(options=TYPED_IN)
    registry = dr.async_get(hass)
    devices = {device.name: device for device in dr.async_entries_for_config_entry(registry, enectiva.entry.entry_id)}
    assert devices["Main electricity"].area_id == "building_a"
    assert devices["Hot water"].area_id == "building_a_first_floor"
    # What was typed in has no name but its number.
    assert {"Data series 11", "Virtual meter 501"} <= devices.keys()


async def test_register_and_month(hass: HomeAssistant, enectiva: Enectiva) -> None:
    await enectiva.set_up()
    now = enectiva.simulator.clock()
    newest = enectiva.simulator.newest("42", now)
    assert newest is not None
    register, month = state_of(hass, READING), state_of(hass, MONTH)
    assert float(register.state) == newest[1]
    assert (register.attributes["device_class"], register.attributes["state_class"]) == ("energy", "total_increasing")
    assert float(month.state) == enectiva.simulator.month_delta("42", now)
    assert (month.attributes["device_class"], month.attributes["state_class"]) == ("energy", "total")
    assert month.attributes["last_reset"] == "2026-11-01T00:00:00+00:00"
    assert "last_reset" not in register.attributes


@pytest.mark.parametrize(
    ("name", "device_class", "unit"),
    [
        ("main_electricity", "energy", "kWh"),
        ("district_heat", "energy", "kWh"),
        ("gas", "gas", "m³"),
        ("water", "water", "m³"),
        ("cooling", "energy", "kWh"),
    ],
)
async def test_each_energy_has_its_class(
    hass: HomeAssistant, enectiva: Enectiva, name: str, device_class: str, unit: str
) -> None:
    await enectiva.set_up()
    attributes = state_of(hass, f"sensor.building_a_{name}_meter_reading").attributes
    assert (attributes["device_class"], attributes["unit_of_measurement"]) == (device_class, unit)


def variants() -> list[tuple[str, Any]]:
    """Each switch with each value that is not its default, but for those of which only a person can make up for."""
    hints = get_type_hints(EnectivaSwitches)
    found: list[tuple[str, Any]] = []
    for one in fields(EnectivaSwitches):
        hint = hints[one.name]
        values = get_args(hint) if get_origin(hint) is Literal else (False, True) if hint is bool else ()
        found += [(one.name, value) for value in values if value != one.default]
    return [one for one in found if one not in (("unit", "absent"), ("energy", "absent"))]


@pytest.mark.parametrize(("switch", "value"), variants())
async def test_variant_shows_the_same(
    hass: HomeAssistant, make_account: MakeAccount, snapshot: SnapshotAssertion, switch: str, value: Any
) -> None:
    account = make_account(EnectivaSimulator(switches=EnectivaSwitches(**{switch: value})))
    await hass.config.async_set_time_zone("Europe/London")
    await account.set_up(options=TYPED_IN)
    assert account.status() is ConfigEntryState.LOADED
    now, simulator = account.simulator.clock(), account.simulator
    shown = {
        entity.unique_id.removeprefix(f"{account.row.account_id}_"): hass.states.get(entity.entity_id)
        for entity in er.async_entries_for_config_entry(er.async_get(hass), account.entry.entry_id)
    }
    expected = {f"{meter}_reading": newest[1] for meter in simulator.meters if (newest := simulator.newest(meter, now))}
    if (switch, value) != ("deltas", 404):
        expected |= {
            f"{meter}_month": month for meter in simulator.meters if (month := simulator.month_delta(meter, now))
        }
    expected = {key: one for key, one in expected.items() if not key.startswith("53_")}
    assert {key for key in shown if key[0].isdigit()} == expected.keys()
    for key, one in expected.items():
        state = shown[key]
        assert state is not None
        assert float(state.state) == pytest.approx(one), key
        assert state.attributes["device_class"] in ("energy", "gas", "water")
    assert {"data_series_11_value", "virtual_meter_501_month_without_unit"} <= shown.keys()
    assert not ir.async_get(hass).issues


async def test_what_nobody_tells_is_chosen_by_a_person(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(EnectivaSimulator(switches=EnectivaSwitches(energy="absent", unit="absent")))
    await account.set_up()
    entity_id = "sensor.building_a_gas_meter_reading"
    state = state_of(hass, f"{entity_id}_without_unit")
    assert not state.attributes.keys() & {"device_class", "unit_of_measurement", "state_class"}
    form: Any = await hass.config_entries.options.async_init(account.entry.entry_id)
    fields_shown = {str(key): selector for key, selector in form["data_schema"].schema.items()}
    choices = {one["value"]: one["label"] for one in fields_shown["gas_meters"].config["options"]}
    assert choices["47"] == "Gas"
    assert fields_shown["gas_unit"].config["options"] == ["m³", "kWh", "MWh"]
    chosen = {"excluded_devices": [], "gas_meters": ["47"], "gas_unit": "m³", "electricity_meters": ["42"]}
    await hass.config_entries.options.async_configure(form["flow_id"], chosen)
    await hass.async_block_till_done()
    attributes = state_of(hass, entity_id).attributes
    assert (attributes["device_class"], attributes["unit_of_measurement"]) == ("gas", "m³")
    assert attributes["state_class"] == "total_increasing"
    # The entity without a unit is gone, and with it the states that would spoil the statistics of this one.
    assert hass.states.get(f"{entity_id}_without_unit") is None
    assert er.async_get(hass).async_get(f"{entity_id}_without_unit") is None
    assert hass.states.get("sensor.building_a_cooling_meter_reading_without_unit")
    assert state_of(hass, READING).attributes["unit_of_measurement"] == "kWh"


async def test_options_offer_no_choice_of_meters_where_all_is_told(hass: HomeAssistant, enectiva: Enectiva) -> None:
    await enectiva.set_up()
    form: Any = await hass.config_entries.options.async_init(enectiva.entry.entry_id)
    assert not [
        str(key) for key in form["data_schema"].schema if str(key).endswith("_meters") and "virtual" not in str(key)
    ]


async def test_data_series_and_virtual_meters_come_and_go_with_the_options(
    hass: HomeAssistant, enectiva: Enectiva
) -> None:
    await enectiva.set_up()
    assert hass.states.get("sensor.data_series_11_value") is None
    form = await hass.config_entries.options.async_init(enectiva.entry.entry_id)
    typed = {"excluded_devices": [], "data_series": [" 11 ", "", "11"], "virtual_meters": ["501"]}
    await hass.config_entries.options.async_configure(form["flow_id"], typed)
    await hass.async_block_till_done()
    assert enectiva.entry.options == {"data_series": ["11"], "virtual_meters": ["501"]}
    form = await hass.config_entries.options.async_init(enectiva.entry.entry_id)
    fields_shown = {str(key): selector for key, selector in form["data_schema"].schema.items()}  # type: ignore[union-attr]
    # What has no name of its own is called as its device is.
    assert fields_shown["heat_meters"].config["options"] == [
        {"value": "virtual_meter_501", "label": "Virtual meter 501"}
    ]
    assert float(state_of(hass, "sensor.data_series_11_value").state)
    assert float(state_of(hass, "sensor.virtual_meter_501_consumption_this_month_without_unit").state)
    form = await hass.config_entries.options.async_init(enectiva.entry.entry_id)
    await hass.config_entries.options.async_configure(form["flow_id"], {"excluded_devices": []})
    await hass.async_block_till_done()
    assert hass.states.get("sensor.data_series_11_value") is None


async def test_unknown_data_series_is_a_repair_issue(hass: HomeAssistant, enectiva: Enectiva) -> None:
    await enectiva.set_up(options={"data_series": ["99"]})
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"{enectiva.entry.entry_id}_unknown_data_series_99")
    assert issue is not None
    assert issue.translation_placeholders == {"account": "Enectiva", "id": "99"}


async def test_missing_scope_is_a_repair_issue_and_the_rest_works(hass: HomeAssistant, enectiva: Enectiva) -> None:
    enectiva.simulator.withdraw(LOGIN_TOKEN, METER_DELTAS)
    await enectiva.set_up()
    assert float(enectiva.state(READING))
    assert hass.states.get(MONTH) is None
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"{enectiva.entry.entry_id}_scope_missing_meter_deltas")
    assert issue is not None
    assert issue.translation_placeholders == {"account": "Enectiva", "scope": "meter_deltas"}
    assert not list(hass.config_entries.flow.async_progress())
    enectiva.simulator.grant(LOGIN_TOKEN, METER_DELTAS)
    enectiva.freezer.tick(timedelta(hours=6))
    await enectiva.polls(3)
    assert float(enectiva.state(MONTH))
    assert not ir.async_get(hass).issues


async def test_issue_that_was_ignored_stays_ignored(hass: HomeAssistant, enectiva: Enectiva) -> None:
    enectiva.simulator.withdraw(LOGIN_TOKEN, METER_DELTAS)
    await enectiva.set_up()
    issue_id = f"{enectiva.entry.entry_id}_scope_missing_meter_deltas"
    ir.async_ignore_issue(hass, DOMAIN, issue_id, ignore=True)
    # While the service is down nothing is known of its rights.
    await enectiva.server.stop()
    await restart(hass, enectiva.entry.entry_id)
    assert enectiva.status() is ConfigEntryState.SETUP_RETRY
    await enectiva.server.start()
    await enectiva.polls(10)
    assert enectiva.status() is ConfigEntryState.LOADED
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.dismissed_version is not None


async def test_revoked_login_token_starts_one_reauth_flow(hass: HomeAssistant, enectiva: Enectiva) -> None:
    await enectiva.set_up()
    enectiva.simulator.revoke(LOGIN_TOKEN)
    await enectiva.polls(30)
    flows = list(hass.config_entries.flow.async_progress())
    assert [flow["context"]["source"] for flow in flows] == ["reauth"]
    form = await hass.config_entries.flow.async_configure(flows[0]["flow_id"])
    assert {str(key) for key in form["data_schema"].schema} == {"token", "advanced"}  # type: ignore[union-attr]


async def test_restart_lists_nothing_anew_and_shows_at_once(hass: HomeAssistant, enectiva: Enectiva) -> None:
    await enectiva.set_up()
    before = {state.entity_id: state.state for state in hass.states.async_all()}
    enectiva.simulator.requests.clear()
    await restart(hass, enectiva.entry.entry_id)
    await hass.async_block_till_done()
    assert {state.entity_id: state.state for state in hass.states.async_all()} == before
    assert not [one for one in enectiva.requests if one in ("GET /meters", "GET /entities")]


async def test_deactivated_meter_is_removed_with_the_next_discovery(hass: HomeAssistant, enectiva: Enectiva) -> None:
    await enectiva.set_up()
    enectiva.simulator.deactivate("47", enectiva.simulator.clock())
    enectiva.freezer.tick(timedelta(hours=6))
    await enectiva.polls(2)
    assert hass.states.get("sensor.building_a_gas_meter_reading") is None
    assert float(enectiva.state(READING))


async def test_year_old_reading_is_still_a_reading(hass: HomeAssistant, enectiva: Enectiva) -> None:
    await enectiva.set_up()
    garden = "sensor.building_a_ground_floor_garden_water_meter_reading"
    value = enectiva.state(garden)
    await enectiva.polls(120)
    assert enectiva.state(garden) == value


async def test_meter_whose_unit_changes_is_never_shown_in_the_old_one(hass: HomeAssistant, enectiva: Enectiva) -> None:
    await enectiva.set_up()
    gas = "sensor.building_a_gas_meter_reading"
    before = enectiva.state(gas)
    enectiva.simulator.meters["47"].unit = "kWh"
    for _ in range(2):
        enectiva.freezer.tick(timedelta(hours=6))
        await enectiva.polls(2)
    state = state_of(hass, gas)
    assert (state.attributes["unit_of_measurement"], state.attributes["device_class"]) == ("kWh", "energy")
    now = enectiva.simulator.clock()
    newest = enectiva.simulator.newest("47", now)
    assert newest is not None
    assert float(state.state) == newest[1] != float(before)
    assert enectiva.status() is ConfigEntryState.LOADED


async def test_service_that_tells_another_unit_every_time_is_set_up_anew_only_now_and_then(
    hass: HomeAssistant, enectiva: Enectiva
) -> None:
    await enectiva.set_up()
    coordinator = enectiva.entry.runtime_data
    gas = next(point for point in coordinator.inventory.points if point.id.device_id == "47")
    wrong = msgspec.structs.replace(gas, unit="kWh", quantity=Quantity.ENERGY)
    others = [point for point in coordinator.inventory.points if point.id != gas.id]
    redefined = msgspec.structs.replace(coordinator.inventory, points=(*others, wrong))
    coordinator._take_inventory(redefined)
    value = enectiva.state("sensor.building_a_gas_meter_reading")
    await enectiva.polls(8)
    # For ten minutes after a start nothing is made anew, and nothing is shown of the point either.
    assert enectiva.entry.runtime_data is coordinator
    assert enectiva.state("sensor.building_a_gas_meter_reading") == value
    await enectiva.polls(4)
    await hass.async_block_till_done()
    assert enectiva.entry.runtime_data is not coordinator
