"""Enapter's history: tables of values, their types, and the answers without any."""

from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enapter import (
    AMBIENT_SENSOR,
    BATTERY,
    ELECTROLYSER,
    POWER_METER,
    TYPES_HEADER,
)

from .conftest import NOON
from .enapter_client import Client, enapter, history

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def reports(client: Client, device: str, attribute: str, start: datetime, end: datetime) -> list[Any]:
    """Return the true values of all reports in a stretch of time."""
    moments = {
        row.time: row.value
        for second in range(int((end - start).total_seconds()))
        if (row := client.simulator.truth(device, attribute, start + timedelta(seconds=second))) and row.time >= start
    }
    return list(moments.values())


async def test_a_table_in_full(clock: SimClock) -> None:
    async with enapter(clock) as client:
        body = history(BATTERY, ["battery_soc", "battery_status"], NOON - HOUR, NOON, aggregation="last")
        response, text = await client.query(body)
        assert response.headers["Content-Type"] == "text/csv"
        rest = "aggregation=last granularity=3600s gap_filling_method=none gap_filling_look_around=0s"
        row = client.simulator.truth(BATTERY, "battery_soc", NOON - timedelta(seconds=1))
        assert row is not None
        assert text.splitlines() == [
            f"ts,telemetry=battery_soc device={BATTERY} {rest},telemetry=battery_status device={BATTERY} {rest}",
            f"{int((NOON - HOUR).timestamp())},{row.value},charging",
        ]


async def test_types_are_a_repeated_header(clock: SimClock) -> None:
    names = ["gas_lel", "mode", "running", "status", "warnings", "alerts", "stack"]
    async with enapter(clock) as client:
        response, _ = await client.query(history(ELECTROLYSER, names, NOON - HOUR, NOON, aggregation="last"))
        assert response.headers.getall(TYPES_HEADER) == [
            *("float", "integer", "boolean", "string", "string_array", "string_array", "string")
        ]
        response, _ = await client.query(history(ELECTROLYSER, names, NOON - HOUR, NOON))
        assert response.headers.getall(TYPES_HEADER)[1] == "float", "the average of integers is none"


async def test_types_may_be_one_header_with_commas(clock: SimClock) -> None:
    async with enapter(clock, types_header="comma") as client:
        response, _ = await client.query(history(ELECTROLYSER, ["gas_lel", "running"], NOON - HOUR, NOON))
        assert response.headers.getall(TYPES_HEADER) == ["float,boolean"]


@pytest.mark.parametrize(("form", "true"), [("lower", "true"), ("title", "True"), ("digit", "1")])
async def test_booleans(clock: SimClock, form: str, true: str) -> None:
    async with enapter(clock, booleans=form) as client:
        table = await client.table(history(ELECTROLYSER, "running", NOON - HOUR, NOON))
        assert table.column("running") == [true]


async def test_lists_of_texts_are_json_in_a_quoted_cell(clock: SimClock) -> None:
    async with enapter(clock) as client:
        client.simulator.raise_alert(BATTERY, "low_voltage")
        client.simulator.raise_alert(BATTERY, "unheard_of")
        clock.advance(HOUR)
        _, text = await client.query(history(BATTERY, "alerts", NOON, NOON + HOUR))
        assert text.splitlines()[1] == f'{int(NOON.timestamp())},"[""low_voltage"", ""unheard_of""]"'


async def test_rows_are_in_order_and_belong_to_stretches_since_1970(clock: SimClock) -> None:
    async with enapter(clock) as client:
        start = NOON - timedelta(days=1, minutes=17)
        table = await client.table(history(BATTERY, "battery_soc", start, NOON, "1h"))
        first = int((NOON - timedelta(days=1, hours=1)).timestamp())
        assert table.times == list(range(first, int(NOON.timestamp()), 3600))


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("auto", fmean), ("avg", fmean), ("min", min), ("max", max), ("last", lambda v: v[-1])],
)
async def test_aggregations_of_numbers(clock: SimClock, aggregation: str, expected: Any) -> None:
    async with enapter(clock) as client:
        start, end = NOON - 10 * MINUTE, NOON
        body = history(POWER_METER, "total_power", start, end, "5m", aggregation=aggregation)
        (first, second) = (await client.table(body)).column("total_power")
        for cell, begin in ((first, start), (second, start + 5 * MINUTE)):
            values = reports(client, POWER_METER, "total_power", begin, begin + 5 * MINUTE)
            assert len(values) == 30
            assert float(cell) == pytest.approx(expected(values))


async def test_booleans_are_joined_by_or(clock: SimClock) -> None:
    async with enapter(clock) as client:
        day = datetime(2026, 6, 16, tzinfo=UTC)
        for aggregation in ("auto", "bool_or"):
            body = history(ELECTROLYSER, "running", day, day + timedelta(days=1), "24h", aggregation=aggregation)
            assert (await client.table(body)).column("running") == ["true"]


async def test_an_aggregation_may_be_for_all_selectors(clock: SimClock) -> None:
    async with enapter(clock) as client:
        body = history(BATTERY, "battery_soc", NOON - HOUR, NOON)
        one = await client.table(body | {"aggregation": "last"})
        assert one.labels[0]["aggregation"] == "last"


async def test_times_are_texts_or_numbers(clock: SimClock) -> None:
    async with enapter(clock) as client:
        body = history(BATTERY, "battery_soc", NOON - HOUR, NOON)
        numbers = body | {"from": int((NOON - HOUR).timestamp()), "to": NOON.timestamp()}
        assert (await client.query(numbers))[1] == (await client.query(body))[1]
        zulu = body | {"from": "2026-06-17T11:00:00Z", "to": "2026-06-17T13:00:00+01:00"}
        assert (await client.query(zulu))[1] == (await client.query(body))[1]


async def test_what_was_not_reported_is_an_empty_cell(clock: SimClock) -> None:
    async with enapter(clock) as client:
        client.simulator.silence(BATTERY, NOON - 2 * HOUR)
        client.simulator.wake(BATTERY, NOON - HOUR)
        body = history(BATTERY, "battery_soc", NOON - 3 * HOUR, NOON)
        body["telemetry"].append({"device": POWER_METER, "attribute": ["total_power"]})
        table = await client.table(body)
        assert [cell == "" for cell in table.column("battery_soc")] == [False, True, False]
        assert "" not in table.column("total_power")
        body["telemetry"].pop()
        assert len((await client.table(body)).rows) == 2


async def test_rows_without_any_value_may_be_there_too(clock: SimClock) -> None:
    async with enapter(clock, empty_buckets="nulls") as client:
        client.simulator.silence(BATTERY, NOON - 2 * HOUR)
        table = await client.table(history(BATTERY, "battery_soc", NOON - 3 * HOUR, NOON))
        assert [cell == "" for cell in table.column("battery_soc")] == [False, True, True]


async def test_null_values_are_no_values(clock: SimClock) -> None:
    async with enapter(clock) as client:
        client.simulator.set_value(BATTERY, "battery_soc", None, NOON - HOUR)
        table = await client.table(history(BATTERY, ["battery_soc", "battery_power"], NOON - 2 * HOUR, NOON))
        assert [cell == "" for cell in table.column("battery_soc")] == [False, True]


async def test_gaps_are_filled_with_the_last_value(clock: SimClock) -> None:
    async with enapter(clock) as client:
        body = history(AMBIENT_SENSOR, "ambient_temperature", NOON - 4 * MINUTE, NOON, "30s")
        assert len((await client.table(body)).rows) == 4
        body["telemetry"][0]["gap_filling"] = {"method": "locf", "look_around": "60s"}
        table = await client.table(body)
        assert len(table.rows) == 8
        assert table.labels[0]["gap_filling_method"] == "locf"
        assert table.labels[0]["gap_filling_look_around"] == "60s"
        cells = table.column("ambient_temperature")
        assert cells[1::2] == cells[0::2], "the report at second 21 stands for the second half of its minute too"


@pytest.mark.parametrize(
    ("no_data", "length", "types"),
    [("empty", "0", []), ("header_row", None, ["float"]), ("header_row_without_types", None, [])],
)
async def test_without_data(clock: SimClock, no_data: str, length: str | None, types: list[str]) -> None:
    async with enapter(clock, no_data=no_data) as client:
        before = client.simulator.world.epoch - timedelta(days=3)
        response, text = await client.query(history(BATTERY, "battery_soc", before, before + HOUR))
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/csv"
        assert response.headers.getall(TYPES_HEADER, []) == types
        if length is None:
            assert text.splitlines()[0].startswith("ts,telemetry=battery_soc ")
            assert len(text.splitlines()) == 1
        else:
            assert (response.headers["Content-Length"], text) == (length, "")


async def test_the_future_has_no_data(clock: SimClock) -> None:
    async with enapter(clock) as client:
        table = await client.table(history(BATTERY, "battery_soc", NOON - HOUR, NOON + 5 * HOUR))
        assert len(table.rows) == 1
        assert (await client.query(history(BATTERY, "battery_soc", NOON + HOUR, NOON + 2 * HOUR)))[1] == ""


async def test_history_may_not_go_back_for_ever(clock: SimClock) -> None:
    async with enapter(clock, history_days=2) as client:
        table = await client.table(history(BATTERY, "battery_soc", NOON - timedelta(days=9), NOON))
        assert len(table.rows) == 48


async def test_history_is_the_truth_of_months_ago(clock: SimClock) -> None:
    async with enapter(clock) as client:
        start = datetime(2026, 2, 1, tzinfo=UTC)
        end, name = start + timedelta(days=7), "energy_lifetime"
        table = await client.table(history(POWER_METER, name, start, end, aggregation="last"))
        assert len(table.rows) == 168
        for time, cell in zip(table.times[::24], table.column(name)[::24], strict=True):
            moment = datetime.fromtimestamp(time, UTC) + HOUR - timedelta(seconds=1)
            row = client.simulator.truth(POWER_METER, name, moment)
            assert row is not None
            assert float(cell) == row.value
