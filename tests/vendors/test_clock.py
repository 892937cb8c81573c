"""The service's time: an error of the machine's clock is believed when two answers in a row show it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import tzset

import pytest

from custom_components.energy_clouds.vendors.clock import ServiceClock, http_date

NOW = datetime(2026, 11, 17, 10, tzinfo=UTC)


def clock_after(*errors: float | None) -> ServiceClock:
    """The clock after answers that have shown those errors; None for one without a date."""
    clock = ServiceClock(lambda: NOW)
    for error in errors:
        shown = None if error is None else format_datetime(NOW + timedelta(seconds=error), usegmt=True)
        clock.observe(shown)
    return clock


def shown_after(*errors: float | None) -> float:
    """By how many seconds the clock is corrected then."""
    return (clock_after(*errors).now() - NOW).total_seconds()


@pytest.mark.parametrize(
    ("errors", "corrected"),
    [
        ((), 0),
        # One answer may be an old one that somebody has kept.
        ((3600,), 0),
        ((3600, 3600), 3600),
        ((-3600, -3600), -3600),
        ((3600, 3630), 3630),
        ((3600, 3631), 0),
        ((3600, -3600), 0),
        ((3600, -3600, -3600), -3600),
        # Half a minute is what an answer may take.
        ((30, 30), 0),
        ((31, 31), 31),
        ((-31, -31), -31),
        # Whoever is wrong by a day shows no time at all.
        ((86399, 86399), 86399),
        ((86400, 86400), 0),
        ((-86400, -86400), 0),
        # A clock that was set right is right when two answers say so.
        ((3600, 3600, 0), 3600),
        ((3600, 3600, 0, 0), 0),
        ((3600, 3600, None), 3600),
        ((3600, 3600, None, None), 0),
        ((3600, None, 3600), 0),
    ],
)
def test_two_answers_in_a_row_are_believed(errors: tuple[float | None, ...], corrected: float) -> None:
    assert shown_after(*errors) == corrected


@pytest.mark.parametrize(
    ("errors", "doubtful"),
    [
        ((), False),
        ((0, 30), False),
        ((3600,), True),
        ((3600, 3600), False),
        ((3600, 3600, 0), True),
        ((3600, 3600, 0, 0), False),
        # Two machines, or a proxy whose date stands still: there is nothing to wait for.
        ((60, 120), True),
        ((60, 120, 180), False),
        ((60, 120, 180, 240), False),
        ((60, 120, 180, 180, 0), True),
    ],
)
def test_answer_that_contradicts_the_clock_is_doubted_for_a_while(errors: tuple[float, ...], doubtful: bool) -> None:
    assert clock_after(*errors).is_doubtful is doubtful


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Tue, 17 Nov 2026 10:00:00 GMT", NOW),
        ("Tue, 17 Nov 2026 11:00:00 +0100", NOW),
        # This is how the standard library says that nobody knows the time zone.
        ("Tue, 17 Nov 2026 10:00:00 -0000", NOW),
        ("", None),
        ("soon", None),
        ("Tue, 37 Nov 2026 10:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
    ],
)
def test_http_date_wherever_the_machine_is(text: str, date: datetime | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    tzset()
    try:
        found = http_date(text)
    finally:
        monkeypatch.undo()
        tzset()
    assert found == date
    assert found is None or found.tzinfo is UTC
