"""Setting up, reloading, removing an account, and its devices."""

from datetime import timedelta
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.energy_clouds import async_remove_config_entry_device
from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.storage import AccountMemory, AccountStore, _encode
from tests.simulators import faults
from tests.simulators.enpact import EXPIRED_KEY, EnpactSimulator
from tests.simulators.pause import pause

from .conftest import ACCOUNT_ID, Account, MakeAccount

INCOMER = "meter-building-a-001"


async def test_account_is_set_up_with_the_fewest_requests_and_without_a_warning(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    await account.set_up()
    assert account.status() is ConfigEntryState.LOADED
    assert account.requests == ["GET /devices", "GET /meters", "POST /devices/batch/data", "POST /meters/batch/data"]
    await account.polls(20)
    assert "Detected that custom integration" not in caplog.text
    assert [record.message for record in caplog.records if "energy_clouds" in record.name and record.levelno > 20] == []


async def test_account_of_150_meters_takes_three_requests(make_account: MakeAccount) -> None:
    account = make_account(EnpactSimulator.campus(150))
    await account.set_up()
    assert account.status() is ConfigEntryState.LOADED
    assert len(account.requests) == 3


async def test_reload_asks_for_the_newest_rows_only(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    before = len(hass.states.async_all())
    account.simulator.requests.clear()
    assert await hass.config_entries.async_reload(account.entry.entry_id)
    await hass.async_block_till_done()
    assert account.requests == ["POST /devices/batch/data", "POST /meters/batch/data"]
    assert len(hass.states.async_all()) == before


async def test_unload_stops_everything_and_leaves_entities_unavailable(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    assert await hass.config_entries.async_unload(account.entry.entry_id)
    account.simulator.requests.clear()
    await account.polls(5)
    assert account.requests == []
    assert account.state("sensor.main_incomer_total_power") == STATE_UNAVAILABLE


async def test_removal_does_not_forget_a_wait(
    hass: HomeAssistant, account: Account, hass_storage: dict[str, Any]
) -> None:
    await account.set_up()
    account.simulator.faults.add(faults.RateLimited(600), times=1)
    await account.polls(2)
    await hass.config_entries.async_remove(account.entry.entry_id)
    await hass.async_block_till_done()
    assert hass_storage[f"{DOMAIN}.budgets"]["data"]


async def test_learnt_limit_is_kept_until_the_account_is_removed(
    hass: HomeAssistant, account: Account, hass_storage: dict[str, Any]
) -> None:
    account.simulator.limiter.limit = 100
    await account.set_up()
    assert [state["learnt_limit"] for state in hass_storage[f"{DOMAIN}.budgets"]["data"].values()] == [100]
    await hass.config_entries.async_unload(account.entry.entry_id)
    await account.polls(16)
    await hass.config_entries.async_remove(account.entry.entry_id)
    await hass.async_block_till_done()
    assert f"{DOMAIN}.budgets" not in hass_storage


async def test_service_that_is_down_at_start_is_tried_again(hass: HomeAssistant, account: Account) -> None:
    await account.start()
    await account.server.stop()
    await hass.config_entries.async_setup(account.entry.entry_id)
    assert account.status() is ConfigEntryState.SETUP_RETRY
    assert "could not be reached" in (account.entry.reason or "")
    await account.server.start()
    await account.wait(30)
    assert account.status() is ConfigEntryState.LOADED


async def test_bad_key_at_start_asks_for_a_new_one_once(hass: HomeAssistant, account: Account) -> None:
    await account.set_up(api_key=EXPIRED_KEY)
    assert account.status() is ConfigEntryState.SETUP_ERROR
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == [SOURCE_REAUTH]


async def test_limit_at_start_is_waited_for_over_retries(hass: HomeAssistant, account: Account) -> None:
    await account.start()
    account.simulator.faults.add(faults.RateLimited(300), times=1)
    await hass.config_entries.async_setup(account.entry.entry_id)
    assert account.status() is ConfigEntryState.SETUP_RETRY
    assert len(account.requests) == 1
    for _ in range(4):
        await account.wait(60)
    assert len(account.requests) == 1
    for _ in range(4):
        await account.wait(60)
    assert account.status() is ConfigEntryState.LOADED


async def test_wait_survives_a_restart(hass: HomeAssistant, account: Account, hass_storage: dict[str, Any]) -> None:
    await account.set_up()
    account.simulator.faults.add(faults.RateLimited(600), times=1)
    await account.polls(2)
    budgets = f"{DOMAIN}.budgets"
    assert [state["next_allowed"] for state in hass_storage[budgets]["data"].values()]
    # What a restart loses is everything that is not on disk.
    del hass.data[budgets]
    account.simulator.requests.clear()
    await hass.config_entries.async_reload(account.entry.entry_id)
    assert account.status() is ConfigEntryState.SETUP_RETRY
    assert account.requests == []


async def test_devices_hang_from_their_gateways_and_those_from_the_account(
    hass: HomeAssistant, account: Account
) -> None:
    await account.set_up()
    registry = dr.async_get(hass)

    def device(identifier: str) -> dr.DeviceEntry:
        found = registry.async_get_device_by_identifier((DOMAIN, identifier), account.entry.entry_id)
        assert found is not None, identifier
        return found

    hub = device(ACCOUNT_ID)
    assert (hub.name, hub.entry_type, hub.manufacturer) == ("Enpact", dr.DeviceEntryType.SERVICE, "Enpact")
    gateway = device(f"{ACCOUNT_ID}_gateway:pgw-nec1")
    assert (gateway.name, gateway.via_device_id) == ("pgw-nec1", hub.id)
    meter = device(f"{ACCOUNT_ID}_{INCOMER}")
    assert (meter.name, meter.via_device_id, meter.serial_number) == ("Main incomer", gateway.id, INCOMER)
    controller = device(f"{ACCOUNT_ID}_esl-nt3-5555A1B2C3D4")
    assert (controller.name, controller.via_device_id) == ("Cooling controller esl-nt3-5555A1B2C3D4", hub.id)


async def test_new_meter_appears_without_a_reload(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.add_meter("meter-new", title="New wing")
    await account.polls(61)
    assert float(account.state("sensor.new_wing_total_power"))


async def test_renamed_meter_is_renamed(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.rename(INCOMER, "Grid connection")
    await account.polls(2)
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"{ACCOUNT_ID}_{INCOMER}"), account.entry.entry_id
    )
    assert device is not None
    assert device.name == "Grid connection"
    assert account.state("sensor.main_incomer_total_power")


async def test_removed_meter_goes_after_three_discoveries_and_may_come_back(
    hass: HomeAssistant, account: Account
) -> None:
    await account.set_up()
    removed = account.simulator.meters[INCOMER]
    account.simulator.remove(INCOMER)
    registry = dr.async_get(hass)

    def device() -> dr.AnyDeviceEntry | None:
        return registry.async_get_device_by_identifier((DOMAIN, f"{ACCOUNT_ID}_{INCOMER}"), account.entry.entry_id)

    await account.polls(130)
    assert device() is not None
    assert account.state("sensor.main_incomer_total_power") == STATE_UNAVAILABLE
    await account.polls(60)
    assert device() is None
    assert hass.states.get("sensor.main_incomer_total_power") is None

    account.simulator.meters[INCOMER] = removed
    await account.polls(62)
    assert float(account.state("sensor.main_incomer_total_power"))


async def test_lists_that_come_back_empty_remove_nothing(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    devices = len(dr.async_entries_for_config_entry(dr.async_get(hass), account.entry.entry_id))
    account.simulator.faults.add(faults.Answer({"devices": [], "meters": []}), method="GET")
    await account.polls(60 * 5)
    assert len(dr.async_entries_for_config_entry(dr.async_get(hass), account.entry.entry_id)) == devices


async def test_device_can_be_deleted_by_hand_only_when_the_account_has_it_no_longer(
    hass: HomeAssistant, account: Account
) -> None:
    await account.set_up()
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, account.entry.entry_id):
        assert not await async_remove_config_entry_device(hass, account.entry, device)
    old = registry.async_get_or_create(
        config_entry_id=account.entry.entry_id, identifiers={(DOMAIN, f"{ACCOUNT_ID}_meter-old")}, name="Old"
    )
    assert await async_remove_config_entry_device(hass, account.entry, old)


async def test_meters_that_are_all_gone_stay_until_they_are_deleted_by_hand(
    hass: HomeAssistant, account: Account
) -> None:
    await account.set_up()
    for name in list(account.simulator.meters):
        account.simulator.remove(name)
    await account.polls(60 * 5)
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, f"{ACCOUNT_ID}_{INCOMER}"), account.entry.entry_id)
    assert device is not None
    assert account.state("sensor.main_incomer_total_power") == STATE_UNAVAILABLE
    assert await async_remove_config_entry_device(hass, account.entry, device)
    registry.async_remove_device(device.id)
    await account.polls(70)
    assert registry.async_get_device_by_identifier((DOMAIN, f"{ACCOUNT_ID}_{INCOMER}"), account.entry.entry_id) is None
    await hass.config_entries.async_unload(account.entry.entry_id)
    assert not await async_remove_config_entry_device(hass, account.entry, device)


async def test_poll_that_outlives_its_entry_changes_nothing(
    hass: HomeAssistant, account: Account, hass_storage: dict[str, Any]
) -> None:
    await account.set_up()
    coordinator = account.entry.runtime_data
    account.simulator.faults.add(faults.Slow(0.2))
    poll = hass.async_create_task(coordinator.async_refresh())
    await pause(0.05)
    await hass.config_entries.async_remove(account.entry.entry_id)
    await poll
    await account.polls(20)
    assert f"{DOMAIN}.{account.entry.entry_id}" not in hass_storage
    assert dr.async_entries_for_config_entry(dr.async_get(hass), account.entry.entry_id) == []


async def test_excluded_device_is_neither_read_nor_shown(hass: HomeAssistant, account: Account) -> None:
    await account.set_up(options={"excluded_devices": [INCOMER]})
    await account.polls(2)
    assert hass.states.get("sensor.main_incomer_total_power") is None
    assert INCOMER not in account.asked_meters


async def test_device_without_enabled_entities_is_not_read(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    registry = er.async_get(hass)
    for entity in registry.entities.get_entries_for_config_entry_id(account.entry.entry_id):
        if entity.unique_id.startswith(f"{ACCOUNT_ID}_{INCOMER}"):
            registry.async_update_entity(entity.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    await account.polls(2)
    assert INCOMER not in account.asked_meters


async def test_account_without_data_yet_is_polled_until_there_are_some(hass: HomeAssistant, account: Account) -> None:
    start = account.simulator.clock()
    for name in (*account.simulator.devices, *account.simulator.meters):
        account.simulator.silence(name, start - timedelta(days=1), start + timedelta(minutes=5))
    await account.set_up()
    assert account.status() is ConfigEntryState.LOADED
    assert hass.states.async_entity_ids("sensor") == []
    await account.polls(7)
    assert float(account.state("sensor.main_incomer_total_power"))


async def test_memory_that_cannot_be_read_is_discovered_anew(
    hass: HomeAssistant, account: Account, hass_storage: dict[str, Any]
) -> None:
    for key in (f"{DOMAIN}.01JCW0000000000000000ENPACT", f"{DOMAIN}.budgets"):
        hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": {"inventory": 7, "x": 7}}
    await account.set_up()
    assert account.status() is ConfigEntryState.LOADED
    assert account.requests[0] == "GET /devices"


async def test_memory_is_written_while_running_and_when_home_assistant_stops(
    hass: HomeAssistant, account: Account, hass_storage: dict[str, Any]
) -> None:
    await account.set_up()
    key = f"{DOMAIN}.{account.entry.entry_id}"
    before = hass_storage[key]["data"]
    # The next discovery is an hour later.
    await account.polls(61 + 17)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    later = hass_storage[key]["data"]
    assert later["inventory"]["devices"] == before["inventory"]["devices"]
    assert later["discovered_at"] > before["discovered_at"]


async def test_two_requests_to_remember_make_one_write(
    hass: HomeAssistant, account: Account, hass_storage: dict[str, Any]
) -> None:
    await account.set_up()
    store = AccountStore(hass, "another")
    asked: list[int] = []

    def memory() -> AccountMemory:
        asked.append(1)
        return AccountMemory()

    store.save_soon(memory)
    store.save_soon(memory)
    await account.polls(16)
    assert asked == [1]
    assert hass_storage[f"{DOMAIN}.another"]["data"]["inventory"]["devices"] == []


def test_what_cannot_be_stored_is_named() -> None:
    with pytest.raises(NotImplementedError, match="complex"):
        _encode(1j)
