"""A vendor with some registers and all of their past, in the process itself: no figure is a service's."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from typing import ClassVar, override

from custom_components.energy_clouds.vendors.model import (
    Device,
    DeviceKind,
    Inventory,
    Nature,
    Point,
    PointId,
    Quantity,
    Readings,
    Sample,
    Series,
)
from tests.hostile_vendor import Hostile

REGISTERS = 20
HOUR = timedelta(hours=1)
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
POINTS = tuple(
    Point(
        id=PointId(device_id=f"meter {number}", key="imported"),
        quantity=Quantity.ENERGY,
        nature=Nature.REGISTER,
        unit="kWh",
        meaning="imported_energy",
    )
    for number in range(REGISTERS)
)


def register(number: int, time: datetime) -> float:
    """What a register shows at a full hour: every hour is different, and no two registers are alike."""
    hours = (time - EPOCH) // HOUR
    return hours * (1 + number / 7) + (hours * hours % 24) / 24


class Remembering(Hostile):
    """Registers that are read every hour."""

    key: ClassVar[str] = "remembering"
    cadence: ClassVar[timedelta] = timedelta(minutes=15)
    history_reach: ClassVar[timedelta | None] = None
    calculates_energy: ClassVar[bool] = False

    @override
    async def discover(self) -> Inventory:
        devices = tuple(
            Device(id=point.id.device_id, kind=DeviceKind.METER, name=point.id.device_id) for point in POINTS
        )
        return Inventory(devices=devices, points=POINTS)

    @override
    async def read(self, points: Collection[Point]) -> Readings:
        return Readings(samples={}, broken=frozenset(), problems={}, inventory=None, requests=1)

    @override
    async def history(
        self, points: Collection[Point], start: datetime, end: datetime
    ) -> AsyncIterator[tuple[Series, ...]]:
        hours = range((end - start) // HOUR + 1)
        for point in points:
            number = POINTS.index(point)
            times = (start + hour * HOUR for hour in hours)
            yield (
                Series(
                    point_id=point.id,
                    samples=tuple(Sample(time=time, value=register(number, time)) for time in times if time < end),
                ),
            )
