"""Rows that come late, never, twice, or wrong at first, in the simulators of the vendors that have a past."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.simulators import enapter, eniris
from tests.simulators.clock import SimClock
from tests.simulators.enapter import EnapterSimulator
from tests.simulators.enectiva import EnectivaSimulator
from tests.simulators.eniris import EnirisSimulator
from tests.simulators.enpact import EnpactSimulator
from tests.simulators.misreadings import Misreading

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOON + 5 * HOUR


def wrong() -> Misreading:
    """A value that is 7 too high in the hour before noon, until hours later."""
    return Misreading(NOON - HOUR, NOON, LATER, lambda _time, value: value + 7)


@pytest.mark.parametrize(
    ("time", "now", "value"),
    [
        (NOON - HOUR, NOON, 8),
        (NOON, NOON, 1),
        (NOON - HOUR - timedelta(seconds=1), NOON, 1),
        (NOON - HOUR, LATER, 1),
    ],
)
def test_misreading_has_a_span_and_an_end(time: datetime, now: datetime, value: float) -> None:
    assert wrong().told(time, 1, now) == value


def test_enapter_reports_are_wrong_late_or_lost() -> None:
    simulator, attribute = EnapterSimulator(clock=SimClock(LATER)), "energy_lifetime"
    before = NOON - timedelta(minutes=1)
    true = simulator.truth(enapter.POWER_METER, attribute, before)
    simulator.misread(enapter.POWER_METER, attribute, wrong())
    told = simulator.truth(enapter.POWER_METER, attribute, before)
    assert true is not None
    assert told is not None
    assert told.value == pytest.approx(true.value + 7)
    simulator.delay_reports(enapter.POWER_METER, NOON - HOUR, NOON, LATER)
    simulator.lose_reports(enapter.POWER_METER, NOON - 2 * HOUR, NOON - HOUR)
    telemetry, device = simulator.telemetry, simulator.devices[enapter.POWER_METER]
    newest = telemetry.reported(device, before)
    assert newest is not None
    assert NOON - 2 * HOUR - timedelta(seconds=device.cadence) <= newest < NOON - 2 * HOUR
    assert not list(telemetry.reports(device, NOON - 2 * HOUR, NOON, NOON))
    assert min(telemetry.reports(device, NOON - 2 * HOUR, NOON, LATER)) >= (NOON - HOUR).timestamp()


def test_enectiva_readings_are_wrong_twice_or_begin_again() -> None:
    simulator = EnectivaSimulator(clock=SimClock(LATER))
    log, time = simulator.meters["42"].log, NOON - HOUR / 4
    true = simulator.seen(log, NOON).value(time)
    simulator.misread("42", wrong())
    simulator.double_reading("42", time)
    assert simulator.seen(log, NOON).value(time) == pytest.approx(true + 7)
    assert simulator.seen(log, LATER).value(time) == true
    assert list(simulator.seen(log, LATER).times(time, NOON)) == [time, time]
    simulator.reset_register("42", NOON)
    assert simulator.seen(log, LATER).value(NOON) == 0
    assert simulator.seen(log, LATER).value(time) == true


def test_eniris_rows_are_wrong_for_a_while() -> None:
    clock, field = SimClock(NOON - timedelta(minutes=1)), "importedAbsEnergyTot_Wh"
    simulator = EnirisSimulator(clock=clock)
    true = simulator.newest(eniris.GRID_METER, field)
    simulator.misread(eniris.GRID_METER, field, wrong())
    told = simulator.newest(eniris.GRID_METER, field)
    assert true is not None
    assert told is not None
    assert told[0] == true[0]
    assert float(told[1] or 0) == pytest.approx(float(true[1] or 0) + 7)


def test_enpact_rows_are_kept_back_or_wrong() -> None:
    simulator, meter, now = EnpactSimulator(clock=SimClock(LATER)), "meter-building-a-001", NOON - HOUR / 2
    kept = simulator.keep_back_rows(meter, NOON - HOUR, NOON, LATER)
    assert kept.applied({"imp": 1.0}, now, NOON) is None
    assert kept.applied({"imp": 1.0}, now, LATER) == {"imp": 1.0}
    edit = simulator.misread(meter, "imp", wrong())
    assert edit.applied({"imp": 1.0, "exp": 1.0}, now, NOON) == {"imp": 8.0, "exp": 1.0}
    assert edit.applied({"imp": 1.0}, now, LATER) == {"imp": 1.0}
