"""Enapter's devices: lists in pages, what `expand` adds, the tree, and what happens to devices."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enapter import (
    AMBIENT_SENSOR,
    BARE,
    BATTERY,
    GATEWAY,
    HOME,
    HYBRID_INVERTER,
    LINK_MASTER,
    OFFICE,
    OFFICE_METER,
    POWER_METER,
    PV_INVERTER,
    EnapterSimulator,
)

from .conftest import NOON
from .enapter_client import UNKNOWN, Client, enapter, served

EVERYTHING = ("site", "manifest", "properties", "connectivity", "communication", "raised_alert_names")
PLAIN = {"id", "blueprint_id", "name", "site_id", "updated_at", "slug", "type", "authorized_role"}
UNKNOWN_EXPANSION = (400, "invalid_query_parameter_format")


async def ids(client: Client, path: str = "/v3/devices", **query: str) -> list[str]:
    """Return the ids of a page."""
    return [device["id"] for device in (await client.get(path, **query))["devices"]]


async def test_a_device_in_full(clock: SimClock) -> None:
    async with enapter(clock) as client:
        client.simulator.raise_alert(BATTERY, "low_voltage")
        device = await client.device(BATTERY, *EVERYTHING)
        manifest, site = device.pop("manifest"), device.pop("site")
        assert device == {
            "id": BATTERY,
            "blueprint_id": "019909b8-5222-7003-b7e9-b1e000000001",
            "name": "Battery",
            "site_id": HOME,
            "updated_at": "2026-03-02T09:14:07.988115Z",
            "slug": "battery",
            "type": "CHILD",
            "authorized_role": "OWNER",
            "properties": {
                "vendor": "Enapter Simulator",
                "model": "Battery",
                "serial_number": "SN-a8d513",
                "firmware_version": "2.4.1",
            },
            "connectivity": {"status": "ONLINE"},
            "communication": {
                "type": "LINK",
                "upstream_id": HYBRID_INVERTER,
                "hardware_id": None,
                "channel_id": "battery",
            },
            "raised_alert_names": ["low_voltage"],
        }
        assert manifest == (await client.get(f"/v3/devices/{BATTERY}/manifest"))["manifest"]
        assert site == (await client.get(f"/v3/sites/{HOME}"))["site"]


async def test_devices_of_all_sites_or_of_one_ordered_by_id(clock: SimClock) -> None:
    async with enapter(clock) as client:
        everything = await ids(client)
        assert everything == sorted(client.simulator.devices)
        assert await ids(client, f"/v3/sites/{OFFICE}/devices") == [OFFICE_METER]
        assert set(await ids(client, f"/v3/sites/{HOME}/devices")) == set(everything) - {OFFICE_METER}


async def test_devices_are_also_under_their_site(clock: SimClock) -> None:
    async with enapter(clock) as client:
        for path in ("", "/manifest"):
            twin = await client.get(f"/v3/sites/{HOME}/devices/{BATTERY}{path}")
            assert twin == await client.get(f"/v3/devices/{BATTERY}{path}")
            for nothing in (f"/v3/sites/{OFFICE}/devices/{BATTERY}{path}", f"/v3/devices/{UNKNOWN}{path}"):
                assert await client.refused(nothing) == (404, "DEVICE_NOT_FOUND")


async def test_the_tree(clock: SimClock) -> None:
    async with enapter(clock) as client:
        devices = (await client.get("/v3/devices", expand="communication"))["devices"]
        links = {device["id"]: device["communication"] for device in devices}
        assert links[BARE] is None
        upstream = {device_id: link["upstream_id"] for device_id, link in links.items() if link}
        assert upstream[BATTERY] == HYBRID_INVERTER
        assert upstream[POWER_METER] == LINK_MASTER
        assert upstream[HYBRID_INVERTER] == upstream[LINK_MASTER] == upstream[PV_INVERTER] == GATEWAY
        assert upstream[GATEWAY] is upstream[AMBIENT_SENSOR] is None
        types = {device["type"] for device in devices}
        assert types >= {"GATEWAY", "LINK_MASTER_UCM", "LINK_SLAVE_UCM", "CHILD", "STANDALONE", "LUA", "NATIVE"}


async def test_pages_of_fifty(clock: SimClock) -> None:
    async with served(EnapterSimulator.campus(120, clock=clock)) as client:
        pages = [await client.get("/v3/devices", offset=str(offset), limit="200") for offset in (0, 50, 100, 120)]
        assert [len(page["devices"]) for page in pages] == [50, 50, 20, 0]
        assert {page["total_count"] for page in pages} == {120}
        assert len({device["id"] for page in pages for device in page["devices"]}) == 120
        assert len(await ids(client)) == 50
        assert len(await ids(client, offset="118", limit="1")) == 1
        for query in ({"limit": "0"}, {"limit": "x"}, {"offset": "-1"}):
            assert await client.refused("/v3/devices", **query) == (400, "invalid_query_parameter_format")


async def test_pages_may_be_smaller_and_not_say_how_many_there_are(clock: SimClock) -> None:
    async with enapter(clock, page_size=5, total_count=False) as client:
        for key, size in (("devices", 5), ("sites", 3)):
            body = await client.get(f"/v3/{key}", limit="50")
            assert list(body) == [key]
            assert len(body[key]) == size


async def test_a_server_that_ignores_the_offset_never_ends(clock: SimClock) -> None:
    async with enapter(clock, offset_ignored=True) as client:
        assert await ids(client) == await ids(client, offset="1000") != []


async def test_nothing_is_expanded_that_is_not_asked_for(clock: SimClock) -> None:
    async with enapter(clock) as client:
        for query in ({}, {"expand": ""}, {"expand": ","}):
            assert {frozenset(device) for device in (await client.get("/v3/devices", **query))["devices"]} == {
                frozenset(PLAIN)
            }
        for name in EVERYTHING:
            assert (await client.device(BATTERY, name)).keys() == PLAIN | {name}
        response, _ = await client.ask("GET", "/v3/devices?expand=manifest%2Cproperties")
        assert response.status == 200


@pytest.mark.parametrize("name", ["telemetry", "communication_info", "Manifest", "manifest,nope"])
async def test_unknown_expansions_are_400(clock: SimClock, name: str) -> None:
    async with enapter(clock) as client:
        for path in ("/v3/devices", f"/v3/devices/{BATTERY}", f"/v3/sites/{HOME}/devices"):
            assert await client.refused(path, expand=name) == UNKNOWN_EXPANSION


@pytest.mark.parametrize(
    ("known", "refused"),
    [
        ("documented", {"raised_alert_names"}),
        ("without_alerts_and_communication", {"raised_alert_names", "communication"}),
        ("older", {"raised_alert_names", "communication"}),
    ],
)
async def test_other_servers_expand_less(clock: SimClock, known: str, refused: set[str]) -> None:
    async with enapter(clock, expand_known=known) as client:
        for name in EVERYTHING:
            if name in refused:
                assert await client.refused("/v3/devices", expand=name) == UNKNOWN_EXPANSION
            else:
                assert name in await client.device(BATTERY, name)


async def test_older_servers_call_the_communication_something_else(clock: SimClock) -> None:
    async with enapter(clock, expand_known="older") as client:
        link = (await client.device(BATTERY, "communication_info"))["communication_info"]
        assert link["communication_type"] == "LINK"
        assert link["upstream_id"] == HYBRID_INVERTER
        assert "type" not in link


async def test_lower_case(clock: SimClock) -> None:
    async with enapter(clock, enum_case="lower") as client:
        device = await client.device(BATTERY, "connectivity", "communication")
        assert (device["type"], device["authorized_role"]) == ("child", "owner")
        assert (device["connectivity"]["status"], device["communication"]["type"]) == ("online", "link")


async def test_updated_at_may_be_unix_seconds(clock: SimClock) -> None:
    async with enapter(clock, updated_at="unix") as client:
        client.simulator.rename(BATTERY, "Powerwall")
        assert (await client.device(BATTERY))["updated_at"] == NOON.timestamp()


@pytest.mark.parametrize(
    ("form", "expected"),
    [("empty", {}), ("null", None), ("online", {"online": False}), ("object", {"status": "OFFLINE"})],
)
async def test_connectivity(clock: SimClock, form: str, expected: Any) -> None:
    async with enapter(clock, connectivity=form) as client:
        client.simulator.set_connectivity(BATTERY, "OFFLINE")
        assert (await client.device(BATTERY, "connectivity"))["connectivity"] == expected


async def test_what_may_be_null(clock: SimClock) -> None:
    async with enapter(clock, communication="null", raised_alert_names="null") as client:
        device = await client.device(BATTERY, "communication", "raised_alert_names")
        assert device["communication"] is device["raised_alert_names"] is None
        client.simulator.raise_alert(BATTERY, "low_voltage")
        assert (await client.device(BATTERY, "raised_alert_names"))["raised_alert_names"] == ["low_voltage"]


async def test_a_device_without_anything(clock: SimClock) -> None:
    async with enapter(clock) as client:
        device = await client.device(BARE, *EVERYTHING)
        assert (device["blueprint_id"], device["slug"], device["type"]) == ("", "", "NATIVE")
        assert device["manifest"] is device["properties"] is device["communication"] is None
        assert (await client.get(f"/v3/devices/{BARE}/manifest")) == {"manifest": None}


async def test_devices_come_go_move_and_change_their_names(clock: SimClock) -> None:
    async with enapter(clock) as client:
        simulator = client.simulator
        clock.advance(timedelta(minutes=1))
        added = simulator.add_device("Boiler", of="heat_pump", type="LUA")
        assert (await client.device(added.id))["type"] == "LUA"
        assert added.id in await ids(client)
        assert (await client.latest(added.id, "total_power", relevance="60s"))["total_power"]["value"] > 0
        simulator.rename(added.id, "Water heater", "water-heater")
        device = await client.device(added.id)
        assert (device["name"], device["slug"]) == ("Water heater", "water-heater")
        assert device["updated_at"] == "2026-06-17T12:01:00Z"
        simulator.move(added.id, OFFICE)
        assert added.id in await ids(client, f"/v3/sites/{OFFICE}/devices")
        simulator.remove_device(added.id)
        assert await client.refused(f"/v3/devices/{added.id}") == (404, "DEVICE_NOT_FOUND")


async def test_a_blueprint_is_changed(clock: SimClock) -> None:
    async with enapter(clock) as client:
        before = await client.device(BATTERY)
        clock.advance(timedelta(minutes=1))
        client.simulator.change_blueprint(BATTERY, {"blueprint_spec": "device/3.0", "display_name": "Other"})
        after = await client.device(BATTERY, "manifest")
        assert after["manifest"]["display_name"] == "Other"
        assert after["blueprint_id"] != before["blueprint_id"]
        assert after["updated_at"] > before["updated_at"]
        client.simulator.change_attribute(HYBRID_INVERTER, "pv_total_power", unit="kW", display_name=None)
        changed = (await client.device(HYBRID_INVERTER, "manifest"))["manifest"]["telemetry"]["pv_total_power"]
        assert changed == {"type": "float", "unit": "kW", "implements": ["pv_total_power"]}
