"""A register's drop is not published until a second, later sample confirms it, or the vendor corrects itself."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_clouds.registers import RegisterGuard, RegisterReading
from custom_components.energy_clouds.vendors.model import PointId, Sample

START = datetime(2026, 11, 17, 10, tzinfo=UTC)
NOW = START + timedelta(days=1)
POINT = PointId(device_id="meter", key="imp")


def sample(minute: float, value: float) -> Sample:
    return Sample(time=START + timedelta(minutes=minute), value=value)


def published(guard: RegisterGuard, values: list[float]) -> list[float]:
    return [value for minute, value in enumerate(values) if guard.accepts(POINT, sample(minute, value), NOW)]


def test_rising_register_passes() -> None:
    assert published(RegisterGuard(), [35.6, 35.6, 35.7]) == [35.6, 35.6, 35.7]


def test_momentary_zero_is_never_seen() -> None:
    assert published(RegisterGuard(), [35.6, 0.0, 35.7]) == [35.6, 35.7]


def test_older_total_for_a_cycle_is_never_seen() -> None:
    assert published(RegisterGuard(), [35.6, 32.6, 35.6]) == [35.6, 35.6]


def test_reset_is_seen_when_a_later_sample_confirms_it() -> None:
    assert published(RegisterGuard(), [35.6, 0.0, 0.1, 0.2]) == [35.6, 0.1, 0.2]


def test_same_sample_again_confirms_nothing() -> None:
    guard = RegisterGuard()
    guard.accepts(POINT, sample(0, 35.6), NOW)
    assert [guard.accepts(POINT, sample(1, 0.0), NOW) for _ in range(3)] == [False, False, False]
    assert guard.accepts(POINT, sample(2, 0.0), NOW)


def test_falling_further_confirms_nothing() -> None:
    assert published(RegisterGuard(), [35.6, 20.0, 10.0, 0.0, 0.0]) == [35.6, 0.0]


def test_drop_right_after_a_restart_is_held_back_too() -> None:
    before = RegisterGuard()
    before.accepts(POINT, sample(0, 35.6), NOW)
    assert before.readings() == (RegisterReading(point_id=POINT, time=START, value=35.6),)
    after = RegisterGuard(before.readings())
    assert not after.accepts(POINT, sample(1, 0.0), NOW)


def test_samples_older_than_the_accepted_one_confirm_nothing() -> None:
    guard = RegisterGuard([RegisterReading(point_id=POINT, time=START, value=35.6)])
    assert [guard.accepts(POINT, sample(minute, 30.0 + minute / 10), NOW) for minute in (-5, -4, -3)] == [False] * 3
    assert guard.accepts(POINT, sample(1, 35.7), NOW)


def test_sample_with_a_time_to_come_does_not_shut_out_the_true_ones() -> None:
    guard = RegisterGuard([RegisterReading(point_id=POINT, time=NOW + timedelta(hours=5), value=35.6)])
    assert guard.accepts(POINT, sample(1, 35.7), NOW)


def test_registers_of_gone_devices_are_forgotten() -> None:
    guard = RegisterGuard([RegisterReading(point_id=POINT, time=START, value=35.6)])
    guard.forget({"another"})
    assert guard.last(POINT) == sample(0, 35.6)
    guard.forget({POINT.device_id})
    assert guard.last(POINT) is None
    assert guard.readings() == ()


def test_nothing_is_suspected_of_a_device_that_was_gone() -> None:
    guard = RegisterGuard()
    assert published(guard, [35.6, 0.0]) == [35.6]
    guard.forget({POINT.device_id})
    assert published(guard, [35.6, 0.0, 35.7]) == [35.6, 35.7]


def test_words_are_no_register() -> None:
    with pytest.raises(TypeError):
        RegisterGuard().accepts(POINT, Sample(time=START, value="35.6"), NOW)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_every_published_decrease_was_announced(values: list[float]) -> None:
    guard = RegisterGuard()
    last: float | None = None
    for index, value in enumerate(values):
        if guard.accepts(POINT, sample(index, value), NOW):
            if last is not None and value < last:
                assert values[index - 1] < last
                assert values[index - 1] <= value
            last = value


def test_measurement_that_is_told_again_and_lower_is_corrected_when_it_is_told_twice() -> None:
    guard = RegisterGuard()
    guard.accepts(POINT, sample(0, 100_035.6), NOW)
    assert [guard.accepts(POINT, sample(0, 35.6), NOW) for _ in range(2)] == [False, True]
    # The register goes on from there.
    assert guard.accepts(POINT, sample(15, 35.7), NOW)


@pytest.mark.parametrize(("minutes", "is_shut_out"), [(-1, True), (2, True), (2.1, False), (60, False)])
def test_sample_of_a_time_to_come_does_not_shut_out_the_true_ones(minutes: float, is_shut_out: bool) -> None:
    accepted = RegisterReading(point_id=POINT, time=NOW + timedelta(minutes=minutes), value=35.6)
    older = Sample(time=NOW - timedelta(minutes=2), value=35.7)
    assert RegisterGuard([accepted]).accepts(POINT, older, NOW) is not is_shut_out
