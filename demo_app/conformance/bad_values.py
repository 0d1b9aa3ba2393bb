"""The check that wrong arguments are refused in words that name them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from demo_app.actions import Action, Parameter
from demo_app.annotations import json_schema
from demo_app.conformance.check import Finding
from demo_app.conformance.trials import examples_of
from demo_app.errors import InvalidInput
from demo_app.host import Host
from demo_app.loading import contained, named
from demo_app.plugin import Plugin


def bad_values_are_refused(host: Host, plugin: Plugin) -> None:
    """Values beyond the bounds, of another kind or unknown give an error that names the parameter.

    They are made from the bounds of each parameter and put in the place of an example's value. The
    host refuses them by the annotations; a validator of your own raises ``ValueError`` with a
    sentence, and nothing else.
    """
    tried = set()
    for example in examples_of(plugin):
        if example.action.name in tried:
            continue
        tried.add(example.action.name)
        for name, value in _bad_arguments(example.action):
            given = {**example.arguments, name: value}
            _, error = contained(lambda given=given, a=example.action: a.validate(given))  # type: ignore[misc]
            told = f"{example.action.name}({name}={str(value)[:40]!r})"
            if error is None:
                raise Finding(f"{told} is accepted")
            if not isinstance(error, InvalidInput):
                raise Finding(f"{told} raised {named(error)}")
            if name not in str(error):
                raise Finding(f"{told} is refused without naming it: {error}")


def _bad_arguments(action: Action) -> Iterator[tuple[str, Any]]:
    yield "no_such_parameter", 1
    for parameter in action.parameters:
        for value in _bad_values(parameter):
            yield parameter.name, value


def _bad_values(parameter: Parameter) -> Iterator[Any]:
    schema = json_schema(parameter.annotation)
    options = [_resolved(option, schema) for option in schema.get("anyOf", [schema])]
    kinds = {option.get("type") for option in options if "enum" not in option}
    if all(options):
        yield _Foreign()
    for option in options:
        yield from _beyond(option, kinds)
    if all("enum" in option or "const" in option for option in options):
        yield "no such choice"


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    resolved: Mapping[str, Any] = root.get("$defs", {}).get(name, schema)
    return resolved


def _beyond(schema: Mapping[str, Any], kinds: set[Any]) -> Iterator[Any]:
    """Values that no bounds allow; those that another option takes are left out."""
    kind = schema.get("type")
    if "enum" in schema:
        return
    if kind in ("number", "integer"):
        for bound, step in (("minimum", -1), ("maximum", 1)):
            if bound in schema:
                yield schema[bound] + step
        for bound in ("exclusiveMinimum", "exclusiveMaximum"):
            if bound in schema:
                yield schema[bound]
        yield math.nan
        yield math.inf
        if "string" not in kinds:
            yield "a word"
    if kind == "string" and "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)


class _Foreign:
    """A value that no action can ask for."""

    def __str__(self) -> str:
        return "an object of another kind"
