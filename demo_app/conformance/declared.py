"""Checks of what a plugin says of itself: its state, its card, the signatures of its actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from demo_app.actions import Action
from demo_app.annotations import json_schema
from demo_app.conformance.check import Finding, NotApplicable
from demo_app.host import Host
from demo_app.plugin import Plugin, State

MAX_TITLE = 40
MAX_SUMMARY = 300


def is_ready(host: Host, plugin: Plugin) -> None:
    """The plugin imports, its hooks fit their specifications, and its checkpoints are whole.

    Everything else needs this. The finding is the sentence of the plugin's card; the traceback is
    in ``demo-app plugins show NAME``.
    """
    if plugin.state is not State.READY:
        raise Finding(" ".join(filter(None, (f"{plugin.state}:", plugin.problem, plugin.remedy))))


def card_informs(host: Host, plugin: Plugin) -> None:
    """The card says in a line what the demo is, and fits where it is shown.

    The title stands on a tab, so it has at most 40 characters; the summary is a sentence or two of
    at most 300; neither has line breaks. Shorten or complete what ``demo_card`` returns.
    """
    card = plugin.card
    assert card is not None
    for name, limit in (("title", MAX_TITLE), ("summary", MAX_SUMMARY)):
        text: str = getattr(card, name)
        if not text.strip():
            raise Finding(f"The card has no {name}.")
        if len(text) > limit:
            raise Finding(f"The card's {name} has {len(text)} characters; {limit} fit.")
        if "\n" in text:
            raise Finding(f"The card's {name} has a line break.")


def actions_are_declared(host: Host, plugin: Plugin) -> None:
    """Every action has a docstring, and every parameter a description and bounds.

    They are what the page, the API, the command line and a language model know of an action, and
    the bounds protect the app from a visitor who asks for a million samples. A number has a lower
    and an upper bound, a text or a list a greatest length:
    ``Annotated[int, Field(ge=1, le=100, description="How many.")]``; choices (``Literal``, an
    ``Enum``), true or false, pictures and files need none. ``seed`` is the host's.
    """
    if not plugin.actions:
        raise NotApplicable("it has no actions")
    findings = [found for action in plugin.actions.values() for found in _undeclared(action)]
    if findings:
        raise Finding("; ".join(findings))


def _undeclared(action: Action) -> Iterator[str]:
    if not action.summary.strip():
        yield f"{action.name} has no docstring"
    for parameter in action.parameters:
        if parameter.name == "seed" and action.options.seed:
            continue
        where = f"{action.name}({parameter.name})"
        if not parameter.help.strip():
            yield f"{where} has no description"
        schema = json_schema(parameter.annotation)
        for lacking in dict.fromkeys(_unbounded(schema, schema.get("$defs", {}), ())):
            yield f"{where} has no {lacking}"


def _unbounded(
    schema: Any, definitions: Mapping[str, Any], within: tuple[str, ...]
) -> Iterator[str]:
    """The bounds that a JSON schema lacks, at any depth."""
    if not isinstance(schema, dict) or "enum" in schema or "const" in schema:
        return
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        if name not in within:
            yield from _unbounded(definitions.get(name), definitions, (*within, name))
        return
    if schema.get("title") in ("ImageData", "FileData"):
        return
    yield from _lacking(schema)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for member in schema.get(key, ()):
            yield from _unbounded(member, definitions, within)
    for key in ("items", "additionalProperties"):
        yield from _unbounded(schema.get(key), definitions, within)
    for member in schema.get("properties", {}).values():
        yield from _unbounded(member, definitions, within)


def _lacking(schema: Mapping[str, Any]) -> Iterator[str]:
    kind = schema.get("type")
    if kind in ("number", "integer"):
        if not {"minimum", "exclusiveMinimum"} & schema.keys():
            yield "lower bound"
        if not {"maximum", "exclusiveMaximum"} & schema.keys():
            yield "upper bound"
    if kind == "string" and not {"maxLength", "pattern", "format"} & schema.keys():
        yield "greatest length (of a text)"
    if kind == "array" and "maxItems" not in schema:
        yield "greatest length (of a list)"
    is_table = kind == "object" and isinstance(schema.get("additionalProperties"), dict)
    if is_table and "maxProperties" not in schema:
        yield "greatest length (of a table)"
