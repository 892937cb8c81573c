"""What a number means, by its unit and by what it is called.

Sources: Enapter's profiles, which fix the names of attributes (`battery_soc`, `ac_energy_lifetime`), and the names in
the public marketplace, where most blueprints follow no profile. Signs are left as they are: by the profiles
`battery_power` is positive while discharging, `grid_total_power` while importing, and pv + battery + grid = load.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import re
from typing import Final

from ..model import Nature, Quantity
from ..units import quantity_of, unit_named
from .manifests import Attribute

_NO_UNITS: Final = frozenset({"", "1", "date"})
LONGEST_UNIT: Final = 32

_PER_DAY: Final = frozenset({"today", "daily", "day"})
_COUNTED: Final = _PER_DAY | {"total", "lifetime", "yield", "imported", "exported", "charged", "discharged"}
"""Words for what only grows, or begins anew every day."""
_CAPACITIES: Final = frozenset({"capacity", "nominal", "remaining", "rated", "nameplate", "stored", "usable", "full"})
"""Words for what a store holds, or could."""
_OTHERWISE: Final = frozenset(
    {"yesterday", "previous", "last", "average", "avg", "mean", "min", "max", "minimum", "maximum", "forecast",
     "predicted", "expected", "estimated", "target", "limit", "setpoint", "threshold", "ahead", "price", "rate"}
)  # fmt: skip
"""Words by which an amount is none that is being counted now, and a state none that is so now."""
_STATE_OF_CHARGE: Final = (frozenset({"soc"}), frozenset({"state", "charge"}))
_POWER_FACTOR: Final = (frozenset({"power", "factor"}), frozenset({"cos", "phi"}), frozenset({"cosphi"}))
_AMOUNTS: Final = frozenset({Quantity.ENERGY, Quantity.REACTIVE_ENERGY, Quantity.VOLUME})
_CHARGE: Final = "Ah"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number is: what is measured, how it behaves, and in which unit it comes."""

    quantity: Quantity
    nature: Nature
    unit: str | None


def measure_of(attribute: Attribute) -> Measure:
    """What a numeric attribute measures. A unit that nobody knows is kept as it is written, without a meaning."""
    unit, words = _unit(attribute), words_of(attribute)
    quantity = _by_name(unit, words) or quantity_of(unit)
    if quantity not in _AMOUNTS and unit != _CHARGE:
        return Measure(quantity, Nature.GAUGE, unit)
    if quantity is Quantity.ENERGY and _is_capacity(words):
        return Measure(Quantity.STORED_ENERGY, Nature.GAUGE, unit)
    return Measure(quantity, Nature.REGISTER if _is_counted(words, unit) else Nature.GAUGE, unit)


def words_of(attribute: Attribute) -> frozenset[str]:
    """The words of all that an attribute is called, in lower case."""
    called = " ".join([attribute.name, attribute.display_name or "", *attribute.implements])
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", called)
    return frozenset(re.findall(r"[^\W_]+", spaced.lower()))


def _unit(attribute: Attribute) -> str | None:
    """The unit that the attribute's text names, or else the symbol that the manifest has for it."""
    spelt, symbol = attribute.unit or "", attribute.symbol or ""
    if spelt.lower() in _NO_UNITS:
        return None
    # UCUM's coulomb, as which it is hardly ever meant.
    known = None if spelt == "C" and not _is_temperature(attribute) else unit_named(spelt)
    return known or _named(symbol, spelt) or (symbol or spelt)[:LONGEST_UNIT]


def _named(symbol: str, spelt: str) -> str | None:
    return None if symbol == spelt else unit_named(symbol)


def _is_temperature(attribute: Attribute) -> bool:
    return any(word.startswith("temp") for word in words_of(attribute))


def _by_name(unit: str | None, words: frozenset[str]) -> Quantity | None:
    if unit == "%" and _has_all(words, _STATE_OF_CHARGE) and not words & _OTHERWISE:
        return Quantity.STATE_OF_CHARGE
    if unit in (None, "%") and _has_all(words, _POWER_FACTOR) and not words & _OTHERWISE:
        return Quantity.POWER_FACTOR
    return None


def _has_all(words: frozenset[str], some: Sequence[frozenset[str]]) -> bool:
    return any(one <= words for one in some)


def _is_capacity(words: frozenset[str]) -> bool:
    return bool(words & _CAPACITIES) and not words & _PER_DAY


def _is_counted(words: frozenset[str], unit: str | None) -> bool:
    """Whether an amount only grows. Somebody's `total_power` has an energy's unit: then nobody knows."""
    if words & (_OTHERWISE | _CAPACITIES) or ("power" in words and "energy" not in words):
        return False
    # Of charge, only the profiles tell what is counted: `battery_charge_in_lifetime`.
    return "lifetime" in words if unit == _CHARGE else bool(words & _COUNTED)
