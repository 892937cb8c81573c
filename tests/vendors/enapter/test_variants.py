"""Whatever the service really is like where its documents are silent: the same account comes out of it."""

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin

import pytest

from custom_components.energy_clouds.vendors.model import Account, Device, Inventory, Nature, PointId, Sample
from tests.simulators.enapter import (
    AMBIENT_SENSOR,
    BATTERY,
    ELECTROLYSER,
    HEAT_PUMP,
    HYBRID_INVERTER,
    OFFICE_METER,
    READ_ONLY_TOKEN,
    TOKEN,
    EnapterSwitches,
)

from .conftest import Bench, MakeBench

NUMBERS = {
    "rate_limit": (1000,),
    "rate_window_s": (1, 3600),
    "address_limit": (500, 2000, 100_000),
    "page_size": (1, 5, 1000),
    "history_days": (1,),
}
"""Other values of the switches that are plain numbers, or nothing."""
OF_GATEWAYS = {"gateway_sites", "requires_allow_http", "expand_known", "total_count", "wrapper"}
"""These are tried on a gateway too; the others know no difference."""
OLD_SITES = "old_sites_only"
"""Shows nothing at all; it has its own test."""


def values_of(name: str, kind: Any) -> tuple[Any, ...]:
    """All values of a switch; a switch of a kind that is not known here fails the test."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return (False, True) if kind is bool else NUMBERS[name]


SWITCHES = {field.name: values_of(field.name, field.type) for field in fields(EnapterSwitches)}
EACH_ALONE = [
    {name: value}
    for name, values in SWITCHES.items()
    for value in values
    if value != getattr(EnapterSwitches(), name) and name != OLD_SITES
]


@dataclass(frozen=True)
class Seen:
    """What a person sees of an account."""

    account: Account
    inventory: Inventory
    samples: dict[PointId, Sample]
    history: dict[PointId, tuple[Sample, ...]]

    @property
    def devices(self) -> dict[str, Device]:
        return {device.id: device for device in self.inventory.devices}


async def seen_by(bench: Bench) -> Seen:
    """Log in, discover, and read with an alert raised, after one that was cleared; then a day of history."""
    account = await bench.vendor.login()
    await bench.discover()
    bench.simulator.raise_alert(HYBRID_INVERTER, "low_voltage")
    bench.simulator.raise_alert(BATTERY, "never_declared")
    bench.simulator.forbid(OFFICE_METER)
    await bench.read()
    readings = await bench.poll()
    bench.simulator.allow(OFFICE_METER)
    registers = [point for point in bench.inventory.points if point.nature is Nature.REGISTER]
    history: dict[PointId, tuple[Sample, ...]] = {}
    end = bench.clock()
    async for batch in bench.vendor.history(registers, end - timedelta(hours=20), end):
        for series in batch:
            history[series.point_id] = history.get(series.point_id, ()) + series.samples
    return Seen(account, bench.inventory, dict(readings.samples), history)


_usual: dict[tuple[bool, str], Seen] = {}


async def usual(make_bench: MakeBench, *, gateway: bool, token: str) -> Seen:
    """What the account is like with the default switches; it is found out once."""
    key = gateway, token
    if key not in _usual:
        _usual[key] = await seen_by(await make_bench(gateway=gateway, token=token))
    return _usual[key]


def parts(seen: Seen, without: frozenset[str] = frozenset()) -> tuple[Any, ...]:
    """What is compared, without some devices and the words of what is not the same by the nature of a switch."""
    inventory = seen.inventory
    return (
        seen.account,
        sorted(inventory.sites, key=lambda site: site.id),
        {one.id: one for one in inventory.devices if one.id not in without},
        {point.id: point for point in inventory.points if point.id.device_id not in without},
        {one: sample for one, sample in seen.samples.items() if one.device_id not in without},
        {one: samples for one, samples in seen.history.items() if one.device_id not in without},
    )


def values(seen: Seen) -> dict[PointId, object]:
    return {point_id: sample.value for point_id, sample in seen.samples.items()}


def of_connection(seen: Seen) -> set[PointId]:
    return {point_id for point_id in seen.samples if point_id.key == "own,connectivity"}


@pytest.mark.parametrize(
    ("switches", "gateway"),
    [*((one, False) for one in EACH_ALONE), *((one, True) for one in EACH_ALONE if OF_GATEWAYS & one.keys())],
    ids=lambda one: ("cloud", "gateway")[one] if isinstance(one, bool) else str(one),
)
async def test_one_switch(make_bench: MakeBench, switches: dict[str, Any], gateway: bool) -> None:
    token = READ_ONLY_TOKEN if {"hidden_attributes", "read_only_role"} & switches.keys() else TOKEN
    expected = await usual(make_bench, gateway=gateway, token=token)
    bench: Bench = await make_bench(gateway=gateway, token=token, **switches)
    seen = await seen_by(bench)
    match switches:
        case {"broken_manifest": True}:
            # What can be made of it is shown, and nobody else is hurt.
            assert {point.id.key for point in seen.inventory.points if point.id.device_id == HEAT_PUMP} >= {
                "own,connectivity",
                "defrosting",
            }
            hurt = frozenset({HEAT_PUMP})
            assert parts(seen, hurt) == parts(expected, hurt)
        case {"communication": "null"}:
            assert {device.parent_id for device in seen.inventory.devices} == {None}
            assert parts(seen)[3:] == parts(expected)[3:]
        case {"expand_known": known}:
            # Without the list's alerts, those of the telemetry are shown, where there are some and they may be read.
            without_tree = known == "without_alerts_and_communication"
            assert ({device.parent_id for device in seen.inventory.devices} == {None}) is without_tree
            assert parts(seen)[3] == parts(expected)[3]
            untold = {
                point_id
                for point_id in expected.samples
                if point_id.device_id in (AMBIENT_SENSOR, HEAT_PUMP, OFFICE_METER) and "alert" in point_id.key
            }
            assert values(seen) == {one: value for one, value in values(expected).items() if one not in untold}
        case {"connectivity": "empty" | "null"}:
            # Nobody knows, so nothing is shown.
            assert of_connection(seen) == set()
            assert seen.samples == {
                one: sample for one, sample in expected.samples.items() if one not in of_connection(expected)
            }
            assert seen.inventory == expected.inventory
        case {"gateway_sites": "none"} if gateway:
            assert seen.account.id == expected.account.id
            assert parts(seen)[2:] == parts(expected)[2:]
        case {"hidden_attributes": "undeclared"}:
            assert {point.id for point in expected.inventory.points} - {
                point.id for point in seen.inventory.points
            } == {
                PointId(device_id=ELECTROLYSER, key="production_rate"),
                PointId(device_id=ELECTROLYSER, key="service_counter"),
            }
            assert parts(seen)[4:] == parts(expected)[4:]
        case _:
            assert parts(seen) == parts(expected)


@pytest.mark.parametrize("gateway", [False, True], ids=["cloud", "gateway"])
async def test_account_of_old_sites_shows_nothing_and_is_no_error(make_bench: MakeBench, gateway: bool) -> None:
    bench: Bench = await make_bench(gateway=gateway, old_sites_only=True)
    await bench.vendor.login()
    inventory = await bench.discover()
    assert (inventory.sites, inventory.devices, inventory.points) == ((), (), ())
    readings = await bench.read()
    assert (readings.samples, readings.problems) == ({}, {})
    assert bench.vendor.requests_per_poll(()) == 1


def test_every_switch_is_tried() -> None:
    assert {name for switches in EACH_ALONE for name in switches} | {OLD_SITES} == SWITCHES.keys()
