"""Enectiva's lists: filters, order, limits, pages, and the two forms of meter identification."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any
from urllib.parse import quote

import pytest
from yarl import URL

from tests.simulators.clock import SimClock
from tests.simulators.enectiva import EnectivaSimulator, EnectivaSwitches

from .conftest import NOON
from .enectiva_client import Client, Connect, stamp

READINGS, POINTS, DELTAS = "/meters/42/readings", "/data_series/12/data_points", "/meters/42/deltas"
QUARTER = timedelta(minutes=15)
EVERYTHING = ["42", "43", "44", "45", "46", "47", "48", "49", "50", "51", "52", "53"]


async def times(client: Client, path: str, *filters: str, **query: str) -> list[str]:
    return [time for time, _ in await client.rows(path, *filters, **query)]


async def test_conditions_can_be_combined(enectiva: Client) -> None:
    first, last = "2026-06-17T10:00:00Z", "2026-06-17T10:30:00Z"
    between = ["2026-06-17T10:15:00Z"]
    assert await times(enectiva, READINGS, f"readings.time>{first}", f"readings.time<{last}") == between
    assert await times(enectiva, READINGS, f"readings.time>={first}", f"readings.time<{last}") == [first, *between]
    strictest = [f"readings.time>={first}", f"readings.time>{first}", f"readings.time<{last}"]
    assert await times(enectiva, READINGS, *strictest) == between
    assert await times(enectiva, READINGS, f"readings.time>{last}", f"readings.time<{first}") == []
    newest = [stamp(NOON - QUARTER * number) for number in (2, 1)]
    assert await times(enectiva, READINGS, "readings.time>2026-06-17T11:29:59.5Z") == newest
    assert (await times(enectiva, READINGS, "readings.time<2025-01-01T00:15:00Z")) == ["2025-01-01T00:00:00Z"]


@pytest.mark.parametrize("same", ["2026-06-17T10:00:00", "2026-06-17T10:00:00Z", "2026-06-17T11:00:00+01:00"])
async def test_times_without_an_offset_are_utc_and_other_offsets_are_honoured(enectiva: Client, same: str) -> None:
    assert (await times(enectiva, READINGS, f"readings.time>={same}", limit="1")) == ["2026-06-17T10:00:00Z"]


@pytest.mark.parametrize(
    "text",
    [
        "readings.time<=2026-06-17T10:00:00Z",
        "readings.time=2026-06-17T10:00:00Z",
        "readings.time!2026-06-17T10:00:00Z",
        "readings.time>2026-06-17",
        "readings.time>2026-06-17 10:00:00",
        "readings.time>2026-06-31T10:00:00Z",
        "readings.time>1781690400",
        "readings.time>",
        "readings.value>2026-06-17T10:00:00Z",
        "data_points.time>2026-06-17T10:00:00Z",
        "meter_deltas.time>2026-06-17T10:00:00",
        "time>2026-06-17T10:00:00Z",
        "",
    ],
)
async def test_other_filters_are_400(enectiva: Client, text: str) -> None:
    status, detail = await enectiva.refused(READINGS, text)
    assert status == 400
    assert detail


@pytest.mark.parametrize(
    "query",
    [
        "filter[]=readings.time%3E2026-06-17T10:00:00Z",
        "filter%5B%5D=readings.time>2026-06-17T10:00:00Z",
        "filter%5B%5D=readings.time%3E2026-06-17T10:00:00+01:00",
        "filter=readings.time%3E2026-06-17T10:00:00Z",
        "filter%5B0%5D=readings.time%3E2026-06-17T10:00:00Z",
    ],
)
async def test_filters_have_to_be_encoded_and_named_rightly(enectiva: Client, query: str) -> None:
    await enectiva.log_in()
    address = URL(f"{enectiva.url}{READINGS}?{query}", encoded=True)
    headers = {"Accept": "application/vnd.api+json", "Authorization": f"Bearer {enectiva.token}"}
    async with enectiva.session.get(address, headers=headers) as response:
        assert response.status == 400


async def test_rows_come_by_time_ascending_unless_sorted(enectiva: Client) -> None:
    ascending = await times(enectiva, READINGS, limit="3")
    assert ascending == ["2025-01-01T00:00:00Z", "2025-01-01T00:15:00Z", "2025-01-01T00:30:00Z"]
    assert await times(enectiva, READINGS, limit="3", sort="readings.time") == ascending
    descending = [stamp(NOON - QUARTER * number) for number in (1, 2, 3)]
    assert await times(enectiva, READINGS, limit="3", sort="-readings.time") == descending
    since = "readings.time>=2026-06-17T00:00:00Z"
    assert await times(enectiva, READINGS, since, sort="-readings.time", limit="1") == descending[:1]


async def test_sort_options_are_chained(enectiva: Client) -> None:
    series = enectiva.simulator.data_series["12"].log
    day = [datetime(2026, 6, 16, hour, tzinfo=UTC) for hour in range(5)]
    series.corrected = dict(zip(day, (5.0, 7.0, 7.0, -3.0, 5.0), strict=True))
    filters = [f"data_series.time>={stamp(day[0])}", f"data_series.time<{stamp(day[-1])}"]
    rows = await enectiva.rows(POINTS, *filters, sort="-data_points.value,data_points.time")
    assert [(time[11:13], value) for time, value in rows] == [("01", 7.0), ("02", 7.0), ("00", 5.0), ("03", -3.0)]
    rows = await enectiva.rows(POINTS, *filters, sort="data_points.value,-data_points.time", limit="3", page="1")
    assert [time[11:13] for time, _ in rows] == ["03", "00", "02"]
    rows = await enectiva.rows(POINTS, *filters, sort="data_points.value,-data_points.time", limit="3", page="2")
    assert [time[11:13] for time, _ in rows] == ["01"]


async def test_data_points_are_filtered_and_sorted_by_different_types(connect_enectiva: Connect) -> None:
    """The documents' own contradiction."""
    client = await connect_enectiva()
    by_series, by_points = (f"{kind}.time>=2026-06-17T10:00:00Z" for kind in ("data_series", "data_points"))
    assert len(await client.rows(POINTS, by_series, sort="-data_points.time")) == 2
    assert (await client.refused(POINTS, by_points))[0] == 400
    assert (await client.refused(POINTS, by_series, sort="-data_series.time"))[0] == 400
    other = await connect_enectiva(switches=EnectivaSwitches(data_points_filter="data_points"))
    assert len(await other.rows(POINTS, by_points)) == 2
    assert (await other.refused(POINTS, by_series))[0] == 400


@pytest.mark.parametrize(
    ("path", "sort"),
    [
        (READINGS, "time"),
        (READINGS, "-readings.id"),
        (READINGS, "+readings.time"),
        (READINGS, "data_points.time"),
        (READINGS, "readings.time,"),
        (READINGS, ""),
        (DELTAS, "entity_deltas.time"),
        ("/meters", "meters.name"),
    ],
)
async def test_other_sort_options_are_400(enectiva: Client, path: str, sort: str) -> None:
    assert (await enectiva.refused(path, sort=sort))[0] == 400


@pytest.mark.parametrize("path", ["/meters", "/entities", READINGS, POINTS])
async def test_limits_and_pages_begin_at_1(enectiva: Client, path: str) -> None:
    for name in ("limit", "page"):
        for value in ("0", "-1", "1.5", "all", ""):
            assert (await enectiva.refused(path, **{name: value}))[0] == 400
    everything = await enectiva.ids(path)
    assert await enectiva.ids(path, page="1") == everything
    pages = [await enectiva.ids(path, limit="3", page=str(page)) for page in (1, 2)]
    assert pages[0] + pages[1] == everything[:6]
    assert await enectiva.ids(path, limit="1000", page="99999") == []


async def test_a_list_has_at_most_1000_rows(connect_enectiva: Connect, clock: SimClock) -> None:
    client = await connect_enectiva()
    assert len(await client.ids(READINGS)) == 1000
    assert len(await client.ids(READINGS, limit="5000")) == 1000
    campus = await connect_enectiva(EnectivaSimulator.campus(1001, clock=clock))
    assert len(await campus.ids("/meters")) == 1000
    assert await campus.ids("/meters", page="2") == ["2001"]
    strict = await connect_enectiva(switches=EnectivaSwitches(large_limit="refused"))
    assert (await strict.refused(READINGS, limit="1001"))[0] == 400
    assert len(await strict.ids(READINGS, limit="1000")) == 1000


async def test_next_leads_through_all_pages(enectiva: Client) -> None:
    body = await enectiva.get("/meters", limit="5", include_deactivated="")
    seen = [item["id"] for item in body["data"]]
    assert body["links"]["self"].startswith(f"{enectiva.url}/meters?")
    while following := body["links"].get("next"):
        response, text = await enectiva.ask("GET", following.removeprefix(enectiva.url))
        assert response.status == 200
        body = json.loads(text)
        seen += [item["id"] for item in body["data"]]
    assert seen == EVERYTHING
    filtered = await enectiva.get(READINGS, "readings.time>=2026-06-17T11:15:00Z", limit="1")
    response, text = await enectiva.ask("GET", filtered["links"]["next"].removeprefix(enectiva.url))
    assert [row["attributes"]["time"] for row in json.loads(text)["data"]] == ["2026-06-17T11:30:00Z"]


@pytest.mark.parametrize(
    ("links", "first", "last"),
    [
        ("next", {"self", "next"}, {"self"}),
        ("next_null", {"self", "next"}, {"self", "next"}),
        ("self_only", {"self"}, {"self"}),
        ("absent", set(), set()),
    ],
)
async def test_shapes_of_links(connect_enectiva: Connect, links: Any, first: set[str], last: set[str]) -> None:
    client = await connect_enectiva(switches=EnectivaSwitches(links=links))
    pages = [(await client.get("/meters", limit="6", page=page)).get("links", {}) for page in ("1", "2")]
    assert [set(page) for page in pages] == [first, last]
    assert pages[1].get("next") is None


async def test_deltas_know_no_pages(enectiva: Client) -> None:
    newest = await times(enectiva, DELTAS, sort="-meter_deltas.time", limit="2")
    assert newest == ["2026-06-01T00:00:00", "2026-05-01T00:00:00"]
    assert await times(enectiva, DELTAS, sort="-meter_deltas.time", limit="2", page="2") == newest
    assert "next" not in (await enectiva.get(DELTAS, limit="2"))["links"]
    assert len(await times(enectiva, DELTAS)) == 18


async def test_deltas_are_filtered_by_times_without_an_offset(connect_enectiva: Connect) -> None:
    client = await connect_enectiva()
    spring = ["meter_deltas.time>2026-02-01T00:00:00", "meter_deltas.time<2026-05-01T00:00:00"]
    assert await times(client, DELTAS, *spring) == ["2026-03-01T00:00:00", "2026-04-01T00:00:00"]
    assert await times(client, DELTAS, "meter_deltas.time>=2026-06-01T00:00:00") == ["2026-06-01T00:00:00"]
    zulu = "meter_deltas.time>=2026-06-01T00:00:00Z"
    assert (await client.refused(DELTAS, zulu))[0] == 400
    lenient = await connect_enectiva(switches=EnectivaSwitches(delta_offsets="ignored"))
    assert await times(lenient, DELTAS, zulu) == ["2026-06-01T00:00:00"]


@pytest.mark.parametrize(
    ("switch", "accepted"),
    [("virtual_meter_deltas", {"virtual_meter_deltas"}), ("meter_deltas", {"meter_deltas"}), ("none", set())],
)
async def test_the_type_of_virtual_meters_deltas_is_open(
    connect_enectiva: Connect, switch: Any, accepted: set[str]
) -> None:
    client = await connect_enectiva(switches=EnectivaSwitches(virtual_filter=switch))
    path = "/virtual_meters/501/deltas"
    for kind in ("virtual_meter_deltas", "meter_deltas", "entity_deltas"):
        if kind in accepted:
            assert len(await client.rows(path, f"{kind}.time>=2026-05-01T00:00:00", sort=f"-{kind}.time")) == 2
        else:
            assert (await client.refused(path, f"{kind}.time>=2026-05-01T00:00:00"))[0] == 400
            assert (await client.refused(path, sort=f"-{kind}.time"))[0] == 400
    assert len(await client.rows(path)) == 18


async def test_deactivated_meters_are_listed_on_demand(enectiva: Client) -> None:
    assert await enectiva.ids("/meters") == EVERYTHING[:-1]
    for value in ("", "true", "1"):
        assert await enectiva.ids("/meters", include_deactivated=value) == EVERYTHING
    assert await enectiva.ids("/meters", include_deactivated="false") == EVERYTHING[:-1]
    assert (await enectiva.refused("/meters", include_deactivated="maybe"))[0] == 400
    assert "501" not in EVERYTHING, "virtual meters are not included"


async def test_external_ids_name_the_same_meter(enectiva: Client) -> None:
    for tail in ("", "/readings", "/deltas"):
        by_external = await enectiva.get(f"/meters/e_the-ultimate-answer{tail}")
        assert by_external["data"] == (await enectiva.get(f"/meters/42{tail}"))["data"]
    external = enectiva.simulator.meters["45"].external_id
    assert external == "teplo / patní měřidlo 1"
    assert (await enectiva.get(f"/meters/e_{quote(external, safe='')}"))["data"]["id"] == "45"


async def test_an_external_id_of_several_meters_is_409_with_links(enectiva: Client) -> None:
    other = enectiva.simulator.add_meter(external_id="the-ultimate-answer")
    await enectiva.log_in()
    for tail in ("", "/readings", "/deltas"):
        response, text = await enectiva.ask("GET", f"/meters/e_the-ultimate-answer{tail}")
        assert response.status == 409
        errors = json.loads(text)["errors"]
        links = [f"{enectiva.url}/meters/42", f"{enectiva.url}/meters/{other.id}"]
        assert [error["links"]["about"] for error in errors] == links
        assert all(link in error["detail"] for link, error in zip(links, errors, strict=True))
    assert await enectiva.get(f"/meters/{other.id}")
