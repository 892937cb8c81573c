"""The physical world: what is measured agrees with itself, and is the same everywhere."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
import os
from pathlib import Path
import subprocess
import sys

import pytest

from tests.simulators.world import CONTROLLERS, EPOCH, METERS, World, default_world

WEDNESDAY = datetime(2026, 6, 17, tzinfo=UTC)
SUNDAY = datetime(2026, 6, 21, tzinfo=UTC)
CLOCKS_GO_FORWARD = datetime(2026, 3, 29, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LOADS = [name for name in METERS if name != "grid"]


@pytest.fixture(scope="module")
def world() -> World:
    return default_world()


def mean_watts(world: World, meter: str, start: datetime, end: datetime) -> float:
    energy = world.energy(meter, start, end)
    return (energy.imported - energy.exported) / ((end - start) / HOUR)


@pytest.mark.parametrize("day", [WEDNESDAY, SUNDAY, CLOCKS_GO_FORWARD, EPOCH])
@pytest.mark.parametrize("meter", METERS)
def test_registers_are_the_integral_of_power(world: World, meter: str, day: datetime) -> None:
    start, end = day + 5 * HOUR + 17 * MINUTE, day + 19 * HOUR + 3 * MINUTE
    step = timedelta(seconds=10)
    watts = [world.meter(meter).power(start + step * index).total for index in range((end - start) // step + 1)]
    # The trapezoid rule is exact here: the line bends only at multiples of five minutes.
    net = sum((before + after) / 2 for before, after in pairwise(watts)) * (step / HOUR)
    energy = world.energy(meter, start, end)
    assert energy.imported - energy.exported == pytest.approx(net, rel=1e-9, abs=1e-6)
    assert energy.imported == pytest.approx(sum(max(value, 0) for value in watts) * (step / HOUR), rel=2e-3, abs=5)
    assert energy.exported == pytest.approx(sum(max(-value, 0) for value in watts) * (step / HOUR), rel=2e-3, abs=5)


def test_sign_changes_inside_an_interval_are_split_exactly(world: World) -> None:
    grid = world.meter("grid")
    nodes = [SUNDAY + timedelta(minutes=5) * index for index in range(288)]
    crossings = [
        (node, one, two)
        for node in nodes
        if (one := grid.power(node).total) * (two := grid.power(node + timedelta(minutes=5)).total) < 0
    ]
    assert crossings, "a summer Sunday has import and export"
    for node, one, two in crossings:
        energy = world.energy("grid", node, node + timedelta(minutes=5))
        positive, negative = max(one, two), -min(one, two)
        hours = 1 / 12
        assert energy.imported == pytest.approx(positive * positive / (positive + negative) / 2 * hours, abs=1e-6)
        assert energy.exported == pytest.approx(negative * negative / (positive + negative) / 2 * hours, abs=1e-6)


@pytest.mark.parametrize("offset", [0, 7 * 3600 + 13, 12 * 3600 + 30, 20 * 3600 + 299])
def test_submeters_add_up_to_the_grid_connection(world: World, offset: int) -> None:
    moment = WEDNESDAY + timedelta(seconds=offset)
    grid = world.meter("grid").power(moment)
    loads = [world.meter(name).power(moment) for name in LOADS]
    for phase in ("l1", "l2", "l3", "total"):
        assert getattr(grid, phase) == pytest.approx(sum(getattr(load, phase) for load in loads), abs=1e-6)
    assert grid.total == grid.l1 + grid.l2 + grid.l3


def test_net_energy_adds_up_over_months(world: World) -> None:
    start, end = WEDNESDAY - 90 * DAY, WEDNESDAY
    parts = sum(mean_watts(world, name, start, end) for name in LOADS)
    assert mean_watts(world, "grid", start, end) == pytest.approx(parts, rel=1e-9)


@pytest.mark.parametrize("meter", METERS)
def test_registers_never_fall(world: World, meter: str) -> None:
    moments = [SUNDAY - timedelta(minutes=30) + timedelta(seconds=30) * index for index in range(3000)]
    for register in (world.meter(meter).imported, world.meter(meter).exported):
        values = [register(moment) for moment in moments]
        assert all(before <= after for before, after in pairwise(values))


def test_nothing_flows_before_the_epoch(world: World) -> None:
    long_ago = EPOCH - 30 * DAY
    assert world.meter("grid").power(long_ago).total == 0
    assert world.energy("grid", long_ago - DAY, long_ago).imported == 0


def test_a_scaled_submeter_keeps_its_share(world: World) -> None:
    rack = world.submeter("rack", "server_room", 0.22, single_phase=True)
    moment = WEDNESDAY + 10 * HOUR
    assert rack.power(moment).l1 == pytest.approx(0.22 * world.meter("server_room").power(moment).total)
    assert rack.power(moment).l2 == rack.power(moment).l3 == 0
    whole = world.energy("server_room", WEDNESDAY, WEDNESDAY + DAY).imported
    assert world.energy(rack, WEDNESDAY, WEDNESDAY + DAY).imported == pytest.approx(0.22 * whole)


def test_current_voltage_and_power_factor_belong_together(world: World) -> None:
    reading = world.meter("heat_pump").at(WEDNESDAY + 9 * HOUR)
    for watts, volts, amperes, factor in zip(
        reading.power, reading.voltage, reading.current, reading.power_factor, strict=True
    ):
        assert abs(watts) == pytest.approx(volts * amperes * factor)
        assert 216 < volts < 253
        assert 0 < factor <= 1
    assert 49.8 < reading.frequency < 50.2


def test_the_building_lives_by_its_calendar(world: World) -> None:
    night = (WEDNESDAY + HOUR, WEDNESDAY + 3 * HOUR)
    morning = (WEDNESDAY + 8 * HOUR, WEDNESDAY + 10 * HOUR)
    assert mean_watts(world, "sockets", *morning) > 4 * mean_watts(world, "sockets", *night)
    assert mean_watts(world, "sockets", WEDNESDAY, WEDNESDAY + DAY) > 2 * mean_watts(
        world, "sockets", SUNDAY, SUNDAY + DAY
    )
    # Lunch is at noon by the wall clock, in winter and in summer time.
    for lunch in (WEDNESDAY + 11 * HOUR, datetime(2026, 1, 14, 12, tzinfo=UTC)):
        hours = {at: mean_watts(world, "kitchen", lunch + at * HOUR, lunch + (at + 1) * HOUR) for at in range(-6, 8)}
        assert max(hours, key=lambda at: hours[at]) == 0


def test_the_sun_shines_by_day_and_longer_in_summer(world: World) -> None:
    assert world.meter("solar").power(WEDNESDAY + HOUR).total > 0, "the inverter's own use"
    june = world.energy("solar", WEDNESDAY - 14 * DAY, WEDNESDAY).exported
    december = world.energy("solar", datetime(2025, 12, 8, tzinfo=UTC), datetime(2025, 12, 22, tzinfo=UTC)).exported
    assert june > 4 * december > 0


@pytest.mark.parametrize("number", range(CONTROLLERS))
def test_the_cold_store_cycles(world: World, number: int) -> None:
    rows = [world.cooling(number, WEDNESDAY + timedelta(seconds=30) * index) for index in range(2880)]
    spaces = [row.space for row in rows]
    assert 3.9 < min(spaces) < max(spaces) < 6.6
    assert max(abs(after - before) for before, after in pairwise(spaces)) < 0.25, "no jumps"
    assert all(row.coolant_out > row.coolant_in for row in rows)
    assert not any(row.compressor_running and (row.compressor_saver or row.fan_saver) for row in rows)
    starts = sum(after.compressor_running > before.compressor_running for before, after in pairwise(rows))
    assert starts in {59, 60}


def test_night_setback_saves_more_than_the_day(world: World) -> None:
    rows = {
        hour: [world.cooling(0, WEDNESDAY + (hour + index / 120) * HOUR) for index in range(360)] for hour in (1, 10)
    }
    saving = {hour: sum(row.compressor_saver for row in some) / len(some) for hour, some in rows.items()}
    assert 0.05 < saving[10] < saving[1] < 0.8


def test_the_cold_store_draws_what_its_compressors_draw(world: World) -> None:
    for index in range(100):
        moment = WEDNESDAY + timedelta(minutes=5) * index
        running = sum(world.cooling(number, moment).compressor_running for number in range(CONTROLLERS))
        assert world.meter("cold_store").power(moment).total == pytest.approx(70 * 4 + 1380 * running)


def test_another_process_sees_the_same_world() -> None:
    script = (
        "from datetime import UTC, datetime\n"
        "from tests.simulators.world import METERS, World\n"
        "moment = datetime(2025, 1, 20, 11, 12, 30, tzinfo=UTC)\n"
        "world = World()\n"
        "print([world.meter(name).at(moment) for name in METERS], world.cooling(2, moment))\n"
    )

    def seen(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        root = Path(__file__).parents[2]
        run = subprocess.run(
            [sys.executable, "-c", script], cwd=root, env=environment, check=True, capture_output=True, text=True
        )
        return run.stdout

    assert seen("1") == seen("2") != ""


def test_another_seed_is_another_building() -> None:
    moment = EPOCH + 9 * DAY + 9 * HOUR
    assert World(seed=2).meter("lifts").power(moment) != World(seed=1).meter("lifts").power(moment)


def test_simulators_need_no_home_assistant() -> None:
    script = "import sys, tests.simulators.enpact; print(any('homeassistant' in name for name in sys.modules))"
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", script], cwd=root, check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "False"
