"""Units as the vendors spell them, as Home Assistant and the metering world write them, and what they measure."""

from types import MappingProxyType
from typing import Final

from .model import Nature, Quantity

_EXACT: Final = MappingProxyType(
    {
        "mW": "mW",
        "mWh": "mWh",
        "mVA": "mVA",
        "mvar": "mvar",
        "mPa": "mPa",
        "mHz": "mHz",
        "MHz": "MHz",
        "MPa": None,
        "MVA": None,
        "Mvar": None,
        "MVAr": None,
        "MVAR": None,
        "MV": "MV",
        "mS/cm": "mS/cm",
        "Mbps": "Mbit/s",
        "Mbit/s": "Mbit/s",
        "mbps": None,
        "mbit/s": None,
        "Gcal": "Gcal",
        "S": None,
        "mS": None,
        "Ms": None,
        "MS": None,
        "pA": None,
        "PA": None,
        "L": "L",
        "J": "J",
        "MJ": "MJ",
        "mJ": None,
        "H": None,
        "D": None,
    }
)
"""Spellings of which another case means something else, or of which it would; None for what no unit here stands for."""
_SPELLINGS: Final = MappingProxyType(
    {
        **dict.fromkeys(("w", "watt", "watts"), "W"),
        **dict.fromkeys(("kw", "kwatt", "kilowatt", "kilowatts"), "kW"),
        **dict.fromkeys(("mw", "megawatt"), "MW"),
        **dict.fromkeys(("va", "voltamp", "voltampere"), "VA"),
        "kva": "kVA",
        **dict.fromkeys(("var", "voltampreact"), "var"),
        "kvar": "kvar",
        **dict.fromkeys(("wh", "watth", "watt_hour", "watt-hour", "watt hour"), "Wh"),
        **dict.fromkeys(("kwh", "kwatth", "kilowatt_hour", "kilowatt-hour"), "kWh"),
        "mwh": "MWh",
        "gwh": "GWh",
        "twh": "TWh",
        **dict.fromkeys(("j", "joule", "joules"), "J"),
        "kj": "kJ",
        "mj": "MJ",
        "gj": "GJ",
        "kcal": "kcal",
        "gcal": "Gcal",
        "varh": "varh",
        "kvarh": "kvarh",
        **dict.fromkeys(("v", "volt", "volts"), "V"),
        "mv": "mV",
        "kv": "kV",
        **dict.fromkeys(("a", "amp", "amps", "ampere", "amperes"), "A"),
        "ma": "mA",
        **dict.fromkeys(("ua", "µa", "μa"), "μA"),
        "ah": "Ah",
        **dict.fromkeys(("hz", "hertz"), "Hz"),
        "khz": "kHz",
        **dict.fromkeys(("%", "percent", "percentage"), "%"),
        **dict.fromkeys(("c", "°c", "degc", "cel", "celsius", "celsuis", "deg c", "℃"), "°C"),
        **dict.fromkeys(("°f", "degf", "fahrenheit"), "°F"),
        **dict.fromkeys(("k", "kelvin"), "K"),
        **dict.fromkeys(("ms", "millisecond", "milliseconds"), "ms"),
        **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
        **dict.fromkeys(("min", "minute", "minutes"), "min"),
        **dict.fromkeys(("h", "hour", "hours"), "h"),
        **dict.fromkeys(("d", "day", "days"), "d"),
        "bar": "bar",
        "mbar": "mbar",
        "pa": "Pa",
        "hpa": "hPa",
        "kpa": "kPa",
        "psi": "psi",
        **dict.fromkeys(("l", "liter", "litre", "liters", "litres"), "L"),
        **dict.fromkeys(("m3", "m^3", "m³"), "m³"),
        **dict.fromkeys(("l/h", "l/hour", "litreh", "literh"), "L/h"),
        **dict.fromkeys(("l/min", "lpm"), "L/min"),
        "l/s": "L/s",
        **dict.fromkeys(("m3/h", "m³/h"), "m³/h"),
        "nl/h": "NL/h",
        "mm/h": "mm/h",
        **dict.fromkeys(("w/m2", "w/m^2", "w/m²"), "W/m²"),
        **dict.fromkeys(("us/cm", "µs/cm", "μs/cm"), "μS/cm"),
        "ms/cm": "mS/cm",
        "dbm": "dBm",
        **dict.fromkeys(("ppm", "[ppm]"), "ppm"),
        **dict.fromkeys(("deg", "degree", "degrees", "°"), "°"),
        **dict.fromkeys(("kbps", "kbit/s"), "kbit/s"),
        "gco2eq/kwh": "gCO2eq/kWh",
    }
)
"""By the spelling in lower case; Greek and Latin letters for micro are one."""
_MEASURES: Final = MappingProxyType(
    {
        Quantity.POWER: ("mW", "W", "kW", "MW"),
        Quantity.APPARENT_POWER: ("mVA", "VA", "kVA"),
        Quantity.REACTIVE_POWER: ("mvar", "var", "kvar"),
        Quantity.ENERGY: ("mWh", "Wh", "kWh", "MWh", "GWh", "TWh", "J", "kJ", "MJ", "GJ", "kcal", "Gcal"),
        Quantity.REACTIVE_ENERGY: ("varh", "kvarh"),
        Quantity.VOLUME: ("m³", "L"),
        Quantity.FLOW: ("L/h", "L/min", "L/s", "m³/h"),
        Quantity.TEMPERATURE: ("°C", "°F", "K"),
        Quantity.VOLTAGE: ("mV", "V", "kV", "MV"),
        Quantity.CURRENT: ("μA", "mA", "A"),
        Quantity.FREQUENCY: ("mHz", "Hz", "kHz", "MHz"),
        Quantity.PERCENTAGE: ("%",),
        Quantity.DURATION: ("ms", "s", "min", "h", "d"),
        Quantity.PRESSURE: ("mPa", "Pa", "hPa", "kPa", "mbar", "bar", "psi"),
        Quantity.IRRADIANCE: ("W/m²",),
        Quantity.CONDUCTIVITY: ("μS/cm", "mS/cm"),
        Quantity.PRECIPITATION: ("mm/h",),
        Quantity.SIGNAL_STRENGTH: ("dBm",),
        Quantity.DATA_RATE: ("kbit/s", "Mbit/s"),
    }
)
_QUANTITIES: Final = MappingProxyType({unit: quantity for quantity, units in _MEASURES.items() for unit in units})
UNITS: Final = tuple(_QUANTITIES)
"""All that say what is measured in them."""
_SIZES: Final = MappingProxyType(
    {
        **dict.fromkeys(("W", "VA", "var", "A", "V", "Wh", "varh", "L", "L/h", "Hz", "Pa", "s"), 1.0),
        **dict.fromkeys(("mW", "mA", "mV", "mWh", "mVA", "mvar", "mHz", "mPa", "ms"), 1e-3),
        **dict.fromkeys(("kW", "kVA", "kvar", "kWh", "kvarh", "kV", "kHz", "kPa", "m³", "m³/h"), 1e3),
        **dict.fromkeys(("MW", "MWh", "MV", "MHz"), 1e6),
        "μA": 1e-6,
        "GWh": 1e9,
        "TWh": 1e12,
        "J": 1 / 3600,
        "kJ": 1e3 / 3600,
        "MJ": 1e6 / 3600,
        "GJ": 1e9 / 3600,
        "L/min": 60.0,
        "L/s": 3600.0,
        "hPa": 100.0,
        "mbar": 100.0,
        "bar": 1e5,
        "min": 60.0,
        "h": 3600.0,
        "d": 86400.0,
    }
)
"""How much of the first unit of its kind each is."""
_COUNTED: Final = frozenset({Quantity.ENERGY, Quantity.REACTIVE_ENERGY, Quantity.VOLUME, Quantity.GAS, Quantity.WATER})


def unit_named(text: object) -> str | None:
    """The unit that a vendor's text names, as Home Assistant writes it; None for what is no unit known here.

    Case is not told apart, but for what would then be two units: `MW` and `mW`.
    """
    spelling = text.strip() if isinstance(text, str) else ""
    return _EXACT[spelling] if spelling in _EXACT else _SPELLINGS.get(spelling.lower())


def quantity_of(unit: str | None) -> Quantity:
    """What is measured in that unit."""
    return _QUANTITIES.get(unit or "", Quantity.NUMBER)


def nature_of(quantity: Quantity) -> Nature:
    """How the present value of a quantity behaves: what flows by is counted, everything else is a gauge."""
    return Nature.REGISTER if quantity in _COUNTED else Nature.GAUGE


def factor(unit: str | None, into: str | None) -> float | None:
    """What to multiply a number in `unit` by to have it in `into`; None where that cannot be."""
    if unit == into:
        return 1.0
    if unit is None or into is None or not {unit, into} <= _SIZES.keys() or _QUANTITIES[unit] is not _QUANTITIES[into]:
        return None
    return _SIZES[unit] / _SIZES[into]
