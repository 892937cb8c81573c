"""Clocks."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.simulators.clock import SimClock, real_clock

NOON = datetime(2026, 6, 17, 12, tzinfo=UTC)


def test_a_simulated_clock_stands_still_until_moved() -> None:
    clock = SimClock(NOON)
    assert clock() == clock() == NOON
    assert clock.advance(timedelta(minutes=5)) == clock() == NOON + timedelta(minutes=5)
    assert clock.set(NOON) == clock() == NOON


def test_times_are_utc() -> None:
    summer = timezone(timedelta(hours=1))
    assert SimClock(datetime(2026, 6, 17, 13, tzinfo=summer))().tzinfo is UTC
    assert real_clock().tzinfo is UTC


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        SimClock(datetime(2026, 6, 17))
