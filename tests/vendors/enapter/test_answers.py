"""Parsing: the documents' examples give what is printed there, and any JSON at any endpoint gives no surprise."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
import json
import math
from typing import Any, cast

import aiohttp
from hypothesis import HealthCheck, given, settings, strategies as st
import msgspec
from multidict import CIMultiDict
import pytest

from custom_components.energy_clouds.vendors.base import Connection
from custom_components.energy_clouds.vendors.budget import Budget, Priority
from custom_components.energy_clouds.vendors.enapter import Enapter, answers
from custom_components.energy_clouds.vendors.enapter.manifests import manifest_of
from custom_components.energy_clouds.vendors.enapter.tables import TYPES_HEADER, table_of
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
from custom_components.energy_clouds.vendors.tokens import Vault
from tests.simulators import faults
from tests.simulators.enapter import TOKEN

from .conftest import START, Bench

DEVICE: dict[str, Any] = {
    "id": "019909b8-5222-7000-acd3-1e5fed6fb600",
    "blueprint_id": "b",
    "name": "Inverter",
    "site_id": "fecbbba0-79f2-4e9e-a6f0-69a310ab110b",
    "updated_at": "2023-10-10T10:00:00Z",
    "slug": "inverter-1",
    "type": "STANDALONE",
    "authorized_role": "OWNER",
    "manifest": {},
    "properties": {"vendor": "V", "model": "M", "serial_number": "S"},
    "connectivity": {"status": "ONLINE"},
    "communication": {"type": "UCM_LUA", "upstream_id": "up", "hardware_id": "hw", "channel_id": "ch"},
    "raised_alert_names": ["low_voltage"],
}
"""The device that the vendor's documents and client show."""


def answered(body: Any, status: int = 200) -> Answer:
    return Answer(endpoint="GET /x", status=status, body=json.dumps(body).encode())


def device(**changes: Any) -> answers.ListedDevice:
    found = answers.device_of(DEVICE | changes)
    assert found is not None
    return found


def latest(body: Any) -> list[tuple[str, str, object, object]]:
    return [(one, key, entry.timestamp, entry.value) for one, key, entry in answers.latest_of(answered(body))]


def table(text: str, **headers: str) -> dict[tuple[str, str], list[tuple[datetime, float]]]:
    answer = Answer(endpoint="POST /x", status=200, body=text.encode(), headers=headers)
    return table_of(answer, most=100)


# The documents' examples


def test_site_of_the_documents() -> None:
    site = {
        "id": "fecbbba0-79f2-4e9e-a6f0-69a310ab110b",
        "name": "Home",
        "timezone": "Europe/Berlin",
        "version": "V3",
        "authorized_role": "OWNER",
        "location": {"name": "Berlin", "latitude": 52.5, "longitude": 13.4},
    }
    page = answers.page_of(answered({"sites": [site], "total_count": 1}), "sites")
    assert (page.received, page.total) == (1, 1)
    assert answers.site_of(page.items[0]) == answers.ListedSite(
        id="fecbbba0-79f2-4e9e-a6f0-69a310ab110b", name="Home", timezone="Europe/Berlin", archived=False
    )


def test_device_of_the_documents() -> None:
    found = device()
    assert (found.id, found.name, found.type, found.site_id) == (
        "019909b8-5222-7000-acd3-1e5fed6fb600",
        "Inverter",
        "STANDALONE",
        "fecbbba0-79f2-4e9e-a6f0-69a310ab110b",
    )
    assert (found.parent_id, found.online, found.raised, found.blueprint) == ("up", True, ("low_voltage",), "b")


def test_latest_telemetry_of_the_documents() -> None:
    entries = {
        "ac_total_power": {"timestamp": 1768000000, "value": 1234.5},
        "status": {"timestamp": 1768000000, "value": "operating"},
        "nope": {"warning": "Telemetry attribute is not found."},
    }
    expected = [("d", "ac_total_power", 1768000000, 1234.5), ("d", "status", 1768000000, "operating")]
    # An older page of the documents has no wrapper.
    for body in ({"telemetry": {"d": entries}}, {"d": entries}):
        assert latest(body) == expected


def test_table_is_read_up_to_what_was_asked_for() -> None:
    rows = "".join(f"{T0.timestamp() + number:.0f},{number}\n" for number in range(50_000))
    answer = Answer(endpoint="x", status=200, body=f"ts,telemetry=a device=d\n{rows}".encode())
    (samples,) = table_of(answer, most=336).values()
    assert [value for _, value in samples] == list(range(336))


def test_table_of_the_documents() -> None:
    labels = "device=d aggregation=auto granularity=3600s gap_filling_method=none gap_filling_look_around=0s"
    text = (
        f"ts,telemetry=ac_energy_lifetime {labels},telemetry=ac_total_power {labels}\n"
        "1767225600,812345.5,\n1767229200,812399.0,120.25\n"
    )
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC)
    expected = {
        ("d", "ac_energy_lifetime"): [(first, 812345.5), (second, 812399.0)],
        ("d", "ac_total_power"): [(second, 120.25)],
    }
    assert table(text) == table(text.replace("\n", "\r\n")) == expected
    assert table(text, **{TYPES_HEADER: "float,float"}) == expected
    # Rows come in the order of time, whatever the order of the answer.
    lines = text.splitlines()
    assert table("\n".join([lines[0], lines[2], lines[1]])) == expected


# Variants of the shapes


@pytest.mark.parametrize(
    ("connectivity", "online"),
    [
        ({"status": "ONLINE"}, True),
        ({"status": "offline"}, False),
        ({"status": "UNKNOWN"}, None),
        ({"status": "SLEEPING"}, None),
        ({"status": None}, None),
        ({"online": True}, True),
        ({"online": False}, False),
        ({"online": "yes"}, None),
        ({}, None),
        (None, None),
        ("ONLINE", None),
    ],
)
def test_connection_is_known_or_not(connectivity: object, online: bool | None) -> None:
    assert device(connectivity=connectivity).online is online


@pytest.mark.parametrize(
    ("raised", "found"),
    [
        (["b", "a", "b"], ("a", "b")),
        ([], ()),
        (None, ()),
        ([None, 7, {}, "a"], ("7", "a")),
        ("a", None),
        ({"a": True}, None),
    ],
)
def test_raised_alerts_are_told_or_not(raised: object, found: object) -> None:
    assert device(raised_alert_names=raised).raised == found


def test_raised_alerts_that_are_not_told_are_not_none() -> None:
    found = answers.device_of({key: value for key, value in DEVICE.items() if key != "raised_alert_names"})
    assert found is not None
    assert found.raised is None


def test_older_services_have_other_names() -> None:
    old = {"communication_type": "UCM_LUA", "upstream_id": "up"}
    assert device(communication=None, communication_info=old).parent_id == "up"
    assert device(type="gateway").type == "GATEWAY"
    assert device(updated_at=1735689600).version != device(updated_at=1735689601).version


@pytest.mark.parametrize("there", [None, "", "..", 1.5, True, [], {}, "x" * 300, "a\nb", "\u202eid"])
def test_what_has_no_id_is_left_out(there: object) -> None:
    assert answers.device_of(DEVICE | {"id": there}) is None
    assert answers.site_of({"id": there}) is None


@pytest.mark.parametrize("body", [None, 7, [], {}, {"devices": None}, {"devices": {}}, {"sites": []}])
def test_answer_without_a_list_is_named(body: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="GET /x"):
        answers.page_of(answered(body), "devices")


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"devices":[', b"\xff\xfe", b"[" * 200_000])
def test_what_is_no_json_is_no_answer(body: bytes) -> None:
    answer = Answer(endpoint="GET /x", status=200, body=body)
    for parse in (lambda: answers.page_of(answer, "devices"), lambda: list(answers.latest_of(answer))):
        with pytest.raises((CannotConnect, UnexpectedAnswer)):
            parse()


@pytest.mark.parametrize(
    "row", [rb'{"id":1e999}', rb'{"id":"2","name":"half \ud800 pair"}', b'{"id":' + b"[" * 5000 + b"]" * 5000 + b"}"]
)
def test_row_that_cannot_be_read_costs_itself_only(row: bytes) -> None:
    answer = Answer(endpoint="x", status=200, body=b'{"devices":[{"id":"1"},' + row + b',{"id":"3"}],"total_count":3}')
    page = answers.page_of(answer, "devices")
    ids = [item["id"] for item in page.items]
    assert (ids[0], ids[-1], page.received) == ("1", "3", 3)
    # Half a surrogate pair costs a character, and not even the row.
    assert ("2" in ids) is (b"ud800" in row)


def test_value_that_cannot_be_read_costs_itself_only() -> None:
    body = b'{"telemetry":{"d":{"a":{"timestamp":1,"value":1e999},"b":{"timestamp":1,"value":2}},"e":null}}'
    found = list(answers.latest_of(Answer(endpoint="x", status=200, body=body)))
    assert [(one, key, entry.value) for one, key, entry in found] == [("d", "b", 2)]


@pytest.mark.parametrize("total", [None, 0, -1, "x", True, {}, 10**400])
def test_total_that_is_none_is_none(total: object) -> None:
    assert answers.page_of(answered({"devices": [], "total_count": total}), "devices").total is None


@pytest.mark.parametrize(
    ("body", "bad"),
    [
        ({"errors": [{"code": "invalid_header", "details": {"header": "X-Enapter-Auth-Token"}}]}, True),
        ({"errors": [{"code": "x"}, {"code": "invalid_header", "details": {"header": "x-enapter-auth-token"}}]}, True),
        ({"errors": [{"code": "invalid_header"}]}, True),
        ({"errors": [{"code": "invalid_header", "details": {"header": "X-Enapter-Allow-HTTP"}}]}, False),
        ({"errors": [{"code": "forbidden"}]}, False),
        ({"errors": [{}]}, False),
        ({"errors": [None, 7]}, False),
        ({"errors": []}, False),
        ({"errors": None}, False),
        ({}, False),
        (None, False),
        ("Forbidden", False),
    ],
)
def test_errors_of_all_shapes(body: Any, bad: bool) -> None:
    assert answers.names_a_bad_token(answered(body, 403)) is bad


def test_device_has_all_that_is_told() -> None:
    found = device(properties={"vendor": "V"}, implemented_profiles=["a.b", 5, ""], manifest={"x": 1})
    assert (found.properties, found.manifest) == ({"vendor": "V"}, {"x": 1})
    assert found.profiles == ("a.b", "5")
    odd = device(properties=[1], implemented_profiles="a.b", manifest=[1])
    assert (odd.properties, odd.manifest, odd.profiles) == ({}, None, ())


@pytest.mark.parametrize(
    ("role", "rank"),
    [
        *((role, rank) for rank, role in enumerate(("READONLY", "USER", "OWNER", "INSTALLER", "VENDOR", "SYSTEM"))),
        *(("READ_ONLY", 0), ("owner", 2), ("GUEST", None), ("", None), (5, None), (None, None)),
    ],
)
def test_role_is_known_by_either_spelling(role: object, rank: int | None) -> None:
    assert device(authorized_role=role).role == rank


# Tables

HEAD = "ts,telemetry=a device=d,telemetry=b device=d"
T0 = datetime.fromtimestamp(1767225600, UTC)


@pytest.mark.parametrize("text", ["", HEAD, f"{HEAD}\n", f"{HEAD}\n\n", "ts", "ts\n1767225600\n"])
def test_table_without_values_has_none(text: str) -> None:
    assert not any(table(text).values())


def test_types_are_in_one_header_or_in_several() -> None:
    text = f"{HEAD}\n1767225600,1,2\n"
    several = CIMultiDict([(TYPES_HEADER, "float"), (TYPES_HEADER.lower(), "string")])
    for headers in (several, {TYPES_HEADER: "FLOAT, string"}):
        answer = Answer(endpoint="x", status=200, body=text.encode(), headers=headers)
        assert table_of(answer, most=100) == {("d", "a"): [(T0, 1.0)]}
    # A header that does not fit the columns says nothing.
    assert table(text, **{TYPES_HEADER: "float"}) == {("d", "a"): [(T0, 1.0)], ("d", "b"): [(T0, 2.0)]}


@pytest.mark.parametrize("cell", ["", " ", "NaN", "inf", "true", "null", "1_0", '"[""a""]"', "abc"])
def test_cell_without_a_number_is_absent(cell: str) -> None:
    assert table(f"{HEAD}\n1767225600,{cell},2\n") == {("d", "a"): [], ("d", "b"): [(T0, 2.0)]}


@pytest.mark.parametrize("row", ["", "x,1,2", ",1,2", "1767225600", "nan,1,2", "1e300,1,2"])
def test_row_without_a_time_or_values_is_left_out(row: str) -> None:
    assert table(f"{HEAD}\n{row}\n1767225600,1,2,3,4\n")["d", "a"] == [(T0, 1.0)]


@pytest.mark.parametrize("text", ["<html></html>", "{}", "time,telemetry=a device=d\n1,2", 'ts,"' + "x" * 200_000])
def test_what_is_no_table_is_named(text: str) -> None:
    with pytest.raises(UnexpectedAnswer):
        table(text)


# Whatever the service answers

numbers = st.sampled_from([0, -1, 5.5, "5,5", 1e308, 10**40, 10**400, "nan", True, None, 1794909600, 1794909600000])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def mostly(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What it should be, but for one time in eight."""
    return st.integers(0, 7).flatmap(lambda chance: json_values if chance == 7 else usual)


ids = mostly(st.sampled_from(["d1", "d1", "d2", "d2", "d3", 42, "..", "a/b", "ü[]", "x" * 300, ""]))
names = st.sampled_from(
    ["a", "b", "energy_total", "alerts", "connectivity", "raised_alerts", "alert_x", "x,y", "ac_l1_voltage", "temp_soc"]
)
units = mostly(st.sampled_from(["W", "kWh", "%", "C", "Ah", "m3", "furlong", "1", "x" * 99]))
kinds = mostly(
    st.sampled_from(["float", "float", "integer", "string", "boolean", "alerts", "json", "array_of_strings", "odd"])
)
enums = mostly(
    st.lists(json_values, max_size=3)
    | st.dictionaries(st.text(max_size=4), json_values, max_size=3)
    | st.lists(
        st.fixed_dictionaries({"value": json_values}, optional={"display_name": st.text(max_size=2)}), max_size=3
    )
)
attributes = st.fixed_dictionaries(
    {"type": kinds},
    optional={
        "unit": units,
        "display_name": mostly(st.text(max_size=5)),
        "enum": enums,
        "enum_with_metainfo": enums,
        "implements": mostly(st.lists(names, max_size=2)),
    },
)
alerts = mostly(st.fixed_dictionaries({}, optional={"severity": json_values, "display_name": json_values}))
manifests = mostly(
    st.fixed_dictionaries(
        {"telemetry": mostly(st.dictionaries(names | st.text(max_size=5), mostly(attributes), max_size=6))},
        optional={
            "alerts": mostly(st.dictionaries(st.sampled_from(["x", "y", "é\n"]), alerts, max_size=3)),
            "units": mostly(st.dictionaries(st.sampled_from(["furlong", "C"]), json_values, max_size=2)),
            "implements": mostly(st.lists(st.sampled_from(["energy.battery", "sensor.x"]))),
            "vendor": json_values,
            "display_name": json_values,
        },
    )
)
devices = mostly(
    st.fixed_dictionaries(
        {"id": ids, "manifest": manifests},
        optional={
            "name": mostly(st.text()),
            "site_id": ids,
            "updated_at": json_values,
            "blueprint_id": ids,
            "type": mostly(st.sampled_from(["GATEWAY", "lua"])),
            "properties": mostly(st.dictionaries(st.sampled_from(["vendor", "model", "serial_number"]), json_values)),
            "connectivity": mostly(st.fixed_dictionaries({}, optional={"status": mostly(st.just("ONLINE"))})),
            "communication": mostly(st.fixed_dictionaries({}, optional={"upstream_id": ids})),
            "raised_alert_names": mostly(st.lists(st.sampled_from(["x", "z"]) | json_values)),
            "implemented_profiles": json_values,
        },
    )
)
sites = mostly(st.fixed_dictionaries({"id": ids}, optional={"name": json_values, "archived": json_values}))
times = mostly(st.sampled_from([START.timestamp(), 1794909600, "2026-11-17T10:00:00Z", 1794909600000, 1e300, -1]))
values = json_values | numbers | st.sampled_from([True, False, "On", "", [], ["x"]])
entries = mostly(st.fixed_dictionaries({"timestamp": times, "value": values}))
telemetry = mostly(st.dictionaries(st.sampled_from(["d1", "d2"]), mostly(st.dictionaries(names, entries, max_size=8))))
DOCUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "v3/sites": st.fixed_dictionaries(
        {"sites": mostly(st.lists(sites, max_size=4))}, optional={"total_count": numbers}
    ),
    "v3/site": st.fixed_dictionaries({"site": sites}),
    "v3/devices": st.fixed_dictionaries(
        {"devices": mostly(st.lists(devices, max_size=5))}, optional={"total_count": numbers}
    ),
    "v3/devices/{id}/manifest": st.fixed_dictionaries({"manifest": manifests}),
    "v3/telemetry/latest": st.fixed_dictionaries({"telemetry": telemetry}) | telemetry,
}
cells = st.sampled_from(["ts", "1767225600", "1794906000", "-1", "1e300", "x", "", '"', "5", "5.5", "NaN"]) | st.text(
    max_size=5
)
headers = st.sampled_from(["ts,telemetry=energy_total device=d1", "ts,telemetry=x device=", "ts", "x", ""])
tables = st.builds(
    lambda head, rows: "\n".join([head, *(",".join(row) for row in rows)]).encode(errors="replace"),
    headers,
    st.lists(st.lists(cells, max_size=3), max_size=4),
)
statuses = st.sampled_from([200] * 40 + [201, 204, 400, 401, 403, 404, 409, 414, 418, 422])


def bodies_of(path: str) -> st.SearchStrategy[bytes]:
    documents = DOCUMENTS.get(path)
    if documents is None:
        return tables | st.binary(max_size=30)
    return st.integers(0, 15).flatmap(
        lambda chance: (
            st.binary(max_size=30) if chance == 15 else mostly(documents).map(lambda value: json.dumps(value).encode())
        )
    )


REGISTER = Point(
    id=PointId(device_id="d1", key="energy_total"),
    quantity=Quantity.ENERGY,
    nature=Nature.REGISTER,
    unit="kWh",
    name="Energy",
)
KEPT = Inventory(
    devices=(Device(id="d1", kind=DeviceKind.METER), Device(id="d2", kind=DeviceKind.DEVICE, parent_id="d1")),
    points=(
        REGISTER,
        Point(
            id=PointId(device_id="d1", key="own,connectivity"),
            quantity=Quantity.CONNECTIVITY,
            nature=Nature.FLAG,
            meaning="connectivity",
        ),
        Point(
            id=PointId(device_id="d1", key="own,alert_x"),
            quantity=Quantity.PROBLEM,
            nature=Nature.FLAG,
            name="X",
            noisy=True,
        ),
        Point(id=PointId(device_id="d2", key="a"), quantity=Quantity.WORD, nature=Nature.STATE, words=("On", "Off")),
    ),
)
"""What was stored before a restart."""


def invented(answer_to: Callable[[str], tuple[int, bytes]], url: str, known: Inventory) -> Enapter:
    """A vendor whose service answers what it is told to, without any HTTP in between."""
    vendor = Enapter(
        Connection(
            credentials={"url": url, "token": TOKEN},
            session=cast(aiohttp.ClientSession, None),
            budget=Budget(Enapter.limit({})),
            login_budget=Budget(Enapter.login_limit),
            vault=Vault(),
            user_agent="",
            now=lambda: START,
        ),
        known,
    )

    async def request(method: str, path: str, *, priority: Priority, **_: Any) -> Answer:
        status, body = answer_to(path)
        return Answer(endpoint=f"{method} /{path}", status=status, body=body)

    def connected(base: object) -> None:
        connect(base)  # type: ignore[arg-type]
        vendor._http.request = request  # type: ignore[method-assign]

    connect = vendor._connect
    vendor._connect = connected  # type: ignore[method-assign]
    vendor._http.request = request  # type: ignore[method-assign]
    return vendor


async def tried[T](action: Awaitable[T]) -> T | None:
    """What comes out of it, if it is not one of the five errors."""
    try:
        return await action
    except VendorError:
        return None


def check(samples: Mapping[PointId, Sample], points: Mapping[PointId, Point], now: datetime) -> None:
    kinds_of = {Nature.FLAG: bool, Nature.STATE: str, Nature.GAUGE: float, Nature.REGISTER: float}
    for point_id, sample in samples.items():
        assert isinstance(sample.value, kinds_of[points[point_id].nature])
        assert not isinstance(sample.value, float) or math.isfinite(sample.value)
        assert not isinstance(sample.value, str) or 0 < len(sample.value) <= 255
        assert sample.time.utcoffset() == timedelta(0)
        assert sample.time <= now + timedelta(minutes=1)


def check_inventory(inventory: Inventory) -> None:
    json.dumps(msgspec.to_builtins(inventory))
    listed = [device.id for device in inventory.devices]
    assert len(set(listed)) == len(listed)
    for number, one in enumerate(inventory.devices):
        assert one.parent_id is None or one.parent_id in listed[:number]
        for text in (one.id, one.name, one.manufacturer, one.model, one.serial, one.sw_version):
            assert text is None or (text.isprintable() and 0 < len(text) <= 300)
    assert len({point.id for point in inventory.points}) == len(inventory.points)
    for point in inventory.points:
        assert point.id.device_id in listed
        assert point.id.key.isprintable()
        assert point.name != ""
        assert (point.unit is None) or (point.unit.isprintable() and 0 < len(point.unit) <= 32)
        assert (point.unit is None) or point.nature in (Nature.GAUGE, Nature.REGISTER)
        assert not point.words or point.nature is Nature.STATE
        assert len(set(point.words)) == len(point.words)


async def life(vendor: Enapter) -> None:
    """Everything that is ever done with an account."""
    inventory = KEPT
    for _ in range(2):
        account = await tried(vendor.login())
        assert account is None or (account.id.isprintable() and account.title.isprintable())
        discovered = await tried(vendor.discover())
        if discovered is not None:
            check_inventory(discovered)
            inventory = discovered
        for _ in range(2):
            readings: Readings | None = await tried(vendor.read(inventory.points))
            if readings is not None:
                if readings.inventory is not None:
                    check_inventory(readings.inventory)
                    inventory = readings.inventory
                points = {point.id: point for point in (*KEPT.points, *inventory.points)}
                assert readings.samples.keys() <= points.keys()
                assert readings.broken <= points.keys()
                check(readings.samples, points, vendor.now())
        await tried(past(vendor))
        assert 1 <= vendor.requests_per_poll(inventory.points) < 100
        assert vendor.wants_discovery() in (True, False)
        assert not list(vendor.notices())


async def past(vendor: Enapter) -> None:
    start, end = vendor.now() - timedelta(days=10), vendor.now() + timedelta(days=1)
    async for batch in vendor.history([REGISTER], start, end):
        for series in batch:
            assert series.samples
            assert list(series.samples) == sorted(series.samples, key=lambda sample: sample.time)
            assert all(start <= sample.time <= vendor.now() for sample in series.samples)
            check({series.point_id: series.samples[0]}, {REGISTER.id: REGISTER}, vendor.now())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st.data(),
    st.sampled_from(["https://api.enapter.com", "http://10.0.0.1/api", "10.0.0.1"]),
    st.sampled_from([Inventory(), KEPT]),
)
def test_any_json_anywhere_raises_nothing_but_the_five_errors(data: st.DataObject, url: str, known: Inventory) -> None:
    paths: dict[str, tuple[int, bytes]] = {}

    def answer(path: str) -> tuple[int, bytes]:
        if path not in paths:
            paths[path] = data.draw(statuses), data.draw(bodies_of(path))
        return paths[path]

    asyncio.run(life(invented(answer, url, known)))


@settings(deadline=None)
@given(manifests)
def test_any_manifest_is_read(item: object) -> None:
    if isinstance(item, dict):
        manifest = manifest_of(item)
        assert all(key == one.name for key, one in manifest.attributes.items())


@given(st.binary())
def test_any_bytes_are_a_table_or_named(body: bytes) -> None:
    with suppress(VendorError):
        table_of(Answer(endpoint="x", status=200, body=body), most=100)


HOSTILE: list[Any] = [
    None, True, 0, 10**400, "", "x" * 5000, "\ud800", [], {}, [[]], [None], {"devices": [[]]},
    {"devices": [DEVICE] * 500},
    {"devices": [DEVICE | {"id": str(number)} for number in range(500)]}, {"telemetry": {"d": []}}, {"telemetry": None},
    {"sites": [{"id": {}}]}, {"site": []}, {"site": None}, {"manifest": []}, {"errors": []},
    {"devices": [DEVICE | {"manifest": {"telemetry": {str(n): {"type": "float"} for n in range(2000)}}}]},
    {"devices": [{"id": one, "communication": {"upstream_id": other}} for one, other in ("ab", "bc", "ca")]},
]  # fmt: skip
"""Answers of which no document says anything."""
ENDPOINTS = ("/v3/sites", "/v3/devices", "/v3/telemetry/latest", "/v3/telemetry/query_timeseries")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_any_json_over_http_raises_nothing_but_the_five_errors(bench: Bench, endpoint: str) -> None:
    await bench.discover()
    await bench.read()
    usual = {point.id for point in bench.inventory.points}
    for value in HOSTILE:
        bench.simulator.faults.add(faults.Answer(value), endpoint)
        for action in (bench.vendor.login, bench.vendor.discover, bench.read):
            bench.clock.advance(timedelta(minutes=10))
            await tried(action())
        await tried(past(bench.vendor))
        bench.simulator.faults.clear()
    # And when all that is over, all is well.
    bench.clock.advance(timedelta(minutes=10))
    await bench.discover()
    # An alert that was raised once stays known.
    assert {point.id for point in bench.inventory.points} >= usual
    assert len((await bench.read()).samples) >= len(usual) - 1
