"""The forms of a telemetry answer that the documents leave open (eniris.md A4.2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import BATTERY, GATEWAY, GRID_METER, UNKNOWN

from .eniris_client import Client, eniris, query, rows_of, times
from .test_eniris_telemetry import ago

POWER, IMPORTED, DELTA = "actualPowerTot_W", "importedAbsEnergyTot_Wh", "importedEnergyDeltaTot_Wh"
MINUTE = timedelta(minutes=1)


def recent(client: Client, node_id: str, *select: Any, **more: Any) -> Any:
    """Return a query for the last ten whole minutes."""
    now = client.simulator.clock()
    return query(client.simulator, node_id, *select, start=now - 10 * MINUTE, end=now, **more)


async def test_items_may_have_no_statement_id(clock: SimClock) -> None:
    async with eniris(clock, statement_ids=False) as client:
        wrong = recent(client, GRID_METER, POWER)
        wrong["from"]["database"] = "elsewhere"
        items = await client.items(recent(client, GRID_METER, POWER), wrong, recent(client, GRID_METER, "unheardOf"))
        assert [list(item) for item in items] == [["series"], ["error"], []]


async def test_series_may_have_no_tags(clock: SimClock) -> None:
    async with eniris(clock) as client:
        [item] = await client.items(recent(client, GRID_METER, POWER))
        assert item["series"][0]["tags"] == {"gatewayMAC": GATEWAY, "nodeId": GRID_METER}
    async with eniris(clock, series_tags=False) as client:
        [item] = await client.items(recent(client, GRID_METER, POWER))
        assert list(item["series"][0]) == ["name", "columns", "values"]


async def test_times_may_be_milliseconds(clock: SimClock) -> None:
    async with eniris(clock, time_format="milliseconds") as client:
        [row, *_] = await client.rows(recent(client, GRID_METER, POWER))
        assert row["time"] == 1000 * int(ago(clock, minutes=10).timestamp())


async def test_times_may_have_nine_digits(clock: SimClock) -> None:
    async with eniris(clock, time_format="nanoseconds") as client:
        body = recent(client, GRID_METER, POWER)
        [row, *rows] = await client.rows(body)
        assert row["time"] == "2026-06-17T11:50:00.123456789Z"
        body["where"]["time"][0] = {"operator": ">", "value": row["time"]}
        assert await client.rows(body) == rows
        body["where"]["time"][0] = {"operator": ">", "value": "2026-06-17T11:50:00.123456Z"}
        assert await client.rows(body) == [row, *rows], "who cuts the time gets the row again"
        body["where"]["time"] = [{"operator": "<", "value": "2026-06-17T11:50:00.123456789Z"}]
        assert row not in await client.rows({**body, "orderBy": "DESC", "limit": 2})


async def test_an_item_may_have_several_series(clock: SimClock) -> None:
    async with eniris(clock) as client:
        whole = await client.rows(recent(client, GRID_METER, POWER))
    async with eniris(clock, several_series=True) as client:
        [item] = await client.items(recent(client, GRID_METER, POWER))
        assert [len(one["values"]) for one in item["series"]] == [5, 5]
        assert len({one["tags"]["gatewayMAC"] for one in item["series"]}) == 2
        assert rows_of(item) == whole


async def test_fields_may_be_in_different_points(clock: SimClock) -> None:
    async with eniris(clock) as client:
        whole = await client.rows(recent(client, GRID_METER))
    async with eniris(clock, sparse=True) as client:
        rows = await client.rows(recent(client, GRID_METER))
        assert times(rows) == times(whole)
        nulls = {tuple(name for name, value in row.items() if value is None) for row in rows}
        assert sorted(len(names) for names in nulls) == [0, 10, 10]
        assert all(
            value in {None, full[name]} for row, full in zip(rows, whole, strict=True) for name, value in row.items()
        )
        assert len(await client.rows(recent(client, GRID_METER, POWER))) < 10, "a point of other fields has no row"
        newest = await client.rows(recent(client, GRID_METER, orderBy="DESC", limit=3))
        assert all(any(row[name] is not None for row in newest) for name in whole[0])


def function(name: str, field: str) -> dict[str, str]:
    return {"field": field, "function": name}


async def test_functions(clock: SimClock) -> None:
    async with eniris(clock) as client:
        rows = await client.rows(recent(client, GRID_METER, DELTA, IMPORTED, POWER))
        body = recent(client, GRID_METER, function("sum", DELTA), function("max", IMPORTED), function("mean", POWER))
        [row] = await client.rows(body)
        assert list(row) == ["time", f"sum_{DELTA}", f"max_{IMPORTED}", f"mean_{POWER}"]
        assert datetime.fromisoformat(row["time"]) == ago(clock, minutes=10)
        assert row[f"sum_{DELTA}"] == pytest.approx(sum(one[DELTA] for one in rows))
        assert row[f"max_{IMPORTED}"] == rows[-1][IMPORTED]
        assert row[f"mean_{POWER}"] == pytest.approx(sum(one[POWER] for one in rows) / 10)


async def test_functions_may_name_their_columns_as_influx_does(clock: SimClock) -> None:
    async with eniris(clock, function_columns="influx") as client:
        body = recent(
            client,
            GRID_METER,
            function("sum", DELTA),
            function("sum", "exportedEnergyDeltaTot_Wh"),
            function("min", POWER),
        )
        [item] = await client.items(body)
        assert item["series"][0]["columns"] == ["time", "sum", "sum_1", "min"]


async def test_functions_of_nothing(clock: SimClock) -> None:
    async with eniris(clock) as client:
        assert await client.items(recent(client, GRID_METER, function("sum", "unheardOf"))) == [{"statement_id": 0}]


TEXT_ERROR = "unsupported sum iterator type: *query.stringInterruptIterator"


@pytest.mark.parametrize(
    ("aborting", "behind"),
    [("empty", {"statement_id": 2}), ("error", {"statement_id": 2, "error": "not executed"}), (None, None)],
)
async def test_a_sum_of_texts_aborts_what_follows(clock: SimClock, aborting: str, behind: Any) -> None:
    async with eniris(clock, aborting=aborting) as client:
        right = recent(client, GRID_METER, POWER)
        items = await client.items(right, recent(client, BATTERY, function("sum", "status")), right)
        assert "series" in items[0]
        assert items[1] == {"statement_id": 1, "error": TEXT_ERROR}
        assert items[2] == (behind or {**items[0], "statement_id": 2})


async def test_a_sum_of_flags_is_none_either(clock: SimClock) -> None:
    async with eniris(clock) as client:
        [item] = await client.items(recent(client, UNKNOWN, function("mean", "valveOpen")))
        assert item["error"] == "unsupported mean iterator type: *query.booleanInterruptIterator"


async def test_functions_do_not_mix_with_fields(clock: SimClock) -> None:
    async with eniris(clock) as client:
        [item] = await client.items(recent(client, GRID_METER, POWER, function("sum", DELTA)))
        assert item["error"] == "mixing aggregate and non-aggregate queries is not supported"


async def test_too_much_at_once(clock: SimClock) -> None:
    async with eniris(clock) as client:
        [item] = await client.items(query(client.simulator, GRID_METER))
        assert item["error"] == "max-select-point limit exceeded"
