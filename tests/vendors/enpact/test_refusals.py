"""Refused requests and strange answers: each costs itself only."""

from datetime import datetime, timedelta
from email.utils import format_datetime
import math
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.enpact import Enpact
from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    UnexpectedAnswer,
)
from tests.simulators import faults
from tests.simulators.enpact import PRODUCTION_KEY, EnpactSimulator

from .conftest import Bench, MakeBench


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
