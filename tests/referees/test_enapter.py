"""Enapter's own SDK for Python reads everything from the simulator of Enapter's cloud."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enapter import (
    BATTERY,
    ELECTROLYSER,
    EV_CHARGER,
    HOME,
    HYBRID_INVERTER,
    OFFICE,
    OFFICE_METER,
    POWER_METER,
    TOKEN,
    EnapterSimulator,
)
from tests.simulators.server import running
from tests.simulators.world import Meter, World

from .referee import refereeing

NOW = datetime(2026, 6, 17, 13, 0, 30, tzinfo=UTC)
"""A day in summer: everything produces, charges and discharges within the 24 hours before."""
EVERYTHING: Mapping[str, Any] = {
    f"expand_{name}": True for name in ("manifest", "properties", "connectivity", "communication", "raised_alert_names")
}
REGISTERS: Mapping[tuple[str, str], tuple[str, str, float]] = {
    (POWER_METER, "energy_lifetime"): ("grid", "imported", 1),
    (POWER_METER, "energy_exported_lifetime"): ("grid", "exported", 1),
    (HYBRID_INVERTER, "pv_energy_lifetime"): ("solar", "exported", 1),
    (BATTERY, "battery_energy_in_lifetime"): ("battery", "imported", 1),
    (BATTERY, "battery_energy_out_lifetime"): ("battery", "exported", 1),
    (EV_CHARGER, "charge_energy"): ("ev_charger", "imported", 1000),
    (OFFICE_METER, "energy_lifetime"): ("office", "imported", 1),
}
"""Attributes that are registers: the world's meter, which of its registers, and how many Wh their unit is."""
POWERS: Mapping[tuple[str, str], tuple[str, float]] = {
    (POWER_METER, "total_power"): ("grid", 1),
    (HYBRID_INVERTER, "pv_total_power"): ("solar", -1),
    (HYBRID_INVERTER, "battery_power"): ("battery", -1),
    (BATTERY, "battery_power"): ("battery", -1),
    (OFFICE_METER, "total_power"): ("office", 1),
}
"""Attributes that are powers in watts: the world's meter, and the sign that Enapter gives it."""
HIDDEN = "service_counter"
"""An attribute that an owner may not see."""


@pytest.fixture
def simulator() -> EnapterSimulator:
    """A cloud whose clock stands still."""
    return EnapterSimulator(clock=SimClock(NOW))


def meter(world: World, name: str) -> Meter:
    return world.meters["grid"] if name == "office" else world.home.meters[name]


def by_device(names: Mapping[tuple[str, str], object]) -> dict[str, list[str]]:
    return {device: [name for one, name in names if one == device] for device, _ in names}


async def test_sites_and_devices_are_read(simulator: EnapterSimulator) -> None:
    simulator.raise_alert(POWER_METER, "low_voltage")
    simulator.set_connectivity(ELECTROLYSER, "OFFLINE")
    async with running(simulator) as server, refereeing("enapter") as enapter:
        await enapter.ask("open", base_url=server.url, token=TOKEN)
        sites = await enapter.ask("sites.list")
        site = await enapter.ask("sites.get", site_id=HOME)
        devices = await enapter.ask("devices.list", **EVERYTHING)
        at_office = await enapter.ask("devices.list", site_id=OFFICE)
        meter = await enapter.ask("devices.get", device_id=POWER_METER, **EVERYTHING)
    assert {one["id"]: one["name"] for one in sites} == {one.id: one.name for one in simulator.sites.values()}
    assert site in sites
    assert site["location"] == {"name": "London", "latitude": 51.4934, "longitude": -0.0098}
    assert [one["id"] for one in devices] == sorted(simulator.devices)
    for told in devices:
        device = simulator.devices[told["id"]]
        assert told["updated_at"] == device.updated_at.isoformat()
        assert told["connectivity"] == {"status": "OFFLINE" if device.id == ELECTROLYSER else "ONLINE"}
        assert (told["communication"] is None) == (device.link is None)
        for name in ("name", "slug", "site_id", "blueprint_id", "type", "manifest", "properties"):
            assert told[name] == getattr(device, name)
    assert meter in devices
    assert meter["raised_alert_names"] == ["low_voltage"]
    assert [one["id"] for one in at_office] == [OFFICE_METER]
    assert at_office[0]["manifest"] is None
    assert {request.headers["x-enapter-allow-http"] for request in simulator.requests} == {"true"}


async def test_pages_are_read_to_their_end() -> None:
    simulator = EnapterSimulator.campus(120)
    async with running(simulator) as server, refereeing("enapter") as enapter:
        await enapter.ask("open", base_url=server.url, token=TOKEN)
        devices = await enapter.ask("devices.list")
    assert [device["id"] for device in devices] == sorted(simulator.devices)
    assert [request.query["offset"] for request in simulator.requests] == ["0", "50", "100", "120"]


async def test_latest_values_are_the_worlds(simulator: EnapterSimulator) -> None:
    simulator.silence(EV_CHARGER, NOW - timedelta(hours=1))
    asked = {device.id: [*device.channels, "nonsense"] for device in simulator.devices.values()}
    async with running(simulator) as server, refereeing("enapter") as enapter:
        await enapter.ask("open", base_url=server.url, token=TOKEN)
        latest = await enapter.ask("telemetry.latest", attributes_by_device=asked, relevance_interval=300)
    assert {device: list(points) for device, points in latest.items()} == asked
    missing = {"nonsense", HIDDEN, *asked[EV_CHARGER]}
    assert {name for points in latest.values() for name, point in points.items() if point is None} == missing
    for device, points in latest.items():
        for name, point in points.items():
            row = None if name in missing else simulator.truth(device, name, NOW)
            assert point == (row and {"timestamp": int(row.time.timestamp()), "value": row.value})
    for (device, name), (true, sign) in POWERS.items():
        point = latest[device][name]
        watts = meter(simulator.world, true).power(datetime.fromtimestamp(point["timestamp"], UTC)).total
        assert point["value"] == pytest.approx(sign * watts, abs=0.06)


async def test_a_day_of_hourly_registers_is_the_worlds_energy(simulator: EnapterSimulator) -> None:
    start, end = NOW.replace(minute=0, second=0) - timedelta(hours=24), NOW.replace(minute=0, second=0)
    wanted = {"start": start.isoformat(), "end": end.isoformat(), "granularity": 3600}
    async with running(simulator) as server, refereeing("enapter") as enapter:
        await enapter.ask("open", base_url=server.url, token=TOKEN)
        registers = await enapter.ask(
            "telemetry.wide_timeseries", **wanted, aggregation="LAST", attributes=by_device(REGISTERS)
        )
        powers = await enapter.ask(
            "telemetry.wide_timeseries", **wanted, aggregation="AUTO", attributes=by_device(POWERS)
        )
    hours = [start + timedelta(hours=hour) for hour in range(24)]
    assert registers["timestamps"] == powers["timestamps"] == [hour.isoformat() for hour in hours]
    counted = columns(registers)
    assert counted.keys() == REGISTERS.keys()
    for (device, name), (true, register, unit) in REGISTERS.items():
        cadence = timedelta(seconds=simulator.devices[device].cadence)
        shown = [simulator.truth(device, name, hour + timedelta(hours=1, seconds=-1)) for hour in hours]
        times = [row.time for row in shown if row is not None]
        assert all(hour + timedelta(hours=1) - time <= cadence for hour, time in zip(hours, times, strict=True))
        world = [getattr(meter(simulator.world, true).registers(time), register) for time in times]
        told = [value * unit for value in counted[device, name]]
        assert differences(told) == pytest.approx(differences(world), abs=1.1 if unit > 1 else 0.11)
        assert told[-1] - told[0] > 100
    averaged = columns(powers)
    for (device, name), (true, sign) in POWERS.items():
        energies = [
            simulator.world.energy(meter(simulator.world, true), hour, hour + timedelta(hours=1)) for hour in hours
        ]
        net = [sign * (energy.imported - energy.exported) for energy in energies]
        assert averaged[device, name] == pytest.approx(net, rel=0.02, abs=20)


async def test_history_of_every_type_is_read(simulator: EnapterSimulator) -> None:
    names = [name for name in simulator.devices[ELECTROLYSER].channels if name != HIDDEN]
    start, end = NOW - timedelta(hours=10), NOW
    async with running(simulator) as server, refereeing("enapter") as enapter:
        await enapter.ask("open", base_url=server.url, token=TOKEN)
        history = await enapter.ask(
            "telemetry.wide_timeseries",
            start=start.isoformat(),
            end=end.isoformat(),
            granularity=30,
            aggregation="LAST",
            attributes={ELECTROLYSER: [*names, HIDDEN]},
        )
    table = columns(history)
    assert [name for _, name in table] == names
    types = {"string": str, "boolean": bool, "float": float, "integer": int, "string_array": list}
    assert {column["data_type"] for column in history["columns"]} == types.keys()
    for column in history["columns"]:
        assert {type(value) for value in column["values"]} == {types[column["data_type"]]}
    assert set(table[ELECTROLYSER, "running"]) == {True, False}
    assert set(table[ELECTROLYSER, "status"]) == {"idle", "ramp_up", "steady"}


def columns(history: Any) -> dict[tuple[str, str], list[Any]]:
    """Return the columns of a wide timeseries by device and attribute."""
    return {(one["labels"]["device"], one["labels"]["telemetry"]): one["values"] for one in history["columns"]}


def differences(values: list[float]) -> list[float]:
    """Return by how much each value is larger than the one before."""
    return [after - before for before, after in pairwise(values)]
