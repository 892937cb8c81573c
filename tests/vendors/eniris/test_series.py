"""Series: which of them are asked for, and how; those that cannot be asked for cost nothing but themselves."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.energy_clouds.vendors.eniris.known import period_of
from custom_components.energy_clouds.vendors.model import PointId

from .conftest import Bench, telemetry
from .faked import answered, ask, listed


@pytest.mark.parametrize(
    ("policies", "chosen"),
    [
        (["rp_one_s", "rp_one_m"], "rp_one_m"),
        (["rp_one_m", "rp_one_s"], "rp_one_m"),
        (["rp_ten_m", "rp_one_s", "rp_one_h"], "rp_one_s"),
        (["rp_thirty_s", "rp_one_s"], "rp_thirty_s"),
        (["rp_one_h", "rp_ten_m"], "rp_ten_m"),
        (["rp_one_d", "rp_fifteen_m", "rp_one_h"], "rp_fifteen_m"),
        (["autogen", "rp_ten_m"], "autogen"),
        (["rp_ten_m"], "rp_ten_m"),
    ],
)
async def test_coarsest_rows_that_are_fresh_enough_are_read(bench: Bench, policies: list[str], chosen: str) -> None:
    listed(bench, *({"retentionPolicy": one, "fields": ["actualPowerTot_W"]} for one in policies))
    await bench.discover()
    answered(bench, {"actualPowerTot_W": 1})
    await bench.read()
    assert [[query["from"]["retentionPolicy"] for query in queries] for queries in telemetry(bench)] == [[chosen]]
    (point,) = bench.inventory.points
    assert point.id == PointId(device_id="a", key="m.actualPowerTot_W")
    assert point.cadence == max(timedelta(minutes=5), period_of(chosen))


async def test_more_than_a_hundred_fields_are_asked_in_several_queries(bench: Bench) -> None:
    names = [f"field{number}" for number in range(250)]
    listed(bench, {"retentionPolicy": "rp_one_m", "fields": [*names, *names]})
    await bench.discover()
    await ask(bench)
    selects = [query["select"] for queries in telemetry(bench) for query in queries]
    assert [len(one) for one in selects] == [100, 100, 50]
    assert sorted(name for one in selects for name in one) == sorted(names)


@pytest.mark.parametrize("name", ["a;b", "a'b", "ä", "", "a\n", "a,b", '"', "x" * 201, 5, None, ["a"]])
async def test_field_that_the_service_would_refuse_costs_nothing_but_itself(bench: Bench, name: object) -> None:
    listed(bench, {"retentionPolicy": "rp_one_m", "fields": [name, "flow_m³", "a/b (x) + 5%", "actualPowerTot_W"]})
    await bench.discover()
    await ask(bench)
    (queries,) = telemetry(bench)
    assert queries[0]["select"] == ["flow_m³", "a/b (x) + 5%", "actualPowerTot_W"]
    assert bench.simulator.requests[-1].status == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"measurement": "a b"},
        {"measurement": "getMeasStats"},
        {"measurement": None},
        {"tags": {}},
        {"tags": None},
        {"tags": {"nodeId": None}},
        {"tags": {"nodeId": "a\n"}},
        {"tags": {"nodeId": "Ω"}},
        {"tags": {"nodeId": "a", "x": [1]}},
        {"fields": "actualPowerTot_W"},
        {"fields": []},
        {"database": 5},
        {"retentionPolicy": None},
        {"database": None, "namespace": "x"},
        {"database": None, "namespace": {}},
    ],
    ids=str,
)
async def test_series_that_cannot_be_asked_for_costs_nothing_but_itself(bench: Bench, wrong: dict[str, Any]) -> None:
    good = {"retentionPolicy": "rp_one_m", "fields": ["actualPowerTot_W"]}
    listed(bench, {**good, "fields": ["frequency_Hz"], **wrong}, good)
    await bench.discover()
    await ask(bench)
    ((query,),) = telemetry(bench)
    assert query["select"] == ["actualPowerTot_W"]


@pytest.mark.parametrize(
    ("tags", "sent"),
    [
        ({"nodeId": "a", "number": 5}, {"nodeId": "a", "number": "5"}),
        ({"nodeId": "a", "on": True, "none": None}, {"nodeId": "a", "on": "true"}),
        ({"nodeId": "Zähler 1"}, {"nodeId": "Zähler 1"}),
    ],
)
async def test_tags_are_sent_as_texts(bench: Bench, tags: dict[str, Any], sent: dict[str, str]) -> None:
    listed(bench, {"retentionPolicy": "rp_one_m", "fields": ["actualPowerTot_W"], "tags": tags})
    await bench.discover()
    await ask(bench)
    assert telemetry(bench)[0][0]["where"]["tags"] == sent


@pytest.mark.parametrize(
    "namespace",
    [
        {"version": "1", "database": "x", "retentionPolicy": "rp_one_m"},
        {"version": "2", "organization": "o", "bucket": "b"},
        {"version": "IOx", "value": "v"},
    ],
)
async def test_namespace_is_passed_on_untouched(bench: Bench, namespace: dict[str, Any]) -> None:
    listed(bench, {"database": None, "namespace": namespace, "fields": ["actualPowerTot_W"]})
    await bench.discover()
    await ask(bench)
    assert telemetry(bench)[0][0]["from"] == {"namespace": namespace, "measurement": "m"}
    assert bench.simulator.requests[-1].status == 200


@pytest.mark.parametrize(
    ("policy", "period"),
    [
        ("rp_one_s", timedelta(seconds=1)),
        ("rp_five_s", timedelta(seconds=5)),
        ("rp_one_m", timedelta(minutes=1)),
        ("rp_ten_m", timedelta(minutes=10)),
        ("rp_fifteen_m", timedelta(minutes=15)),
        ("rp_thirty_m", timedelta(minutes=30)),
        ("rp_two_h", timedelta(hours=2)),
        ("rp_one_d", timedelta(days=1)),
        ("autogen", timedelta(minutes=1)),
        ("rp_seven_m", timedelta(minutes=1)),
        ("", timedelta(minutes=1)),
    ],
)
def test_period_of_a_policy(policy: str, period: timedelta) -> None:
    assert period_of(policy) == period
