"""Discovery: sites, devices in their tree, and manifests that are read again only when they may have changed."""

from collections.abc import Callable, Mapping
from datetime import timedelta
import re
from typing import Any, override

import pytest

from custom_components.energy_clouds.vendors.enapter.devices import in_tree
from custom_components.energy_clouds.vendors.errors import CannotConnect, InvalidCredentials, RateLimited, VendorError
from custom_components.energy_clouds.vendors.model import (
    Device,
    DeviceKind,
    Inventory,
    Nature,
    Point,
    PointId,
    Quantity,
)
from tests.simulators import faults
from tests.simulators.enapter import (
    ARCHIVED,
    BARE,
    BATTERY,
    ELECTROLYSER,
    GATEWAY,
    HEAT_PUMP,
    HOME,
    HYBRID_INVERTER,
    LINK_MASTER,
    OFFICE,
    OFFICE_METER,
    OLD_METER,
    POWER_METER,
    PV_INVERTER,
    TOKEN,
    Link,
    compiled_v3,
    number,
)

from .conftest import Bench, MakeBench

DEVICES = re.compile("/v3/devices$")


def points_at(inventory: Inventory, device: str) -> dict[str, Point]:
    return {point.id.key: point for point in inventory.points if point.id.device_id == device}


def rewritten(change: Callable[[dict[str, Any]], Any]) -> faults.Rewritten:
    """The list of devices with each one changed."""
    return faults.Rewritten(lambda body: {**body, "devices": [change(one) for one in body["devices"]]})


async def test_cloud_has_sites_and_devices_in_a_tree(bench: Bench) -> None:
    inventory = await bench.discover()
    assert {(site.id, site.name, site.timezone) for site in inventory.sites} == {
        (HOME, "Home", "Europe/London"),
        (OFFICE, "Office", "Europe/London"),
    }
    assert inventory.in_one_list
    devices = {device.id: device for device in inventory.devices}
    assert devices.keys() == bench.simulator.devices.keys()
    assert {one: devices[one].parent_id for one in (GATEWAY, LINK_MASTER, HYBRID_INVERTER, BATTERY, POWER_METER)} == {
        GATEWAY: None,
        LINK_MASTER: GATEWAY,
        HYBRID_INVERTER: GATEWAY,
        BATTERY: HYBRID_INVERTER,
        POWER_METER: LINK_MASTER,
    }
    kinds = {one: devices[one].kind for one in (GATEWAY, HYBRID_INVERTER, PV_INVERTER, BATTERY, POWER_METER, BARE)}
    assert kinds == {
        GATEWAY: DeviceKind.GATEWAY,
        HYBRID_INVERTER: DeviceKind.INVERTER,
        PV_INVERTER: DeviceKind.INVERTER,
        BATTERY: DeviceKind.BATTERY,
        POWER_METER: DeviceKind.METER,
        BARE: DeviceKind.DEVICE,
    }
    inverter = devices[HYBRID_INVERTER]
    assert (inverter.manufacturer, inverter.serial, inverter.sw_version, inverter.site_id) == (
        "Enapter Simulator",
        f"SN-{HYBRID_INVERTER[-6:]}",
        "2.4.1",
        HOME,
    )
    assert devices[OLD_METER].manufacturer == "Powercell"
    # Sites, and devices with everything: one request each.
    assert bench.asked() == ["GET /v3/sites", "GET /v3/devices"]


async def test_every_device_has_its_connection_and_those_without_a_manifest_nothing_else(bench: Bench) -> None:
    inventory = await bench.discover()
    for device in inventory.devices:
        assert points_at(inventory, device.id)["own,connectivity"].quantity is Quantity.CONNECTIVITY
    assert points_at(inventory, BARE).keys() == {"own,connectivity"}
    assert points_at(inventory, GATEWAY).keys() == {"own,connectivity"}


async def test_old_blueprint_makes_points_too(bench: Bench) -> None:
    points = points_at(await bench.discover(), OLD_METER)
    assert points["board_temp"].unit == points["internal_temp"].unit == "°C"
    assert (points["total_power"].quantity, points["total_power"].nature) == (Quantity.ENERGY, Nature.GAUGE)
    assert points["nominal_full_pack_energy"].quantity is Quantity.STORED_ENERGY
    assert "alerts" not in points


async def test_archived_site_is_not_shown_nor_its_devices(bench: Bench) -> None:
    device = bench.simulator.add_device("Old", site_id=ARCHIVED)
    inventory = await bench.discover()
    assert device.id not in {one.id for one in inventory.devices}
    await bench.poll()
    assert not bench.vendor.wants_discovery()
    bench.simulator.archive_site(ARCHIVED, archived=False)
    assert device.id in {one.id for one in (await bench.discover()).devices}


async def test_gateway_has_its_site_and_devices(make_bench: MakeBench) -> None:
    bench = await make_bench(gateway=True)
    inventory = await bench.discover()
    assert [site.id for site in inventory.sites] == [HOME]
    assert bench.asked() == ["GET /api/v3/site", "GET /api/v3/devices"]
    assert OFFICE_METER not in {device.id for device in inventory.devices}


# Trees that are none


@pytest.mark.parametrize(
    "parents",
    [
        {BATTERY: BATTERY},
        {BATTERY: HYBRID_INVERTER, HYBRID_INVERTER: BATTERY},
        {GATEWAY: BATTERY},
        {BATTERY: "gone"},
        {GATEWAY: LINK_MASTER, LINK_MASTER: POWER_METER},
    ],
)
async def test_parents_come_before_their_children_whatever_is_told(bench: Bench, parents: Mapping[str, str]) -> None:
    for child, parent in parents.items():
        bench.simulator.devices[child].link = Link("LINK", parent)
    devices = (await bench.discover()).devices
    assert len(devices) == len(bench.simulator.devices)
    places = {device.id: place for place, device in enumerate(devices)}
    assert all(places[device.parent_id] < places[device.id] for device in devices if device.parent_id is not None)


# Pages


@pytest.mark.parametrize("total_count", [True, False])
@pytest.mark.parametrize(("devices", "pages"), [(0, 1), (1, 1), (49, 1), (50, 1), (51, 2), (120, 3)])
async def test_all_pages_are_read(make_bench: MakeBench, devices: int, pages: int, total_count: bool) -> None:
    bench = await make_bench(devices=devices, total_count=total_count)
    inventory = await bench.discover()
    assert len(inventory.devices) == devices
    # Without a number only an empty page is the end.
    expected = pages if total_count or not devices else pages + 1
    assert len(bench.asked("/devices")) == expected
    bench.simulator.requests.clear()
    readings = await bench.read()
    assert len(bench.asked("/devices")) == expected
    assert readings.requests == len(bench.simulator.requests)
    assert bench.vendor.requests_per_poll(inventory.points) >= readings.requests


async def test_server_that_ignores_the_offset_ends(make_bench: MakeBench) -> None:
    for switches in ({}, {"total_count": False}):
        bench = await make_bench(devices=120, offset_ignored=True, **switches)
        assert len((await bench.discover()).devices) == 50
        assert len(bench.asked("/devices")) == 2


async def test_server_that_always_has_one_more_page_ends(bench: Bench) -> None:
    count = iter(range(10**6))
    endless = faults.Rewritten(lambda body: {"devices": [{"id": str(next(count))}], "total_count": 10**9})
    bench.simulator.faults.add(endless, DEVICES)
    bench.budget.limit = type(bench.budget.limit)(requests=1000, window=timedelta(minutes=1))
    assert len((await bench.discover()).devices) == 200
    assert len(bench.asked("/v3/devices")) == 200


async def test_device_that_is_listed_twice_is_one(make_bench: MakeBench) -> None:
    bench = await make_bench(total_count=False)
    bench.simulator.faults.add(faults.Rewritten(lambda body: {"devices": body["devices"] * 2}), DEVICES)
    assert len((await bench.discover()).devices) == len(bench.simulator.devices)


# Manifests


async def test_manifests_are_read_once(bench: Bench) -> None:
    first = await bench.discover()
    for _ in range(5):
        assert await bench.vendor.discover() == first
    asked = [one.query.get("expand", "") for one in bench.simulator.requests if one.path == "/v3/devices"]
    assert ["manifest" in expand for expand in asked] == [True] + [False] * 5
    assert bench.asked("/manifest") == []


async def test_changed_manifest_is_read_alone(bench: Bench) -> None:
    await bench.discover()
    bench.clock.advance(timedelta(hours=1))
    bench.simulator.change_attribute(BATTERY, "battery_soh", unit="W", display_name="Now a power")
    bench.simulator.rename(POWER_METER, "Grid meter")
    inventory = await bench.discover()
    assert bench.asked("/manifest") == [f"GET /v3/devices/{one}/manifest" for one in (BATTERY, POWER_METER)]
    point = points_at(inventory, BATTERY)["battery_soh"]
    assert (point.quantity, point.name) == (Quantity.POWER, "Now a power")
    assert {device.name for device in inventory.devices if device.id == POWER_METER} == {"Grid meter"}


async def test_many_changed_manifests_are_read_with_a_list(bench: Bench) -> None:
    await bench.discover()
    bench.clock.advance(timedelta(hours=1))
    changed = (BATTERY, POWER_METER, HYBRID_INVERTER, PV_INVERTER, HEAT_PUMP, ELECTROLYSER)
    for device in changed:
        bench.simulator.change_blueprint(device, compiled_v3("New", [number("new", "New", "W", lambda _: 1.0)]))
    inventory = await bench.discover()
    assert bench.asked("/manifest") == []
    assert all(points_at(inventory, device).keys() >= {"own,connectivity", "new"} for device in changed)
    assert not any("battery_soc" in points_at(inventory, device) for device in changed)


async def test_new_device_brings_its_manifest(bench: Bench) -> None:
    await bench.discover()
    await bench.poll()
    assert not bench.vendor.wants_discovery()
    device = bench.simulator.add_device("New meter")
    await bench.poll()
    assert bench.vendor.wants_discovery()
    inventory = await bench.discover()
    assert not bench.vendor.wants_discovery()
    assert points_at(inventory, device.id).keys() >= {"total_power", "energy_lifetime", "own,connectivity"}
    assert bench.asked("/manifest") == [f"GET /v3/devices/{device.id}/manifest"]


async def test_device_that_is_gone_is_gone(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.remove_device(BATTERY)
    await bench.poll()
    assert bench.vendor.wants_discovery()
    inventory = await bench.discover()
    assert BATTERY not in {device.id for device in inventory.devices}
    assert points_at(inventory, BATTERY) == {}


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(403),
        faults.Status(404),
        faults.Status(500),
        faults.ConnectionReset(share=None),
        faults.Answer({"manifest": None}),
    ],
)
async def test_manifest_that_is_not_to_be_had_leaves_what_was_known(bench: Bench, fault: faults.Fault) -> None:
    before = points_at(await bench.discover(), BATTERY)
    bench.clock.advance(timedelta(hours=1))
    bench.simulator.change_attribute(BATTERY, "battery_soh", display_name="Health")
    bench.simulator.faults.add(fault, re.compile("/manifest$"))
    assert points_at(await bench.discover(), BATTERY) == before
    bench.simulator.faults.clear()
    assert points_at(await bench.discover(), BATTERY)["battery_soh"].name == "Health"


async def test_manifests_are_known_after_a_restart_with_the_first_poll(bench: Bench) -> None:
    await bench.discover()
    before = await bench.poll()
    bench.restarted()
    bench.simulator.requests.clear()
    readings = await bench.poll()
    assert readings.samples.keys() == before.samples.keys()
    assert readings.requests == before.requests == 2
    assert "manifest" in bench.simulator.requests[0].query["expand"]
    assert "manifest" not in (await _expand_of_a_poll(bench))


async def _expand_of_a_poll(bench: Bench) -> str:
    bench.simulator.requests.clear()
    await bench.poll()
    return str(bench.simulator.requests[0].query["expand"])


async def test_device_without_a_manifest_is_not_asked_for_it_again_and_again(bench: Bench) -> None:
    await bench.discover()
    bench.restarted()
    await bench.read()
    bench.simulator.requests.clear()
    for _ in range(3):
        await bench.discover()
    assert bench.asked("manifest") == []


async def test_blueprint_that_changed_while_home_assistant_was_off(bench: Bench) -> None:
    await bench.discover()
    bench.clock.advance(timedelta(hours=1))
    bench.simulator.change_attribute(BATTERY, "battery_soh", unit="W")
    bench.restarted()
    readings = await bench.read()
    assert readings.inventory is not None
    assert points_at(readings.inventory, BATTERY)["battery_soh"].unit == "W"


async def test_blueprint_that_changes_wants_a_discovery(bench: Bench) -> None:
    await bench.discover()
    await bench.poll()
    bench.simulator.change_attribute(BATTERY, "battery_soh", unit="W")
    await bench.poll()
    assert bench.vendor.wants_discovery()


# What older services do not know


@pytest.mark.parametrize(
    ("known", "tries"), [("full", 1), ("documented", 2), ("older", 3), ("without_alerts_and_communication", 4)]
)
@pytest.mark.parametrize("status", [400, 422])
async def test_what_cannot_be_expanded_is_left_out(make_bench: MakeBench, known: str, tries: int, status: int) -> None:
    bench = await make_bench(expand_known=known)
    if status == 422:
        bench.simulator.faults.add(_Unprocessable(), DEVICES)
    assert len((await bench.discover()).devices) == len(bench.simulator.devices)
    assert len(bench.asked("/v3/devices")) == tries
    # It is known now, until the next discovery.
    bench.simulator.requests.clear()
    for _ in range(3):
        await bench.poll()
    assert len(bench.asked("/v3/devices")) == 3


class _Unprocessable:
    """The service says 422 where the simulator says 400."""

    async def answer(self, request: Any, handler: Any, now: Any) -> Any:
        from aiohttp import web

        from tests.simulators.enapter.errors import RefusalError

        try:
            return await handler(request)
        except RefusalError as err:
            return web.Response(status=422 if err.status == 400 else err.status)


async def test_list_that_is_refused_whatever_is_asked_is_an_error_and_taught_nothing(bench: Bench) -> None:
    bench.simulator.faults.add(faults.Status(400), DEVICES)
    with pytest.raises(CannotConnect):
        await bench.discover()
    bench.simulator.faults.clear()
    bench.simulator.requests.clear()
    await bench.discover()
    assert len(bench.asked("/v3/devices")) == 1


class Counted(dict[str, str | None]):
    """Parents, and how often they were asked for."""

    asked = 0

    @override
    def get(self, key: str, default: Any = None) -> Any:
        """Count, and answer."""
        self.asked += 1
        return super().get(key, default)


@pytest.mark.parametrize("last", [None, "3999", "2000"], ids=["chain", "circle", "tail"])
def test_deep_tree_takes_no_longer_than_a_flat_one(last: str | None) -> None:
    devices = [Device(id=f"{number}", kind=DeviceKind.DEVICE) for number in reversed(range(4000))]
    parents = Counted({f"{number}": f"{number - 1}" for number in range(1, 4000)} | {"0": last})
    placed = in_tree(devices, parents)
    assert parents.asked <= 2 * len(devices)
    order = {device.id: place for place, device in enumerate(placed)}
    assert len(order) == 4000
    assert all(one.parent_id is None or order[one.parent_id] < order[one.id] for one in placed)
    assert sum(one.parent_id is None for one in placed) == 1


# What goes wrong


async def test_token_that_was_revoked(bench: Bench) -> None:
    await bench.discover()
    bench.simulator.revoke(TOKEN)
    for seconds in (0, 1, 1):
        bench.clock.advance(timedelta(seconds=seconds))
        with pytest.raises(CannotConnect):
            await bench.discover()
    bench.clock.advance(timedelta(seconds=1))
    with pytest.raises(InvalidCredentials):
        await bench.discover()


@pytest.mark.parametrize("fault", [faults.Status(401), faults.Status(403)], ids=repr)
async def test_one_refusal_is_not_believed(bench: Bench, fault: faults.Fault) -> None:
    bench.simulator.faults.add(fault, DEVICES, times=1)
    with pytest.raises(CannotConnect):
        await bench.discover()
    assert (await bench.discover()).devices


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Status(500), CannotConnect),
        (faults.HtmlPage(), CannotConnect),
        (faults.HtmlPage(200), CannotConnect),
        (faults.TruncatedBody(), CannotConnect),
        (faults.ConnectionReset(), CannotConnect),
        (faults.RateLimited(), RateLimited),
        (faults.Answer({}), VendorError),
        (faults.Answer({"devices": None}), VendorError),
    ],
    ids=repr,
)
async def test_list_that_fails_fails_the_discovery(bench: Bench, fault: faults.Fault, error: type[VendorError]) -> None:
    before = await bench.discover()
    bench.simulator.faults.add(fault, DEVICES)
    with pytest.raises(error):
        await bench.vendor.discover()
    bench.simulator.faults.clear()
    bench.clock.advance(timedelta(hours=1))
    assert await bench.vendor.discover() == before


async def test_bad_row_costs_itself_only(bench: Bench) -> None:
    bench.simulator.faults.add(
        rewritten(lambda one: {"id": None} if one["id"] == BATTERY else {**one, "properties": 7, "name": ["x"]}),
        DEVICES,
    )
    inventory = await bench.discover()
    assert {device.id for device in inventory.devices} == bench.simulator.devices.keys() - {BATTERY}
    assert {device.name for device in inventory.devices} == {None}
    assert PointId(device_id=POWER_METER, key="total_power") in {point.id for point in inventory.points}
