"""The family home: its grid connection is the sum of its parts, its battery's charge follows from its registers."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
import os
from pathlib import Path
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from tests.simulators.world import EPOCH, HOME_METERS, TIME_ZONE, Home, World, default_world

WEDNESDAY = datetime(2026, 6, 17, tzinfo=UTC)
JANUARY = datetime(2026, 1, 14, tzinfo=UTC)
CLOCKS_GO_FORWARD = datetime(2026, 3, 29, tzinfo=UTC)
CLOCKS_GO_BACK = datetime(2026, 10, 25, tzinfo=UTC)
DAYS = [WEDNESDAY, JANUARY, CLOCKS_GO_FORWARD, CLOCKS_GO_BACK, EPOCH]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PARTS = [name for name in HOME_METERS if name != "grid"]


@pytest.fixture(scope="module")
def home() -> Home:
    return default_world().home


def net(home: Home, meter: str, start: datetime, end: datetime) -> float:
    energy = home.energy(meter, start, end)
    return energy.imported - energy.exported


def test_meters(home: Home) -> None:
    assert tuple(home.meters) == HOME_METERS
    assert set(HOME_METERS) == {"household", "heat_pump", "ev_charger", "solar", "battery", "grid"}
    assert {meter.name for meter in home.meters.values()} == set(HOME_METERS)
    assert home.meter("grid") is home.meters["grid"]


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("meter", HOME_METERS)
def test_registers_are_the_integral_of_power(home: Home, meter: str, day: datetime) -> None:
    start, end = day + 5 * HOUR + 17 * MINUTE, day + 19 * HOUR + 3 * MINUTE
    watts = [home.meter(meter).power(start + MINUTE * index).total for index in range((end - start) // MINUTE + 1)]
    # The trapezoid rule is exact here: the line bends only at multiples of five minutes.
    flowed = sum((before + after) / 2 for before, after in pairwise(watts)) / 60
    assert net(home, meter, start, end) == pytest.approx(flowed, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("day", DAYS)
def test_the_grid_connection_shows_the_sum_of_its_parts(home: Home, day: datetime) -> None:
    start, end = day + 3 * HOUR + 7 * MINUTE, day + 2 * DAY
    assert net(home, "grid", start, end) == pytest.approx(sum(net(home, name, start, end) for name in PARTS))
    for offset in (0, 7 * 3600 + 13, 12 * 3600 + 30, 20 * 3600 + 299):
        moment = day + timedelta(seconds=offset)
        grid, parts = home.meter("grid").power(moment), [home.meter(name).power(moment) for name in PARTS]
        for phase in ("l1", "l2", "l3", "total"):
            assert getattr(grid, phase) == pytest.approx(sum(getattr(part, phase) for part in parts), abs=1e-6)


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("meter", HOME_METERS)
def test_registers_never_fall(home: Home, meter: str, day: datetime) -> None:
    registers = [home.meter(meter).registers(day - HOUR + MINUTE * index) for index in range(1560)]
    assert all(a.imported <= b.imported and a.exported <= b.exported for a, b in pairwise(registers))


@pytest.mark.parametrize("meter", HOME_METERS)
def test_nothing_has_flowed_before_the_epoch(home: Home, meter: str) -> None:
    registers = home.meter(meter).registers(EPOCH - 30 * DAY)
    assert (registers.imported, registers.exported) == (0, 0)
    assert home.meter(meter).power(EPOCH - 30 * DAY).total == 0


@pytest.mark.parametrize("day", DAYS)
def test_the_state_of_charge_follows_from_the_registers(home: Home, day: datetime) -> None:
    battery = home.battery
    for start, end in pairwise(day + timedelta(minutes=43) * index for index in range(40)):
        energy = home.energy("battery", start, end)
        stored = energy.imported * battery.efficiency - energy.exported / battery.efficiency
        gained = battery.state_of_charge(end) - battery.state_of_charge(start)
        assert gained * battery.capacity == pytest.approx(stored, abs=1e-3)


def test_the_battery_is_never_empty_or_overfull(home: Home) -> None:
    seen = [home.battery.state_of_charge(EPOCH + timedelta(minutes=97) * index) for index in range(8000)]
    assert 0.05 <= min(seen) < 0.15
    assert 0.9 < max(seen) <= 1.0


@pytest.mark.parametrize("day", DAYS)
def test_a_local_day_ends_as_charged_as_it_began(home: Home, day: datetime) -> None:
    zone = ZoneInfo(TIME_ZONE)
    midnights = [datetime(day.year, day.month, day.day + offset, tzinfo=zone) for offset in (0, 1)]
    before, after = (home.battery.state_of_charge(midnight) for midnight in midnights)
    just_before = home.battery.state_of_charge(midnights[1].astimezone(UTC) - timedelta(seconds=1))
    assert before == pytest.approx(after) == pytest.approx(just_before)


def test_limits(home: Home) -> None:
    watts = {
        name: [home.meter(name).power(EPOCH + timedelta(minutes=37) * index).total for index in range(20_000)]
        for name in PARTS
    }
    assert max(map(abs, watts["battery"])) <= 5_000 + 1e-6
    assert 10_800 < max(watts["ev_charger"]) <= 11_000
    assert -8_000 < min(watts["solar"]) < -5_500
    assert all(0 < value < 6_000 for value in watts["household"] + watts["heat_pump"])


def test_the_battery_stores_the_sun_and_follows_the_house(home: Home) -> None:
    assert home.energy("battery", WEDNESDAY + 8 * HOUR, WEDNESDAY + 16 * HOUR).imported > 5_000
    assert home.energy("battery", WEDNESDAY + 16 * HOUR, WEDNESDAY + DAY).exported > 5_000
    assert home.energy("battery", JANUARY, JANUARY + 5 * HOUR).imported > 4_000, "winter nights are cheap"
    assert home.battery.capacity == 10_000


def test_work_warms_the_battery(home: Home) -> None:
    after_rest, after_work = (home.battery.temperature(WEDNESDAY + hour * HOUR) for hour in (2, 18))
    assert 15 < after_rest < after_work < 35


def test_another_process_sees_the_same_home() -> None:
    script = (
        "from datetime import UTC, datetime\n"
        "from tests.simulators.world import World\n"
        "moment = datetime(2025, 1, 20, 11, 12, 30, tzinfo=UTC)\n"
        "home = World().home\n"
        "print([meter.at(moment) for meter in home.meters.values()], home.battery.state_of_charge(moment))\n"
    )

    def seen(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        root = Path(__file__).parents[2]
        run = subprocess.run(
            [sys.executable, "-c", script], cwd=root, env=environment, check=True, capture_output=True, text=True
        )
        return run.stdout

    assert seen("1") == seen("2") != ""


def test_another_seed_is_another_home() -> None:
    moment = EPOCH + 9 * DAY + 9 * HOUR
    household = [World(seed=seed).home.meter("household").power(moment) for seed in (1, 1, 2)]
    assert household[0] == household[1] != household[2]


def test_a_world_may_begin_in_summer_time() -> None:
    home = World(epoch=datetime(2026, 7, 1, tzinfo=UTC)).home
    seen = [
        home.battery.state_of_charge(datetime(2026, 6, 30, tzinfo=UTC) + 20 * MINUTE * index) for index in range(300)
    ]
    assert 0.05 <= min(seen) < max(seen) <= 1
