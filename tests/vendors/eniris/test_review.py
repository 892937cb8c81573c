"""What a review found: devices that a list leaves out, odd headers, names that are the same, and too many rows."""

from time import perf_counter

import msgspec
import pytest

from custom_components.energy_clouds.vendors.eniris.answers import Listed, Source, items_of
from custom_components.energy_clouds.vendors.eniris.fields import field_named
from custom_components.energy_clouds.vendors.eniris.known import Known
from custom_components.energy_clouds.vendors.errors import CannotConnect
from custom_components.energy_clouds.vendors.http import Answer
from custom_components.energy_clouds.vendors.model import Inventory
from tests.simulators import faults

from .conftest import MakeBench, devices_in, started
from .test_login import refused
from .test_pace import SLIM, Life, slim, statuses, unchecked

__all__ = ["unchecked"]


def source(measurement: str = "m", device: str = "a") -> Source:
    return Source(measurement=measurement, store=b"{}", tags=(("nodeId", device),), policy="rp_one_m")


def listed(device: str = "a", *fields: str, parents: tuple[str, ...] = ()) -> Listed:
    series = [(source(device=device), fields)]
    return Listed(id=device, kind=None, name=None, parents=parents, info={}, series=series, active=True)


def learnt(known: Known, *fields: str) -> None:
    (query,) = known.queries(known.inventory().points)
    for one in fields:
        assert known.learn(query, one, 1) is not None


def keys(known: Known) -> list[str]:
    return [point.id.key for point in known.inventory().points]


def test_points_of_a_device_that_one_list_omits_are_kept() -> None:
    known = Known(Inventory())
    known.list_now([listed("a", "x_W")])
    learnt(known, "x_W")
    known.list_now([])
    assert keys(known) == []
    known.list_now([listed("a", "x_W")])
    assert known.changed_inventory() is not None
    assert keys(known) == ["m.x_W"]
    for _ in range(2):
        known.list_now([])
    known.list_now([listed("a", "x_W")])
    assert keys(known) == []


def test_field_that_is_gone_has_no_point() -> None:
    known = Known(Inventory())
    known.list_now([listed("a", "x_W", "y_W")])
    learnt(known, "x_W", "y_W")
    known.list_now([without_series(listed("a"))])
    assert keys(known) == ["m.x_W", "m.y_W"]
    known.list_now([listed("a", "y_W")])
    assert keys(known) == ["m.y_W"]


def without_series(one: Listed) -> Listed:
    return Listed(id=one.id, kind=None, name=None, parents=(), info={}, series=None, active=True)


async def test_round_of_polls_reads_all(make_bench: MakeBench) -> None:
    bench = slim(await started(make_bench, meters=300, tier="free"))
    await bench.poll(10)
    polls = bench.vendor.polls_per_round(bench.inventory.points)
    assert polls > 1
    read = set()
    for _ in range(polls):
        read |= devices_in(await bench.poll(10))
    assert len(read) == 300
    assert (await started(make_bench)).vendor.polls_per_round(bench.inventory.points[:1]) == 1


async def test_hundred_and_twenty_devices_are_never_refused(make_bench: MakeBench) -> None:
    bench = slim(await started(make_bench, meters=120, tier="free", cost=SLIM))
    life = Life(bench)
    await life.live(2)
    assert set(statuses(bench)) <= {200, 204}
    assert len(life.newest) == 120


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ({"X-RateLimit-Cost": "2", "X-RateLimit-Used": "?", "X-RateLimit-Remaining": "x"}, 100),
        ({"X-RateLimit-Cost": "2", "RateLimit-Remaining": ""}, 100),
        ({"X-RateLimit-Cost": "200", "X-RateLimit-Used": "10", "X-RateLimit-Remaining": "40"}, 100),
        ({"X-RateLimit-Cost": "2", "ratelimit-used": "10.5", "RateLimit-Remaining": "39.50000000001"}, 100),
        ({"X-RateLimit-Cost": "2"}, 60_000),
    ],
    ids=str,
)
async def test_only_what_headers_tell_is_learnt(make_bench: MakeBench, headers: dict[str, str], limit: int) -> None:
    bench = await started(make_bench, tier="free")
    costs = dict(bench.vendor._asking._costs_per_query)
    answer = Answer(endpoint="x", status=200, body=b"", headers=headers)
    bench.vendor._asking._learn_cost(answer, 1, next(iter(costs)))
    assert bench.budget.limit.requests == limit
    if headers["X-RateLimit-Cost"] == "200":
        assert bench.vendor._asking._costs_per_query == costs


def items(*told: object) -> Answer:
    return Answer(endpoint="x", status=200, body=msgspec.json.encode(told))


def rows(value: int, count: int = 1, **more: object) -> dict[str, object]:
    values = [["2026-11-17T10:00:00Z", value]] * count
    return {"series": [{"columns": ["time", "x"], "values": values, **more}]}


def cells(answer: Answer) -> list[list[object]]:
    found = items_of(answer, [source(device="a"), source(device="b")], 3)
    return [[] if item is None else [row["x"] for _, row in item.rows] for item in found]


def test_items_of_one_number_are_in_order() -> None:
    assert cells(items({"statement_id": 0} | rows(1), {"statement_id": 0} | rows(2))) == [[1], [2]]
    assert cells(items({"statement_id": 1} | rows(1), {"statement_id": 0} | rows(2))) == [[2], [1]]


def test_rows_of_another_device_are_refused() -> None:
    assert cells(items(rows(1, tags={"nodeId": "b"}), rows(2, tags={"nodeId": "b", "x": "y"}))) == [[], [2]]


def test_no_more_rows_are_taken_than_were_asked_for() -> None:
    assert cells(items(rows(1, 500))) == [[1, 1, 1], []]


def test_deep_tree_is_soon_listed() -> None:
    chain = [listed(str(at), "x_W", parents=(str(at - 1),)) for at in range(4000)]
    began = perf_counter()
    known = Known(Inventory())
    known.list_now(chain)
    assert perf_counter() - began < 0.4
    assert len(known.inventory().devices) == 4000
    assert known.inventory().devices[-1].parent_id == "3998"


def test_no_two_points_of_a_device_have_one_name() -> None:
    names = ("powerSetpoint_W", "setpoint_W", "voltageL1_V", "voltageL1N_V", "status", "status_s")
    known = Known(Inventory())
    known.list_now([listed("a", *names)])
    learnt(known, *names)
    called = [(point.meaning or point.quantity, point.phase, point.name) for point in known.inventory().points]
    assert len(set(called)) == len(names)
    assert [one[2] for one in called] == [None, "Setpoint W", None, "Voltage L1 N V", None, "Status s"]


@pytest.mark.parametrize(("cell", "percent"), [(0.57, 57.0), (0.29, 29.0)])
def test_percent_has_no_dust(cell: float, percent: float) -> None:
    told = field_named("stateOfCharge_frac")
    assert told is not None
    assert told.value_of(cell) == percent


@pytest.mark.parametrize("name", ["statusDelta_Wh", "importLimitDelta_Wh", "status_s", "policy_W"])
def test_meaning_is_of_its_quantity(name: str) -> None:
    told = field_named(name)
    assert told is not None
    assert told.meaning is None


@pytest.mark.parametrize("status", [404, 405])
async def test_address_of_another_service_is_no_wrong_password(make_bench: MakeBench, status: int) -> None:
    bench = await make_bench(meters=1)
    bench.simulator.faults.add(
        faults.Status(status, {"statusCode": status, "message": "Route not found"}), "/auth/login"
    )
    error = await refused(bench)
    assert isinstance(error, CannotConnect)
    assert error.answered
