"""How points are shown: words that are listed or not, prices in the home's currency, amounts in larger units."""

from typing import Any

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
import msgspec
import pytest

from custom_components.energy_clouds.quantities import LARGER_UNITS, PRESENTATIONS, state_class_of
from custom_components.energy_clouds.vendors.model import (
    Nature,
    Point,
    PointId,
    Quantity,
    Readings,
    Sample,
    Value,
)

from .conftest import Account
from .reference_points import POINTS

METER = "meter-building-a-001"
MODES = ("idle", "charging", "fault")


class Shown:
    """An account with a point of the test's own, among those of its simulator."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._points: dict[str, Point] = {}

    async def show(self, value: Value, quantity: Quantity, nature: Nature, key: str = "own", **more: Any) -> State:
        """Let a point have that value. Returns the state of its entity."""
        coordinator = self.account.entry.runtime_data
        point = Point(id=PointId(device_id=METER, key=key), quantity=quantity, nature=nature, name=f"My {key}", **more)
        self._points[key] = point
        known = coordinator.inventory
        others = tuple(one for one in known.points if one.id.key not in self._points)
        inventory = msgspec.structs.replace(known, points=(*others, *self._points.values()))
        sample = Sample(time=coordinator.vendor.now(), value=value)
        await coordinator._take_readings(
            Readings(samples={point.id: sample}, broken=frozenset(), problems={}, inventory=inventory, requests=0)
        )
        await self.account.hass.async_block_till_done()
        coordinator.async_update_listeners()
        await self.account.hass.async_block_till_done()
        state = self.account.hass.states.get(f"sensor.main_incomer_my_{key}")
        assert state is not None
        return state


@pytest.fixture
async def shown(account: Account) -> Shown:
    for name in {*account.simulator.devices, *account.simulator.meters} - {METER}:
        account.simulator.remove(name)
    await account.set_up()
    return Shown(account)


async def test_words_are_options_and_a_word_that_is_not_listed_is_shown_all_the_same(
    shown: Shown, caplog: pytest.LogCaptureFixture
) -> None:
    state = await shown.show("charging", Quantity.WORD, Nature.STATE, words=MODES)
    assert (state.state, state.attributes["device_class"]) == ("charging", "enum")
    assert state.attributes["options"] == list(MODES)
    assert not state.attributes.keys() & {"state_class", "unit_of_measurement"}
    shown.account.freezer.tick(60)
    state = await shown.show("defrosting", Quantity.WORD, Nature.STATE, words=MODES)
    assert (state.state, state.attributes["options"]) == ("defrosting", [*MODES, "defrosting"])
    shown.account.freezer.tick(60)
    state = await shown.show("idle", Quantity.WORD, Nature.STATE, words=MODES)
    assert (state.state, state.attributes["options"]) == ("idle", list(MODES))
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


async def test_word_of_which_no_list_is_known_is_no_option(shown: Shown) -> None:
    state = await shown.show("anything", Quantity.WORD, Nature.STATE)
    assert state.state == "anything"
    assert not state.attributes.keys() & {"device_class", "options", "state_class", "unit_of_measurement"}


async def test_options_are_there_before_the_first_word(shown: Shown) -> None:
    await shown.show("idle", Quantity.WORD, Nature.STATE, words=MODES)
    coordinator = shown.account.entry.runtime_data
    coordinator.data.clear()
    coordinator.async_update_listeners()
    await shown.account.hass.async_block_till_done()
    state = shown.account.hass.states.get("sensor.main_incomer_my_own")
    assert state is not None
    assert (state.state, state.attributes["options"]) == ("unavailable", list(MODES))


@pytest.mark.parametrize(("currency", "unit"), [("EUR", "EUR/kWh"), ("CZK", "CZK/kWh")])
async def test_price_is_in_the_currency_of_the_home(
    hass: HomeAssistant, shown: Shown, currency: str, unit: str
) -> None:
    await hass.config.async_update(currency=currency)
    state = await shown.show(0.27, Quantity.PRICE, Nature.GAUGE, unit="currency/kWh")
    assert state.attributes["unit_of_measurement"] == unit
    # Home Assistant wants totals of money only; a price per kWh is a measurement without a class.
    assert "device_class" not in state.attributes
    assert state.attributes["state_class"] == "measurement"


async def test_currency_that_changes_is_shown_after_a_reload(hass: HomeAssistant, shown: Shown) -> None:
    state = await shown.show(0.27, Quantity.PRICE, Nature.GAUGE, unit="currency/kWh")
    assert state.attributes["unit_of_measurement"] == "EUR/kWh"
    await hass.config.async_update(currency="GBP")
    await hass.config_entries.async_reload(shown.account.entry.entry_id)
    await hass.async_block_till_done()
    state = await shown.show(0.27, Quantity.PRICE, Nature.GAUGE, unit="currency/kWh")
    assert state.attributes["unit_of_measurement"] == "GBP/kWh"


@pytest.mark.parametrize(
    ("quantity", "unit", "larger"),
    [
        (Quantity.ENERGY, "Wh", "kWh"),
        (Quantity.REACTIVE_ENERGY, "varh", "kvarh"),
        (Quantity.ENERGY, "kWh", "kWh"),
        (Quantity.ENERGY, "MWh", "MWh"),
        (Quantity.GAS, "m³", "m³"),
        (Quantity.METER_READING, "Wh", "Wh"),
        (Quantity.NUMBER, "varh", "varh"),
    ],
)
async def test_register_is_shown_in_a_larger_unit_where_it_can_be_converted(
    shown: Shown, caplog: pytest.LogCaptureFixture, quantity: Quantity, unit: str, larger: str
) -> None:
    state = await shown.show(8_123_456.0, quantity, Nature.REGISTER, unit=unit)
    factor = 1 if unit == larger else 1000
    assert (float(state.state), state.attributes["unit_of_measurement"]) == (8_123_456.0 / factor, larger)
    assert not [one for one in caplog.records if one.levelname in ("WARNING", "ERROR") and "sensor" in one.name]


async def test_person_who_chose_another_unit_keeps_it(hass: HomeAssistant, shown: Shown) -> None:
    await shown.show(8_123_456.0, Quantity.ENERGY, Nature.REGISTER, unit="Wh")
    registry = er.async_get(hass)
    registry.async_update_entity_options("sensor.main_incomer_my_own", "sensor", {"unit_of_measurement": "MWh"})
    await hass.config_entries.async_reload(shown.account.entry.entry_id)
    await hass.async_block_till_done()
    state = await shown.show(8_123_456.0, Quantity.ENERGY, Nature.REGISTER, unit="Wh")
    assert (float(state.state), state.attributes["unit_of_measurement"]) == (8.123456, "MWh")


async def test_interval_is_shown_in_its_own_unit(shown: Shown) -> None:
    state = await shown.show(12.5, Quantity.ENERGY, Nature.INTERVAL, unit="Wh")
    assert (state.state, state.attributes["unit_of_measurement"]) == ("12.5", "Wh")
    assert "state_class" not in state.attributes


@pytest.mark.parametrize("quantity", [Quantity.ENERGY, Quantity.REACTIVE_ENERGY, Quantity.GAS, Quantity.WATER])
async def test_amount_of_which_nobody_tells_how_it_grows_has_no_statistics(
    hass: HomeAssistant, shown: Shown, caplog: pytest.LogCaptureFixture, quantity: Quantity
) -> None:
    unit = {Quantity.ENERGY: "kWh", Quantity.REACTIVE_ENERGY: "kvarh"}.get(quantity, "m³")
    state = await shown.show(5.0, quantity, Nature.GAUGE, unit=unit)
    assert "state_class" not in state.attributes
    assert state.attributes["device_class"] == PRESENTATIONS[quantity].sensor_class
    # What a store holds is measured.
    state = await shown.show(5.0, Quantity.STORED_ENERGY, Nature.GAUGE, "stored", unit="kWh")
    assert state.attributes["state_class"] == "measurement"
    assert not [one for one in caplog.records if one.levelname == "WARNING" and "sensor" in one.name]


def test_every_register_in_a_small_unit_that_a_vendor_can_make_is_shown_in_a_larger_one() -> None:
    registers = [point for points in POINTS.values() for point in points if point.nature is Nature.REGISTER]
    small = {(point.quantity, point.unit) for point in registers if point.unit in ("Wh", "varh", "VAh")}
    assert (Quantity.ENERGY, "Wh") in small
    assert small <= LARGER_UNITS.keys()


def test_states_and_instants_are_no_statistics() -> None:
    for nature in (Nature.STATE, Nature.TIME, Nature.FLAG):
        point = Point(id=PointId(device_id="a", key="b"), quantity=Quantity.WORD, nature=nature)
        assert state_class_of(point) is None
