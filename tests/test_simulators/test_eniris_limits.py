"""What Eniris's requests cost, and what happens to those who spend too much (eniris.md A4.4)."""

from datetime import timedelta
import json
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import GRID_METER, SECOND, TIERS, CostModel, EnirisSimulator, Tier

from .eniris_client import DEVICES, TELEMETRY, Client, eniris, error, query, serve
from .test_eniris_telemetry import ago

ONE_SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HEADERS = ("X-RateLimit-Cost", "X-RateLimit-Remaining", "X-RateLimit-Used")
FLAT = CostModel(per_request=0, per_query=30, per_points=1e12, per_shard=0)
"""Thirty tokens for each query, whatever it asks."""
BAN = (
    "Temporary IP Ban: Your IP was banned for 300 seconds because the Retry-After header was ignored 10 times within "
    "60 seconds."
)


async def spend(client: Client, queries: int = 1, tier: str | None = None) -> tuple[int, dict[str, str], Any]:
    """Return the status, the headers and the JSON of a request with so many small queries."""
    one = query(client.simulator, GRID_METER, "frequency_Hz", start=ago_of(client), limit=1)
    path = TELEMETRY if tier is None else f"{TELEMETRY}?apiTier={tier}"
    response, text = await client.ask("POST", path, token=await client.access(), json=[one] * queries)
    headers = {name: value for name, value in response.headers.items() if name.startswith(("X-Rate", "Retry"))}
    return response.status, headers, json.loads(text)


def ago_of(client: Client) -> Any:
    return client.simulator.clock() - 5 * MINUTE


def limited(clock: SimClock, tier: Tier = "free", **more: Any) -> EnirisSimulator:
    return EnirisSimulator(clock=clock, tier=tier, cost=FLAT, **more)


async def test_each_answer_tells_what_it_cost(clock: SimClock) -> None:
    async with serve(limited(clock)) as client:
        assert (await spend(client))[:2] == (200, dict(zip(HEADERS, ("30", "70", "30"), strict=True)))
        assert (await spend(client, 2))[:2] == (200, dict(zip(HEADERS, ("60", "10", "90"), strict=True)))


async def test_the_bucket_leaks(clock: SimClock) -> None:
    async with serve(limited(clock)) as client:
        await spend(client, 3)
        clock.advance(30 * ONE_SECOND)
        assert (await spend(client))[1]["X-RateLimit-Used"] == "70"
        clock.advance(10 * MINUTE)
        assert (await spend(client))[1]["X-RateLimit-Used"] == "30"


async def test_who_spends_too_much_waits(clock: SimClock) -> None:
    async with serve(limited(clock)) as client:
        await spend(client, 3)
        status, headers, body = await spend(client)
        assert status == 429
        assert headers == {**dict(zip(HEADERS, ("30", "10", "90"), strict=True)), "Retry-After": "12"}
        assert list(body) == [
            *("statusCode", "error", "message", "cost", "remainingCapacity", "usedCapacity", "retryAfter")
        ]
        assert (body["statusCode"], body["error"], body["retryAfter"]) == (429, "Too Many Requests", 12)
        assert (body["cost"], body["remainingCapacity"], body["usedCapacity"]) == (30, 10, 90)
        assert (await client.post(DEVICES, {}))[0] == 200, "metadata cost nothing"
        clock.advance(11 * ONE_SECOND)
        assert (await spend(client))[0] == 429
        clock.advance(ONE_SECOND)
        assert (await spend(client))[0] == 200


async def test_what_can_never_succeed(clock: SimClock) -> None:
    message = "The calculated cost exceeds your tier's maximum capacity. This request will never succeed."
    async with serve(limited(clock)) as client:
        status, headers, body = await spend(client, 4)
        assert (status, body) == error(422, "Unprocessable Content", message, cost=120, maximumCapacity=100)
        assert headers == {}
        assert (await spend(client, 3))[0] == 200, "it cost nothing"


async def test_who_does_not_wait_is_banned(clock: SimClock) -> None:
    async with serve(limited(clock)) as client:
        await spend(client, 3)
        statuses = [(await spend(client))[0]]
        for _ in range(9):
            statuses.append((await spend(client))[0])
            clock.advance(ONE_SECOND)
        assert statuses == [429] * 10
        status, headers, body = await spend(client)
        assert (status, body) == error(429, "Too Many Requests", BAN, retryAfter=300)
        assert headers == {"Retry-After": "300"}
        clock.advance(100 * ONE_SECOND)
        assert (await spend(client))[2]["retryAfter"] == 200
        assert (await client.post(DEVICES, {}))[0] == 429, "the address is banned, not the question"
        assert (await client.post_login())[0] == 200, "the other host does not know"
        clock.advance(200 * ONE_SECOND)
        assert (await spend(client))[0] == 200


async def test_impatience_is_forgotten_after_a_minute(clock: SimClock) -> None:
    async with serve(limited(clock)) as client:
        for _ in range(4):
            await spend(client, 3)
            for _ in range(6):
                status, _, body = await spend(client, 3)
                assert (status, "cost" in body) == (429, True)
            clock.advance(61 * ONE_SECOND)


async def test_who_waits_is_not_banned(clock: SimClock) -> None:
    async with serve(limited(clock)) as client:
        for _ in range(30):
            status, headers, _ = await spend(client, 3)
            if status == 429:
                clock.advance(int(headers["Retry-After"]) * ONE_SECOND)
                assert (await spend(client, 3))[0] == 200


@pytest.mark.parametrize("tier", list(TIERS))
async def test_tiers(clock: SimClock, tier: Tier) -> None:
    async with serve(limited(clock, tier)) as client:
        assert int((await spend(client))[1]["X-RateLimit-Remaining"]) == TIERS[tier] - 30
    assert TIERS == {"free": 100, "basic": 6000, "premium": 60000}


async def test_unlimited_users_are_told_the_cost_only(clock: SimClock) -> None:
    async with eniris(clock) as client:
        _, headers, _ = await spend(client)
        assert list(headers) == ["X-RateLimit-Cost"]


async def test_a_smaller_tier_can_be_tried_out(clock: SimClock) -> None:
    async with serve(limited(clock, "basic")) as client:
        await spend(client, 3)
        assert (await spend(client, tier="free"))[1]["X-RateLimit-Remaining"] == "70", "it has a bucket of its own"
        assert (await spend(client, 4, tier="free"))[0] == 422
        status, _, body = await spend(client, tier="premium")
        assert (status, body["error"]) == (403, "Forbidden")
        assert (await spend(client, tier="gold"))[0] == 400
        assert (await spend(client))[1]["X-RateLimit-Remaining"] == "5880"


async def cost(client: Client, *queries: Any) -> float:
    """Return what a request with these queries costs."""
    response, _ = await client.ask("POST", TELEMETRY, token=await client.access(), json=list(queries))
    return float(response.headers["X-RateLimit-Cost"])


async def test_what_makes_a_request_dear(clock: SimClock) -> None:
    async with eniris(clock) as client:

        def asked(*fields: str, **more: Any) -> Any:
            return query(client.simulator, GRID_METER, *fields, **{"start": ago(clock, hours=2), **more})

        one = await cost(client, asked("frequency_Hz"))
        assert await cost(client, asked("frequency_Hz"), asked("frequency_Hz")) < 2 * one, "requests cost"
        assert one < await cost(client, asked("frequency_Hz", "actualPowerTot_W")), "fields cost"
        assert one < await cost(client, asked("frequency_Hz", start=ago(clock, hours=3))), "time costs"
        assert one < await cost(client, asked("frequency_Hz", policy=SECOND)), "seconds are many"
        assert one > await cost(client, asked("frequency_Hz", limit=1)), "a limit saves"
        everything = query(client.simulator, GRID_METER, "frequency_Hz", limit=1)
        assert await cost(client, everything) > 10 * one, "without a range all shards are searched"


async def test_a_campus_fits_into_the_free_tier(clock: SimClock) -> None:
    async with serve(EnirisSimulator.campus(60, clock=clock, tier="free")) as client:
        queries = [
            query(client.simulator, node.node_id, start=ago(clock, minutes=10), orderBy="DESC", limit=3)
            for node in client.simulator.nodes
            if node.series
        ]
        assert len(queries) == 60
        assert 60 <= await cost(client, *queries) <= 90
        assert (await client.post(TELEMETRY, queries))[0] == 429
