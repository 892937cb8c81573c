"""Home Assistant's page on the system's health: which clouds there are, whether they answer, and their budgets."""

from contextlib import suppress
import inspect
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.vendors.budget import Priority
from custom_components.energy_clouds.vendors.errors import RateLimited
from tests.simulators import faults
from tests.simulators.enpact import PRODUCTION_KEY, EnpactSimulator

from .conftest import Account, MakeAccount
from .enapter_home import small

OK = "ok"
UNREACHABLE = {"type": "failed", "error": "unreachable"}


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture
async def account(hass: HomeAssistant, make_account: MakeAccount) -> Account[EnpactSimulator]:
    account: Account[EnpactSimulator] = make_account(EnpactSimulator.campus(2))
    await account.set_up()
    assert await async_setup_component(hass, "system_health", {})
    account.simulator.requests.clear()
    return account


async def health(hass: HomeAssistant) -> dict[str, Any]:
    info = await get_system_health_info(hass, DOMAIN)
    return {key: await value if inspect.iscoroutine(value) else value for key, value in info.items()}


async def test_service_that_answers_is_reached_whatever_it_says(hass: HomeAssistant, account: Account) -> None:
    assert await health(hass) == {
        "accounts": "1 of 1 running",
        "enpact_budget": "3 of 300 used",
        "enpact_reach": OK,
    }
    account.simulator.faults.add(faults.Redirect("http://127.0.0.1:9/"))
    assert (await health(hass))["enpact_reach"] == OK
    # It asks without the credential, and within the budget.
    assert account.requests == ["GET ", "GET "]
    assert PRODUCTION_KEY not in str([(one.headers, one.query_string) for one in account.simulator.requests])
    assert account.entry.runtime_data.budget.used == 5


async def test_gateway_that_is_there_over_http_only_is_reached(hass: HomeAssistant, make_account: MakeAccount) -> None:
    gateway = make_account(small())
    await gateway.set_up()
    assert await async_setup_component(hass, "system_health", {})
    assert (await health(hass))["enapter_reach"] == OK


async def test_two_accounts_at_one_address_are_one_request_and_a_bad_address_is_told(
    hass: HomeAssistant, account: Account
) -> None:
    data = account.entry.data
    for entry_id, url in (("same", data["credentials"]["url"]), ("bad", "http://[")):
        MockConfigEntry(
            domain=DOMAIN, entry_id=entry_id, data={**data, "credentials": {**data["credentials"], "url": url}}
        ).add_to_hass(hass)
    assert (await health(hass))["enpact_reach"] == {"type": "failed", "error": "invalid address"}
    assert account.requests == ["GET "]


async def test_service_that_does_not_answer_is_not_reached(hass: HomeAssistant, account: Account) -> None:
    await account.server.stop()
    assert (await health(hass))["enpact_reach"] == UNREACHABLE


async def test_service_that_wants_to_be_left_alone_is_not_asked(hass: HomeAssistant, account: Account) -> None:
    account.simulator.faults.add(faults.RateLimited(600), times=1)
    await account.polls(2)
    account.simulator.requests.clear()
    assert (await health(hass))["enpact_reach"] == {"type": "failed", "error": "rate limited"}
    assert account.requests == []


async def test_account_that_is_not_running_is_counted(hass: HomeAssistant, account: Account) -> None:
    await hass.config_entries.async_unload(account.entry.entry_id)
    assert (await health(hass))["accounts"] == "0 of 1 running"
    await hass.config_entries.async_remove(account.entry.entry_id)
    assert await health(hass) == {"accounts": "0 of 0 running"}


async def test_service_whose_past_is_being_fetched_is_reached(hass: HomeAssistant, account: Account) -> None:
    budget = account.entry.runtime_data.budget
    with suppress(RateLimited):
        while True:
            await budget.spend(Priority.HISTORY)
    assert (await health(hass))["enpact_reach"] == OK


async def test_service_that_asks_this_page_to_wait_is_left_alone(hass: HomeAssistant, account: Account) -> None:
    account.simulator.faults.add(faults.RateLimited(600), times=1)
    assert (await health(hass))["enpact_reach"] == {"type": "failed", "error": "rate limited"}
    account.simulator.requests.clear()
    await account.polls(9)
    assert account.requests == []
