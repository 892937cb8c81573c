"""Units as the vendors spell them, as Home Assistant and the metering world write them, and what they measure."""

from types import MappingProxyType
from typing import Final

from .model import Nature, Quantity

_SPELLINGS: Final = MappingProxyType(
    {
        "w": "W",
        "watt": "W",
        "watts": "W",
        "kw": "kW",
        "mw": "MW",
        "wh": "Wh",
        "kwh": "kWh",
        "mwh": "MWh",
        "gwh": "GWh",
        "mj": "MJ",
        "gj": "GJ",
        "m3": "m³",
        "m^3": "m³",
        "m³": "m³",
        "l": "L",
        "liter": "L",
        "litre": "L",
        "l/h": "L/h",
        "l/hour": "L/h",
        "l/min": "L/min",
        "m3/h": "m³/h",
        "m³/h": "m³/h",
        "c": "°C",
        "°c": "°C",
        "degc": "°C",
        "celsius": "°C",
        "v": "V",
        "a": "A",
        "hz": "Hz",
        "%": "%",
    }
)
_MEASURES: Final = MappingProxyType(
    {
        Quantity.POWER: ("W", "kW", "MW"),
        Quantity.ENERGY: ("Wh", "kWh", "MWh", "GWh", "MJ", "GJ"),
        Quantity.VOLUME: ("m³", "L"),
        Quantity.FLOW: ("L/h", "L/min", "m³/h"),
        Quantity.TEMPERATURE: ("°C",),
        Quantity.VOLTAGE: ("V",),
        Quantity.CURRENT: ("A",),
        Quantity.FREQUENCY: ("Hz",),
    }
)
_QUANTITIES: Final = MappingProxyType({unit: quantity for quantity, units in _MEASURES.items() for unit in units})
_SIZES: Final = MappingProxyType(
    {
        **dict.fromkeys(("W", "A", "V", "Wh", "L", "L/h"), 1.0),
        **dict.fromkeys(("mA", "mV"), 1e-3),
        **dict.fromkeys(("kW", "kWh", "m³", "m³/h"), 1e3),
        **dict.fromkeys(("MW", "MWh"), 1e6),
        "GWh": 1e9,
        "MJ": 1e6 / 3600,
        "GJ": 1e9 / 3600,
        "L/min": 60.0,
    }
)
"""How much of the first unit of its kind each is."""
_KINDS: Final = MappingProxyType({**_QUANTITIES, "mA": Quantity.CURRENT, "mV": Quantity.VOLTAGE})
_COUNTED: Final = frozenset({Quantity.ENERGY, Quantity.VOLUME, Quantity.GAS, Quantity.WATER})


def unit_named(text: object) -> str | None:
    """The unit that a vendor's text names, as Home Assistant writes it; None for what is no unit known here.

    Case is not told apart, but for what would then be two units: `MW` and `mW`.
    """
    spelling = text.strip() if isinstance(text, str) else ""
    return None if spelling.startswith("mW") else _SPELLINGS.get(spelling.casefold())


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
    if unit is None or into is None or not {unit, into} <= _SIZES.keys() or _KINDS[unit] is not _KINDS[into]:
        return None
    return _SIZES[unit] / _SIZES[into]
