"""When to poll: in the interval's grid, at each installation's own instant, and never on the full hour."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_clouds.pace import QUIET, next_poll, offset_of

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
intervals = st.integers(30, 86400).map(lambda seconds: timedelta(seconds=seconds))


@given(now=moments, interval=intervals, install=st.text())
def test_next_poll_is_soon_but_not_too_soon(now: datetime, interval: timedelta, install: str) -> None:
    wait = next_poll(now, interval, offset_of(install, interval)) - now
    assert interval / 2 <= wait + timedelta(microseconds=10)
    assert wait <= 1.5 * interval + timedelta(seconds=2 * QUIET, microseconds=10)


@given(now=moments, interval=intervals, install=st.text())
def test_no_poll_on_the_full_hour(now: datetime, interval: timedelta, install: str) -> None:
    into_hour = next_poll(now, interval, offset_of(install, interval)).timestamp() % 3600
    assert QUIET - 1e-3 <= into_hour <= 3600 - QUIET + 1e-3


def test_polls_of_a_minute_are_a_minute_apart() -> None:
    interval, now = timedelta(minutes=1), datetime(2026, 11, 17, 10, tzinfo=UTC)
    offset = offset_of("an installation", interval)
    polls = []
    for _ in range(90):
        now = next_poll(now, interval, offset)
        polls.append(now)
        now += timedelta(seconds=0.4)
    steps = {round((after - before).total_seconds(), 3) for before, after in pairwise(polls)}
    assert steps == {60}


def test_installations_differ() -> None:
    interval = timedelta(minutes=1)
    assert len({offset_of(f"installation {number}", interval) for number in range(50)}) == 50


@pytest.mark.parametrize(("seconds", "quiet"), [(60, 5), (30, 5), (20, 5), (8, 2)])
def test_installations_have_the_whole_interval_but_its_edges(seconds: int, quiet: int) -> None:
    offsets = [offset_of(str(number), timedelta(seconds=seconds)).total_seconds() for number in range(500)]
    room = seconds - 2 * quiet
    assert quiet <= min(offsets) < quiet + 0.05 * room
    assert seconds - quiet - 0.05 * room < max(offsets) <= seconds - quiet


@pytest.mark.parametrize(("offset", "polled"), [(7, "10:06:07"), (31, "10:05:31"), (29, "10:06:29")])
def test_each_installation_has_its_place_in_the_interval(offset: int, polled: str) -> None:
    now = datetime(2026, 11, 17, 10, 5, tzinfo=UTC)
    assert f"{next_poll(now, timedelta(minutes=1), timedelta(seconds=offset)):%H:%M:%S}" == polled


@pytest.mark.parametrize(
    ("offset", "polled"),
    [
        (timedelta(seconds=55), "09:59:55"),
        (timedelta(seconds=5), "10:00:05"),
        (timedelta(seconds=2), "10:00:05"),
        (timedelta(seconds=58), "10:00:05"),
        (timedelta(0), "10:00:05"),
    ],
)
def test_poll_that_would_be_on_the_full_hour_waits_a_moment(offset: timedelta, polled: str) -> None:
    now = datetime(2026, 11, 17, 9, 59, 3, tzinfo=UTC)
    assert f"{next_poll(now, timedelta(minutes=1), offset):%H:%M:%S}" == polled


def test_poll_that_would_come_too_soon_is_left_out_once() -> None:
    interval, now = timedelta(seconds=70), datetime(2026, 11, 17, 10, 5, tzinfo=UTC)
    offset = offset_of("an installation", interval)
    usual = next_poll(now, interval, offset)
    assert next_poll(now, interval, offset, usual) == usual
    assert next_poll(now, interval, offset, usual + timedelta(seconds=1)) == usual + interval


def test_polls_that_use_up_the_budget_are_one_interval_apart() -> None:
    interval, now = timedelta(seconds=70), datetime(2026, 11, 17, 10, 5, tzinfo=UTC)
    offset, starts = offset_of("an installation", interval), []
    for late in (0.0, 0.05, 0.5, 0.3, 0.1, 0.5):
        started = now + timedelta(seconds=late)
        starts.append(started)
        now = next_poll(started + timedelta(seconds=2), interval, offset, started + interval - timedelta(seconds=1))
    steps = [(after - before).total_seconds() for before, after in pairwise(starts)]
    assert all(69 <= step <= 140 for step in steps[:1])
    assert all(69 <= step <= 71 for step in steps[1:])
