"""The vocabulary of Enectiva's meters, and the office building in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

type Kind = Literal["readings", "profiles"]
type Direction = Literal["consumption", "production"]
type EnergyName = Literal["electricity", "heat", "water", "gas", "cooling"]

ENERGIES: Mapping[str, EnergyName] = {
    "EL": "electricity",
    "HE": "heat",
    "WA": "water",
    "GA": "gas",
    "CO": "cooling",
}
"""Energies by the first two letters of the last part of a meter's code; the rest is what the energy is used for."""
CODES: Mapping[str, str] = {name: code for code, name in ENERGIES.items()}
DEFAULT_UNITS: Mapping[str, str] = {"electricity": "kWh", "heat": "kWh", "water": "m3", "gas": "m3", "cooling": "kWh"}
"""The default unit of each energy, which a customer of Enectiva may configure otherwise."""
KWH_PER_HOT_M3 = 58.1
"""Heat in a cubic metre of water warmed by 50 °C."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a meter sits: on a register of the world, times `factor`; `use` is the last part of its code."""

    id: str
    name: str
    use: str
    of: str
    entity: str
    external_id: str | None = None
    kind: Kind = "readings"
    direction: Direction = "consumption"
    factor: float = 1.0
    monthly: bool = False
    retired: bool = False


ENTITIES = (
    ("1", "Riverside campus", None),
    ("7", "Building A", "1"),
    ("8", "Building A, ground floor", "7"),
    ("9", "Building A, first floor", "7"),
)
OFFICE = (
    Placed("42", "Main electricity", "EL", "grid", "7", "the-ultimate-answer"),
    Placed("43", "Solar roof", "EL", "solar", "7", "solar-roof", direction="production"),
    Placed("44", "Ventilation", "EL-VEN", "ventilation", "8", "ventilation"),
    Placed("45", "District heat", "HE", "heat", "7", "teplo / patní měřidlo 1"),
    Placed("46", "Domestic hot water heat", "HE-DHW", "hot_water", "8", factor=KWH_PER_HOT_M3),
    Placed("47", "Gas", "GA", "gas", "7", "gas"),
    Placed("48", "Water", "WA", "water", "7", "water"),
    Placed("49", "Hot water", "WA-DHW", "hot_water", "9", "hot-water"),
    Placed("50", "Cooling", "CO", "cooling", "7", "cooling"),
    Placed("51", "Tenant sockets", "EL", "sockets", "9", "tenant", kind="profiles", factor=0.4),
    Placed("52", "Garden water", "WA", "water", "8", factor=0.05, monthly=True),
    Placed("53", "Kitchen electricity_deakt", "EL", "kitchen", "8", "kitchen", retired=True),
)
"""The meters of the office building; the last is deactivated."""
RETIRED_DAYS = 200
"""Days after the world's epoch on which the deactivated meter was."""
