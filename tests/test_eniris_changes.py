"""What changes in an Eniris account in Home Assistant: devices come and go, rights too, and hosts fail."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
import pytest

from custom_components.energy_clouds.const import DOMAIN
from custom_components.energy_clouds.vendors.eniris.asking import MOST_UNCHANGED
from tests.eniris_home import AN_HOUR, HEAT, POWER, Eniris, small
from tests.simulators.eniris import (
    CONTROLLER,
    GRID_METER,
    HEAT_PUMP,
    INVERTER,
    SITE,
    USER_ID,
    WITHOUT_SERIES,
    EnirisSwitches,
    skip_hash,
)
from tests.simulators.server import Server

from .conftest import MakeAccount


@pytest.fixture
def eniris(make_account: MakeAccount) -> Eniris:
    return make_account(small())


def names(hass: HomeAssistant, account: Eniris) -> set[str | None]:
    """The names of the account's devices."""
    return {one.name for one in dr.async_entries_for_config_entry(dr.async_get(hass), account.entry.entry_id)}


async def lists(account: Eniris, times: int = 1) -> None:
    """Let the devices be listed so often."""
    for _ in range(times):
        account.freezer.tick(timedelta(hours=1))
        await account.polls(2)


def issue(hass: HomeAssistant, account: Eniris) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{account.entry.entry_id}_telemetry_not_visible_")


async def test_new_device_appears_without_a_reload(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    coordinator = eniris.entry.runtime_data
    eniris.simulator.add_device(name="Sauna")
    await lists(eniris)
    assert float(eniris.state("sensor.family_home_sauna_power"))
    assert eniris.entry.runtime_data is coordinator


async def test_empty_list_removes_nothing(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    before, nodes = names(hass, eniris), eniris.simulator.nodes[:]
    eniris.simulator.nodes.clear()
    await lists(eniris, 4)
    assert names(hass, eniris) == before
    eniris.simulator.nodes.extend(nodes)
    await lists(eniris)
    assert float(eniris.state(HEAT))


async def test_device_that_is_set_inactive_goes_too(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    eniris.simulator.set_property(HEAT_PUMP, "isActive", False)
    await lists(eniris, 3)
    assert "Daikin Altherma" not in names(hass, eniris)


async def test_renamed_and_moved_device_keeps_its_entities(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    eniris.simulator.rename(HEAT_PUMP, "Heat pump in the cellar")
    eniris.simulator.set_property(HEAT_PUMP, "nodeParentsIds", [INVERTER])
    await lists(eniris)
    registry = dr.async_get(hass)
    pump, inverter = (
        registry.async_get_device_by_identifier((DOMAIN, f"{USER_ID}_{one}"), eniris.entry.entry_id)
        for one in (HEAT_PUMP, INVERTER)
    )
    assert pump is not None
    assert inverter is not None
    assert (pump.name, pump.via_device_id) == ("Heat pump in the cellar", inverter.id)
    assert float(eniris.state(HEAT))


async def test_device_that_may_not_be_read_is_unavailable_alone_and_comes_back_within_the_hour(
    hass: HomeAssistant, eniris: Eniris
) -> None:
    await eniris.set_up()
    await eniris.polls(2)
    eniris.simulator.take_rights(HEAT_PUMP)
    await eniris.polls(3)
    assert eniris.state(HEAT) == "unavailable"
    unavailable = {one.entity_id for one in hass.states.async_all() if one.state == "unavailable"}
    assert unavailable == {one for one in hass.states.async_entity_ids() if "daikin" in one}
    # It is not asked for again and again.
    eniris.simulator.requests.clear()
    await eniris.polls(30)
    assert not [one for one in eniris.simulator.requests if HEAT_PUMP in str(one.body)]
    eniris.simulator.give_rights(HEAT_PUMP)
    await eniris.polls(AN_HOUR - 30)
    assert float(eniris.state(HEAT))
    assert not list(hass.config_entries.flow.async_progress())


async def test_user_who_loses_every_role_and_gets_it_back(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    await eniris.polls(2)
    eniris.simulator.expel()
    await eniris.polls(10)
    assert float(eniris.state(POWER))
    await eniris.polls(10)
    assert {one.state for one in hass.states.async_all()} == {"unavailable"}
    await lists(eniris)
    assert not list(hass.config_entries.flow.async_progress())
    assert len(names(hass, eniris)) > 5
    eniris.simulator.admit()
    await eniris.polls(3)
    assert float(eniris.state(POWER))


@pytest.mark.parametrize("changed", [True, False])
async def test_invisible_series_are_a_repair_issue_until_they_are_visible(
    hass: HomeAssistant, make_account: MakeAccount, changed: bool
) -> None:
    """Rights are no property of a device: whether the service tells a change of them is not documented."""
    account = make_account(small(switches=EnirisSwitches(without_series=True)))
    await account.set_up()
    assert account.status() is ConfigEntryState.LOADED
    found = issue(hass, account)
    assert found is not None
    assert (found.translation_key, found.translation_placeholders) == ("telemetry_not_visible", {"account": "Eniris"})
    assert len(names(hass, account)) > 5
    await lists(account)
    assert issue(hass, account) is not None
    for node in account.simulator.nodes:
        account.simulator.show(node.node_id, "nodeInfluxSeries")
        if changed:
            account.simulator.rename(node.node_id, f"{node.properties['name']} ")
    await lists(account)
    assert issue(hass, account) is None
    assert float(account.state(POWER))


async def test_one_device_without_series_is_no_issue(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(small({CONTROLLER, SITE, GRID_METER, WITHOUT_SERIES}))
    await account.set_up()
    assert not ir.async_get(hass).issues
    assert "Ripple control" in names(hass, account)


async def test_device_whose_series_become_visible(hass: HomeAssistant, eniris: Eniris) -> None:
    eniris.simulator.hide(HEAT_PUMP, "nodeInfluxSeries")
    await eniris.set_up()
    assert hass.states.get(HEAT) is None
    eniris.simulator.show(HEAT_PUMP, "nodeInfluxSeries")
    # The service may call that no change of the device: the list is asked for in full now and then.
    await lists(eniris, MOST_UNCHANGED + 1)
    assert float(eniris.state(HEAT))


async def test_list_that_is_the_same_is_not_sent_again(hass: HomeAssistant, eniris: Eniris) -> None:
    await eniris.set_up()
    await lists(eniris)
    listed = [one for one in eniris.simulator.requests if one.path == "/v1/device/query"]
    assert [one.status for one in listed] == [200, 204]
    updates = [
        node.updated.strftime("%Y-%m-%dT%H:%M:%SZ") for node in sorted(eniris.simulator.nodes, key=lambda n: n.id)
    ]
    assert listed[1].body["skipHash"] == skip_hash(updates)


async def test_both_hosts_may_fail_apart(hass: HomeAssistant, eniris: Eniris) -> None:
    authentication = Server(eniris.simulator.authentication)
    await authentication.start()
    await eniris.set_up(auth_url=authentication.url)
    await authentication.stop()
    await eniris.polls(3)
    assert float(eniris.state(POWER))
    await eniris.polls(30)
    assert eniris.state(POWER) == "unavailable"
    await authentication.start()
    await eniris.polls(2)
    assert float(eniris.state(POWER))
    await authentication.stop()
