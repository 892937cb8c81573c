"""The shape of an answer: its keys and types without any of its values, fit to be shown to strangers."""

from collections.abc import Collection
import re

import msgspec

DEEPEST = 12
MOST_KEYS = 200
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z_]{0,39}\d{0,2}\Z")


def shape_of(body: bytes, names: Collection[str]) -> object:
    """The shape of a JSON body. Keys that are ids, or look unlike a field's name, are folded into `*`."""
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError, RecursionError, UnicodeDecodeError:
        return "no JSON"
    return _shape(value, frozenset(names), DEEPEST)


def without_values(body: bytes) -> bytes:
    """A body of the same shape in which every text is empty and every number 0; nothing where it is no JSON.

    For answers that carry a credential: what they look like may be shown, and nothing else of them is to be kept.
    """
    try:
        return msgspec.json.encode(_emptied(msgspec.json.decode(body), DEEPEST))
    except msgspec.DecodeError, RecursionError, UnicodeDecodeError:
        return b""


def _emptied(value: object, depth: int) -> object:
    if depth == 0:
        return None
    match value:
        case bool() | int() | float():
            return type(value)(0)
        case str():
            return ""
        case list():
            return [_emptied(item, depth - 1) for item in value]
        case dict():
            return {key: _emptied(item, depth - 1) for key, item in value.items() if _FIELD_NAME.match(key)}
    return None


def _shape(value: object, names: frozenset[str], depth: int) -> object:
    if depth == 0:
        return "…"
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return [_merge([_shape(item, names, depth - 1) for item in value])] if value else []
        case dict():
            return _shape_of_object(value, names, depth)
    return type(value).__name__


def _shape_of_object(value: dict[str, object], names: frozenset[str], depth: int) -> object:
    shapes: dict[str, list[object]] = {}
    for key, item in value.items():
        public = _FIELD_NAME.match(key) and key not in names
        shapes.setdefault(key if public else "*", []).append(_shape(item, names, depth - 1))
    return _merged(shapes)


def _merged(fields: dict[str, list[object]]) -> dict[str, object]:
    """An object of those fields; where they are too many, it is a map, and its keys are no names of fields."""
    if len(fields) > MOST_KEYS:
        fields = {"*": [shape for several in fields.values() for shape in several]}
    return {key: _merge(several) for key, several in fields.items()}


def _merge(shapes: list[object]) -> object:
    """One shape for all of them. Where kinds differ: an object, with the others under `or` and lists under `list`."""
    words = [word for shape in shapes if isinstance(shape, str) for word in shape.split(" | ")]
    lists = [shape for shape in shapes if isinstance(shape, list)]
    objects = [shape for shape in shapes if isinstance(shape, dict)]
    either = " | ".join(dict.fromkeys(words))
    items = [_merge([item for shape in lists for item in shape])] if any(lists) else []
    if not objects and not lists:
        return either
    if not objects and not words:
        return items
    fields: dict[str, list[object]] = {}
    for shape in (*objects, *([{"or": either}] if words else []), *([{"list": items}] if lists else [])):
        for key, item in shape.items():
            fields.setdefault(key, []).append(item)
    return _merged(fields)
