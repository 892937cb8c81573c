"""What a field of Eniris' telemetry measures, as its name says it.

Source: Eniris' field manual. A name is words, then a suffix with the unit (`actualPowerTot_W`). Coarser retention
policies put how they summed up in front (`sum_importedEnergyDeltaTot_Wh`).
"""

from dataclasses import dataclass
from functools import lru_cache
import re
from types import MappingProxyType
from typing import Final

from ..model import Nature, Phase, Quantity, Value
from ..values import flag, number, word


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """How a field's values become samples. `factor` is what its numbers are multiplied by to be in `unit`."""

    quantity: Quantity
    nature: Nature
    unit: str | None = None
    factor: float = 1.0
    phase: Phase | None = None
    meaning: str | None = None
    name: str | None = None
    noisy: bool = False

    def value_of(self, cell: object) -> Value | None:
        """A cell's value; None where there is none, or one of another kind."""
        if self.nature is Nature.FLAG:
            return flag(cell)
        if self.nature is Nature.STATE:
            return word(cell)
        found = None if isinstance(cell, str) else number(cell)
        if found is None or self.factor == 1:
            return found
        # 0.57 is 57 %, and not 56.99999999999999 %.
        return number(round(found * self.factor, 9))


PREFIX: Final = re.compile(r"^(sum|mean|min|max|last|first)_")
_UNITS: Final = MappingProxyType(
    {
        "W": ("W", Quantity.POWER, 1.0),
        "kW": ("kW", Quantity.POWER, 1.0),
        "VA": ("VA", Quantity.APPARENT_POWER, 1.0),
        "VAr": ("var", Quantity.REACTIVE_POWER, 1.0),
        "var": ("var", Quantity.REACTIVE_POWER, 1.0),
        "Wh": ("Wh", Quantity.ENERGY, 1.0),
        "kWh": ("kWh", Quantity.ENERGY, 1.0),
        "V": ("V", Quantity.VOLTAGE, 1.0),
        "A": ("A", Quantity.CURRENT, 1.0),
        "Hz": ("Hz", Quantity.FREQUENCY, 1.0),
        "frac": ("%", Quantity.PERCENTAGE, 100.0),
        "degC": ("°C", Quantity.TEMPERATURE, 1.0),
        "C": ("°C", Quantity.TEMPERATURE, 1.0),
        "s": ("s", Quantity.DURATION, 1.0),
        "perkWh": ("currency/kWh", Quantity.PRICE, 1.0),
    }
)
"""By suffix: the unit, the quantity, and the factor."""
_MEANINGS: Final = MappingProxyType(
    {
        Quantity.ENERGY: {
            "importedEnergy": "imported_energy",
            "exportedEnergy": "exported_energy",
            "producedEnergy": "produced_energy",
            "consumedEnergy": "consumed_energy",
            "chargedEnergy": "charged_energy",
            "dischargedEnergy": "discharged_energy",
            "childrenProducedEnergy": "site_produced_energy",
            "childrenConsumedEnergy": "site_consumed_energy",
            "childrenStorageChargedEnergy": "site_charged_energy",
            "childrenStorageDischargedEnergy": "site_discharged_energy",
            "autoconsumedEnergy": "self_consumed_energy",
        },
        Quantity.POWER: {
            "childrenProducedPower": "site_production",
            "childrenConsumedPower": "site_consumption",
            "childrenStoragePower": "site_storage_power",
            "childrenEVPower": "site_charging_point_power",
            "childrenOtherPower": "site_other_power",
            "powerSetpoint": "power_setpoint",
            "setpoint": "power_setpoint",
            "importLimit": "import_limit",
            "exportLimit": "export_limit",
            "maximumProductionPower": "maximum_production_power",
        },
        Quantity.REACTIVE_POWER: {
            "reacPowerSetpoint": "reactive_power_setpoint",
            "reactivePowerSetpoint": "reactive_power_setpoint",
        },
        Quantity.PERCENTAGE: {
            "stateOfHealth": "state_of_health",
        },
        Quantity.STATE_OF_CHARGE: {
            "childrenStorageStateOfCharge": "site_state_of_charge",
        },
        Quantity.VOLTAGE: {
            "voltageDC": "dc_voltage",
            "batteryVoltage": "battery_voltage",
        },
        Quantity.CURRENT: {
            "currentDC": "dc_current",
            "batteryCurrent": "battery_current",
        },
        Quantity.PRICE: {
            "buyPrice": "buying_price",
            "sellPrice": "selling_price",
        },
        Quantity.WORD: {
            "status": "status",
            "operationMode": "operation_mode",
            "policy": "policy",
            "strategy": "strategy",
            "faultCodes1": "fault_codes",
        },
        Quantity.SWITCHED: {
            "evRequiringCharge": "car_needs_charge",
            "signalActive": "signal",
        },
    }
)
"""By quantity, and a field's words without `Abs`, `Delta`, `Tot` and the suffix."""
MEANINGS: Final = tuple(words for meanings in _MEANINGS.values() for words in meanings)
PHYSICAL: Final = MappingProxyType(
    {
        "actualPower": Quantity.POWER,
        "reacPower": Quantity.REACTIVE_POWER,
        "apparentPower": Quantity.APPARENT_POWER,
        "current": Quantity.CURRENT,
        "voltage": Quantity.VOLTAGE,
        "frequency": Quantity.FREQUENCY,
        "temperature": Quantity.TEMPERATURE,
        "stateOfCharge": Quantity.STATE_OF_CHARGE,
        "powerFactor": Quantity.POWER_FACTOR,
        "powerfactor": Quantity.POWER_FACTOR,
    }
)
"""Words that say no more than the quantity does."""
_OF_PHASES: Final = re.compile(r"(?P<words>[a-z][A-Za-z]*?)(?P<phase>L1L2|L2L3|L3L1|L[123]N?|N)$")
_PHASES: Final = MappingProxyType(
    {
        **{
            f"L{number}{neutral}": phase for number, phase in enumerate(Phase, 1) if number < 4 for neutral in ("", "N")
        },
        "N": Phase.N,
        "L1L2": Phase.L1_L2,
        "L2L3": Phase.L2_L3,
        "L3L1": Phase.L3_L1,
    }
)
_HAS_PHASES: Final = frozenset(
    {
        Quantity.POWER,
        Quantity.CURRENT,
        Quantity.VOLTAGE,
        Quantity.REACTIVE_POWER,
        Quantity.APPARENT_POWER,
        Quantity.POWER_FACTOR,
    }
)
_NOISY: Final = frozenset({Quantity.POWER_FACTOR, Quantity.FREQUENCY, Quantity.REACTIVE_POWER, Quantity.APPARENT_POWER})
_NOISY_PHASES: Final = frozenset(_PHASES.values()) - {Phase.L1, Phase.L2, Phase.L3}
_LIMITS: Final = re.compile(r"setpoint|limit|maximum|minimum|nominal", re.IGNORECASE)
_STORED: Final = re.compile(r"capacity|stored|remaining|available", re.IGNORECASE)


@lru_cache(maxsize=4096)
def field_named(name: str) -> Field | None:
    """What the name of a field says of it; None where nothing but a value can tell more."""
    words, _, suffix = name.rpartition("_")
    if not words or suffix not in _UNITS:
        words = name
        if _phased(words)[0] not in ("powerFactor", "powerfactor") and words.lower() != "powerfactor":
            return None
        unit, quantity, factor = None, Quantity.POWER_FACTOR, 1.0
    else:
        unit, quantity, factor = _UNITS[suffix]
    bare = words.replace("Abs", "").replace("Delta", "").removesuffix("Tot")
    if bare in MEANINGS:
        phase = None
    else:
        bare, phase = _phased(bare)
    quantity = _sharper(quantity, bare)
    nature = _nature(quantity, words)
    # An energy that is neither a counter nor of an interval is not what the others of its name are.
    meaning = None if (quantity, nature) == (Quantity.ENERGY, Nature.GAUGE) else _meaning(bare, quantity, nature)
    known = meaning is not None or (PHYSICAL.get(bare) is quantity and (phase is None or quantity in _HAS_PHASES))
    return Field(
        quantity=quantity,
        nature=nature,
        unit=unit,
        factor=factor,
        phase=phase if known else None,
        meaning=meaning,
        # What has a meaning in another unit is not called the same.
        name=None if known else spoken(name if bare in MEANINGS else words),
        noisy=not known
        or nature is Nature.INTERVAL
        or quantity in _NOISY
        or (quantity is Quantity.VOLTAGE and phase is not None)
        or phase in _NOISY_PHASES
        or _LIMITS.search(bare) is not None,
    )


def field_of_value(name: str, cell: object) -> Field | None:
    """What a field is of which its name tells no unit, by a value; None for none that can be shown."""
    match cell:
        case bool():
            quantity, nature = Quantity.SWITCHED, Nature.FLAG
        case str() if word(cell) is not None:
            quantity, nature = Quantity.WORD, Nature.STATE
        case int() | float() if number(cell) is not None:
            quantity, nature = Quantity.NUMBER, Nature.GAUGE
        case _:
            return None
    # A status may be a number too.
    meaning = _meaning(name, Quantity.WORD if quantity is Quantity.NUMBER else quantity, nature)
    return Field(
        quantity=quantity,
        nature=nature,
        meaning=meaning,
        name=spoken(name) if meaning is None else None,
        noisy=meaning is None,
    )


def is_delta(name: str) -> bool:
    """Whether a field has the amounts of intervals."""
    return "Delta" in name


def counter_beside(name: str) -> str:
    """The name that the counter would have of which a field has the intervals."""
    return name.replace("Abs", "").replace("EnergyDelta", "AbsEnergy")


def spoken(name: str) -> str:
    """A field's name as words: `boilerTempTop_degF` becomes `Boiler temp top deg F`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.replace("_", " ")).split()
    text = " ".join(one if one.isupper() or re.search(r"\d", one) else one.lower() for one in words)
    return text[:1].upper() + text[1:]


def _phased(words: str) -> tuple[str, Phase | None]:
    match = _OF_PHASES.match(words)
    if match is None or match["words"] not in PHYSICAL:
        return words.removesuffix("Tot"), None
    return match["words"], _PHASES[match["phase"]]


def _sharper(quantity: Quantity, bare: str) -> Quantity:
    if quantity is Quantity.PERCENTAGE and bare.lower().endswith("stateofcharge"):
        return Quantity.STATE_OF_CHARGE
    if quantity is Quantity.ENERGY and _STORED.search(bare):
        return Quantity.STORED_ENERGY
    return quantity


def _nature(quantity: Quantity, words: str) -> Nature:
    if quantity is Quantity.ENERGY:
        if is_delta(words):
            return Nature.INTERVAL
        if "Abs" in words:
            return Nature.REGISTER
    return Nature.GAUGE


def _meaning(bare: str, quantity: Quantity, nature: Nature) -> str | None:
    meaning = _MEANINGS.get(quantity, {}).get(bare)
    return f"{meaning}_of_interval" if meaning is not None and nature is Nature.INTERVAL else meaning


UNITS: Final = tuple(_UNITS)
