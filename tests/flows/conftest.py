"""What the config flow's tests share: the Enpact service plugged in, and a person who fills in forms."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.energy_clouds.const import DOMAIN
from tests.conftest import Account
from tests.simulators.enpact import (
    PRODUCTION_KEY,
    ApiKey,
    EnpactSimulator,
)
from tests.simulators.server import Server, running

OTHER_KEY = "another0key0another0key0another0key0another0key0another0key00005"


@pytest.fixture
async def server(hass: HomeAssistant, enable_custom_integrations: None) -> AsyncIterator[Server]:
    """The Enpact service, plugged in."""
    simulator = EnpactSimulator()
    simulator.keys[OTHER_KEY] = ApiKey("production")
    async with running(simulator) as server:
        server.simulator = simulator  # type: ignore[attr-defined]
        yield server
        for entry in hass.config_entries.async_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


def simulator_of(server: Server) -> EnpactSimulator:
    simulator: EnpactSimulator = server.simulator  # type: ignore[attr-defined]
    return simulator


def enpact(server: Server, key: str = PRODUCTION_KEY, environment: str = "production") -> dict[str, Any]:
    return {"api_key": key, "environment": environment, "advanced": {"url": server.url}}


async def open_form(hass: HomeAssistant, vendor: str = "enpact") -> ConfigFlowResult:
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert menu["type"] is FlowResultType.MENU
    assert vendor in menu["menu_options"]
    form = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": vendor})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, vendor)
    return form


async def fill_in(hass: HomeAssistant, form: ConfigFlowResult, user_input: dict[str, Any]) -> ConfigFlowResult:
    result = await hass.config_entries.flow.async_configure(form["flow_id"], user_input)
    await hass.async_block_till_done()
    return result


async def renew(
    hass: HomeAssistant, account: Account[Any], source: str, user_input: dict[str, Any]
) -> ConfigFlowResult:
    entry: Any = account.entry
    form = await (entry.start_reauth_flow(hass) if source == "reauth" else entry.start_reconfigure_flow(hass))
    assert form["step_id"] == {"reauth": "reauth_confirm", "reconfigure": "reconfigure"}[source]
    return await fill_in(hass, form, user_input)
