"""Whatever the service really is like where its documents are silent: the same account comes out of it."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
import itertools
import random
from typing import Any, Literal, get_args, get_origin

import pytest

from custom_components.energy_clouds.vendors.model import Account, DeviceKind, Inventory, Readings
from tests.simulators.envitron import EnvitronSwitches

from .conftest import Bench, MakeBench

type Seen = tuple[Account, Inventory, Readings]
type Watts = dict[str, tuple[datetime, object]]

NUMBERS = {"lockout_after": (1, 50), "lockout_seconds": (1, 100_000), "page_size": (1, 3, 100)}
"""Other values of the switches that are plain numbers."""
TREES = ("id", "absent")
"""Forms of `hub` in which a hub has no uuid: then its device has another id, or there is none and the sensors stand on
their own. All else is the same."""


def values_of(name: str, kind: Any) -> tuple[Any, ...]:
    """All values of a switch; a switch of a kind that is not known here fails the test."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return (False, True) if kind is bool else NUMBERS[name]


SWITCHES = {field.name: values_of(field.name, field.type) for field in fields(EnvitronSwitches)}
EACH_ALONE = [
    {name: value} for name, values in SWITCHES.items() for value in values if value != getattr(EnvitronSwitches(), name)
]


def pairwise() -> Iterator[dict[str, Any]]:
    """Combinations of all switches in which every two values of every two switches meet."""
    chance = random.Random(41)
    missing = {
        (one, other)
        for (name, values), (second, others) in itertools.combinations(SWITCHES.items(), 2)
        for one in itertools.product([name], values)
        for other in itertools.product([second], others)
    }
    while missing:
        candidates = []
        for _ in range(30):
            chosen = {name: chance.choice(values) for name, values in SWITCHES.items()}
            # At least one that is missing is met by each candidate.
            chosen |= dict(min(sorted(missing, key=repr), key=lambda _: chance.random()))
            candidates.append((len(missing.intersection(itertools.combinations(chosen.items(), 2))), chosen))
        best = max(candidates, key=lambda candidate: candidate[0])[1]
        missing.difference_update(itertools.combinations(best.items(), 2))
        yield best


COMBINATIONS = list(pairwise())


async def seen_by(bench: Bench) -> Seen:
    """Sign in, discover, and read twice."""
    account = await bench.vendor.login()
    await bench.discover()
    await bench.read()
    readings = await bench.poll()
    return account, bench.inventory, readings


_usual: list[Seen] = []


@pytest.fixture
async def usual(make_bench: MakeBench) -> Seen:
    """What the account is like with the default switches; it is found out once."""
    if not _usual:
        _usual.append(await seen_by(await make_bench()))
    return _usual[0]


def watts(inventory: Inventory, readings: Readings) -> Watts:
    """What the sensors and buildings measure in watts, by the sensor's uuid or the building's uuid and channel."""
    buildings = {site.id for site in inventory.sites}
    power = {point.id for point in inventory.points if point.unit == "W"}
    return {
        f"{id_.device_id} {id_.key}" if id_.device_id in buildings else id_.key: (sample.time, sample.value)
        for id_, sample in readings.samples.items()
        if id_ in power
    }


def nested_times(bench: Bench, expected: Watts) -> Watts:
    found = {}
    for uuid, building in bench.simulator.buildings.items():
        electricity = bench.simulator.telemetry.electricity(building, bench.clock(), fresh=True)
        assert electricity is not None
        for channel, measurement in electricity.quantities.items():
            if measurement is not None:
                found[f"{uuid} {channel}"] = measurement.time, expected[f"{uuid} {channel}"][1]
    return found


def check_same(usual: Seen, bench: Bench, seen: Seen) -> None:
    switches = bench.simulator.switches
    (usual_account, usual_inventory, usual_readings), (account, inventory, readings) = usual, seen
    # A token that says nothing does not name its user: the account is then named by its user name.
    assert (account.id == usual_account.id) is not switches.opaque_tokens
    assert (account.title, account.named) == (usual_account.title, True)
    assert inventory.sites == usual_inventory.sites
    expected = watts(usual_inventory, usual_readings)
    if switches.electricity == "nested":
        # Each of a building's quantities then has a time of its own, not the oldest of them all.
        expected |= nested_times(bench, expected)
    assert watts(inventory, readings) == expected
    assert readings.problems == {}

    # Values in other units come from the variant that has them, where it need not be asked for each sensor by name.
    others = {point.id.key: point for point in inventory.points if point.unit != "W"}
    has_others = switches.all_sensors and not switches.requires_sensor_uuid
    sensors = bench.simulator.sensors
    assert others.keys() == {uuid for uuid, one in sensors.items() if has_others and one.unit != "W"}
    for uuid, point in others.items():
        sample = readings.samples[point.id]
        assert sample.time == bench.simulator.measured_at(uuid, bench.clock())
        assert sample.value == sensors[uuid].value(sample.time)

    plain = {point.id for point in inventory.points} - {point.id for point in others.values()}
    kinds = {device.kind for device in inventory.devices}
    if switches.hub in TREES:
        assert (DeviceKind.SENSOR_HUB in kinds) is (switches.hub == "id")
        assert {id_.key for id_ in plain} == {point.id.key for point in usual_inventory.points}
        homes = {uuid: str(one.hub.id) for uuid, one in sensors.items() if one.hub and switches.hub == "id"}
        assert all(id_.device_id == homes.get(id_.key, id_.key) for id_ in plain if id_.key in sensors)
    else:
        assert plain == {point.id for point in usual_inventory.points}
        learnt = {point.id.device_id for point in others.values()}
        assert {device.id for device in inventory.devices} == {device.id for device in usual_inventory.devices} | learnt


@pytest.mark.parametrize("switches", EACH_ALONE, ids=lambda switches: " ".join(f"{k}={v}" for k, v in switches.items()))
async def test_one_switch(make_bench: MakeBench, usual: Seen, switches: dict[str, Any]) -> None:
    bench: Bench = await make_bench(**switches)
    check_same(usual, bench, await seen_by(bench))


@pytest.mark.parametrize("switches", COMBINATIONS, ids=range(len(COMBINATIONS)))
async def test_every_two_switches(make_bench: MakeBench, usual: Seen, switches: dict[str, Any]) -> None:
    bench: Bench = await make_bench(**switches)
    check_same(usual, bench, await seen_by(bench))


def test_every_switch_is_tried() -> None:
    tried = {name for switches in EACH_ALONE for name in switches}
    assert tried == {field.name for field in fields(EnvitronSwitches)}
    assert all(switches.keys() == tried for switches in COMBINATIONS)
