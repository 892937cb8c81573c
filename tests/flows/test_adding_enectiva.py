"""Adding an Enectiva account: a login token, and every way it can be wrong."""

from collections.abc import AsyncIterator
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.energy_clouds.const import DOMAIN
from tests.conftest import MakeAccount
from tests.simulators import faults
from tests.simulators.enectiva import (
    ALL_SCOPES,
    CUSTOMER,
    EXPIRED_LOGIN_TOKEN,
    IMPORT_TOKEN,
    LOGIN_TOKEN,
    METERS,
    REVOKED_LOGIN_TOKEN,
    EnectivaSimulator,
    EnectivaSwitches,
    Login,
    login_token,
)
from tests.simulators.server import Server, running

from .conftest import fill_in, open_form, renew

TOKENS = re.compile("/access_tokens$")
NEW_TOKEN = login_token(number=77)


@pytest.fixture
def simulator() -> EnectivaSimulator:
    return EnectivaSimulator()


@pytest.fixture
async def enectiva(
    hass: HomeAssistant, enable_custom_integrations: None, simulator: EnectivaSimulator
) -> AsyncIterator[Server]:
    async with running(simulator) as server:
        yield server
        for entry in hass.config_entries.async_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


def entered(server: Server, token: str = LOGIN_TOKEN) -> dict[str, Any]:
    return {"token": token, "advanced": {"url": server.url}}


async def test_account_is_added(hass: HomeAssistant, enectiva: Server, simulator: EnectivaSimulator) -> None:
    result = await fill_in(hass, await open_form(hass, "enectiva"), entered(enectiva, f" {LOGIN_TOKEN}\n"))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Enectiva"
    assert result["data"] == {
        "vendor": "enectiva",
        "account_id": CUSTOMER,
        "credentials": {"token": LOGIN_TOKEN, "url": enectiva.url},
    }
    assert hass.states.get("sensor.building_a_main_electricity_meter_reading")
    # The access token of the flow is still good when the account is set up.
    assert simulator.tokens_issued == 1


@pytest.mark.parametrize(
    "token",
    ["x", "not a token", "tökén", EXPIRED_LOGIN_TOKEN, REVOKED_LOGIN_TOKEN, IMPORT_TOKEN],
    ids=["unknown", "spaces", "letters", "expired", "revoked", "import"],
)
async def test_bad_token_is_said_on_its_field_and_can_be_mended(
    hass: HomeAssistant, enectiva: Server, token: str
) -> None:
    form = await open_form(hass, "enectiva")
    result = await fill_in(hass, form, entered(enectiva, token))
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"token": "invalid_auth"})
    result = await fill_in(hass, form, entered(enectiva))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("fault", "errors"),
    [
        (faults.RateLimited(600), {"base": "rate_limited"}),
        (faults.Status(403, {"errors": [{"status": "403"}]}), {"base": "not_permitted"}),
        (faults.Status(500), {"base": "cannot_connect"}),
        (faults.Status(404), {"base": "cannot_connect"}),
        (faults.ConnectionReset(), {"base": "cannot_connect"}),
        (faults.Answer({"data": {}}), {"base": "unknown"}),
    ],
    ids=repr,
)
async def test_every_refusal_has_its_message(
    hass: HomeAssistant, enectiva: Server, simulator: EnectivaSimulator, fault: faults.Fault, errors: dict[str, str]
) -> None:
    simulator.faults.add(fault, TOKENS)
    result = await fill_in(hass, await open_form(hass, "enectiva"), entered(enectiva))
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, errors)


async def test_token_that_may_not_list_meters(
    hass: HomeAssistant, enectiva: Server, simulator: EnectivaSimulator
) -> None:
    simulator.withdraw(LOGIN_TOKEN, METERS)
    result = await fill_in(hass, await open_form(hass, "enectiva"), entered(enectiva))
    assert result["errors"] == {"base": "not_permitted"}


async def test_customer_without_meters(hass: HomeAssistant, enectiva: Server, simulator: EnectivaSimulator) -> None:
    simulator.meters.clear()
    result = await fill_in(hass, await open_form(hass, "enectiva"), entered(enectiva))
    assert result["errors"] == {"base": "no_devices"}


async def test_second_token_of_a_customer_is_the_same_account(
    hass: HomeAssistant, enectiva: Server, simulator: EnectivaSimulator
) -> None:
    simulator.logins[NEW_TOKEN] = Login()
    await fill_in(hass, await open_form(hass, "enectiva"), entered(enectiva))
    result = await fill_in(hass, await open_form(hass, "enectiva"), entered(enectiva, NEW_TOKEN))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_new_token_of_the_same_customer(
    hass: HomeAssistant, make_account: MakeAccount, source: str, named: bool
) -> None:
    account = make_account(EnectivaSimulator(switches=EnectivaSwitches(sub_absent=not named)))
    await account.set_up()
    account.simulator.logins[NEW_TOKEN] = Login()
    account.simulator.revoke(LOGIN_TOKEN)
    result = await renew(hass, account, source, entered(account.server, NEW_TOKEN))
    assert result["reason"] == {"reauth": "reauth_successful", "reconfigure": "reconfigure_successful"}[source]
    assert account.entry.data["credentials"]["token"] == NEW_TOKEN
    assert float(account.state("sensor.building_a_main_electricity_meter_reading"))


async def test_token_of_another_customer_is_refused(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(EnectivaSimulator())
    await account.set_up()
    other = login_token(customer="11111111-2222-3333-4444-555555555555", number=78)
    account.simulator.logins[other] = Login(customer="11111111-2222-3333-4444-555555555555", scopes=ALL_SCOPES)
    result = await renew(hass, account, "reconfigure", entered(account.server, other))
    # The simulator's other customer has no meters.
    assert result["errors"] == {"base": "no_devices"}
    assert account.entry.data["credentials"]["token"] == LOGIN_TOKEN
