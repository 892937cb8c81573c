"""The office building as Enectiva sees it: a tree of entities, meters, virtual meters and data series."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..world import World
from .catalogue import (
    DEFAULT_UNITS,
    ENERGIES,
    ENTITIES,
    KWH_PER_HOT_M3,
    OFFICE,
    RETIRED_DAYS,
    Direction,
    EnergyName,
    Kind,
    Placed,
)
from .log import Every, Log, Monthly
from .sources import Registers, energy_price, outdoor_temperature

QUARTER = Every(900)


@dataclass(slots=True)
class EnectivaMeter:
    """A meter as its owner has set it up; tests may change what its owner may change."""

    id: str
    name: str
    external_id: str | None
    code: str
    unit: str
    entity_id: str
    kind: Kind
    direction: Direction
    time_zone: str
    log: Log
    deactivated_at: datetime | None = None

    @property
    def use(self) -> str:
        """The last part of the code: the energy, and for submeters what it is used for."""
        return self.code.split("-", 4)[4]

    @property
    def energy(self) -> EnergyName:
        """The energy."""
        return ENERGIES[self.use[:2]]

    @property
    def number(self) -> int:
        """The id as a number."""
        return int(self.id)

    def register(self, moment: datetime) -> float:
        """Return the true register at any moment, in the meter's unit, whatever its readings say."""
        return self.log.source(moment)

    def deactivated(self, now: datetime) -> bool:
        """Say whether the meter is deactivated."""
        return self.deactivated_at is not None and self.deactivated_at <= now


@dataclass(slots=True)
class Entity:
    """An organisational unit."""

    id: str
    name: str
    parent_id: str | None


@dataclass(slots=True)
class VirtualMeter:
    """A meter that is computed from others: the sum of meters by id, each times its factor."""

    id: str
    name: str
    code: str
    entity_id: str
    parts: Mapping[str, float]


@dataclass(slots=True)
class DataSeries:
    """Any series of data points."""

    id: str
    name: str
    unit: str
    external_id: str
    log: Log


def code_of(number: int, use: str, kind: str = "00") -> str:
    """Return the code of the building's meter of this number; kind 00 is a classic meter, 0V a virtual one."""
    return f"001-001-{number:04}-{kind}-{use}"


def office_meters(world: World, registers: Registers) -> list[EnectivaMeter]:
    """Return the meters of the office building."""
    return [_installed(placed, number, world, registers) for number, placed in enumerate(OFFICE, 1)]


def _installed(placed: Placed, number: int, world: World, registers: Registers) -> EnectivaMeter:
    register, factor = registers.of(placed.of, placed.direction), placed.factor
    retired = world.epoch + timedelta(days=RETIRED_DAYS) if placed.retired else None
    schedule = Monthly(world.time_zone) if placed.monthly else QUARTER
    return EnectivaMeter(
        id=placed.id,
        name=placed.name,
        external_id=placed.external_id,
        code=code_of(number, placed.use),
        unit=DEFAULT_UNITS[ENERGIES[placed.use[:2]]],
        entity_id=placed.entity,
        kind=placed.kind,
        direction=placed.direction,
        time_zone=world.time_zone,
        log=Log(lambda moment: register(moment) * factor, schedule, world.epoch, retired),
        deactivated_at=retired,
    )


def campus_meters(world: World, registers: Registers, count: int) -> list[EnectivaMeter]:
    """Return `count` meters of all energies that scale the world's registers: cheap, as they share calculation."""
    kinds = (
        ("EL", "grid", 1.0),
        ("EL", "lighting", 1.0),
        ("HE", "heat", 1.0),
        ("WA", "water", 1.0),
        ("GA", "gas", 1.0),
        ("CO", "cooling", 1.0),
        ("HE-DHW", "hot_water", KWH_PER_HOT_M3),
    )
    meters: list[EnectivaMeter] = []
    for number in range(1, count + 1):
        use, of, factor = kinds[number % len(kinds)]
        scale = factor * (0.2 + number % 37 / 20)
        placed = Placed(str(1000 + number), f"Campus meter {number}", use, of, "7", f"campus-{number}", factor=scale)
        meters.append(_installed(placed, number, world, registers))
    return meters


def office_entities() -> list[Entity]:
    """Return the tree: a complex, its building, and the building's floors."""
    return [Entity(*entity) for entity in ENTITIES]


def office_virtual_meters() -> list[VirtualMeter]:
    """Return the building's one virtual meter."""
    code = code_of(1, "EL", "0V")
    return [VirtualMeter("501", "Electricity without ventilation", code, "7", {"42": 1.0, "44": -1.0})]


def office_series(world: World) -> list[DataSeries]:
    """Return the weather and the price."""
    return [
        DataSeries("11", "Outdoor temperature", "°C", "weather", Log(outdoor_temperature(world), QUARTER, world.epoch)),
        DataSeries("12", "Spot price", "EUR/MWh", "price", Log(energy_price(world), Every(3600), world.epoch)),
    ]
