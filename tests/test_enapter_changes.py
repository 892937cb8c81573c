"""What becomes of an Enapter account's entities when its devices and sites change."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.energy_clouds import async_remove_config_entry_device
from tests.simulators.enapter import (
    ARCHIVED,
    BARE,
    BATTERY,
    EV_CHARGER,
    GATEWAY,
    HOME,
    OFFICE,
    OFFICE_METER,
    POWER_METER,
)

from .conftest import MakeAccount
from .enapter_home import (
    Enapter,
    at_gateway,
    complaints,
    entity_of,
    registered_device,
    shown,
    shown_of,
    small,
    state_of,
)
from .test_restart import restart

DISCOVERY = timedelta(hours=1)


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Not here: it makes everything several times slower."""


@pytest.fixture
async def account(make_account: MakeAccount) -> Enapter:
    """A small account that is set up."""
    account: Enapter = make_account(small(GATEWAY, POWER_METER, EV_CHARGER, BARE))
    await account.set_up()
    return account


async def discoveries(account: Enapter, times: int = 1) -> None:
    """Let the devices be listed so many times more."""
    for _ in range(times):
        account.freezer.tick(DISCOVERY)
        await account.polls(2)


# Devices


async def test_new_device_appears_without_a_reload(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    coordinator = account.entry.runtime_data
    await account.polls(10)
    device = account.simulator.add_device("Workshop meter")
    await account.polls(3)
    # A poll lists it, so it does not have to wait for the hour to be over.
    assert float(shown(hass, account, device.id, "total_power"))
    registered = registered_device(hass, account, device.id)
    assert registered is not None
    assert (registered.name, registered.area_id) == ("Workshop meter", "home")
    assert account.entry.runtime_data is coordinator
    assert complaints(caplog) == []


async def test_device_without_a_manifest_has_its_connection_only(hass: HomeAssistant, account: Enapter) -> None:
    assert shown_of(hass, account, BARE) == {"own,connectivity": "on"}


async def test_device_that_comes_back_is_the_same(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    charger = account.simulator.devices[EV_CHARGER]
    before = dict(shown_of(hass, account, EV_CHARGER))
    for gone_for in (1, 4):
        account.simulator.remove_device(EV_CHARGER)
        await discoveries(account, gone_for)
        account.simulator.devices[EV_CHARGER] = charger
        await discoveries(account)
        after = shown_of(hass, account, EV_CHARGER)
        assert after.keys() == before.keys(), gone_for
        assert "unavailable" not in after.values()
    assert complaints(caplog) == []


async def test_device_that_comes_back_after_a_person_deleted_it_has_its_entities(
    hass: HomeAssistant, account: Enapter, caplog: pytest.LogCaptureFixture
) -> None:
    charger, before = account.simulator.devices[EV_CHARGER], dict(shown_of(hass, account, EV_CHARGER))
    account.simulator.remove_device(EV_CHARGER)
    await discoveries(account)
    registered = registered_device(hass, account, EV_CHARGER)
    assert registered is not None
    assert await async_remove_config_entry_device(hass, account.entry, registered)
    dr.async_get(hass).async_remove_device(registered.id)
    account.simulator.devices[EV_CHARGER] = charger
    await discoveries(account)
    assert shown_of(hass, account, EV_CHARGER).keys() == before.keys()
    assert complaints(caplog) == []


async def test_empty_list_is_not_everything_gone(hass: HomeAssistant, account: Enapter) -> None:
    devices, account.simulator.devices = account.simulator.devices, {}
    await discoveries(account, 5)
    assert registered_device(hass, account, POWER_METER) is not None
    account.simulator.devices = devices
    await discoveries(account)
    assert float(shown(hass, account, POWER_METER, "total_power"))


async def test_renamed_device_keeps_its_entities(hass: HomeAssistant, account: Enapter) -> None:
    entity = entity_of(hass, account, POWER_METER, "total_power")
    account.simulator.rename(POWER_METER, "Grid meter")
    await discoveries(account)
    registered, after = (
        registered_device(hass, account, POWER_METER),
        entity_of(hass, account, POWER_METER, "total_power"),
    )
    assert registered is not None
    assert registered.name == "Grid meter"
    assert entity is not None
    assert after is not None
    assert (after.entity_id, after.unique_id) == (entity.entity_id, entity.unique_id)
    assert state_of(hass, account, POWER_METER, "total_power").attributes["friendly_name"] == "Grid meter Total Power"


# Sites


async def test_archived_site_goes_with_its_devices(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account: Enapter = make_account(small(POWER_METER, OFFICE_METER))
    await account.set_up()
    assert float(shown(hass, account, OFFICE_METER, "total_power"))
    account.simulator.archive_site(OFFICE)
    await discoveries(account, 3)
    assert registered_device(hass, account, OFFICE_METER) is None
    assert float(shown(hass, account, POWER_METER, "total_power"))
    account.simulator.archive_site(OFFICE, archived=False)
    await discoveries(account)
    assert float(shown(hass, account, OFFICE_METER, "total_power"))


async def test_devices_of_an_archived_site_are_never_shown(
    hass: HomeAssistant, make_account: MakeAccount, caplog: pytest.LogCaptureFixture
) -> None:
    account: Enapter = make_account(small(POWER_METER))
    device = account.simulator.add_device("Old lathe", site_id=ARCHIVED)
    await account.set_up()
    await restart(hass, account.entry.entry_id)
    await account.polls(30)
    await discoveries(account)
    assert registered_device(hass, account, device.id) is None
    assert account.status() is ConfigEntryState.LOADED
    assert complaints(caplog) == []


async def test_device_that_moves_to_another_site_stays_itself(hass: HomeAssistant, account: Enapter) -> None:
    entity = entity_of(hass, account, POWER_METER, "total_power")
    account.simulator.move(POWER_METER, OFFICE)
    await discoveries(account)
    assert entity_of(hass, account, POWER_METER, "total_power") == entity
    assert float(shown(hass, account, POWER_METER, "total_power"))


async def test_gateway_whose_site_is_renamed_stays_itself(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = at_gateway(make_account, small(POWER_METER, gateway=True))
    await account.set_up()
    account.simulator.sites[HOME].name = "Villa"
    await discoveries(account)
    assert float(shown(hass, account, POWER_METER, "total_power"))


async def test_excluded_device_is_not_shown(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account: Enapter = make_account(small(POWER_METER, BATTERY))
    await account.set_up(options={"excluded_devices": [BATTERY]})
    assert shown_of(hass, account, BATTERY) == {}
    asked = [request.query for request in account.simulator.requests if request.path.endswith("latest")]
    assert asked
    assert not [query for query in asked if f"devices[{BATTERY}]" in query and len(asked) > 1]
