"""Which plugin and model a command works on, and where the checkpoint is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from demo_app import discovery
from demo_app.demo import ModelSpec
from demo_app.errors import ConfigurationError, DemoUnavailable, InvalidInput
from demo_app.host import Host
from demo_app.plugin import Plugin, State

DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="The folder with the data; without it, the source's own download.",
    ),
]


def implementing(host: Host, name: str, hook: str) -> Plugin:
    """The plugin, also where a checkpoint of it is missing: to make or measure one is no call.

    Raises:
        Unknown: there is no such plugin.
        DemoUnavailable: it failed otherwise, or lacks the hook.
    """
    plugin = host.plugin(discovery.plugin_name(name))
    if plugin.state is not State.CHECKPOINT_FAILED:
        plugin.require_ready()
    if not plugin.implements(hook):
        what = {"demo_train": "trained", "demo_evaluate": "evaluated"}[hook]
        raise DemoUnavailable(f"{plugin.name} cannot be {what} here: it has no {hook} hook.")
    return plugin


def stored_models(plugin: Plugin) -> list[ModelSpec]:
    """The models that have a checkpoint, or would once they are trained."""
    return [spec for spec in plugin.models.values() if spec.checkpoint is not None]


def chosen_model(plugin: Plugin, name: str | None) -> ModelSpec:
    """The model of that name; for None the only one that has a checkpoint.

    Raises:
        Unknown: there is no such model.
        InvalidInput: it has no checkpoint, or several have one and none was named.
    """
    stored = stored_models(plugin)
    if name is None and len(stored) == 1:
        return stored[0]
    if name is None and stored:
        names = ", ".join(spec.name for spec in stored)
        raise InvalidInput(f"{plugin.name} has several models: choose with --model {names}")
    spec = plugin.model(name)
    if spec.checkpoint is None:
        raise InvalidInput(f"{spec.name} is deliberately untrained: it has no checkpoint.")
    return spec


def place(host: Host, plugin: Plugin, spec: ModelSpec) -> Path:
    """Where the checkpoint is; if there is none yet, a plugin of one's own keeps it itself."""
    path = host.checkpoint_path(plugin, spec)
    if path.exists() or plugin.folder is None or discovery.is_built_in(plugin.folder):
        return path
    assert spec.checkpoint is not None
    return plugin.folder / spec.checkpoint


def writable(path: Path, *, remedy: str) -> Path:
    """The path, if a file can be made there: long work should not be lost for that.

    Raises:
        ConfigurationError: none can; the text ends with the remedy.
    """
    path = path.expanduser().absolute()
    existing = next(parent for parent in path.parents if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise ConfigurationError(f"Nothing can be written to {existing}. {remedy}")
    return path
