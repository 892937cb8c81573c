"""What history brings, and what the service has of it."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from custom_components.energy_clouds.vendors.model import Nature, Point, PointId, Quantity, Sample
from tests.simulators.eniris import EnirisSimulator
from tests.simulators.eniris.rows import Span

from .conftest import Bench


def counter(device_id: str, key: str) -> Point:
    """A point that is a register."""
    return Point(id=PointId(device_id=device_id, key=key), quantity=Quantity.ENERGY, nature=Nature.REGISTER, unit="Wh")


def interval(device_id: str, key: str) -> Point:
    """A point that has the amounts of intervals."""
    return Point(id=PointId(device_id=device_id, key=key), quantity=Quantity.ENERGY, nature=Nature.INTERVAL, unit="Wh")


async def batches(bench: Bench, points: Collection[Point], start: datetime, end: datetime) -> AsyncIterator[Any]:
    """All series, in the order in which they came."""
    async for batch in bench.vendor.history(points, start, end):
        for series in batch:
            assert series.samples
            assert all(start <= sample.time < end for sample in series.samples)
            yield series


async def past(bench: Bench, point: Point, start: datetime, end: datetime) -> list[Sample]:
    """All samples of a point, in the order in which they came: that of time."""
    found: list[Sample] = []
    async for series in batches(bench, [point], start, end):
        assert series.point_id == point.id
        found += series.samples
    assert all(before.time < after.time for before, after in pairwise(found))
    return found


def stored(simulator: EnirisSimulator, node_id: str, field: str, start: datetime, end: datetime) -> list[Sample]:
    """What the service has in rows of a minute."""
    node = simulator.node(node_id)
    (series,) = [one for one in node.series or () if one.policy == "rp_one_m" and field in one.fields]
    span = Span(simulator.clock(), *(int(time.timestamp()) * 10**9 for time in (start, end)))
    rows = simulator.archive.rows(node, series, [field], span)
    return [Sample(time=datetime.fromtimestamp(row.time / 1e9, UTC), value=row.values[0] or 0.0) for row in rows]
