"""Units: one spelling for each, what they measure, and what can be converted."""

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_clouds.vendors.model import Nature, Quantity
from custom_components.energy_clouds.vendors.units import factor, nature_of, quantity_of, unit_named


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("W", "W"),
        ("w", "W"),
        (" Watt ", "W"),
        ("watts", "W"),
        ("kW", "kW"),
        ("KW", "kW"),
        ("MW", "MW"),
        ("Wh", "Wh"),
        ("kWh", "kWh"),
        ("KWH", "kWh"),
        ("MWh", "MWh"),
        ("GWh", "GWh"),
        ("GJ", "GJ"),
        ("m3", "m³"),
        ("M3", "m³"),
        ("m^3", "m³"),
        ("m³", "m³"),
        ("l", "L"),
        ("Liter", "L"),
        ("litre", "L"),
        ("L/h", "L/h"),
        ("l/hour", "L/h"),
        ("L/min", "L/min"),
        ("m3/h", "m³/h"),
        ("C", "°C"),
        ("°C", "°C"),
        ("Celsius", "°C"),
        ("V", "V"),
        ("A", "A"),
        ("HZ", "Hz"),
        ("%", "%"),
        ("mW", "mW"),
        ("mWh", "mWh"),
        ("VA", "VA"),
        ("VAr", "var"),
        ("voltampreact", "var"),
        ("kwatth", "kWh"),
        ("celsuis", "°C"),
        ("Cel", "°C"),
        ("uA", "μA"),
        ("µA", "μA"),
        ("litreh", "L/h"),
        ("W/m2", "W/m²"),
        ("μS/cm", "μS/cm"),
        ("[ppm]", "ppm"),
        ("Mbps", "Mbit/s"),
        ("day", "d"),
    ],
)
def test_unit_in_every_spelling(text: str, unit: str) -> None:
    assert unit_named(text) == unit


@pytest.mark.parametrize(
    "text", ["mJ", "MVA", "", " ", "S", "parsec", "k W", "W/h", None, 5, True, ["W"], {"unit": "W"}]
)
def test_what_is_no_unit(text: object) -> None:
    assert unit_named(text) is None


@pytest.mark.parametrize(
    ("unit", "quantity", "nature"),
    [
        ("W", Quantity.POWER, Nature.GAUGE),
        ("MW", Quantity.POWER, Nature.GAUGE),
        ("kWh", Quantity.ENERGY, Nature.REGISTER),
        ("GJ", Quantity.ENERGY, Nature.REGISTER),
        ("m³", Quantity.VOLUME, Nature.REGISTER),
        ("L", Quantity.VOLUME, Nature.REGISTER),
        ("L/h", Quantity.FLOW, Nature.GAUGE),
        ("m³/h", Quantity.FLOW, Nature.GAUGE),
        ("°C", Quantity.TEMPERATURE, Nature.GAUGE),
        ("V", Quantity.VOLTAGE, Nature.GAUGE),
        ("A", Quantity.CURRENT, Nature.GAUGE),
        ("Hz", Quantity.FREQUENCY, Nature.GAUGE),
        ("%", Quantity.PERCENTAGE, Nature.GAUGE),
        ("w", Quantity.NUMBER, Nature.GAUGE),
        ("parsec", Quantity.NUMBER, Nature.GAUGE),
        ("", Quantity.NUMBER, Nature.GAUGE),
        (None, Quantity.NUMBER, Nature.GAUGE),
    ],
)
def test_what_a_unit_measures(unit: str | None, quantity: Quantity, nature: Nature) -> None:
    assert quantity_of(unit) is quantity
    assert nature_of(quantity) is nature


@pytest.mark.parametrize("medium", [Quantity.GAS, Quantity.WATER, Quantity.VOLUME, Quantity.ENERGY])
def test_what_flows_by_is_counted(medium: Quantity) -> None:
    assert nature_of(medium) is Nature.REGISTER


@pytest.mark.parametrize(
    ("unit", "into", "times"),
    [
        ("W", "W", 1),
        ("parsec", "parsec", 1),
        (None, None, 1),
        ("kW", "W", 1000),
        ("MW", "W", 1_000_000),
        ("W", "kW", 0.001),
        ("Wh", "kWh", 0.001),
        ("kWh", "Wh", 1000),
        ("MWh", "kWh", 1000),
        ("mA", "A", 0.001),
        ("mV", "V", 0.001),
        ("kWh", "W", None),
        ("W", None, None),
        (None, "W", None),
        ("m³", "L/h", None),
        ("kw", "W", None),
    ],
)
def test_conversion(unit: str | None, into: str | None, times: float | None) -> None:
    assert factor(unit, into) == times


units = st.sampled_from(
    ["W", "kW", "MW", "Wh", "kWh", "MWh", "GWh", "MJ", "GJ", "m³", "L", "L/h", "°C", "A", "V", "Hz"]
)


@given(units, units)
def test_conversion_stays_within_a_quantity_and_there_and_back_is_nothing(unit: str, into: str) -> None:
    there, back = factor(unit, into), factor(into, unit)
    if there is not None:
        assert quantity_of(unit) is quantity_of(into)
    if there is not None and back is not None:
        assert there * back == pytest.approx(1)


@given(st.text())
def test_any_text_is_a_known_unit_or_none(text: str) -> None:
    unit = unit_named(text)
    assert unit is None or unit_named(unit) == unit
