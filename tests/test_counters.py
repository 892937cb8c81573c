"""What was shown of a counter is not undone: not by a power cut, a list, or a sample with a time to come."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import Event as StateEvent, EventStateChangedData, HomeAssistant, callback
import pytest

from custom_components.energy_clouds.const import DOMAIN

from .conftest import Account
from .hostile_life import Event, Life, Listing, Poll
from .hostile_vendor import KILOWATT_HOURS, POINTS, POWER

REGISTER = KILOWATT_HOURS.id.key
WATTS = POWER.id.key
KEYS = [point.id.key for point in POINTS]


def reading(minutes: float, value: float) -> Poll:
    return Poll({REGISTER: (minutes, value)})


@pytest.fixture
async def life(new_life: Callable[[], Life]) -> Life:
    life = new_life()
    await life.begin()
    return life


async def test_register_is_on_disk_before_it_is_shown(
    hass: HomeAssistant, account: Account, hass_storage: dict[str, Any]
) -> None:
    await account.set_up()
    shown: list[float] = []
    on_disk: list[float] = []

    @callback
    def compare(event: StateEvent[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and state.entity_id == "sensor.main_incomer_imported_energy":
            shown.append(float(state.state))
            stored = hass_storage[f"{DOMAIN}.{account.entry.entry_id}.counters"]["data"]["registers"]
            point_id = {"device_id": "meter-building-a-001", "key": "imp"}
            on_disk.extend(one["value"] for one in stored if one["point_id"] == point_id)

    remove = hass.bus.async_listen("state_changed", compare)
    await account.polls(5)
    remove()
    assert len(shown) >= 4
    assert shown == sorted(shown) == on_disk


async def test_row_that_is_older_than_what_was_shown_before_a_power_cut_is_not_shown(life: Life) -> None:
    await life.live(reading(-5, 99.0), reading(0, 100.0))
    life.cloud.samples = {}
    await life.live(Event.POWER_CUT, reading(-5, 99.5), reading(-5, 99.6), reading(0, 100.1))
    assert life.values(REGISTER) == [99.0, 100.0, 100.1]


async def test_drop_after_a_power_cut_has_to_be_confirmed(life: Life) -> None:
    await life.live(reading(0, 100.0))
    life.cloud.samples = {}
    await life.live(Event.POWER_CUT, reading(0, 0.0), reading(0, 0.1))
    assert life.values(REGISTER) == [100.0, 0.1]


async def test_register_that_was_not_listed_for_a_while_is_known_still(life: Life) -> None:
    others = [key for key in KEYS if key != REGISTER]
    await life.live(reading(0, 100.0), Listing(others), Poll({}), Listing(KEYS), reading(0, 50.0), reading(0, 100.5))
    assert life.values(REGISTER) == [100.0, 100.5]


async def test_samples_with_a_time_to_come_confirm_nothing(life: Life) -> None:
    await life.live(reading(0, 100.0), reading(90, 3.0), reading(90, 3.0), reading(0, 99.0), reading(0, 100.5))
    assert life.values(REGISTER) == [100.0, 100.5]


async def test_sample_with_a_time_to_come_is_shown_once_it_has_come(life: Life) -> None:
    await life.live(reading(0, 100.0), reading(5, 101.0))
    assert life.values(REGISTER) == [100.0]
    await life.live(reading(4, 101.0), reading(2, 101.0), reading(1, 101.0))
    assert life.values(REGISTER) == [100.0, 101.0]


async def test_calculated_energy_counts_on_after_a_power_cut(life: Life) -> None:
    power = [Poll({WATTS: (0, 60000.0)})] * 2
    await life.live(*power)
    life.cloud.samples = {}
    await life.live(Event.POWER_CUT, *power)
    assert life.values(f"{WATTS}_positive_energy") == [0.0, 1.0, 3.0, 4.0]
