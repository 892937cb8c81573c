"""What a telemetry query may say, and what it is answered with where it may not (eniris.md A4.1, A4.2)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import BATTERY, GRID_METER, NAMESPACED, OFFICE_DATABASE, SECOND, WITHOUT_SERIES

from .eniris_client import TELEMETRY, eniris, query, rows_of
from .test_eniris_telemetry import ago

type Change = Callable[[dict[str, Any]], Any]


def put(path: str, value: Any) -> Change:
    """Return a change that sets (or, with None, deletes) what is at this path of a query."""
    *way, last = path.split("/")

    def change(body: dict[str, Any]) -> None:
        for key in way:
            body = body[key]
        if value is None:
            del body[last]
        else:
            body[last] = value

    return change


TIME = {"operator": ">=", "value": "2026-06-17T11:00:00Z"}
WRONG = [
    put("select", None),
    put("select", []),
    put("select", ["a"] * 101),
    put("select", ["näme"]),
    put("select", [1]),
    put("select", [{"field": "a"}]),
    put("select", [{"field": "a", "function": "count"}]),
    put("select", [{"field": "a", "function": "sum", "as": "b"}]),
    put("select", "actualPowerTot_W"),
    put("from", None),
    put("from/measurement", None),
    put("from/measurement", "sub metering"),
    put("from/retentionPolicy", None),
    put("from/namespace", {"version": "1", "database": "x", "retentionPolicy": "y"}),
    put("from", {"measurement": "x", "namespace": {"version": "1", "database": "x"}}),
    put("from", {"measurement": "x", "namespace": {"version": "3", "value": "x"}}),
    put("where/time", [TIME] * 3),
    put("where/time", [{"operator": "!=", "value": 1}]),
    put("where/time", [{"operator": ">"}]),
    put("where/time", [{"operator": ">", "value": True}]),
    put("where/time", [{"operator": ">", "value": "x", "unit": "ms"}]),
    put("where/time", TIME),
    put("where/tags", {}),
    put("where/tags", {"nodeId": 5}),
    put("where/tags", {"nodeId": None, "x": ""}),
    put("where/tags", {"nodeId": "\u0416"}),
    put("where/fields", {"x": 1}),
    put("orderBy", "desc"),
    put("limit", 0),
    put("limit", 1.5),
    put("limit", "3"),
    put("offset", 1),
    put("groupBy", ["nodeId"]),
]


@pytest.mark.parametrize("change", WRONG)
async def test_what_the_schema_forbids(clock: SimClock, change: Change) -> None:
    async with eniris(clock) as client:
        body = query(client.simulator, GRID_METER, "actualPowerTot_W", start=ago(clock, minutes=5))
        assert (await client.post(TELEMETRY, body))[0] == 200
        change(body)
        for whole in (body, [body]):
            status, answer = await client.post(TELEMETRY, whole)
            assert (status, answer["error"]) == (400, "Bad Request")
            assert answer["message"].startswith("body")


@pytest.mark.parametrize("body", [[], {}, 1, "x", None])
async def test_what_is_no_query(clock: SimClock, body: Any) -> None:
    async with eniris(clock) as client:
        assert (await client.post(TELEMETRY, body))[0] == 400


async def test_at_most_a_thousand_queries_of_a_hundred_fields(clock: SimClock) -> None:
    async with eniris(clock) as client:
        one = query(client.simulator, BATTERY, *["status"] * 100, start=ago(clock, minutes=3), limit=1)
        assert len(await client.items(*[one] * 1000)) == 1000
        assert (await client.post(TELEMETRY, [one] * 1001))[0] == 400


async def test_an_array_is_answered_with_an_array_and_an_object_with_an_object(clock: SimClock) -> None:
    async with eniris(clock) as client:
        one, other = (
            query(client.simulator, node_id, "actualPowerTot_W", start=ago(clock, minutes=5))
            for node_id in (GRID_METER, BATTERY)
        )
        status, item = await client.post(TELEMETRY, one)
        assert (status, list(item)) == (200, ["statement_id", "series"])
        items = await client.items(one, other)
        assert items[0] == item
        assert [one["statement_id"] for one in items] == [0, 1]


@pytest.mark.parametrize(
    "change",
    [
        put("from/database", "elsewhere"),
        put("from/retentionPolicy", "rp_hourly"),
        put("from/measurement", "otherMetrics"),
        put("where/tags", {"nodeId": "somebody's"}),
        put("where/tags/extra", "x"),
        put("where/tags", None),
        put("where", None),
        put("from", {"measurement": "x", "namespace": {"version": "2", "organization": "o", "bucket": "b"}}),
        put("from", {"measurement": "x", "namespace": {"version": "IOx", "value": "v"}}),
    ],
)
async def test_what_the_user_may_not_read_is_an_item_of_its_own(clock: SimClock, change: Change) -> None:
    async with eniris(clock) as client:
        wrong, right = (
            query(client.simulator, GRID_METER, "actualPowerTot_W", start=ago(clock, hours=1)) for _ in "ab"
        )
        change(wrong)
        items = await client.items(wrong, right)
        assert items[0] == {"statement_id": 0, "error": "Unauthorized"}
        assert items[1]["series"]


async def test_unknown_tags_may_just_have_no_data(clock: SimClock) -> None:
    async with eniris(clock, unknown_tags="no_data") as client:
        body = query(client.simulator, GRID_METER, "actualPowerTot_W", start=ago(clock, hours=1))
        put("where/tags", {"nodeId": "somebody's"})(body)
        assert await client.items(body) == [{"statement_id": 0}]
        put("from/database", "elsewhere")(body)
        assert await client.items(body) == [{"statement_id": 0, "error": "Unauthorized"}]


async def test_the_text_of_refusals(clock: SimClock) -> None:
    async with eniris(clock, unauthorized="User is not authorized") as client:
        body = query(client.simulator, GRID_METER, start=ago(clock, hours=1))
        put("from/database", "elsewhere")(body)
        assert (await client.items(body))[0]["error"] == "User is not authorized"


async def test_rights_can_be_taken_from_one_device(clock: SimClock) -> None:
    async with eniris(clock) as client:
        meter, battery = (
            query(client.simulator, node_id, "actualPowerTot_W", start=ago(clock, minutes=5))
            for node_id in (GRID_METER, BATTERY)
        )
        client.simulator.take_rights(BATTERY)
        items = await client.items(meter, battery)
        assert (len(items[0]["series"]), items[1]) == (1, {"statement_id": 1, "error": "Unauthorized"})
        assert BATTERY in await client.properties()
        client.simulator.give_rights(BATTERY)
        assert "series" in (await client.items(battery))[0]


async def test_a_removed_device_cannot_be_read(clock: SimClock) -> None:
    async with eniris(clock) as client:
        battery = query(client.simulator, BATTERY, start=ago(clock, minutes=5))
        client.simulator.remove_device(BATTERY)
        assert (await client.items(battery))[0]["error"] == "Unauthorized"
        client.simulator.remove_device(WITHOUT_SERIES)


@pytest.mark.parametrize("value", ["yesterday", "2026-06-17", "2026-13-17T10:00:00Z", "2026-06-17T10:00:00", ""])
async def test_times_that_are_none(clock: SimClock, value: str) -> None:
    async with eniris(clock) as client:
        body = query(client.simulator, BATTERY, start=ago(clock, minutes=5))
        right = query(client.simulator, BATTERY, start=ago(clock, minutes=5))
        body["where"]["time"] = [{"operator": ">=", "value": value}]
        items = await client.items(body, right)
        assert items[0] == {"statement_id": 0, "error": f"Invalid format: {value}"}
        assert "series" in items[1], "only what fails to run can abort what follows"


async def test_both_spellings_of_a_namespace(clock: SimClock) -> None:
    async with eniris(clock) as client:
        plain = query(client.simulator, NAMESPACED, "actualPowerTot_W", start=ago(clock, minutes=5), policy=SECOND)
        namespaced = {**plain, "from": {"measurement": "submeteringMetrics"}}
        namespaced["from"]["namespace"] = {"version": "1", "database": OFFICE_DATABASE, "retentionPolicy": SECOND}
        items = await client.items(plain, namespaced)
        assert rows_of(items[0]) == rows_of(items[1]) != []


async def test_fewer_tags_match_too(clock: SimClock) -> None:
    async with eniris(clock) as client:
        body = query(client.simulator, BATTERY, "status", start=ago(clock, minutes=3), limit=1)
        put("where/tags", {"nodeId": BATTERY})(body)
        assert len(await client.rows(body)) == 1
        body = query(client.simulator, GRID_METER, "actualPowerTot_W", start=ago(clock, minutes=5), limit=1)
        body["where"]["tags"] = {"gatewayMAC": body["where"]["tags"]["gatewayMAC"]}
        [item] = await client.items(body)
        tags = [one["tags"]["nodeId"] for one in item["series"]]
        assert len(tags) == len(set(tags)) > 1, "every device behind the gateway has a series of its own"
