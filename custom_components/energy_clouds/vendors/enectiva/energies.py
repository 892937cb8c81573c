"""The energies that Enectiva knows, how they are told, and in which units they come.

Sources: Enectiva's help (the parts of a meter's code) and the Librarian documents: values are "in the default unit of
the corresponding energy", which a customer configures and the answers may not name.
"""

from collections.abc import Mapping
from enum import StrEnum, auto
import re
from types import MappingProxyType
from typing import Final

from ..model import Quantity
from ..units import quantity_of


class Energy(StrEnum):
    """What a meter counts."""

    ELECTRICITY = auto()
    HEAT = auto()
    GAS = auto()
    WATER = auto()
    COOLING = auto()


USUAL_UNITS: Final[Mapping[Energy, str]] = MappingProxyType({Energy.ELECTRICITY: "kWh", Energy.WATER: "m³"})
"""The units that the vendor's texts have; those of the other energies differ from customer to customer."""
UNITS: Final[Mapping[Energy, tuple[str, ...]]] = MappingProxyType(
    {
        Energy.ELECTRICITY: ("kWh", "MWh", "Wh"),
        Energy.HEAT: ("kWh", "MWh", "GJ", "MJ"),
        Energy.GAS: ("m³", "kWh", "MWh"),
        Energy.WATER: ("m³", "L"),
        Energy.COOLING: ("kWh", "MWh", "GJ", "MJ"),
    }
)
"""The units that a person may pick."""
_CODES: Final = MappingProxyType(
    {"EL": Energy.ELECTRICITY, "HE": Energy.HEAT, "GA": Energy.GAS, "WA": Energy.WATER, "CO": Energy.COOLING}
)
_WORDS: Final = MappingProxyType({energy.value: energy for energy in Energy})
_METER_CODE: Final = re.compile(r"\w+-\w+-\w+-\w{2}-(EL|HE|GA|WA|CO)(-[A-Z]+)?", re.ASCII)
"""`AAA-BBB-CCCC-DD-EE`, where EE is `EL`, `EL-VEN`, `HE-DHW` ..."""


def energy_named(text: object) -> Energy | None:
    """The energy of that name or short code; None for any other text."""
    if not isinstance(text, str):
        return None
    return _WORDS.get(text.strip().casefold()) or _CODES.get(text.strip().upper().partition("-")[0])


def energy_of_code(code: object) -> Energy | None:
    """The energy that a meter's code ends with."""
    found = _METER_CODE.fullmatch(code.strip()) if isinstance(code, str) else None
    return None if found is None else _CODES[found[1]]


def counted(energy: Energy | None, unit: str | None) -> Quantity:
    """What is counted of that energy in that unit."""
    if energy is None:
        return Quantity.METER_READING
    quantity = quantity_of(unit)
    if quantity is Quantity.VOLUME:
        return {Energy.GAS: Quantity.GAS, Energy.WATER: Quantity.WATER}.get(energy, quantity)
    return quantity if quantity is Quantity.ENERGY else Quantity.NUMBER
