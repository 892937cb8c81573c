"""Enpact's data: lists, raw and aggregated rows in the documents' shapes, with the world's truth in them."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enpact import DEVICES, OFFICE, EnpactSimulator

from .conftest import NOON, Client, Connect

DEVICE, INCOMER, SOLAR, LIFTS, RACK = (
    "esl-nt3-5555A1B2C3D4",
    "meter-building-a-001",
    "meter-building-a-002",
    "meter-building-a-005",
    "meter-building-a-006",
)
MINUTE = timedelta(minutes=1)
COMMON = ["timestamp", "deviceName", "gwId", "fault", "expiry"]
ADVANCED = [f"{quantity}{phase}" for quantity in ("c", "v", "p", "pf") for phase in (1, 2, 3)] + ["freq", "imp", "exp"]


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


async def test_lists_in_production_are_ids_alone(enpact: Client) -> None:
    assert await enpact.get("/devices") == {
        "devices": list(DEVICES),
        "meta": {"count": 4, "environment": "production"},
    }
    meters = await enpact.get("/meters")
    assert meters == {
        "meters": [placed.id for placed in OFFICE],
        "meta": {"count": 14, "environment": "production"},
    }
    assert {placed.kind for placed in OFFICE} == {"single", "three", "advanced"}
    assert len({placed.gateway for placed in OFFICE}) == 3


async def test_lists_in_the_sandbox_are_the_documented_ones(connect: Connect) -> None:
    sandbox = await connect("sandbox")
    assert await sandbox.get("/devices") == {
        "devices": [
            "esl-nt3-test-device-001",
            "esl-nt3-test-device-002",
            "esl-nt3-test-device-003",
            "esl-nt3-test-device-004",
            "esl-nt3-test-device-005",
        ],
        "meta": {"count": 5, "environment": "sandbox"},
    }
    assert await sandbox.get("/meters") == {
        "meters": [
            "meter-single-001",
            "meter-single-002",
            "meter-three-004",
            "meter-three-005",
            "meter-advanced-007",
            "iemtr-sdm-test001",
        ],
        "meta": {"count": 6, "environment": "sandbox"},
    }


async def test_raw_device_rows(enpact: Client) -> None:
    start = NOON - 30 * MINUTE
    body = await enpact.get(f"/devices/{DEVICE}/data", timestamp=stamp(start), aggregation="none")
    rows = body["data"][DEVICE]
    assert [row["timestamp"] for row in rows] == [stamp(start + index * MINUTE / 2) for index in range(30)]
    assert list(rows[0]) == [
        "timestamp",
        "coolantIn",
        "coolantOut",
        "space",
        "cpuTemp",
        "compressorEnergySaverEnabled",
        "fanEnergySaverEnabled",
    ]
    cooling = enpact.simulator.world.cooling(0, start)
    assert rows[0]["space"] == round(cooling.space, 1)
    assert rows[0]["compressorEnergySaverEnabled"] is cooling.compressor_saver
    assert body["meta"] == {
        "timestamp": stamp(start),
        "window": "15min",
        "aggregation": "none",
        "device_count": 1,
        "units": {"coolantIn": "°C", "coolantOut": "°C", "space": "°C", "cpuTemp": "°C"},
    }


async def test_aggregated_device_row(enpact: Client) -> None:
    start = NOON - 30 * MINUTE
    raw = await enpact.device(DEVICE, start)
    body = await enpact.get(f"/devices/{DEVICE}/data", timestamp=stamp(start))
    (row,) = body["data"][DEVICE]
    spaces = [one["space"] for one in raw]
    saving = [one["compressorEnergySaverEnabled"] for one in raw]
    assert (row["timestamp"], row["period"]) == (stamp(start), "15min")
    assert row["space"] == {
        "avg": round(sum(spaces) / 30, 1),
        "min": min(spaces),
        "max": max(spaces),
        "unit": "°C",
    }
    assert row["compressorEnergySaverEnabled"] == {"percentTrue": round(100 * sum(saving) / 30)}
    assert body["meta"] == {
        "timestamp": stamp(start),
        "window": "15min",
        "aggregation": "15min",
        "device_count": 1,
    }


@pytest.mark.parametrize(
    ("meter", "fields", "units"),
    [
        (INCOMER, COMMON + ADVANCED, ADVANCED),
        (LIFTS, [*COMMON, "c1", "c2", "c3"], ["c1", "c2", "c3"]),
        (RACK, [*COMMON, "c1", "c2", "c3"], ["c1"]),
    ],
)
async def test_raw_meter_rows_by_type(enpact: Client, meter: str, fields: list[str], units: list[str]) -> None:
    body = await enpact.get(f"/meters/{meter}/data", timestamp=stamp(NOON - 30 * MINUTE), aggregation="none")
    rows = body["data"][meter]
    assert len(rows) == 30
    assert list(rows[0]) == fields
    assert list(body["meta"]["units"]) == units
    assert body["meta"]["meter_count"] == 1
    assert (rows[0]["fault"], rows[0]["expiry"]) == ("false", 1735689600000)
    if meter == RACK:
        assert (rows[0]["c2"], rows[0]["c3"]) == (None, None)


async def test_units_of_an_advanced_meter(enpact: Client) -> None:
    body = await enpact.get(f"/meters/{INCOMER}/data", timestamp=stamp(NOON - 30 * MINUTE), aggregation="none")
    units = {"c": "A", "v": "V", "p": "W", "pf": ""}
    expected = {f"{quantity}{phase}": unit for quantity, unit in units.items() for phase in (1, 2, 3)}
    assert body["meta"]["units"] == expected | {"freq": "Hz", "imp": "kWh", "exp": "kWh"}


async def test_registers_tell_the_true_energy(enpact: Client, clock: SimClock) -> None:
    clock.set(NOON + timedelta(hours=6))
    last = [(await enpact.meter(SOLAR, NOON + 15 * index * MINUTE, "15min"))[0] for index in range(-1, 16)]
    first, final = last[0]["exp"]["max"], last[-1]["exp"]["max"]
    truth = enpact.simulator.energy(SOLAR, NOON - MINUTE / 2, NOON + 16 * 15 * MINUTE - MINUTE / 2)
    assert final - first == pytest.approx(truth.exported / 1000, abs=0.0011)
    assert truth.exported > 10_000
    values = [row["exp"][key] for row in last for key in ("min", "max")]
    assert values == sorted(values)


async def test_power_is_negative_while_exporting(enpact: Client) -> None:
    (row, *_) = await enpact.meter(SOLAR, NOON - 30 * MINUTE)
    assert max(row[f"p{phase}"] for phase in (1, 2, 3)) < 0
    assert row["p1"] == round(enpact.simulator.world.meter("solar").power(NOON - 30 * MINUTE).l1)
    assert row["c1"] > 0


async def test_a_window_is_half_open_and_rows_lie_on_half_minutes(enpact: Client) -> None:
    start = NOON - 30 * MINUTE + timedelta(seconds=1)
    rows = await enpact.meter(INCOMER, start)
    assert rows[0]["timestamp"] == "2026-06-17T11:30:30+00:00"
    assert rows[-1]["timestamp"] == "2026-06-17T11:45:00+00:00"
    (row,) = await enpact.meter(INCOMER, start, "15min")
    assert row["timestamp"] == "2026-06-17T11:30:01+00:00"


async def test_rows_arrive_with_a_delay(enpact: Client, clock: SimClock) -> None:
    start = NOON - 5 * MINUTE
    assert (await enpact.meter(INCOMER, start))[-1]["timestamp"] == stamp(NOON - MINUTE / 2)
    clock.advance(timedelta(seconds=20))
    assert (await enpact.meter(INCOMER, start))[-1]["timestamp"] == stamp(NOON)
    (partial,) = await enpact.meter(INCOMER, start, "15min")
    clock.advance(timedelta(minutes=11))
    (complete,) = await enpact.meter(INCOMER, start, "15min")
    assert partial["imp"]["max"] + partial["exp"]["max"] < complete["imp"]["max"] + complete["exp"]["max"]
    enpact.simulator.delay = timedelta(minutes=30)
    assert await enpact.meter(INCOMER, start) == []


async def test_query_is_the_batch_of_devices(enpact: Client) -> None:
    body = {"deviceIds": list(DEVICES), "timestamp": stamp(NOON - 30 * MINUTE), "aggregation": "15min"}
    _, one = await enpact.ask("POST", "/query", json=body)
    _, other = await enpact.ask("POST", "/devices/batch/data", json=body)
    assert one == other
    assert '"device_count":4' in one


async def test_a_batch_of_meters_is_keyed_by_id_in_the_order_asked(enpact: Client) -> None:
    ids = [RACK, INCOMER, LIFTS]
    body = {"meterIds": ids, "timestamp": stamp(NOON - 30 * MINUTE)}
    response, _ = await enpact.ask("POST", "/meters/batch/data", json=body)
    answer = await response.json()
    assert list(answer["data"]) == ids
    assert answer["meta"]["meter_count"] == 3
    assert [len(rows) for rows in answer["data"].values()] == [1, 1, 1]
    assert answer["data"][RACK][0]["c2"] is None


async def test_mock_data_are_deterministic_and_within_the_documented_ranges(connect: Connect, clock: SimClock) -> None:
    sandbox, again = await connect("sandbox"), await connect("sandbox")
    start = NOON - 5 * MINUTE
    rows = await sandbox.meter("iemtr-sdm-test001", start)
    assert len(rows) == 30, "mock data are complete at once"
    assert rows == await again.meter("iemtr-sdm-test001", start)
    clock.advance(timedelta(hours=1))
    assert rows == await sandbox.meter("iemtr-sdm-test001", start)
    ranges = {"c2": (0, 50), "v1": (200, 250), "p3": (0, 5000), "pf1": (0, 1), "freq": (49, 51), "imp": (0, 999999.9)}
    for field, (low, high) in ranges.items():
        assert all(low <= row[field] <= high for row in rows)
    assert all(before["imp"] <= after["imp"] for before, after in pairwise(rows))
    spaces = [row["space"] for row in await sandbox.device("esl-nt3-5555CAFEBABE", start)]
    assert 4.2 <= min(spaces) < max(spaces) <= 5.8
    assert rows != await sandbox.meter("meter-advanced-008", start)


@pytest.mark.parametrize(
    ("meter", "name", "last"),
    [
        ("meter-single-003", "Single Phase Meter", "c3"),
        ("meter-three-006", "Three Phase Meter", "c3"),
        ("meter-advanced-009", "Advanced Energy Meter", "exp"),
        ("iemtr-sdm-test001", "Advanced Energy Meter", "exp"),
    ],
)
async def test_mock_meters_follow_the_rule_of_their_ids(connect: Connect, meter: str, name: str, last: str) -> None:
    (row, *_) = await (await connect("sandbox")).meter(meter, NOON - 30 * MINUTE)
    assert row["deviceName"] == name
    assert list(row)[-1] == last
    assert (row["c2"] is None) is ("single" in meter)


async def test_a_campus_scales_the_world(connect: Connect, clock: SimClock) -> None:
    client = await connect(EnpactSimulator.campus(20, clock=clock))
    assert (await client.get("/devices"))["devices"] == []
    start = NOON - 30 * MINUTE
    rows: Any = await client.meter("meter-campus-0001", start)
    truth = client.simulator.energy("meter-campus-0001", start, start + 14.5 * MINUTE)
    assert rows[-1]["imp"] - rows[0]["imp"] == pytest.approx(truth.imported / 1000, abs=0.0011)
    names = [(await client.meter(name, start))[0]["deviceName"] for name in list(client.simulator.meters)[:3]]
    assert names == ["Campus meter 1", "Campus meter 2", "Campus meter 3"]
