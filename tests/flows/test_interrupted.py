"""What was entered and good stays good, whatever goes wrong after it."""

import re

from homeassistant.config_entries import ConfigFlowContext
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from tests.conftest import MakeAccount
from tests.eniris_home import Eniris, entered, small
from tests.simulators import faults
from tests.simulators.eniris import EMAIL_CODE, RECOVERY_CODE, USER_ID, EnirisSwitches

from .conftest import fill_in, open_form

NOT_FOUND = faults.Answer({"statusCode": 404, "error": "Not Found", "message": "Route not found"}, 404)


@pytest.mark.parametrize("code", [RECOVERY_CODE, EMAIL_CODE])
async def test_code_that_is_good_once_is_used_once(hass: HomeAssistant, make_account: MakeAccount, code: str) -> None:
    account: Eniris = make_account(small(switches=EnirisSwitches(two_factor="json_401")))
    await account.server.start()
    form = await fill_in(hass, await open_form(hass, "eniris"), entered(account.server))
    if code == EMAIL_CODE:
        form = await fill_in(hass, form, {})
    account.simulator.faults.add(faults.HtmlPage(502), "/v1/device/query", 1)
    form = await fill_in(hass, form, {"code": code})
    assert (form["step_id"], form["errors"]) == ("eniris_code", {"base": "cannot_connect"})
    before = len(account.simulator.requests)
    result = await fill_in(hass, form, {"code": code})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert not [one.path for one in account.simulator.requests[before:] if "/2fa/" in one.path or "login" in one.path]


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_account_of_a_user_who_was_not_named_at_first(
    hass: HomeAssistant, make_account: MakeAccount, source: str
) -> None:
    account: Eniris = make_account(small())
    await account.server.start()
    account.simulator.faults.add(NOT_FOUND, re.compile("/validate"), 1)
    added = await fill_in(hass, await open_form(hass, "eniris"), entered(account.server))
    assert added["type"] is FlowResultType.CREATE_ENTRY
    entry = added["result"]
    assert entry.data["account_id"] != str(USER_ID)
    context = ConfigFlowContext(source=source, entry_id=entry.entry_id)
    form = await hass.config_entries.flow.async_init("energy_clouds", context=context, data=entry.data)
    result = await fill_in(hass, form, entered(account.server))
    assert result["reason"] == f"{source}_successful"
    account.entry = entry
