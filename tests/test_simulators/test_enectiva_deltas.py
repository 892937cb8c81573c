"""Enectiva's monthly deltas: what a month was in the meter's time zone, as far as its readings say."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enectiva import EnectivaSwitches

from .conftest import NOON
from .enectiva_client import Client, Connect, used

MINUTE = timedelta(minutes=1)
QUARTER = 15 * MINUTE
LONDON = ZoneInfo("Europe/London")


async def deltas(client: Client, path: str) -> dict[str, float]:
    return {time[:7]: value for time, value in await client.rows(f"{path}/deltas")}


@pytest.mark.parametrize("meter", ["42", "45", "48"])
async def test_a_delta_is_a_month_in_the_meters_time_zone(enectiva: Client, meter: str) -> None:
    months = await deltas(enectiva, f"/meters/{meter}")
    assert list(months) == [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 13)][:18]
    for name, end in (("2025-07", datetime(2025, 8, 1, tzinfo=LONDON)), ("2026-06", NOON - QUARTER)):
        start = datetime.fromisoformat(f"{name}-01").replace(tzinfo=LONDON)
        assert months[name] == pytest.approx(used(enectiva.simulator, meter, start, end), abs=0.002)
    assert enectiva.simulator.month_delta(meter, NOON) == months["2026-06"]
    assert enectiva.simulator.month_delta(meter, NOON, 11) == months["2025-07"]
    assert enectiva.simulator.month_delta(meter, NOON, 18) is None


async def test_a_delta_in_full(enectiva: Client) -> None:
    body = await enectiva.get("/meters/42/deltas", limit="1")
    (row,) = body["data"]
    value = row["attributes"]["value"]
    assert row == {
        "type": "meter_deltas",
        "id": "42-2025-01",
        "attributes": {"time": "2025-01-01T00:00:00", "value": value},
    }


async def test_a_month_begins_where_the_meter_is(enectiva: Client) -> None:
    simulator = enectiva.simulator
    meter = simulator.add_meter(time_zone="Asia/Tokyo", of="grid", factor=1.0)
    tokyo = ZoneInfo("Asia/Tokyo")
    truth = used(simulator, meter.id, datetime(2026, 5, 1, tzinfo=tokyo), datetime(2026, 6, 1, tzinfo=tokyo))
    months = await deltas(enectiva, f"/meters/{meter.id}")
    assert months["2026-05"] == pytest.approx(truth, abs=0.002)
    assert months["2026-05"] != (await deltas(enectiva, "/meters/42"))["2026-05"]


async def test_the_running_month_grows_with_the_readings(enectiva: Client, clock: SimClock) -> None:
    before = (await deltas(enectiva, "/meters/42"))["2026-06"]
    clock.set(NOON + QUARTER)
    after = (await deltas(enectiva, "/meters/42"))["2026-06"]
    truth = used(enectiva.simulator, "42", NOON - QUARTER, NOON)
    assert after - before == pytest.approx(truth, abs=0.002)
    # A month has no row before its first reading is processed, and is 0 then.
    midnight = datetime(2026, 7, 1, tzinfo=LONDON).astimezone(UTC)
    clock.set(midnight)
    assert "2026-07" not in await deltas(enectiva, "/meters/42")
    clock.set(midnight + 5 * MINUTE)
    assert (await deltas(enectiva, "/meters/42"))["2026-07"] == 0


async def test_deltas_are_revised_with_their_readings(enectiva: Client) -> None:
    simulator = enectiva.simulator
    months = await deltas(enectiva, "/meters/42")
    last, edge = NOON - QUARTER, datetime(2026, 5, 1, tzinfo=LONDON).astimezone(UTC)
    simulator.correct("42", last, simulator.meters["42"].register(last) + 100)
    simulator.correct("42", edge, simulator.meters["42"].register(edge) - 10)
    revised = await deltas(enectiva, "/meters/42")
    assert revised["2026-06"] == pytest.approx(months["2026-06"] + 100, abs=0.002)
    assert revised["2026-05"] == pytest.approx(months["2026-05"] + 10, abs=0.002)
    assert revised["2026-04"] == pytest.approx(months["2026-04"] - 10, abs=0.002)
    simulator.delete_reading("42", edge)
    # Without the reading at its edge, a month is interpolated.
    start = (simulator.meters["42"].register(edge - QUARTER) + simulator.meters["42"].register(edge + QUARTER)) / 2
    end = simulator.meters["42"].register(datetime(2026, 6, 1, tzinfo=LONDON))
    assert (await deltas(enectiva, "/meters/42"))["2026-05"] == pytest.approx(end - start, abs=0.002)
    simulator.delete_reading("42", last)
    assert (await deltas(enectiva, "/meters/42"))["2026-06"] < months["2026-06"]


async def test_a_month_without_readings_has_no_delta(enectiva: Client) -> None:
    simulator = enectiva.simulator
    simulator.delete_reading("52", datetime(2026, 4, 1, 8, tzinfo=UTC))
    months = await deltas(enectiva, "/meters/52")
    assert "2026-04" not in months
    assert {"2026-03", "2026-05"} <= set(months)
    assert simulator.month_delta("52", NOON, 2) is None


async def test_a_virtual_meter_is_computed(enectiva: Client) -> None:
    virtual = await deltas(enectiva, "/virtual_meters/501")
    main, ventilation = [await deltas(enectiva, f"/meters/{meter}") for meter in ("42", "44")]
    assert virtual == {month: pytest.approx(main[month] - ventilation[month], abs=0.002) for month in main}


async def test_entities_have_deltas_per_energy(connect_enectiva: Connect) -> None:
    client = await connect_enectiva()
    may = ["entity_deltas.time>=2026-05-01T00:00:00", "entity_deltas.time<2026-06-01T00:00:00"]
    rows = (await client.get("/entities/7/deltas", *may))["data"]
    assert {row["type"] for row in rows} == {"entity_deltas"}
    assert {row["attributes"]["time"] for row in rows} == {"2026-05-01T00:00:00"}
    mains = {"electricity": "42", "heat": "45", "water": "48", "gas": "47", "cooling": "50"}
    assert {row["attributes"]["energy"]: row["attributes"]["value"] for row in rows} == {
        energy: (await deltas(client, f"/meters/{meter}"))["2026-05"] for energy, meter in mains.items()
    }
    assert len({row["id"] for row in rows}) == 5
    # The campus is the sum of its buildings.
    campus = (await client.get("/entities/1/deltas", *may))["data"]
    assert [row["attributes"] for row in campus] == [row["attributes"] for row in rows]
    # Submeters of one use, as ventilation, are part of what the main meters show.
    floor = (await client.get("/entities/8/deltas", *may))["data"]
    garden = (await deltas(client, "/meters/52"))["2026-05"]
    assert [(row["attributes"]["energy"], row["attributes"]["value"]) for row in floor] == [("water", garden)]
    single = await connect_enectiva(switches=EnectivaSwitches(entity_deltas="electricity"))
    (row,) = (await single.get("/entities/7/deltas", *may))["data"]
    assert set(row["attributes"]) == {"time", "value"}
    assert row["attributes"]["value"] == (await deltas(client, "/meters/42"))["2026-05"]
