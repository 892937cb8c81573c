"""The variants that Enpact's documents leave open, and what may happen to an installation while it runs."""

from datetime import timedelta
import json
from typing import Any

import pytest

from tests.simulators.enpact import PRODUCTION_KEY, EnpactSwitches

from .conftest import NOON, Client, Connect

DEVICE, INCOMER, SOLAR, LIFTS, RACK = (
    "esl-nt3-5555A1B2C3D4",
    "meter-building-a-001",
    "meter-building-a-002",
    "meter-building-a-005",
    "meter-building-a-006",
)
MINUTE = timedelta(minutes=1)
START = NOON - 30 * MINUTE
STAMP = "2026-06-17T11:30:00Z"


async def switched(connect: Connect, **switches: Any) -> Any:
    return await connect(switches=EnpactSwitches(**switches))


async def text_of(client: Client, meter: str, aggregation: str = "none") -> str:
    _, text = await client.ask("GET", f"/meters/{meter}/data", params={"timestamp": STAMP, "aggregation": aggregation})
    return text


@pytest.mark.parametrize("meter", [RACK, LIFTS])
@pytest.mark.parametrize("aggregation", ["none", "15min"])
async def test_everything_a_type_lacks_is_null(connect: Connect, meter: str, aggregation: str) -> None:
    client = await switched(connect, absent_fields="null")
    (row, *_) = await client.meter(meter, START, aggregation)
    assert (row["v1"], row["p2"], row["freq"], row["imp"]) == (None, None, None, None)
    assert row["c1"] is not None
    assert (row["c3"] is None) is (meter == RACK)


async def test_whole_floats_are_written_as_integers(connect: Connect) -> None:
    assert ".0," in await text_of(await connect(), INCOMER)
    whole = await switched(connect, integers_for_whole_floats=True)
    for aggregation in ("none", "15min"):
        assert ".0," not in await text_of(whole, INCOMER, aggregation)


async def test_numbers_arrive_as_strings(connect: Connect) -> None:
    client = await switched(connect, numeric_strings=True)
    (row, *_) = await client.meter(INCOMER, START)
    assert float(row["v1"]) > 200
    assert isinstance(row["v1"], str)
    (row,) = await client.meter(INCOMER, START, "15min")
    assert {type(row["imp"][key]) for key in ("avg", "min", "max", "unit")} == {str}


@pytest.mark.parametrize(
    ("empty", "nothing", "with_others"),
    [
        ("list", {RACK: []}, []),
        ("missing", {}, "missing"),
        ("data_list", [], "missing"),
        ("null", {RACK: None}, None),
    ],
)
async def test_shapes_of_nothing(connect: Connect, empty: str, nothing: Any, with_others: Any) -> None:
    client = await switched(connect, empty=empty)
    client.simulator.silence(RACK, START)
    assert json.loads(await text_of(client, RACK))["data"] == nothing
    response, _ = await client.ask("POST", "/meters/batch/data", json={"meterIds": [RACK, INCOMER], "timestamp": STAMP})
    assert response.status == 200
    data = (await response.json())["data"]
    assert data.get(RACK, "missing") == with_others
    assert len(data[INCOMER]) == 1


async def test_a_single_row_is_an_object(connect: Connect) -> None:
    client = await switched(connect, single_row_as_object=True)
    assert (await client.meter(INCOMER, START, "15min"))["period"] == "15min"
    assert isinstance(await client.meter(INCOMER, START), list)


async def test_rows_descend_or_come_twice(connect: Connect) -> None:
    rows = await (await connect()).meter(INCOMER, START)
    assert await (await switched(connect, descending=True)).meter(INCOMER, START) == rows[::-1]
    twice = await switched(connect, duplicates=True)
    assert await twice.meter(INCOMER, START) == [row for row in rows for _ in range(2)]
    assert len(await twice.meter(INCOMER, START, "15min")) == 1


async def test_rows_from_the_future(connect: Connect) -> None:
    rows = await (await switched(connect, rows_ahead_s=140)).meter(INCOMER, NOON - 5 * MINUTE)
    assert rows[-1]["timestamp"] == "2026-06-17T12:02:00+00:00"


async def test_power_without_a_sign(connect: Connect) -> None:
    client = await switched(connect, unsigned_power=True)
    assert (await client.meter(SOLAR, START))[0]["p1"] > 0
    assert (await client.meter(SOLAR, START, "15min"))[0]["p1"]["min"] > 0


async def test_registers_with_one_decimal(connect: Connect) -> None:
    client = await switched(connect, register_decimals=1)
    assert all(row["imp"] == round(row["imp"], 1) for row in await client.meter(INCOMER, START))


async def test_a_strict_sandbox_knows_only_what_it_lists(connect: Connect) -> None:
    body = {"deviceIds": ["esl-nt3-5555CAFEBABE"], "timestamp": STAMP}
    assert (await (await connect("sandbox")).ask("POST", "/query", json=body))[0].status == 200
    strict = await connect("sandbox", switches=EnpactSwitches(strict_sandbox=True))
    response, text = await strict.ask("POST", "/query", json=body)
    assert (response.status, json.loads(text)["unauthorized_devices"]) == (403, ["esl-nt3-5555CAFEBABE"])


async def test_a_meter_falls_silent_and_comes_back(enpact: Client) -> None:
    edit = enpact.simulator.silence(RACK, START + 5 * MINUTE, START + 10 * MINUTE)
    assert len(await enpact.meter(RACK, START)) == 20
    enpact.simulator.undo(edit)
    assert len(await enpact.meter(RACK, START)) == 30


async def test_a_broken_probe_and_a_fault(enpact: Client) -> None:
    enpact.simulator.break_probe(DEVICE, start=START)
    assert (await enpact.device(DEVICE, START))[0]["space"] == -55.0
    assert (await enpact.device(DEVICE, START, "15min"))[0]["space"]["max"] == -55.0
    enpact.simulator.fail(RACK, START + MINUTE)
    rows = await enpact.meter(RACK, START)
    assert [row["fault"] for row in rows[:3]] == ["false", "false", "true"]


async def test_a_replaced_meter_counts_from_its_own_reading(enpact: Client) -> None:
    before = await enpact.meter(INCOMER, START)
    enpact.simulator.replace_meter(INCOMER, START + 5 * MINUTE, imported=7.0)
    after = await enpact.meter(INCOMER, START)
    assert after[:10] == before[:10]
    assert (after[10]["imp"], after[10]["exp"]) == (7.0, 0.0)
    gained = before[-1]["imp"] - before[10]["imp"]
    assert after[-1]["imp"] - after[10]["imp"] == pytest.approx(gained, abs=0.0011)
    enpact.simulator.replace_meter(INCOMER, START + 10 * MINUTE)
    assert (await enpact.meter(INCOMER, START))[20]["imp"] == 0.0


async def test_a_field_first_appears_later(enpact: Client) -> None:
    enpact.simulator.hide_field(INCOMER, "imp", START + 2 * MINUTE)
    rows = await enpact.meter(INCOMER, START)
    assert ["imp" in row for row in rows[:6]] == [False, False, False, False, True, True]
    assert (await enpact.meter(INCOMER, START, "15min"))[0]["imp"]["min"] == rows[4]["imp"]


async def test_rows_are_late_or_corrected(enpact: Client, clock: Any) -> None:
    enpact.simulator.delay_rows(RACK, timedelta(hours=1))
    assert await enpact.meter(RACK, START) == []
    was = (await enpact.meter(LIFTS, START))[0]["c1"]
    enpact.simulator.hold(LIFTS, "c1", 99.0, START, START + MINUTE, published=NOON + timedelta(hours=1))
    assert (await enpact.meter(LIFTS, START))[0]["c1"] == was
    clock.advance(timedelta(hours=1))
    assert len(await enpact.meter(RACK, START)) == 30
    assert [row["c1"] == 99.0 for row in (await enpact.meter(LIFTS, START))[:4]] == [True, True, False, False]


async def test_a_meter_is_renamed(enpact: Client) -> None:
    enpact.simulator.rename(RACK, "Server rack A", START + MINUTE)
    rows = await enpact.meter(RACK, START)
    assert [row["deviceName"] for row in rows[1:3]] == ["Server rack 1", "Server rack A"]


async def test_meters_and_devices_come_and_go(enpact: Client) -> None:
    enpact.simulator.add_meter("meter-new-001", title="Bakery", of="kitchen", share=0.5)
    enpact.simulator.add_device("esl-nt3-5555AAAAAAAA", controller=1)
    enpact.simulator.remove(RACK)
    enpact.simulator.remove(DEVICE)
    meters, devices = (await enpact.get("/meters"))["meters"], (await enpact.get("/devices"))["devices"]
    assert "meter-new-001" in meters
    assert RACK not in meters
    assert devices[-1] == "esl-nt3-5555AAAAAAAA"
    assert DEVICE not in devices
    assert (await enpact.meter("meter-new-001", START))[0]["deviceName"] == "Bakery"
    response, text = await enpact.ask("GET", f"/meters/{RACK}/data", params={"timestamp": STAMP})
    assert (response.status, json.loads(text)["unauthorized_meters"]) == (403, [RACK])
    assert enpact.simulator.requests[-1].headers["x-api-key"] == PRODUCTION_KEY
