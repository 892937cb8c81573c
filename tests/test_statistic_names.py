"""Statistics are called what a person looks for: the device, what it counts, and which one if several are called so."""

from dataclasses import replace
from datetime import timedelta

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import async_list_statistic_ids
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.energy_clouds.const import DOMAIN, OPTION_HISTORY_DAYS
from custom_components.energy_clouds.vendors import budget
from tests.simulators import eniris
from tests.simulators.enpact import EnpactSimulator
from tests.simulators.enpact.inventory import EnpactMeter

from .conftest import ACCOUNT_ID, Account, MakeAccount
from .eniris_home import small

SERVER_ROOM, HEAT_PUMP, COLD_STORE = "meter-building-a-003", "meter-building-b-002", "meter-building-b-003"
"""Meters of Enpact; the second and the third are behind one gateway."""


@pytest.fixture(autouse=True)
def recorder(recorder_mock: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the recorder be there before Home Assistant, and nobody sleep while the clock stands still."""
    monkeypatch.setattr(budget, "SHORT_WAIT", timedelta(0))


async def names_after_import(hass: HomeAssistant, *accounts: Account) -> list[str]:
    """Set accounts up, let them import a day, and return what the statistics are called then."""
    for account in accounts:
        await account.set_up(options={OPTION_HISTORY_DAYS: 1})
    await accounts[-1].polls(4)
    return await names_in(hass)


async def names_in(hass: HomeAssistant) -> list[str]:
    """What the statistics are called, in order."""
    await async_wait_recording_done(hass)
    return sorted(str(one["name"]) for one in await async_list_statistic_ids(hass) if one["source"] == DOMAIN)


def office_of(*meters: str, name: str | None = None) -> EnpactSimulator:
    """Enpact's office with some of its meters, all called the same if a name is given."""
    simulator = EnpactSimulator()
    simulator.meters = {
        key: meter if name is None else replace(meter, name=name)
        for key, meter in simulator.meters.items()
        if key in meters and isinstance(meter, EnpactMeter)
    }
    return simulator


async def test_they_are_called_like_the_device_and_what_it_counts(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account = make_account(small([eniris.CONTROLLER, eniris.SITE, eniris.GRID_METER]))
    assert await names_after_import(hass, account) == [
        "Family home Charged energy of the site",
        "Family home Consumed energy of the site",
        "Family home Discharged energy of the site",
        "Family home Produced energy of the site",
        "Family home Self-consumed energy",
        "LGF Digital Smart Meter E360 Exported energy",
        "LGF Digital Smart Meter E360 Imported energy",
    ]


async def test_the_account_tells_namesakes_apart(hass: HomeAssistant, make_account: MakeAccount) -> None:
    enpact = make_account(office_of(SERVER_ROOM, COLD_STORE))
    other = make_account(small([eniris.OFFICE_CONTROLLER, eniris.SUBMETERS["server_room"]]))
    assert await names_after_import(hass, enpact, other) == [
        "Cold store Exported energy",
        "Cold store Imported energy",
        "Server room Exported energy (Eniris)",
        "Server room Exported energy (Enpact)",
        "Server room Imported energy (Eniris)",
        "Server room Imported energy (Enpact)",
    ]


async def test_in_one_account_it_is_what_the_meter_is_behind(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(office_of(SERVER_ROOM, COLD_STORE, name="Pump"))
    assert await names_after_import(hass, account) == [
        "Pump Exported energy (pgw-nec1)",
        "Pump Exported energy (pgw-nec2)",
        "Pump Imported energy (pgw-nec1)",
        "Pump Imported energy (pgw-nec2)",
    ]


async def test_it_is_the_vendors_id_where_nothing_else_differs(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(office_of(HEAT_PUMP, COLD_STORE, name="Pump"))
    assert await names_after_import(hass, account) == [
        f"Pump Exported energy ({HEAT_PUMP})",
        f"Pump Exported energy ({COLD_STORE})",
        f"Pump Imported energy ({HEAT_PUMP})",
        f"Pump Imported energy ({COLD_STORE})",
    ]


async def test_it_is_the_area_where_that_differs(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(office_of(HEAT_PUMP, COLD_STORE, name="Pump"))
    await account.start(options={OPTION_HISTORY_DAYS: 1})
    await hass.config_entries.async_setup(account.entry.entry_id)
    registry = dr.async_get(hass)
    for meter, area in ((HEAT_PUMP, "cellar"), (COLD_STORE, "roof")):
        device = registry.async_get_device_by_identifier((DOMAIN, f"{ACCOUNT_ID}_{meter}"), account.entry.entry_id)
        assert device is not None
        registry.async_update_device(device.id, area_id=ar.async_get(hass).async_get_or_create(area).id)
    await account.polls(4)
    assert "Pump Imported energy (cellar)" in await names_in(hass)
    assert "Pump Imported energy (roof)" in await names_in(hass)


async def test_a_new_name_is_theirs_with_the_next_hour(hass: HomeAssistant, make_account: MakeAccount) -> None:
    account = make_account(office_of(COLD_STORE))
    assert "Cold store Imported energy" in await names_after_import(hass, account)
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, f"{ACCOUNT_ID}_{COLD_STORE}"), account.entry.entry_id)
    assert device is not None
    registry.async_update_device(device.id, name_by_user="Cellar")
    for _ in range(20):
        await account.wait(300)
    assert await names_in(hass) == ["Cellar Exported energy", "Cellar Imported energy"]


async def test_name_that_is_too_long_is_cut_but_tells_namesakes_apart(
    hass: HomeAssistant, make_account: MakeAccount
) -> None:
    account = make_account(office_of(HEAT_PUMP, COLD_STORE, name="Pump" * 100))
    names = await names_after_import(hass, account)
    assert [len(name) for name in names] == [255] * 4
    assert [name[name.index(" ") :] for name in names] == [
        f" Exported energy ({HEAT_PUMP})",
        f" Exported energy ({COLD_STORE})",
        f" Imported energy ({HEAT_PUMP})",
        f" Imported energy ({COLD_STORE})",
    ]
