"""Adding an Enapter gateway: by whatever a person calls it, and once; moving it."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from tests.conftest import MakeAccount
from tests.enapter_home import (
    GATEWAY_ACCOUNT_ID,
    Enapter,
    at_gateway,
    complaints,
    entered,
    entity_of,
    shown,
    small,
)
from tests.simulators import faults
from tests.simulators.enapter import (
    BATTERY,
    EXPIRED_TOKEN,
    POWER_METER,
    READ_ONLY_TOKEN,
    TOKEN,
)
from tests.simulators.server import Server

from .conftest import fill_in, open_form, renew


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture
async def gateway(make_account: MakeAccount) -> Enapter:
    """A gateway that talks HTTP, plugged in; no account yet."""
    account = at_gateway(make_account, small(POWER_METER, BATTERY, gateway=True))
    await account.server.start()
    return account


async def add(hass: HomeAssistant, account: Enapter, url: str, *, verify_ssl: bool = True) -> None:
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(url, verify_ssl=verify_ssl))
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    account.entry = result["result"]
    assert account.status() is ConfigEntryState.LOADED


async def have(account: Enapter) -> None:
    """Let the gateway be one that was added long ago."""
    await account.server.stop()
    await account.set_up()


def stored_url(account: Enapter) -> str:
    url: str = account.entry.data["credentials"]["url"]
    return url


# What a person may type


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("{host}", "http://{host}/api"),
        (" {host}/ ", "http://{host}/api"),
        ("{host}/api", "http://{host}/api"),
        ("{host}/api/v3/devices", "http://{host}/api"),
        ("http://{host}", "http://{host}"),
        ("http://{host}/", "http://{host}/"),
        ("http://{host}/api", "http://{host}/api"),
        ("http://{host}/api/", "http://{host}/api/"),
        ("HTTP://{host}/api/v3/site", "HTTP://{host}/api/v3/site"),
    ],
)
async def test_gateway_is_found_by_whatever_it_is_called_and_then_known(
    hass: HomeAssistant, gateway: Enapter, caplog: pytest.LogCaptureFixture, typed: str, stored: str
) -> None:
    host = gateway.server.url.removeprefix("http://")
    await add(hass, gateway, typed.format(host=host))
    assert gateway.entry.title == "Enapter Home"
    assert gateway.entry.unique_id == f"enapter_{GATEWAY_ACCOUNT_ID}"
    assert gateway.entry.data == {
        "vendor": "enapter",
        "account_id": GATEWAY_ACCOUNT_ID,
        "credentials": {"url": stored.format(host=host), "token": TOKEN, "verify_ssl": True},
    }
    assert float(shown(hass, gateway, POWER_METER, "total_power"))
    assert {request.headers["x-enapter-allow-http"] for request in gateway.simulator.requests} == {"true"}
    assert complaints(caplog) == []


@pytest.mark.parametrize("sites", ["site", "list", "none"])
async def test_gateway_that_does_not_tell_its_site_is_the_same_gateway(
    hass: HomeAssistant, make_account: MakeAccount, sites: str
) -> None:
    account = at_gateway(make_account, small(POWER_METER, gateway=True, gateway_sites=sites))
    await account.server.start()
    await add(hass, account, account.server.url)
    assert account.entry.data["account_id"] == GATEWAY_ACCOUNT_ID
    assert float(shown(hass, account, POWER_METER, "total_power"))


# Refusals


@pytest.mark.parametrize("scheme", ["", "http://"])
async def test_bad_token_is_said_on_its_field(hass: HomeAssistant, gateway: Enapter, scheme: str) -> None:
    url = gateway.server.url.replace("http://", scheme)
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(url, EXPIRED_TOKEN))
    assert result["errors"] == {"token": "invalid_auth"}


async def test_gateway_without_devices(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = at_gateway(make_account, small(gateway=True))
    await account.server.start()
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(account.server.url))
    assert result["errors"] == {"base": "only_old_sites"}


@pytest.mark.parametrize("scheme", ["", "http://", "https://"])
async def test_nobody_there(hass: HomeAssistant, gateway: Enapter, scheme: str) -> None:
    await gateway.server.stop()
    url = gateway.server.url.replace("http://", scheme)
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(url))
    assert result["errors"] == {"base": "cannot_connect"}


@pytest.mark.parametrize("scheme", ["", "http://"])
async def test_something_else_lives_there(hass: HomeAssistant, gateway: Enapter, scheme: str) -> None:
    gateway.simulator.faults.add(faults.HtmlPage(404))
    url = gateway.server.url.replace("http://", scheme)
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(url))
    assert result["errors"] == {"url": "invalid_url"}


@pytest.mark.parametrize("again", ["{host}", "{host}/api/", "http://{host}", "http://{host}/api/v3", "http://{host}/"])
async def test_gateway_is_added_once(hass: HomeAssistant, gateway: Enapter, again: str) -> None:
    host = gateway.server.url.removeprefix("http://")
    await add(hass, gateway, host)
    gateway.simulator.requests.clear()
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(again.format(host=host)))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    # One token at one gateway has one limit, so nobody asks for more than one.
    assert gateway.simulator.requests == []


async def test_gateway_is_added_once_whatever_the_token(hass: HomeAssistant, gateway: Enapter) -> None:
    await add(hass, gateway, gateway.server.url)
    result = await fill_in(hass, await open_form(hass, "enapter"), entered(gateway.server.url, READ_ONLY_TOKEN))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_another_spelling_of_the_address_does_not_break_a_wait(hass: HomeAssistant, gateway: Enapter) -> None:
    host = gateway.server.url.removeprefix("http://")
    await have(gateway)
    gateway.simulator.faults.add(faults.RateLimited(600))
    await gateway.polls(2)
    gateway.simulator.requests.clear()
    for spelling in (host, f"http://{host}", f"{host}/api/"):
        result = await renew(hass, gateway, "reconfigure", entered(spelling))
        assert result["errors"] == {"base": "rate_limited"}
    assert gateway.simulator.requests == []


# Moving and renewing


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_gateway_that_moves_keeps_everything(
    hass: HomeAssistant, gateway: Enapter, source: str, caplog: pytest.LogCaptureFixture
) -> None:
    await have(gateway)
    before = {state.entity_id for state in hass.states.async_all()}
    entity = entity_of(hass, gateway, POWER_METER, "total_power")
    await gateway.server.stop()
    moved = Server(gateway.simulator)
    await moved.start()
    assert moved.port != gateway.server.port
    try:
        gateway.server = moved
        result = await renew(hass, gateway, source, entered(moved.url.removeprefix("http://")))
        assert result["reason"] == f"{source}_successful"
        assert stored_url(gateway) == f"{moved.url}/api"
        assert gateway.status() is ConfigEntryState.LOADED
        await gateway.polls(2)
        assert entity_of(hass, gateway, POWER_METER, "total_power") == entity
        assert {state.entity_id for state in hass.states.async_all()} == before
        assert float(shown(hass, gateway, POWER_METER, "total_power"))
        assert gateway.entry.data["account_id"] == GATEWAY_ACCOUNT_ID
        assert complaints(caplog) == []
    finally:
        await moved.stop()


async def test_gateway_of_another_site_is_another_account(
    hass: HomeAssistant, gateway: Enapter, make_account: MakeAccount
) -> None:
    await have(gateway)
    url = stored_url(gateway)
    other = at_gateway(make_account, small(POWER_METER, gateway=True))
    home = other.simulator.sites.popitem()[1]
    home.id = "another-site"
    other.simulator.sites[home.id] = home
    await other.server.start()
    result = await renew(hass, gateway, "reconfigure", entered(other.server.url))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unique_id_mismatch")
    assert stored_url(gateway) == url
