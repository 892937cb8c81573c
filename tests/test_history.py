"""Long-term statistics in a Home Assistant with a recorder: every watt-hour, in its hour, once."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.db_schema import Statistics
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    async_list_statistic_ids,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance, session_scope
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.energy_clouds.const import DOMAIN, OPTION_HISTORY_DAYS
from custom_components.energy_clouds.history import KEEPERS
from custom_components.energy_clouds.history_memory import HistoryStore
from custom_components.energy_clouds.hours import HOUR
from custom_components.energy_clouds.statistics import statistic_id
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
IMPORTED = "energy_clouds:7301_gwexample0000001_lgf_e360_submeteringmetrics_importedabsenergytot_wh_338cd2ec2a76"
"""Eniris' grid meter. It is written out: no release may call it otherwise."""
INCOMER = statistic_id(f"{ACCOUNT_ID}_meter-building-a-001_imp")
"""Enpact's."""


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
    unique_id: str
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
        Case(EnpactSimulator, f"{ACCOUNT_ID}_meter-building-a-001_imp", office("grid"), "kWh", 2e-3, 22), id="enpact"
    ),
    pytest.param(
        Case(
            eniris_house,
            f"{eniris.USER_ID}_{eniris.GRID_METER}_submeteringMetrics.importedAbsEnergyTot_Wh",
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
            f"{eniris.USER_ID}_{eniris.SITE}_installationMetrics.childrenProducedEnergyDeltaTot_Wh",
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
    rows = await rows_of(hass, statistic_id(case.unique_id))
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
    before = await rows_of(hass, IMPORTED)
    for _ in range(20):
        await account.wait(300)
    after = await rows_of(hass, IMPORTED)
    assert after[: len(before)] == before
    assert len(after) == len(before) + 2


async def test_what_was_imported_by_request_is_not_read_again(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(eniris_house())
    await account.set_up(options={OPTION_HISTORY_DAYS: DAYS})
    keeper = hass.data[KEEPERS][account.entry.entry_id]
    end = keeper.horizon.last_complete
    written = await keeper.async_import(keeper.counted(), end - timedelta(days=DAYS + 1), end)
    assert written == len(keeper.counted()) * (DAYS + 1) * 24
    assert keeper.complete_until() == end

    def asked_for_the_past() -> int:
        return sum("'ASC'" in str(request.body) for request in account.simulator.requests)

    before = keeper.importer.rows, asked_for_the_past()
    assert all(before)
    await account.polls(4)
    assert (keeper.importer.rows, asked_for_the_past()) == before


async def test_import_by_request_that_leaves_hours_out_leaves_them_to_come(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account = make_account(eniris_house())
    await account.set_up(options={OPTION_HISTORY_DAYS: DAYS})
    keeper = hass.data[KEEPERS][account.entry.entry_id]
    end = keeper.horizon.last_complete
    await keeper.async_import(keeper.counted(), end - timedelta(days=1), end)
    assert keeper.complete_until() == end - timedelta(days=DAYS)
    await account.polls(4)
    assert keeper.complete_until() == end
    for name in await statistics_in(hass):
        assert len(await rows_of(hass, name)) == DAYS * 24, name


async def test_hours_without_home_assistant_are_caught_up(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(EnpactSimulator())
    await imported(account)
    await hass.config_entries.async_unload(account.entry.entry_id)
    account.freezer.tick(timedelta(hours=20))
    await hass.config_entries.async_setup(account.entry.entry_id)
    await account.polls(5)
    rows = await rows_of(hass, INCOMER)
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


async def hours_of(hass: HomeAssistant, statistic: str) -> dict[float, float]:
    """The amount of each hour by its start."""
    rows = await rows_of(hass, statistic)
    return {
        row["start"]: row["sum"] - before
        for row, before in zip(rows, [0.0, *(row["sum"] for row in rows)], strict=False)
    }


def metadata_of(name: str, unit_class: str, unit: str) -> StatisticMetaData:
    """What somebody else says of the statistic."""
    return {
        "mean_type": StatisticMeanType.NONE,
        "has_sum": True,
        "name": name,
        "source": DOMAIN,
        "statistic_id": IMPORTED,
        "unit_class": unit_class,
        "unit_of_measurement": unit,
    }


async def restarted(account: Account[Any], between: Callable[[], Any] | None = None) -> None:
    """Set the account up again, after something has happened to what is stored, and let it do what is to be done."""
    await account.hass.config_entries.async_unload(account.entry.entry_id)
    if between is not None:
        await between()
    await account.hass.config_entries.async_setup(account.entry.entry_id)
    await account.polls(4)
    await async_wait_recording_done(account.hass)


async def test_days_without_home_assistant_that_the_vendor_has_forgotten_are_spread_evenly(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account = make_account(EnpactSimulator())
    await imported(account)
    await hass.config_entries.async_unload(account.entry.entry_id)
    account.freezer.tick(timedelta(days=3))
    await hass.config_entries.async_setup(account.entry.entry_id)
    await account.polls(5)
    statistic = INCOMER
    rows, hours = await rows_of(hass, statistic), list((await hours_of(hass, statistic)).values())
    starts = [datetime.fromtimestamp(row["start"], UTC) for row in rows]
    assert starts == [starts[0] + number * HOUR for number in range(22 + 72)]
    meter = default_world().meter("grid")
    truth = (meter.imported(starts[-1] + HOUR) - meter.imported(starts[0])) / 1000
    assert rows[-1]["sum"] == pytest.approx(truth, abs=2e-3)
    forgotten = hours[22 : 22 + 72 - 23]
    assert forgotten == pytest.approx([forgotten[0]] * len(forgotten), abs=1e-6)


async def test_lost_memory_is_no_loss(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(eniris_house())
    await imported(account)
    before = await rows_of(hass, IMPORTED)

    async def lose() -> None:
        await HistoryStore(hass, account.entry).remove()

    await restarted(account, lose)
    assert await rows_of(hass, IMPORTED) == before
    assert hass.data[KEEPERS][account.entry.entry_id].importer.rows == 0


async def test_database_that_is_older_than_the_memory_is_filled_up(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account = make_account(eniris_house())
    await imported(account)
    before = await rows_of(hass, IMPORTED)
    since = before[-30]["start"]

    def forget() -> None:
        with session_scope(session=get_instance(hass).get_session()) as session:
            session.query(Statistics).filter(Statistics.start_ts >= since).delete()

    await restarted(account, lambda: get_instance(hass).async_add_executor_job(forget))
    after = await rows_of(hass, IMPORTED)
    assert [row["start"] for row in after] == [row["start"] for row in before]
    assert [row["sum"] for row in after] == pytest.approx([row["sum"] for row in before], abs=1e-3)


async def test_statistic_that_was_deleted_by_hand_is_imported_again(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account = make_account(eniris_house())
    await imported(account)
    before = await rows_of(hass, IMPORTED)
    get_instance(hass).async_clear_statistics([IMPORTED])
    await restarted(account)
    assert await rows_of(hass, IMPORTED) == before


async def test_rows_without_a_state_are_no_counter_at_zero(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(eniris_house())
    metadata = metadata_of("Grid", "energy", "Wh")
    last = datetime(2026, 11, 17, 4, tzinfo=UTC)
    async_add_external_statistics(hass, metadata, [{"start": last, "sum": 5.0}])
    await imported(account)
    rows = await rows_of(hass, IMPORTED)
    meter = default_world().home.meter("grid")
    truth = meter.imported(datetime(2026, 11, 17, 9, tzinfo=UTC)) - meter.imported(last + HOUR)
    assert rows[0]["start"] == last.timestamp()
    assert rows[-1]["sum"] == pytest.approx(5.0 + truth, abs=0.2)


async def test_statistic_keeps_its_unit(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(eniris_house())
    await imported(account)
    before = await rows_of(hass, IMPORTED)
    # Somebody has it counted in kWh from here on.
    metadata = metadata_of("Grid", "energy", "kWh")
    rows: list[StatisticData] = [
        {
            "start": datetime.fromtimestamp(row["start"], UTC),
            "state": row["state"] / 1000,
            "sum": row["sum"] / 1000,
        }
        for row in before
    ]
    async_add_external_statistics(hass, metadata, rows)
    await restarted(account)
    for _ in range(20):
        await account.wait(300)
    after = await rows_of(hass, IMPORTED)
    assert len(after) > len(before)
    meter = default_world().home.meter("grid")
    first, last = (datetime.fromtimestamp(after[place]["start"], UTC) for place in (0, -1))
    truth = (meter.imported(last + HOUR) - meter.imported(first)) / 1000
    assert after[-1]["sum"] == pytest.approx(truth, abs=1e-3)


async def test_register_that_counts_something_else_gets_another_statistic(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account = make_account(eniris_house())
    metadata = metadata_of("Water", "volume", "m³")
    async_add_external_statistics(hass, metadata, [{"start": BEGINNING, "state": 5.0, "sum": 5.0}])
    await imported(account)
    assert [row["sum"] for row in await rows_of(hass, IMPORTED)] == [5.0]
    assert len(await rows_of(hass, f"{IMPORTED}_energy")) == DAYS * 24


async def test_statistics_are_found_by_the_name_of_their_device(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(eniris_house())
    await imported(account)
    await async_wait_recording_done(hass)
    listed = await async_list_statistic_ids(hass)
    names = {one["statistic_id"]: one["name"] for one in listed if one["source"] == DOMAIN}
    assert names[IMPORTED] == "LGF Digital Smart Meter E360 Imported energy"
    assert len(set(names.values())) == len(names)
