"""Which hours are within reach of a vendor."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.energy_clouds.horizon import Horizon
from custom_components.energy_clouds.hours import HOUR

DAY = timedelta(days=1)


def horizon(now: datetime, reach: timedelta | None, look_back: timedelta = 2 * DAY) -> Horizon:
    """That of a vendor which remembers so much."""
    vendor: Any = SimpleNamespace(now=lambda: now, history_reach=reach, look_back=look_back)
    return Horizon(vendor)


@pytest.mark.parametrize("minute", range(60))
def test_first_hour_remembered_is_remembered_as_a_whole(minute: int) -> None:
    now = datetime(2026, 11, 17, 10, minute, tzinfo=UTC)
    first = horizon(now, DAY).first_remembered
    assert first is not None
    assert timedelta(0) < first - (now - DAY) <= HOUR + timedelta(minutes=10)


def test_vendor_that_forgets_nothing_has_no_first_hour() -> None:
    now = datetime(2026, 11, 17, 10, tzinfo=UTC)
    assert horizon(now, None).first_remembered is None
    assert horizon(now, None).first_hour(now - 300 * DAY) == now - 300 * DAY


@pytest.mark.parametrize(("hour", "minute", "complete"), [(10, 9, 9), (10, 10, 10), (10, 59, 10), (11, 0, 10)])
def test_hour_is_complete_ten_minutes_after_its_end(hour: int, minute: int, complete: int) -> None:
    now = datetime(2026, 11, 17, hour, minute, tzinfo=UTC)
    assert horizon(now, None).now == now
    assert horizon(now, None).last_complete == datetime(2026, 11, 17, complete, tzinfo=UTC)


@pytest.mark.parametrize(("minute", "first"), [(0, 11), (49, 11), (50, 12), (59, 12)])
def test_first_hour_is_the_next_one_but_for_what_is_being_forgotten(minute: int, first: int) -> None:
    remembered = datetime(2026, 11, 16, first, tzinfo=UTC)
    one = horizon(datetime(2026, 11, 17, 10, minute, tzinfo=UTC), DAY)
    assert one.first_remembered == remembered
    assert one.first_hour(remembered - timedelta(minutes=1)) == remembered
    assert one.first_hour(remembered + timedelta(minutes=119)) == remembered + HOUR


@pytest.mark.parametrize(
    ("reach", "look_back", "every"),
    [
        (None, timedelta(days=2), timedelta(hours=12)),
        (10 * DAY, timedelta(days=2), timedelta(hours=12)),
        # Within reach, four times.
        (DAY, timedelta(hours=23), timedelta(hours=5.75)),
        # Daily at least.
        (None, timedelta(days=8), DAY),
    ],
)
def test_late_samples_are_looked_for_as_long_as_they_can_be_had(
    reach: timedelta | None, look_back: timedelta, every: timedelta
) -> None:
    now = datetime(2026, 11, 17, 10, 30, tzinfo=UTC)
    one = horizon(now, reach, max(look_back, timedelta(days=2)))
    assert (one.look_back, one.look_back_every) == (look_back, every)
    assert one.settled == datetime(2026, 11, 17, 10, tzinfo=UTC) - look_back + every
