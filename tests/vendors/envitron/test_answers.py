"""Answers that no document describes: whatever they are, they bring good samples or one of the five errors."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import itertools
import json
import math
import re
from typing import Any, cast
from unittest.mock import patch

import aiohttp
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.energy_clouds.vendors.base import Connection
from custom_components.energy_clouds.vendors.budget import Budget, Limit
from custom_components.energy_clouds.vendors.envitron import Envitron, answers
from custom_components.energy_clouds.vendors.envitron.asking import BUILDINGS
from custom_components.energy_clouds.vendors.errors import CannotConnect, UnexpectedAnswer, VendorError
from custom_components.energy_clouds.vendors.http import Answer, Http
from custom_components.energy_clouds.vendors.model import DeviceKind, Inventory, Readings
from custom_components.energy_clouds.vendors.tokens import Vault
from tests.simulators import faults
from tests.simulators.envitron import OFFICE, WAREHOUSE

from .conftest import START, Bench

NOW = START
STAMP = int(NOW.timestamp())
SENSOR = "153cde21-5967-4f25-b7f1-3325083c7695"
TOLERANCE = timedelta(minutes=1)


def answered(body: bytes | object, status: int = 200) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(endpoint="GET /x/", status=status, body=content)


def token(claims: object) -> str:
    """A token that says this of itself."""
    return f"e30.{urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b'=').decode()}.c2ln"


@pytest.mark.parametrize(
    ("body", "items"),
    [
        ([], []),
        ({}, []),
        ([{"id": 1}], [{"id": 1}]),
        ([{"id": 1}, 7, None, [], "x"], [{"id": 1}]),
        ({"id": 1}, [{"id": 1}]),
        ({"value": 5, "uuid": "x"}, [{"value": 5, "uuid": "x"}]),
        *(({key: [{"id": 1}]}, [{"id": 1}]) for key in ("results", "data", "items", "buildings", "sensors", "value")),
        ({"count": 1, "next": None, "previous": None, "results": [{"id": 1}]}, [{"id": 1}]),
        ({"results": []}, []),
        ({SENSOR: {"value": 5}}, [{"uuid": SENSOR, "value": 5}]),
        ({SENSOR.upper(): 5}, [{"uuid": SENSOR.upper(), "value": 5}]),
        ({SENSOR: {"value": 5}, "total": 7}, [{SENSOR: {"value": 5}, "total": 7}]),
    ],
)
def test_lists_in_every_envelope(body: object, items: list[object]) -> None:
    assert answers.items_of(answered(body)) == items


@pytest.mark.parametrize("body", [None, 7, True, "x", [7], ["x", None], [[]]])
def test_what_is_no_list_is_named(body: object) -> None:
    with pytest.raises(UnexpectedAnswer, match="GET /x/"):
        answers.items_of(answered(body))


@pytest.mark.parametrize("read", [answers.items_of, answers.next_page, lambda one: answers.channels_of(one, NOW)])
@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 5000])
def test_number_that_no_machine_holds_is_unexpected(read: Callable[[Answer], object], number: str) -> None:
    with pytest.raises(UnexpectedAnswer, match="GET /x/"):
        read(answered(f'[{{"value": {number}}}]'.encode()))


@pytest.mark.parametrize("read", [answers.items_of, answers.next_page, lambda one: answers.channels_of(one, NOW)])
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[", b"\xff\xfe", b"[" * 200_000, b'{"value":' * 200_000, b"NaN", b'"\\ud800'],
    ids=range(8),
)
def test_what_is_no_json_is_no_answer(read: Callable[[Answer], object], body: bytes) -> None:
    with pytest.raises(CannotConnect, match="GET /x/"):
        read(answered(body))


@pytest.mark.parametrize(
    ("link", "query"),
    [
        ("https://portal.example/public-api/buildings/?page=2", (("page", "2"),)),
        ("https://elsewhere.example/?page=2&limit=5", (("page", "2"), ("limit", "5"))),
        ("?cursor=a%2Fb%3D", (("cursor", "a/b="),)),
        ("/public-api/buildings/", None),
        ("", None),
        (None, None),
        (2, None),
        (["?page=2"], None),
        ("https://[::1?page=2", None),
    ],
)
def test_next_page(link: object, query: object) -> None:
    assert answers.next_page(answered({"next": link, "results": []})) == query


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"uuid": "A-B"}, "a-b"),
        ({"uuid": "a", "id": 5}, "a"),
        ({"guid": "a", "id": 5}, "a"),
        ({"sensor_uuid": "a", "uuid": "b"}, "a"),
        ({"uuid": "a", "building_uuid": "b"}, "a"),
        ({"sensor": {"id": 5, "uuid": "A"}, "id": 7}, "a"),
        ({"sensor": "a", "id": 7}, "a"),
        ({"id": 5}, "5"),
        ({"uuid": None, "id": 5}, "5"),
        ({"uuid": "", "id": "x"}, "x"),
        ({"uuid": "..", "id": True}, None),
        ({"uuid": ["a"]}, None),
        ({"name": "a"}, None),
    ],
)
def test_id_of_a_sensor(row: dict[str, object], expected: str | None) -> None:
    assert [sensor.id for sensor in answers.sensors_of([row])] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"building_uuid": "A"}, {"a": None}),
        ({"uuid": "a", "name": " Of\nfice "}, {"a": "Of fice"}),
        ({"guid": "a", "description": "Office"}, {"a": "Office"}),
        ({"id": 12, "name": ""}, {"12": None}),
        ({"uuid": "a", "sensor_uuid": "b", "name": {"x": 1}}, {"a": None}),
        ({"name": "Office"}, {}),
    ],
)
def test_buildings(row: dict[str, object], expected: dict[str, str | None]) -> None:
    assert answers.buildings_of([row]) == expected


@pytest.mark.parametrize("hub", ["sensor_hub", "sensorhub", "sensorHub", "hub"])
@pytest.mark.parametrize("type_", ["type", "sensor_type", "kind"])
def test_sensor_under_every_key(hub: str, type_: str) -> None:
    row: dict[str, object] = {"uuid": "A", "id": 5, "name": "Meter", type_: "delivery", "unit": "parsec"}
    found = answers.sensors_of(
        [row | {hub: {"uuid": "H", "name": "Hub"}}, row | {hub: "H"}, row | {hub: {"name": "x"}}]
    )
    assert [(one.id, one.number, one.name, one.type, one.unit) for one in found] == [
        ("a", "5", "Meter", "delivery", "parsec")
    ] * 3
    assert [one.hub for one in found] == [answers.Hub(id="h", name="Hub"), answers.Hub(id="h", name=None), None]


def test_unit_that_is_not_known_is_told_as_it_is() -> None:
    rows: list[answers.Item] = [
        {"uuid": "a", "value": 5, "timestamp": STAMP, "unit": "par\nsec"},
        {"uuid": "b", "value": {"value": 5, "timestamp": STAMP}, "unit": "parsec"},
        {"uuid": "c", "value": 5, "timestamp": STAMP, "unit": "KW"},
        {"uuid": "d", "value": 5, "timestamp": STAMP},
    ]
    assert [one.unit for one in answers.measurements_of(rows, NOW)] == ["par sec", "parsec", "kW", None]


@pytest.mark.parametrize(("ahead", "number"), [(60, 1), (61, 0)])
def test_value_that_is_yet_to_come_is_none(ahead: int, number: int) -> None:
    rows: list[answers.Item] = [{"uuid": "a", "value": 5, "timestamp": STAMP + ahead}]
    assert len(answers.measurements_of(rows, NOW)) == number


@pytest.mark.parametrize("stamp", [STAMP, float(STAMP), str(STAMP), STAMP * 1000, "2026-11-17T11:00:30+01:00"])
def test_value_and_time_under_every_key(stamp: object) -> None:
    keys = ("value", "power", "watt", "watts", "electricity", "usage", "measurement")
    for key, time in itertools.product(keys, ("timestamp", "time", "ts", "datetime")):
        rows: list[answers.Item] = [
            {"uuid": "a", key: 5, time: stamp},
            {"uuid": "b", key: {"value": 5, time: stamp, "unit": "kW"}},
        ]
        assert answers.measurements_of(rows, NOW) == [
            answers.Measurement(id="a", time=NOW, value=5, unit=None),
            answers.Measurement(id="b", time=NOW, value=5, unit="kW"),
        ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"timestamp": STAMP, "consumption": -5, "production": 2.5}, {"consumption": -5, "production": 2.5}),
        ({"timestamp": STAMP, "netConsumption": 5}, {"net_consumption": 5}),
        ({"timestamp": STAMP, "value": 5}, {"power": 5}),
        ({"timestamp": STAMP, "electricity": {"consumption": 5}}, {"consumption": 5}),
        ({"timestamp": STAMP, "result": {"consumption": 5}}, {"consumption": 5}),
        ({"timestamp": STAMP, "results": {"data": {"consumption": 5}}}, {"consumption": 5}),
        ({"timestamp": STAMP, "_net-consumption!": 5, "meter_uuid": 7}, {"net_consumption": 5}),
        (
            {"timestamp": STAMP, **{f"phase_{number}": number for number in range(99)}},
            {f"phase_{number}": number for number in range(50)},
        ),
        (
            {"timestamp": STAMP, "battery": {"power": 5, "state": {"charge": 7}}},
            {"battery": 5, "battery_state_charge": 7},
        ),
        ({"timestamp": STAMP, "id": 1, "building_id": 2, "uuid": 3, "start_time": 4, "created_timestamp": 5}, {}),
        ({"timestamp": STAMP, "consumption": "5"}, {"consumption": 5}),
        ({"timestamp": STAMP, "consumption": None, "x": [], "y": True, "z": "kW"}, {}),
        ({"consumption": 5}, {}),
        ({"timestamp": STAMP, "1": 5, "": 6, "é": 7, "x" * 61: 8}, {"power": 6}),
        ({"timestamp": STAMP, "a": 5, "A": 6}, {"a": 5}),
        (
            [{"timestamp": STAMP - 5, "a": 5}, {"timestamp": STAMP, "a": 6}, {"timestamp": STAMP + 999, "a": 7}],
            {"a": 6},
        ),
    ],
)
def test_numbers_of_a_building(body: object, expected: dict[str, float]) -> None:
    found = answers.channels_of(answered(body), NOW)
    assert {one.id: one.value for one in found} == expected
    assert {one.time for one in found} <= {NOW}


def test_nesting_without_end_is_left_somewhere() -> None:
    body: object = {"consumption": 5}
    for _ in range(200):
        body = {"timestamp": STAMP, "data": body, "production": 7}
    assert {one.id for one in answers.channels_of(answered(body), NOW)} == {"production"}


@pytest.mark.parametrize(("levels", "channels"), [(8, {"consumption"}), (9, set())])
def test_eight_levels_are_looked_at(levels: int, channels: set[str]) -> None:
    body: object = {"consumption": 5}
    for _ in range(levels):
        body = {"timestamp": STAMP, "data": body}
    assert {one.id for one in answers.channels_of(answered(body), NOW)} == channels


# What follows asks for nothing but that nothing surprising happens.

TIMES = [STAMP, STAMP + 30, STAMP + 3600, STAMP * 1000, -1, 0, 1e300, str(STAMP), "2026-11-17T09:00:00Z"]
TIMES += ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "soon", "1e999", "nan"]
NAMES = ["", ".", "..", "../token", "a/b?c#d", "%2e%2e", "{building}", "\u202eevil", "\ud800", "\udc00\ud800", "\x00"]
NAMES += ["x" * 300, "İ", "consumption", "345", SENSOR, SENSOR.upper(), OFFICE, WAREHOUSE, "W", "kW", "kWh", "inf"]
KEYS = ["uuid", "guid", "id", "sensor_uuid", "building_uuid", "sensor", "name", "description", "type", "kind", "unit"]
KEYS += ["sensor_hub", "sensorhub", "hub", "value", "power", "electricity", "measurement", "timestamp", "time", "ts"]
KEYS += ["datetime", "results", "data", "items", "sensors", "buildings", "next", "count", "consumption", SENSOR, OFFICE]

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
numbers |= st.sampled_from([10**30, 10**400, -(10**400), 1e308, -0.0, 2**63])
leaves = st.none() | st.booleans() | numbers | st.sampled_from([*NAMES, *TIMES]) | st.text(st.characters(), max_size=20)
any_json = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(st.characters(), max_size=9), inner, max_size=5)
    ),
    max_leaves=15,
)
near_misses = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=25,
)


def mostly(usual: Any, *others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What is usual, and in one of four cases something else."""
    return st.integers(0, 3).flatmap(lambda chance: st.one_of(*others) if chance == 3 else st.just(usual))


def with_any(row: dict[str, object], *keys: str) -> st.SearchStrategy[Any]:
    """A row of which any value may be anything, with some of the other keys."""
    others = {key: leaves for key in keys if key not in row}
    return st.fixed_dictionaries(
        {key: mostly(value, leaves, near_misses) for key, value in row.items()}, optional=others
    )


def paged(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Rows, bare or in a page that may go on."""
    links = leaves | st.sampled_from(["?page=2", "https://elsewhere.example/?page=3&x=%ff", "?" + "y" * 99])
    rows = st.lists(rows, max_size=4)
    return rows | st.fixed_dictionaries({"results": rows}, optional={"next": links, "count": leaves})


def bodies(*likely: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """Bodies of one endpoint: what is likely there, any JSON, anything at all."""
    documents = st.one_of(*likely, near_misses, any_json).map(lambda body: json.dumps(body).encode())
    return documents | st.binary() | st.sampled_from([b"", b"[1e999]", b"[" * 5000, b'{"value":' * 5000])


VALUE = {"sensor_uuid": SENSOR, "value": 5230, "timestamp": STAMP, "unit": "W"}
CHANNELS = {"timestamp": STAMP, "consumption": -5, "production": 2.5}
HUB = {"id": 77, "uuid": "0f6d2b7c-5b1e-4c0a-8a43-1d9c6f2be701", "name": "Smart meter"}
LISTED = {"uuid": SENSOR, "id": 345, "name": "Smart meter delivery", "type": "delivery", "unit": "W", "sensor_hub": HUB}

# A number of seconds that no float holds is what `issued` in tokens.py trips over: see the end of this page.
bearable = leaves.filter(lambda leaf: not isinstance(leaf, int) or abs(leaf) < 10**300)
claims = st.fixed_dictionaries({}, optional={"user_id": leaves, "exp": bearable, "jti": leaves})
token_texts = leaves | claims.map(token)
pairs = st.fixed_dictionaries({}, optional={"access": token_texts, "refresh": token_texts})
buildings = paged(with_any({"uuid": OFFICE, "name": "Office"}, "id", "guid", "description"))
hubs = leaves | with_any(dict(HUB))
sensors = paged(
    with_any(dict(LISTED), "sensor", "kind", "building_uuid")
    | with_any({"uuid": SENSOR}).flatmap(lambda row: hubs.map(lambda hub: row | {"sensor_hub": hub}))
)
values = paged(with_any(dict(VALUE), "power", "id", "time"))
by_uuid = st.dictionaries(
    st.sampled_from([SENSOR, OFFICE, WAREHOUSE]), with_any({"value": 5, "timestamp": STAMP}, "unit")
)
channels = with_any(dict(CHANNELS), "electricity", "unit", "battery")
statuses = st.sampled_from([200, 200, 200, 200, 200, 201, 204, 400, 401, 403, 404, 418])


def endpoint(usual: object, *likely: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[int, bytes]]:
    good = 200, json.dumps(usual).encode()
    likely_bodies = st.one_of(*likely).map(lambda body: (200, json.dumps(body).encode()))
    return mostly(good, likely_bodies, st.tuples(statuses, bodies(*likely)))


services = st.fixed_dictionaries(
    {
        "token/": endpoint({"access": token({"user_id": 1}), "refresh": token({"user_id": 1})}, pairs),
        "refresh/": endpoint({"access": token({"user_id": 2}), "refresh": token({"user_id": 2})}, pairs),
        "buildings/": endpoint([{"uuid": OFFICE, "name": "Office"}, {"uuid": WAREHOUSE}], buildings),
        "}/sensors/": endpoint([LISTED], sensors),
        "electricity/actual/": endpoint(CHANNELS, channels, st.lists(channels, max_size=3)),
        "electricity/latest/": endpoint(CHANNELS, channels),
        "sensors/actual/": endpoint([VALUE], values, by_uuid),
        "sensors/latest/": endpoint([VALUE], values, by_uuid),
    }
)

type Service = Mapping[str, tuple[int, bytes]]


def check_inventory(inventory: Inventory) -> None:
    ids_ = [device.id for device in inventory.devices]
    assert len(set(ids_)) == len(ids_)
    assert len({point.id for point in inventory.points}) == len(inventory.points)
    assert {point.id.device_id for point in inventory.points} <= set(ids_)
    assert {one.id for one in inventory.devices if one.kind is DeviceKind.BUILDING} == {
        site.id for site in inventory.sites
    }
    for device in inventory.devices:
        assert device.parent_id is None or ids_.index(device.parent_id) < ids_.index(device.id)
    texts = [*ids_, *(point.id.key for point in inventory.points), *(site.name for site in inventory.sites)]
    texts += [device.name for device in inventory.devices if device.name is not None]
    texts += [point.name for point in inventory.points if point.name is not None]
    for text in texts:
        assert text
        assert text.isprintable()


def check_readings(readings: Readings, inventory: Inventory, now: datetime) -> None:
    assert readings.samples.keys() <= {point.id for point in inventory.points}
    for sample in readings.samples.values():
        assert isinstance(sample.value, float)
        assert math.isfinite(sample.value)
        assert sample.time.tzinfo is UTC
        assert sample.time <= now + TOLERANCE


@dataclass(slots=True)
class Client:
    """Does with a vendor what a coordinator does, and checks all that it is told."""

    vendor: Envitron
    now: Callable[[], datetime]
    inventory: Inventory = Inventory()  # noqa: RUF009  it is frozen

    async def live_a_while(self, times: int) -> None:
        await self._attempt(self.vendor.login())
        for _ in range(times):
            if (found := await self._attempt(self.vendor.discover())) is not None:
                self.inventory = found
                check_inventory(found)
            for _ in range(times):
                await self._read()

    async def _read(self) -> None:
        readings = await self._attempt(self.vendor.read(self.inventory.points))
        assert self.vendor.requests_per_poll(self.inventory.points) >= 0
        if readings is not None:
            if readings.inventory is not None:
                self.inventory = readings.inventory
                check_inventory(self.inventory)
            check_readings(readings, self.inventory, self.now())

    @staticmethod
    async def _attempt[T](action: Coroutine[Any, Any, T]) -> T | None:
        try:
            return await action
        except VendorError:
            return None


def client_of(old_values: bool) -> Client:
    """A vendor whose requests are answered without a network."""
    connection = Connection(
        credentials={"url": "https://portal.example", "username": "me", "password": "secret"},
        session=cast("aiohttp.ClientSession", None),
        budget=Budget(Limit(requests=10**6, window=timedelta(hours=1))),
        login_budget=Budget(Limit(requests=10**6, window=timedelta(hours=1))),
        vault=Vault(),
        user_agent="tests",
        options={"old_values": old_values},
        now=lambda: NOW,
    )
    return Client(Envitron(connection, Inventory()), lambda: NOW)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(service=services, old_values=st.booleans())
def test_whatever_a_service_answers_is_a_good_sample_or_one_of_the_five_errors(
    service: Service, old_values: bool
) -> None:
    async def request(self: Http, method: str, path: str, **_: object) -> Answer:
        status, body = next(answer for end, answer in reversed(list(service.items())) if path.endswith(end))
        return Answer(endpoint=f"{method} /{path}", status=status, body=body)

    with patch.object(Http, "request", request):
        asyncio.run(client_of(old_values).live_a_while(2))


def parse_everything(answer: Answer) -> None:
    for read in (answers.items_of, answers.next_page, lambda one: answers.channels_of(one, NOW)):
        try:
            read(answer)
        except VendorError:
            continue
    try:
        items = answers.items_of(answer)
    except VendorError:
        return
    answers.buildings_of(items)
    answers.sensors_of(items)
    found = answers.measurements_of(items, NOW)
    for one in [*found, *(answers.channels_of(answer, NOW) if answer.body.startswith(b"{") else [])]:
        assert math.isfinite(one.value)
        assert one.time.tzinfo is UTC
        assert one.time <= NOW + TOLERANCE


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(bodies(buildings, sensors, values, by_uuid, channels))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    parse_everything(answered(body))


def deep(opening: bytes, closing: bytes, depth: int) -> bytes:
    return opening * depth + b"1" + closing * depth


HOSTILE = [
    b"",
    b"null",
    b"7",
    b"[]",
    b"{}",
    b"[[]]",
    b"[1e999]",
    b"9" * 5000,
    b"\xff\xfe",
    b'"\\ud800"',
    b"{" * 100_000,
    deep(b"[", b"]", 500),
    deep(b'{"data":', b"}", 500),
    deep(b'[{"sensor":', b"}]", 300),
    *(
        json.dumps([{"uuid": name, "sensor_hub": name, "value": 1e308, "unit": "kW", "timestamp": STAMP}]).encode()
        for name in NAMES[::6]
    ),
    *(
        json.dumps({"timestamp": time, "value": 10**400, "consumption": 1, "data": {"x": 2}}).encode()
        for time in TIMES[::5]
    ),
    json.dumps({"next": "?page=" + "9" * 10_000, "results": [{"id": 5}]}).encode(),
    json.dumps({"access": "x\r\ny: z", "refresh": "\x00"}).encode(),
    json.dumps({"access": "é", "refresh": 5}).encode(),
    json.dumps({"access": token({"exp": "never", "user_id": [5]}), "refresh": token([])}).encode(),
    json.dumps({"access": token({"exp": 1e300, "user_id": 10**50}), "refresh": "a.b.c"}).encode(),
    json.dumps({"access": "a" * 100_000}).encode(),
]
ENDPOINTS = ["/token/$", "/refresh/$", f"{BUILDINGS}$", "[0-9a-f]/sensors/$", "electricity/(actual|latest)/$"]
ENDPOINTS += ["electricity/sensors/", ""]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_hostile_bodies_over_http(bench: Bench, endpoint: str) -> None:
    client = Client(bench.vendor, bench.clock)
    await client.live_a_while(1)
    for status, body in [*((200, body) for body in HOSTILE), (400, HOSTILE[-1]), (400, b"sensor_uuid")]:
        fault = bench.simulator.faults.add(faults.Status(status, body), re.compile(endpoint))
        # By then the access token has expired, and no wait is running any more.
        bench.clock.advance(timedelta(hours=26))
        await client.live_a_while(1)
        bench.simulator.faults.remove(fault)
    # And when it is over, all is as it was.
    bench.clock.advance(timedelta(hours=26))
    client = Client(bench.restarted(Inventory()), bench.clock)
    await client.live_a_while(1)
    assert len(client.inventory.points) == 13


@pytest.mark.parametrize("sign", [1, -1])
async def test_token_that_expires_beyond_all_numbers(bench: Bench, sign: int) -> None:
    pair = {"access": token({"user_id": 1, "exp": sign * 10**400})}
    bench.simulator.faults.add(faults.Answer(pair), re.compile("/token/$"))
    await bench.vendor.login()
