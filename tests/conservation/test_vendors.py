"""The conservation of energy, for each vendor: whatever happens, every span of complete hours has its watt-hours.

Home Assistant, its recorder and the vendor's code are real, and talk to the simulator over HTTP. Hypothesis calls the
test's body several times within one run of its fixtures, so the body makes a Home Assistant, a database and a service
of its own for each example; of the fixtures it only uses the clock, which it sets, and what makes recorders.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
import logging
import os

from freezegun.api import FrozenDateTimeFactory
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
import pytest

from custom_components.energy_clouds.hours import HOUR
from custom_components.energy_clouds.vendors import budget
from tests.simulators import enapter
from tests.simulators.simulator import Simulator

from .homes import HOMES, EnapterHome, Home
from .life import Life, MakeRecorder, home_assistant
from .plan import DAY, Plan, Season, plans
from .truth import assert_conserved, grid

EXAMPLES = int(os.environ.get("CONSERVATION_EXAMPLES", "0"))
"""How many examples to search through, of each vendor and season; unset: a few, always the same ones."""
FEW = 2


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let nobody sleep while the clock stands still, and log no more than what is wrong."""
    monkeypatch.setattr(budget, "SHORT_WAIT", timedelta(0))
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("season", list(Season))
@pytest.mark.parametrize("home", HOMES)
@settings(
    max_examples=EXAMPLES or FEW,
    derandomize=not EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_nothing_is_lost_and_nothing_is_invented(
    freezer: FrozenDateTimeFactory,
    async_test_recorder: MakeRecorder,
    home: type[Home[Simulator]],
    season: Season,
    data: st.DataObject,
) -> None:
    plan: Plan = data.draw(plans(season, home.bounds))
    freezer.move_to(season.beginning)
    asyncio.get_running_loop().set_debug(False)
    async with home_assistant(async_test_recorder) as (hass, stored):
        await live_and_compare(Life(hass, stored, freezer, home(plan)))


def test_enapters_hours_are_the_worlds_but_for_less_than_a_report() -> None:
    # Its history has the newest report of each hour. What came after that is in the next hour: it never adds up.
    home = EnapterHome(Plan(Season.AUTUMN, (), (), None, (1,)))
    device = home.simulator.devices[enapter.POWER_METER]
    for hour in grid(home.at(0) - 30 * DAY, home.at(0), HOUR):
        newest = home.newest_report(hour)
        assert newest is not None
        assert timedelta(0) < hour - newest <= timedelta(seconds=device.cadence)


async def live_and_compare(life: Life) -> None:
    try:
        await life.begin()
        async with life.watched():
            await life.live()
        await life.recover()
        rows = await life.rows()
        for counter in life.home.counters(life.complete() + HOUR):
            found = [row for row in rows.get(counter.statistic, ()) if row.end <= life.complete()]
            since = life.since
            if found and life.home.plan.may_begin_late and since < found[0].start < since + timedelta(hours=30):
                since = found[0].start
            assert_conserved(found, counter.truth, since, life.complete(), watt_hours=counter.watt_hours)
        await life.do_again()
        again = await life.rows()
        for statistic, before in rows.items():
            assert again[statistic][: len(before)] == before, statistic
    finally:
        await life.close()
