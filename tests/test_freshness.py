"""Whether a point's newest sample may be shown: by its own age, and by how often it is read."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.energy_clouds.calculated import CalculatedPoint
from custom_components.energy_clouds.freshness import freshness
from custom_components.energy_clouds.vendors.model import Nature, Point, PointId, Quantity, Sample

NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def point(key: str, cadence: timedelta | None) -> Point:
    identifier = PointId(device_id="meter", key=key)
    return Point(id=identifier, quantity=Quantity.POWER, nature=Nature.GAUGE, unit="W", cadence=cadence)


def is_fresh(age: timedelta, *, cadence: timedelta | None = MINUTE, pace: timedelta = MINUTE) -> bool:
    """Whether a sample of that age is fresh, of a point of that cadence which is read at that pace."""
    one = point("power", cadence)
    return freshness({one.id: one}, {one.id: Sample(time=NOW - age, value=5.0)}, NOW, pace)(one.id)


@pytest.mark.parametrize(
    ("cadence", "pace", "minutes"),
    [
        (MINUTE, MINUTE, 3),
        (5 * MINUTE, MINUTE, 15),
        # Nothing is expected more often than it is read.
        (MINUTE, 10 * MINUTE, 30),
    ],
)
def test_sample_is_stale_after_three_cadences(cadence: timedelta, pace: timedelta, minutes: float) -> None:
    oldest = minutes * MINUTE
    assert is_fresh(oldest, cadence=cadence, pace=pace)
    assert not is_fresh(oldest + timedelta(seconds=1), cadence=cadence, pace=pace)


def test_point_without_a_cadence_is_never_stale() -> None:
    assert is_fresh(timedelta(days=100_000), cadence=None)


def test_sample_of_a_time_to_come_is_not_shown() -> None:
    assert is_fresh(-2 * MINUTE)
    assert not is_fresh(-2 * MINUTE - timedelta(seconds=1))
    assert not is_fresh(-2 * MINUTE - timedelta(seconds=1), cadence=None)


def test_each_point_has_its_own_cadence() -> None:
    points = [point("slow", 5 * MINUTE), point("quick", MINUTE), point("slow too", 5 * MINUTE)]
    samples = {one.id: Sample(time=NOW - 10 * MINUTE, value=5.0) for one in points}
    decide = freshness({one.id: one for one in points}, samples, NOW, MINUTE)
    assert [decide(one.id) for one in points] == [True, False, True]


def test_what_there_is_not_is_not_fresh() -> None:
    one, other = point("power", MINUTE), PointId(device_id="meter", key="other")
    sample = Sample(time=NOW, value=5.0)
    assert not freshness({one.id: one}, {}, NOW, MINUTE)(one.id)
    assert not freshness({}, {one.id: sample}, NOW, MINUTE)(one.id)
    assert not freshness({one.id: one}, {one.id: sample}, NOW, MINUTE)(other)


@pytest.mark.parametrize(("age", "fresh"), [(3 * MINUTE, True), (4 * MINUTE, False)])
def test_what_is_calculated_is_as_fresh_as_its_power(age: timedelta, fresh: bool) -> None:
    power = point("power", MINUTE)
    energy = CalculatedPoint(
        id=PointId(device_id="meter", key="energy"), quantity=Quantity.ENERGY, nature=Nature.REGISTER, power=power
    )
    samples = {power.id: Sample(time=NOW - age, value=5.0), energy.id: Sample(time=NOW, value=7.0)}
    assert freshness({power.id: power, energy.id: energy}, samples, NOW, MINUTE)(energy.id) is fresh
