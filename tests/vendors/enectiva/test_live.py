"""Live values: one request for each, at the pace that the values come and the budget carries."""

from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.energy_clouds.vendors.enectiva.jobs import Schedule
from custom_components.energy_clouds.vendors.errors import CannotConnect, RateLimited, UnexpectedAnswer
from custom_components.energy_clouds.vendors.model import Inventory, PointId, Problem, Readings
from tests.simulators import faults
from tests.simulators.enectiva import LOGIN_TOKEN, DataSeries, VirtualMeter

from .conftest import START, Bench, MakeBench, sample_of, value_of

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
TYPED = {"data_series": ["11", "12"], "virtual_meters": ["501"], "electricity_meters": ["virtual_meter_501"]}


async def started(bench: Bench) -> Bench:
    """An account that is known and has been read once."""
    await bench.discover()
    await bench.read()
    bench.simulator.requests.clear()
    return bench


async def watched(bench: Bench, minutes: int, step: float = 1) -> list[Readings]:
    """Poll every minute for so long."""
    return [await bench.poll(step) for _ in range(int(minutes / step))]


def times_asked(bench: Bench, path: str) -> list[datetime]:
    return [one.time for one in bench.simulator.requests if one.path == path]


def newest_value(bench: Bench, meter_id: str) -> float | None:
    newest = bench.simulator.newest(meter_id, bench.clock())
    return None if newest is None else newest[1]


# What is read


async def test_every_value_is_the_newest_with_its_own_time(bench: Bench) -> None:
    await bench.discover()
    readings = await bench.read()
    now = bench.clock()
    month = datetime(2026, 11, 1, tzinfo=UTC)
    for meter_id, meter in bench.simulator.meters.items():
        reading, delta = sample_of(readings, meter_id, "reading"), sample_of(readings, meter_id, "month")
        if meter.deactivated(now):
            assert (reading, delta) == (None, None)
            continue
        newest = bench.simulator.newest(meter_id, now)
        assert (newest is None) == (meter.kind == "profiles")
        assert (reading and (reading.time, reading.value)) == newest
        assert reading is None or reading.since is None
        assert delta is not None
        assert (delta.value, delta.time, delta.since) == (bench.simulator.month_delta(meter_id, now), month, month)
    assert readings.problems == {}
    assert readings.broken == frozenset()


async def test_data_series_and_virtual_meters_are_read(make_bench: MakeBench) -> None:
    bench = await make_bench(options=TYPED)
    await bench.discover()
    readings = await bench.read()
    for number in ("11", "12"):
        sample = sample_of(readings, f"data_series_{number}", "value")
        log = bench.simulator.data_series[number].log
        seen = bench.simulator.seen(log, bench.clock())
        time = seen.newest()
        assert sample is not None
        assert time is not None
        assert (sample.time, sample.value) == (time, seen.value(time))
    whole, part = (bench.simulator.month_delta(meter_id, bench.clock()) for meter_id in ("42", "44"))
    assert whole is not None
    assert part is not None
    assert value_of(readings, "virtual_meter_501", "month") == pytest.approx(whole - part, abs=0.002)


async def test_poll_says_what_it_cost(bench: Bench) -> None:
    await bench.discover()
    for minutes in (0, 1, 14, 1, 165):
        sent = len(bench.simulator.requests)
        readings = await bench.poll(minutes)
        assert readings.requests == len(bench.simulator.requests) - sent


async def test_meter_that_is_read_by_hand_once_a_month_is_shown(bench: Bench) -> None:
    await started(bench)
    readings = await bench.poll(15)
    sample = sample_of(readings, "52", "reading")
    assert sample is not None
    assert sample.time == datetime(2026, 11, 1, 9, tzinfo=UTC)


async def test_meter_of_profiles_has_a_month_and_is_asked_for_readings_every_six_hours(bench: Bench) -> None:
    await started(bench)
    await watched(bench, 13 * 60, 5)
    assert len(times_asked(bench, "/meters/51/readings")) == 2
    assert len(times_asked(bench, "/meters/51/deltas")) == 4
    assert len(times_asked(bench, "/meters/42/readings")) == 13 * 4


async def test_late_reading_is_shown_when_it_is_processed(bench: Bench) -> None:
    bench.simulator.delay_reading("42", START.replace(minute=0, second=0), START + timedelta(minutes=40))
    bench.simulator.delay_reading("42", START.replace(minute=15, second=0), START + timedelta(minutes=40))
    await bench.discover()
    await bench.read()
    for _ in range(2):
        readings = await bench.poll(15)
        sample = sample_of(readings, "42", "reading")
        assert sample is not None
        assert (sample.time, sample.value) == bench.simulator.newest("42", bench.clock())
        assert sample.time == START.replace(hour=9, minute=45, second=0)
    readings = await bench.poll(15)
    assert value_of(readings, "42", "reading") == newest_value(bench, "42")
    assert newest_value(bench, "42") == pytest.approx(
        bench.simulator.meters["42"].register(START + timedelta(minutes=30)), abs=1
    )


async def test_corrected_and_deleted_readings_are_followed(bench: Bench) -> None:
    manual = datetime(2026, 11, 1, 9, tzinfo=UTC)
    await started(bench)
    bench.simulator.correct("52", manual, 123.456)
    readings = await bench.poll(15)
    assert value_of(readings, "52", "reading") == 123.456
    bench.simulator.delete_reading("52", manual)
    readings = await bench.poll(15)
    sample = sample_of(readings, "52", "reading")
    assert sample is not None
    assert (sample.time, sample.value) == bench.simulator.newest("52", bench.clock())
    assert sample.time == datetime(2026, 10, 1, 8, tzinfo=UTC)


async def test_reading_to_come_is_not_shown(bench: Bench) -> None:
    def change(body: dict[str, list[dict[str, dict[str, object]]]]) -> object:
        body["data"][0]["attributes"]["time"] = "2027-01-01T00:00:00Z"
        return body

    bench.simulator.faults.add(faults.Rewritten(change), "/meters/42/")
    await bench.discover()
    readings = await bench.read()
    assert "42" not in {point.device_id for point in readings.samples}
    assert "43" in {point.device_id for point in readings.samples}


async def test_service_that_ignores_the_order_is_read_right(bench: Bench) -> None:
    def change(body: dict[str, list[object]]) -> object:
        older = {"id": "1", "attributes": {"time": "2020-01-01T00:00:00", "value": 1}}
        return body | {"data": [older, *body["data"], older, {"id": "2"}]}

    bench.simulator.faults.add(faults.Rewritten(change), "/meters/42/readings")
    await bench.discover()
    assert value_of(await bench.read(), "42", "reading") == newest_value(bench, "42")


# The pace


async def test_account_of_a_building_is_complete_with_its_first_poll(bench: Bench) -> None:
    await bench.discover()
    readings = await bench.read()
    assert readings.requests == 22
    assert {point.device_id for point in readings.samples if point.key == "month"} == {
        device.id for device in bench.inventory.devices
    }
    # From then on: readings four times an hour, months every three hours.
    bench.simulator.requests.clear()
    await watched(bench, 6 * 60 + 1)
    for meter_id in ("42", "48", "52"):
        for path, every, number in (("readings", QUARTER, 24), ("deltas", 3 * HOUR, 2)):
            times = times_asked(bench, f"/meters/{meter_id}/{path}")
            assert len(times) == number
            assert {after - before for before, after in pairwise(times)} == {every}


async def test_polls_that_come_a_little_early_skip_no_reading(bench: Bench) -> None:
    await started(bench)
    for poll in range(4 * 60):
        # Every other time a quarter of an hour has twelve seconds less than it should.
        await bench.poll({0: 0.8, 15: 1.2}.get(poll % 30, 1))
    times = times_asked(bench, "/meters/42/readings")
    assert all(
        timedelta(minutes=14.5) <= after - before <= timedelta(minutes=15.5) for before, after in pairwise(times)
    )
    assert len(times) == 16


@pytest.mark.parametrize("interval", [5, 15, 60])
async def test_account_that_is_polled_seldom_is_complete_with_every_poll(bench: Bench, interval: int) -> None:
    await started(bench)
    for _ in range(180 // interval):
        readings = await bench.poll(interval)
    assert len(readings.samples) == 21


async def test_large_account_is_read_within_a_quarter_of_an_hour_and_within_its_budget(make_bench: MakeBench) -> None:
    bench = await make_bench(meters=400)
    await bench.discover()
    shown: dict[PointId, datetime] = {}
    read = await bench.read()
    for _ in range(15):
        shown |= dict.fromkeys(read.samples, bench.clock())
        read = await bench.poll()
    assert len({point.device_id for point in shown if point.key == "reading"}) == 400
    await watched(bench, 20)
    bench.simulator.requests.clear()
    assert 25 <= bench.vendor.requests_per_poll(bench.inventory.points) <= 35
    await watched(bench, 32)
    per_minute: defaultdict[datetime, int] = defaultdict(int)
    for one in bench.simulator.requests:
        per_minute[one.time] += 1
    assert max(per_minute.values()) <= bench.budget.allowed
    # Each is read again and again, none twice as seldom as it should be.
    for meter_id in bench.simulator.meters:
        times = times_asked(bench, f"/meters/{meter_id}/readings")
        assert len(times) >= 2
        assert all(after - before + timedelta(seconds=20) >= QUARTER for before, after in pairwise(times))


async def test_account_beyond_its_budget_takes_what_the_budget_carries(make_bench: MakeBench) -> None:
    bench = await make_bench(meters=1500)
    await bench.discover()
    await bench.read()
    every = bench.budget.plan(bench.vendor.requests_per_poll(bench.inventory.points), bench.vendor.cadence)
    shown: set[str] = set()
    bench.simulator.requests.clear()
    for _ in range(10):
        readings = await bench.poll(max(2.0, every.total_seconds() / 60))
        assert readings.samples
        shown |= {point.device_id for point in readings.samples}
        assert readings.requests <= bench.budget.allowed
    # None is read twice while others wait.
    assert len(shown) == sum("/readings" in one.path for one in bench.simulator.requests)
    assert all(one.status == 200 for one in bench.simulator.requests if one.method == "GET")


async def test_only_wanted_devices_are_asked(bench: Bench) -> None:
    await started(bench)
    wanted = [point for point in bench.inventory.points if point.id.device_id == "47"]
    bench.clock.advance(3 * HOUR)
    await bench.vendor.read(wanted)
    assert set(bench.asked("/meters")) == {"GET /meters/47/readings", "GET /meters/47/deltas"}
    assert bench.vendor.requests_per_poll(wanted) == 2


async def test_device_that_has_shown_nothing_yet_is_asked_all_the_same(bench: Bench) -> None:
    await started(bench)
    new = bench.simulator.add_meter(installed=bench.clock() + HOUR)
    await bench.discover()
    bench.clock.advance(timedelta(hours=7))
    readings = await bench.vendor.read([])
    assert {point.device_id for point in readings.samples} == {new.id}
    assert readings.inventory is not None
    assert {point.id.device_id for point in readings.inventory.points} >= {new.id, "42"}


async def test_clock_that_was_a_day_ahead_puts_nothing_off(bench: Bench) -> None:
    await bench.discover()
    schedule = Schedule(bench.vendor._known)
    jobs = schedule.jobs(bench.inventory.devices)
    for job in jobs[:11]:
        schedule.done(job, START + timedelta(days=1))
    for job in jobs[11:]:
        schedule.done(job, START)
    assert schedule.due(jobs, START) == jobs[:11]


# Limits and failures


@pytest.mark.parametrize("form", ["delta_seconds", "epoch", "http_date"])
async def test_limit_is_believed_however_it_is_told(make_bench: MakeBench, form: str) -> None:
    bench = await make_bench(rate_limit=60, rate_window_s=600, rate_reset=form)
    await started(bench)
    # Another program of this installation uses up the window.
    for _ in range(60):
        async with bench.connection.session.get(bench.server.url) as response:
            status = response.status
    assert status == 429
    bench.clock.advance(timedelta(minutes=15))
    for _ in range(60):
        async with bench.connection.session.get(bench.server.url):
            pass
    bench.simulator.requests.clear()
    opens = datetime(2026, 11, 17, 10, 20, tzinfo=UTC)
    with pytest.raises(RateLimited) as refusal:
        await bench.read()
    assert [one.status for one in bench.simulator.requests] == [429]
    assert timedelta(0) <= bench.clock() + refusal.value.retry_after - opens <= timedelta(seconds=2)
    while bench.clock() < opens - timedelta(seconds=5):
        bench.clock.advance(timedelta(seconds=5))
        for action in (bench.read, bench.vendor.discover, bench.vendor.login):
            with pytest.raises(RateLimited):
                await action()
    assert len(bench.simulator.requests) == 1
    bench.clock.set(opens + timedelta(seconds=2))
    assert (await bench.read()).samples


async def test_window_that_others_use_is_not_used_up(make_bench: MakeBench) -> None:
    bench = await make_bench(rate_limit=25, rate_window_s=60)
    await bench.discover()
    shown: set[PointId] = set()
    for _ in range(4):
        shown |= (await bench.poll()).samples.keys()
    assert len(shown) == 21
    assert {one.status for one in bench.simulator.requests} <= {200, 201}


async def test_poll_stops_at_the_first_429_and_keeps_what_it_has(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.faults.add(faults.RateLimited(120, "reset"), "/meters/", times=1, skip=5)
    bench.simulator.requests.clear()
    readings = await bench.read()
    assert len(bench.simulator.requests) == 6
    assert len(readings.samples) == 5
    assert readings.problems == {}
    with pytest.raises(RateLimited):
        await bench.poll()
    assert len(bench.simulator.requests) == 6
    readings = await bench.poll(2)
    assert len(readings.samples) == 21 - 5


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(500),
        faults.Status(400),
        faults.Status(409),
        faults.HtmlPage(200),
        faults.EmptyBody(),
        faults.Answer({}),
        faults.Answer({"data": None}),
        faults.Answer(5),
    ],
    ids=repr,
)
async def test_meter_at_which_the_service_stumbles_costs_itself_only(bench: Bench, fault: faults.Fault) -> None:
    bench.simulator.faults.add(fault, "/meters/45/")
    await bench.discover()
    readings = await bench.read()
    assert readings.problems == {"45": Problem.UNREACHABLE}
    assert {point.device_id for point in readings.samples} == {device.id for device in bench.inventory.devices} - {"45"}
    # Tried again alone, it is still no failure of the account.
    polls = await watched(bench, 14)
    assert [one.problems for one in polls if one.problems] == [{"45": Problem.UNREACHABLE}] * 2
    bench.simulator.faults.clear()
    readings = await bench.poll()
    assert value_of(readings, "45", "reading") == newest_value(bench, "45")


@pytest.mark.parametrize(
    "fault", [faults.Status(500), faults.HtmlPage(502), faults.HtmlPage(200), faults.Answer({}), faults.Status(400)]
)
async def test_service_that_fails_three_times_in_a_row_is_left_alone(bench: Bench, fault: faults.Fault) -> None:
    await bench.discover()
    bench.simulator.faults.add(fault, "/meters/")
    bench.simulator.requests.clear()
    with pytest.raises(Exception) as failure:
        await bench.read()
    assert type(failure.value).__name__ in ("CannotConnect", "UnexpectedAnswer")
    assert len(bench.asked("/meters/")) == 3
    bench.simulator.faults.clear()
    # The others first; those three in five minutes.
    readings = await bench.poll()
    assert "42" not in {point.device_id for point in readings.samples if point.key == "reading"}
    assert value_of(await bench.poll(5), "42", "reading") == newest_value(bench, "42")


async def test_service_that_fails_after_a_while_leaves_what_was_read(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.faults.add(faults.Status(500), "/meters/", skip=4)
    bench.simulator.requests.clear()
    readings = await bench.read()
    assert len(bench.simulator.requests) == 7
    assert len(readings.samples) == 4
    assert len(readings.problems) == 3


@pytest.mark.parametrize("account", [{}, {"meters": 1}, {"meters": 60}], ids=repr)
async def test_service_that_is_down_for_long_is_said_to_be_so_in_every_poll(
    make_bench: MakeBench, account: dict[str, int]
) -> None:
    bench = await started(await make_bench(**account))
    bench.clock.advance(QUARTER)
    bench.simulator.faults.add(faults.Status(500), "/meters/")
    for _ in range(30):
        bench.simulator.requests.clear()
        with pytest.raises(CannotConnect):
            await bench.poll()
        assert 1 <= len(bench.asked("/meters/")) <= 3
    bench.simulator.faults.clear()
    shown: set[PointId] = set()
    for readings in await watched(bench, 6):
        shown |= readings.samples.keys()
    assert shown >= {point.id for point in bench.inventory.points if point.id.key == "reading"}


@pytest.mark.parametrize("account", [{"meters": 1}, {"meters": 2}])
async def test_failure_of_all_there_is_is_the_services(make_bench: MakeBench, account: dict[str, int]) -> None:
    bench = await make_bench(**account)
    await bench.discover()
    bench.simulator.faults.add(faults.Status(500), "/meters/")
    with pytest.raises(CannotConnect):
        await bench.read()


async def test_nobody_who_answers_is_asked_once(bench: Bench) -> None:
    await started(bench)
    await bench.poll(15)
    await bench.server.stop()
    sent = bench.vendor._http.sent
    bench.clock.advance(3 * HOUR)
    bench.connection.vault.grant = None
    with pytest.raises(CannotConnect):
        await bench.read()
    assert bench.vendor._http.sent == sent + 1
    await bench.server.start()
    assert len((await bench.poll(5)).samples) == 21


async def test_connection_that_is_lost_at_the_first_meter_ends_the_poll(bench: Bench) -> None:
    await bench.discover()
    sent = bench.vendor._http.sent
    bench.simulator.faults.add(faults.ConnectionReset(share=None), "/meters/")
    with pytest.raises(CannotConnect):
        await bench.read()
    assert bench.vendor._http.sent == sent + 1


# Rights


@pytest.mark.parametrize(
    ("scope", "path", "asked", "kept"),
    [
        ("readings", "/readings", 2, 14),
        ("meter_deltas", "/meters/", 2 + 11, 13),
        ("data_points", "/data_points", 2, 22),
        ("virtual_meter_deltas", "/virtual_meters", 1, 23),
    ],
)
async def test_missing_scope_turns_its_feature_off_and_no_other(
    make_bench: MakeBench, scope: str, path: str, asked: int, kept: int
) -> None:
    bench = await make_bench(options=TYPED)
    bench.simulator.withdraw(LOGIN_TOKEN, scope)
    await bench.discover()
    readings = await bench.read()
    assert [(one.key, one.about, one.words) for one in bench.vendor.notices()] == [
        ("scope_missing", scope, (("scope", scope),))
    ]
    # A notice says it; it is no problem of those devices that happened to be asked first.
    assert readings.problems == {}
    assert len(bench.asked(path)) == asked
    assert len(readings.samples) == kept
    forbidden = sum(one.status == 403 for one in bench.simulator.requests)
    await watched(bench, 5 * 60, 5)
    assert sum(one.status == 403 for one in bench.simulator.requests) == forbidden <= 2
    # Granted, it comes back with the next discovery.
    bench.simulator.grant(LOGIN_TOKEN, scope)
    bench.clock.advance(timedelta(minutes=5))
    await bench.discover()
    assert bench.vendor.notices() == []
    await bench.read()
    assert len(bench.inventory.points) == 24
    assert bench.vendor.notices() == []


async def test_token_without_any_right_to_values(bench: Bench) -> None:
    bench.simulator.withdraw(LOGIN_TOKEN, "readings", "meter_deltas")
    await bench.discover()
    readings = await bench.read()
    assert (readings.samples, readings.requests) == ({}, 4)
    assert {one.about for one in bench.vendor.notices()} == {"readings", "meter_deltas"}
    assert (await bench.poll(15)).requests == 0


async def test_scope_that_is_withdrawn_later_is_missing_as_well(bench: Bench) -> None:
    await started(bench)
    bench.simulator.withdraw(LOGIN_TOKEN, "readings")
    readings = await bench.poll(15)
    # What was shown is to be shown no longer: readings have no age at which they would go by themselves.
    assert {point_id.device_id for point_id in readings.broken} == {*sorted(bench.simulator.meters)[:9], "52"}
    assert {point_id.key for point_id in readings.broken} == {"reading"}
    assert readings.problems == {}
    assert [one.about for one in bench.vendor.notices()] == ["readings"]
    await watched(bench, 7 * 60, 5)
    assert [one.about for one in bench.vendor.notices()] == ["readings"]
    # Nor do discoveries in between hide it.
    for _ in range(3):
        await bench.discover()
        await watched(bench, 6 * 60 + 5, 5)
        assert [one.about for one in bench.vendor.notices()] == ["readings"]
        assert (await bench.poll()).problems == {}
    bench.simulator.grant(LOGIN_TOKEN, "readings")
    bench.clock.advance(timedelta(minutes=5))
    await bench.discover()
    assert value_of(await bench.read(), "42", "reading") == newest_value(bench, "42")
    assert bench.vendor.notices() == []


async def test_scope_that_is_missing_is_no_problem_of_a_meter_that_was_refused_before(bench: Bench) -> None:
    bench.simulator.faults.add(faults.Status(403), "/meters/42/readings")
    await started(bench)
    await bench.discover()
    assert (await bench.poll()).problems == {"42": Problem.PARTLY_NOT_PERMITTED}
    bench.simulator.withdraw(LOGIN_TOKEN, "readings")
    bench.simulator.requests.clear()
    assert (await bench.poll(15)).problems == {}
    assert [one.about for one in bench.vendor.notices()] == ["readings"]
    assert sum(one.status == 403 for one in bench.simulator.requests) == 2


async def test_meter_to_which_there_is_no_right_is_no_missing_scope(bench: Bench) -> None:
    bench.simulator.faults.add(faults.Status(403), "/meters/42/readings")
    await bench.discover()
    for _ in range(3):
        readings = await bench.read()
        assert readings.problems == {"42": Problem.PARTLY_NOT_PERMITTED}
        assert bench.vendor.notices() == []
        # Nor is it after another discovery, whoever is asked first then.
        bench.clock.advance(timedelta(hours=6))
        await bench.discover()
    assert len(bench.asked("/meters/42/readings")) == 3
    assert len(bench.asked("/meters/43/readings")) == 3
    bench.simulator.faults.clear()
    readings = await bench.read()
    assert readings.problems == {}
    assert value_of(readings, "42", "reading") == newest_value(bench, "42")


async def test_refusal_is_the_meters_own_only_when_another_is_answered(make_bench: MakeBench) -> None:
    bench = await make_bench(meters=2)
    bench.simulator.faults.add(faults.Status(403), "/meters/1001/readings")
    bench.simulator.faults.add(faults.Status(500), "/meters/1002/readings", times=1)
    await bench.discover()
    assert (await bench.read()).problems == {"1002": Problem.UNREACHABLE}
    assert (await bench.poll(5)).problems == {"1001": Problem.PARTLY_NOT_PERMITTED}
    assert bench.vendor.notices() == []


async def test_two_meters_without_a_right_cost_the_others_nothing_for_long(bench: Bench) -> None:
    for meter_id in ("45", "48"):
        bench.simulator.faults.add(faults.Status(403), f"/meters/{meter_id}/")
    await bench.discover()
    for _ in range(4):
        readings = await bench.read()
        assert readings.problems == dict.fromkeys(("45", "48"), Problem.NOT_PERMITTED)
        assert bench.vendor.notices() == []
        assert value_of(readings, "42", "reading") == newest_value(bench, "42")
        assert value_of(readings, "52", "month") is not None
        bench.clock.advance(timedelta(hours=6))
        await bench.discover()


async def test_two_forbidden_meters_that_are_asked_first_are_told_apart_after_a_discovery(bench: Bench) -> None:
    for meter_id in ("42", "43"):
        bench.simulator.faults.add(faults.Status(403), f"/meters/{meter_id}/readings")
    await bench.discover()
    await bench.read()
    assert [one.about for one in bench.vendor.notices()] == ["readings"]
    for _ in range(3):
        bench.clock.advance(timedelta(hours=6))
        await bench.discover()
        readings = await bench.read()
        assert bench.vendor.notices() == []
        assert readings.problems == dict.fromkeys(("42", "43"), Problem.PARTLY_NOT_PERMITTED)
        assert value_of(readings, "44", "reading") == newest_value(bench, "44")


async def test_deltas_that_are_not_there_are_quietly_off(make_bench: MakeBench) -> None:
    bench = await make_bench(deltas=404)
    await bench.discover()
    readings = await bench.read()
    assert len(bench.asked("/deltas")) == 2
    assert (readings.problems, bench.vendor.notices()) == ({}, [])
    assert {point.id.key for point in bench.inventory.points} == {"reading"}
    await watched(bench, 5 * 60, 5)
    assert len(bench.asked("/deltas")) == 2


async def test_meters_that_are_there_no_longer_do_not_hide_the_others(bench: Bench) -> None:
    await bench.discover()
    for meter_id in ("42", "43", "44"):
        del bench.simulator.meters[meter_id]
    bench.simulator.virtual_meters.clear()
    readings = await bench.read()
    assert value_of(readings, "45", "reading") == newest_value(bench, "45")
    assert bench.vendor.notices() == []


async def test_typed_id_that_does_not_exist_is_named_until_it_does(make_bench: MakeBench) -> None:
    bench = await make_bench(options={"data_series": ["11", "77"], "virtual_meters": ["88"]})
    await bench.discover()
    readings = await bench.read()
    assert [(one.key, one.about, one.words) for one in bench.vendor.notices()] == [
        ("unknown_data_series", "77", (("id", "77"),)),
        ("unknown_virtual_meter", "88", (("id", "88"),)),
    ]
    assert value_of(readings, "data_series_11", "value") is not None
    assert (readings.problems, len(readings.samples)) == ({}, 22)
    await watched(bench, 60, 5)
    assert len(bench.asked("/data_series/77")) == 1
    log = bench.simulator.data_series["11"].log
    bench.simulator.data_series["77"] = DataSeries("77", "New", "°C", "new", log)
    bench.simulator.virtual_meters["88"] = VirtualMeter("88", "New", "001-001-0002-0V-EL", "7", {"42": 2.0})
    await bench.discover()
    readings = await bench.read()
    assert bench.vendor.notices() == []
    assert value_of(readings, "data_series_77", "value") is not None
    delta = bench.simulator.month_delta("42", bench.clock())
    assert delta is not None
    assert value_of(readings, "virtual_meter_88", "month_without_unit") == pytest.approx(2 * delta, abs=0.002)


@pytest.mark.parametrize(("type_", "tries"), [("virtual_meter_deltas", 1), ("meter_deltas", 2), ("none", 3)])
async def test_order_that_virtual_meters_take_is_found_out_once(make_bench: MakeBench, type_: str, tries: int) -> None:
    bench = await make_bench(options={"virtual_meters": ["501"]}, virtual_filter=type_)
    await bench.discover()
    assert value_of(await bench.read(), "virtual_meter_501", "month_without_unit") is not None
    assert len(bench.asked("/virtual_meters")) == tries
    for _ in range(3):
        assert value_of(await bench.poll(180), "virtual_meter_501", "month_without_unit") is not None
    assert len(bench.asked("/virtual_meters")) == tries + 3


# Months

MONTHS = [
    ("Europe/London", datetime(2026, 11, 30, 23, 50, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 7, 31, 22, 50, 30, tzinfo=UTC), datetime(2026, 7, 31, 23, tzinfo=UTC)),
    # Summer time begins in March and ends in October.
    ("Europe/London", datetime(2026, 3, 31, 22, 50, 30, tzinfo=UTC), datetime(2026, 3, 31, 23, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 10, 31, 23, 50, 30, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 12, 31, 23, 50, 30, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ("America/St_Johns", datetime(2026, 12, 1, 3, 20, 30, tzinfo=UTC), datetime(2026, 12, 1, 3, 30, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 11, 30, 18, 5, 30, tzinfo=UTC), datetime(2026, 11, 30, 18, 15, tzinfo=UTC)),
]


@pytest.mark.parametrize(("zone", "start", "begins"), MONTHS)
async def test_month_that_is_over_is_gone_at_once_and_the_new_one_comes(
    make_bench: MakeBench, zone: str, start: datetime, begins: datetime
) -> None:
    bench = await make_bench(start=start, timezone=ZoneInfo(zone))
    meter = bench.simulator.add_meter(time_zone=zone).id
    bench.simulator.meters = {meter: bench.simulator.meters[meter]}
    await bench.discover()
    readings = await bench.read()
    old = sample_of(readings, meter, "month")
    assert old is not None
    assert old.since is not None
    local = old.since.astimezone(ZoneInfo(zone))
    assert (local.day, local.hour, local.minute) == (1, 0, 0)
    assert old.value == bench.simulator.month_delta(meter, bench.clock())
    month = PointId(device_id=meter, key="month")
    while (readings := await bench.poll()).broken == frozenset():
        assert bench.clock() < begins
    assert readings.broken == {month}
    assert begins <= bench.clock() < begins + timedelta(minutes=1)
    while month not in (readings := await bench.poll()).samples:
        assert readings.broken == frozenset()
    new = readings.samples[month]
    assert (new.since, new.value) == (begins, bench.simulator.month_delta(meter, bench.clock()))
    assert bench.clock() - begins < timedelta(minutes=20)


async def test_month_of_which_the_first_readings_are_late_is_asked_for_again(make_bench: MakeBench) -> None:
    begins = datetime(2026, 12, 1, tzinfo=UTC)
    bench = await make_bench(start=begins - timedelta(minutes=10, seconds=30))
    meter = bench.simulator.add_meter(time_zone="UTC").id
    bench.simulator.meters = {meter: bench.simulator.meters[meter]}
    for quarter in range(5):
        bench.simulator.delay_reading(meter, begins + quarter * QUARTER, begins + timedelta(minutes=70))
    await bench.discover()
    month = PointId(device_id=meter, key="month")
    assert month in (await bench.read()).samples
    bench.simulator.requests.clear()
    await watched(bench, 75, 1)
    assert month not in (await bench.read()).samples
    while month not in (await bench.poll()).samples:
        assert bench.clock() - begins < timedelta(minutes=95)
    # Once in a quarter of an hour, and every three hours again once it is there.
    assert len(times_asked(bench, f"/meters/{meter}/deltas")) <= 6
    bench.simulator.requests.clear()
    await watched(bench, 170, 5)
    assert times_asked(bench, f"/meters/{meter}/deltas") == []


async def test_month_that_ends_while_the_service_is_down_is_gone_when_it_is_back(make_bench: MakeBench) -> None:
    bench = await started(await make_bench(start=datetime(2026, 11, 30, 23, 50, 30, tzinfo=UTC)))
    bench.simulator.faults.add(faults.Status(500))
    for _ in range(3):
        with pytest.raises(CannotConnect):
            await bench.poll(QUARTER / timedelta(minutes=1))
    bench.simulator.faults.clear()
    readings = await bench.poll()
    assert {point.device_id for point in readings.broken} == {device.id for device in bench.inventory.devices}


async def test_month_of_which_nothing_is_known_yet_is_not_shown(make_bench: MakeBench) -> None:
    start = datetime(2026, 12, 1, 0, 2, 30, tzinfo=UTC)
    bench = await make_bench(start=start)
    await bench.discover()
    readings = await bench.read()
    # All there is, is November's.
    assert {point.key for point in readings.samples} == {"reading"}
    assert readings.broken == frozenset()
    await watched(bench, 6 * 60 + 10, 5)
    assert "month" in {point.id.key for point in bench.inventory.points}


async def test_month_that_is_revised_is_taken_over(bench: Bench) -> None:
    await started(bench)
    newest = bench.simulator.newest("42", bench.clock())
    assert newest is not None
    log = bench.simulator.meters["42"].log
    log.until = newest[0]
    bench.simulator.correct("42", newest[0], newest[1] - 500)
    before = bench.simulator.month_delta("42", bench.clock())
    readings = await bench.poll(180)
    assert value_of(readings, "42", "month") == before
    bench.simulator.correct("42", newest[0], newest[1] + 500)
    readings = await bench.poll(180)
    sample = sample_of(readings, "42", "month")
    assert sample is not None
    assert before is not None
    assert sample.value == pytest.approx(before + 1000, abs=0.01)
    assert sample.since == datetime(2026, 11, 1, tzinfo=UTC)


# Restarts


async def test_restart_shows_all_values_without_a_discovery(make_bench: MakeBench) -> None:
    bench = await started(await make_bench(options=TYPED))
    bench.restarted()
    bench.clock.advance(QUARTER)
    readings = await bench.read()
    assert set(readings.samples) == {point.id for point in bench.inventory.points}
    assert readings.inventory is None
    assert not bench.vendor.wants_discovery()
    assert bench.asked("/meters") == [
        one for one in bench.asked("/meters") if one not in ("GET /meters", "GET /entities")
    ]


async def test_restart_with_a_meter_that_had_shown_nothing_wants_a_discovery(bench: Bench) -> None:
    await started(bench)
    points = tuple(point for point in bench.inventory.points if point.id.device_id != "42")
    kept = Inventory(sites=bench.inventory.sites, devices=bench.inventory.devices, points=points)
    bench.inventory = kept
    bench.restarted()
    readings = await bench.poll()
    assert sample_of(readings, "42", "reading") is None
    assert readings.inventory is None
    assert bench.vendor.wants_discovery()
    await bench.discover()
    assert not bench.vendor.wants_discovery()
    await bench.poll(360)
    assert {point.id.key for point in bench.inventory.points if point.id.device_id == "42"} == {"reading", "month"}


async def test_amount_is_the_months_whatever_day_its_time_is(bench: Bench) -> None:
    def on_the_tenth(body: Any) -> Any:
        for delta in body["data"]:
            delta["attributes"]["time"] = delta["attributes"]["time"].replace("-01T00:00:00", "-10T12:30:00")
        return body

    bench.simulator.faults.add(faults.Rewritten(on_the_tenth), "/meters/42/deltas")
    await bench.discover()
    sample = sample_of(await bench.read(), "42", "month")
    assert sample is not None
    assert (sample.since, sample.time) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 11, 10, 12, 30, tzinfo=UTC),
    )


async def test_service_that_finds_no_meter_costs_nothing_else_that_was_read(make_bench: MakeBench) -> None:
    bench = await make_bench(options=TYPED)
    await bench.discover()
    bench.simulator.faults.add(faults.Status(404), re.compile("/readings$"))
    await bench.read()
    with pytest.raises(UnexpectedAnswer):
        await bench.poll(14)
    # The data series are due before the meters are asked for again.
    assert value_of(await bench.poll(6), "data_series_11", "value") is not None


async def test_meters_that_stay_away_keep_nobody_from_being_asked_again(make_bench: MakeBench) -> None:
    bench = await make_bench(meters=35, deltas=404)
    await bench.discover()
    ids = [device.id for device in bench.inventory.devices]
    away = bench.simulator.faults.add(faults.Status(404), re.compile("/readings$"))
    for _ in range(3):
        with suppress(UnexpectedAnswer):
            await bench.poll(10)
    bench.simulator.faults.remove(away)
    bench.simulator.faults.add(faults.Status(404), re.compile(f"/({'|'.join(ids[:32])})/readings$"))
    seen: set[str] = set()
    for _ in range(4):
        with suppress(UnexpectedAnswer):
            seen |= {one.device_id for one in (await bench.poll(6)).samples if one.key == "reading"}
    assert seen == set(ids[32:])
