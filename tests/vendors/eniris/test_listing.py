"""Lists of devices: sent again when something has changed, and what is wrong with one costs nothing else."""

from datetime import timedelta

import pytest

from custom_components.energy_clouds.vendors.errors import CannotConnect, NotPermitted, UnexpectedAnswer
from tests.simulators import faults
from tests.simulators.eniris import BATTERY, CHARGER, CONTROLLER, GATEWAY, NAMESPACED, ROOF, SITE

from .conftest import DEVICES, Bench, MakeBench, added, devices_of
from .test_discovery import PARENTS


async def test_unchanged_list_is_not_sent_again(bench: Bench) -> None:
    first = await bench.discover()
    for _ in range(5):
        bench.clock.advance(timedelta(hours=1))
        assert await bench.discover() == first
    assert [one.status for one in bench.simulator.requests if one.path == DEVICES] == [200, 204, 204, 204, 204, 204]
    bench.simulator.rename(CHARGER, "Car")
    bench.clock.advance(timedelta(hours=1))
    assert devices_of(await bench.discover())[CHARGER].name == "Car"
    bench.simulator.remove_device(CHARGER)
    assert CHARGER not in devices_of(await bench.discover())
    node = bench.simulator.add_device()
    assert devices_of(await bench.discover())[node.node_id].parent_id == SITE
    # A new process does not know the list.
    bench.restarted()
    await bench.discover()
    assert [one.status for one in bench.simulator.requests if one.path == DEVICES][-4:] == [200, 200, 200, 200]
    bodies = [one.body for one in bench.simulator.requests if one.path == DEVICES]
    assert all(set(body) <= {"fields", "skipHash"} for body in bodies)
    assert "skipHash" not in bodies[0]


async def test_right_that_was_given_is_seen_though_no_device_has_changed(bench: Bench) -> None:
    bench.simulator.hide(CHARGER, "name", "nodeInfluxSeries")
    assert devices_of(await bench.discover())[CHARGER].name is None
    bench.simulator.show(CHARGER, "name", "nodeInfluxSeries")
    for _ in range(26):
        bench.clock.advance(timedelta(hours=1))
        await bench.discover()
    assert devices_of(bench.inventory)[CHARGER].name == "Alfen Eve Single"
    statuses = [one.status for one in bench.simulator.requests if one.path == DEVICES]
    assert (statuses.count(200), statuses.count(204)) == (2, 25)


async def test_user_who_may_not_see_where_rows_are_is_told(make_bench: MakeBench) -> None:
    bench = await added(await make_bench(without_series=True))
    assert not bench.vendor.notices()
    await bench.discover()
    assert [notice.key for notice in bench.vendor.notices()] == ["telemetry_not_visible"]
    assert len(bench.inventory.devices) == len(PARENTS)
    assert (await bench.read()).samples == {}
    for node in bench.simulator.nodes:
        node.hidden.discard("nodeInfluxSeries")
    # The rights were given, and that is seen in the next list.
    await bench.discover()
    assert not bench.vendor.notices()
    assert (await bench.read()).samples


async def test_one_device_without_series_is_nothing_to_be_told(bench: Bench) -> None:
    bench.simulator.hide(CHARGER, "nodeInfluxSeries")
    await bench.discover()
    assert not bench.vendor.notices()
    await bench.read()
    shown = {point.id.device_id for point in bench.inventory.points}
    assert CHARGER not in shown
    assert BATTERY in shown


@pytest.mark.parametrize("body", [[], {}, 7, None, {"device": None}, {"device": {}}, {"devices": []}], ids=str)
async def test_what_is_no_list_of_devices_is_unexpected(bench: Bench, body: object) -> None:
    bench.simulator.faults.add(faults.Answer(body), DEVICES)
    with pytest.raises(UnexpectedAnswer, match="POST /v1/device/query"):
        await bench.discover()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Status(403, {"statusCode": 403}), NotPermitted),
        (faults.Status(404), CannotConnect),
        (faults.Status(400), UnexpectedAnswer),
        (faults.Status(204), CannotConnect),
        (faults.HtmlPage(200), CannotConnect),
        (faults.HtmlPage(502), CannotConnect),
        (faults.TruncatedBody(), CannotConnect),
        (faults.Status(200, b'{"device": [{"id": 1e999}]}'), UnexpectedAnswer),
    ],
    ids=repr,
)
async def test_list_that_fails_costs_nothing_that_was_known(
    bench: Bench, fault: faults.Fault, error: type[Exception]
) -> None:
    bench.simulator.faults.add(fault, DEVICES, times=1)
    with pytest.raises(error):
        await bench.discover()
    assert len((await bench.discover()).devices) == len(PARENTS)


async def test_expelled_user_is_not_permitted(bench: Bench) -> None:
    bench.simulator.expel()
    with pytest.raises(NotPermitted):
        await bench.discover()
    bench.simulator.admit()
    assert (await bench.discover()).devices


async def test_empty_list_is_asked_for_again_by_the_next_poll(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.rename(CHARGER, "x")
    bench.simulator.faults.add(faults.Answer({"device": []}), DEVICES, times=1)
    bench.simulator.set_property(CHARGER, "x", 1)
    bench.clock.advance(timedelta(hours=1))
    bench.simulator.rename(CHARGER, "y")
    assert (await bench.vendor.discover()).devices == ()
    assert (await bench.read()).samples
    assert len(bench.inventory.devices) == len(PARENTS)


async def test_white_labels_and_namespaces_are_asked_where_they_are(bench: Bench) -> None:
    await bench.discover()
    await bench.read()
    asked = {
        query["where"]["tags"]["nodeId"]: query["from"]
        for one in bench.simulator.requests
        if isinstance(one.body, list)
        for query in one.body
    }
    assert asked[ROOF]["database"] == "sunpartner"
    assert asked[BATTERY]["database"] == "beauvent"
    assert asked[NAMESPACED] == {
        "namespace": {"version": "1", "database": "sunpartner", "retentionPolicy": "rp_one_m"},
        "measurement": "submeteringMetrics",
    }
    assert {point.id.device_id for point in bench.inventory.points} >= {ROOF, BATTERY, NAMESPACED}
    assert not any("getMeasStats" in str(origin) for origin in asked.values())
    # The controller has nothing but the statistics of its polling.
    assert CONTROLLER not in asked
    assert f"{GATEWAY}-" not in str(asked.get(CONTROLLER))
