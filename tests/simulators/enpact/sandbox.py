"""The sandbox's mock data: deterministic in id and time, within the documented ranges, with growing registers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..world.noise import draw
from .catalogue import (
    DEVICE_FIELDS,
    DEVICE_FLAGS,
    EXPIRY,
    FIELDS_OF_KIND,
    REGISTERS,
    SANDBOX_DEVICES_LISTED,
    SANDBOX_DEVICES_MORE,
    SANDBOX_METERS_LISTED,
    SANDBOX_METERS_MORE,
    Field,
    MeterKind,
)

_SEED = 0
_START = datetime(2025, 1, 1, tzinfo=UTC)
_NAMES: Mapping[MeterKind, tuple[str, str]] = {
    "single": ("Single Phase Meter", "pgw-nec1"),
    "three": ("Three Phase Meter", "pgw-nec2"),
    "advanced": ("Advanced Energy Meter", "pgw-nec1"),
}
_KINDS: Mapping[str, MeterKind] = {
    **dict.fromkeys("0123", "single"),
    **dict.fromkeys("456", "three"),
    **dict.fromkeys("789", "advanced"),
}


@dataclass(frozen=True, slots=True)
class MockDevice:
    """A test device."""

    id: str

    @property
    def kind(self) -> None:
        """No type of meter."""

    def fields(self, moment: datetime) -> Mapping[str, Any]:
        """Return the mock row of this instant."""
        numbers = {field.name: _within(field, self.id, moment) for field in DEVICE_FIELDS}
        flags = {name: draw(_SEED, self.id, moment, name) < share for name, share in DEVICE_FLAGS.items()}
        return numbers | flags


@dataclass(frozen=True, slots=True)
class MockMeter:
    """A test meter; its type follows from its id by the documented rule."""

    id: str

    @property
    def kind(self) -> MeterKind:
        """The type: `iemtr` in the id is advanced, else the last digit decides (0 is not documented)."""
        return "advanced" if "iemtr" in self.id else _KINDS[self.id[-1]]

    def fields(self, moment: datetime) -> Mapping[str, Any]:
        """Return the mock row of this instant."""
        name, gateway = _NAMES[self.kind]
        numbers = {
            field.name: _register(field, self.id, moment)
            if field.name in REGISTERS
            else _within(field, self.id, moment)
            for field in FIELDS_OF_KIND[self.kind]
        }
        return {"deviceName": name, "gwId": gateway, "fault": "false", "expiry": EXPIRY, **numbers}


def _within(field: Field, name: str, moment: datetime) -> float:
    return field.low + (field.high - field.low) * draw(_SEED, name, moment, field.name)


def _register(field: Field, name: str, moment: datetime) -> float:
    kilowatts = 0.5 + 4 * draw(_SEED, name, field.name) if field.name == "imp" else 0.05
    return kilowatts * (moment - _START).total_seconds() / 3600


def mock_devices(*, listed_only: bool) -> list[MockDevice]:
    """Return the test devices: those that the list shows, or all that the documents name."""
    return [MockDevice(name) for name in SANDBOX_DEVICES_LISTED + (() if listed_only else SANDBOX_DEVICES_MORE)]


def mock_meters(*, listed_only: bool) -> list[MockMeter]:
    """Return the test meters: those that the list shows, or all that the documents name."""
    return [MockMeter(name) for name in SANDBOX_METERS_LISTED + (() if listed_only else SANDBOX_METERS_MORE)]
