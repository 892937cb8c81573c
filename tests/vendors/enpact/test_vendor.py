"""The Enpact vendor against its simulator: what is asked, how often, and what comes of it."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import math
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.enpact import Enpact
from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    InvalidAddress,
    InvalidCredentials,
    RateLimited,
    UnexpectedAnswer,
)
from custom_components.energy_clouds.vendors.model import (
    DeviceKind,
    Inventory,
    Nature,
    Point,
    PointId,
    Problem,
    Quantity,
)
from tests.simulators import faults
from tests.simulators.enpact import EXPIRED_KEY, PRODUCTION_KEY, REVOKED_KEY, SANDBOX_KEY, EnpactSimulator

from .conftest import START, Bench, MakeBench, sample_of, value_of


def device_of(inventory: Inventory, kind: DeviceKind) -> list[str]:
    return [device.id for device in inventory.devices if device.kind is kind]


# --- the account


async def test_login_takes_one_request_and_names_the_account_without_the_key(bench: Bench) -> None:
    account = await bench.vendor.login()
    assert [request.path for request in bench.simulator.requests] == ["/api/v1/devices"]
    assert (len(account.id), account.title, account.named) == (16, "Enpact", False)
    assert account.id not in PRODUCTION_KEY
    assert bench.simulator.requests[0].headers["user-agent"] == "EnergyClouds/0 tests"


async def test_sandbox_account_says_so(make_bench: MakeBench) -> None:
    bench = await make_bench(
        lambda clock: EnpactSimulator("sandbox", clock=clock), key=SANDBOX_KEY, environment="sandbox"
    )
    account = await bench.vendor.login()
    assert account.title == "Enpact sandbox"
    assert bench.budget.allowed == 24


@pytest.mark.parametrize(
    ("key", "reason", "field"),
    [
        ("", "invalid_auth", None),
        ("short", "invalid_auth", None),
        ("x" * 64, "invalid_auth", None),
        (EXPIRED_KEY, "invalid_auth", None),
        (REVOKED_KEY, "invalid_auth", None),
        (SANDBOX_KEY, "wrong_environment", "environment"),
    ],
    ids=["empty", "short", "unknown", "expired", "revoked", "of the sandbox"],
)
async def test_bad_key_is_refused_at_once(make_bench: MakeBench, key: str, reason: str, field: str | None) -> None:
    bench = await make_bench(key=key)
    with pytest.raises(InvalidCredentials) as refusal:
        await bench.vendor.login()
    assert (refusal.value.reason, refusal.value.field) == (reason, field)
    assert len(bench.simulator.requests) == 1
    assert not key or key not in str(refusal.value)


async def test_production_key_in_the_sandbox(make_bench: MakeBench) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator("sandbox", clock=clock), environment="sandbox")
    with pytest.raises(InvalidCredentials) as refusal:
        await bench.vendor.login()
    assert refusal.value.reason == "wrong_environment"


async def test_spaces_around_the_key_do_not_matter(make_bench: MakeBench) -> None:
    bench = await make_bench(key=f" {PRODUCTION_KEY}\n")
    await bench.vendor.login()


@pytest.mark.parametrize("key", ["two\nlines", "kéy" * 21])
async def test_key_that_cannot_be_a_header_is_refused_without_a_request(make_bench: MakeBench, key: str) -> None:
    bench = await make_bench(key=key)
    with pytest.raises(InvalidCredentials):
        await bench.vendor.login()
    assert bench.simulator.requests == []


@pytest.mark.parametrize(
    ("pasted", "path"),
    [
        ("{url}", "/api/v1/devices"),
        ("{url}/", "/api/v1/devices"),
        ("{url}/api/v1", "/api/v1/devices"),
        ("{url}/api/v1/devices?x=1#y", "/api/v1/devices"),
        ("{url}/api-docs", "/api/v1/devices"),
        ("{url}/proxy/api/v1/", "/proxy/api/v1/devices"),
    ],
)
async def test_address_may_be_pasted_in_any_form(bench: Bench, pasted: str, path: str) -> None:
    credentials = dict(bench.connection.credentials) | {"url": pasted.format(url=bench.server.url)}
    connection = type(bench.connection)(
        credentials=credentials,
        session=bench.connection.session,
        budget=bench.budget,
        user_agent="x",
        now=bench.clock,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.simulator, "limiter", bench.simulator.limiter)
        try:
            await Enpact(connection, Inventory()).login()
        except UnexpectedAnswer:
            assert path.startswith("/proxy")
    assert bench.simulator.requests[-1].path == path


@pytest.mark.parametrize("url", ["ftp://host", "https://", "http://user:secret@host", "http://host:99999", "https://["])
def test_what_is_no_address_is_said_so(bench: Bench, url: str) -> None:
    credentials = dict(bench.connection.credentials) | {"url": url}
    connection = type(bench.connection)(
        credentials=credentials, session=bench.connection.session, budget=bench.budget, user_agent="x"
    )
    with pytest.raises(InvalidAddress) as refusal:
        Enpact(connection, Inventory())
    assert "secret" not in str(refusal.value)


def test_documented_bases_are_used_without_an_address(bench: Bench) -> None:
    for environment, host in (("production", "api.enpact.iote.uk"), ("sandbox", "sandbox-api.enpact.iote.uk")):
        credentials = {"api_key": "x", "environment": environment}
        connection = type(bench.connection)(
            credentials=credentials, session=bench.connection.session, budget=bench.budget, user_agent="x"
        )
        vendor = Enpact(connection, Inventory())
        assert str(vendor._http._base) == f"https://{host}/api/v1"


# --- discovery


async def test_discovery_lists_devices_and_meters_and_nothing_of_their_type(bench: Bench) -> None:
    inventory = await bench.discover()
    assert [request.path for request in bench.simulator.requests] == ["/api/v1/devices", "/api/v1/meters"]
    assert set(device_of(inventory, DeviceKind.COOLING_CONTROLLER)) == set(bench.simulator.devices)
    assert set(device_of(inventory, DeviceKind.METER)) == set(bench.simulator.meters)
    assert inventory.points == ()


async def test_first_poll_teaches_names_gateways_and_points(bench: Bench) -> None:
    await bench.discover()
    readings = await bench.read()
    assert readings.inventory is not None
    devices = {device.id: device for device in readings.inventory.devices}
    for identifier, meter in bench.simulator.meters.items():
        fields = meter.fields(bench.clock())
        assert devices[identifier].name == fields["deviceName"]
        assert devices[identifier].parent_id == f"gateway:{fields['gwId']}"
        keys = {point.id.key for point in readings.inventory.points if point.id.device_id == identifier}
        sent = {key for key, value in fields.items() if value is not None} - {"deviceName", "gwId", "expiry"}
        assert keys == sent | ({"p_total"} if {"p1", "p2", "p3"} <= sent else set())
    # Whoever hangs from a gateway stands behind it.
    ids = list(devices)
    assert all(ids.index(d.parent_id) < ids.index(d.id) for d in devices.values() if d.parent_id)
    # The second poll brings the shares of the energy savers, the third nothing new.
    await bench.poll()
    assert (await bench.poll()).inventory is None


async def test_meter_type_is_what_was_ever_sent_not_how_the_id_is_spelt(bench: Bench) -> None:
    bench.simulator.add_meter("meter-single-001", kind="advanced")
    bench.simulator.add_meter("iemtr-999", kind="single")
    await bench.discover()
    await bench.read()
    keys = {
        name: {point.id.key for point in bench.inventory.points if point.id.device_id == name}
        for name in ("meter-single-001", "iemtr-999")
    }
    assert "imp" in keys["meter-single-001"]
    assert keys["iemtr-999"] == {"c1", "fault"}


async def test_point_appears_when_its_field_first_appears(bench: Bench) -> None:
    name = next(name for name, meter in bench.simulator.meters.items() if meter.kind == "advanced")
    bench.simulator.hide_field(name, "freq", START + timedelta(minutes=2))
    await bench.discover()
    await bench.read()
    assert not any(point.id.device_id == name and point.id.key == "freq" for point in bench.inventory.points)
    readings = await bench.poll(3)
    assert readings.inventory is not None
    assert any(point.id.device_id == name and point.id.key == "freq" for point in bench.inventory.points)


async def test_new_name_and_new_meter_are_told(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    name = next(iter(bench.simulator.meters))
    bench.simulator.rename(name, "  Renamed \n meter ")
    readings = await bench.poll(2)
    assert readings.inventory is not None
    assert {device.name for device in readings.inventory.devices if device.id == name} == {"Renamed meter"}
    bench.simulator.add_meter("meter-new")
    await bench.discover()
    readings = await bench.poll()
    assert value_of(readings, "meter-new", "p_total") is not None


async def test_inventory_survives_a_restart(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    vendor = bench.restarted(bench.inventory)
    bench.simulator.requests.clear()
    readings = await vendor.read(bench.inventory.points)
    assert len(bench.simulator.requests) == 2
    assert readings.inventory is None
    assert len(readings.samples) == len(bench.inventory.points)


async def test_inventory_of_an_older_release_is_taken_as_far_as_it_is_understood(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    meter, *_ = bench.simulator.meters
    strange = [
        Point(id=PointId(device_id=device, key=key), quantity=Quantity.POWER, nature=Nature.GAUGE)
        for device, key in (("gone", "p1"), (meter, "no longer a field"))
    ]
    inventory = Inventory(devices=bench.inventory.devices, points=(*bench.inventory.points, *strange))
    vendor = bench.restarted(inventory)
    readings = await vendor.read(inventory.points)
    assert {point.key for point in readings.samples} == {point.id.key for point in bench.inventory.points}
    assert readings.inventory is None


# --- live values


async def test_every_value_is_the_newest_row_with_its_own_time(bench: Bench) -> None:
    await bench.discover()
    readings = await bench.read()
    newest = bench.clock() - bench.simulator.delay
    newest = newest.replace(second=newest.second // 30 * 30, microsecond=0)
    for point in bench.inventory.points:
        sample = readings.samples[point.id]
        assert sample.time == newest
        source = bench.simulator.meters.get(point.id.device_id) or bench.simulator.devices[point.id.device_id]
        fields = source.fields(newest)
        if point.id.key == "p_total":
            assert sample.value == pytest.approx(sum(fields[f"p{number}"] for number in (1, 2, 3)), abs=1.5)
        elif point.nature is Nature.FLAG:
            assert sample.value is (fields[point.id.key] in ("true", True))
        else:
            assert sample.value == pytest.approx(fields[point.id.key], abs=0.5)


@pytest.mark.parametrize("meters", [1, 149, 150, 151, 300, 301, 1000])
async def test_requests_per_poll_are_exactly_what_the_batches_need(make_bench: MakeBench, meters: int) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(meters, clock=clock))
    await bench.discover()
    for poll in range(3):
        bench.simulator.requests.clear()
        readings = await (bench.poll() if poll else bench.read())
        assert len(bench.simulator.requests) == readings.requests == math.ceil(meters / 150)
        assert all(len(request.body["meterIds"]) <= 150 for request in bench.simulator.requests)
        asked = Counter(identifier for request in bench.simulator.requests for identifier in request.body["meterIds"])
        assert asked == Counter(list(bench.simulator.meters))
    assert bench.vendor.requests_per_poll(bench.inventory.points) == math.ceil(meters / 150)


async def test_poll_asks_only_for_what_is_new(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    first = datetime.fromisoformat(bench.posts("meters")[-1].body["timestamp"])
    assert first == START - timedelta(minutes=15)
    for _ in range(20):
        await bench.poll()
        start = datetime.fromisoformat(bench.posts("meters")[-1].body["timestamp"])
        assert timedelta(seconds=30) <= bench.clock() - start <= timedelta(seconds=90)


async def test_thing_that_fell_silent_does_not_make_every_answer_long(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.silence(next(iter(bench.simulator.meters)))
    for _ in range(15):
        await bench.poll()
    spans = []
    for _ in range(30):
        await bench.poll()
        spans.append(bench.clock() - datetime.fromisoformat(bench.posts("meters")[-1].body["timestamp"]))
    # One poll in fifteen minutes looks back for it.
    assert sum(span > timedelta(minutes=2) for span in spans) == 2


async def test_thing_that_lags_is_read_all_the_same(bench: Bench) -> None:
    late = next(iter(bench.simulator.meters))
    bench.simulator.delay_rows(late, timedelta(minutes=4))
    await bench.discover()
    await bench.read()
    for _ in range(10):
        readings = await bench.poll()
        sample = sample_of(readings, late, "c1")
        assert sample is not None
        assert timedelta(minutes=4) <= bench.clock() - sample.time < timedelta(minutes=5)


async def test_only_devices_of_wanted_points_are_asked_for(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    wanted = [point for point in bench.inventory.points if point.id.device_id == next(iter(bench.simulator.meters))]
    bench.simulator.requests.clear()
    bench.clock.advance(timedelta(minutes=1))
    await bench.vendor.read(wanted)
    assert [request.body["meterIds"] for request in bench.simulator.requests if "meters" in request.path] == [
        [wanted[0].id.device_id]
    ]
    assert bench.vendor.requests_per_poll(wanted) == 1


async def test_broken_probe_is_said_so(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    controller = next(iter(bench.simulator.devices))
    edit = bench.simulator.break_probe(controller)
    readings = await bench.poll(2)
    assert {(point.device_id, point.key) for point in readings.broken} == {(controller, "space")}
    assert sample_of(readings, controller, "coolantIn") is not None
    bench.simulator.undo(edit)
    assert (await bench.poll()).broken == frozenset()


async def test_fault_is_a_flag(bench: Bench) -> None:
    meter = next(iter(bench.simulator.meters))
    await bench.discover()
    assert value_of(await bench.read(), meter, "fault") is False
    bench.simulator.fail(meter)
    assert value_of(await bench.poll(), meter, "fault") is True


# --- shares


async def test_shares_come_once_a_window_when_it_has_settled(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    asked = []
    for _ in range(60):
        before = len(bench.posts(aggregation="15min"))
        readings = await bench.poll()
        if len(bench.posts(aggregation="15min")) > before:
            window = datetime.fromisoformat(bench.posts(aggregation="15min")[-1].body["timestamp"])
            asked.append((bench.clock(), window))
            for controller in bench.simulator.devices:
                sample = sample_of(readings, controller, "compressorEnergySaverEnabled_percentTrue")
                assert sample is not None
                assert sample.time == window
                assert isinstance(sample.value, float)
                assert 0 <= sample.value <= 100
    assert len(asked) == 5
    for moment, window in asked:
        assert window.minute % 15 == window.second == 0
        assert moment >= window + timedelta(minutes=17)
    assert [window for _, window in asked] == [
        START.replace(minute=30, second=0) + timedelta(minutes=15 * number) - timedelta(hours=1) for number in range(5)
    ]


async def test_empty_window_is_asked_for_again_a_few_times_only(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.faults.add(faults.Answer({"data": [], "meta": {}}), path="/api/v1/devices/batch")
    bench.clock.set(START.replace(minute=3))
    for _ in range(10):
        await bench.poll()
    assert len(bench.posts(aggregation="15min")) == 4


async def test_shares_that_cannot_be_had_cost_nothing_but_themselves(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.faults.add(faults.Status(500), path="/api/v1/devices/batch", skip=1)
    readings = await bench.poll()
    assert [request.status for request in bench.simulator.requests if "devices/batch" in request.path] == [
        200,
        200,
        500,
    ]
    assert sample_of(readings, next(iter(bench.simulator.devices)), "space") is not None


# --- rights


async def test_ids_that_the_key_may_not_read_are_left_out_and_the_rest_asked_again_at_once(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    meters = list(bench.simulator.meters)
    bench.simulator.whitelist(PRODUCTION_KEY, meters=meters[2:])
    bench.simulator.requests.clear()
    readings = await bench.poll()
    assert [request.status for request in bench.simulator.requests if "meters" in request.path] == [403, 200]
    assert readings.problems == dict.fromkeys(meters[:2], Problem.NOT_PERMITTED)
    assert {point.device_id for point in readings.samples} >= set(meters[2:])
    bench.simulator.requests.clear()
    await bench.poll()
    assert [request.status for request in bench.simulator.requests if "meters" in request.path] == [200]

    bench.simulator.whitelist(PRODUCTION_KEY)
    await bench.discover()
    readings = await bench.poll()
    assert readings.problems == {}
    assert sample_of(readings, meters[0], "c1") is not None


async def test_no_right_to_any_meter_leaves_the_controllers_alone(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.whitelist(PRODUCTION_KEY, meters=())
    readings = await bench.poll()
    assert set(readings.problems) == set(bench.simulator.meters)
    assert {point.device_id for point in readings.samples} == set(bench.simulator.devices)


async def test_service_that_refuses_other_ids_each_time_is_not_asked_for_ever(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    for meter in list(bench.simulator.meters)[:13]:
        body = {"error": "Forbidden", "message": "Access denied", "unauthorized_meters": [meter]}
        bench.simulator.faults.add(faults.Status(403, body), path="/api/v1/meters", times=1)
    bench.simulator.requests.clear()
    readings = await bench.poll()
    assert len([request for request in bench.simulator.requests if "meters" in request.path]) == 8
    assert readings.problems.keys() == set(bench.simulator.meters)


async def test_key_that_was_revoked_is_confirmed_by_a_list_before_anybody_is_bothered(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.revoke(PRODUCTION_KEY)
    bench.simulator.requests.clear()
    with pytest.raises(InvalidCredentials):
        await bench.poll()
    assert [(request.method, request.status) for request in bench.simulator.requests] == [("POST", 401), ("GET", 401)]


@pytest.mark.parametrize("status", [401, 403])
async def test_key_that_is_refused_once_is_not_bad(bench: Bench, status: int) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.faults.add(faults.Status(status, {"error": "x", "message": "Invalid or expired API key."}), times=1)
    with pytest.raises(CannotConnect):
        await bench.poll()
    assert (await bench.poll()).samples


async def test_proxy_that_forbids_is_not_the_service(bench: Bench) -> None:
    bench.simulator.faults.add(faults.HtmlPage(403))
    with pytest.raises(CannotConnect):
        await bench.vendor.login()


# --- refusals of the request


async def test_batch_that_is_too_large_is_halved_and_the_size_remembered(make_bench: MakeBench) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(100, clock=clock))
    await bench.discover()
    body = {
        "error": "x",
        "message": "Invalid parameters.",
        "errors": {"meterIds": ["May not have more than 60 items."]},
    }
    bench.simulator.faults.add(faults.Status(422, body), path="/api/v1/meters/batch", times=1)
    readings = await bench.read()
    assert {point.device_id for point in readings.samples} == set(bench.simulator.meters)
    assert [len(request.body["meterIds"]) for request in bench.posts()] == [100, 50, 50]
    bench.simulator.requests.clear()
    await bench.poll()
    assert [len(request.body["meterIds"]) for request in bench.posts()] == [50, 50]
    assert bench.vendor.requests_per_poll(bench.inventory.points) == 2


async def test_size_that_was_too_large_is_tried_again_after_a_discovery(make_bench: MakeBench) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(100, clock=clock))
    await bench.discover()
    body = {"errors": {"meterIds": ["The meter ids may not have more than 10 items."]}}
    too_large = bench.simulator.faults.add(faults.Status(400, body), path="/api/v1/meters/batch", times=4)
    await bench.read()
    assert too_large.hits == 4
    assert bench.vendor.requests_per_poll(bench.inventory.points) > 10
    await bench.discover()
    assert bench.vendor.requests_per_poll(bench.inventory.points) == 1


@pytest.mark.parametrize("status", [400, 422])
async def test_id_that_the_service_finds_invalid_is_left_out_by_its_place(make_bench: MakeBench, status: int) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(30, clock=clock))
    await bench.discover()
    body = {"message": "Invalid parameters.", "errors": {"meterIds.4": ["The meter id is invalid."]}}
    bench.simulator.faults.add(faults.Status(status, body), path="/api/v1/meters/batch", times=1)
    readings = await bench.read()
    assert [len(request.body["meterIds"]) for request in bench.posts()] == [30, 29]
    assert len(readings.problems) == 1
    assert len({point.device_id for point in readings.samples}) == 29
    assert len((await bench.poll()).problems) == 1
    await bench.discover()
    assert (await bench.poll()).problems == {}


def stumbles_at(*poison: str) -> faults.Fault:
    """Answers 500 to every request that names one of these ids."""

    class Stumble:
        async def answer(self, request: Any, handler: Any, now: datetime) -> Any:
            response = await handler(request)
            named = set((await request.json())["meterIds"]) if request.method == "POST" else set()
            return await faults.Status(500).answer(request, handler, now) if named & set(poison) else response

    return Stumble()


@pytest.mark.parametrize("meters", [40, 460])
async def test_ids_at_which_the_service_stumbles_cost_themselves_only(make_bench: MakeBench, meters: int) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(meters, clock=clock))
    await bench.discover()
    await bench.read()
    poison = {name for number, name in enumerate(bench.simulator.meters) if number in (3, meters - 3)}
    bench.simulator.faults.add(stumbles_at(*poison), path="/api/v1/meters/batch")
    for _ in range(30):
        bench.simulator.requests.clear()
        try:
            readings = await bench.poll()
        except CannotConnect:
            continue
        assert len(bench.simulator.requests) <= math.ceil(meters / 150) + 2 * len(poison)
    assert set(readings.problems) == poison
    assert {point.device_id for point in readings.samples} == set(bench.simulator.meters) - poison
    bench.simulator.faults.clear()
    await bench.discover()
    bench.simulator.requests.clear()
    readings = await bench.poll()
    assert readings.problems == {}
    assert len(bench.simulator.requests) == math.ceil(meters / 150)


async def test_outage_of_the_whole_service_blames_no_id(make_bench: MakeBench) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(460, clock=clock))
    await bench.discover()
    await bench.read()
    outage = bench.simulator.faults.add(faults.Status(500))
    for _ in range(60):
        before = outage.hits
        with pytest.raises(CannotConnect):
            await bench.poll()
        assert outage.hits - before <= 2
    bench.simulator.faults.clear()
    readings = await bench.poll()
    assert readings.problems == {}
    assert {point.device_id for point in readings.samples} == set(bench.simulator.meters)
    bench.simulator.requests.clear()
    await bench.poll()
    assert len(bench.simulator.requests) == 4


async def test_list_that_is_wrong_for_once_stops_no_reading(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    known = bench.inventory
    bench.simulator.faults.add(faults.Answer({"meters": []}), path="/api/v1/meters", method="GET", times=1)
    await bench.vendor.discover()
    bench.clock.advance(timedelta(minutes=1))
    readings = await bench.vendor.read(known.points)
    assert {point.device_id for point in readings.samples} == {*bench.simulator.devices, *bench.simulator.meters}


async def test_thing_that_is_listed_no_more_is_forgotten_in_the_end(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    for number in range(30):
        bench.simulator.add_meter(f"meter-{number}")
        await bench.discover()
        bench.simulator.remove(f"meter-{number}")
    assert len(bench.vendor._known._things) <= len(bench.simulator.devices) + len(bench.simulator.meters) + 11


async def test_list_of_incredible_length_is_refused(bench: Bench) -> None:
    bench.simulator.faults.add(faults.Answer({"devices": list(map(str, range(100_001)))}))
    with pytest.raises(UnexpectedAnswer):
        await bench.vendor.login()


async def test_half_a_surrogate_pair_costs_one_character(bench: Bench) -> None:
    await bench.discover()

    def with_surrogate(answer: Any) -> Any:
        for rows in answer["data"].values():
            for row in rows:
                row["deviceName"] = "Half \ud83d, whole \U0001f50c"
        return answer

    bench.simulator.faults.add(faults.Rewritten(with_surrogate), path="/api/v1/meters/batch")
    readings = await bench.read()
    assert len({point.device_id for point in readings.samples}) == len(bench.simulator.devices) + len(
        bench.simulator.meters
    )
    assert {device.name for device in bench.inventory.devices if device.id in bench.simulator.meters} == {
        "Half \ufffd, whole \U0001f50c"
    }


async def test_characters_that_control_or_reverse_are_left_out(bench: Bench) -> None:
    meter = next(iter(bench.simulator.meters))
    an_hour_ago = bench.clock() - timedelta(hours=1)
    bench.simulator.hold(meter, "deviceName", "L\x00\u202eifts", an_hour_ago)
    bench.simulator.hold(meter, "gwId", "g\x00\u202e", an_hour_ago)
    await bench.discover()
    await bench.read()
    device = next(device for device in bench.inventory.devices if device.id == meter)
    assert (device.name, device.parent_id) == ("L ifts", None)


async def test_one_answer_with_a_strange_date_changes_no_clock(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    ahead = format_datetime(bench.clock() + timedelta(hours=5), usegmt=True)
    for date in (ahead, "Fri, 31 Dec 9999 23:59:59 -2300", "yesterday"):
        strange = faults.Status(200, {"devices": [], "meters": []}, {"Date": date})
        bench.simulator.faults.add(strange, times=1)
        await bench.vendor.login()
        assert bench.vendor.now() == bench.clock()


def test_one_credential_is_one_however_it_was_typed() -> None:
    names = {
        Enpact.credential_id({"api_key": key, "environment": "production", **url})
        for key in (PRODUCTION_KEY, f" {PRODUCTION_KEY} ")
        for url in ({}, {"url": "https://api.enpact.iote.uk"}, {"url": "api.enpact.iote.uk/api/v1/"})
    }
    assert len(names) == 1
    assert Enpact.credential_id({"api_key": PRODUCTION_KEY, "environment": "sandbox"}) not in names
    assert Enpact.credential_id({"api_key": PRODUCTION_KEY, "environment": "production", "url": "ftp://x"}) not in names
    assert not any(PRODUCTION_KEY in name for name in names)


async def test_other_refusals_are_not_repeated(bench: Bench) -> None:
    await bench.discover()
    body = {
        "error": "Bad Request",
        "message": "Cannot mix sandbox test IDs with production device IDs.",
        "details": "x",
    }
    bench.simulator.faults.add(faults.Status(400, body), path=None, method="POST")
    with pytest.raises(UnexpectedAnswer):
        await bench.read()
    assert len(bench.posts()) == 2


# --- limits and outages


async def test_limit_is_believed_and_nothing_sent_before_the_wait_is_over(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.faults.add(faults.RateLimited(847), times=1)
    with pytest.raises(RateLimited) as refusal:
        await bench.poll()
    assert refusal.value.retry_after == timedelta(seconds=848)
    bench.simulator.requests.clear()
    for _ in range(14):
        with pytest.raises(RateLimited):
            await bench.poll()
    assert bench.simulator.requests == []
    assert (await bench.poll()).samples


async def test_poll_that_is_stopped_by_the_limit_keeps_what_it_has(make_bench: MakeBench) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(450, clock=clock))
    await bench.discover()
    await bench.read()
    bench.simulator.requests.clear()
    bench.simulator.faults.add(faults.RateLimited(60), skip=1, times=1)
    readings = await bench.poll()
    assert len(bench.simulator.requests) == 2
    assert len({point.device_id for point in readings.samples}) == 150
    assert set(readings.problems.values()) == {Problem.UNREACHABLE}
    assert len(readings.problems) == 300


async def test_failed_batch_costs_its_own_meters_only(make_bench: MakeBench) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(450, clock=clock))
    await bench.discover()
    await bench.read()
    bench.simulator.faults.add(faults.Status(500), skip=1, times=1)
    readings = await bench.poll()
    assert len({point.device_id for point in readings.samples}) == 300
    assert len(readings.problems) == 150


async def test_network_that_is_down_is_not_tried_for_every_batch(make_bench: MakeBench) -> None:
    bench = await make_bench(lambda clock: EnpactSimulator.campus(1000, clock=clock))
    await bench.discover()
    bench.simulator.faults.add(faults.Status(503))
    with pytest.raises(CannotConnect):
        await bench.read()
    assert len(bench.posts()) == 2


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(500, {"error": "Internal Server Error", "message": "An unexpected error occurred."}),
        faults.Status(503, {"error": "Service Unavailable", "message": "The service is temporarily unavailable."}),
        faults.HtmlPage(502),
        faults.HtmlPage(200),
        faults.EmptyBody(),
        faults.TruncatedBody(),
        faults.ConnectionReset(),
        faults.ConnectionReset(share=None),
        faults.Redirect("http://127.0.0.1:9/"),
    ],
    ids=lambda fault: f"{type(fault).__name__} {getattr(fault, 'status', '')}",
)
async def test_outage_is_cannot_connect_and_over_when_it_is_over(bench: Bench, fault: faults.Fault) -> None:
    await bench.discover()
    await bench.read()
    active = bench.simulator.faults.add(fault)
    for action in (bench.poll, bench.vendor.discover, bench.vendor.login):
        with pytest.raises(CannotConnect):
            await action()
    bench.simulator.faults.remove(active)
    assert (await bench.poll()).samples


async def test_unplugged_service(bench: Bench) -> None:
    await bench.discover()
    await bench.server.stop()
    with pytest.raises(CannotConnect):
        await bench.read()
    await bench.server.start()
    assert (await bench.poll()).samples


async def test_answer_slower_than_the_timeout(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    import aiohttp

    from custom_components.energy_clouds.vendors import http

    monkeypatch.setattr(http, "TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    bench.simulator.faults.add(faults.Slow(5))
    async with asyncio.timeout(4):
        with pytest.raises(CannotConnect, match="no answer within"):
            await bench.vendor.login()


async def test_answer_without_end_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from custom_components.energy_clouds.vendors import http

    monkeypatch.setattr(http, "LARGEST_BODY", 1000)
    bench.simulator.faults.add(faults.Answer({"devices": ["x" * 100] * 100}))
    with pytest.raises(CannotConnect, match="larger than"):
        await bench.vendor.login()


@pytest.mark.parametrize("hours", [-1, 1])
async def test_machine_with_a_wrong_clock_reads_the_right_windows(make_bench: MakeBench, hours: int) -> None:
    bench = await make_bench(clock_error=timedelta(hours=hours))
    await bench.discover()
    readings = await bench.read()
    assert abs(bench.vendor.now() - bench.clock()) <= timedelta(seconds=1)
    assert len(readings.samples) == len(bench.inventory.points)
    for _ in range(3):
        assert (await bench.poll()).samples


# --- history


async def test_history_has_each_register_at_each_hour_to_the_watt_hour(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    end = START.replace(minute=0, second=0)
    start = end - timedelta(hours=6)
    bench.simulator.requests.clear()
    seen: dict[tuple[str, str], dict[datetime, float]] = {}
    async for batch in bench.vendor.history(bench.inventory.points, start, end + timedelta(seconds=1)):
        for series in batch:
            times = [sample.time for sample in series.samples]
            assert times == sorted(times)
            of_point = seen.setdefault((series.point_id.device_id, series.point_id.key), {})
            of_point |= {sample.time: float(sample.value) for sample in series.samples}  # type: ignore[arg-type]
    assert len(bench.simulator.requests) == 7
    registers = [point for point in bench.inventory.points if point.nature is Nature.REGISTER]
    assert set(seen) == {(point.id.device_id, point.id.key) for point in registers}
    for meter in {point.id.device_id for point in registers}:
        for hours in range(6):
            hour = start + timedelta(hours=hours)
            truth = bench.simulator.energy(meter, hour, hour + timedelta(hours=1))
            imported, exported = seen[meter, "imp"], seen[meter, "exp"]
            after = hour + timedelta(hours=1)
            assert (imported[after] - imported[hour]) * 1000 == pytest.approx(truth.imported, abs=1.01)
            assert (exported[after] - exported[hour]) * 1000 == pytest.approx(truth.exported, abs=1.01)


async def test_history_does_not_ask_for_what_the_service_has_forgotten_or_not_yet(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    bench.simulator.requests.clear()
    batches = bench.vendor.history(bench.inventory.points, START - timedelta(days=9), START + timedelta(days=9))
    async for _ in batches:
        pass
    assert all(request.status == 200 for request in bench.simulator.requests)
    assert len(bench.simulator.requests) == 25


async def test_history_of_points_that_are_no_registers_is_empty(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    gauges = [point for point in bench.inventory.points if point.nature is not Nature.REGISTER]
    bench.simulator.requests.clear()
    assert [batch async for batch in bench.vendor.history(gauges, START - timedelta(hours=2), START)] == []
    assert bench.simulator.requests == []


def test_time_is_utc(bench: Bench) -> None:
    assert bench.vendor.now().tzinfo is UTC
