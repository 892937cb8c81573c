"""A new credential for an account: the same account, or another."""

from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.energy_clouds.vendors import VENDORS
from custom_components.energy_clouds.vendors.model import Account as VendorAccount
from tests.conftest import ACCOUNT_ID, Account
from tests.simulators.enpact import (
    EXPIRED_KEY,
    PRODUCTION_KEY,
    ApiKey,
)

from .conftest import OTHER_KEY, enpact, fill_in, renew


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
    await account.set_up(api_key=EXPIRED_KEY)
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
