"""What Enapter's devices measure is what the world has: powers, signs, registers, cadences, what happens to them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import perf_counter
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enapter import (
    BATTERY,
    ELECTROLYSER,
    EV_CHARGER,
    GARAGE_SHARE,
    HEAT_PUMP,
    HYBRID_INVERTER,
    OFFICE_METER,
    OLD_METER,
    POWER_METER,
    PV_INVERTER,
    EnapterSimulator,
)
from tests.simulators.world import EPOCH

from .conftest import NOON
from .enapter_client import enapter

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
EVENING = datetime(2026, 6, 17, 19, 30, tzinfo=UTC)


@pytest.fixture
def simulator(clock: SimClock) -> EnapterSimulator:
    return EnapterSimulator(clock=clock)


def value(simulator: EnapterSimulator, device: str, attribute: str, moment: datetime) -> Any:
    """Return the newest value at a moment, which was measured up to a minute before."""
    row = simulator.truth(device, attribute, moment)
    assert row is not None
    assert row.time.tzinfo is UTC
    assert not row.time.microsecond
    assert timedelta() <= moment - row.time < timedelta(seconds=simulator.devices[device].cadence)
    return row.value


@pytest.mark.parametrize("moment", [NOON, EVENING])
def test_powers(simulator: EnapterSimulator, moment: datetime) -> None:
    meters = simulator.world.home.meters
    home = {name: meter.power(moment).total for name, meter in meters.items()}
    sun = max(0.0, -home["solar"])
    truth = {
        (HYBRID_INVERTER, "pv_total_power"): sun,
        (HYBRID_INVERTER, "battery_power"): -home["battery"],
        (HYBRID_INVERTER, "grid_total_power"): home["grid"],
        (HYBRID_INVERTER, "ac_total_power"): sun - home["battery"],
        (HYBRID_INVERTER, "load_total_power"): sun - home["battery"] + home["grid"],
        (PV_INVERTER, "pv_total_power"): GARAGE_SHARE * sun,
        (POWER_METER, "total_power"): home["grid"],
        (POWER_METER, "l2_power"): meters["grid"].power(moment).l2,
        (BATTERY, "battery_power"): -home["battery"],
        (HEAT_PUMP, "power"): home["heat_pump"],
        (EV_CHARGER, "ac_power"): home["ev_charger"] / 1000,
        (OFFICE_METER, "total_power"): simulator.world.meters["grid"].power(moment).total,
    }
    for (device, attribute), watts in truth.items():
        # In half a minute a line between nodes five minutes apart does not go far.
        assert value(simulator, device, attribute, moment) == pytest.approx(watts, rel=0.1, abs=60), attribute


def test_the_batterys_sign_is_positive_while_discharging(simulator: EnapterSimulator) -> None:
    assert value(simulator, BATTERY, "battery_power", NOON) < -100
    assert value(simulator, BATTERY, "battery_status", NOON) == "charging"
    assert value(simulator, BATTERY, "battery_power", EVENING) > 100
    assert value(simulator, BATTERY, "battery_status", EVENING) == "discharging"


def test_what_is_fed_into_the_grid_is_negative(simulator: EnapterSimulator) -> None:
    week = [NOON + hour * HOUR for hour in range(-168, 0)]
    powers = [value(simulator, HYBRID_INVERTER, "grid_total_power", moment) for moment in week]
    assert min(powers) < -1000
    assert max(powers) > 1000


def test_the_balance(simulator: EnapterSimulator) -> None:
    for hour in range(24):
        moment = NOON.replace(hour=hour)
        pv, battery, grid, load = (
            value(simulator, HYBRID_INVERTER, f"{name}_power", moment)
            for name in ("pv_total", "battery", "grid_total", "load_total")
        )
        assert pv + battery + grid == pytest.approx(load, abs=0.2)
        assert load > 0


def test_registers(simulator: EnapterSimulator) -> None:
    row = simulator.truth(BATTERY, "battery_energy_in_lifetime", NOON)
    assert row is not None
    home = simulator.world.home
    assert row.value == round(home.meters["battery"].imported(row.time), 1)
    truth = {
        (BATTERY, "battery_energy_in_lifetime"): home.meters["battery"].imported,
        (BATTERY, "battery_energy_out_lifetime"): home.meters["battery"].exported,
        (HYBRID_INVERTER, "pv_energy_lifetime"): home.meters["solar"].exported,
        (POWER_METER, "energy_lifetime"): home.meters["grid"].imported,
        (POWER_METER, "energy_exported_lifetime"): home.meters["grid"].exported,
        (OFFICE_METER, "energy_lifetime"): simulator.world.meters["grid"].imported,
    }
    for (device, attribute), register in truth.items():
        row = simulator.truth(device, attribute, EVENING)
        assert row is not None
        assert row.value == round(register(row.time), 1)
    row = simulator.truth(EV_CHARGER, "charge_energy", EVENING)
    assert row is not None
    assert row.value == round(home.meters["ev_charger"].imported(row.time) / 1000, 3), "this one is in kWh"


def test_daily_counters_begin_at_local_midnight(simulator: EnapterSimulator) -> None:
    solar = simulator.world.home.meters["solar"]
    # Summer time: London's day begins at 23:00 UTC.
    midnight = datetime(2026, 6, 16, 23, tzinfo=UTC)
    assert value(simulator, HYBRID_INVERTER, "pv_energy_daily", midnight - SECOND) > 1000
    assert value(simulator, HYBRID_INVERTER, "pv_energy_daily", midnight) == 0
    row = simulator.truth(HYBRID_INVERTER, "pv_energy_daily", NOON)
    assert row is not None
    assert row.value == round(solar.exported(row.time) - solar.exported(midnight), 1)


def test_the_battery(simulator: EnapterSimulator) -> None:
    battery = simulator.world.home.battery
    for attribute, truth in (
        ("battery_soc", lambda time: 100 * battery.state_of_charge(time)),
        ("battery_temperature", battery.temperature),
    ):
        row = simulator.truth(BATTERY, attribute, EVENING)
        assert row is not None
        assert row.value == round(truth(row.time), 1)
    # The balance of current, voltage and power.
    current, voltage, power = (
        value(simulator, BATTERY, f"battery_{name}", EVENING) for name in ("current", "voltage", "power")
    )
    assert current * voltage == pytest.approx(power, rel=0.01)


def test_each_device_reports_on_its_own_cadence(simulator: EnapterSimulator) -> None:
    cadences = {device.cadence for device in simulator.devices.values() if device.channels}
    assert cadences == {10, 30, 60}
    for device in simulator.devices.values():
        attribute = next(iter(device.channels), None)
        if attribute is None:
            continue
        rows = [simulator.truth(device.id, attribute, NOON + second * SECOND) for second in range(120)]
        times = sorted({row.time for row in rows if row is not None})
        assert {(later - earlier).total_seconds() for earlier, later in pairwise(times)} == {device.cadence}


def test_there_is_nothing_before_the_devices_were_installed(simulator: EnapterSimulator) -> None:
    assert simulator.truth(BATTERY, "battery_soc", EPOCH - SECOND) is None
    assert simulator.truth(BATTERY, "battery_soc", EPOCH + MINUTE) is not None
    assert simulator.truth(BATTERY, "nope", NOON) is None


def test_units_as_authors_type_them_are_all_the_same_truth(simulator: EnapterSimulator) -> None:
    household = simulator.world.home.meters["household"]
    row = simulator.truth(OLD_METER, "total_power", NOON)
    assert row is not None
    assert row.value == round(household.imported(row.time) / 1000, 3), "called a power, it is an energy in kwatth"


def test_a_silenced_device(simulator: EnapterSimulator) -> None:
    simulator.silence(BATTERY, NOON)
    row = simulator.truth(BATTERY, "battery_soc", NOON + HOUR)
    assert row is not None
    assert NOON - 30 * SECOND <= row.time <= NOON
    simulator.wake(BATTERY, NOON + 2 * HOUR)
    assert simulator.truth(BATTERY, "battery_soc", NOON + HOUR) == row
    assert value(simulator, BATTERY, "battery_soc", NOON + 3 * HOUR)


def test_a_register_that_begins_again(simulator: EnapterSimulator) -> None:
    before = value(simulator, POWER_METER, "energy_lifetime", EVENING - SECOND)
    simulator.reset_register(POWER_METER, "energy_lifetime", EVENING)
    assert value(simulator, POWER_METER, "energy_lifetime", EVENING - SECOND) == before
    after = value(simulator, POWER_METER, "energy_lifetime", EVENING + 2 * HOUR)
    imported = simulator.world.home.energy("grid", EVENING, EVENING + 2 * HOUR).imported
    assert after == pytest.approx(imported, abs=20)
    simulator.reset_register(POWER_METER, "energy_lifetime", EVENING + HOUR)
    assert value(simulator, POWER_METER, "energy_lifetime", EVENING + 2 * HOUR) <= after


async def test_alerts_are_raised_and_cleared(clock: SimClock) -> None:
    async with enapter(clock) as client:
        simulator = client.simulator

        async def alerts() -> tuple[Any, Any]:
            entry = (await client.latest(ELECTROLYSER, "alerts"))["alerts"]
            return (await client.device(ELECTROLYSER, "raised_alert_names"))["raised_alert_names"], entry["value"]

        assert await alerts() == ([], [])
        simulator.raise_alert(ELECTROLYSER, "leak")
        simulator.raise_alert(ELECTROLYSER, "leak")
        assert await alerts() == (["leak"], []), "telemetry tells it with the next report"
        clock.advance(30 * SECOND)
        assert await alerts() == (["leak"], ["leak"])
        simulator.raise_alert(ELECTROLYSER, "never_declared")
        clock.advance(30 * SECOND)
        assert await alerts() == (["leak", "never_declared"], ["leak", "never_declared"])
        simulator.clear_alert(ELECTROLYSER, "leak")
        clock.advance(30 * SECOND)
        assert await alerts() == (["never_declared"], ["never_declared"])
        simulator.clear_alert(ELECTROLYSER)
        clock.advance(30 * SECOND)
        assert await alerts() == ([], [])


async def test_a_campus_is_cheap(clock: SimClock) -> None:
    simulator = EnapterSimulator.campus(500, clock=clock)
    assert len(simulator.devices) == 500
    begin = perf_counter()
    for device in simulator.devices.values():
        assert simulator.truth(device.id, "energy_lifetime", NOON)
    assert perf_counter() - begin < 1
