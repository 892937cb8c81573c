"""Options and reconfiguring, for every vendor: what is chosen holds, and the account stays the one that it was."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.option_form import fastest_interval
from custom_components.energy_clouds.vendors import VENDORS
from custom_components.energy_clouds.vendors.base import OptionKind
from tests.conftest import Account, MakeAccount
from tests.simulators.server import Server

from .homes import Home, submit, with_address


@pytest.fixture
async def account(make_account: MakeAccount, home: Home[Any]) -> Account[Any]:
    """A vendor's account."""
    account = make_account(home.make())
    await account.set_up()
    return account


def identities(hass: HomeAssistant, account: Account[Any]) -> set[str]:
    """What the account's devices and entities are known by."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), account.entry.entry_id)
    entities = er.async_entries_for_config_entry(er.async_get(hass), account.entry.entry_id)
    return {one.unique_id for one in entities} | {str(sorted(one.identifiers)) for one in devices}


async def test_options_of_every_vendor_are_kept_and_hold(
    hass: HomeAssistant, account: Account[Any], home: Home[Any]
) -> None:
    vendor = VENDORS[home.vendor]
    switches = {one.key: True for one in vendor.option_fields if one.kind is OptionKind.SWITCH}
    typed = {one.key: [" 11 ", "11", ""] for one in vendor.option_fields if one.kind is OptionKind.IDS}
    units = {one.key: one.choices[-1] for one in vendor.option_fields if one.kind is OptionKind.UNIT}
    left_out = account.entry.runtime_data.inventory.devices[-1].id
    form = await hass.config_entries.options.async_init(account.entry.entry_id)
    assert form["data_schema"] is not None
    offered = {str(marker) for marker in form["data_schema"].schema}
    remembers = {"history_days"} if vendor.history_reach else set()
    assert offered >= {"scan_interval", "excluded_devices", *remembers, *switches, *typed, *units}
    chosen = {"scan_interval": 3600, "excluded_devices": [left_out], **dict.fromkeys(remembers, 3), **switches, **units}
    await hass.config_entries.options.async_configure(form["flow_id"], chosen | typed)
    await hass.async_block_till_done()
    assert account.entry.options == chosen | {key: ["11"] for key in typed}
    assert account.status() is ConfigEntryState.LOADED
    coordinator = account.entry.runtime_data
    assert coordinator.interval.total_seconds() == 3600 >= fastest_interval(account.entry)
    assert coordinator.vendor.option_fields == vendor.option_fields
    gone = (DOMAIN, f"{account.row.account_id}_{left_out}")
    assert dr.async_get(hass).async_get_device_by_identifier(gone, account.entry.entry_id) is None
    # Each poll is an hour after the one before.
    account.simulator.requests.clear()
    await account.polls(50)
    assert len({request.time for request in account.simulator.requests}) <= 1 + (home.vendor == "enectiva")

    # Left empty, all is as it was at first.
    form = await hass.config_entries.options.async_init(account.entry.entry_id)
    await hass.config_entries.options.async_configure(form["flow_id"], {"excluded_devices": []})
    await hass.async_block_till_done()
    assert account.entry.options == {key: False for key in switches if account.entry.options.get(key) is False}
    assert account.entry.runtime_data.interval.total_seconds() < 3600
    assert dr.async_get(hass).async_get_device_by_identifier(gone, account.entry.entry_id) is not None


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_new_credential_at_a_new_address_is_of_the_same_account(
    hass: HomeAssistant, account: Account[Any], home: Home[Any], source: str
) -> None:
    before, entry = identities(hass, account), account.entry
    home.change(account.simulator)
    moved = Server(account.simulator)
    await moved.start()
    try:
        address = moved.url + account.row.path
        flow = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": source, "entry_id": entry.entry_id}, data=entry.data
        )
        result = await submit(hass, flow["flow_id"], with_address(home.entered(account, home.new), address))
        assert result["reason"] == f"{source}_successful"
        credentials = entry.data["credentials"]
        assert {credentials[key] for key in account.row.addresses} == {address}
        assert credentials.get(home.secret) == (home.new if home.keeps_secret else None)
        assert entry.data["account_id"] == account.row.account_id
        assert entry.unique_id == f"{home.vendor}_{account.row.account_id}"
        assert account.status() is ConfigEntryState.LOADED
        assert identities(hass, account) == before
        await account.server.stop()
        await account.polls(2)
        assert entry.runtime_data.last_update_success
    finally:
        await hass.config_entries.async_unload(entry.entry_id)
        await moved.stop()


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_credential_of_another_account_is_refused_where_the_vendor_names_accounts(
    hass: HomeAssistant, account: Account[Any], home: Home[Any], source: str
) -> None:
    data = {**account.entry.data, "account_id": "somebody-else"}
    hass.config_entries.async_update_entry(account.entry, data=data)
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": source, "entry_id": account.entry.entry_id}, data=data
    )
    result = await submit(hass, flow["flow_id"], home.entered(account))
    named = home.vendor in ("enectiva", "eniris", "envitron")
    assert result["reason"] == ("unique_id_mismatch" if named else f"{source}_successful")
    # Where only its devices name an account, it keeps the id that it has.
    assert account.entry.data["account_id"] == "somebody-else"
    if named:
        assert account.entry.data == data
