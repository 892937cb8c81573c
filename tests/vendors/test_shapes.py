"""The shape of an answer shows its keys and types, and none of its values, names or ids."""

from hypothesis import given, strategies as st
import msgspec
import pytest

from custom_components.energy_clouds.vendors.shapes import shape_of, without_values


def test_keys_and_types_without_values() -> None:
    body = b'{"data": {"meter-1": [{"c1": 12.5, "c2": null, "fault": "false"}], "meter-2": []}, "meta": {"count": 2}}'
    assert shape_of(body, {"meter-1", "meter-2"}) == {
        "data": {"*": [{"c1": "number", "c2": "null", "fault": "string"}]},
        "meta": {"count": "integer"},
    }


def test_different_rows_are_merged() -> None:
    body = b'[{"a": 1}, {"a": "x", "b": true}, {"a": null}, 7]'
    assert shape_of(body, ()) == [{"or": "integer", "a": "integer | string | null", "b": "boolean"}]


def test_lists_and_words_are_merged() -> None:
    assert shape_of(b'{"a": [[1], [], "x"], "b": [[], []], "c": [{"d": 1}, [2]]}', ()) == {
        "a": [{"or": "string", "list": ["integer"]}],
        "b": [[]],
        "c": [{"d": "integer", "list": ["integer"]}],
    }


def test_each_type_is_named_once() -> None:
    assert shape_of(b'[[1, null], ["x", null], [null, 1.5]]', ()) == [["integer | null | string | number"]]


def test_capital_letters_are_as_good() -> None:
    assert shape_of(b'{"retryAfter": 1, "X": 2, "ID_7": 3}', ()) == {
        "retryAfter": "integer",
        "X": "integer",
        "ID_7": "integer",
    }
    assert without_values(b'{"retryAfter": 1, "X": "secret"}') == b'{"retryAfter":0,"X":""}'


def nested(opening: str, inner: str, closing: str, times: int) -> bytes:
    return (opening * times + inner + closing * times).encode()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_twelve_levels_are_shown(opening: str, closing: str) -> None:
    for times, inner, emptied in ((11, "integer", "0"), (12, "…", "null")):
        shape = msgspec.json.encode(shape_of(nested(opening, "5", closing, times), ()))
        assert shape == nested(opening, f'"{inner}"', closing, times)
        assert without_values(nested(opening, "5", closing, times)) == nested(opening, emptied, closing, times)


def test_what_is_no_field_name_is_folded() -> None:
    body = b'{"someone@example.com": 1, "Main incomer": 2, "a8f3c2d1e4b5": 3, "id-7": 4, "imp": 5}'
    assert shape_of(body, ()) == {"*": "integer", "imp": "integer"}


@pytest.mark.parametrize(("number", "shown"), [(200, 200), (201, 1), (500, 1)])
def test_too_many_keys_are_a_map(number: int, shown: int) -> None:
    body = msgspec.json.encode({"k" + "".join(chr(97 + int(c)) for c in str(n)): n for n in range(number)})
    shape = shape_of(body, ())
    assert isinstance(shape, dict)
    assert len(shape) == shown
    assert set(shape.values()) == {"integer"}
    assert ("*" in shape) == (shown == 1)


def test_deep_nesting_ends() -> None:
    shape = shape_of(b"[" * 40 + b"]" * 40, ())
    assert "…" in str(shape)
    assert shape_of(b"[" * 100_000, ()) == "no JSON"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(json_values, st.binary())
def test_any_body_has_a_shape(value: object, body: bytes) -> None:
    msgspec.json.encode(shape_of(msgspec.json.encode(value), ()))
    msgspec.json.encode(shape_of(body, ()))


@given(st.lists(st.text(min_size=4)))
def test_no_text_shows(texts: list[str]) -> None:
    canary = "C4nary-64-s3cret"
    shape = str(shape_of(msgspec.json.encode({"texts": [*texts, canary], canary: canary}), ()))
    assert canary not in shape


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (b'{"access": "secret", "exp": 17.5, "n": 3, "ok": true}', b'{"access":"","exp":0.0,"n":0,"ok":false}'),
        (b'{"data": [{"token": "secret"}, null]}', b'{"data":[{"token":""},null]}'),
        (b'{"eyJh.bGci.secret": "x", "token": ["secret"]}', b'{"token":[""]}'),
        (b'"secret"', b'""'),
        (b"eyJ.secret.token", b""),
        (b"\xff", b""),
    ],
)
def test_nothing_but_the_shape_is_left_of_a_secret(body: bytes, left: bytes) -> None:
    assert without_values(body) == left
    assert b"secret" not in left


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(ANYTHING)
def test_no_value_is_left_of_any_body(value: object) -> None:
    left = [msgspec.json.decode(without_values(msgspec.json.encode(value)))]
    while left:
        match left.pop():
            case dict() as items:
                left += items.values()
            case list() as items:
                left += items
            case one:
                assert not one
