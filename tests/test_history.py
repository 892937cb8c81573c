"""Long-term statistics in a Home Assistant with a recorder: every watt-hour, in its hour, once."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import async_list_statistic_ids, statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.energy_clouds.const import DOMAIN, OPTION_HISTORY_DAYS
from custom_components.energy_clouds.history import KEEPERS
from custom_components.energy_clouds.hours import HOUR
from custom_components.energy_clouds.vendors import budget
from custom_components.energy_clouds.vendors.eniris import Eniris
from custom_components.energy_clouds.vendors.errors import RateLimited
from custom_components.energy_clouds.vendors.model import Series
from tests.simulators import enapter, eniris
from tests.simulators.enapter import EnapterSimulator
from tests.simulators.enectiva import EnectivaSimulator
from tests.simulators.eniris import EnirisSimulator
from tests.simulators.enpact import EnpactSimulator
from tests.simulators.simulator import Simulator
from tests.simulators.world import Meter, World, default_world

from .conftest import ACCOUNT_ID, ENAPTER_ACCOUNT_ID, Account, MakeAccount
from .eniris_home import small

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 2


@pytest.fixture(autouse=True)
def recorder(recorder_mock: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the recorder be there before Home Assistant, and nobody sleep while the clock stands still."""
    monkeypatch.setattr(budget, "SHORT_WAIT", timedelta(0))


async def rows_of(hass: HomeAssistant, statistic: str) -> list[dict[str, Any]]:
    """All rows of a statistic, once everything is written."""
    await async_wait_recording_done(hass)
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, BEGINNING, None, {statistic}, "hour", None, {"state", "sum"}
    )
    return [dict(row) for row in found.get(statistic, ())]


async def statistics_in(hass: HomeAssistant) -> list[str]:
    """The ids of all statistics of ours."""
    await async_wait_recording_done(hass)
    return [one["statistic_id"] for one in await async_list_statistic_ids(hass) if one["source"] == DOMAIN]


async def imported(account: Account[Any]) -> None:
    """Set an account up, and let it import what there is."""
    await account.set_up(options={OPTION_HISTORY_DAYS: DAYS})
    await account.polls(4)
    await async_wait_recording_done(account.hass)


def eniris_house() -> EnirisSimulator:
    """Eniris' site with its grid meter."""
    return small([eniris.CONTROLLER, eniris.SITE, eniris.GRID_METER])


def home(name: str) -> Callable[[World], Meter]:
    return lambda world: world.home.meter(name)


def office(name: str) -> Callable[[World], Meter]:
    return lambda world: world.meter(name)


@dataclass(frozen=True, slots=True)
class Case:
    """A vendor's register: its statistic, the world's meter behind it, and how exact the vendor's history is."""

    simulator: Callable[[], Simulator]
    name: str
    meter: Callable[[World], Meter]
    unit: str
    tolerance: float
    hours: int
    exported: bool = False

    def register(self, time: datetime) -> float:
        """What the world's meter has counted."""
        registers = self.meter(default_world()).registers(time)
        return registers.exported if self.exported else registers.imported


CASES = [
    pytest.param(
        Case(EnpactSimulator, f"{ACCOUNT_ID}_meter_building_a_001_imp", office("grid"), "kWh", 2e-3, 22), id="enpact"
    ),
    pytest.param(
        Case(
            eniris_house,
            f"{eniris.USER_ID}_{eniris.GRID_METER}_submeteringmetrics_importedabsenergytot_wh",
            home("grid"),
            "Wh",
            0.2,
            DAYS * 24,
        ),
        id="eniris",
    ),
    pytest.param(
        Case(
            eniris_house,
            f"{eniris.USER_ID}_{eniris.SITE}_installationmetrics_childrenproducedenergydeltatot_wh",
            home("solar"),
            "Wh",
            0.2,
            DAYS * 24,
            exported=True,
        ),
        id="eniris, intervals",
    ),
    # Its history has the newest value of each hour, which is older than the hour's end by up to a reporting interval.
    pytest.param(
        Case(
            EnapterSimulator,
            f"{ENAPTER_ACCOUNT_ID}_{enapter.POWER_METER}_energy_lifetime",
            home("grid"),
            "Wh",
            60.0,
            DAYS * 24,
        ),
        id="enapter",
    ),
]


@pytest.mark.parametrize("case", CASES)
async def test_first_import_has_the_worlds_energy_of_every_hour(
    hass: HomeAssistant, make_account: MakeAccount, case: Case
) -> None:
    await imported(make_account(case.simulator()))
    rows = await rows_of(hass, f"{DOMAIN}:{case.name.lower().replace('-', '_')}")
    starts = [datetime.fromtimestamp(row["start"], UTC) for row in rows]
    assert starts == [starts[0] + number * HOUR for number in range(case.hours)]
    assert starts[-1] == datetime(2026, 11, 17, 8, tzinfo=UTC)
    watt_hours = {"Wh": 1, "kWh": 1000}[case.unit]
    total = 0.0
    for start, row in zip(starts, rows, strict=True):
        truth = (case.register(start + HOUR) - case.register(start)) / watt_hours
        assert row["sum"] - total == pytest.approx(truth, abs=case.tolerance)
        total = row["sum"]


@pytest.mark.parametrize("simulator", [EnpactSimulator, eniris_house, EnapterSimulator, EnectivaSimulator])
async def test_doing_it_again_writes_nothing(
    hass: HomeAssistant, make_account: MakeAccount, simulator: Callable[[], Simulator]
) -> None:
    account = make_account(simulator())
    await imported(account)
    keeper = hass.data[KEEPERS][account.entry.entry_id]
    written = keeper.importer.rows
    assert written > 20
    await hass.config_entries.async_reload(account.entry.entry_id)
    await account.polls(4)
    await async_wait_recording_done(hass)
    assert hass.data[KEEPERS][account.entry.entry_id] is not keeper
    assert hass.data[KEEPERS][account.entry.entry_id].importer.rows == 0


async def test_next_hour_follows_by_itself(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(eniris_house())
    await imported(account)
    name = f"{DOMAIN}:{eniris.USER_ID}_{eniris.GRID_METER}_submeteringmetrics_importedabsenergytot_wh"
    before = await rows_of(hass, name.lower().replace("-", "_"))
    for _ in range(20):
        await account.wait(300)
    after = await rows_of(hass, name.lower().replace("-", "_"))
    assert after[: len(before)] == before
    assert len(after) == len(before) + 2


async def test_hours_without_home_assistant_are_caught_up(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(EnpactSimulator())
    await imported(account)
    await hass.config_entries.async_unload(account.entry.entry_id)
    account.freezer.tick(timedelta(hours=20))
    await hass.config_entries.async_setup(account.entry.entry_id)
    await account.polls(5)
    rows = await rows_of(hass, f"{DOMAIN}:{ACCOUNT_ID}_meter_building_a_001_imp")
    starts = [datetime.fromtimestamp(row["start"], UTC) for row in rows]
    assert starts == [starts[0] + number * HOUR for number in range(42)]
    meter = default_world().meter("grid")
    truth = (meter.imported(starts[-1] + HOUR) - meter.imported(starts[0])) / 1000
    assert rows[-1]["sum"] == pytest.approx(truth, abs=2e-3)


async def test_budget_that_breaks_an_import_off_again_and_again_loses_nothing_of_it(
    hass: HomeAssistant, make_account: MakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    history, calls = Eniris.history, 0

    async def three_batches(self: Eniris, *arguments: Any) -> AsyncIterator[tuple[Series, ...]]:
        nonlocal calls
        calls += 1
        left = 3
        async for batch in history(self, *arguments):
            if not left:
                raise RateLimited(timedelta(seconds=20))
            left -= 1
            yield batch

    monkeypatch.setattr(Eniris, "history", three_batches)
    account = make_account(eniris_house())
    await account.set_up(options={OPTION_HISTORY_DAYS: DAYS})
    await account.polls(20)
    names = [name.removeprefix("energy_clouds:") for name in await statistics_in(hass)]
    assert len(names) > 3
    for name in names:
        assert len(await rows_of(hass, f"{DOMAIN}:{name}")) == DAYS * 24, name
    assert calls < 30
    before = calls
    await account.polls(10)
    # No more than the next hour takes.
    assert calls - before <= 4
