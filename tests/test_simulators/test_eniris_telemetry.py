"""Eniris's rows: which there are, when they arrive, and in which range and order they are told (A4.1 to A4.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import (
    BATTERY,
    GRID_METER,
    HOUR,
    INACTIVE,
    MINUTE,
    SECOND,
    SITE,
    TEN_MINUTES,
    UNKNOWN,
    EnirisSimulator,
)

from .eniris_client import eniris, iso, query, serve, times

DAY = timedelta(days=1)
POWER = "actualPowerTot_W"


def ago(clock: SimClock, **passed: float) -> datetime:
    """Return the time so long ago."""
    return clock() - timedelta(**passed)


@pytest.mark.parametrize(
    ("node_id", "policy", "step"),
    [(GRID_METER, SECOND, 10), (GRID_METER, MINUTE, 60), (SITE, TEN_MINUTES, 600), (BATTERY, HOUR, 3600)],
)
async def test_each_policy_has_its_rows(clock: SimClock, node_id: str, policy: str, step: int) -> None:
    async with eniris(clock) as client:
        length = timedelta(seconds=6 * step)
        rows = await client.rows(query(client.simulator, node_id, policy=policy, start=clock() - length, end=clock()))
        expected = [clock() - length + timedelta(seconds=step) * index for index in range(6)]
        arrived = [time for time in expected if time <= clock() - timedelta(seconds=20)]
        assert times(rows) == arrived


async def test_rows_take_their_time(clock: SimClock) -> None:
    async with serve(EnirisSimulator(clock=clock, tier=None, delay=timedelta(seconds=45))) as client:
        newest = query(client.simulator, GRID_METER, POWER, orderBy="DESC", limit=1)
        assert times(await client.rows(newest)) == [datetime(2026, 6, 17, 11, 59, tzinfo=UTC)]
        clock.advance(timedelta(seconds=44))
        assert times(await client.rows(newest)) == [datetime(2026, 6, 17, 11, 59, tzinfo=UTC)]
        clock.advance(timedelta(seconds=1))
        assert times(await client.rows(newest)) == [datetime(2026, 6, 17, 12, 0, tzinfo=UTC)]


def condition(operator: str, value: Any) -> dict[str, Any]:
    return {"operator": operator, "value": value}


MS = 1_781_694_000_000
"""2026-06-17 11:00 UTC."""


@pytest.mark.parametrize(
    ("conditions", "minutes"),
    [
        ([condition(">=", "2026-06-17T11:00:00Z"), condition("<", "2026-06-17T11:03:00Z")], [0, 1, 2]),
        ([condition(">", "2026-06-17T11:00:00Z"), condition("<=", "2026-06-17T11:03:00Z")], [1, 2, 3]),
        ([condition("=", "2026-06-17T11:02:00Z")], [2]),
        ([condition("=", "2026-06-17T11:02:00.5Z")], []),
        ([condition(">=", MS), condition("<", MS + 120_000)], [0, 1]),
        ([condition(">", MS), condition("<", MS + 120_000.0)], [1]),
        ([condition(">=", MS), condition("<", "2026-06-17T11:02:00.000000001Z")], [0, 1, 2]),
        ([condition(">", "2026-06-17T10:59:59.999999999Z"), condition("<", MS + 1)], [0]),
        ([condition(">=", "2026-06-17T12:00:00+01:00"), condition("<", "2026-06-17T13:02:00+02:00")], [0, 1]),
        ([condition(">=", MS), condition("<", MS)], []),
        ([condition(">=", MS + 60_000), condition("<", MS)], []),
    ],
)
async def test_ranges(clock: SimClock, conditions: list[Any], minutes: list[int]) -> None:
    async with eniris(clock) as client:
        body = query(client.simulator, GRID_METER, POWER)
        body["where"]["time"] = conditions
        start = datetime.fromtimestamp(MS / 1000, UTC)
        assert times(await client.rows(body)) == [start + timedelta(minutes=minute) for minute in minutes]


async def test_order_and_limit(clock: SimClock) -> None:
    async with eniris(clock) as client:
        span: dict[str, Any] = {"start": ago(clock, hours=1), "end": ago(clock, minutes=50)}
        rows = await client.rows(query(client.simulator, GRID_METER, POWER, **span))
        assert len(rows) == 10
        assert await client.rows(query(client.simulator, GRID_METER, POWER, **span, orderBy="ASC")) == rows
        assert await client.rows(query(client.simulator, GRID_METER, POWER, **span, limit=3)) == rows[:3]
        newest = query(client.simulator, GRID_METER, POWER, **span, orderBy="DESC", limit=3)
        assert await client.rows(newest) == rows[:-4:-1]


async def test_without_a_range_all_rows_are_meant(clock: SimClock) -> None:
    async with eniris(clock) as client:
        oldest = query(client.simulator, GRID_METER, POWER, limit=1)
        assert times(await client.rows(oldest)) == [client.simulator.world.epoch]


async def test_columns_are_as_selected(clock: SimClock) -> None:
    async with eniris(clock) as client:
        fields = ["frequency_Hz", POWER, "unheardOf_W", POWER]
        [item] = await client.items(query(client.simulator, GRID_METER, *fields, start=ago(clock, minutes=2)))
        [series] = item["series"]
        assert (series["name"], series["columns"]) == ("submeteringMetrics", ["time", *fields])
        time, frequency, power, unknown, again = series["values"][0]
        assert (time, unknown, power) == (iso(ago(clock, minutes=2)), None, again)
        assert 49 < frequency < 51


@pytest.mark.parametrize(
    ("node_id", "fields", "span"),
    [
        (GRID_METER, ["unheardOf_W"], timedelta(hours=1)),
        (GRID_METER, [POWER], timedelta(seconds=10)),
        (INACTIVE, [POWER], DAY),
    ],
)
async def test_no_data(clock: SimClock, node_id: str, fields: list[str], span: timedelta) -> None:
    async with eniris(clock) as client:
        assert await client.items(query(client.simulator, node_id, *fields, start=clock() - span)) == [
            {"statement_id": 0}
        ]


async def test_cells_are_numbers_texts_flags_and_nulls(clock: SimClock) -> None:
    async with eniris(clock) as client:
        [row] = await client.rows(query(client.simulator, UNKNOWN, start=ago(clock, minutes=2), limit=1))
        assert isinstance(row["stackCycles"], float)
        assert (row["note"], row["purity"], row["remark"]) == ("Spülen beendet", 0.99995, None)
        assert row["valveOpen"] in {True, False}


async def test_seconds_are_kept_for_a_week_and_minutes_for_long(clock: SimClock) -> None:
    async with eniris(clock) as client:
        for policy, age, count in ((SECOND, 8, 0), (SECOND, 6, 6), (MINUTE, 500, 1)):
            start = clock() - age * DAY
            body = query(
                client.simulator, GRID_METER, POWER, policy=policy, start=start, end=start + timedelta(minutes=1)
            )
            assert len((await client.items(body))[0].get("series", [{"values": []}])[0]["values"]) == count


async def test_nothing_is_older_than_the_installation(clock: SimClock) -> None:
    async with eniris(clock) as client:
        epoch = client.simulator.world.epoch
        body = query(client.simulator, GRID_METER, POWER, start=epoch - DAY, end=epoch + timedelta(minutes=2))
        assert times(await client.rows(body)) == [epoch, epoch + timedelta(minutes=1)]
