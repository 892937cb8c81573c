"""The actions on history, and what a person sees of its progress."""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
import voluptuous as vol

from custom_components.energy_clouds.const import DOMAIN, OPTION_HISTORY_DAYS
from custom_components.energy_clouds.hours import HOUR
from custom_components.energy_clouds.vendors import budget
from tests.simulators import eniris, faults
from tests.simulators.enpact import EnpactSimulator
from tests.simulators.envitron import EnvitronSimulator
from tests.simulators.world import default_world

from .conftest import START, Account, MakeAccount
from .eniris_home import small
from .test_history import IMPORTED, rows_of, statistics_in

UNTIL = "sensor.eniris_history_complete_until"
LAST_COMPLETE = datetime(2026, 11, 17, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def recorder(recorder_mock: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the recorder be there before Home Assistant, and nobody sleep while the clock stands still."""
    monkeypatch.setattr(budget, "SHORT_WAIT", timedelta(0))


async def act(hass: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    """Call an action, and return its answer."""
    answer = await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)
    assert isinstance(answer, dict)
    return answer


async def refused(account: Account[Any]) -> None:
    """Let time stand still until the service has refused something, and that has been understood."""
    while account.simulator.requests[-1].status != HTTPStatus.TOO_MANY_REQUESTS:
        await asyncio.sleep(0)
    await moments()


async def moments() -> None:
    """Let everything happen that waits for nothing."""
    for _ in range(100):
        await asyncio.sleep(0)


def pass_time(account: Account[Any], seconds: float) -> None:
    """Let time pass, without waiting for what happens then: the action itself is part of that."""
    account.freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(account.hass)


@pytest.fixture
async def house(make_account: MakeAccount) -> Account[Any]:
    """Eniris' site and grid meter, of which only what is new is imported by itself."""
    account = make_account(small([eniris.CONTROLLER, eniris.SITE, eniris.GRID_METER]))
    await account.set_up(options={OPTION_HISTORY_DAYS: 0})
    await account.polls(4)
    return account


async def test_import_brings_the_hours_that_were_asked_for(hass: HomeAssistant, house: Account[Any]) -> None:
    assert await statistics_in(hass) == []
    start = LAST_COMPLETE - timedelta(days=3)
    selection = {"config_entry_id": house.entry.entry_id, "start": start.isoformat()}
    statistics = 7
    assert await act(hass, "import_history", **selection) == {"hours": statistics * 72}
    assert len(await statistics_in(hass)) == statistics
    rows = await rows_of(hass, IMPORTED)
    assert [row["start"] for row in rows] == [(start + n * HOUR).timestamp() for n in range(72)]
    meter = default_world().home.meter("grid")
    assert rows[-1]["sum"] == pytest.approx(meter.imported(LAST_COMPLETE) - meter.imported(start), abs=0.2)
    assert await act(hass, "import_history", **selection) == {"hours": 0}
    assert await rows_of(hass, IMPORTED) == rows


async def test_older_hours_come_before_those_that_are_there(hass: HomeAssistant, house: Account[Any]) -> None:
    entry, day = {"config_entry_id": house.entry.entry_id}, timedelta(days=1)
    await act(hass, "import_history", **entry, start=LAST_COMPLETE - day)
    await act(hass, "import_history", **entry, start=LAST_COMPLETE - 3 * day, end=LAST_COMPLETE - 2 * day)
    # What is between them was never read: it is no hour of its own, and nothing of it is lost once it is.
    assert len(await rows_of(hass, IMPORTED)) == 48
    await act(hass, "import_history", **entry, start=LAST_COMPLETE - 2 * day, end=LAST_COMPLETE - day)
    rows = await rows_of(hass, IMPORTED)
    meter = default_world().home.meter("grid")
    for number, row in enumerate(rows):
        truth = meter.imported(LAST_COMPLETE - (71 - number) * HOUR) - meter.imported(LAST_COMPLETE - 3 * day)
        assert row["sum"] == pytest.approx(truth, abs=0.2)
    assert len(rows) == 72


async def test_devices_alone(hass: HomeAssistant, house: Account[Any]) -> None:
    identifier = (DOMAIN, f"{eniris.USER_ID}_{eniris.GRID_METER}")
    device = dr.async_get(hass).async_get_device_by_identifier(identifier, house.entry.entry_id)
    assert device is not None
    await act(hass, "import_history", device_id=device.id, start=LAST_COMPLETE - timedelta(hours=5))
    assert all("submeteringmetrics" in name for name in await statistics_in(hass))
    assert len(await rows_of(hass, IMPORTED)) == 5


async def test_times_without_a_zone_are_home_assistants(hass: HomeAssistant, house: Account[Any]) -> None:
    await hass.config.async_set_time_zone("Asia/Kolkata")
    # 12:00 is 6:30 in UTC: the half hour that begins before it is in the hour of 6.
    await act(hass, "import_history", config_entry_id=house.entry.entry_id, start="2026-11-17 12:00:00")
    rows = await rows_of(hass, IMPORTED)
    assert rows[0]["start"] == datetime(2026, 11, 17, 6, tzinfo=UTC).timestamp()


async def test_import_waits_for_the_budget(hass: HomeAssistant, house: Account[Any]) -> None:
    house.simulator.faults.add(faults.RateLimited(90, "header"), path="/v1/telemetry", times=1)
    selection = {"config_entry_id": house.entry.entry_id, "start": LAST_COMPLETE - timedelta(days=1)}
    task = asyncio.ensure_future(act(hass, "import_history", **selection))
    await refused(house)
    pass_time(house, 80)
    await moments()
    assert not task.done()
    while not task.done():
        pass_time(house, 1)
        await moments()
    assert task.result()["hours"] > 24
    assert len(await rows_of(hass, IMPORTED)) == 24


async def test_import_that_an_unload_ends_says_so(hass: HomeAssistant, house: Account[Any]) -> None:
    house.simulator.faults.add(faults.RateLimited(900, "header"), path="/v1/telemetry", times=1)
    selection = {"config_entry_id": house.entry.entry_id, "start": LAST_COMPLETE - timedelta(days=1)}
    task = asyncio.ensure_future(act(hass, "import_history", **selection))
    await refused(house)
    await hass.config_entries.async_unload(house.entry.entry_id)
    with pytest.raises(HomeAssistantError) as caught:
        await task
    assert caught.value.translation_key == "account_unloaded"


async def test_service_that_is_away_ends_an_import_with_what_it_has_written(
    hass: HomeAssistant, house: Account[Any]
) -> None:
    house.simulator.faults.add(faults.Status(503), path="/v1/telemetry", skip=2)
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "import_history", config_entry_id=house.entry.entry_id, start=LAST_COMPLETE - timedelta(days=1))
    assert caught.value.translation_key == "import_ended_early"
    assert caught.value.translation_placeholders is not None
    assert int(caught.value.translation_placeholders["hours"]) >= 0


@pytest.mark.parametrize(
    ("start", "end", "error"),
    [
        (START - timedelta(hours=5), START - timedelta(hours=6), "end_before_start"),
        (START - timedelta(hours=5), START - timedelta(hours=5), "end_before_start"),
        (START + timedelta(hours=5), START + timedelta(hours=8), "not_over"),
        (START - timedelta(minutes=40), None, "not_over"),
        (START - timedelta(hours=5), START - timedelta(hours=4, minutes=50), "no_whole_hour"),
        (START - timedelta(days=2), None, "forgotten"),
        (datetime(1, 1, 1, tzinfo=UTC), None, "too_long_ago"),
        (datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), "too_long_ago"),
    ],
)
async def test_impossible_range_is_refused(
    hass: HomeAssistant, make_account: MakeAccount, start: datetime, end: datetime | None, error: str
) -> None:
    account = make_account(EnpactSimulator())
    await account.set_up()
    before = len(account.simulator.requests)
    data = {"config_entry_id": account.entry.entry_id, "start": start} | ({} if end is None else {"end": end})
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "import_history", **data)
    assert caught.value.translation_key == error
    assert len(account.simulator.requests) == before


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_start_before_all_time_is_refused(hass: HomeAssistant, house: Account[Any], zone: str) -> None:
    await hass.config.async_set_time_zone(zone)
    before = len(house.simulator.requests)
    for start in ("0001-01-01 00:00:00", "1900-01-01 00:00:00", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(ServiceValidationError) as caught:
            await act(hass, "import_history", config_entry_id=house.entry.entry_id, start=start)
        assert caught.value.translation_key == "too_long_ago"
    assert len(house.simulator.requests) == before


async def test_end_after_all_time_is_the_last_complete_hour(hass: HomeAssistant, house: Account[Any]) -> None:
    await hass.config.async_set_time_zone("America/New_York")
    hours = {"start": LAST_COMPLETE - timedelta(hours=5), "end": "9999-12-31 23:59:59"}
    await act(hass, "import_history", config_entry_id=house.entry.entry_id, **hours)
    rows = await rows_of(hass, IMPORTED)
    assert len(rows) == 5
    assert rows[-1]["end"] == LAST_COMPLETE.timestamp()


@pytest.mark.parametrize(("action", "hours"), [("clear_history", {}), ("import_history", {"start": START - 5 * HOUR})])
async def test_account_and_a_device_of_it_are_refused_together(
    hass: HomeAssistant, house: Account[Any], action: str, hours: dict[str, Any]
) -> None:
    entry = {"config_entry_id": house.entry.entry_id}
    await act(hass, "import_history", **entry, start=LAST_COMPLETE - timedelta(days=1))
    before = {name: await rows_of(hass, name) for name in await statistics_in(hass)}
    identifier = (DOMAIN, f"{eniris.USER_ID}_{eniris.GRID_METER}")
    device = dr.async_get(hass).async_get_device_by_identifier(identifier, house.entry.entry_id)
    assert device is not None
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, action, **entry, **hours, device_id=device.id)
    assert caught.value.translation_key == "account_or_devices"
    assert len(before) == 7
    assert {name: await rows_of(hass, name) for name in await statistics_in(hass)} == before


@pytest.mark.parametrize(("action", "hours"), [("clear_history", {}), ("import_history", {"start": START - 5 * HOUR})])
async def test_no_device_at_all_is_refused(
    hass: HomeAssistant, house: Account[Any], action: str, hours: dict[str, Any]
) -> None:
    selections: list[dict[str, Any]] = [{"device_id": []}, {}]
    for selection in selections:
        with pytest.raises(vol.Invalid):
            await act(hass, action, **selection, **hours)


async def test_account_without_history_is_refused(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(EnvitronSimulator())
    await account.set_up()
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "import_history", config_entry_id=account.entry.entry_id, start=START - timedelta(days=1))
    assert caught.value.translation_key == "no_history"


async def test_device_that_counts_nothing_is_refused(hass: HomeAssistant, house: Account[Any]) -> None:
    identifier = (DOMAIN, f"{eniris.USER_ID}_{eniris.CONTROLLER}")
    device = dr.async_get(hass).async_get_device_by_identifier(identifier, house.entry.entry_id)
    assert device is not None
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "import_history", device_id=[device.id], start=START - timedelta(days=1))
    assert caught.value.translation_key == "nothing_counted"


async def test_cleared_history_begins_anew(hass: HomeAssistant, house: Account[Any]) -> None:
    entry = {"config_entry_id": house.entry.entry_id}
    await act(hass, "import_history", **entry, start=LAST_COMPLETE - timedelta(days=3))
    assert (await act(hass, "clear_history", **entry))["statistics"] == 7
    assert await statistics_in(hass) == []
    assert (await act(hass, "clear_history", **entry))["statistics"] == 0
    # What was deleted does not come back by itself, with a restart or a look back; what follows does.
    await hass.config_entries.async_reload(house.entry.entry_id)
    for _ in range(30):
        await house.wait(3600)
    rows = await rows_of(hass, IMPORTED)
    starts = [dt_util.utc_from_timestamp(row["start"]) for row in rows]
    assert starts == [LAST_COMPLETE + n * HOUR for n in range(len(rows))]
    assert len(rows) >= 28


async def test_cleared_history_does_not_come_back_when_what_followed_is_lost(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account = make_account(small([eniris.CONTROLLER, eniris.SITE, eniris.GRID_METER]))
    await account.set_up(options={OPTION_HISTORY_DAYS: 3})
    await account.polls(4)
    entry = {"config_entry_id": account.entry.entry_id}
    await act(hass, "clear_history", **entry)
    for _ in range(5):
        await account.wait(3600)
    get_instance(hass).async_clear_statistics([IMPORTED])
    await hass.config_entries.async_reload(account.entry.entry_id)
    for _ in range(2):
        await account.wait(3600)
    rows = await rows_of(hass, IMPORTED)
    assert rows[0]["start"] == LAST_COMPLETE.timestamp()
    assert len(rows) >= 6


async def test_progress_can_be_seen(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(small([eniris.CONTROLLER, eniris.SITE, eniris.GRID_METER]))
    account.simulator.faults.add(faults.RateLimited(60, "header"), path="/v1/telemetry", skip=20, times=1)
    await account.set_up(options={OPTION_HISTORY_DAYS: 10})
    assert account.state(UNTIL) == "unknown"
    seen = []
    for _ in range(30):
        await account.wait(30)
        if account.state(UNTIL) not in seen:
            seen.append(account.state(UNTIL))
    times = [datetime.fromisoformat(state) for state in seen if state != "unknown"]
    assert len(times) > 1
    assert times == sorted(times)
    assert times[-1] == LAST_COMPLETE
    await hass.config_entries.async_reload(account.entry.entry_id)
    await hass.async_block_till_done()
    assert account.state(UNTIL) == times[-1].isoformat()
