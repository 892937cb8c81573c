"""History: the service's own counters to the last digit, and intervals whose sum is the energy that flowed."""

from datetime import UTC, datetime, timedelta
import math
from zoneinfo import ZoneInfo

import pytest

from tests.simulators import faults
from tests.simulators.eniris import BATTERY, SITE

from .conftest import START, TELEMETRY, Bench, MakeBench, added, telemetry
from .past import counter, interval, past, stored

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 17, tzinfo=UTC)
METER = "GWEXAMPLE0000003-Eastron-0001"
COUNTER = "submeteringMetrics.importedAbsEnergyTot_Wh"


@pytest.fixture
async def meter(make_bench: MakeBench) -> Bench:
    """An account with one meter; nothing was discovered, nothing read."""
    made: Bench = await added(await make_bench(meters=1))
    return made


async def test_counter_is_the_services_own_to_the_last_digit(meter: Bench) -> None:
    start, end = MIDNIGHT - 2 * DAY, MIDNIGHT
    found = await past(meter, counter(METER, COUNTER), start, end)
    assert found == stored(meter.simulator, METER, "importedAbsEnergyTot_Wh", start, end)
    assert len(found) == 2 * 24 * 60
    # Nothing had been discovered before: one list, and a request a day.
    assert meter.asked() == ["POST /v1/device/query", *[f"POST {TELEMETRY}"] * 2]
    for (query,) in telemetry(meter):
        assert (query["orderBy"], query["select"]) == ("ASC", ["importedAbsEnergyTot_Wh"])
        assert [one["operator"] for one in query["where"]["time"]] == [">=", "<"]


async def test_intervals_sum_up_to_the_energy_that_flowed(bench: Bench) -> None:
    start, end = MIDNIGHT - 3 * DAY, MIDNIGHT
    point = interval(SITE, "installationMetrics.childrenProducedEnergyDeltaTot_Wh")
    found = await past(bench, point, start + MINUTE, end + MINUTE)
    solar = bench.simulator.world.home.meters["solar"]
    assert sum(float(str(one.value)) for one in found) == pytest.approx(
        solar.exported(end) - solar.exported(start), abs=0.01
    )
    # The coarsest rows that have them are of ten minutes, where they have a prefix.
    assert len(found) == 3 * 24 * 6
    (query,) = telemetry(bench)[-1]
    assert query["select"] == ["sum_childrenProducedEnergyDeltaTot_Wh"]
    assert query["from"]["retentionPolicy"] == "rp_ten_m"


async def test_mean_of_a_counter_is_no_counter(bench: Bench) -> None:
    point = counter(BATTERY, "batteryMetrics.chargedAbsEnergyTot_Wh")
    found = await past(bench, point, MIDNIGHT, MIDNIGHT + HOUR)
    # There are hours too, but with means only.
    assert found == stored(bench.simulator, BATTERY, "chargedAbsEnergyTot_Wh", MIDNIGHT, MIDNIGHT + HOUR)
    (query,) = telemetry(bench)[-1]
    assert (query["select"], query["from"]["retentionPolicy"]) == (["chargedAbsEnergyTot_Wh"], "rp_one_m")


async def test_rows_of_more_than_an_hour_are_not_read(meter: Bench) -> None:
    node = meter.simulator.node(METER)
    (minutes,) = [one for one in node.series or () if one.policy == "rp_one_m"]
    meter.simulator.archive.policies["rp_one_d"] = meter.simulator.archive.policies["rp_one_h"]
    for policy in ("rp_one_d", "rp_ten_m", "rp_one_h", "rp_one_s"):
        more = type(minutes)(minutes.database, policy, minutes.measurement, minutes.tags, minutes.fields)
        node.series = [*(node.series or ()), more]
    found = await past(meter, counter(METER, COUNTER), MIDNIGHT, MIDNIGHT + 6 * HOUR)
    assert [one.time for one in found] == [MIDNIGHT + number * HOUR for number in range(6)]
    assert telemetry(meter)[-1][0]["from"]["retentionPolicy"] == "rp_one_h"


@pytest.mark.parametrize(
    ("start", "end", "number"),
    [
        (timedelta(0), timedelta(0), 0),
        (timedelta(0), timedelta(microseconds=1), 1),
        (timedelta(0), MINUTE, 1),
        (timedelta(0), MINUTE + timedelta(microseconds=1), 2),
        (timedelta(microseconds=1), MINUTE, 0),
        (timedelta(microseconds=1), MINUTE + timedelta(seconds=1), 1),
        (-timedelta(microseconds=1), timedelta(0), 0),
        (-timedelta(microseconds=1), timedelta(seconds=0.5), 1),
        (MINUTE, timedelta(0), 0),
    ],
)
async def test_start_counts_and_end_does_not(meter: Bench, start: timedelta, end: timedelta, number: int) -> None:
    assert len(await past(meter, counter(METER, COUNTER), MIDNIGHT + start, MIDNIGHT + end)) == number


async def test_bounds_in_another_time_zone_are_the_same_instants(meter: Bench) -> None:
    kathmandu, point = ZoneInfo("Asia/Kathmandu"), counter(METER, COUNTER)
    start, end = MIDNIGHT, MIDNIGHT + HOUR
    found = await past(meter, point, start.astimezone(kathmandu), end.astimezone(kathmandu))
    assert found == await past(meter, point, start, end)
    assert len(found) == 60


@pytest.mark.parametrize("time_format", ["iso", "nanoseconds", "milliseconds"])
@pytest.mark.parametrize("several_series", [False, True])
async def test_many_rows_are_read_page_by_page(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch, time_format: str, several_series: bool
) -> None:
    monkeypatch.setattr("custom_components.energy_clouds.vendors.eniris.past.ROWS", 100)
    bench = await added(await make_bench(meters=1, time_format=time_format, several_series=several_series))
    found = await past(bench, counter(METER, COUNTER), MIDNIGHT, MIDNIGHT + 10 * HOUR)
    expected = stored(bench.simulator, METER, "importedAbsEnergyTot_Wh", MIDNIGHT, MIDNIGHT + 10 * HOUR)
    assert [one.value for one in found] == [one.value for one in expected]
    assert len(telemetry(bench)) == math.ceil(600 / 100) + 1


async def test_rows_that_are_there_twice_count_once(meter: Bench) -> None:
    meter.simulator.double_rows(METER, MIDNIGHT, MIDNIGHT + HOUR)
    assert len(await past(meter, counter(METER, COUNTER), MIDNIGHT, MIDNIGHT + HOUR)) == 60


async def test_rows_in_disorder_are_sorted_and_nulls_left_out(meter: Bench) -> None:
    times = [MIDNIGHT + number * MINUTE for number in (3, 1, 2, 0, 2)]
    values = [[time.isoformat(), None if time == MIDNIGHT else 5.0 + place] for place, time in enumerate(times)]
    series = {"columns": ["time", "importedAbsEnergyTot_Wh"], "values": values}
    meter.simulator.faults.add(faults.Answer([{"series": [series]}]), TELEMETRY)
    found = await past(meter, counter(METER, COUNTER), MIDNIGHT, MIDNIGHT + HOUR)
    assert [(one.time - MIDNIGHT) / MINUTE for one in found] == [1, 2, 3]
    assert [one.value for one in found] == [6.0, 9.0, 5.0]


async def test_nothing_is_asked_of_the_future(meter: Bench) -> None:
    point = counter(METER, COUNTER)
    assert await past(meter, point, START + DAY, START + 2 * DAY) == []
    assert telemetry(meter) == []
    found = await past(meter, point, START - HOUR, START + DAY)
    assert found[-1].time == START.replace(second=0)
    assert telemetry(meter)[-1][0]["where"]["time"][1]["value"] == "2026-11-17T10:00:30Z"


async def test_past_that_is_kept_no_longer_is_empty(meter: Bench) -> None:
    assert await past(meter, counter(METER, COUNTER), START - 900 * DAY, START - 898 * DAY) == []


async def test_service_that_ignores_the_range_does_not_keep_one_for_ever(
    meter: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.energy_clouds.vendors.eniris.past.ROWS", 50)
    values = [[(MIDNIGHT + number * MINUTE).isoformat(), float(number)] for number in range(-20, 80)]
    series = {"columns": ["time", "importedAbsEnergyTot_Wh"], "values": values}
    meter.simulator.faults.add(faults.Answer([{"series": [series]}]), TELEMETRY)
    found = await past(meter, counter(METER, COUNTER), MIDNIGHT, MIDNIGHT + HOUR)
    assert [one.value for one in found] == [float(number) for number in range(60)]
    assert len(telemetry(meter)) <= 2
