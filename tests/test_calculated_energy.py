"""Calculated energy in Home Assistant: as true as the samples are, and never undone, whatever happens in between."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.energy_clouds.calculated import CalculatedPoint
from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.vendors import budget
from custom_components.energy_clouds.vendors.model import PointId, Sample
from tests.simulators import faults
from tests.simulators.envitron import OFFICE, EnvitronSimulator

from .conftest import Account, MakeAccount
from .test_restart import restart

SUNNY_SUNDAY = datetime(2026, 6, 28, 5, 0, 30, tzinfo=UTC)
"""From about six o'clock on the office exports."""
DELIVERY = "153cde21-5967-4f25-b7f1-3325083c7695"
RETURN = "2a94f7d0-6c1b-4e38-9f52-b0d7e8a16340"
SERVER_ROOM = "ad16f0c3-7b98-4e2d-b5a1-c43d8e9f7061"
HEAT_PUMP = "94b7c2f1-d06e-4583-b91a-7ce4a5d80f31"
SMART_METER = "0f6d2b7c-5b1e-4c0a-8a43-1d9c6f2be701"

IMPORTED = "sensor.office_consumption_imported_energy_calculated"
EXPORTED = "sensor.office_consumption_exported_energy_calculated"
DELIVERED = "sensor.office_smart_meter_main_meter_delivery_imported_energy_calculated"
RETURNED = "sensor.office_smart_meter_main_meter_return_exported_energy_calculated"
ROOM = "sensor.office_server_room_consumption_imported_energy_calculated"
ROOM_POWER = "sensor.office_server_room_consumption"

type Envitron = Account[EnvitronSimulator]


@pytest.fixture
def envitron(make_account: MakeAccount, monkeypatch: pytest.MonkeyPatch) -> Envitron:
    monkeypatch.setattr(budget, "SHORT_WAIT", timedelta(0))
    return make_account(EnvitronSimulator())


async def minutes(envitron: Envitron, number: int) -> None:
    """Let so many minutes pass; each has its poll."""
    for _ in range(number):
        await envitron.wait(60)


async def outage(envitron: Envitron, number: int) -> None:
    """Let the service fail for so many minutes."""
    envitron.simulator.faults.add(faults.Status(503, {"detail": "Service Unavailable"}))
    await minutes(envitron, number)
    envitron.simulator.faults.clear()


def measured(envitron: Envitron, device_id: str, key: str) -> datetime:
    """When the newest sample of a point was measured."""
    time: datetime = envitron.entry.runtime_data.data[PointId(device_id=device_id, key=key)].time
    return time


def watt_hours(envitron: Envitron, entity_id: str) -> float:
    return float(envitron.state(entity_id)) * 1000


def counters_of(hass_storage: dict[str, Any], envitron: Envitron) -> dict[str, Any]:
    """What is on disk, by the power's key."""
    stored = hass_storage[f"{DOMAIN}.{envitron.entry.entry_id}.counters"]["data"]["powers"]
    return {one["point_id"]["key"]: one for one in stored}


@pytest.mark.parametrize(
    ("device_id", "powers", "entity_ids", "tolerance"),
    [
        # Each is sampled at an instant of its own, and true to a watt. The world bends every five minutes.
        (SMART_METER, (DELIVERY, RETURN), (DELIVERED, RETURNED), 0.001),
        # A building's value has the time of its oldest part, which is up to a minute before the others.
        (OFFICE, ("consumption", "consumption"), (IMPORTED, EXPORTED), 0.01),
    ],
    ids=["sensor", "building"],
)
async def test_import_and_export_are_those_of_the_world(
    envitron: Envitron, device_id: str, powers: tuple[str, str], entity_ids: tuple[str, str], tolerance: float
) -> None:
    """Over five hours, with an outage of 20 minutes, which is bridged, and one of two hours, which is not."""
    envitron.freezer.move_to(SUNNY_SUNDAY)
    await envitron.set_up()

    def newest() -> tuple[datetime, float]:
        """When was measured last, and how many watts were exported, if any."""
        sample: Sample = envitron.entry.runtime_data.data[PointId(device_id=device_id, key=powers[1])]
        assert isinstance(sample.value, float)
        return sample.time, abs(sample.value)

    begin, _ = newest()
    await minutes(envitron, 85)
    bridge, watts_before = newest()
    await outage(envitron, 20)
    await minutes(envitron, 1)
    bridged, watts_after = newest()
    await minutes(envitron, 14)
    gap, _ = newest()
    await outage(envitron, 120)
    await minutes(envitron, 1)
    again, _ = newest()
    await minutes(envitron, 60)
    end, _ = newest()

    assert bridged - bridge > timedelta(minutes=20)
    assert again - gap > timedelta(hours=2)
    spans = (begin, bridge), (bridged, gap), (again, end)
    true = [envitron.simulator.world.energy("grid", *span) for span in spans]
    imported, exported = (watt_hours(envitron, entity_id) for entity_id in entity_ids)
    assert imported == pytest.approx(sum(one.imported for one in true), rel=tolerance)
    # Over a bridge nothing is known but its ends.
    over_bridge = (watts_before + watts_after) / 2 * ((bridged - bridge) / timedelta(hours=1))
    assert over_bridge > 1000
    assert exported == pytest.approx(sum(one.exported for one in true) + over_bridge, rel=tolerance)
    # The gap matters: more was exported meanwhile than in all that is counted.
    assert envitron.simulator.world.energy("grid", gap, again).exported > exported


async def test_register_of_a_sign_appears_with_its_first_sample(hass: HomeAssistant, envitron: Envitron) -> None:
    envitron.freezer.move_to(SUNNY_SUNDAY)
    await envitron.set_up()
    await minutes(envitron, 30)
    assert watt_hours(envitron, IMPORTED) > 0
    # There is nothing yet to be called export.
    assert hass.states.get(EXPORTED) is None
    await minutes(envitron, 45)
    assert watt_hours(envitron, EXPORTED) > 0


async def shown_on_disk(hass: HomeAssistant, envitron: Envitron, hass_storage: dict[str, Any]) -> list[float]:
    """Let ten minutes pass; whenever a register is shown, it must be on disk already. Returns all that was shown."""
    shown: list[float] = []
    on_disk: list[float] = []

    @callback
    def compare(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and state.entity_id == ROOM and state.state != STATE_UNAVAILABLE:
            shown.append(float(state.state) * 1000)
            on_disk.append(counters_of(hass_storage, envitron)[SERVER_ROOM]["positive"])

    remove = hass.bus.async_listen("state_changed", compare)
    await minutes(envitron, 10)
    remove()
    assert on_disk == pytest.approx(shown, abs=1e-6)
    return shown


async def test_power_cut_right_after_a_value_was_shown_loses_nothing(
    hass: HomeAssistant, envitron: Envitron, hass_storage: dict[str, Any]
) -> None:
    await envitron.set_up()
    shown = await shown_on_disk(hass, envitron, hass_storage)
    assert len(shown) == 10
    assert shown == sorted(shown)
    # What a power cut leaves is what was on disk in that moment.
    disk = deepcopy(hass_storage)
    await hass.config_entries.async_unload(envitron.entry.entry_id)
    hass_storage.clear()
    hass_storage.update(disk)
    await restart(hass, envitron.entry.entry_id)
    await hass.async_block_till_done()
    assert watt_hours(envitron, ROOM) == pytest.approx(shown[-1])
    assert (await shown_on_disk(hass, envitron, hass_storage))[-1] > shown[-1] * 1.9


@pytest.mark.parametrize(("gap", "is_bridged"), [(50, True), (70, False)])
async def test_restart_bridges_what_is_no_longer_than_three_cadences(
    hass: HomeAssistant, envitron: Envitron, gap: int, is_bridged: bool
) -> None:
    await envitron.set_up()
    await minutes(envitron, 10)
    before, last = watt_hours(envitron, ROOM), measured(envitron, SERVER_ROOM, SERVER_ROOM)
    await hass.config_entries.async_unload(envitron.entry.entry_id)
    envitron.freezer.tick(timedelta(minutes=gap))
    await restart(hass, envitron.entry.entry_id)
    await hass.async_block_till_done()
    between = envitron.simulator.world.energy("server_room", last, measured(envitron, SERVER_ROOM, SERVER_ROOM))
    assert between.imported > before
    expected = before + between.imported if is_bridged else before
    assert watt_hours(envitron, ROOM) == pytest.approx(expected, rel=0.01)
    await minutes(envitron, 3)
    assert watt_hours(envitron, ROOM) > expected


async def test_reload_changes_nothing(hass: HomeAssistant, envitron: Envitron) -> None:
    await envitron.set_up()
    await minutes(envitron, 10)
    before = {state.entity_id: state.state for state in hass.states.async_all() if "calculated" in state.entity_id}
    assert len(before) == 13
    await hass.config_entries.async_reload(envitron.entry.entry_id)
    await hass.async_block_till_done()
    assert {entity_id: envitron.state(entity_id) for entity_id in before} == before


async def test_removed_account_leaves_nothing(
    hass: HomeAssistant, envitron: Envitron, hass_storage: dict[str, Any]
) -> None:
    await envitron.set_up()
    await minutes(envitron, 2)
    assert counters_of(hass_storage, envitron)
    await hass.config_entries.async_remove(envitron.entry.entry_id)
    await minutes(envitron, 20)
    assert [key for key in hass_storage if envitron.entry.entry_id in key] == []
    assert not [state for state in hass.states.async_all() if "calculated" in state.entity_id]


@pytest.mark.parametrize(
    "stored",
    ["text", [], {"powers": 5}, {"powers": [{"point_id": "x"}]}, {"powers": [{"time": None}], "registers": []}],
)
async def test_state_that_cannot_be_read_costs_what_was_counted_and_no_more(
    hass: HomeAssistant, envitron: Envitron, hass_storage: dict[str, Any], stored: Any
) -> None:
    key = f"{DOMAIN}.01JCW0000000000000000ENVITRON.counters"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": stored}
    await envitron.set_up()
    assert watt_hours(envitron, ROOM) == 0
    assert float(envitron.state(ROOM_POWER)) > 0
    await minutes(envitron, 2)
    assert watt_hours(envitron, ROOM) > 0


async def test_register_is_available_while_its_power_is(hass: HomeAssistant, envitron: Envitron) -> None:
    await envitron.set_up()
    await minutes(envitron, 2)
    envitron.simulator.silence(SERVER_ROOM)
    await minutes(envitron, 58)
    counted = watt_hours(envitron, ROOM)
    seen = set()
    for _ in range(6):
        await minutes(envitron, 1)
        seen.add((envitron.state(ROOM) == STATE_UNAVAILABLE, envitron.state(ROOM_POWER) == STATE_UNAVAILABLE))
    assert seen == {(False, False), (True, True)}
    envitron.simulator.wake(SERVER_ROOM)
    await minutes(envitron, 1)
    assert watt_hours(envitron, ROOM) == counted


async def test_device_of_which_only_a_register_is_enabled_is_read(hass: HomeAssistant, envitron: Envitron) -> None:
    await envitron.set_up()
    registry = er.async_get(hass)
    for entity in registry.entities.get_entries_for_config_entry_id(envitron.entry.entry_id):
        if entity.entity_id != ROOM:
            registry.async_update_entity(entity.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    await minutes(envitron, 2)
    before, coordinator = watt_hours(envitron, ROOM), envitron.entry.runtime_data
    await minutes(envitron, 2)
    assert watt_hours(envitron, ROOM) > before
    # The vendor is asked for what it has.
    assert [point.id.key for point in coordinator._wanted_points()] == [SERVER_ROOM]
    assert len([point for point in coordinator.shown_points() if isinstance(point, CalculatedPoint)]) == 13


async def test_excluded_device_has_no_registers_and_begins_anew(
    hass: HomeAssistant, envitron: Envitron, hass_storage: dict[str, Any]
) -> None:
    await envitron.set_up()
    await minutes(envitron, 5)
    assert watt_hours(envitron, ROOM) > 0
    for excluded in ([SERVER_ROOM], []):
        hass.config_entries.async_update_entry(envitron.entry, options={"excluded_devices": excluded})
        await hass.config_entries.async_reload(envitron.entry.entry_id)
        await minutes(envitron, 1)
        assert (SERVER_ROOM in counters_of(hass_storage, envitron)) is not bool(excluded)
        assert (hass.states.get(ROOM) is None) is bool(excluded)
    assert watt_hours(envitron, ROOM) < 100


async def test_removed_device_is_forgotten_with_its_registers(
    hass: HomeAssistant, envitron: Envitron, hass_storage: dict[str, Any]
) -> None:
    await envitron.set_up()
    for uuid, sensor in list(envitron.simulator.sensors.items()):
        if sensor.hub is not None and sensor.hub.name == "Heat pump":
            envitron.simulator.remove_sensor(uuid)
    await minutes(envitron, 130)
    assert HEAT_PUMP in counters_of(hass_storage, envitron)
    await minutes(envitron, 60)
    assert HEAT_PUMP not in counters_of(hass_storage, envitron)
    assert hass.states.get("sensor.office_heat_pump_power_imported_energy_calculated") is None
    assert SERVER_ROOM in counters_of(hass_storage, envitron)


async def test_sensor_that_is_not_listed_for_a_while_counts_on(hass: HomeAssistant, envitron: Envitron) -> None:
    await envitron.set_up()
    await minutes(envitron, 10)
    before = watt_hours(envitron, DELIVERED)
    sensor = envitron.simulator.sensors[DELIVERY]
    envitron.simulator.remove_sensor(DELIVERY)
    await minutes(envitron, 65)
    assert envitron.state(DELIVERED) == STATE_UNAVAILABLE
    envitron.simulator.add_sensor(sensor)
    await minutes(envitron, 62)
    assert watt_hours(envitron, DELIVERED) > before


async def test_nothing_is_calculated_where_the_vendor_counts_itself(
    hass: HomeAssistant, account: Account, hass_storage: dict[str, Any]
) -> None:
    await account.set_up()
    await account.polls(3)
    assert not [point for point in account.entry.runtime_data.shown_points() if isinstance(point, CalculatedPoint)]
    stored = hass_storage[f"{DOMAIN}.{account.entry.entry_id}.counters"]["data"]
    assert stored["powers"] == []
    assert len(stored["registers"]) > 5
