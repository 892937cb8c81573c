"""Checks bodies against the published schemas, as much of JSON Schema as those use; the words are those of Ajv."""

from collections.abc import Iterator, Mapping
import re
from typing import Any

from .errors import refused

type Schema = Mapping[str, Any]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


def check(value: Any, schema: Schema, where: str = "body") -> None:
    """Refuse a value with 400 that does not fit."""
    for complaint in complaints(value, schema, where):
        raise refused(400, complaint)


def complaints(value: Any, schema: Schema, where: str) -> Iterator[str]:
    """Yield what is wrong with a value."""
    if "anyOf" in schema:
        if not any(_fits(value, option, where) for option in schema["anyOf"]):
            yield f"{where} must match a schema in anyOf"
        return
    kind = schema.get("type")
    if kind is not None and not _is(value, kind):
        yield f"{where} must be {kind}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{where} must be equal to one of the allowed values"
    elif isinstance(value, dict):
        yield from _object(value, schema, where)
    elif isinstance(value, list):
        yield from _array(value, schema, where)
    elif isinstance(value, str):
        yield from _string(value, schema, where)
    elif "minimum" in schema and value < schema["minimum"]:
        yield f"{where} must be >= {schema['minimum']}"


def _fits(value: Any, schema: Schema, where: str) -> bool:
    return next(complaints(value, schema, where), None) is None


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _object(value: dict[str, Any], schema: Schema, where: str) -> Iterator[str]:
    known: Mapping[str, Schema] = schema.get("properties", {})
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{where} must have required property '{key}'"
    if len(value) < schema.get("minProperties", 0):
        yield f"{where} must NOT have fewer than {schema['minProperties']} properties"
    others = schema.get("additionalProperties", True)
    for key, item in value.items():
        if key in known:
            yield from complaints(item, known[key], f"{where}/{key}")
        elif others is False:
            yield f"{where} must NOT have additional properties"
        elif others is not True:
            yield from complaints(item, others, f"{where}/{key}")


def _array(value: list[Any], schema: Schema, where: str) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield f"{where} must NOT have fewer than {schema['minItems']} items"
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{where} must NOT have more than {schema['maxItems']} items"
    for index, item in enumerate(value):
        yield from complaints(item, schema.get("items", {}), f"{where}/{index}")


def _string(value: str, schema: Schema, where: str) -> Iterator[str]:
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{where} must NOT have more than {schema['maxLength']} characters"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f'{where} must match pattern "{schema["pattern"]}"'
