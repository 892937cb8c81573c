"""Enectiva's data: the building, the world's truth in readings and data points, and what happens to them."""

from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enectiva import EnectivaSimulator
from tests.simulators.world import EPOCH, World

from .conftest import NOON
from .enectiva_client import Client, Connect, stamp, used

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
QUARTER = 15 * MINUTE
LONDON = ZoneInfo("Europe/London")


async def newest(client: Client, meter: str) -> tuple[str, float]:
    (row,) = await client.rows(f"/meters/{meter}/readings", sort="-readings.time", limit="1")
    return row


async def deltas(client: Client, path: str) -> dict[str, float]:
    return {time[:7]: value for time, value in await client.rows(f"{path}/deltas")}


async def test_a_meter_in_full(enectiva: Client) -> None:
    assert (await enectiva.get("/meters/42"))["data"] == {
        "type": "meters",
        "id": "42",
        "attributes": {
            "name": "Main electricity",
            "external_id": "the-ultimate-answer",
            "code": "001-001-0001-00-EL",
            "energy": "electricity",
            "unit": "kWh",
            "deactivated_at": None,
        },
        "relationships": {"entity": {"data": {"type": "entities", "id": "7"}}},
    }


async def test_the_building_has_meters_of_all_media(enectiva: Client) -> None:
    listed = (await enectiva.get("/meters", include_deactivated="true"))["data"]
    meters = {item["id"]: item["attributes"] for item in listed}
    kinds = [(meter["code"].split("-", 4)[4], meter["energy"], meter["unit"]) for meter in meters.values()]
    assert kinds == [
        ("EL", "electricity", "kWh"),
        ("EL", "electricity", "kWh"),
        ("EL-VEN", "electricity", "kWh"),
        ("HE", "heat", "kWh"),
        ("HE-DHW", "heat", "kWh"),
        ("GA", "gas", "m3"),
        ("WA", "water", "m3"),
        ("WA-DHW", "water", "m3"),
        ("CO", "cooling", "kWh"),
        ("EL", "electricity", "kWh"),
        ("WA", "water", "m3"),
        ("EL", "electricity", "kWh"),
    ]
    assert meters["53"]["deactivated_at"] == "2025-07-20T00:00:00Z"
    assert [number for number, meter in meters.items() if meter["deactivated_at"]] == ["53"]
    assert len({meter["code"] for meter in meters.values()}) == len(meters)


async def test_entities_are_a_tree(enectiva: Client) -> None:
    listed = (await enectiva.get("/entities"))["data"]
    parents = {item["id"]: item.get("relationships", {}).get("parent", {}).get("data") for item in listed}
    assert parents == {
        "1": None,
        "7": {"type": "entities", "id": "1"},
        "8": {"type": "entities", "id": "7"},
        "9": {"type": "entities", "id": "7"},
    }
    assert (await enectiva.get("/entities/7"))["data"] == listed[1]
    assert listed[1]["attributes"] == {"name": "Building A"}


async def test_a_reading_is_the_register_at_its_time(enectiva: Client) -> None:
    world, moment = enectiva.simulator.world, datetime(2026, 6, 17, 9, 15, tzinfo=UTC)
    truth = {
        "42": world.meter("grid").imported(moment) / 1000,
        "43": world.meter("solar").exported(moment) / 1000,
        "44": world.meter("ventilation").imported(moment) / 1000,
        "45": world.utilities["heat"].register(moment),
        "46": world.utilities["hot_water"].register(moment) * 58.1,
        "47": world.utilities["gas"].register(moment),
        "48": world.utilities["water"].register(moment),
        "49": world.utilities["hot_water"].register(moment),
        "50": world.utilities["cooling"].register(moment),
    }
    for meter, value in truth.items():
        rows = await enectiva.rows(f"/meters/{meter}/readings", f"readings.time>={stamp(moment)}", limit="1")
        ((time, listed),) = rows
        assert time == stamp(moment)
        assert listed == pytest.approx(value, abs=0.0005)
        assert listed == round(listed, 3)
        assert enectiva.simulator.meters[meter].register(moment) == pytest.approx(value)


async def test_a_reading_in_full(enectiva: Client) -> None:
    (row,) = (await enectiva.get("/meters/42/readings", sort="-readings.time", limit="1"))["data"]
    assert row["type"] == "readings"
    assert row["id"].isdigit()
    assert set(row["attributes"]) == {"time", "value"}
    others = [await enectiva.ids(f"/meters/{meter}/readings", limit="20") for meter in ("42", "43")]
    assert len({*others[0], *others[1]}) == 40


async def test_readings_are_listed_once_processed(enectiva: Client, clock: SimClock) -> None:
    simulator = enectiva.simulator
    truth = round(simulator.meters["42"].register(NOON), 3)
    assert (await newest(enectiva, "42"))[0] == stamp(NOON - QUARTER)
    clock.set(NOON + 5 * MINUTE)
    assert await newest(enectiva, "42") == (stamp(NOON), truth)
    assert simulator.newest("42", clock()) == (NOON, truth)
    simulator.delay = timedelta(hours=1)
    assert (await newest(enectiva, "42"))[0] == stamp(NOON - 60 * MINUTE)


async def test_a_reading_may_come_late_and_out_of_order(enectiva: Client, clock: SimClock) -> None:
    late = NOON - 4 * QUARTER
    enectiva.simulator.delay_reading("42", late, NOON + DAY)
    window = [f"readings.time>={stamp(late - QUARTER)}", f"readings.time<{stamp(late + 2 * QUARTER)}"]
    times = [time for time, _ in await enectiva.rows("/meters/42/readings", *window)]
    assert times == [stamp(late - QUARTER), stamp(late + QUARTER)]
    clock.set(NOON + DAY)
    times = [time for time, _ in await enectiva.rows("/meters/42/readings", *window)]
    assert times == [stamp(late - QUARTER), stamp(late), stamp(late + QUARTER)]


async def test_readings_are_corrected_and_deleted(enectiva: Client) -> None:
    simulator, last = enectiva.simulator, NOON - QUARTER
    simulator.correct("42", last, 1234.5)
    assert await newest(enectiva, "42") == (stamp(last), 1234.5)
    simulator.delete_reading("42", last)
    assert (await newest(enectiva, "42"))[0] == stamp(last - QUARTER)
    for wrong in (NOON + MINUTE, EPOCH - QUARTER):
        with pytest.raises(ValueError, match="nothing is read"):
            simulator.delete_reading("42", wrong)


async def test_a_meter_that_is_read_by_hand(enectiva: Client) -> None:
    rows = await enectiva.rows("/meters/52/readings", sort="-readings.time", limit="3")
    # Nine o'clock by the wall clock.
    assert [time for time, _ in rows] == ["2026-06-01T08:00:00Z", "2026-05-01T08:00:00Z", "2026-04-01T08:00:00Z"]
    months = await deltas(enectiva, "/meters/52")
    # The edge of the month lies between two readings.
    edge = datetime(2026, 5, 31, 23, tzinfo=UTC)
    after, before = ((datetime.fromisoformat(time), value) for time, value in rows[:2])
    share = (edge - before[0]) / (after[0] - before[0])
    assert months["2026-06"] == pytest.approx((1 - share) * (after[1] - before[1]), abs=0.002)
    assert next(iter(months)) == "2025-01"


async def test_profiles_are_not_listed_but_their_deltas_are(enectiva: Client) -> None:
    assert await enectiva.rows("/meters/51/readings") == []
    assert enectiva.simulator.newest("51", NOON) is None
    truth = used(enectiva.simulator, "51", datetime(2026, 5, 1, tzinfo=LONDON), datetime(2026, 6, 1, tzinfo=LONDON))
    assert (await deltas(enectiva, "/meters/51"))["2026-05"] == pytest.approx(truth, abs=0.002) != 0


async def test_data_points(enectiva: Client) -> None:
    weather = await enectiva.rows("/data_series/11/data_points", sort="-data_points.time", limit="1000")
    assert [time for time, _ in weather[:2]] == [stamp(NOON - QUARTER), stamp(NOON - 2 * QUARTER)]
    assert -20 < min(value for _, value in weather) < max(value for _, value in weather) < 40
    prices = await enectiva.rows("/data_series/12/data_points", limit="1000")
    assert [time for time, _ in prices[:2]] == ["2025-01-01T00:00:00Z", "2025-01-01T01:00:00Z"]
    assert min(value for _, value in prices) < 0 < max(value for _, value in prices)


async def test_deactivating_deletes_later_readings(enectiva: Client) -> None:
    at = NOON - DAY
    enectiva.simulator.deactivate("44", at)
    assert "44" not in await enectiva.ids("/meters")
    assert (await enectiva.get("/meters/44"))["data"]["attributes"]["deactivated_at"] == stamp(at)
    assert (await newest(enectiva, "44"))[0] == stamp(at)
    assert (await deltas(enectiva, "/meters/44"))["2026-06"] == pytest.approx(
        used(enectiva.simulator, "44", datetime(2026, 6, 1, tzinfo=LONDON), at), abs=0.002
    )


async def test_a_replacement_is_a_new_meter_with_the_old_name(enectiva: Client, clock: SimClock) -> None:
    simulator = enectiva.simulator
    truth = simulator.meters["42"].register
    new = simulator.replace("42")
    listed = (await enectiva.get("/meters", include_deactivated="true"))["data"]
    names = {item["id"]: item["attributes"]["name"] for item in listed}
    assert (names["42"], names[new]) == ("Main electricity_deakt", "Main electricity")
    assert "42" not in await enectiva.ids("/meters")
    assert (await enectiva.get("/meters/e_the-ultimate-answer"))["data"]["id"] == new
    assert await enectiva.rows(f"/meters/{new}/readings") == []
    clock.set(NOON + DAY)
    since = truth(NOON + DAY - QUARTER) - truth(NOON)
    time, value = await newest(enectiva, new)
    assert time == stamp(NOON + DAY - QUARTER)
    assert value == pytest.approx(since, abs=0.001)
    assert list(await deltas(enectiva, f"/meters/{new}")) == ["2026-06"]


async def test_meters_are_added(enectiva: Client) -> None:
    simulator = enectiva.simulator
    heat = simulator.add_meter("Annex", energy="heat", unit="GJ", use="HE-VEN", factor=0.5, entity_id="9")
    listed = (await enectiva.get(f"/meters/{heat.id}"))["data"]["attributes"]
    assert (listed["name"], listed["energy"], listed["unit"]) == ("Annex", "heat", "GJ")
    assert listed["code"].endswith("-HE-VEN")
    whole = simulator.meters["45"].register(NOON)
    assert heat.register(NOON) == pytest.approx(whole * 0.5 * 0.0036)
    minutely = simulator.add_meter(every=MINUTE, installed=NOON - 20 * MINUTE)
    assert len(await enectiva.rows(f"/meters/{minutely.id}/readings")) == 16


async def test_another_seed_is_another_building(connect_enectiva: Connect) -> None:
    one, two = [
        await connect_enectiva(world=World(seed=seed, epoch=NOON - 60 * DAY - NOON.hour * 60 * MINUTE))
        for seed in (1, 2)
    ]
    assert (await newest(one, "45")) != (await newest(two, "45"))


async def test_a_thousand_meters_answer_quickly(connect_enectiva: Connect, clock: SimClock) -> None:
    client = await connect_enectiva(EnectivaSimulator.campus(1000, clock=clock))
    simulator = client.simulator
    assert len(simulator.meters) == 1000
    assert {meter.energy for meter in simulator.meters.values()} == {"electricity", "heat", "water", "gas", "cooling"}
    await newest(client, "1001")

    def everything(now: datetime) -> list[Any]:
        return [(simulator.newest(meter, now), simulator.month_delta(meter, now, 3)) for meter in simulator.meters]

    everything(NOON)
    begun = perf_counter()
    truth = everything(NOON + QUARTER)
    assert perf_counter() - begun < 3
    assert all(reading and delta for reading, delta in truth)
