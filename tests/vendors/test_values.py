"""Single values of answers whose shape no document fixes."""

from datetime import UTC, datetime, timedelta
import json
import math
from time import tzset

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_clouds.vendors.errors import UnexpectedAnswer
from custom_components.energy_clouds.vendors.http import Answer
from custom_components.energy_clouds.vendors.values import (
    LONGEST_NAME,
    LONGEST_WORD,
    MOST_LISTED,
    credible,
    epoch,
    first,
    flag,
    identifier,
    instant,
    json_object,
    name,
    number,
    own_name,
    printable,
    word,
)

THEN = datetime(2021, 1, 1, 7, tzinfo=UTC)
"""1609484400, as the documents of Envitron say."""
NONE_OF_ANY_KIND = [None, [], {}, [5], {"value": 5}, b"5"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5, 5.0),
        (-5.5, -5.5),
        (0, 0.0),
        ("5", 5.0),
        (" -5.5 ", -5.5),
        ("1e3", 1000.0),
        (10**30, 1e30),
        (1e308, 1e308),
        *((value, None) for value in (True, False, "true", "", " ", "5 W", "1_000", "0x10", "5,5", *NONE_OF_ANY_KIND)),
        *((value, None) for value in ("nan", "inf", "-Infinity", "1e999", "9" * 400, 10**400, math.inf, math.nan)),
    ],
)
def test_number(value: object, shown: float | None) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, True),
        (False, False),
        ("true", True),
        (" FALSE ", False),
        *((value, None) for value in ("", "yes", "1", 1, 0, *NONE_OF_ANY_KIND)),
    ],
)
def test_flag(value: object, shown: bool | None) -> None:
    assert flag(value) is shown


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2021-01-01T07:00:00Z", THEN),
        ("2021-01-01t07:00:00Z", THEN),
        ("2021-01-01T07:00:00", THEN),
        ("2021-01-01 07:00:00", THEN),
        ("2021-01-01T07:00:00.000Z", THEN),
        ("2021-01-01T08:00:00+01:00", THEN),
        ("2021-01-01T00:00:00-07:00", THEN),
        *(
            (text, None)
            for text in ("2021-01-01", "07:00:00", "2021-13-01T07:00:00Z", "", "soon", "2021-01-01X07:00:00")
        ),
        *((text, None) for text in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", 1609484400)),
        *((value, None) for value in NONE_OF_ANY_KIND),
    ],
)
def test_instant(text: object, time: datetime | None) -> None:
    found = instant(text)
    assert found == time
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize("text", ["2021-01-01T07:00:00", "2021-01-01T07:00:00Z", "2021-01-01T08:00:00+01:00"])
def test_machines_own_time_zone_is_of_no_account(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    tzset()
    try:
        assert instant(text) == THEN
    finally:
        monkeypatch.undo()
        tzset()


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (1609484400, THEN),
        (1609484400.0, THEN),
        ("1609484400", THEN),
        (1609484400000, THEN),
        ("1609484400000", THEN),
        (1609484400.5, THEN + timedelta(seconds=0.5)),
        ("2021-01-01T07:00:00Z", THEN),
        # So far in the future are seconds, no further.
        (10**11, datetime(5138, 11, 16, 9, 46, 40, tzinfo=UTC)),
        (10**11 + 1, datetime(1973, 3, 3, 9, 46, 40, 1000, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        *(
            (value, None)
            for value in (True, "", "soon", "2021-01-01", 1e300, -1e300, 10**400, "nan", *NONE_OF_ANY_KIND)
        ),
    ],
)
def test_epoch(value: object, time: datetime | None) -> None:
    assert epoch(value) == time


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Main meter", "Main meter"),
        ("  Main \n\t meter ", "Main meter"),
        ("Zähler №1, Köln", "Zähler №1, Köln"),
        ("a\u202eb\u200bc\x00d", "a b c d"),
        ("x" * (LONGEST_NAME + 1), "x" * LONGEST_NAME),
        *((text, None) for text in ("", "  ", "\n", "\u202e", "\ud800", 5, *NONE_OF_ANY_KIND)),
    ],
)
def test_name(text: object, shown: str | None) -> None:
    assert name(text) == shown


@pytest.mark.parametrize(
    ("called", "of", "own"),
    [
        ("Kitchen temperature", "Kitchen", "Temperature"),
        ("KITCHEN: temperature", "kitchen", "Temperature"),
        ("Kitchen_temp", "Kitchen", "Temp"),
        ("Kitchen - T -", "Kitchen", "T"),
        # It is in the name of something else.
        ("Kitchenette", "Kitchen", "Kitchenette"),
        ("Main Kitchen", "Kitchen", "Main Kitchen"),
        ("Power (L1)", "Power (L1", ")"),
        ("Kitchen", "Kitchen", None),
        ("Kitchen, ", "Kitchen", None),
        ("XXL Kitchen XX", "Pump", "XXL Kitchen XX"),
        ("temperature", "Kitchen", "Temperature"),
        ("temperature", None, "temperature"),
        (None, "Kitchen", None),
        (None, None, None),
    ],
)
def test_own_name_leaves_out_what_it_belongs_to(called: str | None, of: str | None, own: str | None) -> None:
    assert own_name(called, of) == own


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("running", "running"),
        (" in \n doubt ", "in doubt"),
        ("x" * LONGEST_WORD, "x" * 255),
        ("x" * (LONGEST_WORD + 1), "x" * 254 + "…"),
        ("xyz" * 100, ("xyz" * 100)[:254] + "…"),
        *((value, None) for value in ("", " ", "\u202e", 5, True, *NONE_OF_ANY_KIND)),
    ],
)
def test_word(value: object, shown: str | None) -> None:
    assert word(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a", "a"),
        ("X", "X"),
        ("A-b_c.d/e f", "A-b_c.d/e f"),
        ("...a", "...a"),
        (5, "5"),
        (0, "0"),
        (-5, "-5"),
        (10**39, "1" + 39 * "0"),
        ("x" * 200, "x" * 200),
        *((value, None) for value in ("", " ", " a", "a ", "a  b", "a\nb", "\u202ea", "\ud800", "x" * 201)),
        # A path cannot hold these.
        *((value, None) for value in (".", "..", "...")),
        *((value, None) for value in (True, False, 5.0, 10**40, *NONE_OF_ANY_KIND)),
    ],
)
def test_identifier(value: object, shown: str | None) -> None:
    assert identifier(value) == shown


def test_first_that_has_a_value() -> None:
    source = {"a": None, "b": 0, "c": 5}
    assert first(source, ("a", "b", "c")) == 0
    assert first(source, ("c", "b")) == 5
    assert first(source, ("a", "x")) is None
    assert first(source, ()) is None


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"detail": "x"}', {"detail": "x"}),
        *((body, {}) for body in (b"", b"[]", b"5", b"null", b"<html>", b"\xff", b"{" * 100_000, b'{"a": 1e999}')),
    ],
    ids=range(9),
)
def test_object_in_a_body(body: bytes, shown: dict[str, object]) -> None:
    assert json_object(Answer(endpoint="x", status=400, body=body)) == shown


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(json_values)
def test_any_value_is_understood_or_left_out(value: object) -> None:
    found = number(value)
    assert found is None or math.isfinite(found)
    assert flag(value) in (None, True, False)
    for time in (instant(value), epoch(value)):
        assert time is None or time.tzinfo is UTC
    for text in (name(value), identifier(value)):
        assert text is None or (text and text.isprintable() and text == printable(text))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_number_is_the_same_as_text(value: float) -> None:
    assert number(json.dumps(value)) == number(value) == value


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)).map(lambda time: time.replace(microsecond=0, tzinfo=UTC))
)
def test_instant_is_the_same_in_every_form(time: datetime) -> None:
    seconds = int(time.timestamp())
    for form in (seconds, str(seconds), seconds * 1000, time.isoformat(), f"{time:%Y-%m-%dT%H:%M:%SZ}"):
        assert epoch(form) == time


def test_list_of_credible_length_is_as_it_is() -> None:
    answer = Answer(endpoint="GET /x", status=200, body=b"")
    assert MOST_LISTED == 20_000
    longest = [5] * MOST_LISTED
    assert credible(longest, answer) is longest
    with pytest.raises(UnexpectedAnswer, match="GET /x: no list of a credible length"):
        credible([*longest, 5], answer)
