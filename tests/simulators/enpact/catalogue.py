"""The fields, test ids and numbers of Enpact's documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

type MeterKind = Literal["single", "three", "advanced"]


@dataclass(frozen=True, slots=True)
class Field:
    """A measured number: its unit in `meta.units`, its decimals in the examples, and the sandbox's range."""

    name: str
    unit: str
    decimals: int
    low: float
    high: float


DEVICE_FIELDS = (
    Field("coolantIn", "°C", 1, 0.8, 1.5),
    Field("coolantOut", "°C", 1, 1.9, 2.5),
    Field("space", "°C", 1, 4.2, 5.8),
    Field("cpuTemp", "°C", 1, 28.0, 38.0),
)
DEVICE_FLAGS: Mapping[str, float] = {"compressorEnergySaverEnabled": 0.2, "fanEnergySaverEnabled": 0.8}
"""The energy savers, and how often they are on in the documents' example."""

_CURRENTS = tuple(Field(f"c{phase}", "A", 1, 0.0, 50.0) for phase in (1, 2, 3))
METER_FIELDS = (
    *_CURRENTS,
    *(Field(f"v{phase}", "V", 1, 200.0, 250.0) for phase in (1, 2, 3)),
    *(Field(f"p{phase}", "W", 0, 0.0, 5000.0) for phase in (1, 2, 3)),
    *(Field(f"pf{phase}", "", 2, 0.0, 1.0) for phase in (1, 2, 3)),
    Field("freq", "Hz", 1, 49.0, 51.0),
    Field("imp", "kWh", 3, 0.0, 999_999.9),
    Field("exp", "kWh", 3, 0.0, 999_999.9),
)
REGISTERS = ("imp", "exp")
FIELDS_OF_KIND: Mapping[MeterKind, tuple[Field, ...]] = {
    "single": _CURRENTS[:1],
    "three": _CURRENTS,
    "advanced": METER_FIELDS,
}
NULL_OF_KIND: Mapping[MeterKind, tuple[str, ...]] = {"single": ("c2", "c3"), "three": (), "advanced": ()}
"""Fields that the examples show as null."""
FIELDS: Mapping[str, Field] = {field.name: field for field in (*DEVICE_FIELDS, *METER_FIELDS)}

EXPIRY = 1_735_689_600_000
"""The examples' `expiry`: a storage lifetime that lies before the rows themselves."""

SANDBOX_DEVICES_LISTED = tuple(f"esl-nt3-test-device-{number:03}" for number in range(1, 6))
SANDBOX_DEVICES_MORE = (
    "esl-nt3-5555A1B2C3D4",
    "esl-nt3-5555E5F6A7B8",
    "esl-nt3-5555C9D0E1F2",
    "esl-nt3-555503040506",
    "esl-nt3-5555AABBCCDD",
    "esl-nt3-5555DEADBEEF",
    "esl-nt3-555512345678",
    "esl-nt3-5555F0F1F2F3",
    "esl-nt3-555587654321",
    "esl-nt3-5555CAFEBABE",
)
SANDBOX_METERS_LISTED = (
    "meter-single-001",
    "meter-single-002",
    "meter-three-004",
    "meter-three-005",
    "meter-advanced-007",
    "iemtr-sdm-test001",
)
SANDBOX_METERS_MORE = ("meter-single-003", "meter-three-006", "meter-advanced-008", "meter-advanced-009")
SANDBOX_METERS_IN_403 = ("meter-test-building-a-001", "meter-test-building-a-002", "meter-test-building-b-001")
"""What the documented 403 calls allowed, although no list shows them."""
