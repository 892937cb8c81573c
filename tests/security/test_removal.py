"""What goes, goes altogether: an account that is removed, a device that vanished, a device that is deleted by hand."""

from collections.abc import Mapping
from datetime import timedelta
import gc
from typing import Any
import weakref

from homeassistant.config_entries import ConfigFlowContext
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.util.dt import utcnow
import pytest

from custom_components.energy_clouds import async_remove_config_entry_device
from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.inventory import GONE_AFTER
from custom_components.energy_clouds.notices import show_notices
from custom_components.energy_clouds.storage import async_get_budgets
from custom_components.energy_clouds.vaults import async_get_vaults
from custom_components.energy_clouds.vendors import VENDORS
from custom_components.energy_clouds.vendors.model import Notice
from tests.conftest import Account, MakeAccount
from tests.simulators.envitron import OFFICE
from tests.simulators.server import Server

from .homes import HOMES, Home, submit, with_address


@pytest.fixture
async def account(make_account: MakeAccount, home: Home[Any]) -> Account[Any]:
    """A vendor's account; not set up yet."""
    return make_account(home.make())


async def test_removal_leaves_nothing_behind(
    hass: HomeAssistant, hass_storage: dict[str, Any], account: Account[Any]
) -> None:
    await account.set_up()
    await account.polls(2)
    entry_id = account.entry.entry_id
    show_notices(hass, account.entry, [Notice(key="rights_missing")])
    coordinator = weakref.ref(account.entry.runtime_data)
    own = {key for key in hass_storage if key.startswith(f"{DOMAIN}.")}
    assert f"{DOMAIN}.{entry_id}" in own
    assert hass.states.async_all()

    await hass.config_entries.async_remove(entry_id)
    await hass.async_block_till_done()
    account.simulator.requests.clear()
    await account.polls(20)
    assert account.requests == []
    assert {key for key in hass_storage if key.startswith(DOMAIN)} == set()
    assert [issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN] == []
    assert dr.async_entries_for_config_entry(dr.async_get(hass), entry_id) == []
    assert er.async_entries_for_config_entry(er.async_get(hass), entry_id) == []
    assert hass.states.async_all() == []
    assert hass.config_entries.flow.async_progress() == []
    assert await _in_memory(hass) == {}
    gc.collect()
    assert coordinator() is None


async def _in_memory(hass: HomeAssistant) -> Mapping[str, object]:
    """What is still known of any account."""
    vaults, budgets = await async_get_vaults(hass), await async_get_budgets(hass)
    more = {str(key): value for key, value in hass.data.items() if str(key).startswith(f"{DOMAIN}.")}
    held: dict[str, object] = {"vaults": vaults._vaults, "grants": vaults._grants, "states": budgets._states, **more}
    return {key: value for key, value in held.items() if value not in ({}, vaults, budgets)}


async def test_wait_outlives_an_account_that_never_was_set_up_and_what_was_learnt_does_not(
    hass: HomeAssistant, hass_storage: dict[str, Any], account: Account[Any], home: Home[Any]
) -> None:
    await account.start()
    vendor, credentials = VENDORS[home.vendor], account.entry.data["credentials"]
    until = (utcnow() + timedelta(hours=1)).isoformat()
    for name in (vendor.credential_id(credentials), f"{vendor.credential_id(credentials)}_login"):
        hass_storage.setdefault(f"{DOMAIN}.budgets", {"version": 1, "minor_version": 1, "data": {}})["data"][name] = {
            "next_allowed": until,
            "learnt_limit": 7,
        }
    hass.data.pop(f"{DOMAIN}.budgets", None)
    await hass.config_entries.async_remove(account.entry.entry_id)
    await hass.async_block_till_done()
    states = hass_storage[f"{DOMAIN}.budgets"]["data"].values()
    assert [(state["next_allowed"][:16], state["learnt_limit"]) for state in states] == [(until[:16], None)] * 2
    assert account.requests == []


async def test_nothing_is_kept_of_a_credential_that_was_never_used_or_is_used_no_longer(
    hass: HomeAssistant, hass_storage: dict[str, Any], account: Account[Any], home: Home[Any]
) -> None:
    await account.set_up()
    vendor, before = VENDORS[home.vendor], account.entry.data["credentials"]
    budgets = await async_get_budgets(hass)
    budgets.of(vendor, before).observe(limit=7, remaining=7, reset=None)
    await hass.async_block_till_done()
    assert len(hass_storage[f"{DOMAIN}.budgets"]["data"]) == 1
    home.change(account.simulator)
    moved = Server(account.simulator)
    await moved.start()
    context = ConfigFlowContext(source="reconfigure", entry_id=account.entry.entry_id)
    flow = await hass.config_entries.flow.async_init(DOMAIN, context=context)
    entered = with_address(home.entered(account, home.new), moved.url + account.row.path)
    assert (await submit(hass, flow["flow_id"], entered))["reason"] == "reconfigure_successful"
    assert f"{DOMAIN}.budgets" not in hass_storage
    name = vendor.credential_id(before)
    assert name not in (await async_get_vaults(hass))._vaults
    # What is still under way with the old one is no reason to keep anything of it.
    unused = {**before, vendor.identity: "unused"}
    budget = budgets.of(vendor, unused)
    await budgets.forget(vendor, unused)
    assert vendor.credential_id(unused) not in budgets._budgets
    budget.hold(None)
    await hass.async_block_till_done()
    assert f"{DOMAIN}.budgets" not in hass_storage
    await hass.config_entries.async_unload(account.entry.entry_id)
    await moved.stop()


async def _discoveries(account: Account[Any], number: int) -> None:
    for _ in range(number):
        await account.wait(account.entry.runtime_data.vendor.discovery_interval.total_seconds() + 60)


def _device(hass: HomeAssistant, account: Account[Any], device: str) -> dr.AnyDeviceEntry | None:
    identifier = (DOMAIN, f"{account.row.account_id}_{device}")
    return dr.async_get(hass).async_get_device_by_identifier(identifier, account.entry.entry_id)


async def test_device_that_vanished_goes_after_three_complete_discoveries(
    hass: HomeAssistant, account: Account[Any], home: Home[Any]
) -> None:
    await account.set_up()
    gone = home.remove(account.simulator)
    device = _device(hass, account, gone)
    assert device is not None
    entities = [one.entity_id for one in er.async_entries_for_device(er.async_get(hass), device.id)]
    others = len(dr.async_entries_for_config_entry(dr.async_get(hass), account.entry.entry_id)) - 1
    await _discoveries(account, GONE_AFTER - 1)
    assert _device(hass, account, gone) == device
    await _discoveries(account, 1)
    assert _device(hass, account, gone) is None
    assert [one for one in entities if er.async_get(hass).async_get(one) or hass.states.get(one)] == []
    assert len(dr.async_entries_for_config_entry(dr.async_get(hass), account.entry.entry_id)) == others


async def test_device_is_deleted_by_hand_once_the_account_has_it_no_longer(
    hass: HomeAssistant, account: Account[Any], home: Home[Any]
) -> None:
    await account.set_up()
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, account.entry.entry_id):
        assert not await async_remove_config_entry_device(hass, account.entry, device)
    gone = home.remove(account.simulator)
    await _discoveries(account, 1)
    vanished = _device(hass, account, gone)
    assert vanished is not None
    assert await async_remove_config_entry_device(hass, account.entry, vanished)
    registry.async_remove_device(vanished.id)
    await _discoveries(account, 1)
    assert _device(hass, account, gone) is None


def test_every_vendor_has_a_home() -> None:
    assert HOMES.keys() == VENDORS.keys()


async def test_building_that_lists_no_sensors_any_more_keeps_them(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    """Envitron lists sensors apart from buildings: an empty list of those is not "everything is gone"."""
    account = make_account(HOMES["envitron"].make())
    await account.set_up()
    before = dr.async_entries_for_config_entry(dr.async_get(hass), account.entry.entry_id)
    account.simulator.buildings[OFFICE].sensors.clear()
    await _discoveries(account, GONE_AFTER + 1)
    assert dr.async_entries_for_config_entry(dr.async_get(hass), account.entry.entry_id) == before
