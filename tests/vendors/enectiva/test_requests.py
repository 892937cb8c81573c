"""What is sent: JSON:API's media type where it belongs and nowhere else, one slash, and everything encoded."""

from datetime import timedelta
import re
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.simulators import faults
from tests.simulators.enectiva import MEDIA_TYPE

from .conftest import START, Bench, MakeBench

OPTIONS = {"data_series": ["11", "77"], "virtual_meters": ["501"]}


async def lived(bench: Bench) -> Bench:
    """An account that has done everything it can do."""
    await bench.vendor.login()
    await bench.discover()
    await bench.read()
    await bench.poll(180)
    async for _ in bench.vendor.history(bench.inventory.points, START - timedelta(days=12), START):
        pass
    bench.simulator.deactivate("44", bench.clock())
    await bench.discover()
    return bench


@pytest.mark.parametrize("wants_body", [False, True])
async def test_every_request_is_as_the_documents_want_it(make_bench: MakeBench, wants_body: bool) -> None:
    bench = await lived(await make_bench(options=OPTIONS, wants_body=wants_body))
    assert len({one.path for one in bench.simulator.requests}) > 20
    for one in bench.simulator.requests:
        assert one.headers["accept"] == MEDIA_TYPE
        assert one.headers["user-agent"] == "EnergyClouds/0 tests"
        scheme, _, token = one.headers["authorization"].partition(" ")
        assert scheme == "Bearer"
        assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token)
        if one.method == "POST":
            assert one.headers["content-type"] == MEDIA_TYPE
            assert one.query_string == ""
        else:
            assert one.method == "GET"
            assert "content-type" not in one.headers
            assert one.body is None
        assert re.fullmatch(r"(/[a-z0-9_]+)+", one.path)
    # Nothing was refused but the id that does not exist, and the body that was missing.
    refused = {one.path for one in bench.simulator.requests if one.status not in (200, 201)}
    assert refused == {"/data_series/77/data_points"} | ({"/access_tokens"} if wants_body else set())


async def test_queries_are_what_the_documents_print_and_encoded(make_bench: MakeBench) -> None:
    bench = await lived(await make_bench(options=OPTIONS))
    for one in bench.simulator.requests:
        assert re.fullmatch(r"([A-Za-z0-9_.=&-]|%[0-9A-F]{2})*", one.query_string)
    sent = {
        (re.sub(r"\d+", "1", one.path), tuple(parse_qsl(re.sub(r"\d{4}-[^&]*", "T", one.query_string))))
        for one in bench.simulator.requests
    }
    limit = ("limit", "1000")
    assert sent == {
        ("/access_tokens", ()),
        ("/meters", (limit,)),
        ("/meters", (("include_deactivated", "true"), limit)),
        ("/entities", (limit,)),
        ("/meters/1/readings", (("sort", "-readings.time"), ("limit", "1"))),
        ("/meters/1/deltas", (("sort", "-meter_deltas.time"), ("limit", "1"))),
        ("/data_series/1/data_points", (("sort", "-data_points.time"), ("limit", "1"))),
        ("/virtual_meters/1/deltas", (("sort", "-virtual_meter_deltas.time"), ("limit", "1"))),
        (
            "/meters/1/readings",
            (("filter[]", "readings.time>=T"), ("filter[]", "readings.time<T"), ("sort", "readings.time"), limit),
        ),
    }
    filters = {
        text for one in bench.simulator.requests for name, text in parse_qsl(one.query_string) if name == "filter[]"
    }
    assert all(re.fullmatch(r"readings\.time(>=|<)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text) for text in filters)


@pytest.mark.parametrize(
    "meter_id", ["a/b", "a?b=1", "a#b", "a%2Fb", "ü ö", "a&b", "a;b", "../entities", "e_1+1", '"', "{id}"]
)
async def test_id_from_the_service_stays_one_part_of_the_path(bench: Bench, meter_id: str) -> None:
    def change(body: Any) -> Any:
        body["data"][0]["id"] = meter_id
        return body

    bench.simulator.faults.add(faults.Rewritten(change), "/meters", times=1)
    await bench.discover()
    bench.simulator.requests.clear()
    await bench.read()
    paths = [one.path for one in bench.simulator.requests]
    assert f"/meters/{meter_id}/readings" in paths
    assert f"/meters/{meter_id}/deltas" in paths
    assert all(one.query_string.startswith("sort=-") for one in bench.simulator.requests)
    # One strange meter costs the others nothing.
    assert "43" in {point.id.device_id for point in bench.inventory.points}
