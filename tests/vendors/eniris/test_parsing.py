"""What is read of Eniris' answers: every documented form, and nothing of what no query could be made of."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from custom_components.energy_clouds.vendors.eniris import answers
from custom_components.energy_clouds.vendors.eniris.answers import Listed, Source
from custom_components.energy_clouds.vendors.errors import UnexpectedAnswer
from custom_components.energy_clouds.vendors.http import Answer

THEN = datetime(2026, 11, 17, 10, tzinfo=UTC)
STAMP = "2026-11-17T10:00:00Z"
STORE = b'{"database":"db","retentionPolicy":"rp"}'
SERIES = {"measurement": "m", "database": "db", "retentionPolicy": "rp", "fields": ["a_W"], "tags": {"nodeId": "n"}}
SOURCE = Source(measurement="m", store=STORE, policy="rp", tags=(("nodeId", "n"),))


def answered(body: Any) -> Answer:
    return Answer(endpoint="POST /x", status=200, body=msgspec.json.encode(body))


def listed(**properties: Any) -> Listed | None:
    """The device with those properties, as it is read."""
    devices = answers.listing_of(answered({"device": [{"id": 7, "properties": properties}]})).devices
    return devices[0] if devices else None


def series_of(**changed: Any) -> list[tuple[Source, tuple[str, ...]]]:
    """What is read of a series that is changed so."""
    device = listed(nodeId="n", nodeInfluxSeries=[SERIES | changed])
    assert device is not None
    assert device.series is not None
    return list(device.series)


def rows_of(most: int | None = None, **series: Any) -> list[tuple[datetime, dict[str, object]]]:
    """The rows that are read of a series."""
    [item] = answers.items_of(answered([{"series": [series]}]), [SOURCE], most)
    assert item is not None
    return [(time, dict(cells)) for time, cells in item.rows]


def test_device_with_all_that_it_has() -> None:
    device = listed(
        nodeId="n", nodeType="powerMeter", name=" Main\nmeter ", nodeParentsIds=["site", 5, "x"], info={"model": "y"}
    )
    assert device == Listed(
        id="n",
        kind="powerMeter",
        name="Main meter",
        parents=("site", "x"),
        info={"model": "y"},
        series=None,
        active=True,
    )


def test_device_with_nothing() -> None:
    empty = Listed(id="7", kind=None, name=None, parents=(), info={}, series=None, active=True)
    assert listed() == empty
    odd: dict[str, Any] = {"nodeType": 5, "name": 5, "nodeParentsIds": "site", "info": [1], "nodeInfluxSeries": {}}
    assert listed(**odd) == empty
    assert answers.listing_of(answered({"device": [{"properties": {}}, 7, {"id": "", "properties": []}]})).devices == ()


@pytest.mark.parametrize(("told", "active"), [(True, True), (None, True), ("no", True), (0, True), (False, False)])
def test_device_is_active_unless_it_says_otherwise(told: object, active: bool) -> None:
    device = listed(isActive=told)
    assert device is not None
    assert device.active is active


def test_each_device_is_listed() -> None:
    body = {"device": [{"id": number, "properties": {"nodeId": name}} for number, name in enumerate("ab")]}
    assert [one.id for one in answers.listing_of(answered(body)).devices] == ["a", "b"]


def test_first_of_two_devices_of_one_id_counts() -> None:
    body = {"device": [7, *({"id": n, "properties": {"nodeId": "n", "name": str(n)}} for n in range(2))]}
    assert [one.name for one in answers.listing_of(answered(body)).devices] == ["0"]


@pytest.mark.parametrize("body", [None, 7, [], {}, {"device": None}, {"device": {}}, {"devices": []}])
def test_answer_without_devices_is_named(body: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="POST /x"):
        answers.listing_of(answered(body))


def test_changes_are_told_in_the_order_of_the_numbers() -> None:
    body = {
        "device": [
            {"id": 10, "lastUpdate": "b"},
            {"id": 9, "lastUpdate": "ä\ud800".encode("utf-8", "replace").decode()},
        ]
    }
    body["device"] += [{"id": "8", "lastUpdate": "c"}, {"id": 7, "lastUpdate": 5}, {"id": 6}]
    changes = answers.listing_of(answered(body)).changes
    assert changes == {10: "b", 9: "ä?"}
    assert answers.skip_hash_text(changes) == "ä?b".encode()
    assert answers.skip_hash_text({1: "a\ud800"}) == b"a?"


def test_series_that_can_be_asked_for() -> None:
    assert series_of() == [(SOURCE, ("a_W",))]
    assert SOURCE.query_from() == {"database": "db", "retentionPolicy": "rp", "measurement": "m"}
    assert series_of(measurement="a-Z_9" * 40) != []
    assert series_of(fields=["b", "a", "b", 5, "", "a_Wh (x)/²³%+*.-", "x" * 200, "x" * 201, "a;b"]) == [
        (SOURCE, ("b", "a", "a_Wh (x)/²³%+*.-", "x" * 200))
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"measurement": None},
        {"measurement": ""},
        {"measurement": "a b"},
        {"measurement": "x" * 201},
        # How long the controller took to ask is no measurement.
        {"measurement": "getMeasStats"},
        {"fields": None},
        {"fields": []},
        {"fields": ["a;b"]},
        {"tags": None},
        {"tags": {}},
        {"tags": {"nodeId": None}},
        {"tags": {"nodeId": "n", "x": []}},
        {"tags": {"nodeId": "n", "x": "\n"}},
        {"tags": {"nodeId": "n", "x": ""}},
        {"tags": {"nodeId": "x" * 501}},
        {"database": None},
        {"retentionPolicy": 5},
    ],
    ids=repr,
)
def test_series_that_no_query_can_ask_for_costs_itself_only(changed: dict[str, Any]) -> None:
    assert series_of(**changed) == []
    device = listed(nodeId="n", nodeInfluxSeries=[7, SERIES | changed, SERIES])
    assert device is not None
    assert device.series == [(SOURCE, ("a_W",))]


def test_tags_are_texts_in_order() -> None:
    tags = {"z": 5, "b": True, "c": False, "nodeId": "é" * 500, "none": None, "f": 1.5}
    [(source, _)] = series_of(tags=tags)
    assert source.tags == (("b", "true"), ("c", "false"), ("f", "1.5"), ("nodeId", "é" * 500), ("z", "5"))


@pytest.mark.parametrize(
    ("namespace", "policy"),
    [
        ({"version": "1", "retentionPolicy": "rp"}, "rp"),
        ({"version": "2", "bucket": "b"}, ""),
        ({"retentionPolicy": 5}, ""),
    ],
)
def test_namespace_is_passed_on_as_it_came(namespace: dict[str, object], policy: str) -> None:
    [(source, _)] = series_of(database=None, namespace=namespace)
    assert msgspec.json.decode(source.store) == {"namespace": namespace}
    assert source.policy == policy
    assert source.query_from() == {"namespace": namespace, "measurement": "m"}
    # It does not depend on the order in which the service tells it.
    [(turned, _)] = series_of(database=None, namespace=dict(reversed(namespace.items())))
    assert turned == source
    # One that tells both is asked for by the older way.
    assert series_of(namespace=namespace) == [(SOURCE, ("a_W",))]
    assert series_of(database=None, namespace={}) == []


def test_rows_are_cells_by_field_with_their_time() -> None:
    values = [[STAMP, 5, "x"], [1794909600000, 6, None], [None, 7, "y"], ["soon", 8, "y"], "row", [1794909600, 9]]
    assert rows_of(columns=["time", "a", "b"], values=values) == [
        (THEN, {"a": 5, "b": "x"}),
        (THEN, {"a": 6, "b": None}),
        (THEN, {"a": 9}),
    ]
    assert rows_of(2, columns=["time", "a"], values=[[STAMP, n] for n in range(9)]) == [
        (THEN, {"a": 0}),
        (THEN, {"a": 1}),
    ]
    assert rows_of(columns=["time", 5], values=[[STAMP, 5]]) == [(THEN, {"": 5})]
    assert rows_of(columns=["time", "a"], values=[]) == []


@pytest.mark.parametrize(
    "series",
    [
        {"columns": ["a"], "values": [[5]]},
        {"columns": "time", "values": [[STAMP]]},
        {"columns": ["time"], "values": {"time": STAMP}},
        {"columns": ["time"], "values": 5},
        {"values": [[STAMP]]},
    ],
)
def test_rows_of_which_none_can_be_read_are_strange(series: dict[str, Any]) -> None:
    [item] = answers.items_of(answered([{"series": [series]}]), [SOURCE], None)
    assert item is not None
    assert (list(item.rows), item.is_strange) == ([], True)


def test_rows_of_which_one_can_be_read_are_not_strange() -> None:
    readable = {"columns": ["time", "a"], "values": [[STAMP, 5]]}
    [item] = answers.items_of(answered([{"series": [{"values": [[STAMP]]}, readable]}]), [SOURCE], None)
    assert item is not None
    assert (len(item.rows), item.is_strange) == (1, False)


@pytest.mark.parametrize(
    ("tags", "number"),
    [({"nodeId": "n"}, 1), ({}, 1), (None, 1), ({"nodeId": None}, 1), ({"nodeId": "other"}, 0), ({"x": "other"}, 1)],
)
def test_rows_of_another_device_are_none(tags: object, number: int) -> None:
    assert len(rows_of(tags=tags, columns=["time"], values=[[STAMP]])) == number


def item(number: int | None, value: int) -> dict[str, object]:
    series = {"columns": ["time", "a"], "values": [[STAMP, value]]}
    return {"series": [series]} | ({} if number is None else {"statement_id": number})


def first_cells(body: Any, asked: int = 2) -> list[object]:
    found = answers.items_of(answered(body), [SOURCE] * asked, None)
    return [None if one is None else [cells["a"] for _, cells in one.rows] for one in found]


def test_item_is_found_by_its_number_or_its_place() -> None:
    assert first_cells([item(1, 5), item(0, 6)]) == [[6], [5]]
    assert first_cells([item(None, 5), item(None, 6)]) == [[5], [6]]
    assert first_cells([item(0, 5), item(0, 6)]) == [[5], [6]]
    assert first_cells([7, item(None, 6)]) == [None, [6]]
    assert first_cells([item(1, 6)]) == [None, [6]]
    assert first_cells(item(None, 5)) == [[5], None]
    assert first_cells([item(0, 5), item(2, 6), item(-1, 7)]) == [[5], None]
    assert first_cells([item(None, 5) | {"statement_id": True}, item(None, 6) | {"statement_id": "0"}]) == [[5], [6]]


@pytest.mark.parametrize("body", [None, 7, "x", [], [7], [{"statement_id": 2}], {"statement_id": -1}])
def test_answer_without_any_result_is_named(body: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="POST /x"):
        answers.items_of(answered(body), [SOURCE] * 2, None)


@pytest.mark.parametrize(
    ("error", "text", "forbidden"),
    [
        ("Unauthorized", "Unauthorized", True),
        ("user is UNAUTHORIZED to read", "user is UNAUTHORIZED to read", True),
        ("timeout", "timeout", False),
        ({"code": 5}, "error", False),
        ("", "error", False),
    ],
)
def test_item_may_be_an_error(error: object, text: str, forbidden: bool) -> None:
    [found] = answers.items_of(answered([{"error": error}]), [SOURCE], None)
    assert found is not None
    assert (list(found.rows), found.error) == ([], text)
    assert (found.is_forbidden, found.has_failed) == (forbidden, not forbidden)


def test_object_that_is_no_item_has_no_place() -> None:
    [number_alone, series_alone, nothing] = answers.items_of(
        answered([{"statement_id": 0}, {"series": []}, {"x": 1}]), [SOURCE] * 3, None
    )
    assert number_alone is not None
    assert series_alone is not None
    assert (number_alone.is_strange, series_alone.is_strange) == (False, False)
    assert nothing is None


def test_item_without_an_error_is_neither_forbidden_nor_failed() -> None:
    [found] = answers.items_of(answered([{"error": None, "series": None}]), [SOURCE], None)
    assert found is not None
    assert (list(found.rows), found.error, found.is_forbidden, found.has_failed) == ([], None, False, False)


def test_number_that_no_machine_holds_is_unexpected() -> None:
    with pytest.raises(UnexpectedAnswer, match="POST /x"):
        answers.json_of(Answer(endpoint="POST /x", status=200, body=b"[1e999]"))
