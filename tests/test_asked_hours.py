"""Which hours a person can ask to import, whatever is typed."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
from hypothesis import example, given, strategies as st
import pytest

from custom_components.energy_clouds.asked_hours import asked_hours
from custom_components.energy_clouds.const import LONGEST_HISTORY
from custom_components.energy_clouds.horizon import Horizon
from custom_components.energy_clouds.hours import HOUR, hour_of

NOW = datetime(2026, 11, 17, 10, 2, tzinfo=UTC)
LAST_COMPLETE = datetime(2026, 11, 17, 9, tzinfo=UTC)
DAY = timedelta(days=1)

OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.builds(
    lambda time, zone: time.replace(tzinfo=zone),
    st.datetimes() | st.datetimes(datetime(2016, 11, 1), datetime(2026, 12, 1)),
    st.one_of(st.none(), OFFSETS, st.timezones()),
)
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"


@contextmanager
def at_home_in(zone: str) -> Iterator[None]:
    """Let Home Assistant be in a time zone."""
    before = dt_util.DEFAULT_TIME_ZONE
    dt_util.set_default_time_zone(ZoneInfo(zone))
    try:
        yield
    finally:
        dt_util.set_default_time_zone(before)


def horizon(reach: timedelta | None) -> Horizon:
    """That of a vendor which remembers so much."""
    vendor: Any = SimpleNamespace(now=lambda: NOW, history_reach=reach, look_back=timedelta(days=2))
    return Horizon(vendor)


@given(TIMES, st.none() | TIMES, st.sampled_from([None, DAY, 5000 * DAY]), st.sampled_from([EAST, WEST]))
@example(datetime(1, 1, 1), datetime(9999, 12, 31, 23), None, EAST)
@example(datetime(9999, 12, 31, 23), datetime(1, 1, 1), None, WEST)
@example(datetime(1, 1, 1), None, DAY, EAST)
@example(datetime(9999, 12, 31, 23), None, DAY, WEST)
@example(datetime(2026, 11, 16), datetime(9999, 12, 31, 23), None, WEST)
def test_they_are_whole_and_over_and_not_too_long_ago_or_refused(
    start: datetime, end: datetime | None, reach: timedelta | None, zone: str
) -> None:
    with at_home_in(zone), suppress(ServiceValidationError):
        first, until = asked_hours(horizon(reach), start, end)
        assert LAST_COMPLETE - LONGEST_HISTORY <= first < until <= LAST_COMPLETE
        assert (first, until) == (hour_of(first), hour_of(until))
        assert first <= dt_util.as_utc(start) < first + HOUR


@pytest.mark.parametrize("zone", [EAST, WEST, "Asia/Kolkata"])
@pytest.mark.parametrize("reach", [None, DAY])
def test_earliest_start_that_a_refusal_tells_is_none_that_is_too_long_ago(reach: timedelta | None, zone: str) -> None:
    with at_home_in(zone):
        with pytest.raises(ServiceValidationError) as caught:
            asked_hours(horizon(reach), LAST_COMPLETE - LONGEST_HISTORY - timedelta(seconds=1), None)
        assert caught.value.translation_key == "too_long_ago"
        assert caught.value.translation_placeholders is not None
        told = datetime.fromisoformat(caught.value.translation_placeholders["time"])
        assert asked_hours(horizon(None), told, None) == (LAST_COMPLETE - LONGEST_HISTORY, LAST_COMPLETE)


def test_end_after_all_time_is_the_last_complete_hour() -> None:
    found = asked_hours(horizon(None), LAST_COMPLETE - DAY, datetime(9999, 12, 31, 23, tzinfo=UTC))
    assert found == (LAST_COMPLETE - DAY, LAST_COMPLETE)


def at(time: str) -> datetime:
    """That time on that day, or on another."""
    return datetime.fromisoformat(time if "-" in time else f"2026-11-17T{time}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("08:30", None, ("08:00", "09:00")),
        ("08:59:59", None, ("08:00", "09:00")),
        ("06:15", "08:59", ("06:00", "08:00")),
        ("06:00", "08:00", ("06:00", "08:00")),
        ("06:00", "23:00", ("06:00", "09:00")),
        ("2026-11-16T11:00", None, ("2026-11-16T11:00", "09:00")),
    ],
)
def test_hours_that_there_can_be(start: str, end: str | None, hours: tuple[str, str]) -> None:
    with at_home_in("UTC"):
        found = asked_hours(horizon(DAY), at(start), None if end is None else at(end))
        assert found == (at(hours[0]), at(hours[1]))


@pytest.mark.parametrize(
    ("start", "end", "why", "told"),
    [
        ("2016-01-01T00:00", None, "too_long_ago", f"{LAST_COMPLETE - LONGEST_HISTORY:%Y-%m-%d %H:%M}"),
        ("08:10", "08:10", "end_before_start", None),
        ("08:10", "08:09", "end_before_start", None),
        ("09:00", None, "not_over", "2026-11-17 09:00"),
        ("2026-11-16T10:59", None, "forgotten", "2026-11-16 11:00"),
        ("08:10", "08:50", "no_whole_hour", None),
        ("08:00", "08:59", "no_whole_hour", None),
    ],
)
def test_refusal_tells_why(start: str, end: str | None, why: str, told: str | None) -> None:
    with at_home_in("UTC"), pytest.raises(ServiceValidationError) as caught:
        asked_hours(horizon(DAY), at(start), None if end is None else at(end))
    error = caught.value
    assert (error.translation_domain, error.translation_key) == ("energy_clouds", why)
    assert error.translation_placeholders == (None if told is None else {"time": told})


@pytest.mark.parametrize(
    ("start", "offset", "why"), [(datetime(1, 1, 1), 14, "too_long_ago"), (datetime(9999, 12, 31, 23), -11, "not_over")]
)
def test_time_beyond_all_times_is_the_first_or_the_last(start: datetime, offset: int, why: str) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        asked_hours(horizon(None), start.replace(tzinfo=timezone(timedelta(hours=offset))), None)
    assert caught.value.translation_key == why
