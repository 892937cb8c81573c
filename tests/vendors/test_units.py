"""Units: one spelling for each, what they measure, and what can be converted."""

from itertools import permutations

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_clouds.vendors.model import Nature, Quantity
from custom_components.energy_clouds.vendors.units import UNITS, factor, nature_of, quantity_of, unit_named

SPELLINGS = {
    "W": "w, W, watt, Watt, watts",
    "kW": "kw, kW, kwatt, kilowatt, kilowatts",
    "MW": "mw, MW, megawatt",
    "mW": "mW",
    "VA": "va, VA, voltamp, VoltAmpere",
    "kVA": "kva, kVA",
    "mVA": "mVA",
    "var": "var, VAr, voltampreact",
    "kvar": "kvar, kVAr",
    "mvar": "mvar",
    "Wh": "wh, Wh, watth, watt_hour, watt-hour, watt hour",
    "kWh": "kwh, kWh, KWH, kwatth, kilowatt_hour, kilowatt-hour",
    "MWh": "mwh, MWh",
    "mWh": "mWh",
    "GWh": "gwh, GWh",
    "TWh": "twh, TWh",
    "J": "j, J, joule, Joules",
    "kJ": "kj, kJ",
    "MJ": "mj, MJ",
    "GJ": "gj, GJ",
    "kcal": "kcal",
    "Gcal": "gcal, Gcal",
    "varh": "varh, VArh",
    "kvarh": "kvarh, kVArh",
    "V": "v, V, volt, Volts",
    "mV": "mv, mV",
    "kV": "kv, kV",
    "MV": "MV",
    "A": "a, A, amp, amps, ampere, Amperes",
    "mA": "ma, mA",
    "μA": "ua, uA, µA, μA",
    "Ah": "ah, Ah",
    "Hz": "hz, Hz, hertz",
    "mHz": "mHz",
    "kHz": "khz, kHz",
    "MHz": "MHz",
    "%": "%, percent, percentage",
    "°C": "c, C, °C, degC, Cel, Celsius, celsuis, deg C, ℃",
    "°F": "°f, °F, degF, fahrenheit",
    "K": "k, K, kelvin",
    "ms": "ms, millisecond, milliseconds",
    "s": "s, sec, second, seconds",
    "min": "min, minute, minutes",
    "h": "h, hour, hours",
    "d": "d, day, days",
    "bar": "bar",
    "mbar": "mbar",
    "Pa": "pa, Pa",
    "mPa": "mPa",
    "hPa": "hpa, hPa",
    "kPa": "kpa, kPa",
    "psi": "psi",
    "L": "l, L, liter, litre, liters, litres",
    "m³": "m3, m^3, m³, M3",
    "L/h": "l/h, l/hour, litreh, literh",
    "L/min": "l/min, L/min, lpm",
    "L/s": "l/s, L/s",
    "m³/h": "m3/h, m³/h",
    "NL/h": "nl/h, NL/h",
    "mm/h": "mm/h",
    "W/m²": "w/m2, w/m^2, w/m², W/m2",
    "μS/cm": "us/cm, µs/cm, μs/cm, μS/cm",
    "mS/cm": "ms/cm, mS/cm",
    "dBm": "dbm, dBm",
    "ppm": "ppm, [ppm]",
    "°": "deg, degree, degrees, °",
    "kbit/s": "kbps, kbit/s",
    "Mbit/s": "Mbps, Mbit/s",
    "gCO2eq/kWh": "gco2eq/kwh, gCO2eq/kWh",
}
"""Each unit, and what is understood to be it: for ever, for a value without its unit is another value."""


def test_each_unit_is_known_by_all_of_its_spellings() -> None:
    known = {(text, unit) for unit, texts in SPELLINGS.items() for text in texts.split(", ")}
    assert {(text, unit_named(text)) for text, _ in known} == known


def test_blanks_around_a_unit_are_no_part_of_it() -> None:
    assert unit_named(" kW\n") == "kW"


def test_what_another_case_would_make_another_unit_is_none() -> None:
    ambiguous = [
        "MPa",
        "MVA",
        "Mvar",
        "MVAr",
        "MVAR",
        "mbps",
        "mbit/s",
        "S",
        "mS",
        "Ms",
        "MS",
        "pA",
        "PA",
        "mJ",
        "H",
        "D",
    ]
    assert [text for text in ambiguous if unit_named(text) is not None] == []


SIZES: dict[Quantity, dict[str, float | None]] = {
    Quantity.POWER: {"mW": 1e-3, "W": 1, "kW": 1e3, "MW": 1e6},
    Quantity.APPARENT_POWER: {"mVA": 1e-3, "VA": 1, "kVA": 1e3},
    Quantity.REACTIVE_POWER: {"mvar": 1e-3, "var": 1, "kvar": 1e3},
    Quantity.ENERGY: {
        "mWh": 1e-3,
        "Wh": 1,
        "kWh": 1e3,
        "MWh": 1e6,
        "GWh": 1e9,
        "TWh": 1e12,
        "J": 1 / 3600,
        "kJ": 1e3 / 3600,
        "MJ": 1e6 / 3600,
        "GJ": 1e9 / 3600,
        "kcal": None,
        "Gcal": None,
    },
    Quantity.REACTIVE_ENERGY: {"varh": 1, "kvarh": 1e3},
    Quantity.VOLUME: {"L": 1, "m³": 1e3},
    Quantity.FLOW: {"L/h": 1, "L/min": 60, "L/s": 3600, "m³/h": 1e3},
    Quantity.TEMPERATURE: {"°C": None, "°F": None, "K": None},
    Quantity.VOLTAGE: {"mV": 1e-3, "V": 1, "kV": 1e3, "MV": 1e6},
    Quantity.CURRENT: {"μA": 1e-6, "mA": 1e-3, "A": 1},
    Quantity.FREQUENCY: {"mHz": 1e-3, "Hz": 1, "kHz": 1e3, "MHz": 1e6},
    Quantity.PERCENTAGE: {"%": None},
    Quantity.DURATION: {"ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400},
    Quantity.PRESSURE: {"mPa": 1e-3, "Pa": 1, "hPa": 1e2, "kPa": 1e3, "mbar": 1e2, "bar": 1e5, "psi": None},
    Quantity.IRRADIANCE: {"W/m²": None},
    Quantity.CONDUCTIVITY: {"μS/cm": None, "mS/cm": None},
    Quantity.PRECIPITATION: {"mm/h": None},
    Quantity.SIGNAL_STRENGTH: {"dBm": None},
    Quantity.DATA_RATE: {"kbit/s": None, "Mbit/s": None},
}
"""What is measured in which units, and how much of the one that is 1 each is; None for what is not converted."""


def test_each_unit_measures_what_it_does() -> None:
    measures = {unit: quantity for quantity, sizes in SIZES.items() for unit in sizes}
    assert {unit: quantity_of(unit) for unit in UNITS} == measures


@pytest.mark.parametrize("quantity", SIZES, ids=lambda quantity: quantity.name)
def test_each_unit_is_as_large_as_it_is(quantity: Quantity) -> None:
    sizes = SIZES[quantity]
    for unit, into in permutations(sizes, 2):
        size, other = sizes[unit], sizes[into]
        assert factor(unit, into) == (None if size is None or other is None else size / other)


@pytest.mark.parametrize("text", ["", " ", "parsec", "k W", "W/h", None, 5, True, ["W"], {"unit": "W"}])
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
