"""What a test can do to the rows of an Eniris service: late, lost, doubled, corrected, reset."""

from datetime import timedelta

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import BATTERY, GRID_METER, HEAT_PUMP, INACTIVE, SECOND
from tests.simulators.world import default_world

from .eniris_client import Client, eniris, query, times
from .test_eniris_telemetry import ago

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
POWER, CONSUMED, DELTA = "actualPowerTot_W", "consumedAbsEnergyTot_Wh", "consumedEnergyDeltaTot_Wh"


async def minutes(client: Client, node_id: str = HEAT_PUMP, *fields: str) -> list[int]:
    """Return the minutes of the rows of the last ten whole minutes."""
    now = client.simulator.clock()
    body = query(client.simulator, node_id, *(fields or (POWER,)), start=now - 10 * MINUTE, end=now)
    return [time.minute for time in times(await client.rows(body))]


async def test_a_silent_device(clock: SimClock) -> None:
    async with eniris(clock) as client:
        client.simulator.silence(HEAT_PUMP, ago(clock, minutes=5))
        assert await minutes(client) == [50, 51, 52, 53, 54]
        assert len(await minutes(client, GRID_METER)) == 10
        client.simulator.resume(HEAT_PUMP)
        assert len(await minutes(client)) == 10
        client.simulator.silence(HEAT_PUMP)
        clock.advance(HOUR)
        newest = client.simulator.newest(HEAT_PUMP, POWER)
        assert newest is not None
        assert newest[0] == ago(clock, minutes=61)


async def test_lost_rows(clock: SimClock) -> None:
    async with eniris(clock) as client:
        client.simulator.lose_rows(HEAT_PUMP, ago(clock, minutes=7), ago(clock, minutes=3))
        assert await minutes(client) == [50, 51, 52, 57, 58, 59]


async def test_late_rows(clock: SimClock) -> None:
    async with eniris(clock) as client:
        client.simulator.delay_rows(HEAT_PUMP, ago(clock, minutes=3), clock(), until=clock() + MINUTE)
        assert await minutes(client) == [50, 51, 52, 53, 54, 55, 56]
        clock.advance(MINUTE)
        assert await minutes(client) == [51, 52, 53, 54, 55, 56, 57, 58, 59, 0]


async def test_doubled_rows(clock: SimClock) -> None:
    async with eniris(clock) as client:
        client.simulator.double_rows(HEAT_PUMP, ago(clock, minutes=5), ago(clock, minutes=4))
        assert await minutes(client) == [50, 51, 52, 53, 54, 55, 55, 56, 57, 58, 59]


async def test_corrected_rows(clock: SimClock) -> None:
    async with eniris(clock) as client:
        client.simulator.correct(GRID_METER, POWER, ago(clock, minutes=1), 5.0)
        for policy in ("rp_one_m", SECOND):
            body = query(client.simulator, GRID_METER, POWER, start=ago(clock, minutes=1), policy=policy, limit=1)
            [row] = await client.rows(body)
            assert row[POWER] == 5.0


async def test_a_reset_register(clock: SimClock) -> None:
    async with eniris(clock) as client:
        client.simulator.reset_registers(HEAT_PUMP, ago(clock, minutes=5) + timedelta(seconds=30))
        body = query(client.simulator, HEAT_PUMP, CONSUMED, DELTA, start=ago(clock, minutes=10))
        rows = await client.rows(body)
        assert rows[5][CONSUMED] > 1_000_000
        used = default_world().home.energy("heat_pump", ago(clock, minutes=4.5), ago(clock, minutes=4)).imported
        assert rows[6][CONSUMED] == pytest.approx(used, abs=0.1)
        assert rows[9][CONSUMED] == pytest.approx(sum(row[DELTA] for row in rows[6:]), rel=0.2)
        assert all(row[DELTA] > 0 for row in rows), "deltas go on"


async def test_a_status_text(clock: SimClock) -> None:
    async with eniris(clock) as client:
        client.simulator.say(BATTERY, "status", "Fault: over temperature", since=ago(clock, minutes=2))
        client.simulator.say(BATTERY, "stateOfCharge_frac", None, since=ago(clock, minutes=1))
        rows = await client.rows(query(client.simulator, BATTERY, start=ago(clock, minutes=3)))
        assert [row["status"] for row in rows] == ["Charging", *["Fault: over temperature"] * 2]
        assert [row["stateOfCharge_frac"] is None for row in rows] == [False, False, True]


async def test_the_newest_row_is_known(clock: SimClock) -> None:
    async with eniris(clock, time_format="nanoseconds") as client:
        newest = client.simulator.newest(GRID_METER, POWER)
        assert newest is not None
        assert newest[0] == ago(clock, minutes=1) + timedelta(microseconds=123_456)
        [row] = await client.rows(query(client.simulator, GRID_METER, POWER, orderBy="DESC", limit=1))
        assert row[POWER] == newest[1]
        assert client.simulator.newest(GRID_METER, "unheardOf") is None
        client.simulator.silence(GRID_METER, client.simulator.world.epoch)
        assert client.simulator.newest(INACTIVE, POWER) is not None
