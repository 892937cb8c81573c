"""Hourly amounts: not a watt-hour is lost or invented, whatever readings come, and however often."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import example, given, strategies as st
import pytest

from custom_components.energy_clouds.hours import (
    HOUR,
    HourlyAmount,
    Rewriting,
    StatisticRow,
    hour_of,
    interval_hours,
    register_hours,
    rewritten,
)
from custom_components.energy_clouds.vendors.model import Sample
from tests.simulators.world import default_world

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def readings(*pairs: tuple[float, float]) -> list[Sample]:
    """Values at minutes after noon."""
    return [Sample(time=at(minutes), value=value) for minutes, value in pairs]


def amounts(found: Sequence[HourlyAmount]) -> list[tuple[datetime, float]]:
    return [(one.start, round(one.amount, 9)) for one in found]


def in_hour(number: int, amount: float) -> tuple[datetime, float]:
    return NOON + number * HOUR, amount


def test_difference_at_the_edges_of_an_hour() -> None:
    found = register_hours(readings((0, 100), (20, 101), (40, 103), (60, 104)))
    assert amounts(found) == [in_hour(0, 4)]
    assert found[0].state == 104


def test_edge_between_two_readings_is_in_proportion() -> None:
    assert amounts(register_hours(readings((-10, 0), (10, 2), (50, 6), (70, 10)))) == [in_hour(0, 7)]


def test_readings_further_apart_than_an_hour_are_spread_evenly() -> None:
    found = register_hours(readings((0, 10), (240, 18)))
    assert amounts(found) == [in_hour(0, 2), in_hour(1, 2), in_hour(2, 2), in_hour(3, 2)]
    assert [one.state for one in found] == [12, 14, 16, 18]


def test_hour_that_is_not_complete_waits() -> None:
    assert register_hours(readings((1, 0), (59, 5))) == []
    assert amounts(register_hours(readings((0, 0), (60, 5), (119, 9)))) == [in_hour(0, 5)]
    assert register_hours([]) == []
    assert register_hours(readings((0, 7))) == []


def test_reset_register_counts_on_from_zero() -> None:
    assert amounts(register_hours(readings((0, 90), (30, 95), (45, 2), (60, 4)))) == [in_hour(0, 9)]


def test_register_that_is_reset_every_day() -> None:
    days = readings(*((60 * hour, float(hour % 24)) for hour in range(72)))
    found = register_hours(days)
    assert sum(one.amount for one in found) == pytest.approx(23 * 3)
    assert all(one.amount <= 1 for one in found)


def test_register_below_zero_counts_what_it_rises() -> None:
    assert amounts(register_hours(readings((0, -30), (60, -20), (120, 5)))) == [in_hour(0, 10), in_hour(1, 25)]


def test_drop_below_zero_counts_nothing() -> None:
    found = register_hours(readings((0, -10), (60, -20), (120, -20), (180, -20), (240, -19)))
    assert amounts(found) == [in_hour(0, 0), in_hour(1, 0), in_hour(2, 0), in_hour(3, 1)]
    assert amounts(register_hours(readings((0, 10), (60, -5), (120, -5)))) == [in_hour(0, 0), in_hour(1, 0)]


@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.floats(-1e9, 1e9) | st.integers(-5, 5).map(float)), min_size=2, max_size=40
    )
)
@example([(0, -10.0), (60, -20.0), (120, -20.0), (180, -20.0)])
def test_no_amount_is_below_zero_whatever_the_readings(pairs: list[tuple[int, float]]) -> None:
    assert [one for one in register_hours(readings(*pairs)) if one.amount < 0] == []


def test_drop_at_the_end_is_not_believed_yet() -> None:
    assert amounts(register_hours(readings((0, 90), (60, 95), (120, 0)))) == [in_hour(0, 5)]


@pytest.mark.parametrize("dip", [[(30, 0.0)], [(25, 0.0), (30, 0.0)], [(20, 0.5), (25, 0.0), (30, 3.0)], [(30, 94.9)]])
def test_drop_that_is_taken_back_was_none(dip: list[tuple[float, float]]) -> None:
    assert amounts(register_hours(readings((0, 90), (15, 95), *dip, (45, 96), (60, 97)))) == [in_hour(0, 7)]


def test_order_and_repetition_change_nothing() -> None:
    ordered = readings((0, 0), (30, 2), (60, 3), (90, 3.5), (120, 5))
    assert register_hours([*reversed(ordered), *ordered]) == register_hours(ordered)


def test_of_two_readings_of_a_time_the_later_told_counts() -> None:
    assert amounts(register_hours(readings((0, 0), (60, 9), (60, 5)))) == [in_hour(0, 5)]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Prague", (2026, 3, 29), 23),
        ("Europe/Prague", (2026, 10, 25), 25),
        ("Australia/Lord_Howe", (2026, 4, 5), 24),
        ("Asia/Kolkata", (2026, 6, 1), 24),
    ],
)
def test_local_days_of_all_lengths(zone: str, day: tuple[int, int, int], hours: int) -> None:
    start = datetime(*day, tzinfo=ZoneInfo(zone))
    end = (start.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone))
    step, first, last = timedelta(minutes=15), start.astimezone(UTC), end.astimezone(UTC)
    samples = [Sample(time=first + n * step, value=float(n)) for n in range((last - first) // step + 1)]
    found = register_hours(samples)
    assert len(found) in (hours, hours - 1)
    assert all(one.amount == pytest.approx(4) and one.start == hour_of(one.start) for one in found)


@given(st.lists(st.tuples(st.integers(0, 3000), st.floats(0, 50)), min_size=2, max_size=60), st.randoms())
def test_the_sum_over_complete_hours_is_the_registers_difference(
    steps: list[tuple[int, float]], random: Random
) -> None:
    minutes, total = 0, 1000.0
    samples: list[Sample] = []
    totals: list[float] = []
    for gap, amount in steps:
        minutes, total = minutes + gap + 1, total + amount
        samples.append(Sample(time=at(minutes), value=total))
        totals.append(total)
    shuffled = [*samples, *samples[::2]]
    random.shuffle(shuffled)
    found = register_hours(shuffled)
    assert found == register_hours(samples)
    if not found:
        return
    assert [one.start for one in found] == [found[0].start + n * HOUR for n in range(len(found))]
    # What is between two of the samples lies at the edges in proportion.
    edges = [Sample(time=one.start, value=one.state - one.amount) for one in found]
    again = register_hours([*samples, *edges[1:]])
    assert [one.amount for one in again] == pytest.approx([one.amount for one in found], abs=1e-6)
    assert [one.state for one in again] == pytest.approx([one.state for one in found])
    inside = [
        total
        for one, total in zip(samples, totals, strict=True)
        if found[0].start <= one.time <= found[-1].start + HOUR
    ]
    if len(inside) > 1:
        counted = inside[-1] - inside[0]
        assert sum(one.amount for one in found) >= counted - 1e-6


def test_a_month_of_quarter_hours_has_the_worlds_energy() -> None:
    meter, quarter = default_world().meter("grid"), timedelta(minutes=15)
    start = datetime(2026, 10, 10, tzinfo=UTC)
    samples = [Sample(time=start + n * quarter, value=meter.imported(start + n * quarter)) for n in range(30 * 96 + 1)]
    found = register_hours(samples)
    assert len(found) == 30 * 24
    for one in found:
        truth = meter.imported(one.start + HOUR) - meter.imported(one.start)
        assert one.amount == pytest.approx(truth, abs=1e-6)


def test_intervals_add_up() -> None:
    minute = timedelta(minutes=1)
    samples = readings(*((n, 2.0) for n in range(1, 121)))
    assert amounts(interval_hours(samples, minute)) == [in_hour(0, 120), in_hour(1, 120)]
    assert amounts(interval_hours(samples[:-1], minute)) == [in_hour(0, 120)]
    assert amounts(interval_hours([*samples[:30], *samples[31:]], minute)) == [in_hour(1, 120)]


def test_interval_over_the_edge_is_in_both_hours() -> None:
    samples = readings((-15, 3), (15, 6), (45, 6), (75, 8))
    assert amounts(interval_hours(samples, timedelta(minutes=30))) == [in_hour(0, 13)]


def hourly(first: int, *found: float) -> list[HourlyAmount]:
    return [HourlyAmount(NOON + (first + n) * HOUR, amount, 0.0) for n, amount in enumerate(found)]


def rows(first: int, *sums: float) -> list[StatisticRow]:
    return [StatisticRow(NOON + (first + n) * HOUR, 0.0, one) for n, one in enumerate(sums)]


def rows_to_write(stored: list[StatisticRow], found: list[HourlyAmount]) -> list[StatisticRow]:
    return list(rewritten(stored, found).rows)


def test_first_import() -> None:
    assert rows_to_write([], hourly(0, 1, 2, 3)) == rows(0, 1, 3, 6)


def test_next_hours_go_on_from_the_last_row_however_old_it_is() -> None:
    assert rows_to_write(rows(-5000, 40), hourly(0, 1, 2)) == rows(0, 41, 43)


def test_same_again_changes_nothing() -> None:
    assert rows_to_write(rows(0, 1, 3, 6), hourly(0, 1, 2, 3)) == []
    assert rows_to_write(rows(-1, 7, 8, 10, 13), hourly(0, 1, 2 + 1e-9, 3)) == []


def test_nothing_found_changes_nothing() -> None:
    assert rows_to_write(rows(0, 1, 3, 6), []) == []


def test_corrected_hour_moves_all_later_sums() -> None:
    assert rows_to_write(rows(-1, 10, 11, 13, 16), hourly(0, 4)) == rows(0, 14, 16, 19)


def test_hour_that_was_missing_is_put_in() -> None:
    stored = [*rows(0, 1), *rows(2, 4)]
    assert rows_to_write(stored, hourly(1, 10)) == rows(1, 11, 14)


def test_past_that_is_older_than_all_rows_moves_them() -> None:
    assert rows_to_write(rows(0, 1, 3), hourly(-2, 5, 6)) == rows(-2, 5, 11, 12, 14)


@given(
    st.dictionaries(st.integers(0, 60), st.floats(0, 100), max_size=40),
    st.dictionaries(st.integers(0, 60), st.floats(0, 100), max_size=40),
)
def test_afterwards_the_statistic_has_every_amount(before: dict[int, float], found: dict[int, float]) -> None:
    stored = rows_to_write([], [one for number, amount in sorted(before.items()) for one in hourly(number, amount)])
    new = [one for number, amount in sorted(found.items()) for one in hourly(number, amount)]
    table = {row.start: row for row in stored} | {row.start: row for row in rows_to_write(stored, new)}
    total = 0.0
    for number, amount in sorted((before | found).items()):
        total += amount
        assert table.pop(NOON + number * HOUR).sum == pytest.approx(total, abs=1e-3)
    assert table == {}
    assert rows_to_write(sorted([*stored], key=lambda row: row.start), []) == []


def test_peak_that_rose_in_one_step_was_a_mistake() -> None:
    found = register_hours(readings((0, 90), (60, 91), (90, 5000), (120, 92), (180, 93)))
    assert amounts(found) == [in_hour(0, 1), in_hour(1, 1), in_hour(2, 1)]


def test_register_that_falls_on_and_on_counts_nothing() -> None:
    found = register_hours(readings(*((60 * hour, 1000.0 - 10 * hour) for hour in range(6)), (360, 960), (420, 961)))
    assert sum(one.amount for one in found) == pytest.approx(11)


def test_register_of_a_meter_that_has_counted_elsewhere_tells_nothing_of_the_time_between() -> None:
    found = register_hours(readings((0, 8000), (60, 8002), (120, 5000), (180, 5001)))
    assert amounts(found) == [in_hour(0, 2), in_hour(1, 0), in_hour(2, 1)]


def test_hour_of_intervals_with_a_part_missing_for_good_has_the_others() -> None:
    minute = timedelta(minutes=1)
    samples = [Sample(time=at(number + 1), value=2.0) for number in range(120) if number not in (30, 90)]
    assert interval_hours(samples, minute) == []
    settled = interval_hours(samples, minute, NOON + HOUR)
    assert amounts(settled) == [in_hour(0, 118)]
    assert not settled[0].complete


def test_part_of_an_hour_replaces_only_less() -> None:
    part = [HourlyAmount(NOON, 5, 5, complete=False)]
    assert rows_to_write([StatisticRow(NOON, 6, 6)], part) == []
    assert rows_to_write([StatisticRow(NOON, 4, 4)], part) == [StatisticRow(NOON, 5, 5)]


def test_corrected_counter_of_the_same_amount_is_written() -> None:
    stored = [StatisticRow(NOON, 100, 2), StatisticRow(NOON + HOUR, 101, 3)]
    assert rows_to_write(stored, [HourlyAmount(NOON + HOUR, 1, 105)]) == [StatisticRow(NOON + HOUR, 105, 3)]


def test_hours_count_of_which_the_amount_is_written() -> None:
    assert rewritten(rows(-1, 10, 11, 13, 16), hourly(0, 1, 5, 3)).hours == 1


def test_going_on_within_a_gap_in_which_a_register_was_reset_counts_nothing_twice() -> None:
    whole = register_hours(readings((0, 90), (240, 8), (300, 9)))
    assert amounts(whole) == [in_hour(0, 2), in_hour(1, 2), in_hour(2, 2), in_hour(3, 2), in_hour(4, 1)]
    for number, hour in enumerate(whole[:4]):
        rest = register_hours(readings((60 * (number + 1), hour.state), (240, 8), (300, 9)))
        assert sum(one.amount for one in rest) == pytest.approx(8 - 2 * (number + 1) + 1)


def test_hour_is_named_by_its_start_in_utc() -> None:
    hour = hour_of(datetime(2026, 11, 17, 17, 59, 59, 999999, tzinfo=ZoneInfo("Asia/Kolkata")))
    assert hour == NOON
    assert hour.tzinfo is UTC
    assert HourlyAmount(NOON, 1, 1).end == StatisticRow(NOON, 1, 1).end == NOON + HOUR


def test_one_reading_before_the_first_edge_is_enough() -> None:
    assert amounts(register_hours(readings((30, 0), (180, 15)))) == [in_hour(1, 6), in_hour(2, 6)]


def test_interval_that_is_shorter_than_the_longest_begins_at_the_sample_before() -> None:
    found = interval_hours(readings((0, 1), (10, 2), (60, 3)), HOUR)
    assert found == [HourlyAmount(NOON - HOUR, 1, 1, complete=True), HourlyAmount(NOON, 5, 5, complete=True)]


@pytest.mark.parametrize(
    ("values", "hours"),
    [
        # A drop of which half is regained in one step was a mistake, also where the register stood below.
        ((100, 0, 50, 100, 101), (0, 0, 0, 1)),
        ((100, 20, 60, 100, 101), (0, 0, 0, 1)),
        ((100, 0, 51, 100, 101), (0, 51, 49, 1)),
        ((100, 0, 100, 100, 101), (0, 0, 0, 1)),
        # Of what falls on, the lowest is believed.
        ((100, 50, 40, 41, 42), (20, 20, 1, 1)),
        # A peak may end where it began, and be small beside what the register shows.
        ((90, 5000, 90, 90, 91), (0, 0, 0, 1)),
        ((1000, 1001, 1100, 1002, 1003), (1, 0.5, 0.5, 1)),
        ((100, 150, 200, 101, 102), (1 / 3, 1 / 3, 1 / 3, 1)),
        # What rose step by step was none: the register is another one.
        ((100, 149, 200, 101, 102), (49, 51, 0, 1)),
        ((100, 110, 120, 130, 140, 105, 106), (10, 10, 10, 10, 0, 1)),
        ((100, 110, 140, 101, 102), (10, 30, 0, 1)),
        # One that shows half of what it showed has not begun at 0.
        ((100, 50, 51), (0, 1)),
        ((100, 49, 50), (49, 1)),
    ],
)
def test_drops_and_peaks(values: Sequence[float], hours: Sequence[float]) -> None:
    found = register_hours(readings(*((60 * number, float(value)) for number, value in enumerate(values))))
    assert [one.amount for one in found] == pytest.approx(hours)


@pytest.mark.parametrize(("length", "counted"), [(500, 1), (501, 9910 + 90 + 1)])
def test_longest_peak(length: int, counted: float) -> None:
    values = [90.0, *[10000.0] * length, 90.0, 91.0]
    found = register_hours(readings(*enumerate(values), (600, 91)))
    assert sum(one.amount for one in found) == pytest.approx(counted)


def test_state_between_readings_is_what_the_register_may_have_shown() -> None:
    of_another = register_hours(readings((0, 8000), (60, 8002), (180, 5000), (240, 5001)))
    assert [one.state for one in of_another] == [8002, 8002, 5000, 5001]
    reset = register_hours(readings((0, 90), (120, 0.5), (180, 1)))
    assert [one.state for one in reset] == [0.25, 0.5, 1]


def test_later_rows_move_by_what_the_last_one_has_moved() -> None:
    assert rewritten([], hourly(0, 1, 2, 3)) == Rewriting(tuple(rows(0, 1, 3, 6)), 3, 6)
    assert rewritten(rows(-1, 40), hourly(0, 1, 2)) == Rewriting(tuple(rows(0, 41, 43)), 2, 3)
    assert rewritten(rows(-1, 10, 11, 13, 16), hourly(0, 4, 5)) == Rewriting(tuple(rows(0, 14, 19, 22)), 2, 6)


def test_later_rows_stay_where_the_last_one_stays() -> None:
    stored = rows(-1, 10, 11, 13, 16)
    assert rewritten(stored, []) == Rewriting((), 0, 0)
    assert rewritten(stored, hourly(0, 1)) == Rewriting((), 0, 0)
    # More in one hour and less in the next.
    assert rewritten(stored, hourly(0, 2, 1)) == Rewriting(tuple(rows(0, 12)), 2, 0)
    # The sums of floating point numbers differ by the order in which they are made.
    other = HourlyAmount(NOON + 2 * HOUR, 0.7, 5)
    assert rewritten(rows(0, 0.1, 0.2, 0.9), [*hourly(0, 0.1, 0.1), other]).shift == 0


def test_counter_that_somebody_else_did_not_tell_is_told() -> None:
    untold = [StatisticRow(NOON, None, 2), StatisticRow(NOON + HOUR, None, 3)]
    assert rows_to_write(untold, [HourlyAmount(NOON, 2, 105)]) == [StatisticRow(NOON, 105, 2)]
    assert rows_to_write(untold, [HourlyAmount(NOON, 2, 105), HourlyAmount(NOON + HOUR, 0.5, 5, complete=False)]) == [
        StatisticRow(NOON, 105, 2)
    ]


def test_counter_that_is_the_same_but_for_rounding_is_not_written_again() -> None:
    assert rows_to_write([StatisticRow(NOON, 105, 2)], [HourlyAmount(NOON, 2, 105 + 1e-9)]) == []
