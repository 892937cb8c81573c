"""Adding an Eniris account: its password opens the door once, and only the session's key is kept."""

import re
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from tests.conftest import MakeAccount
from tests.eniris_home import (
    POWER,
    TOKENS,
    UNKNOWN_PATH,
    Eniris,
    all_on_disk,
    entered,
    kept_tokens,
    logged,
    logins,
    small,
)
from tests.simulators import faults
from tests.simulators.eniris import INVITED, PASSWORD, USER_ID, USERNAME, EnirisSwitches, User
from tests.simulators.server import Server

from .conftest import fill_in, open_form

LOGIN = re.compile("/auth/login")
ACCESS = re.compile("/auth/accesstoken")
VALIDATE = re.compile("/validate")
DEVICES = re.compile("/v1/device")


@pytest.fixture
async def eniris(make_account: MakeAccount) -> Eniris:
    """The service, plugged in; no account yet."""
    account = make_account(small())
    await account.server.start()
    return account


async def test_account_is_added_with_one_sign_in(hass: HomeAssistant, eniris: Eniris) -> None:
    pasted = entered(eniris.server, f" {USERNAME} ", auth_url=f"{eniris.server.url}/docs/#login")
    result = await fill_in(hass, await open_form(hass, "eniris"), pasted)
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Eniris")
    assert result["data"] == {
        "vendor": "eniris",
        "account_id": str(USER_ID),
        "credentials": {
            "username": USERNAME,
            "url": eniris.server.url,
            "auth_url": f"{eniris.server.url}/docs/",
        },
    }
    entry = result["result"]
    assert (entry.unique_id, entry.state) == (f"eniris_{USER_ID}", ConfigEntryState.LOADED)
    assert float(eniris.state(POWER))
    assert (logins(eniris), eniris.simulator.logins) == (1, 1)


async def test_addresses_may_be_left_empty(hass: HomeAssistant, eniris: Eniris, monkeypatch: Any) -> None:
    monkeypatch.setattr("custom_components.energy_clouds.vendors.eniris.vendor.API", eniris.server.url)
    monkeypatch.setattr("custom_components.energy_clouds.vendors.eniris.vendor.AUTHENTICATION", eniris.server.url)
    for empty in ({}, {"url": "", "auth_url": " "}):
        form = await open_form(hass, "eniris")
        result = await fill_in(hass, form, {"username": USERNAME, "password": PASSWORD, "advanced": empty})
        assert result["data"]["credentials"] == {"username": USERNAME}
        await hass.config_entries.async_remove(result["result"].entry_id)


async def test_each_address_is_asked_for_its_own_things(hass: HomeAssistant, eniris: Eniris) -> None:
    api, authentication = Server(eniris.simulator.api), Server(eniris.simulator.authentication)
    await api.start()
    await authentication.start()
    swapped = entered(eniris.server, url=authentication.url, auth_url=api.url)
    result = await fill_in(hass, await open_form(hass, "eniris"), swapped)
    assert result["type"] is FlowResultType.FORM
    right = entered(eniris.server, url=api.url, auth_url=authentication.url)
    result = await fill_in(hass, await open_form(hass, "eniris"), right)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert float(eniris.state(POWER))
    await hass.config_entries.async_unload(result["result"].entry_id)
    await api.stop()
    await authentication.stop()


async def test_only_the_refresh_token_is_on_disk_and_in_its_own_store(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    result = await fill_in(hass, await open_form(hass, "eniris"), entered(eniris.server))
    await eniris.polls(10)
    stored = await all_on_disk(hass, hass_storage)
    tokens = eniris.simulator.tokens
    refresh = [token for token in tokens.granted if tokens.kind(token) == "refresh"]
    access = [token for token in tokens.granted if tokens.kind(token) == "access"]
    assert (len(refresh), len(access) > 2) == (1, True)
    assert [store for store, text in stored.items() if refresh[0] in text] == [TOKENS]
    assert [store for store, text in stored.items() if any(token in text for token in (PASSWORD, *access))] == []
    assert PASSWORD not in str(result["result"].as_dict())
    assert not [secret for secret in (PASSWORD, *tokens.granted) if secret in logged(caplog)]


async def test_password_is_sent_to_the_authentication_alone_and_once(hass: HomeAssistant, eniris: Eniris) -> None:
    await fill_in(hass, await open_form(hass, "eniris"), entered(eniris.server))
    await eniris.polls(10)
    told = [one.path for one in eniris.simulator.requests if PASSWORD in str((one.body, one.query_string, one.headers))]
    assert told == ["/auth/login"]


@pytest.mark.parametrize(
    ("username", "password", "errors"),
    [
        (USERNAME, "wrong", {"password": "invalid_auth"}),
        ("nobody@home.example", PASSWORD, {"password": "invalid_auth"}),
        (INVITED, PASSWORD, {"password": "no_password"}),
    ],
    ids=["wrong password", "unknown user", "user without a password"],
)
async def test_mistake_is_said_on_its_field_and_can_be_mended(
    hass: HomeAssistant, eniris: Eniris, username: str, password: str, errors: dict[str, str]
) -> None:
    form = await open_form(hass, "eniris")
    result = await fill_in(hass, form, entered(eniris.server, username, password))
    assert (result["type"], result["step_id"], result["errors"]) == (FlowResultType.FORM, "eniris", errors)
    # What was entered is still there, but for the password.
    suggested = {str(marker): marker.description for marker in result["data_schema"].schema}  # type: ignore[union-attr]
    assert suggested["username"] == {"suggested_value": username}
    assert suggested["password"] is None
    result = await fill_in(hass, form, entered(eniris.server))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("answer", [(404, "USER_NOT_FOUND"), (400, "UNKNOWN_USER"), (403, "FORBIDDEN")])
async def test_unknown_user_is_said_so_whatever_the_status(
    hass: HomeAssistant, make_account: MakeAccount, answer: tuple[int, str]
) -> None:
    account = make_account(small(switches=EnirisSwitches(unknown_user=answer)))
    await account.server.start()
    result = await fill_in(hass, await open_form(hass, "eniris"), entered(account.server, "nobody@home.example"))
    assert result["errors"] == {"password": "invalid_auth"}


@pytest.mark.parametrize(
    ("switches", "wait"),
    [
        (EnirisSwitches(), "61"),
        (EnirisSwitches(lockout_header=True), "61"),
        (EnirisSwitches(lockout_retry_after_zero=True, lockout_header=True), "1"),
    ],
    ids=["in the body", "in a header too", "0 seconds"],
)
async def test_lockout_tells_its_wait_and_nothing_is_sent_before_it_is_over(
    hass: HomeAssistant, make_account: MakeAccount, switches: EnirisSwitches, wait: str
) -> None:
    account = make_account(small(switches=switches))
    await account.server.start()
    form = await open_form(hass, "eniris")
    for _ in range(switches.lockout_after):
        result = await fill_in(hass, form, entered(account.server, password="wrong"))
        assert result["errors"] == {"password": "invalid_auth"}
    for _ in range(1 if switches.lockout_retry_after_zero else 3):
        result = await fill_in(hass, form, entered(account.server))
        assert result["errors"] == {"base": "locked_out"}
        assert result["description_placeholders"] is not None
        assert result["description_placeholders"]["wait"] == wait
    assert logins(account) == switches.lockout_after + 1
    await account.wait(switches.lockout_seconds + 1)
    result = await fill_in(hass, form, entered(account.server))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("fault", "path", "error"),
    [
        (faults.HtmlPage(200), LOGIN, "cannot_connect"),
        (faults.HtmlPage(404), LOGIN, "cannot_connect"),
        (faults.HtmlPage(502), LOGIN, "cannot_connect"),
        (faults.Status(500), LOGIN, "cannot_connect"),
        (faults.EmptyBody(), LOGIN, "cannot_connect"),
        (faults.ConnectionReset(), LOGIN, "cannot_connect"),
        (faults.Redirect("https://elsewhere.example/"), LOGIN, "cannot_connect"),
        (faults.HtmlPage(200), ACCESS, "cannot_connect"),
        (faults.HtmlPage(502), ACCESS, "cannot_connect"),
        (faults.HtmlPage(502), VALIDATE, "cannot_connect"),
        (faults.HtmlPage(200), DEVICES, "cannot_connect"),
        (faults.HtmlPage(404), DEVICES, "cannot_connect"),
        (faults.HtmlPage(502), DEVICES, "cannot_connect"),
        (faults.RateLimited(90), DEVICES, "rate_limited"),
        (faults.Answer({"hello": "world"}), DEVICES, "unknown"),
        (faults.Answer({"device": []}), DEVICES, "no_devices"),
    ],
    ids=repr,
)
async def test_service_that_misbehaves_is_said_so_leaves_nothing_behind_and_can_be_tried_again(
    eniris: Eniris,
    hass_storage: dict[str, Any],
    fault: faults.Fault,
    path: re.Pattern[str],
    error: str,
) -> None:
    hass = eniris.hass
    form = await open_form(hass, "eniris")
    struck = eniris.simulator.faults.add(fault, path)
    result = await fill_in(hass, form, entered(eniris.server))
    assert (result["type"], result["step_id"], result["errors"]) == (FlowResultType.FORM, "eniris", {"base": error})
    assert struck.hits > 0
    assert kept_tokens(hass_storage) == {}
    eniris.simulator.faults.clear()
    await eniris.wait(91)
    result = await fill_in(hass, form, entered(eniris.server))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_no_network(hass: HomeAssistant, eniris: Eniris) -> None:
    form = await open_form(hass, "eniris")
    await eniris.server.stop()
    result = await fill_in(hass, form, entered(eniris.server))
    assert result["errors"] == {"base": "cannot_connect"}


@pytest.mark.parametrize("key", ["url", "auth_url"])
@pytest.mark.parametrize("address", ["ftp://nowhere", "https://", "https://me:secret@eniris.be", "http://a b"])
async def test_what_is_no_address(hass: HomeAssistant, eniris: Eniris, key: str, address: str) -> None:
    form = await open_form(hass, "eniris")
    result = await fill_in(hass, form, entered(eniris.server, **{key: address}))
    assert (result["errors"], eniris.requests) == ({"base": "invalid_url"}, [])
    # The section with the address is open.
    advanced = next(one for marker, one in result["data_schema"].schema.items() if str(marker) == "advanced")  # type: ignore[union-attr]
    assert advanced.options["collapsed"] is False
    result = await fill_in(hass, form, entered(eniris.server))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_user_without_devices_or_without_a_role(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any]
) -> None:
    form = await open_form(hass, "eniris")
    eniris.simulator.expel()
    result = await fill_in(hass, form, entered(eniris.server))
    assert result["errors"] == {"base": "not_permitted"}
    eniris.simulator.admit()
    for node in eniris.simulator.nodes:
        node.properties["isActive"] = False
    result = await fill_in(hass, form, entered(eniris.server))
    assert result["errors"] == {"base": "no_devices"}
    eniris.simulator.nodes.clear()
    result = await fill_in(hass, form, entered(eniris.server))
    assert result["errors"] == {"base": "no_devices"}
    assert kept_tokens(hass_storage) == {}


async def test_account_is_added_once(hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any]) -> None:
    await fill_in(hass, await open_form(hass, "eniris"), entered(eniris.server))
    kept = kept_tokens(hass_storage)
    result = await fill_in(hass, await open_form(hass, "eniris"), entered(eniris.server, password="other"))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert (logins(eniris), kept_tokens(hass_storage)) == (1, kept)


@pytest.mark.parametrize("asks_for_reauth", [False, True])
@pytest.mark.parametrize("names_user", [True, False])
async def test_account_whose_user_is_spelled_otherwise_is_the_same_and_keeps_its_own_tokens(
    hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any], names_user: bool, asks_for_reauth: bool
) -> None:
    if not names_user:
        eniris.simulator.faults.add(UNKNOWN_PATH, VALIDATE)
    result = await fill_in(hass, await open_form(hass, "eniris"), entered(eniris.server))
    kept = kept_tokens(hass_storage)
    assert len(kept) == 1
    if asks_for_reauth:
        result["result"].async_start_reauth(hass)
        await hass.async_block_till_done()
    shouted = USERNAME.upper()
    eniris.simulator.users[shouted] = User(PASSWORD, USER_ID)
    result = await fill_in(hass, await open_form(hass, "eniris"), entered(eniris.server, shouted))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert kept_tokens(hass_storage) == kept
    eniris.simulator.requests.clear()
    await eniris.polls(10)
    assert float(eniris.state(POWER))
    assert logins(eniris) == 0


async def test_two_users_are_two_accounts(hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any]) -> None:
    eniris.simulator.users["other@home.example"] = User(PASSWORD, 99)
    for username in (USERNAME, "other@home.example"):
        result = await fill_in(hass, await open_form(hass, "eniris"), entered(eniris.server, username))
        assert result["type"] is FlowResultType.CREATE_ENTRY
    assert len(kept_tokens(hass_storage)) == 2


async def test_tokens_go_with_the_account(hass: HomeAssistant, eniris: Eniris, hass_storage: dict[str, Any]) -> None:
    result = await fill_in(hass, await open_form(hass, "eniris"), entered(eniris.server))
    assert len(kept_tokens(hass_storage)) == 1
    await hass.config_entries.async_remove(result["result"].entry_id)
    await hass.async_block_till_done()
    assert kept_tokens(hass_storage) == {}
