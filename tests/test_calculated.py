"""Energy that is calculated from power: exactly the area below the line through the samples, and it never shrinks."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
import json
import math

from hypothesis import given, strategies as st
import msgspec
import pytest

from custom_components.energy_clouds.calculated import CalculatedEnergy, CalculatedPoint, CountedPower, Sign
from custom_components.energy_clouds.statistics import has_statistic
from custom_components.energy_clouds.storage import to_builtins
from custom_components.energy_clouds.vendors.model import Nature, Phase, Point, PointId, Quantity, Sample, Value

START = datetime(2026, 11, 17, 10, tzinfo=UTC)
LATER = START + timedelta(days=30)
POWER = Point(
    id=PointId(device_id="meter", key="power"),
    quantity=Quantity.POWER,
    nature=Nature.GAUGE,
    unit="W",
    cadence=timedelta(minutes=20),
)
LONGEST_GAP = 3600


def sample(minute: float, value: Value) -> Sample:
    return Sample(time=START + timedelta(minutes=minute), value=value)


def counted(*samples: Sample, energy: CalculatedEnergy | None = None, power: Point = POWER) -> tuple[float | None, ...]:
    """What the registers of both signs have counted after those samples; None for one that there is not."""
    energy = energy or CalculatedEnergy()
    for one in samples:
        energy.take(power, one, LATER)
    shown = dict(energy.samples(power))
    assert shown.keys() == {point.id for point in energy.points([power])}
    return tuple(_number(shown.get(PointId(device_id="meter", key=f"power{sign}"))) for sign in Sign)


def _number(found: Sample | None) -> float | None:
    if found is None:
        return None
    assert isinstance(found.value, float)
    return found.value


def test_even_power_is_power_times_time() -> None:
    assert counted(sample(0, 1200.0), sample(30, 1200.0)) == (600.0, None)


def test_power_between_two_samples_changes_evenly() -> None:
    assert counted(sample(0, 0.0), sample(60, 1000.0)) == (500.0, None)


def test_what_is_below_zero_is_counted_apart_from_where_it_crosses() -> None:
    assert counted(sample(0, 300.0), sample(60, -100.0)) == (112.5, 12.5)
    assert counted(sample(0, -100.0), sample(60, 300.0)) == (112.5, 12.5)


def test_register_is_there_from_the_first_sample_of_its_sign_on() -> None:
    assert counted() == (None, None)
    assert counted(sample(0, 5.0)) == (0.0, None)
    assert counted(sample(0, -5.0)) == (None, 0.0)
    assert counted(sample(0, -5.0), sample(60, -5.0)) == (None, 5.0)
    # At night a solar roof gives nothing, and that is counted.
    assert counted(sample(0, 0.0), sample(60, 0.0)) == (0.0, None)
    assert counted(sample(0, -0.0)) == (0.0, None)


@pytest.mark.parametrize(
    ("cadence", "longest"),
    [(timedelta(minutes=20), 60), (timedelta(minutes=1), 3), (None, 60), (timedelta(hours=1), 180)],
)
def test_gap_is_bridged_up_to_three_cadences(cadence: timedelta | None, longest: float) -> None:
    power = msgspec.structs.replace(POWER, cadence=cadence)
    assert counted(sample(0, 60.0), sample(longest, 60.0), power=power) == (longest, None)
    assert counted(sample(0, 60.0), sample(longest + 0.01, 60.0), power=power) == (0.0, None)
    # It goes on behind the gap.
    after = sample(longest + 1, 60.0), sample(longest + 2, 60.0)
    assert counted(sample(0, 60.0), *after, power=power) == (1.0, None)


def test_sample_that_is_not_later_counts_nothing() -> None:
    energy = CalculatedEnergy()
    assert energy.take(POWER, sample(0, 60.0), LATER)
    assert energy.take(POWER, sample(1, 60.0), LATER)
    before = energy.powers()
    assert not energy.take(POWER, sample(1, 60.0), LATER)
    assert not energy.take(POWER, sample(0.5, 9000.0), LATER)
    assert energy.powers() == before


def test_corrected_sample_counts_for_what_follows() -> None:
    assert counted(sample(0, 60.0), sample(1, 60.0), sample(1, 180.0), sample(2, 180.0)) == (4.0, None)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "60", True, START])
def test_what_is_no_number_is_ignored(value: Value) -> None:
    assert counted(sample(0, 60.0), sample(1, value), sample(2, 60.0)) == (2.0, None)
    assert counted(sample(0, value)) == (None, None)


def test_what_is_beyond_all_numbers_is_counted_as_nothing() -> None:
    energy = CalculatedEnergy()
    largest, _ = counted(sample(0, 60.0), sample(60, 1.7e308), energy=energy)
    assert largest == pytest.approx(0.85e308)
    assert counted(sample(120, 1.7e308), energy=energy) == (largest, None)
    assert counted(sample(180, -1.7e308), sample(181, -1.7e308), energy=energy)[0] == largest


def test_sample_of_a_time_to_come_is_ignored() -> None:
    energy = CalculatedEnergy()
    assert energy.take(POWER, sample(0, 60.0), START)
    assert not energy.take(POWER, sample(10, 60.0), START + timedelta(minutes=9))
    assert energy.take(POWER, sample(10, 60.0), START + timedelta(minutes=10))


def test_last_sample_that_was_taken_in_with_a_wrong_clock_does_not_stop_the_counting() -> None:
    energy = CalculatedEnergy()
    assert counted(sample(600, 60.0), sample(601, 60.0), energy=energy) == (1.0, None)
    now = START + timedelta(minutes=5)
    for minute in (1, 2, 3):
        assert energy.take(POWER, sample(minute, 60.0), now)
    assert counted(energy=energy) == (3.0, None)


def test_only_powers_in_watts_that_are_gauges_have_registers() -> None:
    others = [
        msgspec.structs.replace(POWER, unit="kW"),
        msgspec.structs.replace(POWER, unit=None),
        msgspec.structs.replace(POWER, nature=Nature.INTERVAL),
        msgspec.structs.replace(POWER, quantity=Quantity.APPARENT_POWER, unit="VA"),
    ]
    energy = CalculatedEnergy()
    energy.take(POWER, sample(0, 60.0), LATER)
    assert [list(energy.points([other])) for other in others] == [[]] * len(others)


def points(power: Point) -> list[CalculatedPoint]:
    energy = CalculatedEnergy()
    energy.take(power, sample(0, 1.0), LATER)
    energy.take(power, sample(1, -1.0), LATER)
    return list(energy.points([power]))


@pytest.mark.parametrize(
    ("meaning", "meanings"),
    [
        ("consumption", ["consumption_calculated_import", "consumption_calculated_export"]),
        ("delivery", ["delivery_calculated_import", "delivery_calculated_export"]),
        (None, ["power_calculated_import", "power_calculated_export"]),
        ("production", ["production_calculated_export", "production_calculated_import"]),
        ("return_delivery", ["return_delivery_calculated_export", "return_delivery_calculated_import"]),
    ],
)
def test_what_is_in_and_what_is_out_depends_on_the_powers_meaning(meaning: str | None, meanings: list[str]) -> None:
    found = points(msgspec.structs.replace(POWER, meaning=meaning))
    assert [point.meaning for point in found] == meanings
    # Whatever it is taken to mean: ids are for ever.
    assert [point.id.key for point in found] == ["power_positive_energy", "power_negative_energy"]


def test_register_is_like_its_power() -> None:
    power = msgspec.structs.replace(POWER, name="Server room", phase=Phase.L1, noisy=True, meaning="production")
    for point in points(power):
        assert (point.quantity, point.nature, point.unit) == (Quantity.ENERGY, Nature.REGISTER, "Wh")
        assert (point.cadence, point.noisy, point.power) == (power.cadence, True, power)
        # The name that the vendor has for the power says it all.
        assert (point.name, point.phase) == (None, None)
        assert point.meaning in ("named_calculated_export", "named_calculated_import")
    assert {point.phase for point in points(msgspec.structs.replace(POWER, phase=Phase.L1))} == {Phase.L1}


def test_register_has_no_statistic_besides_that_of_its_entity() -> None:
    for point in points(POWER):
        assert not has_statistic(point)


def test_forgotten_device_begins_anew() -> None:
    energy = CalculatedEnergy()
    counted(sample(0, 60.0), sample(1, 60.0), energy=energy)
    energy.forget({"another"})
    assert counted(energy=energy) == (1.0, None)
    energy.forget({"meter"})
    assert counted(energy=energy) == (None, None)
    assert energy.powers() == ()
    assert counted(sample(2, 60.0), energy=energy) == (0.0, None)


def restarted(energy: CalculatedEnergy) -> CalculatedEnergy:
    """What is there after everything was written to the disk and read again."""
    stored = json.loads(json.dumps([to_builtins(power) for power in energy.powers()]))
    return CalculatedEnergy(msgspec.convert(stored, tuple[CountedPower, ...]))


def test_time_without_a_zone_cannot_be_read() -> None:
    stored = {"point_id": {"device_id": "meter", "key": "power"}, "time": "2026-11-17T10:00:00", "value": 1.0}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(stored, CountedPower)


type Told = tuple[int, float]
"""A second and the watts then."""

WATTS = st.floats(-1e7, 1e7) | st.integers(-10, 10).map(float) | st.sampled_from([0.0, -0.0, 1e-9, -1e-9])
TOLD = st.lists(st.tuples(st.integers(0, 40_000), WATTS), min_size=2, max_size=40)


def area(told: Sequence[Told]) -> tuple[Fraction, Fraction]:
    """The exact area below the line through all samples in watt-hours, and how much there was to add up."""
    signed = absolute = Fraction(0)
    for (before, first), (after, last) in pairwise(told):
        if after - before <= LONGEST_GAP:
            signed += (Fraction(first) + Fraction(last)) / 2 * (after - before) / 3600
            absolute += (abs(Fraction(first)) + abs(Fraction(last))) * (after - before) / 3600
    return signed, absolute


def total(values: Iterable[float | None]) -> float:
    positive, negative = values
    return (positive or 0.0) - (negative or 0.0)


@given(told=TOLD, restarts=st.sets(st.integers(0, 40)), repeats=st.sets(st.integers(0, 40)), data=st.data())
def test_imported_less_exported_is_the_exact_area_however_the_samples_come(
    told: list[Told], restarts: set[int], repeats: set[int], data: st.DataObject
) -> None:
    told = sorted({second: (second, watts) for second, watts in told}.values())
    energy = CalculatedEnergy()
    shown: tuple[float | None, ...] = (None, None)
    for place, (second, watts) in enumerate(told):
        if place in restarts:
            energy = restarted(energy)
        energy.take(POWER, sample(second / 60, watts), LATER)
        if place in repeats:
            older = data.draw(st.sampled_from(told[: place + 1]))
            energy.take(POWER, sample(older[0] / 60, older[1]), LATER)
        now = counted(energy=energy)
        for before, after in zip(shown, now, strict=True):
            assert before is None or (after is not None and after >= before)
        shown = now
    signed, absolute = area(told)
    assert total(shown) == pytest.approx(float(signed), abs=float(absolute) * 1e-12 + 1e-12)
    # There is a register for each sign that was seen, and for no other.
    assert (shown[0] is not None, shown[1] is not None) == (
        any(watts >= 0 for _, watts in told),
        any(watts < 0 for _, watts in told),
    )


@given(first=WATTS, last=WATTS, share=st.integers(1, 3599))
def test_sample_on_the_line_changes_nothing(first: float, last: float, share: int) -> None:
    between = first + (last - first) * share / 3600
    once = counted(sample(0, first), sample(60, last))
    twice = counted(sample(0, first), sample(share / 60, between), sample(60, last))
    tolerance = max(abs(first), abs(last)) * 1e-9 + 1e-9
    for one, other in zip(once, twice, strict=True):
        assert (one or 0.0) == pytest.approx(other or 0.0, abs=tolerance)
