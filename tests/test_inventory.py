"""What an account has over several discoveries: nothing vanishes at once, and not because of one bad list."""

import pytest

from custom_components.energy_clouds.inventory import GONE_AFTER, Census
from custom_components.energy_clouds.vendors.model import (
    Device,
    DeviceKind,
    Inventory,
    Nature,
    Point,
    PointId,
    Quantity,
    Site,
)


def inventory(*ids: str) -> Inventory:
    return Inventory(
        sites=(Site(id="site", name="Site"),),
        devices=tuple(Device(id=one, kind=DeviceKind.METER) for one in ids),
        points=tuple(
            Point(id=PointId(device_id=one, key="p1"), quantity=Quantity.POWER, nature=Nature.GAUGE) for one in ids
        ),
    )


def ids(census: Census) -> list[str]:
    assert [point.id.device_id for point in census.inventory.points] == [d.id for d in census.inventory.devices]
    return [device.id for device in census.inventory.devices]


def test_new_device_is_there_at_once() -> None:
    census = Census(inventory("a"), {})
    assert census.count(inventory("a", "b")) == frozenset()
    assert ids(census) == ["a", "b"]
    assert len(census.inventory.sites) == 1


def test_device_is_gone_after_several_complete_discoveries() -> None:
    census = Census(inventory("a", "b"), {})
    for _ in range(GONE_AFTER - 1):
        assert census.count(inventory("a")) == frozenset()
        assert ids(census) == ["a", "b"]
    assert census.count(inventory("a")) == {"b"}
    assert ids(census) == ["a"]
    assert census.missing == {}


def test_device_that_comes_back_starts_anew() -> None:
    census = Census(inventory("a", "b"), {})
    for _ in range(5):
        for _ in range(GONE_AFTER - 1):
            assert census.count(inventory("a")) == frozenset()
        assert census.count(inventory("a", "b")) == frozenset()
    assert ids(census) == ["a", "b"]


def test_empty_list_is_not_everything_gone() -> None:
    census = Census(inventory("a", "b"), {})
    for _ in range(10):
        assert census.count(Inventory()) == frozenset()
    assert ids(census) == ["a", "b"]


def test_empty_list_of_one_kind_says_nothing_of_that_kind() -> None:
    controller = Device(id="c", kind=DeviceKind.COOLING_CONTROLLER)
    both = Inventory(devices=(*inventory("a", "b").devices, controller), points=inventory("a", "b").points)
    census = Census(both, {})
    for _ in range(10):
        assert census.count(Inventory(devices=(controller,))) == frozenset()
    assert {device.id for device in census.inventory.devices} == {"a", "b", "c"}
    assert census.forget("a")
    assert not census.forget("c")
    assert {device.id for device in census.inventory.devices} == {"b", "c"}
    assert {point.id.device_id for point in census.inventory.points} == {"b"}


def test_counting_goes_on_after_a_restart() -> None:
    census = Census(inventory("a", "b"), {})
    census.count(inventory("a"))
    census = Census(census.inventory, census.missing)
    census.count(inventory("a"))
    assert census.count(inventory("a")) == {"b"}


def test_what_a_poll_teaches_counts_nothing() -> None:
    census = Census(inventory("a", "b"), {"b": 2})
    for _ in range(10):
        census.learn(inventory("a"))
    assert census.missing == {"b": 2}
    assert ids(census) == ["a", "b"]


def test_device_that_a_poll_does_not_tell_of_has_not_been_missing() -> None:
    census = Census(inventory("a", "b"), {})
    census.learn(inventory("a"))
    assert census.missing == {"b": 0}


def test_site_of_a_forgotten_device_stays() -> None:
    census = Census(inventory("a", "b"), {})
    census.count(inventory("a"))
    assert census.forget("b")
    assert ids(census) == ["a"]
    assert [site.id for site in census.inventory.sites] == ["site"]


METER, CONTROLLER = (Device(id=kind, kind=kind) for kind in (DeviceKind.METER, DeviceKind.COOLING_CONTROLLER))


@pytest.mark.parametrize("left", [METER, CONTROLLER])
def test_one_list_of_all_kinds_says_something_of_those_of_which_it_has_none(left: Device) -> None:
    census = Census(Inventory(devices=(METER, CONTROLLER)), {})
    (other,) = {METER.id, CONTROLLER.id} - {left.id}
    for _ in range(GONE_AFTER - 1):
        assert census.count(Inventory(devices=(left,), in_one_list=True)) == frozenset()
    assert census.count(Inventory(devices=(left,), in_one_list=True)) == {other}
    assert census.inventory.devices == (left,)


def test_empty_list_of_all_kinds_is_not_everything_gone_either() -> None:
    census = Census(Inventory(devices=(METER, CONTROLLER)), {})
    for _ in range(10):
        assert census.count(Inventory(in_one_list=True)) == frozenset()
    assert census.missing == {METER.id: 0, CONTROLLER.id: 0}
    assert census.inventory.devices == (METER, CONTROLLER)


def test_list_of_all_kinds_counts_only_while_it_is_one() -> None:
    census = Census(Inventory(devices=(METER, CONTROLLER)), {})
    for in_one_list in (True, False, False, True, False):
        assert census.count(Inventory(devices=(METER,), in_one_list=in_one_list)) == frozenset()
    assert census.missing == {CONTROLLER.id: 2}
    # What a poll teaches is no list, wherever the vendor lists its devices.
    census.learn(Inventory(devices=(METER,), in_one_list=True))
    assert census.count(Inventory(in_one_list=True)) == frozenset()
    assert census.missing[CONTROLLER.id] == 2
    assert census.count(Inventory(devices=(METER,), in_one_list=True)) == {CONTROLLER.id}
