"""Eniris's values are the world's: powers with their signs, registers, and the energy of each row (A4.3, A5)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import (
    BATTERY,
    CHARGER,
    GRID_METER,
    HEAT_PUMP,
    HOUR,
    INVERTER,
    MAIN_METER,
    MINUTE,
    OFFICE_SITE,
    OPTIMIZER,
    ROOF,
    SECOND,
    SITE,
    STRING,
    SUBMETERS,
    TEN_MINUTES,
)
from tests.simulators.world import Home, World, default_world

from .eniris_client import Client, eniris, query, times

START, END = datetime(2026, 6, 16, 4, tzinfo=UTC), datetime(2026, 6, 16, 20, tzinfo=UTC)
STEPS = {SECOND: 10, MINUTE: 60, TEN_MINUTES: 600, HOUR: 3600}


async def day(client: Client, node_id: str, *fields: str, policy: str = TEN_MINUTES, **more: Any) -> list[Any]:
    """Return the rows of the day of these tests."""
    return await client.rows(query(client.simulator, node_id, *fields, policy=policy, start=START, end=END, **more))


@pytest.fixture(scope="module")
def world() -> World:
    return default_world()


@pytest.fixture(scope="module")
def home(world: World) -> Home:
    return world.home


type Truth = Callable[[World, datetime], float]


def meter(name: str, sign: int = 1) -> Truth:
    return lambda world, moment: sign * world.home.meter(name).power(moment).total


def office(name: str, sign: int = 1) -> Truth:
    return lambda world, moment: sign * world.meter(name).power(moment).total


@pytest.mark.parametrize(
    ("node_id", "field", "truth"),
    [
        (GRID_METER, "actualPowerTot_W", meter("grid")),
        (BATTERY, "actualPowerTot_W", meter("battery")),
        (CHARGER, "actualPowerTot_W", meter("ev_charger")),
        (HEAT_PUMP, "actualPowerTot_W", meter("heat_pump")),
        (SITE, "childrenProducedPower_W", meter("solar", -1)),
        (SITE, "childrenStoragePower_W", meter("battery")),
        (SITE, "childrenEVPower_W", meter("ev_charger")),
        (ROOF, "actualPowerTot_W", office("solar", -1)),
        (MAIN_METER, "actualPowerTot_W", office("grid")),
        (SUBMETERS["kitchen"], "actualPowerTot_W", office("kitchen")),
        (OFFICE_SITE, "childrenProducedPower_W", office("solar", -1)),
    ],
)
async def test_powers(clock: SimClock, world: World, node_id: str, field: str, truth: Truth) -> None:
    async with eniris(clock) as client:
        rows = await day(client, node_id, field, policy=MINUTE, limit=300)
        assert len(rows) == 300
        for time, row in list(zip(times(rows), rows, strict=True))[::37]:
            assert row[field] == pytest.approx(truth(world, time), abs=0.051)


async def test_signs(clock: SimClock) -> None:
    async with eniris(clock) as client:
        morning, evening = datetime(2026, 6, 16, 9, tzinfo=UTC), datetime(2026, 6, 16, 19, 30, tzinfo=UTC)

        async def watts(node_id: str, moment: datetime) -> float:
            end = moment + timedelta(minutes=1)
            [row] = await client.rows(query(client.simulator, node_id, "actualPowerTot_W", start=moment, end=end))
            return float(row["actualPowerTot_W"])

        assert await watts(ROOF, morning) > 1_000, "in solar measurements production is positive"
        assert await watts(OPTIMIZER, morning) > await watts(STRING, morning) > 100
        assert await watts(BATTERY, morning) > 100, "charging"
        assert await watts(BATTERY, evening) < -100, "discharging"
        assert await watts(INVERTER, evening) < -100, "what is delivered is negative"


@pytest.mark.parametrize("policy", [SECOND, MINUTE])
async def test_registers_and_deltas_of_the_grid(clock: SimClock, home: Home, policy: str) -> None:
    fields = {
        direction: (f"{direction}AbsEnergyTot_Wh", f"{direction}EnergyDeltaTot_Wh")
        for direction in ("imported", "exported")
    }
    async with eniris(clock) as client:
        step = timedelta(seconds=STEPS[policy])
        start, end = END - 200 * step, END
        names = [name for pair in fields.values() for name in pair]
        rows = await client.rows(query(client.simulator, GRID_METER, *names, policy=policy, start=start, end=end))
        assert len(rows) == 200
        for time, row in zip(times(rows), rows, strict=True):
            registers, energy = home.meter("grid").registers(time), home.energy("grid", time - step, time)
            for direction, (register, delta) in fields.items():
                assert row[register] == pytest.approx(getattr(registers, direction), abs=0.0501)
                assert row[delta] == pytest.approx(getattr(energy, direction), abs=0.002)
        for register, delta in fields.values():
            gained = sum(row[delta] for row in rows[1:])
            assert gained == pytest.approx(rows[-1][register] - rows[0][register], abs=0.11)
            assert all(before[register] <= after[register] for before, after in pairwise(rows))


async def test_the_battery(clock: SimClock, home: Home) -> None:
    async with eniris(clock) as client:
        rows = await day(client, BATTERY, policy=MINUTE)
        for time, row in list(zip(times(rows), rows, strict=True))[::53]:
            registers = home.meter("battery").registers(time)
            assert row["stateOfCharge_frac"] == pytest.approx(home.battery.state_of_charge(time), abs=1e-4)
            assert row["chargedAbsEnergyTot_Wh"] == pytest.approx(registers.imported, abs=0.051)
            assert row["dischargedAbsEnergyTot_Wh"] == pytest.approx(registers.exported, abs=0.051)
            assert row["temperature_degC"] == pytest.approx(home.battery.temperature(time), abs=0.051)
            power = row["batteryVoltage_V"] * row["batteryCurrent_A"]
            assert power == pytest.approx(row["actualPowerTot_W"], rel=0.05, abs=3)
        assert {row["status"] for row in rows} == {"Charging", "Discharging", "Idle"}
        assert all(row["stateOfHealth_frac"] == 0.987 for row in rows)


async def test_ten_minutes_have_the_sums_of_their_deltas(clock: SimClock, home: Home) -> None:
    async with eniris(clock) as client:
        rows = await day(client, SITE, measurement="installationMetrics")
        produced = sum(row["sum_childrenProducedEnergyDeltaTot_Wh"] for row in rows)
        step = timedelta(minutes=10)
        assert produced == pytest.approx(home.energy("solar", START - step, END - step).exported, abs=0.01)
        autoconsumed = sum(row["sum_autoconsumedEnergyDeltaTot_Wh"] for row in rows)
        assert 0.2 * produced < autoconsumed <= produced


async def test_the_mean_of_a_counter_is_not_its_end_value(clock: SimClock, home: Home) -> None:
    async with eniris(clock) as client:
        rows = await day(client, BATTERY, policy=HOUR)
        for time, row in zip(times(rows), rows, strict=True):
            before, after = (home.meter("battery").imported(moment) for moment in (time - timedelta(hours=1), time))
            assert before - 0.1 <= row["mean_chargedAbsEnergyTot_Wh"] <= after + 0.1
            assert row["sum_chargedEnergyDeltaTot_Wh"] == pytest.approx(after - before, abs=0.002)
        assert any(
            row["mean_chargedAbsEnergyTot_Wh"] < home.meter("battery").imported(time) - 100
            for time, row in zip(times(rows), rows, strict=True)
        )


async def test_deltas_may_be_of_the_interval_that_begins(clock: SimClock, home: Home) -> None:
    async with eniris(clock, delta_interval="after") as client:
        field, step = "sum_importedEnergyDeltaTot_Wh", timedelta(minutes=10)
        rows = await day(client, GRID_METER, field)
        for time, row in zip(times(rows), rows, strict=True):
            assert row[field] == pytest.approx(home.energy("grid", time, time + step).imported, abs=0.002)
        newest = query(client.simulator, GRID_METER, field, policy=TEN_MINUTES, orderBy="DESC", limit=1)
        assert times(await client.rows(newest)) == [clock() - 2 * step], "an interval has to end first"
        newest = query(client.simulator, GRID_METER, "importedAbsEnergyTot_Wh", orderBy="DESC", limit=1)
        [row] = await client.rows(newest)
        [time] = times([row])
        assert row["importedAbsEnergyTot_Wh"] == pytest.approx(home.meter("grid").imported(time), abs=0.051)


async def test_the_sites_sums_are_those_of_its_devices(clock: SimClock) -> None:
    async with eniris(clock) as client:
        site = await day(client, SITE, policy=MINUTE, measurement="installationMetrics")
        grid = await day(client, GRID_METER, "actualPowerTot_W", policy=MINUTE)
        for sums, connection in zip(site, grid, strict=True):
            consumed = sums["childrenEVPower_W"] + sums["childrenOtherPower_W"]
            assert sums["childrenConsumedPower_W"] == pytest.approx(consumed, abs=0.2)
            flowing = consumed + sums["childrenStoragePower_W"] - sums["childrenProducedPower_W"]
            assert flowing == pytest.approx(connection["actualPowerTot_W"], abs=0.3)


async def test_prices(clock: SimClock) -> None:
    async with eniris(clock) as client:
        rows = await day(client, SITE, measurement="planning")
        assert {row["buyPrice_perkWh"] for row in rows} == {0.16, 0.27, 0.38}
        assert all(row["sellPrice_perkWh"] < row["buyPrice_perkWh"] for row in rows)


async def test_the_charger_says_when_it_charges(clock: SimClock) -> None:
    async with eniris(clock) as client:
        rows = []
        for back in range(5):
            start = START - timedelta(days=back)
            fields = ["actualPowerTot_W", "evRequiringCharge", "status"]
            rows += await client.rows(query(client.simulator, CHARGER, *fields, start=start, end=start + (END - START)))
        assert {(row["evRequiringCharge"], row["status"]) for row in rows} == {(True, "Charging"), (False, "Available")}
        assert all(row["evRequiringCharge"] is (row["actualPowerTot_W"] > 1000) for row in rows)


async def test_the_offices_site_adds_up_too(clock: SimClock, world: World) -> None:
    async with eniris(clock) as client:
        for row in await day(client, OFFICE_SITE, policy=MINUTE, limit=20):
            end = datetime.fromisoformat(row["time"])
            start = end - timedelta(minutes=1)
            loads = [name for name in world.meters if name not in {"grid", "solar"}]
            used = sum(world.energy(name, start, end).imported for name in loads)
            assert row["childrenConsumedEnergyDeltaTot_Wh"] == pytest.approx(used, abs=0.002)
            watts = sum(world.meter(name).power(end).total for name in loads)
            assert row["childrenConsumedPower_W"] == pytest.approx(watts, abs=0.06)
