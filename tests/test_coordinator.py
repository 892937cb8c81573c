"""What people see while the cloud misbehaves: values stay for a while, then go, and come back by themselves."""

from datetime import timedelta
from itertools import pairwise
import logging

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, EventStateReportedData, HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_time_changed

from custom_components.energy_clouds.vendors.model import PointId
from tests.simulators import faults
from tests.simulators.enpact import PRODUCTION_KEY, EnpactSimulator
from tests.simulators.pause import pause

from .conftest import Account, MakeAccount

POWER = "sensor.main_incomer_total_power"
ENERGY = "sensor.main_incomer_imported_energy"
INCOMER = "meter-building-a-001"
CONTROLLER = "esl-nt3-5555A1B2C3D4"

OUTAGES: dict[str, faults.Fault] = {
    "500": faults.Status(500, {"error": "Internal Server Error", "message": "An unexpected error occurred."}),
    "503": faults.Status(503, {"error": "Service Unavailable", "message": "Temporarily unavailable."}),
    "HTML": faults.HtmlPage(200),
    "cut in the middle": faults.TruncatedBody(),
    "reset": faults.ConnectionReset(),
    "another document": faults.Answer({"hello": "world"}),
}


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the integration logged at warning level or above."""
    records = (record for record in caplog.records if record.levelno >= logging.WARNING)
    return [record.getMessage() for record in records if record.name.startswith("custom_components.energy_clouds")]


@pytest.mark.parametrize("outage", [*OUTAGES, "unplugged"])
async def test_values_stay_for_a_while_then_go_and_come_back(
    hass: HomeAssistant,
    account: Account,
    caplog: pytest.LogCaptureFixture,
    outage: str,
) -> None:
    await account.set_up()
    await account.polls(2)
    before = account.state(POWER)
    caplog.clear()
    if outage == "unplugged":
        await account.server.stop()
    else:
        account.simulator.faults.add(OUTAGES[outage])
    await account.polls(12)
    assert account.state(POWER) == before
    await account.polls(5)
    assert {state.state for state in hass.states.async_all("sensor")} == {STATE_UNAVAILABLE}
    assert {state.state for state in hass.states.async_all("binary_sensor")} == {STATE_UNAVAILABLE}
    # The log says so once, however long it lasts.
    assert len(complaints(caplog)) == 1

    account.simulator.faults.clear()
    if outage == "unplugged":
        await account.server.start()
    await account.polls(2)
    assert float(account.state(POWER))
    assert "recovered" in caplog.text
    assert hass.config_entries.flow.async_progress() == []


async def test_answers_slower_than_the_timeout_are_an_outage_too(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    await account.polls(2)
    before = account.state(POWER)
    slow = account.simulator.faults.add(faults.Slow(2))
    for step in range(40):
        # Steps longer than the timeout: a request that is under way at one is given up at the next.
        account.freezer.tick(31)
        async_fire_time_changed(hass)
        await pause(0.02)
        if step < 20:
            assert account.state(POWER) == before
    assert slow.hits > 5
    assert account.state(POWER) == STATE_UNAVAILABLE
    account.simulator.faults.clear()
    await account.polls(3)
    assert float(account.state(POWER))


async def test_nothing_is_sent_before_the_wait_is_over(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    await account.polls(2)
    value = account.state(POWER)
    account.simulator.faults.add(faults.RateLimited(847), times=1)
    account.simulator.requests.clear()
    while not account.requests:
        await account.wait(10)
    refused = account.simulator.requests[-1].time
    for _ in range(60):
        await account.wait(10)
    assert account.state(POWER) == value
    for _ in range(24):
        await account.wait(10)
    assert len(account.requests) == 1
    await account.polls(2)
    sent = [request.time for request in account.simulator.requests[1:]]
    assert sent
    assert min(sent) - refused >= timedelta(seconds=847)
    assert account.state(POWER) != value


async def test_manual_refresh_does_not_break_a_wait(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.faults.add(faults.RateLimited(600), times=1)
    await account.polls(2)
    account.simulator.requests.clear()
    for _ in range(3):
        await account.entry.runtime_data.async_request_refresh()
        await account.wait(15)
    assert account.requests == []


async def test_meter_that_falls_silent_is_unavailable_alone(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.silence(INCOMER)
    await account.polls(13)
    assert float(account.state(POWER))
    await account.polls(4)
    assert account.state(POWER) == STATE_UNAVAILABLE
    assert float(account.state("sensor.solar_roof_imported_energy")) >= 0


async def test_service_that_answers_with_old_rows_is_not_current(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    await account.polls(2)
    for name in (*account.simulator.devices, *account.simulator.meters):
        account.simulator.silence(name)
    shares = {state.entity_id for state in hass.states.async_all("sensor") if "energy_saving" in state.entity_id}
    await account.polls(17)
    current = {state.entity_id for state in hass.states.async_all("sensor") if state.state != STATE_UNAVAILABLE}
    # A share is of a quarter of an hour, and may be three of those old.
    assert current == shares
    await account.polls(45)
    assert {state.state for state in hass.states.async_all("sensor")} == {STATE_UNAVAILABLE}


async def test_meter_the_key_may_not_read_is_unavailable_at_once_and_comes_back(
    hass: HomeAssistant, account: Account
) -> None:
    await account.set_up()
    account.simulator.whitelist(PRODUCTION_KEY, meters=set(account.simulator.meters) - {INCOMER})
    await account.polls(2)
    assert account.state(POWER) == STATE_UNAVAILABLE
    account.simulator.whitelist(PRODUCTION_KEY)
    await account.polls(62)
    assert float(account.state(POWER))


async def test_key_that_is_revoked_asks_for_a_new_one_exactly_once(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.revoke(PRODUCTION_KEY)
    await account.polls(2)
    account.simulator.requests.clear()
    await account.polls(60)
    flows = hass.config_entries.flow.async_progress()
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]
    assert account.requests == []
    assert account.state(POWER) == STATE_UNAVAILABLE


async def test_key_that_is_refused_once_bothers_nobody(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.faults.add(faults.Status(401, {"error": "Unauthorized", "message": "x"}), times=1)
    await account.polls(4)
    assert hass.config_entries.flow.async_progress() == []
    assert float(account.state(POWER))


async def test_discovery_that_fails_costs_nothing_but_itself(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.faults.add(faults.Status(500), method="GET")
    await account.polls(72)
    assert float(account.state(POWER))
    # At the start, after an hour, and ten minutes after that failed.
    assert account.requests.count("GET /devices") == 3
    account.simulator.add_meter("meter-new", title="New wing")
    account.simulator.faults.clear()
    await account.polls(12)
    assert float(account.state("sensor.new_wing_total_power"))


async def test_key_that_a_discovery_finds_revoked_asks_for_a_new_one(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    body = {"error": "Unauthorized", "message": "Invalid or expired API key."}
    account.simulator.faults.add(faults.Status(401, body), method="GET")
    await account.polls(62)
    assert len(hass.config_entries.flow.async_progress()) == 1


async def test_register_that_reads_zero_for_a_moment_is_never_seen(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    changes = async_capture_events(hass, "state_changed")
    await account.polls(2)
    now = account.simulator.clock()
    account.simulator.hold(INCOMER, "imp", 0, now + timedelta(minutes=1), now + timedelta(minutes=1, seconds=30))
    await account.polls(5)
    values = [float(event.data["new_state"].state) for event in changes if event.data["entity_id"] == ENERGY]
    assert len(values) > 3
    assert values == sorted(values)


async def test_register_that_was_reset_goes_on_from_there(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.replace_meter(INCOMER)
    await account.polls(5)
    assert float(account.state(ENERGY)) < 50


async def test_drop_right_after_a_restart_is_held_back(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    before = float(account.state(ENERGY))
    now = account.simulator.clock()
    account.simulator.hold(INCOMER, "imp", 0, now - timedelta(minutes=1), now + timedelta(minutes=1))
    await account.wait(30)
    await hass.config_entries.async_reload(account.entry.entry_id)
    await hass.async_block_till_done()
    assert account.state(ENERGY) == STATE_UNAVAILABLE
    await account.polls(4)
    assert float(account.state(ENERGY)) >= before


async def test_rows_that_lag_after_a_restart_are_no_decrease(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    await account.polls(20)
    before = float(account.state(ENERGY))
    account.simulator.delay = timedelta(minutes=8)
    await hass.config_entries.async_reload(account.entry.entry_id)
    await hass.async_block_till_done()
    seen = []
    for _ in range(15):
        await account.polls()
        seen.append(account.state(ENERGY))
    values = [float(state) for state in seen if state != STATE_UNAVAILABLE]
    assert values
    assert min(values) >= before


@pytest.mark.parametrize("hours", [-5, 5])
async def test_service_whose_clock_is_wrong_for_a_while_freezes_nothing(
    hass: HomeAssistant, account: Account, hours: int
) -> None:
    await account.set_up()
    await account.polls(2)
    clock = account.simulator.clock
    account.simulator.clock = lambda: clock() + timedelta(hours=hours)
    await account.polls(3)
    account.simulator.clock = clock
    await account.polls(4)
    first = account.state(POWER)
    await account.polls(2)
    assert float(account.state(POWER))
    assert account.state(POWER) != first
    assert account.entry.runtime_data.data[PointId(device_id=INCOMER, key="p_total")].time <= clock()


async def test_entity_that_cannot_be_shown_costs_no_other(
    hass: HomeAssistant, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    await account.set_up()
    coordinator = account.entry.runtime_data
    point = PointId(device_id=INCOMER, key="imp")
    coordinator._entities[point] = lambda: 1 / 0
    before = account.state(POWER)
    await account.polls(2)
    assert account.state(POWER) != before
    assert "ZeroDivisionError" in caplog.text


async def test_broken_probe_is_unavailable_at_once(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    entity = f"sensor.cooling_controller_{CONTROLLER.lower().replace('-', '_')}_space_temperature"
    assert float(account.state(entity))
    edit = account.simulator.break_probe(CONTROLLER)
    await account.polls(2)
    assert account.state(entity) == STATE_UNAVAILABLE
    account.simulator.undo(edit)
    await account.polls(2)
    assert float(account.state(entity))


async def test_entities_are_told_of_their_own_changes_only(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    await account.polls(3)
    reports: list[str] = []

    @callback
    def count(data: EventStateReportedData) -> bool:
        reports.append(data["entity_id"])
        return False

    hass.bus.async_listen("state_reported", lambda event: None, event_filter=count)
    changes: list[Event[EventStateChangedData]] = async_capture_events(hass, "state_changed")
    # Nothing new arrives: nobody is told anything.
    for name in (*account.simulator.devices, *account.simulator.meters):
        account.simulator.silence(name)
    await account.polls()
    reports.clear()
    changes.clear()
    await account.polls(8)
    assert changes == []
    assert reports == []


async def test_every_change_is_one_state_without_changing_attributes(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    await account.polls(2)
    attributes = {state.entity_id: state.attributes for state in hass.states.async_all()}
    changes: list[Event[EventStateChangedData]] = async_capture_events(hass, "state_changed")
    await account.polls(5)
    seen: dict[str, int] = {}
    for event in changes:
        new = event.data["new_state"]
        assert new is not None
        seen[new.entity_id] = seen.get(new.entity_id, 0) + 1
        if new.entity_id in attributes:
            assert new.attributes == attributes[new.entity_id]
    assert seen[POWER] == 5


async def test_polls_are_a_minute_apart_and_never_on_the_full_hour(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    await account.wait(5)
    for _ in range(60 * 12):
        await account.wait(5)
    polls = [request.time for request in account.simulator.requests if "meters/batch" in request.path][2:]
    assert len(polls) == 58
    steps = [(after - before).total_seconds() for before, after in pairwise(polls)]
    assert {round(step / 5) * 5 for step in steps} <= {55, 60, 65}
    assert not [poll for poll in polls if poll.minute == 0 and poll.second < 5]


async def test_interval_follows_from_the_size_of_the_account(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(EnpactSimulator.campus(1900))
    await account.set_up()
    # 13 requests a poll; 180 of the 240 in 15 minutes are for polls.
    assert account.entry.runtime_data.interval == timedelta(seconds=65)


async def test_polling_interval_of_the_options_is_kept(hass: HomeAssistant, account: Account) -> None:
    await account.set_up(options={"scan_interval": 300})
    account.simulator.requests.clear()
    await account.polls(30)
    assert 5 <= account.requests.count("POST /meters/batch/data") <= 7
    assert float(account.state(POWER))


async def test_polling_interval_below_the_budgets_is_not(hass: HomeAssistant, account: Account) -> None:
    await account.set_up(options={"scan_interval": 5})
    account.simulator.requests.clear()
    await account.polls(10)
    assert account.requests.count("POST /meters/batch/data") <= 11


@pytest.mark.parametrize("hours", [-1, 1])
async def test_machine_with_a_wrong_clock_shows_values(
    hass: HomeAssistant, make_account: MakeAccount, hours: int
) -> None:
    from tests.simulators.clock import real_clock

    account = make_account(EnpactSimulator(clock=lambda: real_clock() + timedelta(hours=hours)))
    await account.set_up()
    await account.polls(3)
    assert float(account.state(POWER))
