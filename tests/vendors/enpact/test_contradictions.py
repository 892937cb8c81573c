"""Where the documents contradict themselves: whatever the service really does, the same comes out."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.errors import RateLimited, UnexpectedAnswer
from custom_components.energy_clouds.vendors.model import Readings
from tests.simulators import faults
from tests.simulators.clock import SimClock
from tests.simulators.enpact import PRODUCTION_KEY, SANDBOX_KEY, EnpactSimulator, EnpactSwitches

from .conftest import Bench, MakeBench, sample_of, value_of


async def bench_with(make_bench: MakeBench, **switches: Any) -> Bench:
    def simulator(clock: SimClock) -> EnpactSimulator:
        return EnpactSimulator(clock=clock, switches=EnpactSwitches(**switches))

    bench: Bench = await make_bench(simulator)
    return bench


async def sandbox(make_bench: MakeBench, **switches: Any) -> Bench:
    def simulator(clock: SimClock) -> EnpactSimulator:
        return EnpactSimulator("sandbox", clock=clock, switches=EnpactSwitches(**switches))

    bench: Bench = await make_bench(simulator, key=SANDBOX_KEY, environment="sandbox")
    return bench


async def readings_of(bench: Bench) -> Readings:
    await bench.discover()
    return await bench.read()


@pytest.mark.parametrize("strict", [False, True])
async def test_sandbox_ids_are_those_listed_and_no_others(make_bench: MakeBench, strict: bool) -> None:
    bench = await sandbox(make_bench, strict_sandbox=strict)
    readings = await readings_of(bench)
    assert {device.id for device in bench.inventory.devices if not device.id.startswith("gateway:")} == {
        *(f"esl-nt3-test-device-00{number}" for number in range(1, 6)),
        *("meter-single-001", "meter-single-002", "meter-three-004", "meter-three-005"),
        *("meter-advanced-007", "iemtr-sdm-test001"),
    }
    assert {point.device_id for point in readings.samples} == {
        device.id for device in bench.inventory.devices if not device.id.startswith("gateway:")
    }
    assert readings.problems == {}


async def test_sandbox_type_is_learnt_from_the_rows(make_bench: MakeBench) -> None:
    readings = await readings_of(await sandbox(make_bench))
    assert value_of(readings, "iemtr-sdm-test001", "imp") is not None
    assert value_of(readings, "meter-single-001", "c2") is None


@pytest.mark.parametrize("absent", ["documented", "null"])
async def test_null_and_absent_fields_are_the_same(make_bench: MakeBench, absent: str) -> None:
    usual, other = await bench_with(make_bench), await bench_with(make_bench, absent_fields=absent)
    expected, readings = await readings_of(usual), await readings_of(other)
    assert readings.samples == expected.samples
    assert set(other.inventory.points) == set(usual.inventory.points)


@pytest.mark.parametrize(("timestamps", "refused"), [("both", 0), ("zulu", 0), ("offset", 1)])
@pytest.mark.parametrize("status", [400, 422])
async def test_time_format_that_is_accepted_is_found_and_remembered(
    make_bench: MakeBench, timestamps: str, refused: int, status: int
) -> None:
    bench = await bench_with(make_bench, timestamps=timestamps, validation_status=status)
    readings = await readings_of(bench)
    assert {point.device_id for point in readings.samples} == {*bench.simulator.devices, *bench.simulator.meters}
    for _ in range(5):
        await bench.poll()
    assert [request.status for request in bench.simulator.requests].count(status) == refused


@pytest.mark.parametrize("status", [400, 422])
async def test_refused_batch_size_is_the_same_in_both_statuses(make_bench: MakeBench, status: int) -> None:
    bench = await bench_with(make_bench, validation_status=status)
    await bench.discover()
    body = {"error": "Bad Request", "errors": {"deviceIds": ["The device ids may not have more than 2 items."]}}
    bench.simulator.faults.add(faults.Status(status, body), path="/api/v1/devices/batch", times=1)
    readings = await bench.read()
    assert {point.device_id for point in readings.samples} >= set(bench.simulator.devices)


@pytest.mark.parametrize("scope", [False, True])
@pytest.mark.parametrize("header", [False, True])
async def test_both_bodies_of_429_are_understood(make_bench: MakeBench, scope: bool, header: bool) -> None:
    bench = await bench_with(make_bench, rate_limit_scope=scope, retry_after_header=header)
    await readings_of(bench)
    # Another program of the account uses the limit up.
    for _ in range(300):
        bench.simulator.limiter.count(PRODUCTION_KEY, bench.clock())
    with pytest.raises(RateLimited) as refusal:
        await bench.poll()
    assert bench.simulator.requests[-1].status == 429
    wait = refusal.value.retry_after
    assert timedelta(minutes=10) < wait <= timedelta(minutes=15, seconds=1)
    bench.simulator.requests.clear()
    bench.clock.advance(wait)
    await bench.read()
    assert {request.status for request in bench.simulator.requests} == {200}


async def test_health_is_never_asked_for(bench: Bench) -> None:
    await readings_of(bench)
    for _ in range(30):
        await bench.poll()
    assert not any("health" in request.path for request in bench.simulator.requests)


async def test_register_is_the_last_row_not_an_average(bench: Bench) -> None:
    await readings_of(bench)
    readings = await bench.poll()
    newest = bench.clock() - bench.simulator.delay
    newest = newest.replace(second=newest.second // 30 * 30, microsecond=0)
    for name, meter in bench.simulator.meters.items():
        if meter.kind == "advanced":
            sample = sample_of(readings, name, "imp")
            assert sample is not None
            assert sample.time == newest
            assert sample.value == pytest.approx(meter.fields(newest)["imp"], abs=0.0006)


@pytest.mark.parametrize(
    ("field", "value"),
    [("p1", 61234.0), ("p1", -61234.0), ("v1", 11000.0), ("freq", 60.0), ("pf1", -0.4), ("imp", 12345678.9)],
)
async def test_documented_ranges_are_no_bounds(bench: Bench, field: str, value: float) -> None:
    meter = next(name for name, meter in bench.simulator.meters.items() if meter.kind == "advanced")
    bench.simulator.hold(meter, field, value, bench.clock() - timedelta(hours=1))
    assert value_of(await readings_of(bench), meter, field) == value


async def test_physics_are_not_checked(bench: Bench) -> None:
    meter = next(name for name, meter in bench.simulator.meters.items() if meter.kind == "advanced")
    for number in (1, 2, 3):
        bench.simulator.hold(meter, f"p{number}", 3500, bench.clock() - timedelta(hours=1))
        bench.simulator.hold(meter, f"c{number}", 0, bench.clock() - timedelta(hours=1))
    readings = await readings_of(bench)
    assert value_of(readings, meter, "p_total") == 10500
    assert value_of(readings, meter, "c1") == 0


async def test_expiry_is_ignored(bench: Bench) -> None:
    meter = next(iter(bench.simulator.meters))
    bench.simulator.hold(meter, "expiry", 1, bench.clock() - timedelta(hours=1))
    readings = await readings_of(bench)
    assert sample_of(readings, meter, "c1") is not None
    assert not any(point.key == "expiry" for point in readings.samples)


@pytest.mark.parametrize(
    ("sent", "shown"), [("true", True), ("TRUE", True), (True, True), ("false", False), (False, False)]
)
async def test_fault_is_a_flag_in_every_spelling(bench: Bench, sent: object, shown: bool) -> None:
    meter = next(iter(bench.simulator.meters))
    bench.simulator.hold(meter, "fault", sent, bench.clock() - timedelta(hours=1))
    assert value_of(await readings_of(bench), meter, "fault") is shown


@pytest.mark.parametrize("sent", ["", None, "maybe", 1])
async def test_fault_that_says_nothing_is_absent(bench: Bench, sent: object) -> None:
    meter = next(iter(bench.simulator.meters))
    bench.simulator.hold(meter, "fault", sent, bench.clock() - timedelta(hours=1))
    assert value_of(await readings_of(bench), meter, "fault") is None


@pytest.mark.parametrize("empty", ["list", "missing", "data_list", "null"])
async def test_every_shape_of_an_empty_answer_is_no_data(make_bench: MakeBench, empty: str) -> None:
    bench = await bench_with(make_bench, empty=empty)
    names = [*bench.simulator.devices, *bench.simulator.meters]
    silent = [bench.simulator.silence(name, bench.clock() - timedelta(days=1)) for name in names]
    readings = await readings_of(bench)
    assert (readings.samples, readings.problems, bench.inventory.points) == ({}, {}, ())
    for edit in silent[1:]:
        bench.simulator.undo(edit)
    readings = await bench.poll()
    assert {point.device_id for point in readings.samples} == set(names[1:])


@pytest.mark.parametrize(
    "switch",
    ["integers_for_whole_floats", "numeric_strings", "single_row_as_object", "descending", "duplicates"],
)
async def test_ways_of_writing_make_no_difference(make_bench: MakeBench, switch: str) -> None:
    usual, other = await bench_with(make_bench), await bench_with(make_bench, **{switch: True})
    assert (await readings_of(other)).samples == (await readings_of(usual)).samples
    for _ in range(20):
        assert (await other.poll()).samples == (await usual.poll()).samples


async def test_service_whose_clock_is_ahead_shows_no_future(make_bench: MakeBench) -> None:
    bench = await bench_with(make_bench, rows_ahead_s=300)
    readings = await readings_of(bench)
    assert readings.samples
    assert max(sample.time for sample in readings.samples.values()) <= bench.clock() + timedelta(minutes=1)
    assert (await bench.poll()).samples


async def test_no_time_is_asked_for_that_the_service_refuses(bench: Bench) -> None:
    await readings_of(bench)
    for minutes in (1, 30, 60 * 30, 1):
        await bench.poll(minutes)
    for request in bench.posts():
        start = datetime.fromisoformat(request.body["timestamp"])
        assert timedelta(0) <= request.time - start <= timedelta(minutes=15, seconds=1)
    assert {request.status for request in bench.simulator.requests} == {200}


async def test_mixed_ids_are_an_error_of_ours_that_is_named_and_not_repeated(bench: Bench) -> None:
    bench.simulator.add_meter("meter-single-001")
    await bench.discover()
    body = {
        "error": "Bad Request",
        "message": "Cannot mix sandbox test IDs with production device IDs in the same request.",
        "details": "Use either sandbox test IDs or production device IDs, not both.",
    }
    bench.simulator.faults.add(faults.Status(400, body), method="POST")
    with pytest.raises(UnexpectedAnswer, match="400"):
        await bench.read()
    assert len(bench.posts()) == 2
