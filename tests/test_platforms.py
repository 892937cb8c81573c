"""The entities of a reference account: what they are called, what they are and show, and that none of it changes."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.energy_clouds import binary_sensor, sensor
from custom_components.energy_clouds.vendors.model import Nature, Point, PointId, Quantity, Sample

from .conftest import Account

INCOMER = "meter-building-a-001"
CONTROLLER = "cooling_controller_esl_nt3_5555a1b2c3d4"


@pytest.mark.parametrize("platform", [Platform.SENSOR, Platform.BINARY_SENSOR])
@pytest.mark.usefixtures("all_entities_enabled")
async def test_entities(hass: HomeAssistant, account: Account, snapshot: SnapshotAssertion, platform: Platform) -> None:
    # One of each kind: a controller, and an advanced, a three-phase and a single-phase meter.
    kept = {"esl-nt3-5555A1B2C3D4", INCOMER, "meter-building-a-005", "meter-building-a-006"}
    for name in {*account.simulator.devices, *account.simulator.meters} - kept:
        account.simulator.remove(name)
    with patch("custom_components.energy_clouds.PLATFORMS", (platform,)):
        await account.set_up()
        await account.polls(2)
        await snapshot_platform(hass, er.async_get(hass), snapshot, account.entry.entry_id)
        await hass.config_entries.async_unload(account.entry.entry_id)


async def test_unique_ids_are_for_ever(hass: HomeAssistant, account: Account, snapshot: SnapshotAssertion) -> None:
    await account.set_up()
    await account.polls(2)
    entities = er.async_get(hass).entities.get_entries_for_config_entry_id(account.entry.entry_id)
    assert sorted(f"{entity.domain} {entity.unique_id}" for entity in entities) == snapshot


async def test_noisy_entities_are_disabled_until_somebody_wants_them(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    disabled = {
        entity.translation_key
        for entity in account.entities_of_devices()
        if entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    }
    assert disabled == {"voltage_of_phase", "power_factor_of_phase", "frequency", "controller_temperature"}


async def test_values_are_the_services_own(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    await account.polls(3)
    for key, entity_id in {
        "imp": "sensor.main_incomer_imported_energy",
        "exp": "sensor.main_incomer_exported_energy",
        "p1": "sensor.main_incomer_power_l1",
        "c2": "sensor.main_incomer_current_l2",
    }.items():
        sample = account.entry.runtime_data.data[PointId(device_id=INCOMER, key=key)]
        assert account.simulator.clock() - sample.time < timedelta(minutes=2)
        rows = account.simulator.meters[INCOMER].fields(sample.time)
        assert float(account.state(entity_id)) == pytest.approx(rows[key], abs=0.5)
    total = sum(float(account.state(f"sensor.main_incomer_power_l{phase}")) for phase in (1, 2, 3))
    assert float(account.state("sensor.main_incomer_total_power")) == pytest.approx(total)


async def test_energy_savers_are_flags_and_shares(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    await account.polls(2)
    assert account.state(f"binary_sensor.{CONTROLLER}_compressor_energy_saver") in ("on", "off")
    assert account.state(f"binary_sensor.{CONTROLLER}_fan_energy_saver") in ("on", "off")
    assert 0 <= float(account.state(f"sensor.{CONTROLLER}_compressor_energy_saving")) <= 100
    assert 0 <= float(account.state(f"sensor.{CONTROLLER}_fan_energy_saving")) <= 100


async def test_fault_is_a_problem(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    assert account.state("binary_sensor.main_incomer_fault") == "off"
    account.simulator.fail(INCOMER)
    await account.polls(2)
    assert account.state("binary_sensor.main_incomer_fault") == "on"


async def test_point_that_the_vendor_names_and_that_is_a_word_or_an_instant(
    hass: HomeAssistant, account: Account
) -> None:
    await account.set_up()
    coordinator = account.entry.runtime_data
    instant = datetime(2026, 11, 17, tzinfo=UTC)
    for nature, value in ((Nature.STATE, "charging"), (Nature.TIME, instant)):
        point = Point(
            id=PointId(device_id=INCOMER, key=nature), quantity=Quantity.MODE, nature=nature, name="Charger state"
        )
        coordinator._points[point.id] = point
        coordinator.data[point.id] = Sample(time=instant, value=value)
        entity = sensor.EnergyCloudsSensor(coordinator, point)
        assert (entity.name, entity.native_value, entity.state_class) == ("Charger state", value, None)
        # Without a cadence there is no age at which it is stale.
        assert entity.available


async def test_every_nature_has_its_platform() -> None:
    assert set(Nature) == sensor.NATURES | binary_sensor.NATURES
    assert not sensor.NATURES & binary_sensor.NATURES
