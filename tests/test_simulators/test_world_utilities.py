"""The world's heat, cooling, gas and water: registers that agree with their rates, and a plausible year."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.simulators.world import EPOCH, World, default_world

WEDNESDAY = datetime(2026, 6, 17, tzinfo=UTC)
SUNDAY = datetime(2026, 6, 21, tzinfo=UTC)
CLOCKS_GO_FORWARD = datetime(2026, 3, 29, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UNITS = {"heat": "kWh", "cooling": "kWh", "gas": "m3", "water": "m3", "hot_water": "m3"}


@pytest.fixture(scope="module")
def world() -> World:
    return default_world()


def used(world: World, name: str, start: datetime, end: datetime) -> float:
    utility = world.utilities[name]
    return utility.register(end) - utility.register(start)


def test_names_and_units(world: World) -> None:
    assert {name: utility.unit for name, utility in world.utilities.items()} == UNITS
    assert [utility.name for utility in world.utilities.values()] == list(world.utilities)


@pytest.mark.parametrize("day", [WEDNESDAY, SUNDAY, CLOCKS_GO_FORWARD, EPOCH])
@pytest.mark.parametrize("name", UNITS)
def test_registers_are_the_integral_of_the_rate(world: World, name: str, day: datetime) -> None:
    start, end = day + 5 * HOUR + 17 * MINUTE, day + 19 * HOUR + 3 * MINUTE
    rates = [world.utilities[name].rate(start + MINUTE * index) for index in range((end - start) // MINUTE + 1)]
    # The trapezoid rule is exact here: the line bends only at multiples of five minutes.
    flowed = sum((before + after) / 2 for before, after in pairwise(rates)) / 60
    assert used(world, name, start, end) == pytest.approx(flowed, rel=1e-9)
    assert min(rates) > 0


@pytest.mark.parametrize("name", UNITS)
def test_registers_start_at_the_epoch_and_only_grow(world: World, name: str) -> None:
    utility = world.utilities[name]
    assert utility.register(EPOCH - 30 * DAY) == 0
    assert utility.rate(EPOCH - 30 * DAY) == 0
    registers = [utility.register(SUNDAY - 30 * MINUTE + timedelta(seconds=30) * index) for index in range(3000)]
    assert all(0 < before < after for before, after in pairwise(registers))


@pytest.mark.parametrize("name", UNITS)
def test_rates_change_smoothly(world: World, name: str) -> None:
    rates = [world.utilities[name].rate(WEDNESDAY + 5 * MINUTE * index) for index in range(288)]
    assert max(abs(after - before) for before, after in pairwise(rates)) < 0.25 * max(rates)


@pytest.mark.parametrize("name", UNITS)
def test_offices_are_empty_on_sundays(world: World, name: str) -> None:
    assert used(world, name, WEDNESDAY, WEDNESDAY + DAY) > 1.5 * used(world, name, SUNDAY, SUNDAY + DAY)


def test_heat_and_gas_are_for_winter_and_cooling_is_for_summer(world: World) -> None:
    january = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 19, tzinfo=UTC))
    june = (WEDNESDAY - 14 * DAY, WEDNESDAY)
    assert used(world, "heat", *january) > 5 * used(world, "heat", *june)
    assert used(world, "gas", *january) > 1.5 * used(world, "gas", *june)
    assert used(world, "cooling", *june) > 5 * used(world, "cooling", *january)


def test_lunch_takes_hot_water_which_is_part_of_all_water(world: World) -> None:
    hours = {hour: used(world, "hot_water", WEDNESDAY + hour * HOUR, WEDNESDAY + (hour + 1) * HOUR) for hour in (2, 11)}
    assert hours[11] > 10 * hours[2]
    assert all(
        world.utilities["water"].rate(WEDNESDAY + hour * HOUR)
        > world.utilities["hot_water"].rate(WEDNESDAY + hour * HOUR)
        for hour in range(24)
    )


def test_another_seed_is_another_consumption() -> None:
    moment = EPOCH + 9 * DAY + 9 * HOUR
    seen = [World(seed=seed).utilities["heat"].rate(moment) for seed in (1, 1, 2)]
    assert seen[0] == seen[1] != seen[2]
