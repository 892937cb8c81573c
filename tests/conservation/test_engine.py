"""The conservation of energy in the engine alone, where Hypothesis can search: a month takes 0.1 s."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
import logging
import os

from hypothesis import Phase, given, settings, strategies as st
import pytest

from custom_components.energy_clouds.vendors.model import Point

from .engine import BOUNDS, INTERVAL, REGISTER, Cloud, Engine, Meter, in_memory
from .plan import DAY, MINUTE, End, Moment, Plan, RowFate, RowFault, Season, Stop, plans
from .truth import assert_conserved, whole_hour

EXAMPLES = int(os.environ.get("CONSERVATION_EXAMPLES", "0"))
"""How many examples to search through; unset: some, always the same ones."""
SOME = 25
AT_THE_LATEST = timedelta(minutes=35)
"""How long after its end an hour is read, when nothing is wrong."""
PARTS = (DAY, 31 * DAY, timedelta(hours=7))


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Log no more than what is wrong."""
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


@settings(
    max_examples=EXAMPLES or SOME,
    derandomize=not EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
)
@given(
    plan=st.sampled_from(Season).flatmap(lambda season: plans(season, BOUNDS)),
    minutes=st.sampled_from((10, 15, 60)) | st.integers(7, 100),
    part=st.sampled_from(PARTS),
    seed=st.integers(0, 100),
)
async def test_nothing_is_lost_and_nothing_is_invented(plan: Plan, minutes: int, part: timedelta, seed: int) -> None:
    # Amounts that fall into two hours have no truth but the rule of the engine itself.
    intervals = minutes if 60 % minutes == 0 else 10
    meters = {REGISTER: Meter(plan, timedelta(minutes=minutes), seed), INTERVAL: Meter(plan, intervals * MINUTE, seed)}
    await live_and_compare(plan, meters, part)


async def test_look_back_begins_where_a_row_is_missing_for_good() -> None:
    looked_back_from = -2 * DAY // MINUTE
    gaps = [
        RowFault(RowFate.MISSING, start, start + 5, 0)
        for start in range(looked_back_from - 6 * 60, looked_back_from + 60, 60)
    ]
    plan = quiet_plan(gaps)
    await live_and_compare(plan, {REGISTER: Meter(plan, 10 * MINUTE, 1)})


async def test_reading_that_is_corrected_changes_all_hours_since_the_one_before() -> None:
    # Meter readers come every twelve days: here on the fifth day.
    fifth = 5 * DAY // MINUTE
    plan = quiet_plan([RowFault(RowFate.HIGH, fifth, fifth + 5, fifth + 20 * 60)])
    await live_and_compare(plan, {REGISTER: Meter(plan, 12 * DAY, 1)})


async def test_lost_memory_does_not_keep_a_reading_from_being_corrected() -> None:
    fifth = 5 * DAY // MINUTE
    lost = Moment(fifth // 60 + 2, Stop(End.FORGETFUL, 99))
    plan = quiet_plan([RowFault(RowFate.HIGH, fifth, fifth + 5, fifth + 20 * 60)], lost)
    await live_and_compare(plan, {REGISTER: Meter(plan, 12 * DAY, 1)})


def quiet_plan(faults: Iterable[RowFault], *moments: Moment) -> Plan:
    """A plan in which little else happens."""
    return Plan(Season.SPRING, tuple(faults), moments, None, (1,))


async def live_and_compare(plan: Plan, meters: Mapping[Point, Meter], part: timedelta = DAY) -> None:
    """Live a plan with these points, and compare what is in the statistics with the truth; then do it all again."""
    asyncio.get_running_loop().set_debug(False)
    with in_memory():
        engine = Engine(plan, Cloud({point.id: meter for point, meter in meters.items()}, part), list(meters))
        await engine.live()
        await engine.recover()
        since = engine.keeper.horizon.first_hour(plan.season.beginning - timedelta(minutes=10)) - BOUNDS.past
        until = whole_hour(engine.cloud.clock - AT_THE_LATEST)
        rows = {point: engine.rows(point) for point in meters}
        for point, meter in meters.items():
            assert_conserved(rows[point], meter.truth(point.nature), since, until)
        await engine.do_again(since)
        for point, before in rows.items():
            assert engine.rows(point)[: len(before)] == before
