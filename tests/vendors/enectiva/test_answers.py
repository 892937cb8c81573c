"""Parsing: any JSON at any endpoint gives no surprise, and what comes out of it is fit to be shown."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import product
import json
import math
from time import tzset
from typing import Any, cast
from zoneinfo import ZoneInfo

import aiohttp
from hypothesis import HealthCheck, given, settings, strategies as st
import msgspec
import pytest

from custom_components.energy_clouds.vendors.base import Connection
from custom_components.energy_clouds.vendors.budget import Budget, Priority
from custom_components.energy_clouds.vendors.enectiva import Enectiva, answers
from custom_components.energy_clouds.vendors.enectiva.energies import Energy
from custom_components.energy_clouds.vendors.errors import CannotConnect, UnexpectedAnswer, VendorError
from custom_components.energy_clouds.vendors.http import Answer
from custom_components.energy_clouds.vendors.model import (
    Device,
    DeviceKind,
    Inventory,
    Nature,
    Point,
    PointId,
    Quantity,
    Readings,
    Sample,
)
from custom_components.energy_clouds.vendors.tokens import Grant, Token, Vault
from tests.simulators import faults
from tests.simulators.enectiva import LOGIN_TOKEN

from .conftest import LONDON, START, Bench

THEN = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
ZONES = [LONDON, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu"), UTC]


def answered(body: Any) -> Answer:
    return Answer(endpoint="GET /meters", status=200, body=msgspec.json.encode(body))


def dated(body: Any) -> list[tuple[datetime, float]]:
    return [(row.time, row.value) for row in answers.dated_of(answers.page_of(answered(body)).items)]


def meter(**attributes: Any) -> answers.Meter:
    body = {"data": [{"type": "meters", "id": "42", "attributes": attributes}]}
    (found,) = answers.meters_of(answers.page_of(answered(body)).items, START)
    return found


# Shapes


@pytest.mark.parametrize("value", [5, 5.0, "5", " 5 ", "5,0", "5.0", "0,5e1"])
def test_values_and_times_under_every_name(value: object) -> None:
    times, keys = ("time", "timestamp", "datetime", "from"), ("value", "state", "reading", "real", "delta")
    for time_key, key in product(times, keys):
        row: dict[str, object] = {time_key: "2026-11-17T09:45:00Z", key: value}
        for data in ({"id": 1, **row}, {"id": "1", "type": "readings", "attributes": row}):
            for body in ({"data": [data]}, {"data": data}, [data]):
                assert dated(body) == [(THEN, 5.0)]


@pytest.mark.parametrize(
    "value", [None, True, "", "five", "1,234.5", "1,2,3", "nan", "inf", "1_0", 10**400, "1e999", [5], {"value": 5}]
)
def test_row_without_a_number_is_left_out(value: object) -> None:
    good = {"time": "2026-11-17T09:45:00Z", "value": 5}
    assert dated([{"time": "2026-11-17T10:00:00Z", "value": value}, good]) == [(THEN, 5.0)]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-17T09:45:00Z", THEN),
        ("2026-11-17T09:45:00.000Z", THEN),
        ("2026-11-17t09:45:00Z", THEN),
        ("2026-11-17 09:45:00+00:00", THEN),
        ("2026-11-17T10:45:00+01:00", THEN),
        ("20261117T094500Z", None),
        ("2026-11-17", None),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2026-02-30T00:00:00Z", None),
        ("2026-11-17T09:45:00+25:00", None),
        ("now", None),
        (1794908700, None),
        (None, None),
        (["2026-11-17T09:45:00Z"], None),
    ],
)
def test_row_without_a_time_is_left_out(text: object, instant: datetime | None) -> None:
    found = [answers.local_instant(time, UTC) for time, _ in dated([{"time": text, "value": 5}])]
    assert found == ([] if instant is None else [instant])


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        ("Europe/London", "2026-07-01T00:00:00", datetime(2026, 6, 30, 23, tzinfo=UTC)),
        ("Europe/London", "2026-11-01T00:00:00", datetime(2026, 11, 1, tzinfo=UTC)),
        ("America/St_Johns", "2026-11-01T00:00:00", datetime(2026, 11, 1, 2, 30, tzinfo=UTC)),
        ("Asia/Kathmandu", "2026-11-01T00:00:00", datetime(2026, 10, 31, 18, 15, tzinfo=UTC)),
        ("Asia/Kathmandu", "2026-11-01T00:00:00Z", datetime(2026, 11, 1, tzinfo=UTC)),
        ("Asia/Kathmandu", "2026-11-01T00:00:00+02:00", datetime(2026, 10, 31, 22, tzinfo=UTC)),
    ],
)
def test_time_without_an_offset_is_where_the_meter_is(zone: str, text: str, instant: datetime) -> None:
    ((time, _),) = dated([{"time": text, "value": 5}])
    found = answers.local_instant(time, ZoneInfo(zone))
    assert found == instant
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "body", [None, 7, "none", {}, {"data": None}, {"data": 7}, {"data": "x"}, {"errors": []}, {"meters": []}]
)
def test_answer_without_data_is_named(body: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="GET /meters"):
        answers.page_of(answered(body))


@pytest.mark.parametrize(
    "body", [[], {"data": []}, {"data": {}}, {"data": [None, 7, "x", []]}, {"data": [{"id": 1.5}]}]
)
def test_answer_without_meters_has_none(body: Any) -> None:
    assert answers.meters_of(answers.page_of(answered(body)).items, START) == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", CannotConnect),
        (b"<html>", CannotConnect),
        (b'{"data":[', CannotConnect),
        (b"\xff\xfe", CannotConnect),
        (b'{"data":' + b"[" * 200_000, CannotConnect),
        (b'{"data":[{"id":1e999}]}', UnexpectedAnswer),
        (b'{"data":[{"id":' + b"1" * 5000 + b"}]}", UnexpectedAnswer),
    ],
    ids=["empty", "HTML", "cut", "binary", "deep", "infinite", "long"],
)
def test_what_no_parser_reads_is_no_answer(body: bytes, error: type[VendorError]) -> None:
    with pytest.raises(error):
        answers.page_of(Answer(endpoint="GET /meters", status=200, body=body))


@pytest.mark.parametrize(
    ("links", "more"),
    [
        ({}, None),
        ({"self": "x"}, None),
        ({"next": None}, False),
        ({"next": ""}, False),
        ({"next": "/meters?page=2"}, True),
        ({"next": {"href": "/meters?page=2"}}, True),
        (["next"], None),
        (None, None),
    ],
)
def test_links_say_whether_there_is_more(links: object, more: bool | None) -> None:
    assert answers.page_of(answered({"data": [], "links": links})).more is more


def test_half_a_surrogate_pair_costs_no_meter() -> None:
    body = rb'{"data":[{"id":"1","attributes":{"name":"half \ud800 pair"}},{"id":"2"}]}'
    found = answers.meters_of(answers.page_of(Answer(endpoint="x", status=200, body=body)).items, START)
    assert [one.id for one in found] == ["1", "2"]


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("  Main \n electricity\t", "Main electricity"),
        ("a\u202eb\x00c", "a b c"),
        ("", None),
        (" \n", None),
        (7, None),
        (["x"], None),
        ("x" * 1000, "x" * 255),
    ],
)
def test_names_are_fit_to_be_shown(given_name: object, shown: str | None) -> None:
    assert meter(name=given_name).name == shown


@pytest.mark.parametrize(
    "there", [{"type": ["x"], "id": "1"}, {"type": {}, "id": 1}, {"type": None, "id": "1"}, {"id": "1"}]
)
def test_relation_of_no_type_is_of_no_use(there: Any) -> None:
    energy = {"type": "energies", "id": "1", "attributes": {"name": "gas"}}
    resource = {"id": "42", "relationships": {"energy": {"data": there}, "entity": {"data": there}}}
    items = answers.page_of(answered({"data": [resource], "included": [energy, 7, {"id": "1", "type": ["x"]}]})).items
    (found,) = answers.meters_of(items, START)
    assert (found.id, found.energy, found.entity_id) == ("42", None, "1")


def test_energy_that_is_included_is_found() -> None:
    energy = {"type": "energies", "id": 3, "attributes": {"name": "gas", "unit": "m3"}}
    resource = {"id": "42", "relationships": {"energy": {"data": {"type": "energies", "id": "3"}}}}
    (found,) = answers.meters_of(answers.page_of(answered({"data": [resource], "included": [energy]})).items, START)
    assert (found.energy, found.unit) == (Energy.GAS, "m³")


@pytest.mark.parametrize("key", ["energy", "energy_type", "medium", "commodity"])
def test_energy_under_every_name(key: str) -> None:
    for told in ("gas", {"name": "gas"}, {"code": "gas"}, {"name": "?", "code": None, "id": "gas"}):
        assert meter(**{key: told}).energy is Energy.GAS
        row = {"time": "2026-11-17T09:45:00Z", "value": 5, key: told}
        assert [one.energy for one in answers.dated_of(answers.page_of(answered([row])).items)] == [Energy.GAS]
    # One that is not included is known by its id.
    link = {"data": {"type": "energies", "id": "gas"}}
    (found,) = answers.meters_of(answers.page_of(answered([{"id": 1, "relationships": {key: link}}])).items, START)
    assert found.energy is Energy.GAS


@pytest.mark.parametrize("included", [{"attributes": {"name": "gas"}}, {"name": "gas"}])
def test_energy_is_found_behind_what_is_no_resource(included: dict[str, Any]) -> None:
    energy = {"type": "energies", "id": "1", **included}
    resource = {"id": "42", "relationships": {"energy": {"data": {"type": "energies", "id": "1"}}}}
    body = {"data": [resource], "included": [7, {"type": "energies"}, energy]}
    assert [one.energy for one in answers.meters_of(answers.page_of(answered(body)).items, START)] == [Energy.GAS]


@pytest.mark.parametrize("key", ["identification_code", "serial_number", "serial"])
def test_serial_under_every_name(key: str) -> None:
    assert meter(**{key: " 12\n34 "}).serial == "12 34"


def test_entity_is_related_or_named() -> None:
    assert meter(entity_id=7).entity_id == "7"
    assert meter(entity_id=None).entity_id is None
    (item, nobody) = answers.page_of(answered([{"id": 7, "name": ""}, {"name": "Office"}])).items
    assert answers.entity_of(item) == ("7", "7")
    assert answers.entity_of(nobody) is None


def test_unit_that_is_not_known_is_cut() -> None:
    assert meter(unit="parsec").unit == "parsec"
    assert meter(unit="x" * 99).unit == "x" * 16


@pytest.mark.parametrize("key", ["deactivated_at", "deactivated"])
@pytest.mark.parametrize(
    ("told", "is_over"),
    [
        (True, True),
        ("true", True),
        ("yes", True),
        ("2026-11-17T10:00:30Z", True),
        ("2026-11-17T10:00:31Z", False),
        # Without an offset it is UTC, wherever the machine is.
        ("2026-11-17T09:00:00", True),
        (False, False),
        ("false", False),
        ("", False),
        (None, False),
    ],
)
def test_meter_is_over_when_it_says_so(key: str, told: object, is_over: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    tzset()
    try:
        assert meter(**{key: told}).deactivated is is_over
    finally:
        monkeypatch.undo()
        tzset()


def test_meter_that_does_not_say_whether_it_is_over() -> None:
    assert meter(name="x").deactivated is None


# Whatever the service answers

near_times = st.sampled_from(
    [
        "2026-11-17T09:45:00Z",
        "2026-11-17T10:00:30+00:00",
        "2026-11-01T00:00:00",
        "2026-12-01T00:00:00Z",
        "2027-01-01T00:00:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "0002-01-01T00:00:00+23:59",
        "9998-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59-14:00",
        "2026-13-01T00:00:00Z",
        "",
    ]
)
numbers = st.sampled_from([0, -1, 5.5, "5,5", "1e308", 1e308, 10**40, 10**400, "nan", "-inf", "٣", True, None])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
ids = st.sampled_from(["42", 42, "43", "45", "11", "..", "a/b", "ü", "x" * 300, "", "data_series_11"]) | json_values
energies = st.sampled_from(["electricity", "HE", "gas", "steam", "water"])
units = st.sampled_from(["kWh", "m3", "GJ", "kvarh", "", "°C", "x" * 99])
energy_objects = st.dictionaries(st.sampled_from(["name", "code", "unit", "id"]), energies | units | json_values)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "time": near_times | json_values,
        "value": numbers | json_values,
        "name": st.text() | json_values,
        "external_id": st.text() | json_values,
        "code": st.sampled_from(["001-001-0001-00-EL", "EL"]) | json_values,
        "energy": energies | energy_objects | json_values,
        "unit": units | json_values,
        "deactivated_at": near_times | json_values,
        "entity_id": ids,
        "from": near_times,
        "state": numbers,
    },
)
relations = st.dictionaries(
    st.sampled_from(["entity", "energy", "parent", "medium"]),
    st.fixed_dictionaries(
        {
            "data": st.fixed_dictionaries({}, optional={"type": st.just("energies") | json_values, "id": ids})
            | json_values
        }
    )
    | json_values,
)
resources = (
    st.fixed_dictionaries(
        {"id": ids}, optional={"type": json_values, "attributes": attributes | json_values, "relationships": relations}
    )
    | st.builds(lambda row, there: row | {"id": there}, attributes, ids)
    | json_values
)
documents = (
    st.fixed_dictionaries(
        {"data": st.lists(resources, max_size=6) | resources},
        optional={
            "included": st.lists(resources, max_size=3) | json_values,
            "links": st.fixed_dictionaries({}, optional={"next": json_values}) | json_values,
        },
    )
    | json_values
)


def jwt(claims: object) -> str:
    return ".".join(["e" * 12, urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("="), "s" * 20])


claims = st.dictionaries(
    st.sampled_from(["exp", "sub", "scp"]),
    st.integers(-(2**70), 2**70) | st.text() | st.sampled_from([START.timestamp() + 300, "7c1a", None]),
)
tokens = st.builds(jwt, claims | json_values)
grants = (
    st.builds(lambda key, token: {"data": {"attributes": {key: token}}}, st.sampled_from(["token", "jwt", "x"]), tokens)
    | tokens
    | documents
)
bodies = documents.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30)
statuses = st.sampled_from([200, 200, 200, 200, 201, 204, 400, 401, 403, 404, 406, 409, 418])


def invented(bodies_by_path: Callable[[str], tuple[int, bytes]], zone: tzinfo, known: Inventory) -> Enectiva:
    """A vendor whose service answers what it is told to, without any HTTP in between."""
    grant = Grant(access=Token(text="a.b.c", expires=START + timedelta(days=1)))
    vendor = Enectiva(
        Connection(
            credentials={"token": LOGIN_TOKEN},
            session=cast(aiohttp.ClientSession, None),
            budget=Budget(Enectiva.limit({})),
            login_budget=Budget(Enectiva.login_limit),
            vault=Vault(grant),
            user_agent="",
            options={"data_series": ["11"], "virtual_meters": ["501"], "heat_meters": ["42"]},
            timezone=zone,
            now=lambda: START,
        ),
        known,
    )

    async def request(method: str, path: str, *, priority: Priority, **_: Any) -> Answer:
        status, body = bodies_by_path(path)
        return Answer(endpoint=f"{method} /{path}", status=status, body=body)

    vendor._http.request = request  # type: ignore[method-assign]
    return vendor


async def tried[T](action: Awaitable[T]) -> T | None:
    """What comes out of it, if it is not one of the five errors."""
    try:
        return await action
    except VendorError:
        return None


def check(samples: Mapping[PointId, Sample], now: datetime) -> None:
    for point_id, sample in samples.items():
        assert isinstance(sample.value, float)
        assert math.isfinite(sample.value)
        for time in (sample.time, sample.since or sample.time):
            assert time.utcoffset() == timedelta(0)
            assert time <= now + timedelta(minutes=1)
        assert (sample.since is not None) == point_id.key.startswith("month")


def check_inventory(inventory: Inventory) -> None:
    json.dumps(msgspec.to_builtins(inventory))
    devices = {device.id for device in inventory.devices}
    assert len(devices) == len(inventory.devices)
    assert {point.id.device_id for point in inventory.points} <= devices
    assert {"data_series_11", "virtual_meter_501"} <= devices
    for text in (*devices, *(device.name for device in inventory.devices), *(site.name for site in inventory.sites)):
        assert text is None or (text.isprintable() and 0 < len(text) <= 300)
    for point in inventory.points:
        assert point.unit is None or (point.unit.isprintable() and len(point.unit) <= 16)
        assert point.nature is Nature.GAUGE or point.quantity in {
            Quantity.ENERGY, Quantity.GAS, Quantity.WATER, Quantity.VOLUME, Quantity.NUMBER, Quantity.METER_READING,
        }  # fmt: skip


async def life(vendor: Enectiva) -> None:
    """Everything that is ever done with an account."""
    for _ in range(2):
        account = await tried(vendor.login())
        assert account is None or account.id.isprintable()
        inventory = await tried(vendor.discover())
        if inventory is not None:
            check_inventory(inventory)
        points = () if inventory is None else inventory.points
        readings: Readings | None = await tried(vendor.read(points))
        if readings is not None:
            check(readings.samples, vendor.now())
            if readings.inventory is not None:
                check_inventory(readings.inventory)
        register = Point(
            id=PointId(device_id="42", key="reading"), quantity=Quantity.ENERGY, nature=Nature.REGISTER, unit="kWh"
        )
        await tried(past(vendor, register))
        json.dumps(msgspec.to_builtins(list(vendor.notices())))
        assert 1 <= vendor.requests_per_poll(points) < 1000
        assert vendor.wants_discovery() in (True, False)


async def past(vendor: Enectiva, register: Point) -> None:
    start = vendor.now() - timedelta(days=30)
    async for batch in vendor.history([register], start, vendor.now() + timedelta(days=1)):
        for series in batch:
            assert list(series.samples) == sorted(series.samples, key=lambda sample: sample.time)
            assert all(start <= sample.time for sample in series.samples)
            for sample in series.samples:
                check({series.point_id: sample}, vendor.now())


KEPT = Inventory(
    devices=tuple(Device(id=one, kind=DeviceKind.METER) for one in ("42", "43", "45")),
    points=(
        Point(id=PointId(device_id="42", key="reading"), quantity=Quantity.ENERGY, nature=Nature.REGISTER, unit="kWh"),
        Point(id=PointId(device_id="42", key="month"), quantity=Quantity.ENERGY, nature=Nature.INTERVAL, running=True),
    ),
)
"""What was stored before a restart."""


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(ZONES), st.sampled_from([Inventory(), KEPT]))
def test_any_json_anywhere_raises_nothing_but_the_five_errors(
    data: st.DataObject, zone: tzinfo, known: Inventory
) -> None:
    paths: dict[str, tuple[int, bytes]] = {}

    def answer(path: str) -> tuple[int, bytes]:
        if path not in paths:
            of_path = grants.map(lambda value: json.dumps(value).encode()) if path == "access_tokens" else bodies
            paths[path] = data.draw(statuses), data.draw(of_path)
        return paths[path]

    asyncio.run(life(invented(answer, zone, known)))


@given(documents)
def test_any_json_is_read_or_named(value: object) -> None:
    try:
        page = answers.page_of(Answer(endpoint="x", status=200, body=json.dumps(value).encode()))
    except VendorError:
        return
    for row in answers.dated_of(page.items):
        assert math.isfinite(row.value)
        for zone in ZONES:
            # Neither there nor back does it leave the calendar.
            answers.local_instant(row.time, zone).astimezone(ZONES[1])
    for one in answers.meters_of(page.items, START):
        assert one.id.isprintable()
        assert one.unit != ""
    for item in page.items:
        entity = answers.entity_of(item)
        assert entity is None or all(entity)


@given(st.binary())
def test_any_bytes_are_read_or_named(body: bytes) -> None:
    answer = Answer(endpoint="x", status=200, body=body)
    with suppress(VendorError):
        assert answers.page_of(answer).items is not None


ROW = {"id": "1", "attributes": {"time": "2026-11-17T09:45:00Z", "value": 1}}
HOSTILE: list[Any] = [
    None, True, 0, -1.5, 10**400, "", "x" * 5000, "\ud800", [], {}, [[]], [None], [{}], {"data": {}}, {"data": [[]]},
    {"data": [{"id": []}]}, {"data": [{"id": "42", "attributes": None}]}, {"data": [ROW] * 1500},
    {"data": [ROW | {"id": str(number)} for number in range(1500)], "links": {"next": "x"}},
    {"data": [{"id": "42", "relationships": {"energy": {"data": {"type": [], "id": "1"}}}}], "included": [ROW]},
    {"data": [{"id": "\u202e42", "attributes": {"name": "\u0000"}}]}, {"data": [{"id": 10**39}]},
    {"data": [{"attributes": {"time": "0001-01-01T00:00:00+14:00", "value": 1e308}}]},
    {"data": [{"attributes": {"time": "9999-12-31T23:59:59-14:00", "value": "1e999"}}]},
    {"data": [{"time": "2026-11-01T00:00:00", "value": 10**400}, {"time": 1, "value": 1}]},
    {"data": {"attributes": {"token": "e" * 40}}}, {"data": {"id": "a.b.c"}}, {"token": {"token": {"token": []}}},
]  # fmt: skip
"""Answers of which no document says anything."""
ENDPOINTS = ("/access_tokens", "/meters", "/entities", "/meters/", "/data_series/", "/virtual_meters/")


@pytest.mark.parametrize("seed", range(4))
async def test_any_json_over_http_raises_nothing_but_the_five_errors(bench: Bench, seed: int) -> None:
    bench.restarted(options={"data_series": ["11"], "virtual_meters": ["501"]})
    await bench.discover()
    await bench.read()
    register = next(point for point in bench.inventory.points if point.id.key == "reading")
    for number, value in enumerate(HOSTILE[seed::4]):
        bench.simulator.faults.add(faults.Answer(value), ENDPOINTS[number % len(ENDPOINTS)])
        for action in (bench.vendor.discover, bench.read, bench.vendor.login):
            bench.clock.advance(timedelta(hours=7))
            await tried(action())
        await tried(past(bench.vendor, register))
        bench.simulator.faults.clear()
    # And when all that is over, all is well.
    bench.clock.advance(timedelta(hours=7))
    await bench.discover()
    samples = (await bench.read()).samples
    assert {point.device_id for point in samples} == set(bench.simulator.meters) - {"53"} | {
        "data_series_11",
        "virtual_meter_501",
    }
