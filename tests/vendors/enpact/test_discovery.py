"""Discovery: lists of ids, and what the rows teach about each of them."""

from datetime import timedelta

from custom_components.energy_clouds.vendors.model import (
    DeviceKind,
    Inventory,
    Nature,
    Point,
    PointId,
    Quantity,
)

from .conftest import START, Bench, device_of, value_of


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
