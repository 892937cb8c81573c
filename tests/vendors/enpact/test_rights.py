"""Rights: what the key may not read is left out, and nobody is bothered without need."""

import pytest

from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    InvalidCredentials,
)
from custom_components.energy_clouds.vendors.model import (
    Problem,
)
from tests.simulators import faults
from tests.simulators.enpact import PRODUCTION_KEY

from .conftest import Bench, sample_of


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
