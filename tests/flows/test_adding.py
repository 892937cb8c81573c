"""Adding an account: every way to get it right and wrong."""

from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest

from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.vendors import VENDORS
from tests.conftest import ACCOUNT_ID, Account
from tests.simulators import faults
from tests.simulators.enpact import (
    EXPIRED_KEY,
    PRODUCTION_KEY,
    REVOKED_KEY,
    SANDBOX_KEY,
    ApiKey,
    EnpactSimulator,
)
from tests.simulators.server import Server, running

from .conftest import OTHER_KEY, enpact, fill_in, open_form, renew, simulator_of


async def test_account_is_added(hass: HomeAssistant, server: Server) -> None:
    form = await open_form(hass)
    assert form["errors"] == {}
    result = await fill_in(hass, form, enpact(server))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Enpact"
    assert result["data"] == {
        "vendor": "enpact",
        "account_id": ACCOUNT_ID,
        "credentials": {"api_key": PRODUCTION_KEY, "environment": "production", "url": server.url},
    }
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    assert entry.unique_id == f"enpact_{ACCOUNT_ID}"
    assert entry.state is ConfigEntryState.LOADED
    assert hass.states.get("sensor.main_incomer_total_power")


async def test_key_is_cleaned_of_what_was_pasted_with_it(hass: HomeAssistant, server: Server) -> None:
    result = await fill_in(hass, await open_form(hass), enpact(server, f"  {PRODUCTION_KEY}\n"))
    assert result["data"]["credentials"]["api_key"] == PRODUCTION_KEY


async def test_sandbox_account_is_added(hass: HomeAssistant, enable_custom_integrations: None) -> None:
    async with running(EnpactSimulator("sandbox")) as server:
        result = await fill_in(hass, await open_form(hass), enpact(server, SANDBOX_KEY, "sandbox"))
        assert result["title"] == "Enpact sandbox"
        await hass.config_entries.async_unload(result["result"].entry_id)


@pytest.mark.parametrize(
    ("key", "errors"),
    [
        ("x" * 64, {"api_key": "invalid_auth"}),
        (EXPIRED_KEY, {"api_key": "invalid_auth"}),
        (REVOKED_KEY, {"api_key": "invalid_auth"}),
        ("x" * 63, {"api_key": "invalid_auth"}),
        (SANDBOX_KEY, {"environment": "wrong_environment"}),
    ],
    ids=["unknown", "expired", "revoked", "short", "of the sandbox"],
)
async def test_bad_key_is_said_on_its_field_and_can_be_mended(
    hass: HomeAssistant, server: Server, key: str, errors: dict[str, str]
) -> None:
    form = await open_form(hass)
    result = await fill_in(hass, form, enpact(server, key))
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, errors)
    result = await fill_in(hass, form, enpact(server))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_key_of_the_other_environment_is_said_so_in_the_sandbox_too(
    hass: HomeAssistant, enable_custom_integrations: None
) -> None:
    async with running(EnpactSimulator("sandbox")) as server:
        result = await fill_in(hass, await open_form(hass), enpact(server, PRODUCTION_KEY, "sandbox"))
        assert result["errors"] == {"environment": "wrong_environment"}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Status(500), "cannot_connect"),
        (faults.HtmlPage(200), "cannot_connect"),
        (faults.HtmlPage(403), "cannot_connect"),
        (faults.ConnectionReset(), "cannot_connect"),
        (faults.RateLimited(120), "rate_limited"),
        (faults.Answer({"devices": [], "meters": []}), "no_devices"),
        (faults.Answer({"hello": "world"}), "unknown"),
        (faults.Status(418), "unknown"),
    ],
    ids=["500", "HTML", "proxy", "reset", "limit", "nothing", "another document", "another status"],
)
async def test_service_that_misbehaves_is_said_so_and_can_be_tried_again(
    hass: HomeAssistant, server: Server, fault: faults.Fault, error: str
) -> None:
    form = await open_form(hass)
    simulator_of(server).faults.add(fault)
    result = await fill_in(hass, form, enpact(server))
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": error})
    simulator_of(server).faults.clear()
    result = await fill_in(hass, form, enpact(server))
    # During a wait nothing is sent, in a flow neither.
    assert result["type"] is (FlowResultType.FORM if error == "rate_limited" else FlowResultType.CREATE_ENTRY)
    if error == "rate_limited":
        assert result["description_placeholders"] is not None
        assert 110 < int(result["description_placeholders"]["wait"]) <= 121
        assert len(simulator_of(server).requests) == 1


async def test_no_network(hass: HomeAssistant, server: Server) -> None:
    form = await open_form(hass)
    await server.stop()
    result = await fill_in(hass, form, enpact(server))
    assert result["errors"] == {"base": "cannot_connect"}


async def test_what_is_no_address(hass: HomeAssistant, server: Server) -> None:
    form = await open_form(hass)
    result = await fill_in(hass, form, enpact(server) | {"advanced": {"url": "ftp://nowhere"}})
    assert result["errors"] == {"base": "invalid_url"}
    assert simulator_of(server).requests == []


async def test_environment_that_does_not_exist_is_refused(hass: HomeAssistant, server: Server) -> None:
    form = await open_form(hass)
    with pytest.raises(InvalidData):
        await fill_in(hass, form, enpact(server, environment="moon"))


async def test_error_of_ours_does_not_break_the_dialogue(
    hass: HomeAssistant, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    form = await open_form(hass)
    with patch.object(VENDORS["enpact"], "login", side_effect=ZeroDivisionError):
        result = await fill_in(hass, form, enpact(server))
    assert result["errors"] == {"base": "unknown"}
    assert "ZeroDivisionError" in caplog.text
    assert PRODUCTION_KEY not in caplog.text


async def test_same_account_cannot_be_added_twice(hass: HomeAssistant, server: Server) -> None:
    await fill_in(hass, await open_form(hass), enpact(server))
    requests = len(simulator_of(server).requests)
    result = await fill_in(hass, await open_form(hass), enpact(server))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert len(simulator_of(server).requests) == requests


async def test_same_key_at_another_address_is_the_same_account(hass: HomeAssistant, server: Server) -> None:
    await fill_in(hass, await open_form(hass), enpact(server))
    other = enpact(server) | {"advanced": {"url": f"{server.url}/api/v1"}}
    result = await fill_in(hass, await open_form(hass), other)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_key_that_another_account_got_by_renewal_cannot_be_added(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.keys[OTHER_KEY] = ApiKey("production")
    result = await renew(hass, account, "reconfigure", enpact(account.server, OTHER_KEY))
    assert result["reason"] == "reconfigure_successful"
    result = await fill_in(hass, await open_form(hass), enpact(account.server, f"{OTHER_KEY} "))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_another_spelling_of_the_address_does_not_break_a_wait(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    account.simulator.faults.add(faults.RateLimited(600), times=1)
    await account.polls(2)
    account.simulator.requests.clear()
    form: Any = await account.entry.start_reconfigure_flow(hass)  # type: ignore[attr-defined]
    result = await fill_in(hass, form, enpact(account.server) | {"advanced": {"url": f"{account.server.url}/api/v1/"}})
    assert result["errors"] == {"base": "rate_limited"}
    assert account.simulator.requests == []
