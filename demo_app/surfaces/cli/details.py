"""All that can be said of one plugin: for people, and as JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from demo_app.actions import Action
from demo_app.annotations import json_schema
from demo_app.checkpoints import Header, read_header
from demo_app.demo import ModelSpec
from demo_app.errors import CheckpointError
from demo_app.host import Host
from demo_app.plugin import Plugin, State
from demo_app.settings import Setting
from demo_app.surfaces.cli import results
from demo_app.surfaces.cli.actions import flag
from demo_app.surfaces.cli.describe import default_text, describe, describe_result

_LISTED = 6


def as_json(host: Host, plugin: Plugin) -> dict[str, Any]:
    """The plugin's report with its traceback, card, settings, models and actions."""
    return {
        **plugin.report(),
        "traceback": plugin.traceback,
        "card": dataclasses.asdict(plugin.card) if plugin.card else None,
        "settings": [dataclasses.asdict(setting) for setting in plugin.settings.listed],
        "models": [_model_json(host, plugin, spec) for spec in plugin.models.values()],
        "actions": [_action_json(action) for action in plugin.actions.values()],
    }


def show(host: Host, plugin: Plugin) -> None:
    """Print the same for people."""
    style = "green" if plugin.state is State.READY else "red"
    facts = {"version": plugin.version, "origin": plugin.origin}
    facts |= {"seconds": f"{plugin.seconds:.3f}", "problem": plugin.problem}
    facts |= {"remedy": plugin.remedy}
    results.show(
        Text.assemble((plugin.name, "bold"), " ", (str(plugin.state), style)),
        _facts({name: fact for name, fact in facts.items() if fact}),
    )
    for other in host.plugins:
        if other.duplicate and other.name == plugin.name:
            results.show(Text(f"{other.problem} {other.remedy}", style="yellow"))
    if plugin.traceback:
        _section("Traceback", [Text(plugin.traceback.rstrip())])
    if plugin.card:
        card = dataclasses.asdict(plugin.card)
        _section("Card", [_facts({k: v for k, v in card.items() if v not in ("", ())})])
    _section("Warnings", [Text(warning, style="yellow") for warning in plugin.warnings])
    _section("Settings", [_setting(setting) for setting in plugin.settings.listed])
    _section("Models", [_model(host, plugin, spec) for spec in plugin.models.values()])
    _section("Actions", [_action(action) for action in plugin.actions.values()])


def _section(title: str, parts: list[RenderableType]) -> None:
    if parts:
        results.show("", Text(title, style="bold underline"))
    results.show(*(Padding(part, (0, 0, 0, 2), expand=False) for part in parts))


def _facts(facts: dict[str, Any]) -> RenderableType:
    def plain(value: Any) -> Any:
        return ", ".join(value) if isinstance(value, tuple) else value

    return results.render({name: plain(value) for name, value in facts.items()})


def _setting(setting: Setting) -> RenderableType:
    value = f" = {setting.value}" if setting.value else ""
    return Text.assemble(
        (setting.name, "bold"),
        f": {setting.kind}{value}  ",
        (f"from {setting.source}; {setting.variable}", "dim"),
    )


def _header(host: Host, plugin: Plugin, spec: ModelSpec) -> tuple[Header | None, str | None]:
    """The header of a model's checkpoint, or what is wrong with it."""
    if spec.checkpoint is None:
        return None, None
    try:
        return read_header(host.checkpoint_path(plugin, spec)), None
    except CheckpointError as error:
        return None, str(error)


def _model_json(host: Host, plugin: Plugin, spec: ModelSpec) -> dict[str, Any]:
    header, problem = _header(host, plugin, spec)
    path = host.checkpoint_path(plugin, spec) if spec.checkpoint else None
    return {
        **dataclasses.asdict(spec),
        "path": str(path) if path else None,
        "bytes": path.stat().st_size if path and header else None,
        "tensors": len(header.shapes) if header else None,
        "numbers": _count(header) if header else None,
        "metadata": dataclasses.asdict(header.metadata) if header else None,
        "problem": problem,
    }


def _count(header: Header) -> int:
    return sum(math.prod(shape) for shape in header.shapes.values())


def _model(host: Host, plugin: Plugin, spec: ModelSpec) -> RenderableType:
    title = Text.assemble((spec.name, "bold"), f"  {spec.title}" if spec.title else "")
    if spec.checkpoint is None:
        told = spec.source or "deliberately untrained: no checkpoint"
        return Group(title, Text(f"  {told}", style="dim"))
    header, problem = _header(host, plugin, spec)
    path = host.checkpoint_path(plugin, spec)
    facts: dict[str, Any] = {"checkpoint": str(path)}
    if header is None:
        facts["problem"] = problem
    else:
        facts["bytes"] = f"{path.stat().st_size:,}"
        facts["tensors"] = f"{len(header.shapes)}, together {_count(header):,} numbers"
        facts |= dict(_metadata(dataclasses.asdict(header.metadata)))
    return Group(title, Padding(_facts(facts), (0, 0, 0, 2), expand=False))


def _metadata(metadata: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What is in the header, long lists by their first members."""
    for name, value in metadata.items():
        if isinstance(value, list) and len(value) > _LISTED:
            yield name, f"{', '.join(map(str, value[:_LISTED]))} … ({len(value)})"
        elif value:
            yield name, value


def _action_json(action: Action) -> dict[str, Any]:
    return {
        "name": action.name,
        "help": action.help,
        "streaming": action.streaming,
        "options": dataclasses.asdict(action.options),
        "parameters": [
            {
                "name": parameter.name,
                "required": parameter.required,
                "default": default_text(parameter),
                "help": parameter.help,
                "schema": json_schema(parameter.annotation),
            }
            for parameter in action.parameters
        ],
        "returns": json_schema(action.returns),
    }


def _action(action: Action) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column()
    for parameter in action.parameters:
        default = default_text(parameter)
        note = "required" if parameter.required else f"default {default}" if default else ""
        what = f"{describe(parameter)}{f' ({note})' if note else ''}"
        table.add_row(flag(parameter.name), Text(what), Text(parameter.help))
    verb = "streams" if action.streaming else "returns"
    return Group(
        Text(action.name, style="bold"),
        Padding(Text(action.summary), (0, 0, 0, 2)),
        *([table] if action.parameters else []),
        Padding(Text(f"{verb} {describe_result(action)}", style="dim"), (0, 0, 0, 2)),
    )
