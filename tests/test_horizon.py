"""Which hours are within reach of a vendor."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.energy_clouds.horizon import Horizon
from custom_components.energy_clouds.hours import HOUR

DAY = timedelta(days=1)


def horizon(now: datetime, reach: timedelta | None) -> Horizon:
    """That of a vendor which remembers so much."""
    vendor: Any = SimpleNamespace(now=lambda: now, history_reach=reach, look_back=timedelta(days=2))
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
