"""Whether a point's newest sample may be shown, by its age: pure logic, no Home Assistant."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from .calculated import CalculatedPoint
from .registers import CLOCK_TOLERANCE
from .vendors.model import Point, PointId, Sample

STALE_AFTER = 3
"""A sample is stale, and a failing account out of patience, after so many cadences."""


def freshness(
    points: Mapping[PointId, Point], samples: Mapping[PointId, Sample], now: datetime, pace: timedelta
) -> Callable[[PointId], bool]:
    """What decides for each point whether there is a sample that is neither stale nor of a time to come.

    Nothing is expected more often than at the `pace` at which it is read. What is calculated is as fresh as its power.
    """
    newest = now + CLOCK_TOLERANCE
    oldest: dict[timedelta | None, datetime] = {None: datetime.min.replace(tzinfo=UTC)}

    def is_fresh(point_id: PointId) -> bool:
        sample, point = samples.get(point_id), points.get(point_id)
        if sample is None or point is None:
            return False
        if isinstance(point, CalculatedPoint):
            return is_fresh(point.power.id)
        if point.cadence not in oldest:
            oldest[point.cadence] = now - STALE_AFTER * max(point.cadence or pace, pace)
        return oldest[point.cadence] <= sample.time <= newest

    return is_fresh
