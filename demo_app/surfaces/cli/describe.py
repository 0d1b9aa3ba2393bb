"""Types in words, from their JSON schemas: what an option takes, with its bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import to_jsonable_python

from demo_app.actions import Action, Parameter
from demo_app.annotations import json_schema

_LIMITS = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "above {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "below {}"),
    ("multipleOf", "a multiple of {}"),
    ("pattern", "like {}"),
    ("format", "{}"),
)
_NAMES = {"string": "text", "boolean": "true or false", "null": "null"}
_FILES = {"ImageData": "picture", "FileData": "file"}


def describe(parameter: Parameter) -> str:
    """What a parameter takes: ``integer, 1 to 1000``, ``picture``, ``a | b``, ``list of text``."""
    schema = json_schema(parameter.annotation)
    # None is what leaving the option out gives; only where the default differs can it be asked for.
    return describe_schema(schema, nullable=parameter.default is not None)


def describe_result(action: Action) -> str:
    """What an action returns, or what each value of its stream is."""
    return describe_schema(json_schema(action.returns)).replace("JSON object", "record")


def example_text(parameter: Parameter) -> str:
    """Something that one could write for a parameter."""
    schema = json_schema(parameter.annotation)
    schema = next((s for s in schema.get("anyOf", ()) if s.get("type") != "null"), schema)
    schema = schema.get("items") or schema
    if "enum" in schema or "const" in schema:
        return _written(schema.get("enum", [schema.get("const")])[0])
    if schema.get("type") in ("integer", "number"):
        return str(schema.get("minimum", 1 if schema["type"] == "integer" else 0.5))
    return {"picture": "photo.jpg", "file": "FILE"}.get(describe_schema(schema), "VALUE")


def default_text(parameter: Parameter) -> str | None:
    """A parameter's default as one would write it; None where there is none worth saying."""
    if parameter.required or parameter.default in (None, ""):
        return None
    return _written(parameter.default)


def describe_schema(
    schema: Mapping[str, Any],
    *,
    nullable: bool = True,
    definitions: Mapping[str, Any] | None = None,
) -> str:
    """A JSON schema in words."""
    known = {**(definitions or {}), **schema.get("$defs", {})}
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        rest = {key: value for key, value in known.items() if key != name}
        return describe_schema(known[name], definitions=rest) if name in known else name
    if schema.get("title") in _FILES and "path" in schema.get("properties", {}):
        return _FILES[schema["title"]]
    if "enum" in schema or "const" in schema:
        return " | ".join(_written(value) for value in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        options = [s for s in schema["anyOf"] if nullable or s.get("type") != "null"]
        words = (describe_schema(option, definitions=known) for option in options)
        return " or ".join(dict.fromkeys(words))
    return ", ".join([_kind(schema, known), *_limits(schema)])


def _kind(schema: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    kind = schema.get("type", "anything")
    if kind == "array":
        members: Mapping[str, Any] = schema.get("items") or next(
            iter(schema.get("prefixItems", ())), {}
        )
        return f"list of {describe_schema(members, definitions=known)}" if members else "list"
    if kind == "object" and schema.get("properties"):
        return f"JSON object with {', '.join(schema['properties'])}"
    if kind == "object":
        return "JSON object"
    return _NAMES.get(kind, str(kind))


def _limits(schema: Mapping[str, Any]) -> Iterator[str]:
    left = dict(schema)
    if "minimum" in left and "maximum" in left:
        yield f"{left.pop('minimum')} to {left.pop('maximum')}"
    for pattern, text in _LIMITS:
        if pattern in left:
            yield text.format(left[pattern])
    unit = {"string": "characters", "array": "members"}.get(schema.get("type", ""))
    if unit:
        suffix = "Length" if unit == "characters" else "Items"
        low, high = schema.get(f"min{suffix}"), schema.get(f"max{suffix}")
        if low is not None and high is not None:
            yield f"{low} {unit}" if low == high else f"{low} to {high} {unit}"
        elif low is not None or high is not None:
            yield f"at least {low} {unit}" if high is None else f"at most {high} {unit}"


def _written(value: Any) -> str:
    plain = to_jsonable_python(value, fallback=str)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
