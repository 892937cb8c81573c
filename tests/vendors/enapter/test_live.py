"""Polls: few requests, the service's own values and times, alerts that come and go, and what one bad device costs."""

from contextlib import suppress
from datetime import datetime, timedelta
import re
from typing import Any
from urllib.parse import quote as really_quote, unquote, urlencode

from aiohttp import web
from aiohttp.typedefs import Handler
import pytest

from custom_components.energy_clouds.vendors.budget import LIVE_SHARE, Budget, Limit
from custom_components.energy_clouds.vendors.enapter import batches
from custom_components.energy_clouds.vendors.enapter.alerts import FirstSeen
from custom_components.energy_clouds.vendors.enapter.batches import LONGEST_ADDRESS, Batches, Turn, query_of
from custom_components.energy_clouds.vendors.errors import CannotConnect, InvalidCredentials, RateLimited, VendorError
from custom_components.energy_clouds.vendors.model import PointId, Problem, Readings
from tests.simulators import faults
from tests.simulators.enapter import (
    AMBIENT_SENSOR,
    BATTERY,
    ELECTROLYSER,
    EV_CHARGER,
    HYBRID_INVERTER,
    OLD_METER,
    POWER_METER,
    READ_ONLY_TOKEN,
    TOKEN,
    compiled_v3,
    number,
    other,
)

from .conftest import START, Bench, MakeBench, sample_of, value_of

LATEST = re.compile("/telemetry/latest$")
DEVICES = re.compile("/v3/devices$")
OWN = ("own,connectivity", "own,alerts_error", "own,alerts_warning", "own,alerts_info", "own,raised_alerts")


def is_own(key: str) -> bool:
    return key in OWN or key.startswith("own,alert_")


def telemetry_of(readings: Readings, device: str) -> set[str]:
    return {one.key for one in readings.samples if one.device_id == device and not is_own(one.key)}


def asked_attributes(bench: Bench) -> dict[str, set[str]]:
    """The attributes that were asked for, by device."""
    found: dict[str, set[str]] = {}
    for request in bench.simulator.requests:
        for key, value in request.query.items():
            if key.startswith("devices["):
                found.setdefault(key[8:-1], set()).update(value.split(","))
    return found


# Values


async def test_values_and_times_are_the_services_own(bench: Bench) -> None:
    await bench.discover()
    readings = await bench.poll()
    assert readings.problems == {}
    compared = 0
    for point in bench.inventory.points:
        if is_own(point.id.key) or point.words or point.unit is None:
            continue
        row = bench.simulator.truth(point.id.device_id, point.id.key, bench.clock())
        sample = readings.samples[point.id]
        assert row is not None
        assert (sample.time, sample.value) == row
        compared += 1
    assert compared > 80


async def test_poll_is_a_list_and_one_request_for_values(bench: Bench) -> None:
    await bench.discover()
    await bench.poll()
    bench.simulator.requests.clear()
    readings = await bench.poll()
    assert bench.asked() == ["GET /v3/devices", "GET /v3/telemetry/latest"]
    listing, latest = bench.simulator.requests
    assert listing.query["expand"] == "connectivity,raised_alert_names"
    assert latest.query["relevance_interval"] == "300s"
    assert readings.requests == bench.vendor.requests_per_poll(bench.inventory.points) == 2
    # Only what is declared is asked for, and of it only what is shown.
    attributes = asked_attributes(bench)
    assert attributes[ELECTROLYSER].isdisjoint({"stack", "firmware", "alerts"})
    assert attributes[ELECTROLYSER] >= {"status", "running", "warnings"}


async def test_only_what_somebody_wants_is_asked_for(bench: Bench) -> None:
    await bench.discover()
    wanted = [point for point in bench.inventory.points if point.id.device_id == BATTERY]
    await bench.vendor.read(wanted)
    assert asked_attributes(bench).keys() == {BATTERY}
    bench.simulator.requests.clear()
    readings = await bench.vendor.read([])
    assert bench.asked() == ["GET /v3/devices"]
    assert bench.vendor.requests_per_poll([]) == readings.requests == 1


@pytest.mark.parametrize("devices", [1, 10, 60, 250])
async def test_addresses_stay_short(make_bench: MakeBench, devices: int) -> None:
    bench = await make_bench(devices=devices)
    await bench.discover()
    bench.simulator.requests.clear()
    readings = await bench.poll()
    lengths = [len(f"{bench.server.url}{one.path}?{one.query_string}") for one in bench.simulator.requests]
    assert max(lengths) < LONGEST_ADDRESS
    assert len({one.device_id for one in readings.samples}) == devices
    assert readings.requests == bench.vendor.requests_per_poll(bench.inventory.points)
    # The fewest that can carry them: but for the last, and the list, all are nearly full.
    latest = [length for length in lengths if length > 500]
    assert all(length > LONGEST_ADDRESS * 0.8 for length in latest[:-1])


async def test_device_with_hundreds_of_attributes_takes_several_addresses(bench: Bench) -> None:
    channels = [number(f"a_rather_long_name_{index}", None, "W", lambda _: 1.0) for index in range(400)]
    device = bench.simulator.add_device("Big", manifest=compiled_v3("Big", channels), channels=channels)
    await bench.discover()
    readings = await bench.poll()
    assert len(telemetry_of(readings, device.id)) == 400


@pytest.mark.parametrize("limit", [3000, 1000, 600])
async def test_address_that_is_too_long_is_halved(make_bench: MakeBench, limit: int) -> None:
    bench = await make_bench(address_limit=limit)
    await bench.discover()
    first = await bench.read()
    for _ in range(4):
        readings = await bench.poll()
    assert readings.problems == {}
    assert len(readings.samples) >= len(first.samples)
    assert len(readings.samples) == len(bench.inventory.points) - 1
    # That is known now.
    bench.simulator.requests.clear()
    await bench.poll()
    assert {one.status for one in bench.simulator.requests} == {200}


async def test_one_device_in_addresses_that_are_too_long(make_bench: MakeBench) -> None:
    bench = await make_bench(address_limit=900)
    channels = [number(f"a_rather_long_name_{index}", None, "W", lambda _: 1.0) for index in range(60)]
    bench.simulator.devices.clear()
    device = bench.simulator.add_device("Big", manifest=compiled_v3("Big", channels), channels=channels)
    await bench.discover()
    for _ in range(2):
        readings = await bench.poll()
        assert len(telemetry_of(readings, device.id)) == 60


@pytest.mark.parametrize("missing", ["warning", "absent"])
@pytest.mark.parametrize("silent", ["entries", "absent"])
async def test_silent_device_has_no_values_and_hurts_nobody(make_bench: MakeBench, missing: str, silent: str) -> None:
    bench = await make_bench(missing=missing, silent_device=silent)
    await bench.discover()
    bench.simulator.silence(BATTERY)
    bench.simulator.set_connectivity(BATTERY, "OFFLINE")
    readings = await bench.poll(4)
    # Up to five minutes the newest value still counts, with the time at which it was measured.
    assert telemetry_of(readings, BATTERY)
    assert bench.clock() - sample_of(readings, BATTERY, "battery_soc").time > timedelta(minutes=3)  # type: ignore[union-attr]
    readings = await bench.poll(5)
    assert telemetry_of(readings, BATTERY) == set()
    assert not any(one.device_id == BATTERY for one in readings.broken)
    assert telemetry_of(readings, POWER_METER)
    assert value_of(readings, BATTERY, "own,connectivity") is False


async def test_null_says_that_there_is_no_value(bench: Bench) -> None:
    await bench.discover()
    await bench.poll()
    bench.simulator.set_value(BATTERY, "battery_soc", None)
    bench.simulator.set_value(BATTERY, "battery_status", "")
    readings = await bench.poll()
    for key in ("battery_soc", "battery_status"):
        assert PointId(device_id=BATTERY, key=key) in readings.broken
        assert value_of(readings, BATTERY, key) is None
    bench.simulator.restore(BATTERY, "battery_soc")
    readings = await bench.poll()
    assert isinstance(value_of(readings, BATTERY, "battery_soc"), float)


@pytest.mark.parametrize("value", ["12", True, [1], {"a": 1}, 10**400])
async def test_value_that_is_not_what_was_declared_is_absent(bench: Bench, value: object) -> None:
    await bench.discover()
    bench.simulator.set_value(BATTERY, "battery_soc", value)
    readings = await bench.poll()
    assert value_of(readings, BATTERY, "battery_soc") is None
    assert PointId(device_id=BATTERY, key="battery_soc") not in readings.broken
    assert len(telemetry_of(readings, BATTERY)) > 5


async def test_word_that_is_not_in_the_enumeration_is_shown(bench: Bench) -> None:
    await bench.discover()
    readings = await bench.poll()
    assert value_of(readings, BATTERY, "battery_status") in {"Idle", "Charging", "Discharging"}
    bench.simulator.set_value(BATTERY, "battery_status", "calibrating")
    assert value_of(await bench.poll(), BATTERY, "battery_status") == "calibrating"


async def test_time_to_come_is_not_believed(bench: Bench) -> None:
    await bench.discover()

    def later(body: dict[str, Any]) -> dict[str, Any]:
        body["telemetry"][BATTERY]["battery_soc"]["timestamp"] += 3600
        body["telemetry"][BATTERY]["battery_soh"]["timestamp"] = "soon"
        return body

    bench.simulator.faults.add(faults.Rewritten(later), LATEST)
    readings = await bench.poll()
    assert telemetry_of(readings, BATTERY).isdisjoint({"battery_soc", "battery_soh"})
    assert "battery_power" in telemetry_of(readings, BATTERY)


async def test_what_was_not_asked_for_is_not_taken(bench: Bench) -> None:
    await bench.discover()
    entry = {"timestamp": int(bench.clock().timestamp()), "value": 1}
    more = {"own,connectivity": entry, "made_up": entry, "own,alerts_error": entry}
    added = faults.Rewritten(
        lambda body: {
            "telemetry": {"another": more, **body["telemetry"], BATTERY: {**body["telemetry"][BATTERY], **more}}
        }
    )
    bench.simulator.faults.add(added, LATEST)
    readings = await bench.poll()
    assert readings.samples.keys() <= {point.id for point in bench.inventory.points}
    assert value_of(readings, BATTERY, "own,connectivity") is True


async def test_hidden_attributes_have_no_values(make_bench: MakeBench) -> None:
    bench = await make_bench(token=READ_ONLY_TOKEN)
    await bench.discover()
    readings = await bench.poll()
    assert readings.problems == {}
    assert telemetry_of(readings, ELECTROLYSER).isdisjoint({"production_rate", "service_counter"})
    assert "status" in telemetry_of(readings, ELECTROLYSER)


# Connections


@pytest.mark.parametrize("status", ["OFFLINE", "ONLINE"])
async def test_connection(bench: Bench, status: Any) -> None:
    await bench.discover()
    bench.simulator.set_connectivity(BATTERY, status)
    assert value_of(await bench.read(), BATTERY, "own,connectivity") is (status == "ONLINE")


async def test_connection_of_which_nobody_knows_is_not_shown(bench: Bench) -> None:
    await bench.discover()
    await bench.poll()
    bench.simulator.set_connectivity(BATTERY, "UNKNOWN")
    readings = await bench.poll()
    assert PointId(device_id=BATTERY, key="own,connectivity") in readings.broken
    bench.simulator.set_connectivity(BATTERY, "ONLINE")
    sample = sample_of(await bench.poll(), BATTERY, "own,connectivity")
    assert sample is not None
    assert (sample.value, sample.time) == (True, bench.clock())


# Alerts


async def test_alerts_come_and_go(bench: Bench) -> None:
    await bench.discover()
    readings = await bench.poll()
    quiet = {
        "own,alerts_error": False,
        "own,alerts_warning": False,
        "own,alerts_info": False,
        "own,raised_alerts": "none",
    }
    assert {key: value_of(readings, HYBRID_INVERTER, key) for key in quiet} == quiet
    bench.simulator.raise_alert(HYBRID_INVERTER, "low_voltage")
    readings = await bench.poll()
    assert {key: value_of(readings, HYBRID_INVERTER, key) for key in quiet} == {
        **quiet,
        "own,alerts_warning": True,
        "own,raised_alerts": "Low voltage",
    }
    assert value_of(readings, HYBRID_INVERTER, "own,alert_low_voltage") is True
    bench.simulator.raise_alert(HYBRID_INVERTER, "grid_lost")
    assert value_of(await bench.poll(), HYBRID_INVERTER, "own,raised_alerts") == "Grid lost, Low voltage"
    bench.simulator.clear_alert(HYBRID_INVERTER)
    readings = await bench.poll()
    assert {key: value_of(readings, HYBRID_INVERTER, key) for key in quiet} == quiet
    assert value_of(readings, HYBRID_INVERTER, "own,alert_low_voltage") is False


async def test_alert_has_the_time_at_which_it_was_first_seen(bench: Bench) -> None:
    await bench.discover()
    first = await bench.poll()
    seen = bench.clock()
    second = await bench.poll()
    for key in ("own,alerts_error", "own,raised_alerts", "own,connectivity"):
        assert sample_of(second, BATTERY, key) == sample_of(first, BATTERY, key)
    bench.simulator.raise_alert(BATTERY, "grid_lost")
    third = await bench.poll()
    assert sample_of(third, BATTERY, "own,alerts_error").time == bench.clock()  # type: ignore[union-attr]
    assert sample_of(third, BATTERY, "own,alerts_warning").time == seen  # type: ignore[union-attr]


def test_value_that_changes_is_never_older_than_the_one_before() -> None:
    """The service's clock may be set back a little between two polls."""
    first_seen, point_id = FirstSeen(), PointId(device_id="d", key="own,connectivity")
    first = first_seen.sample(point_id, True, START)
    assert first_seen.sample(point_id, True, START + timedelta(minutes=1)) == first
    assert first_seen.sample(point_id, False, START - timedelta(minutes=1)).time == START
    # What was told by a clock that was quite wrong does not bind.
    long_ago = START - timedelta(hours=1)
    assert first_seen.sample(point_id, True, long_ago).time == long_ago
    first_seen.forget(point_id)
    assert first_seen.sample(point_id, True, START).time == START


async def test_alert_that_nobody_declared_is_an_error_of_its_own(bench: Bench) -> None:
    await bench.discover()
    await bench.poll()
    bench.simulator.raise_alert(BATTERY, "E-77")
    readings = await bench.poll()
    assert readings.inventory is not None
    (point,) = [one for one in readings.inventory.points if one.id.key == "own,alert_E-77"]
    assert (point.name, point.noisy) == ("E-77", True)
    assert value_of(readings, BATTERY, "own,alert_E-77") is True
    assert value_of(readings, BATTERY, "own,alerts_error") is True
    assert value_of(readings, BATTERY, "own,raised_alerts") == "E-77"
    # It stays known, over a discovery and over a restart.
    bench.simulator.clear_alert(BATTERY)
    await bench.discover()
    assert value_of(await bench.poll(), BATTERY, "own,alert_E-77") is False
    bench.restarted()
    assert value_of(await bench.poll(), BATTERY, "own,alert_E-77") is False


async def test_device_without_alerts_gets_their_points_with_the_first(bench: Bench) -> None:
    inventory = await bench.discover()
    assert "own,alerts_error" not in {one.id.key for one in inventory.points if one.id.device_id == EV_CHARGER}
    await bench.poll()
    bench.simulator.raise_alert(EV_CHARGER, "locked")
    readings = await bench.poll()
    assert value_of(readings, EV_CHARGER, "own,alerts_error") is True
    assert {one.id.key for one in bench.inventory.points if one.id.device_id == EV_CHARGER} >= {
        *OWN,
        "own,alert_locked",
    }


async def test_endless_new_alerts_end(bench: Bench) -> None:
    await bench.discover()
    for round_ in range(5):
        for index in range(30):
            bench.simulator.raise_alert(BATTERY, f"alert {round_} {index}")
        await bench.poll()
    alerts = [
        one for one in bench.inventory.points if one.id.device_id == BATTERY and one.id.key.startswith("own,alert_")
    ]
    assert len(alerts) < 60


async def test_alerts_come_with_the_telemetry_where_the_list_has_none(make_bench: MakeBench) -> None:
    bench = await make_bench(expand_known="documented")
    await bench.discover()
    bench.simulator.raise_alert(HYBRID_INVERTER, "low_voltage")
    readings = await bench.poll()
    assert "alerts" in asked_attributes(bench)[HYBRID_INVERTER]
    assert value_of(readings, HYBRID_INVERTER, "own,raised_alerts") == "Low voltage"
    assert value_of(readings, BATTERY, "own,raised_alerts") == "none"
    # Of what has no such attribute nobody knows.
    assert value_of(readings, AMBIENT_SENSOR, "own,raised_alerts") is None
    bench.simulator.clear_alert(HYBRID_INVERTER)
    assert value_of(await bench.poll(), HYBRID_INVERTER, "own,raised_alerts") == "none"


async def test_alerts_stay_while_the_list_fails(bench: Bench) -> None:
    await bench.discover()
    await bench.poll()
    bench.simulator.faults.add(faults.Status(500), DEVICES)
    readings = await bench.poll()
    assert telemetry_of(readings, BATTERY)
    assert not any(is_own(one.key) for one in readings.samples)
    assert not any(is_own(one.key) for one in readings.broken)


async def test_alerts_are_not_shown_for_ever_while_the_list_fails(bench: Bench) -> None:
    await bench.discover()
    await bench.poll()
    bench.simulator.faults.add(faults.Status(500), DEVICES)
    for _ in range(16):
        readings = await bench.poll()
        assert not any(is_own(one.key) for one in readings.broken)
    readings = await bench.poll()
    assert readings.broken == {one.id for one in bench.inventory.points if is_own(one.id.key)}
    assert telemetry_of(readings, BATTERY)
    # What comes back is news, although it is the same.
    bench.simulator.faults.clear()
    readings = await bench.poll()
    assert readings.broken == frozenset()
    for key in ("own,connectivity", "own,alerts_error"):
        assert sample_of(readings, BATTERY, key).time == bench.clock()  # type: ignore[union-attr]
    # And each failure counts from its own beginning.
    bench.simulator.faults.add(faults.Status(500), DEVICES)
    assert not (await bench.poll()).broken


# More than one poll carries


def limited_to(bench: Bench, requests: int) -> None:
    """Have the vendor made anew, with a budget of so many requests a minute."""

    async def sleep(seconds: float) -> None:
        bench.clock.advance(timedelta(seconds=seconds))

    limit = Limit(requests=requests, window=timedelta(minutes=1))
    clock = bench.clock
    bench.restarted(budget=Budget(limit, now=clock, monotonic=lambda: clock().timestamp(), sleep=sleep))


async def test_what_one_poll_does_not_carry_is_read_by_the_next(make_bench: MakeBench) -> None:
    bench: Bench = await make_bench(devices=250)
    await bench.discover()
    in_all = bench.vendor.requests_per_poll(bench.inventory.points) - 5
    limited_to(bench, 14)
    live = int(bench.budget.allowed * LIVE_SHARE)
    points = bench.inventory.points
    assert bench.vendor.requests_per_poll(points) == live - 1 == 5 + 2
    rounds = bench.vendor.polls_per_round(points)
    assert rounds == -(-in_all // 2) > 2
    for _ in range(3):
        seen: list[str] = []
        for _ in range(rounds):
            readings = await bench.poll()
            assert readings.problems == {}
            assert readings.requests <= live
            seen += [device for device in bench.simulator.devices if telemetry_of(readings, device)]
        assert set(seen) == bench.simulator.devices.keys()
        # Each in its turn: only those that are in the same batch as the last ones come twice.
        assert len(seen) < 1.5 * len(bench.simulator.devices)
    # Where there is room for all, one poll reads them.
    limited_to(bench, 120)
    assert bench.vendor.polls_per_round(points) == bench.vendor.polls_per_round(()) == 1


async def test_limit_that_is_met_is_no_news_of_devices_and_moves_no_turn(make_bench: MakeBench) -> None:
    bench: Bench = await make_bench(devices=250)
    await bench.discover()
    await bench.poll()
    seen: set[str] = set()
    for _ in range(4):
        bench.simulator.faults.add(faults.RateLimited(30), LATEST, times=1, skip=2)
        readings = await bench.poll(5)
        assert readings.problems == {}
        seen |= {device for device in bench.simulator.devices if telemetry_of(readings, device)}
        bench.simulator.faults.clear()
    assert seen == bench.simulator.devices.keys()


async def test_refused_device_is_found_where_there_is_next_to_no_room(make_bench: MakeBench) -> None:
    bench: Bench = await make_bench(devices=60)
    await bench.discover()
    bad = sorted(bench.simulator.devices)[30]
    bench.simulator.forbid(bad)
    limited_to(bench, 6)
    seen: set[str] = set()
    for _ in range(40):
        try:
            readings = await bench.poll(2)
        except RateLimited:
            continue
        seen |= {device for device in bench.simulator.devices if telemetry_of(readings, device)}
    assert seen == bench.simulator.devices.keys() - {bad}
    assert readings.problems == {bad: Problem.PARTLY_NOT_PERMITTED}


def test_turn_goes_on_where_the_last_one_is_gone() -> None:
    turn, all_ = Turn(), [((f"{number}", ("a", "b")),) for number in range(4)]
    assert turn.order(all_) == all_
    turn.took(all_[0])
    assert turn.order(all_) == [*all_[1:], all_[0]]
    turn.took(all_[1])
    assert turn.order([all_[0], *all_[2:]]) == [all_[3], all_[0], all_[2]]
    assert turn.order(all_[:1]) == all_[:1]
    assert turn.order([]) == []


def test_planning_takes_time_for_each_attribute_once(monkeypatch: pytest.MonkeyPatch) -> None:
    quoted: list[str] = []

    def quote(text: str, safe: str = "") -> str:
        quoted.append(text)
        return really_quote(text, safe=safe)

    monkeypatch.setattr(batches, "quote", quote)
    batches._quoted.cache_clear()
    wanted = {f"device {one}": [f"value, {one}-{number}" for number in range(500)] for one in range(20)}
    planned = Batches().plan(wanted, START)
    assert len(quoted) <= 20 * 501
    found: dict[str, list[str]] = {}
    for batch in planned:
        assert len(urlencode(query_of(batch), quote_via=really_quote, safe="")) < LONGEST_ADDRESS
        for device, attributes in batch:
            found.setdefault(device, []).extend(attributes)
    assert found == wanted
    assert Batches().count(wanted) == len(planned)


# What goes wrong


async def test_forbidden_device_costs_itself_only(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.forbid(BATTERY)
    readings = await bench.poll()
    assert readings.problems == {BATTERY: Problem.PARTLY_NOT_PERMITTED}
    assert telemetry_of(readings, BATTERY) == set()
    # Its telemetry is not shown any more; its connection and alerts are, for these may be read.
    assert {one.key for one in readings.broken} >= {"battery_soc", "battery_power"}
    assert {one.device_id for one in readings.broken} == {BATTERY}
    assert value_of(readings, BATTERY, "own,connectivity") is True
    assert value_of(readings, BATTERY, "own,raised_alerts") == "none"
    others = {one.id.device_id for one in bench.inventory.points if not is_own(one.id.key)} - {BATTERY}
    assert all(telemetry_of(readings, device) for device in others)
    # For an hour it is not asked for, then it is, by itself.
    bench.simulator.requests.clear()
    for _ in range(10):
        assert (await bench.poll()).problems == {BATTERY: Problem.PARTLY_NOT_PERMITTED}
    assert len(bench.asked("latest")) == 10
    bench.simulator.allow(BATTERY)
    readings = await bench.poll(60)
    assert readings.problems == {}
    assert telemetry_of(readings, BATTERY)


@pytest.mark.parametrize("status", [404, 422])
async def test_device_that_the_telemetry_does_not_know_is_unreachable(make_bench: MakeBench, status: int) -> None:
    bench = await make_bench(forbidden_device=status)
    await bench.discover()
    bench.simulator.forbid(BATTERY, OLD_METER)
    readings = await bench.poll()
    assert readings.problems == {BATTERY: Problem.UNREACHABLE, OLD_METER: Problem.UNREACHABLE}
    assert telemetry_of(readings, POWER_METER)


async def test_device_that_is_left_out_and_removed_is_forgotten(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.forbid(BATTERY)
    await bench.poll()
    bench.simulator.remove_device(BATTERY)
    bench.simulator.allow(BATTERY)
    assert (await bench.poll()).problems == {}
    assert (await bench.poll(61)).problems == {}
    assert bench.vendor._live._batches.left_out == {}


async def test_list_that_is_wrong_for_once_costs_no_value(bench: Bench) -> None:
    await bench.discover()
    await bench.poll()
    bench.simulator.faults.add(faults.Answer({"devices": [], "total_count": 0}), DEVICES, times=2)
    readings = await bench.poll()
    assert telemetry_of(readings, BATTERY)
    assert readings.problems == {}
    known = bench.inventory.points
    assert (await bench.vendor.discover()).devices == ()
    # The points are still wanted, since nothing vanishes at once.
    readings = await bench.vendor.read(known)
    assert telemetry_of(readings, BATTERY)
    assert value_of(readings, BATTERY, "own,connectivity") is True
    assert bench.vendor.wants_discovery()
    bench.simulator.requests.clear()
    assert (await bench.discover()).points == known
    assert bench.asked("manifest") == []


async def test_device_that_was_removed_costs_the_others_nothing(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.remove_device(BATTERY)
    readings = await bench.poll()
    assert readings.problems == {}
    assert telemetry_of(readings, POWER_METER)
    assert len(bench.asked("latest")) == 1


async def test_two_hundred_bad_devices_are_found_without_a_flood(make_bench: MakeBench) -> None:
    bench = await make_bench(devices=250)
    inventory = await bench.discover()
    usual = bench.vendor.requests_per_poll(inventory.points)
    ids = sorted(bench.simulator.devices)
    good = set(ids[::5])
    bench.simulator.forbid(*(one for one in ids if one not in good))
    most, polls = 0, 0
    seen: set[str] = set()
    problems: set[Problem] = set()
    while polls < 60 and (seen != good or problems != {Problem.PARTLY_NOT_PERMITTED}):
        readings = await bench.poll()
        most, polls = max(most, readings.requests), polls + 1
        seen = {device for device in ids if telemetry_of(readings, device)}
        problems = set(readings.problems.values())
    assert seen == good
    assert most <= usual + 60
    assert all(readings.problems[device] is Problem.PARTLY_NOT_PERMITTED for device in ids if device not in good)
    # From then on they cost next to nothing.
    costs = [(await bench.poll()).requests for _ in range(10)]
    assert max(costs) <= usual + 4


class StumblesAt:
    """The service stumbles at requests for one device."""

    def __init__(self, device: str) -> None:
        self._device = device

    async def answer(self, request: web.Request, handler: Handler, now: datetime) -> web.StreamResponse:
        """Answer 500, or as usual."""
        return web.Response(status=500) if self._device in request.query_string else await handler(request)


async def test_device_at_which_the_service_stumbles_costs_itself_only_in_the_end(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.faults.add(StumblesAt(BATTERY), LATEST)
    for _ in range(8):
        readings = await bench.poll()
    assert readings.problems == {BATTERY: Problem.UNREACHABLE}
    others = {one.id.device_id for one in bench.inventory.points if not is_own(one.id.key)} - {BATTERY}
    assert all(telemetry_of(readings, device) for device in others)
    assert readings.requests == 2
    bench.simulator.faults.clear()
    assert telemetry_of(await bench.poll(61), BATTERY)


async def test_service_that_stumbles_at_everything_is_not_asked_for_each_device(make_bench: MakeBench) -> None:
    bench = await make_bench(devices=60)
    await bench.discover()
    usual = (await bench.poll()).requests
    bench.simulator.faults.add(faults.Status(500), LATEST)
    for _ in range(20):
        readings = await bench.poll()
        assert readings.requests <= 2 + 2
        assert len(readings.problems) == 60
    bench.simulator.faults.clear()
    assert len((await bench.poll()).problems) == 0
    assert (await bench.poll()).requests == usual


@pytest.mark.parametrize(
    "fault",
    [faults.Status(500), faults.HtmlPage(), faults.HtmlPage(200), faults.TruncatedBody(), faults.Answer([])],
    ids=repr,
)
async def test_values_that_are_not_to_be_had_leave_connections_and_alerts(bench: Bench, fault: faults.Fault) -> None:
    await bench.discover()
    await bench.poll()
    bench.simulator.faults.add(fault, LATEST)
    readings = await bench.poll()
    assert value_of(readings, BATTERY, "own,connectivity") is True
    assert readings.problems[BATTERY] is Problem.UNREACHABLE
    bench.simulator.faults.clear()
    assert (await bench.poll()).problems == {}


@pytest.mark.parametrize(
    "fault", [faults.Status(500), faults.ConnectionReset(share=None), faults.HtmlPage(404)], ids=repr
)
async def test_nothing_at_all_is_an_error(bench: Bench, fault: faults.Fault) -> None:
    await bench.discover()
    bench.simulator.faults.add(fault, re.compile(""))
    with pytest.raises(CannotConnect):
        await bench.poll()


async def test_limit_is_no_news_of_devices(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.faults.add(faults.RateLimited(300), LATEST)
    readings = await bench.poll()
    assert value_of(readings, BATTERY, "own,connectivity") is True
    sent = len(bench.simulator.requests)
    with pytest.raises(RateLimited):
        await bench.poll()
    assert len(bench.simulator.requests) == sent


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", ["documented", "empty"])
async def test_token_that_was_revoked_is_told_after_a_second_refusal(
    make_bench: MakeBench, status: int, body: str
) -> None:
    bench = await make_bench(bad_token_status=status, error_body=body)
    await bench.discover()
    await bench.poll()
    bench.simulator.revoke(TOKEN)
    bench.simulator.requests.clear()
    with pytest.raises(CannotConnect):
        await bench.poll()
    bench.clock.advance(timedelta(seconds=2))
    with pytest.raises(CannotConnect):
        await bench.read()
    with pytest.raises(InvalidCredentials):
        await bench.poll()
    assert bench.asked() == ["GET /v3/devices"] * 2 * 3


@pytest.mark.parametrize("status", [401, 403])
async def test_refusals_with_a_success_in_between_are_not_believed(bench: Bench, status: int) -> None:
    await bench.discover()
    for _ in range(3):
        bench.simulator.faults.add(faults.Status(status), DEVICES)
        with pytest.raises(CannotConnect):
            await bench.poll()
        bench.simulator.faults.clear()
        assert (await bench.poll()).samples


async def test_values_that_are_refused_by_themselves_say_nothing_of_the_token(bench: Bench) -> None:
    await bench.discover()
    for pattern in (LATEST, DEVICES, LATEST):
        bench.simulator.faults.add(faults.Status(401), pattern, times=1 if pattern is LATEST else 2)
        with pytest.raises(CannotConnect):
            await bench.poll()
        bench.simulator.faults.clear()
    bench.simulator.faults.add(faults.Status(401), DEVICES)
    with pytest.raises(CannotConnect):
        # The list was good in between.
        await bench.poll()


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("pattern", [LATEST, DEVICES, re.compile("")], ids=["values", "list", "all"])
async def test_page_of_somebody_in_between_says_nothing_of_the_token(
    bench: Bench, pattern: re.Pattern[str], status: int
) -> None:
    await bench.discover()
    bench.simulator.faults.add(faults.HtmlPage(status), pattern)
    for _ in range(4):
        with suppress(CannotConnect):
            await bench.poll()
        with suppress(CannotConnect):
            await bench.vendor.discover()
    assert bench.connection.vault.refused is None


@pytest.mark.parametrize("pattern", [LATEST, DEVICES], ids=["values", "list"])
@pytest.mark.parametrize("status", [401, 403])
async def test_one_refusal_is_not_believed(bench: Bench, pattern: re.Pattern[str], status: int) -> None:
    await bench.discover()
    await bench.poll()
    bench.simulator.faults.add(faults.Status(status), pattern, times=1)
    try:
        readings = await bench.poll()
    except CannotConnect:
        readings = await bench.poll()
    assert not set(readings.problems.values()) - {Problem.UNREACHABLE}
    readings = await bench.poll()
    assert readings.problems == {}


async def test_refused_values_without_a_list_say_nothing_of_devices(bench: Bench) -> None:
    await bench.discover()
    await bench.poll()
    bench.simulator.faults.add(faults.Status(500), DEVICES)
    bench.simulator.faults.add(faults.Status(403), LATEST)
    with pytest.raises(VendorError) as error:
        await bench.poll()
    assert not isinstance(error.value, InvalidCredentials)
    bench.simulator.faults.clear()
    assert (await bench.poll()).problems == {}


async def test_clock_of_this_machine_may_be_wrong(make_bench: MakeBench) -> None:
    for minutes in (-40, 40):
        bench = await make_bench(clock_error=timedelta(minutes=minutes))
        await bench.discover()
        await bench.poll()
        readings = await bench.poll()
        assert telemetry_of(readings, BATTERY)
        assert abs(bench.vendor.now() - bench.clock()) < timedelta(minutes=1)


async def test_attribute_names_are_asked_for_as_they_are(bench: Bench) -> None:
    channels = [number("größe x&y=[1]", "Odd", "W", lambda _: 7.0), other("string", "a+b", "Sum", lambda _: "ok")]
    device = bench.simulator.add_device("Odd", manifest=compiled_v3("Odd", channels), channels=channels)
    await bench.discover()
    readings = await bench.poll()
    assert value_of(readings, device.id, "größe x&y=[1]") == 7.0
    assert value_of(readings, device.id, "a+b") == "ok"
    assert "größe" in unquote(bench.simulator.requests[-1].query_string)
