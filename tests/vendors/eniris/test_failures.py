"""Queries that fail, and polls: each costs nothing but itself, and nothing for long."""

from typing import Any

import pytest

from custom_components.energy_clouds.vendors.errors import (
    CannotConnect,
    NotPermitted,
    RateLimited,
    UnexpectedAnswer,
    VendorError,
)
from custom_components.energy_clouds.vendors.model import Problem
from tests.simulators import faults
from tests.simulators.eniris.fields import constant
from tests.simulators.eniris.nodes import Series
from tests.simulators.eniris.schema import check

from .conftest import TELEMETRY, Bench, MakeBench, devices_in, meter, started, statuses, telemetry

_asked: list[Any] = []


def failing(bench: Bench, *numbers: int, behind: str | None = "empty", error: str = "timeout") -> faults.ActiveFault:
    """Let the queries for these meters fail, and those behind them be aborted."""
    guilty = {meter(number) for number in numbers}

    def change(items: Any) -> Any:
        failed = False
        for item, query in zip(items, _asked[-1], strict=True):
            if failed and behind is not None:
                item.pop("series", None)
                if behind != "empty":
                    item["error"] = behind
            elif query["where"]["tags"]["nodeId"] in guilty:
                item.pop("series", None)
                item["error"] = error
                failed = True
        return items

    return bench.simulator.faults.add(faults.Rewritten(change), TELEMETRY)


@pytest.fixture(autouse=True)
def remember(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember what is asked while it is answered: the log has it only afterwards."""

    def checked(value: Any, schema: Any, where: str = "body") -> None:
        _asked.append(value)
        check(value, schema, where)

    monkeypatch.setattr("tests.simulators.eniris.telemetry.check", checked)


async def test_device_that_may_not_be_read_is_said_and_the_others_are_read(make_bench: MakeBench) -> None:
    bench = await started(make_bench, 3)
    bench.simulator.take_rights(meter(2))
    readings = await bench.poll()
    assert readings.problems == {meter(2): Problem.NOT_PERMITTED}
    assert devices_in(readings) == {meter(1), meter(3)}
    bench.simulator.requests.clear()
    readings = await bench.poll()
    assert [len(queries) for queries in telemetry(bench)] == [2]
    assert readings.problems == {meter(2): Problem.NOT_PERMITTED}
    bench.simulator.give_rights(meter(2))
    readings = await bench.poll(60)
    assert (readings.problems, len(devices_in(readings))) == ({}, 3)


@pytest.mark.parametrize("error", ["Unauthorized", "unauthorized", "401 Unauthorized: database"])
async def test_nothing_that_may_be_read_is_not_permitted(make_bench: MakeBench, error: str) -> None:
    bench = await started(make_bench, 3, unauthorized=error)
    for number in (1, 2, 3):
        bench.simulator.take_rights(meter(number))
    for _ in range(30):
        with pytest.raises(NotPermitted):
            await bench.poll()
    # It is asked again once an hour.
    assert len(statuses(bench)) == 1
    for number in (1, 2, 3):
        bench.simulator.give_rights(meter(number))
    assert len(devices_in(await bench.poll(60))) == 3


async def test_device_of_which_a_part_may_be_read_is_not_forbidden(make_bench: MakeBench) -> None:
    bench = await started(make_bench, 2)
    node = bench.simulator.node(meter(1))
    hidden = Series("elsewhere", "rp_one_m", "planning", {"nodeId": "x"}, {"note": constant("note", "y")})
    node.series = [*(node.series or ()), hidden]
    bench.simulator.rename(meter(1), "Partly")
    await bench.discover()
    bench.simulator.faults.add(
        faults.Rewritten(lambda items: [{"error": "Unauthorized"} if "note" in str(one) else one for one in items]),
        TELEMETRY,
    )
    readings = await bench.poll()
    assert readings.problems == {meter(1): Problem.PARTLY_NOT_PERMITTED}
    assert devices_in(readings) == {meter(1), meter(2)}


async def test_account_without_a_role_is_not_permitted(make_bench: MakeBench) -> None:
    bench = await started(make_bench, 2)
    bench.simulator.expel()
    with pytest.raises(NotPermitted):
        await bench.poll()
    bench.simulator.admit()
    assert (await bench.poll()).samples


@pytest.mark.parametrize("behind", ["empty", "not executed", None])
@pytest.mark.parametrize("guilty", [(1,), (2,), (4,), (1, 2), (2, 4), (1, 2, 3, 4)])
async def test_query_that_fails_costs_those_behind_it_nothing_for_long(
    make_bench: MakeBench, guilty: tuple[int, ...], behind: str | None
) -> None:
    bench = await started(make_bench, 4)
    active = failing(bench, *guilty, behind=behind)
    good = {meter(number) for number in range(1, 5)} - {meter(number) for number in guilty}
    readings = [await bench.poll() for _ in range(2)]
    # Whoever is only behind it is there in the same poll, or behind two of them in the next.
    assert devices_in(readings[0]) | devices_in(readings[1]) == good
    assert len(guilty) > 1 or devices_in(readings[0]) == good
    assert readings[1].problems == dict.fromkeys({meter(number) for number in guilty}, Problem.UNREACHABLE)
    # And the one that failed is there soon after it is mended.
    bench.simulator.faults.remove(active)
    assert len({one for _ in range(4) for one in devices_in(await bench.poll())}) == 4


async def test_query_that_fails_on_and_on_is_asked_ever_more_seldom(make_bench: MakeBench) -> None:
    bench = await started(make_bench, 2)
    failing(bench, 1)
    for _ in range(180):
        assert devices_in(await bench.poll()) == {meter(2)}
    asked = sum(query["where"]["tags"]["nodeId"] == meter(1) for queries in telemetry(bench) for query in queries)
    assert 5 <= asked <= 9


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Status(500), CannotConnect),
        (faults.Status(503, None, {"Retry-After": "5"}), RateLimited),
        (faults.HtmlPage(502), CannotConnect),
        (faults.HtmlPage(200), CannotConnect),
        (faults.HtmlPage(404), CannotConnect),
        (faults.EmptyBody(), CannotConnect),
        (faults.EmptyBody(204), CannotConnect),
        (faults.TruncatedBody(), CannotConnect),
        (faults.ConnectionReset(), CannotConnect),
        (faults.LostAnswer(), CannotConnect),
        (faults.Redirect("https://elsewhere.example/"), CannotConnect),
        (faults.Answer([]), UnexpectedAnswer),
        (faults.Answer(None), UnexpectedAnswer),
        (faults.Answer("x"), UnexpectedAnswer),
        (faults.Answer([None, 5, []]), UnexpectedAnswer),
        (faults.Status(200, b"[1e999]"), UnexpectedAnswer),
        (faults.Status(409, {}), UnexpectedAnswer),
    ],
    ids=repr,
)
async def test_poll_that_fails_says_why_and_the_next_is_good(
    make_bench: MakeBench, fault: faults.Fault, error: type[VendorError]
) -> None:
    bench = await started(make_bench, 3)
    bench.simulator.faults.add(fault, TELEMETRY, times=1)
    with pytest.raises(error):
        await bench.poll()
    readings = await bench.poll()
    assert (len(devices_in(readings)), readings.problems) == (3, {})


async def test_second_request_that_fails_costs_only_its_devices(make_bench: MakeBench) -> None:
    bench = await started(make_bench, 8)
    bench.simulator.faults.add(faults.Status(422, {}), TELEMETRY, times=1)
    await bench.poll()
    bench.simulator.faults.add(faults.Status(500), TELEMETRY, times=1, skip=1)
    readings = await bench.poll()
    assert len(devices_in(readings)) == 4
    assert len(readings.problems) == 4
    assert set(readings.problems.values()) == {Problem.UNREACHABLE}
    assert not devices_in(readings) & readings.problems.keys()
