"""Enapter's sites."""

from typing import Any

import pytest

from tests.simulators.clock import SimClock
from tests.simulators.enapter import ARCHIVED, HOME, OFFICE

from .enapter_client import UNKNOWN, enapter


async def test_a_site_in_full(clock: SimClock) -> None:
    async with enapter(clock) as client:
        assert (await client.get(f"/v3/sites/{HOME}"))["site"] == {
            "id": HOME,
            "name": "Home",
            "timezone": client.simulator.world.time_zone,
            "version": "V3",
            "authorized_role": "OWNER",
            "location": {"name": "London", "latitude": 51.4934, "longitude": -0.0098},
            "archived": False,
        }


async def test_the_account_has_two_sites_and_an_archived_one(clock: SimClock) -> None:
    async with enapter(clock) as client:
        body = await client.get("/v3/sites")
        assert {site["id"]: site["archived"] for site in body["sites"]} == {HOME: False, OFFICE: False, ARCHIVED: True}
        assert body["total_count"] == 3
        assert body == await client.get("/v3/users/me/sites")
        assert (await client.get("/v3/sites", name="Office"))["sites"] == [body["sites"][0]]


async def test_sites_come_in_pages(clock: SimClock) -> None:
    async with enapter(clock) as client:
        pages = [await client.get("/v3/sites", offset=str(offset), limit="2") for offset in (0, 2, 3)]
        assert [len(page["sites"]) for page in pages] == [2, 1, 0]
        assert {page["total_count"] for page in pages} == {3}


async def test_unknown_sites_are_404(clock: SimClock) -> None:
    async with enapter(clock) as client:
        for path in ("", "/devices"):
            assert await client.refused(f"/v3/sites/{UNKNOWN}{path}") == (404, "SITE_NOT_FOUND")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("strings", {"name": "London", "latitude": "51.4934", "longitude": "-0.0098"}),
        ("null_coordinates", {"name": "London", "latitude": None, "longitude": None}),
        ("null", None),
        ("absent", "absent"),
    ],
)
async def test_where_a_site_is(clock: SimClock, location: str, expected: Any) -> None:
    async with enapter(clock, location=location) as client:
        assert (await client.get(f"/v3/sites/{HOME}"))["site"].get("location", "absent") == expected


async def test_archived_sites_may_not_be_listed(clock: SimClock) -> None:
    async with enapter(clock, archived="unlisted") as client:
        sites = (await client.get("/v3/sites"))["sites"]
        assert [site["id"] for site in sites] == [OFFICE, HOME]
        assert not any("archived" in site for site in sites)


async def test_an_account_with_old_sites_has_nothing(clock: SimClock) -> None:
    async with enapter(clock, old_sites_only=True) as client:
        for key in ("sites", "devices"):
            assert await client.get(f"/v3/{key}") == {key: [], "total_count": 0}


async def test_sites_are_archived_and_removed_while_running(clock: SimClock) -> None:
    async with enapter(clock) as client:
        client.simulator.archive_site(OFFICE)
        assert (await client.get(f"/v3/sites/{OFFICE}"))["site"]["archived"] is True
        client.simulator.archive_site(OFFICE, archived=False)
        assert (await client.get(f"/v3/sites/{OFFICE}"))["site"]["archived"] is False
        client.simulator.remove_site(HOME)
        assert await client.refused(f"/v3/sites/{HOME}") == (404, "SITE_NOT_FOUND")
        assert {device["site_id"] for device in (await client.get("/v3/devices"))["devices"]} == {OFFICE}
