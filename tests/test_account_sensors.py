"""The account's own sensors: its request budget, its waits, and how old its newest data are."""

from datetime import datetime, timedelta

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.util.dt import parse_datetime
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from tests.simulators import faults
from tests.simulators.enpact import PRODUCTION_KEY, EnpactSimulator

from .conftest import Account, MakeAccount


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture
async def account(make_account: MakeAccount, all_entities_enabled: None) -> Account[EnpactSimulator]:
    account: Account[EnpactSimulator] = make_account(EnpactSimulator.campus(2))
    await account.set_up()
    return account


def instant(account: Account, name: str) -> datetime:
    time = parse_datetime(account.state(f"sensor.enpact_{name}"))
    assert time is not None
    return time


async def test_budget_says_what_was_used_and_what_is_left(account: Account) -> None:
    await account.polls(3)
    sent = len(account.simulator.requests)
    assert account.state("sensor.enpact_request_budget_used") == str(sent)
    assert account.state("sensor.enpact_request_budget_left") == str(300 - sent)
    # Another program with the same key.
    for _ in range(40):
        account.simulator.limiter.count(PRODUCTION_KEY, account.simulator.clock())
    await account.polls(2)
    sent = len(account.simulator.requests)
    assert account.state("sensor.enpact_request_budget_used") == str(sent)
    assert account.state("sensor.enpact_request_budget_left") == str(300 - sent - 40)
    # Of a window that is over, it says nothing any more: what others do in the next one is not known yet.
    await account.server.stop()
    await account.polls(16)
    assert int(account.state("sensor.enpact_request_budget_left")) > 300 - 40


async def test_wait_says_when_it_is_over_and_that_nothing_is_left_until_then(
    hass: HomeAssistant, account: Account
) -> None:
    assert account.state("sensor.enpact_next_request_allowed") == STATE_UNKNOWN
    account.simulator.faults.add(faults.RateLimited(600), times=1)
    await account.polls(2)
    end = instant(account, "next_request_allowed")
    assert timedelta(seconds=500) < end - account.simulator.clock() <= timedelta(seconds=601)
    assert account.state("sensor.enpact_request_budget_left") == "0"
    changes = async_capture_events(hass, "state_changed")
    await account.polls(5)
    assert instant(account, "next_request_allowed") == end
    assert [one.data["entity_id"] for one in changes if one.data["entity_id"].endswith("allowed")] == []
    await account.polls(7)
    assert account.state("sensor.enpact_next_request_allowed") == STATE_UNKNOWN
    assert int(account.state("sensor.enpact_request_budget_left")) > 200


async def test_newest_measurement_is_of_the_services_own_time_and_there_in_an_outage(account: Account) -> None:
    await account.polls(2)
    newest = max(sample.time for sample in account.entry.runtime_data.data.values())
    assert instant(account, "newest_measurement") == newest.replace(microsecond=0)
    await account.server.stop()
    await account.polls(30)
    assert account.state("sensor.campus_meter_1_total_power") == "unavailable"
    assert instant(account, "newest_measurement") == newest.replace(microsecond=0)
