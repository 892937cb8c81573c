"""Adding an account, renewing its credential, its options: every way to get it right and wrong."""

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.credential_form import credential_schema, first_field
from custom_components.energy_clouds.vendors import VENDORS
from custom_components.energy_clouds.vendors.base import CredentialField, FieldKind
from custom_components.energy_clouds.vendors.enpact import Enpact
from custom_components.energy_clouds.vendors.model import Account as VendorAccount
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

from .conftest import ACCOUNT_ID, Account

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


# --- adding


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


# --- renewing


async def renew(hass: HomeAssistant, account: Account, source: str, user_input: dict[str, Any]) -> ConfigFlowResult:
    entry: Any = account.entry
    form = await (entry.start_reauth_flow(hass) if source == "reauth" else entry.start_reconfigure_flow(hass))
    assert form["step_id"] == {"reauth": "reauth_confirm", "reconfigure": "reconfigure"}[source]
    return await fill_in(hass, form, user_input)


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_new_key_that_shows_a_device_of_the_account_is_the_accounts(
    hass: HomeAssistant, account: Account, source: str
) -> None:
    await account.set_up()
    entities = {entity.unique_id for entity in er.async_get(hass).entities.values()}
    simulator = account.simulator
    simulator.keys[OTHER_KEY] = ApiKey("production", meters=frozenset({"meter-building-a-001"}), devices=frozenset())
    simulator.revoke(PRODUCTION_KEY)
    result = await renew(hass, account, source, enpact(account.server, OTHER_KEY))
    expected = {"reauth": "reauth_successful", "reconfigure": "reconfigure_successful"}[source]
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, expected)
    assert account.status() is ConfigEntryState.LOADED
    assert account.entry.data["credentials"]["api_key"] == OTHER_KEY
    assert account.entry.data["account_id"] == ACCOUNT_ID
    assert account.entry.unique_id == f"enpact_{ACCOUNT_ID}"
    assert {entity.unique_id for entity in er.async_get(hass).entities.values()} == entities
    assert float(account.state("sensor.main_incomer_total_power"))


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_key_of_another_account_is_refused(hass: HomeAssistant, account: Account, source: str) -> None:
    await account.set_up(options={"excluded_devices": ["meter-building-a-001"]})
    account.simulator.keys[OTHER_KEY] = ApiKey("production", meters=frozenset({"meter-elsewhere"}), devices=frozenset())
    account.simulator.add_meter("meter-elsewhere")
    result = await renew(hass, account, source, enpact(account.server, OTHER_KEY))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unique_id_mismatch")
    assert account.entry.data["credentials"]["api_key"] == PRODUCTION_KEY


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_mistake_while_renewing_can_be_mended(hass: HomeAssistant, account: Account, source: str) -> None:
    await account.set_up()
    entry: Any = account.entry
    form = await (entry.start_reauth_flow(hass) if source == "reauth" else entry.start_reconfigure_flow(hass))
    result = await fill_in(hass, form, enpact(account.server, EXPIRED_KEY))
    assert result["errors"] == {"api_key": "invalid_auth"}
    result = await fill_in(hass, form, enpact(account.server))
    assert result["type"] is FlowResultType.ABORT
    assert account.status() is ConfigEntryState.LOADED


async def test_forms_show_what_is_known_but_never_a_secret(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    form = await account.entry.start_reconfigure_flow(hass)  # type: ignore[attr-defined]
    schema = form["data_schema"].schema
    shown = {str(marker): marker.description for marker in schema}
    assert shown["api_key"] is None
    advanced = next(section for marker, section in schema.items() if str(marker) == "advanced")
    assert [marker.description for marker in advanced.schema.schema] == [{"suggested_value": account.server.url}]
    assert PRODUCTION_KEY not in str(form)


async def test_account_that_the_vendor_names_cannot_be_swapped(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    named = VendorAccount(id="another", title="Another", named=True)
    with patch.object(VENDORS["enpact"], "login", return_value=named):
        result = await renew(hass, account, "reconfigure", enpact(account.server))
    assert result["reason"] == "unique_id_mismatch"


async def test_renewal_of_an_account_that_never_was_set_up(hass: HomeAssistant, account: Account) -> None:
    await account.set_up(key=EXPIRED_KEY)
    assert account.status() is ConfigEntryState.SETUP_ERROR
    result = await renew(hass, account, "reauth", enpact(account.server))
    assert result["reason"] == "reauth_successful"
    assert account.status() is ConfigEntryState.LOADED


async def test_stored_address_that_is_none_is_said_so(hass: HomeAssistant, account: Account) -> None:
    await account.start()
    credentials = {**account.entry.data["credentials"], "url": "ftp://nowhere"}
    hass.config_entries.async_update_entry(account.entry, data={**account.entry.data, "credentials": credentials})
    await hass.config_entries.async_setup(account.entry.entry_id)
    assert account.status() is ConfigEntryState.SETUP_ERROR
    assert account.entry.error_reason_translation_key == "invalid_url"


# --- options


async def test_options_are_stored_and_take_effect(hass: HomeAssistant, account: Account) -> None:
    await account.set_up()
    form = await hass.config_entries.options.async_init(account.entry.entry_id)
    assert form["step_id"] == "init"
    assert form["description_placeholders"] == {"fastest": "60"}
    await hass.config_entries.options.async_configure(
        form["flow_id"], {"scan_interval": 300, "excluded_devices": ["meter-building-a-001"]}
    )
    await hass.async_block_till_done()
    assert account.entry.options == {"scan_interval": 300, "excluded_devices": ["meter-building-a-001"]}
    assert hass.states.get("sensor.main_incomer_total_power") is None
    assert account.entry.runtime_data.interval.total_seconds() == 300

    # Left empty: automatic again, and everything back.
    form = await hass.config_entries.options.async_init(account.entry.entry_id)
    await hass.config_entries.options.async_configure(form["flow_id"], {"excluded_devices": []})
    await hass.async_block_till_done()
    assert account.entry.options == {}
    assert float(account.state("sensor.main_incomer_total_power"))
    assert account.entry.runtime_data.interval.total_seconds() == 60


async def test_interval_below_the_budgets_is_refused(hass: HomeAssistant, account: Account) -> None:
    await account.set_up(options={"scan_interval": 10})
    form = await hass.config_entries.options.async_init(account.entry.entry_id)
    assert form["data_schema"] is not None
    suggested = {str(marker): marker.description for marker in form["data_schema"].schema}
    assert suggested["scan_interval"] == {"suggested_value": 60}
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(form["flow_id"], {"scan_interval": 10})


async def test_options_can_be_opened_while_the_service_is_down(hass: HomeAssistant, account: Account) -> None:
    await account.start(options={"excluded_devices": ["meter-building-a-001"]})
    await account.server.stop()
    await hass.config_entries.async_setup(account.entry.entry_id)
    form = await hass.config_entries.options.async_init(account.entry.entry_id)
    assert form["type"] is FlowResultType.FORM
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {"excluded_devices": ["meter-building-a-001"]}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY


# --- the form, for credentials of other kinds


async def test_every_kind_of_credential_has_its_field() -> None:
    class Elsewhere(Enpact):
        credential_fields = (
            CredentialField(key="url", kind=FieldKind.ADDRESS, default="https://example.org"),
            CredentialField(key="username", kind=FieldKind.USERNAME),
            CredentialField(key="password", kind=FieldKind.SECRET),
            CredentialField(key="verify_ssl", kind=FieldKind.SWITCH, default=True),
        )

    schema = credential_schema(Elsewhere, {"username": "me", "password": "secret"}).schema
    described = {str(marker): marker.description for marker in schema}
    assert described == {
        "url": {"suggested_value": "https://example.org"},
        "username": {"suggested_value": "me"},
        "password": None,
        "verify_ssl": {"suggested_value": True},
    }
    assert first_field(Elsewhere, FieldKind.ADDRESS) == "url"
