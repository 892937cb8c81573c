"""A new session for an Eniris account: the same user, or another."""

import re
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest

from tests.conftest import MakeAccount
from tests.eniris_home import POWER, Eniris, entered, kept_tokens, logins, refresh_tokens, small
from tests.simulators import faults
from tests.simulators.eniris import BATTERY, PASSWORD, USER_ID, USERNAME, User
from tests.simulators.server import Server

from .conftest import fill_in, renew

SOURCES = ["reauth", "reconfigure"]
OTHER = "other@home.example"


@pytest.fixture
async def eniris(make_account: MakeAccount) -> Eniris:
    account = make_account(small())
    await account.set_up()
    return account


async def stays_as_it_was(account: Eniris, hass_storage: dict[str, Any], kept: dict[str, Any]) -> None:
    """The account has its own tokens, on disk and in use, and shows its values."""
    assert kept_tokens(hass_storage) == kept
    account.simulator.requests.clear()
    await account.polls(5)
    assert float(account.state(POWER))
    assert logins(account) == 0
    token = next(iter(kept.values()))["refresh"]["text"]
    used = {one.headers["authorization"] for one in account.simulator.requests if "accesstoken" in one.path}
    assert used == {f"Bearer {token}"}
    assert account.status() is ConfigEntryState.LOADED


@pytest.mark.parametrize("source", SOURCES)
async def test_password_renews_the_session_without_a_loss(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], source: str
) -> None:
    data, old = dict(eniris.entry.data), refresh_tokens(hass_storage)
    entities = {entity.unique_id for entity in er.async_get(hass).entities.values()}
    eniris.simulator.revoke_refresh_tokens()
    result = await renew(hass, eniris, source, entered(eniris.server))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, f"{source}_successful")
    assert eniris.entry.data == data
    new = refresh_tokens(hass_storage)
    assert (len(new), set(new) & set(old)) == (1, set())
    assert {entity.unique_id for entity in er.async_get(hass).entities.values()} == entities
    await eniris.polls(5)
    assert float(eniris.state(POWER))
    assert logins(eniris) == 1


async def test_form_shows_what_is_known_but_the_password(hass: HomeAssistant, eniris: Eniris) -> None:
    entry: Any = eniris.entry
    form = await entry.start_reconfigure_flow(hass)
    schema = form["data_schema"].schema
    shown = {str(marker): marker.description for marker in schema}
    assert shown == {"username": {"suggested_value": USERNAME}, "password": None, "advanced": None}
    advanced = next(section for marker, section in schema.items() if str(marker) == "advanced")
    assert {str(marker): marker.description for marker in advanced.schema.schema} == {
        "url": {"suggested_value": eniris.server.url},
        "auth_url": {"suggested_value": eniris.server.url},
    }


@pytest.mark.parametrize("source", SOURCES)
async def test_wrong_password_leaves_the_account_alone(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], source: str
) -> None:
    kept = kept_tokens(hass_storage)
    result = await renew(hass, eniris, source, entered(eniris.server, password="wrong"))
    assert result["errors"] == {"password": "invalid_auth"}
    await stays_as_it_was(eniris, hass_storage, kept)


@pytest.mark.parametrize("source", SOURCES)
async def test_another_user_is_another_account(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], source: str
) -> None:
    kept = kept_tokens(hass_storage)
    eniris.simulator.users[OTHER] = User(PASSWORD, 99)
    result = await renew(hass, eniris, source, entered(eniris.server, OTHER))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unique_id_mismatch")
    assert eniris.entry.data["credentials"]["username"] == USERNAME
    await stays_as_it_was(eniris, hass_storage, kept)


@pytest.mark.parametrize("source", SOURCES)
async def test_another_account_of_the_same_name_is_another_account(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], source: str
) -> None:
    """As at another installation of the service, or after the user was deleted and invited again."""
    kept = kept_tokens(hass_storage)
    namesake = small()
    namesake.users[USERNAME] = User(PASSWORD, 99)
    elsewhere = Server(namesake)
    await elsewhere.start()
    result = await renew(hass, eniris, source, entered(eniris.server, auth_url=elsewhere.url))
    await elsewhere.stop()
    # Its tokens are of no use at the account's own address.
    assert result["errors"] == {"base": "cannot_connect"}
    await stays_as_it_was(eniris, hass_storage, kept)
    eniris.simulator.users[USERNAME].user_id = 99
    result = await fill_in(hass, result, entered(eniris.server))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unique_id_mismatch")
    await stays_as_it_was(eniris, hass_storage, kept)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("path", ["/auth/accesstoken", "/validate", "/v1/device"])
async def test_failure_after_the_password_leaves_the_account_alone(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], source: str, path: str
) -> None:
    kept = kept_tokens(hass_storage)
    eniris.simulator.faults.add(faults.HtmlPage(502), re.compile(path))
    result = await renew(hass, eniris, source, entered(eniris.server))
    assert result["errors"] == {"base": "cannot_connect"}
    eniris.simulator.faults.clear()
    await stays_as_it_was(eniris, hass_storage, kept)


@pytest.mark.parametrize("source", SOURCES)
async def test_user_whose_name_changes_stays_the_same_account(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], source: str
) -> None:
    before = kept_tokens(hass_storage)
    eniris.simulator.users["renamed@home.example"] = eniris.simulator.users.pop(USERNAME)
    result = await renew(hass, eniris, source, entered(eniris.server, "renamed@home.example"))
    assert result["reason"] == f"{source}_successful"
    assert eniris.entry.data["credentials"]["username"] == "renamed@home.example"
    assert eniris.entry.data["account_id"] == str(USER_ID)
    # The tokens of the old name are of no use to anybody.
    kept = kept_tokens(hass_storage)
    assert (len(kept), kept.keys() & before.keys()) == (1, set())
    await eniris.polls(5)
    assert float(eniris.state(POWER))


@pytest.mark.parametrize("source", SOURCES)
async def test_service_that_does_not_name_the_user_any_more(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], source: str
) -> None:
    eniris.simulator.faults.add(
        faults.Answer({"statusCode": 404, "error": "Not Found", "message": "Route not found"}, 404),
        re.compile("/validate"),
    )
    result = await renew(hass, eniris, source, entered(eniris.server))
    assert result["reason"] == f"{source}_successful"
    assert eniris.entry.data["account_id"] == str(USER_ID)
    # A user who sees none of its devices is another one, as far as anybody can tell.
    kept = kept_tokens(hass_storage)
    eniris.simulator.users[OTHER] = User(PASSWORD, 99)
    eniris.simulator.nodes = [node for node in eniris.simulator.nodes if node.node_id == BATTERY]
    battery = eniris.simulator.node(BATTERY)
    battery.properties["nodeId"] = battery.node_id = "elsewhere"
    result = await renew(hass, eniris, source, entered(eniris.server, OTHER))
    assert result["reason"] == "unique_id_mismatch"
    assert kept_tokens(hass_storage) == kept


async def test_password_of_an_account_that_is_there_twice(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], make_account: MakeAccount
) -> None:
    eniris.simulator.users[OTHER] = User(PASSWORD, 99)
    form = await hass.config_entries.flow.async_init("energy_clouds", context={"source": "user"})
    form = await hass.config_entries.flow.async_configure(form["flow_id"], {"next_step_id": "eniris"})
    await fill_in(hass, form, entered(eniris.server, OTHER))
    kept = kept_tokens(hass_storage)
    assert len(kept) == 2
    result = await renew(hass, eniris, "reconfigure", entered(eniris.server, OTHER))
    assert result["reason"] == "already_configured"
    assert kept_tokens(hass_storage) == kept
