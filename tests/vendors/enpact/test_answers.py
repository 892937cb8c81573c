"""Parsing: the documents' own examples give exactly the values printed there, and any JSON at all gives no surprise."""

from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import msgspec
import pytest

from custom_components.energy_clouds.vendors import values
from custom_components.energy_clouds.vendors.enpact import answers
from custom_components.energy_clouds.vendors.enpact.fields import CONTROLLERS, KINDS, METERS, Field, Kind
from custom_components.energy_clouds.vendors.errors import CannotConnect, UnexpectedAnswer, VendorError
from custom_components.energy_clouds.vendors.http import Answer

DOCUMENTS = Path(__file__).parent / "documents"
THEN = datetime(2025, 8, 3, 10, tzinfo=UTC)
NOW = THEN + timedelta(minutes=5)


def documented(name: str) -> Answer:
    return Answer(endpoint="POST /batch", status=200, body=(DOCUMENTS / f"{name}.json").read_bytes())


def answered(body: Any, status: int = 200) -> Answer:
    return Answer(endpoint="POST /batch", status=status, body=msgspec.json.encode(body))


def field(kind: Kind, name: str) -> Field:
    return next(one for one in kind.fields if one.name == name)


def newest(table: answers.Table, identifier: str, kind: Kind) -> dict[str, tuple[datetime, object]]:
    rows = table.rows[identifier]
    samples = {one.name: answers.newest_sample(rows, one, table.units) for one in kind.fields}
    return {name: (sample.time, sample.value) for name, sample in samples.items() if sample is not None}


@pytest.mark.parametrize(
    ("kind", "environment", "ids"),
    [
        (CONTROLLERS, "production", ("esl-nt3-5555A1B2C3D4", "esl-nt3-5555E5F6A7B8", "esl-nt3-5555C9D0E1F2")),
        (CONTROLLERS, "sandbox", tuple(f"esl-nt3-test-device-00{number}" for number in range(1, 6))),
        (METERS, "production", ("meter-building-a-001", "meter-building-a-002", "meter-building-b-001")),
        (
            METERS,
            "sandbox",
            (
                "meter-single-001",
                "meter-single-002",
                "meter-three-004",
                "meter-three-005",
                "meter-advanced-007",
                "iemtr-sdm-test001",
            ),
        ),
    ],
)
def test_documented_lists(kind: Kind, environment: str, ids: tuple[str, ...]) -> None:
    assert answers.listed_ids(documented(f"list_{kind.path}_{environment}"), kind) == ids


def test_documented_raw_rows_of_a_controller() -> None:
    table = answers.data_table(documented("devices_raw"), NOW)
    row = THEN + timedelta(seconds=30)
    assert newest(table, "esl-nt3-5555A1B2C3D4", CONTROLLERS) == {
        "coolantIn": (row, 1.3),
        "coolantOut": (row, 2.2),
        "space": (row, 4.9),
        "cpuTemp": (row, 32.8),
        "compressorEnergySaverEnabled": (row, False),
        "fanEnergySaverEnabled": (row, True),
    }


def test_documented_aggregate_of_a_controller() -> None:
    table = answers.data_table(documented("devices_window"), NOW)
    shares = answers.shares_of(table.rows["esl-nt3-5555A1B2C3D4"])
    assert [(one.meaning, one.unit, sample.time, sample.value) for one, sample in shares] == [
        ("compressor_energy_saving", "%", THEN, 20.0),
        ("fan_energy_saving", "%", THEN, 80.0),
    ]


def test_documented_raw_rows_of_an_advanced_meter() -> None:
    table = answers.data_table(documented("meters_raw_advanced"), NOW)
    row = THEN + timedelta(minutes=1)
    printed = {
        "c1": 15.0, "c2": 14.7, "c3": 14.9,
        "v1": 230.2, "v2": 229.5, "v3": 230.8,
        "p1": 3465.0, "p2": 3380.0, "p3": 3485.0,
        "pf1": 0.94, "pf2": 0.93, "pf3": 0.94,
        "freq": 49.9, "imp": 1234.7, "exp": 0.1, "fault": False,
    }  # fmt: skip
    rows = table.rows["meter-advanced-007"]
    assert newest(table, "meter-advanced-007", METERS) == {name: (row, value) for name, value in printed.items()}
    total = answers.newest_total_power(rows, table.units)
    assert total is not None
    assert (total.time, total.value) == (row, 10330.0)
    assert answers.newest_text(rows, "deviceName") == "Advanced Energy Meter"
    assert answers.newest_text(rows, "gwId") == "pgw-nec1"
    registers = answers.samples_of(rows, field(METERS, "imp"), table.units)
    assert [sample.value for sample in registers] == [1234.5, 1234.6, 1234.7]


def test_documented_rows_of_a_single_phase_meter_have_one_current_only() -> None:
    table = answers.data_table(documented("meters_raw_single"), NOW)
    row = THEN + timedelta(seconds=30)
    assert newest(table, "meter-single-001", METERS) == {"c1": (row, 12.7), "fault": (row, False)}


def test_documented_rows_of_a_three_phase_meter_have_three_currents_only() -> None:
    table = answers.data_table(documented("meters_raw_three"), NOW)
    row = THEN + timedelta(seconds=30)
    currents = {"c1": (row, 18.4), "c2": (row, 17.9), "c3": (row, 18.1)}
    assert newest(table, "meter-three-004", METERS) == {**currents, "fault": (row, False)}
    assert answers.newest_total_power(table.rows["meter-three-004"], table.units) is None


@pytest.mark.parametrize("name", ["meters_window_advanced", "meters_window_batch"])
def test_documented_aggregates_are_no_raw_values(name: str) -> None:
    table = answers.data_table(documented(name), NOW)
    for identifier in table.rows:
        assert newest(table, identifier, METERS) == {"fault": (THEN, False)}


@pytest.mark.parametrize(
    "data",
    [[], {}, None, {"meter": []}, {"meter": None}, {"meter": [None, 7, "x", []]}, {"meter": "none"}, {"meter": {}}],
)
def test_every_shape_of_an_empty_answer(data: Any) -> None:
    assert not any(answers.data_table(answered({"data": data}), NOW).rows.values())


@pytest.mark.parametrize("body", [[], "none", 7, None, {}, {"meta": {}}, {"data": "x"}, {"data": [{"timestamp": "x"}]}])
def test_undocumented_shapes_of_an_answer_are_named(body: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="POST /batch"):
        answers.data_table(answered(body), NOW)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{", b"\xff\xfe", b'{"data":' + b"[" * 200_000],
    ids=["empty", "HTML", "cut", "binary", "deep"],
)
def test_what_is_no_json_is_no_answer(body: bytes) -> None:
    answer = Answer(endpoint="POST /batch", status=200, body=body)
    with pytest.raises(CannotConnect):
        answers.data_table(answer, NOW)
    with pytest.raises(CannotConnect):
        answers.listed_ids(answer, METERS)
    assert answers.error_message(answer) is None


@pytest.mark.parametrize(("fields", "units"), [({"p1": 1.7e308}, {"p1": "MW"}), ({"imp": "1.7e308"}, {"imp": "MWh"})])
def test_value_that_no_number_can_hold_is_absent(fields: dict[str, Any], units: dict[str, str]) -> None:
    row = {"timestamp": "2025-08-03T10:00:00+00:00", **fields}
    table = answers.data_table(answered({"data": {"meter": [row]}, "meta": {"units": units}}), NOW)
    assert newest(table, "meter", METERS) == {}


def test_sum_that_no_number_can_hold_is_absent() -> None:
    row = {"timestamp": "2025-08-03T10:00:00+00:00", "p1": 1.7e308, "p2": 1.7e308, "p3": 1.7e308}
    table = answers.data_table(answered({"data": {"meter": [row]}}), NOW)
    assert answers.newest_total_power(table.rows["meter"], table.units) is None


@pytest.mark.parametrize(
    ("powers", "units", "total"),
    [
        ((0.1, 0.2, 0.3), {}, 0.6),
        ((0.1234567, 0.1, 0.1), {}, 0.323457),
        ((1, 2, 3), {"p1": "kW", "p3": "W"}, 1005),
        ((1, 2, 3), {"p1": "BTU"}, None),
        ((1, 2, None), {}, None),
    ],
)
def test_power_of_three_phases(powers: tuple[float | None, ...], units: dict[str, str], total: float | None) -> None:
    row = {"timestamp": "2025-08-03T10:00:00Z", **dict(zip(("p1", "p2", "p3"), powers, strict=True))}
    table = answers.data_table(answered({"data": {"meter": [row]}, "meta": {"units": units}}), NOW)
    sample = answers.newest_total_power(table.rows["meter"], table.units)
    assert (sample.value if sample else None) == total


def test_answer_that_names_no_units_has_the_documented_ones() -> None:
    rows = [{"timestamp": f"2025-08-03T10:0{number}:00Z", "imp": number} for number in range(3)]
    table = answers.data_table(answered({"data": {"meter": rows}}), NOW)
    samples = answers.samples_of(table.rows["meter"], field(METERS, "imp"), table.units)
    assert [sample.value for sample in samples] == [0.0, 1.0, 2.0]


def test_newest_text_is_cut_to_what_a_name_may_be() -> None:
    rows = [{"timestamp": f"2025-08-03T10:0{n}:00Z", "deviceName": name} for n, name in enumerate(("a", "x" * 256, ""))]
    table = answers.data_table(answered({"data": {"meter": rows}}), NOW)
    assert answers.newest_text(table.rows["meter"], "deviceName") == "x" * 255


def test_refusal_tells_what_is_wrong_in_the_documented_forms_only() -> None:
    assert answers.error_message(answered({"message": "no"}, 400)) == "no"
    assert answers.error_message(answered({"message": 5}, 400)) is None
    for status, told in ((400, {"deviceIds.4"}), (422, {"deviceIds.4"}), (403, set()), (404, set())):
        assert answers.rejected_parameters(answered({"errors": {"deviceIds.4": ["bad"]}}, status)) == told
    assert answers.rejected_parameters(answered({"errors": ["deviceIds.4"]}, 400)) == set()


def test_row_given_as_an_object_is_a_row() -> None:
    row = {"timestamp": "2025-08-03T10:00:00+00:00", "c1": 1.5}
    table = answers.data_table(answered({"data": {"meter": row}}), NOW)
    assert newest(table, "meter", METERS) == {"c1": (THEN, 1.5)}


def test_bad_rows_cost_themselves_only() -> None:
    rows = [7, None, {"c1": 1}, {"timestamp": "never", "c1": 2}, {"timestamp": "2025-08-03T10:00:00Z", "c1": 3}]
    table = answers.data_table(answered({"data": {"meter": rows, "other": "x"}}), NOW)
    assert newest(table, "meter", METERS) == {"c1": (THEN, 3.0)}


def test_newest_row_wins_by_its_own_timestamp() -> None:
    stamps = ["2025-08-03T10:01:00+00:00", "2025-08-03T10:02:00+00:00", "2025-08-03T10:00:00+00:00"]
    rows = [{"timestamp": stamp, "c1": number} for number, stamp in enumerate(stamps)]
    table = answers.data_table(answered({"data": {"meter": rows}}), NOW)
    assert newest(table, "meter", METERS) == {"c1": (THEN + timedelta(minutes=2), 1.0)}


def test_field_that_the_newest_row_lacks_keeps_its_older_time() -> None:
    rows = [
        {"timestamp": "2025-08-03T10:00:00+00:00", "c1": 1, "imp": 7},
        {"timestamp": "2025-08-03T10:01:00+00:00", "c1": 2, "imp": None},
    ]
    table = answers.data_table(answered({"data": {"meter": rows}}), NOW)
    assert newest(table, "meter", METERS) == {"c1": (THEN + timedelta(minutes=1), 2.0), "imp": (THEN, 7.0)}


@pytest.mark.parametrize(("seconds_ahead", "rows"), [(60, 1), (61, 0)])
def test_rows_later_than_now_plus_a_minute_are_ignored(seconds_ahead: int, rows: int) -> None:
    stamp = (NOW + timedelta(seconds=seconds_ahead)).isoformat()
    table = answers.data_table(answered({"data": {"meter": [{"timestamp": stamp, "c1": 1}]}}), NOW)
    assert len(table.rows["meter"]) == rows


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2025-08-03T10:00:00+00:00", THEN),
        ("2025-08-03T10:00:00Z", THEN),
        ("2025-08-03 10:00:00", THEN),
        ("2025-08-03T12:00:00+02:00", THEN),
        ("2025-08-03T10:00:00.000000Z", THEN),
        ("2025-08-03", None),
        ("now", None),
        ("0001-01-01T00:00:00+14:00", None),
        (1754215200, None),
        (None, None),
    ],
)
def test_times(text: object, time: datetime | None) -> None:
    assert values.instant(text) == time


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (50, 50.0), (50.5, 50.5), ("50", 50.0), ("-0.5", -0.5), (" 7 ", 7.0), (0, 0.0),
        (True, None), (None, None), ("", None), ("nan", None), ("inf", None), ("1_0", None), ("0x10", None),
        (10**400, None), ("1e400", None), ([1], None), ({"avg": 1}, None),
    ],
)  # fmt: skip
def test_numbers(value: object, number: float | None) -> None:
    assert values.number(value) == number


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        ("true", True),
        ("false", False),
        ("TRUE", True),
        (" False ", False),
        (True, True),
        (False, False),
        ("No", None),
        (None, None),
        (1, None),
        ("", None),
    ],
)
def test_flags(value: object, flag: bool | None) -> None:
    assert values.flag(value) is flag


@pytest.mark.parametrize(
    ("name", "unit", "sent", "shown"),
    [
        ("imp", "kWh", 1.5, 1.5),
        ("imp", "Wh", 1500, 1.5),
        ("imp", "MWh", 1.5, 1500.0),
        ("p1", "kW", 1.5, 1500.0),
        ("pf1", "", 0.9, 0.9),
        ("pf1", None, 0.9, 0.9),
        ("imp", "BTU", 1.5, None),
        ("pf1", "%", 90, None),
        ("c1", 7, 1.5, None),
        ("c1", ["A"], 1.5, None),
    ],
)
def test_unit_that_the_answer_names_is_believed(name: str, unit: object, sent: float, shown: float | None) -> None:
    body = {"data": {"meter": [{"timestamp": "2025-08-03T10:00:00Z", name: sent}]}, "meta": {"units": {name: unit}}}
    table = answers.data_table(answered(body), NOW)
    assert newest(table, "meter", METERS) == ({} if shown is None else {name: (THEN, shown)})
    assert len(answers.samples_of(table.rows["meter"], field(METERS, name), table.units)) == (shown is not None)


@pytest.mark.parametrize(
    ("celsius", "broken"), [(-49.9, False), (-50, True), (-50.0, True), (-55.3, True), ("-60", True)]
)
def test_broken_probe_has_no_temperature(celsius: object, broken: bool) -> None:
    rows = [
        {"timestamp": "2025-08-03T10:00:00Z", "space": 4.5},
        {"timestamp": "2025-08-03T10:01:00Z", "space": celsius},
    ]
    table = answers.data_table(answered({"data": {"controller": rows}}), NOW)
    space = field(CONTROLLERS, "space")
    assert answers.is_broken_probe(table.rows["controller"], space) is broken
    assert newest(table, "controller", CONTROLLERS)["space"] == (
        (THEN, 4.5) if broken else (THEN + timedelta(minutes=1), -49.9)
    )


@pytest.mark.parametrize("percent", [0, 20.5, 100])
def test_share_is_a_percentage(percent: float) -> None:
    row = {"timestamp": "2025-08-03T10:00:00Z", "fanEnergySaverEnabled": {"percentTrue": percent}}
    table = answers.data_table(answered({"data": {"controller": [row]}}), NOW)
    assert [sample.value for _, sample in answers.shares_of(table.rows["controller"])] == [percent]


@pytest.mark.parametrize("percent", [-1, 101, True, None, "x", {"percentTrue": 5}])
def test_share_that_is_no_percentage_is_absent(percent: object) -> None:
    row = {"timestamp": "2025-08-03T10:00:00Z", "fanEnergySaverEnabled": {"percentTrue": percent}}
    table = answers.data_table(answered({"data": {"controller": [row]}}), NOW)
    assert answers.shares_of(table.rows["controller"]) == []


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"meters": ["a", "b", "a"]}, ("a", "b")),
        ({"meters": []}, ()),
        ({"meters": {}}, ()),
        ({"meters": None}, ()),
        ({"meters": ["a", 7, None, "", " a", "x" * 201, "a\nb", ["c"]]}, ("a",)),
        ({"meters": ["x" * 200]}, ("x" * 200,)),
    ],
)
def test_listed_ids(body: Any, ids: tuple[str, ...]) -> None:
    assert answers.listed_ids(answered(body), METERS) == ids


@pytest.mark.parametrize("body", [[], {}, {"meters": "a"}, {"devices": []}, 7])
def test_undocumented_lists_are_named(body: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="POST /batch"):
        answers.listed_ids(answered(body), METERS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
names = st.sampled_from(["timestamp", "deviceName", "gwId", *(one.name for kind in KINDS for one in kind.fields)])
stamps = st.sampled_from(["2025-08-03T10:00:00Z", "2025-08-03T10:04:30+00:00", "9999-12-31T23:59:59-14:00"])
aggregates = st.dictionaries(st.sampled_from(["avg", "min", "max", "unit", "percentTrue"]), json_values)
rows = st.dictionaries(names, json_values | stamps | aggregates) | json_values
envelopes = st.fixed_dictionaries(
    {"data": st.dictionaries(st.text(), st.lists(rows) | rows) | json_values},
    optional={
        "meta": st.fixed_dictionaries({"units": st.dictionaries(names, json_values) | json_values}) | json_values
    },
)


def parse_everything(answer: Answer) -> None:
    for kind in KINDS:
        try:
            for identifier in answers.listed_ids(answer, kind):
                assert isinstance(identifier, str)
        except VendorError:
            pass
        assert isinstance(answers.unauthorized_ids(answer, kind), frozenset)
        try:
            table = answers.data_table(answer, NOW)
        except VendorError:
            continue
        for one in table.rows.values():
            for field_ in kind.fields:
                sample = answers.newest_sample(one, field_, table.units)
                assert sample is None or sample.time <= NOW + timedelta(minutes=1)
                answers.samples_of(one, field_, table.units)
                answers.is_broken_probe(one, field_)
            answers.newest_total_power(one, table.units)
            answers.shares_of(one)
            answers.newest_text(one, "deviceName")
    answers.error_message(answer)
    answers.rejected_parameters(answer)


@given(json_values | envelopes)
def test_any_json_raises_nothing_but_the_five_errors(value: object) -> None:
    parse_everything(Answer(endpoint="x", status=200, body=json.dumps(value).encode()))


@given(st.binary())
def test_any_bytes_raise_nothing_but_the_five_errors(body: bytes) -> None:
    parse_everything(Answer(endpoint="x", status=200, body=body))
