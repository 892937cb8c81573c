"""The office building as Enpact sees it: cooling controllers, and meters behind gateways."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ..world import CONTROLLERS, METERS, Energy, Meter, World
from .catalogue import EXPIRY, FIELDS_OF_KIND, MeterKind


class Source(Protocol):
    """Something with an id that has a row of fields at any instant, rounded by nobody yet."""

    @property
    def id(self) -> str:
        """The id in requests and answers."""

    @property
    def kind(self) -> MeterKind | None:
        """The type of a meter; None for a cooling controller."""

    def fields(self, moment: datetime) -> Mapping[str, Any]:
        """Return the fields of the row of this instant, in the documents' order, without `timestamp`."""


@dataclass(frozen=True, slots=True)
class EnpactDevice:
    """A cooling controller of the world's cold store."""

    id: str
    world: World
    controller: int

    @property
    def kind(self) -> None:
        """No type of meter."""

    def fields(self, moment: datetime) -> Mapping[str, Any]:
        """Return temperatures in °C and the energy savers."""
        cooling = self.world.cooling(self.controller % CONTROLLERS, moment)
        return {
            "coolantIn": cooling.coolant_in,
            "coolantOut": cooling.coolant_out,
            "space": cooling.space,
            "cpuTemp": cooling.controller,
            "compressorEnergySaverEnabled": cooling.compressor_saver,
            "fanEnergySaverEnabled": cooling.fan_saver,
        }


@dataclass(frozen=True, slots=True)
class EnpactMeter:
    """An electrical meter of one of the three types on `factor` times a meter of the world."""

    id: str
    name: str
    gateway: str
    kind: MeterKind
    meter: Meter
    factor: float = 1.0

    def fields(self, moment: datetime) -> Mapping[str, Any]:
        """Return A, V, W, Hz and kWh, as far as this type of meter has them."""
        reading = self.meter.at(moment)
        if self.factor != 1.0:
            reading = reading.scaled(self.factor)
        current, voltage, power, factor = reading.current, reading.voltage, reading.power, reading.power_factor
        everything = (
            *(current.l1, current.l2, current.l3),
            *(voltage.l1, voltage.l2, voltage.l3),
            *(power.l1, power.l2, power.l3),
            *(factor.l1, factor.l2, factor.l3),
            reading.frequency,
            reading.registers.imported / 1000,
            reading.registers.exported / 1000,
        )
        measured = zip(FIELDS_OF_KIND[self.kind], everything, strict=False)
        return {
            "deviceName": self.name,
            "gwId": self.gateway,
            "fault": "false",
            "expiry": EXPIRY,
            **{field.name: value for field, value in measured},
        }

    def energy(self, start: datetime, end: datetime) -> Energy:
        """Return what truly flowed from `start` to `end`, in Wh."""
        before, after = self.meter.registers(start), self.meter.registers(end)
        return Energy(
            (after.imported - before.imported) * self.factor, (after.exported - before.exported) * self.factor
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a meter sits: on a share of a meter of the world; a single-phase meter sees it as one phase."""

    id: str
    name: str
    gateway: str
    kind: MeterKind
    of: str
    share: float = 1.0

    def installed(self, world: World) -> EnpactMeter:
        """Return the meter in this world."""
        single = self.kind == "single"
        whole = self.share == 1.0 and not single
        source = world.meter(self.of) if whole else world.submeter(self.id, self.of, self.share, single_phase=single)
        return EnpactMeter(self.id, self.name, self.gateway, self.kind, source)


DEVICES = ("esl-nt3-5555A1B2C3D4", "esl-nt3-5555E5F6A7B8", "esl-nt3-5555C9D0E1F2", "esl-nt3-555503040506")
OFFICE = (
    Placed("meter-building-a-001", "Main incomer", "pgw-nec1", "advanced", "grid"),
    Placed("meter-building-a-002", "Solar roof", "pgw-nec1", "advanced", "solar"),
    Placed("meter-building-a-003", "Server room", "pgw-nec1", "advanced", "server_room"),
    Placed("meter-building-a-004", "EV chargers", "pgw-nec1", "advanced", "ev_chargers"),
    Placed("meter-building-a-005", "Lifts", "pgw-nec1", "three", "lifts"),
    Placed("meter-building-a-006", "Server rack 1", "pgw-nec1", "single", "server_room", 0.22),
    Placed("meter-building-b-001", "Ventilation", "pgw-nec2", "advanced", "ventilation"),
    Placed("meter-building-b-002", "Heat pump", "pgw-nec2", "advanced", "heat_pump"),
    Placed("meter-building-b-003", "Cold store", "pgw-nec2", "advanced", "cold_store"),
    Placed("meter-building-b-004", "Kitchen", "pgw-nec2", "three", "kitchen"),
    Placed("meter-building-b-005", "Dishwasher", "pgw-nec2", "single", "kitchen", 0.18),
    Placed("meter-building-c-001", "Lighting", "pgw-nec3", "three", "lighting"),
    Placed("meter-building-c-002", "Office sockets", "pgw-nec3", "three", "sockets"),
    Placed("meter-building-c-003", "Reception lighting", "pgw-nec3", "single", "lighting", 0.09),
)
"""The meters of the office building; their ids, as in production, say nothing about their types."""


def office(world: World) -> tuple[list[EnpactDevice], list[EnpactMeter]]:
    """Return the office building's controllers and meters."""
    devices = [EnpactDevice(name, world, number) for number, name in enumerate(DEVICES)]
    return devices, [placed.installed(world) for placed in OFFICE]


def campus_meters(world: World, count: int) -> list[EnpactMeter]:
    """Return `count` meters of all types that scale the world's meters: cheap, as they share all calculation."""
    kinds: tuple[MeterKind, ...] = ("advanced", "advanced", "three", "single")
    return [
        EnpactMeter(
            id=f"meter-campus-{number:04}",
            name=f"Campus meter {number}",
            gateway=f"pgw-nec{1 + number // 50}",
            kind=kinds[number % len(kinds)],
            meter=world.meter(METERS[number % len(METERS)]),
            factor=0.2 + number % 37 / 20,
        )
        for number in range(1, count + 1)
    ]
