"""What Enapter refuses to tell of its history."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enapter import BARE, BATTERY, ELECTROLYSER, NO_ATTRIBUTES, READ_ONLY_TOKEN

from .conftest import NOON
from .enapter_client import UNKNOWN, Client, code, enapter, history

HOUR = timedelta(hours=1)
QUERY = "/v3/telemetry/query_timeseries"


async def refused(client: Client, body: Any) -> tuple[int, str]:
    """Return the status and the code of a refused request."""
    response, text = await client.query(body)
    return response.status, code(text)


async def test_attributes_that_do_not_exist(clock: SimClock) -> None:
    async with enapter(clock) as client:
        assert await refused(client, history(BATTERY, "nope", NOON - HOUR, NOON)) == (404, NO_ATTRIBUTES)
        assert NO_ATTRIBUTES == "telemetrypersistence/NO_TELEMETRY_ATTRIBUTES_FOUND"
        table = await client.table(history(BATTERY, ["nope", "battery_soc"], NOON - HOUR, NOON))
        assert [labels["telemetry"] for labels in table.labels] == ["battery_soc"]
        body = history(ELECTROLYSER, "production_rate", NOON - HOUR, NOON)
        assert (await client.query(body))[0].status == 200
        assert (await client.query(body, READ_ONLY_TOKEN))[0].status == 404


async def test_devices_that_do_not_exist_or_are_forbidden(clock: SimClock) -> None:
    async with enapter(clock) as client:
        assert await refused(client, history(UNKNOWN, "power", NOON - HOUR, NOON)) == (404, "DEVICE_NOT_FOUND")
        client.simulator.forbid(BARE)
        assert await refused(client, history(BARE, "power", NOON - HOUR, NOON)) == (403, "forbidden")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[]", b"7"])
async def test_bodies_that_are_no_json_objects_are_400(clock: SimClock, content: bytes) -> None:
    async with enapter(clock) as client:
        response, text = await client.ask("POST", QUERY, data=content)
        assert (response.status, code(text)) == (400, "bad_request")


@pytest.mark.parametrize(
    "change",
    [
        {"from": "yesterday"},
        {"from": None},
        {"from": "2026-06-17T00:00:00"},
        {"from": True},
        {"from": 1e30},
        {"to": "2026-06-01T00:00:00Z"},
        {"granularity": 3600},
        {"granularity": "1d"},
        {"granularity": "0s"},
        {"granularity": "1500ms"},
        {"from": "2020-01-01T00:00:00Z", "granularity": "1s"},
        {"telemetry": []},
        {"telemetry": None},
        {"telemetry": ["x"]},
        {"telemetry": [{"attribute": "a"}]},
        {"telemetry": [{"device": BATTERY, "attribute": []}]},
        {"telemetry": [{"device": BATTERY, "attribute": [1]}]},
        {"telemetry": [{"device": BATTERY, "attribute": "battery_soc", "aggregation": "sum"}]},
        {"telemetry": [{"device": BATTERY, "attribute": "battery_soc", "aggregation": "bool_or"}]},
        {"telemetry": [{"device": BATTERY, "attribute": "battery_status", "aggregation": "avg"}]},
        {"telemetry": [{"device": BATTERY, "attribute": "battery_soc", "gap_filling": {"method": "magic"}}]},
        {"telemetry": [{"device": BATTERY, "attribute": "battery_soc", "gap_filling": {"look_around": 5}}]},
    ],
)
async def test_wrong_values_are_422(clock: SimClock, change: dict[str, Any]) -> None:
    async with enapter(clock) as client:
        body = history(BATTERY, "battery_soc", NOON - HOUR, NOON) | change
        assert await refused(client, body) == (422, "unprocessable_entity")
