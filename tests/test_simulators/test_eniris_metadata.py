"""What Eniris tells about an account: the device query and its neighbours (eniris.md A2.6, A3.1, A3.2)."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.eniris import (
    BATTERY,
    CONTROLLER,
    GRID_METER,
    INACTIVE,
    LICENCE_KEY,
    OFFICE_CONTROLLER,
    ORPHAN,
    skip_hash,
)

from .eniris_client import DEVICES, eniris, error

FORBIDDEN = error(403, "Forbidden", "User does not have sufficient rights")


async def test_one_call_returns_everything(clock: SimClock) -> None:
    async with eniris(clock) as client:
        status, body = await client.post(DEVICES, {})
        assert status == 200
        assert list(body) == ["device"]
        assert len(body["device"]) == len(client.simulator.nodes)
        assert [one["id"] for one in body["device"]] == sorted(one["id"] for one in body["device"])
        meter = next(one for one in body["device"] if one["properties"]["nodeId"] == GRID_METER)
        assert list(meter) == ["id", "lastUpdate", "properties", "userRights"]
        assert meter["lastUpdate"] == "2025-01-01T00:00:00Z"
        assert meter["userRights"] == {"propertyEditabilities": {}, "monitorManagement": False}


async def test_a_query_may_have_no_body(clock: SimClock) -> None:
    async with eniris(clock) as client:
        status, body = await client.told("POST", DEVICES, token=await client.access())
        assert (status, len(body["device"])) == (200, len(client.simulator.nodes))


async def test_fields(clock: SimClock) -> None:
    async with eniris(clock) as client:
        for device in await client.devices(fields=["nodeId", "name", "unheardOf"]):
            assert set(device["properties"]) == {"nodeId", "name"}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"nodeId": [BATTERY, "nobody's"]}, {BATTERY}),
        ({"id": [37_142]}, {CONTROLLER}),
        ({"nodeType": ["smartgridController"]}, {CONTROLLER, OFFICE_CONTROLLER}),
        ({"isActive": False}, {INACTIVE}),
        ({"companyId": [12], "roleId": [480], "nodeId": [BATTERY]}, {BATTERY}),
        ({"companyId": [13]}, set()),
        ({"roleId": [1]}, set()),
        ({"viewId": [1]}, set()),
        ({"nodeId": []}, set()),
    ],
)
async def test_filters(clock: SimClock, chosen: dict[str, Any], expected: set[str]) -> None:
    async with eniris(clock) as client:
        assert set(await client.properties(filter=chosen)) == expected


async def test_conditions(clock: SimClock) -> None:
    async with eniris(clock) as client:
        assert set(await client.properties(conditions={"nodeType": ["battery"], "name": ["Battery"]})) == {BATTERY}
        assert await client.properties(conditions={"unheardOf": [1]}) == {}
        client.simulator.hide(BATTERY, "name")
        assert await client.properties(conditions={"name": ["Battery"]}) == {}, (
            "nobody may search what they may not read"
        )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"limit": 5}, "body must NOT have additional properties"),
        ({"filter": {"name": ["x"]}}, "body/filter must NOT have additional properties"),
        ({"fields": "name"}, "body/fields must be array"),
        ({"fields": [1]}, "body/fields/0 must be string"),
        ({"filter": []}, "body/filter must be object"),
        ({"filter": {"id": ["1"]}}, "body/filter/id/0 must be integer"),
        ({"filter": {"id": [True]}}, "body/filter/id/0 must be integer"),
        ({"filter": {"nodeId": "x"}}, "body/filter/nodeId must be array"),
        ({"filter": {"isActive": "yes"}}, "body/filter/isActive must be boolean"),
        ({"skipHash": 1}, "body/skipHash must be string"),
        ({"conditions": {"name": "x"}}, "body/conditions/name must be array"),
        ([], "body must be object"),
    ],
)
async def test_unknown_keys_and_wrong_types(clock: SimClock, body: Any, message: str) -> None:
    async with eniris(clock) as client:
        assert await client.post(DEVICES, body) == error(400, "Bad Request", message)


async def test_what_is_known_already_is_not_sent(clock: SimClock) -> None:
    async with eniris(clock) as client:
        known = skip_hash([one["lastUpdate"] for one in await client.devices()])
        response, text = await client.ask("POST", DEVICES, token=await client.access(), json={"skipHash": known})
        assert (response.status, text) == (204, "")
        clock.advance(timedelta(minutes=1))
        client.simulator.rename(BATTERY, "Cellar")
        devices = await client.devices(skipHash=known)
        assert {one["lastUpdate"] for one in devices} == {"2025-01-01T00:00:00Z", "2026-06-17T12:01:00Z"}
        assert (await client.properties())[BATTERY]["name"] == "Cellar"


async def test_the_hash_is_of_the_chosen_devices(clock: SimClock) -> None:
    async with eniris(clock) as client:
        chosen = {"filter": {"nodeType": ["battery"]}}
        known = skip_hash([one["lastUpdate"] for one in await client.devices(**chosen)])
        assert (await client.post(DEVICES, {"skipHash": known, **chosen}))[0] == 204
        assert (await client.post(DEVICES, {"skipHash": known}))[0] == 200
        assert b64decode(known) == sha256(b"2025-01-01T00:00:00Z").digest()


async def test_the_deprecated_call(clock: SimClock) -> None:
    async with eniris(clock) as client:
        token, expected = await client.access(), await client.devices()
        assert await client.told("GET", "/v1/device", token=token) == (200, {"device": expected})
        status, body = await client.told("GET", "/v1/device?id=37144&id=37142&id=1", token=token)
        assert (status, [one["id"] for one in body["device"]]) == (200, [37_142, 37_144])
        assert (await client.told("GET", "/v1/device?id=x", token=token))[0] == 400


async def test_companies_roles_and_monitors(clock: SimClock) -> None:
    async with eniris(clock) as client:
        _, companies = await client.told("GET", "/v1/company", token=await client.access())
        assert [list(one) for one in companies["company"]] == [["id", "uuid", "name"]]
        _, roles = await client.post("/v1/role/query", {})
        [role] = roles["role"]
        assert set(role) == {"id", "name", "selfRights", "userRights"}
        for which in ("*", role["id"]):
            status, body = await client.post(f"/v1/role/{which}/monitors/query", {})
            assert status == 200
            assert {one["deviceId"] for one in body["monitors"]} == {one["id"] for one in await client.devices()}
            assert "nodeInfluxSeries" in body["monitors"][0]["reads"]
        assert await client.post("/v1/role/1/monitors/query", {}) == FORBIDDEN
        assert (await client.post("/v1/role/query", {"x": 1}))[0] == 400


async def test_licences_have_keys(clock: SimClock) -> None:
    async with eniris(clock) as client:
        token = await client.access()
        status, body = await client.told("GET", f"/v1/license/controller/{CONTROLLER}", token=token)
        assert (status, body["licenses"][0]["key"]) == (200, LICENCE_KEY)
        assert await client.told("GET", "/v1/license/controller/other", token=token) == FORBIDDEN


async def test_users_without_a_role_may_ask_nothing(clock: SimClock) -> None:
    async with eniris(clock) as client:
        client.simulator.expel()
        assert await client.post(DEVICES, {}) == FORBIDDEN
        assert (await client.post("/v1/telemetry/query", []))[0] == 403
        client.simulator.admit()
        assert (await client.post(DEVICES, {}))[0] == 200


async def test_properties_may_be_missing(clock: SimClock) -> None:
    async with eniris(clock) as client:
        client.simulator.hide(BATTERY, "info", "nodeInfluxSeries", "name")
        properties = (await client.properties())[BATTERY]
        assert set(properties) == {"nodeId", "nodeParentsIds", "nodeType"}
        client.simulator.show(BATTERY, "name", "info")
        assert "nodeInfluxSeries" not in (await client.properties())[BATTERY]
        assert (await client.properties())[BATTERY]["name"] == "Battery"


@pytest.mark.parametrize(("switch", "name"), [("without_series", "nodeInfluxSeries"), ("without_names", "name")])
async def test_a_property_that_no_device_shows(clock: SimClock, switch: str, name: str) -> None:
    async with eniris(clock, **{switch: True}) as client:
        assert all(name not in properties for properties in (await client.properties()).values())


async def test_devices_come_and_go(clock: SimClock) -> None:
    async with eniris(clock) as client:
        before = set(await client.properties())
        added = client.simulator.add_device(name="Sauna", node_type="switchedLoad")
        client.simulator.remove_device(ORPHAN)
        after = await client.properties()
        assert set(after) == before - {ORPHAN} | {added.node_id}
        assert after[added.node_id]["name"] == "Sauna"
        assert after[added.node_id]["nodeType"] == "switchedLoad"
        client.simulator.set_property(added.node_id, "isActive", value=False)
        assert (await client.properties(filter={"isActive": False})).keys() == {added.node_id, INACTIVE}
        assert client.simulator.node(added.node_id).updated == datetime(2026, 6, 17, 12, tzinfo=UTC)
