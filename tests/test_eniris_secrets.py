"""Nothing that is the user's own leaves an Eniris account: not in the log, in states or in diagnostics."""

from datetime import timedelta
import json

from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_dumps
import pytest

from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.diagnostics import async_get_config_entry_diagnostics
from tests.eniris_home import Eniris, entered, small
from tests.simulators import faults
from tests.simulators.eniris import DATABASE, GATEWAY, GRID_METER, PASSWORD, USER_ID, USERNAME
from tests.test_restart import restart

from .conftest import MakeAccount

UNAUTHORIZED = faults.Status(401, {"statusCode": 401, "error": "Unauthorized", "message": "INVALID_TOKEN"})


@pytest.fixture
def eniris(make_account: MakeAccount) -> Eniris:
    return make_account(small())


async def test_diagnostics_have_shapes_and_nothing_of_the_users_own(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.server.start()
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    form = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "eniris"})
    form = await hass.config_entries.flow.async_configure(form["flow_id"], entered(eniris.server))
    await hass.async_block_till_done()
    eniris.entry = form["result"]
    eniris.freezer.tick(timedelta(days=8))
    await eniris.polls(10)
    diagnostics = json.loads(json_dumps(await async_get_config_entry_diagnostics(hass, eniris.entry)))
    assert diagnostics["credentials"] == dict.fromkeys(("username", "url", "auth_url"), "**REDACTED**")
    assert 13 * 86400 < diagnostics["tokens"]["refresh"] <= 14 * 86400
    assert 0 < diagnostics["tokens"]["access"] <= 300
    asked = {"GET /auth/accesstoken", "GET /auth/refreshtoken", "POST /v1/device/query", "POST /v1/telemetry/query"}
    assert asked <= diagnostics["answers"].keys()
    assert diagnostics["answers"]["GET /auth/accesstoken"] == diagnostics["answers"]["GET /auth/refreshtoken"]
    text = json.dumps(diagnostics)
    private = [USERNAME, PASSWORD, str(USER_ID), str(eniris.server.port), *eniris.simulator.granted]
    private += [node.node_id for node in eniris.simulator.nodes]
    private += [node.properties["name"] for node in eniris.simulator.nodes if node.properties["name"] != "Battery"]
    private += [GATEWAY, DATABASE, "0000EXAMPLE0001", "ACE0000EXAMPLE", "GoodWe", "ECO"]
    assert [word for word in private if word in text] == []
    # Of an answer with a token nothing else is kept either, not even in memory.
    answers = str(eniris.entry.runtime_data.vendor.last_answers())
    assert GRID_METER in answers
    assert [token for token in eniris.simulator.granted if token in answers] == []


async def test_diagnostics_of_an_account_that_does_not_start(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    await eniris.server.stop()
    await restart(hass, eniris.entry.entry_id)
    diagnostics = await async_get_config_entry_diagnostics(hass, eniris.entry)
    assert diagnostics["state"] == "setup_retry"
    # No access token is kept over a restart.
    assert diagnostics["tokens"] == {"access": None, "refresh": pytest.approx(14 * 86400, abs=1)}
