"""``demo-app train``: makes a checkpoint with the plugin's own ``demo_train``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from demo_app import discovery
from demo_app.checkpoints import read_header
from demo_app.conformance import MAX_CHECKPOINT_BYTES
from demo_app.demo import ModelSpec
from demo_app.errors import ActionFailed, ConfigurationError, DemoUnavailable, InvalidInput
from demo_app.host import Host
from demo_app.plugin import Plugin, State
from demo_app.surfaces.cli.options import Settings, complete_plugin
from demo_app.training import TrainJob


def train(
    settings: Settings,
    *,
    plugin: Annotated[
        str, typer.Argument(help="The demo to train.", autocompletion=complete_plugin)
    ],
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which model; may be left out where there is one."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="The folder with the data; without it, the source's own download.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", dir_okay=False, help="Where to write, instead of the model's own place."
        ),
    ] = None,
) -> None:
    """Make a model's checkpoint: train it, or convert published weights.

    Ctrl-C keeps what was reached, where the training can resume: the same command goes on there.
    """
    host = settings.host()
    record = _trainable(host, plugin)
    spec = _chosen(record, model)
    job = TrainJob(
        model=spec.name,
        data=data,
        checkpoint=_writable(out or _place(host, record, spec)),
        state=_state(record, spec),
        report=lambda text: print(text, flush=True),
    )
    before = _stamp(job.checkpoint)
    _run(lambda: record.call_hook("demo_train", job=job), job)
    if _stamp(job.checkpoint) == before:
        raise ActionFailed(f"demo_train() of {record.name} ended without saving a checkpoint.")
    read_header(job.checkpoint)
    _say_size(job.checkpoint)


def _trainable(host: Host, name: str) -> Plugin:
    """The plugin, also where only its checkpoint is missing: that is what training is for."""
    plugin = host.plugin(discovery.plugin_name(name))
    if plugin.state is not State.CHECKPOINT_FAILED:
        plugin.require_ready()
    if not plugin.implements("demo_train"):
        raise DemoUnavailable(f"{plugin.name} cannot be trained here: it has no demo_train hook.")
    return plugin


def _chosen(plugin: Plugin, name: str | None) -> ModelSpec:
    trainable = [spec for spec in plugin.models.values() if spec.checkpoint is not None]
    if name is None and len(trainable) == 1:
        return trainable[0]
    if name is None and trainable:
        names = ", ".join(spec.name for spec in trainable)
        raise InvalidInput(f"{plugin.name} has several models: choose with --model {names}")
    spec = plugin.model(name)
    if spec.checkpoint is None:
        raise InvalidInput(f"{spec.name} is deliberately untrained: it has no checkpoint.")
    return spec


def _place(host: Host, plugin: Plugin, spec: ModelSpec) -> Path:
    """Where the checkpoint is; if there is none yet, a plugin of one's own keeps it itself."""
    path = host.checkpoint_path(plugin, spec)
    if path.exists() or plugin.folder is None or discovery.is_built_in(plugin.folder):
        return path
    assert spec.checkpoint is not None
    return plugin.folder / spec.checkpoint


def _writable(path: Path) -> Path:
    """The path, if a file can be made there: hours of training should not be lost for that."""
    path = path.expanduser().absolute()
    existing = next(parent for parent in path.parents if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise ConfigurationError(f"Nothing can be written to {existing}. Give another --out FILE.")
    return path


def _state(plugin: Plugin, spec: ModelSpec) -> Path:
    from platformdirs import user_state_path

    state = user_state_path("demo_app", appauthor=False) / plugin.name / spec.name
    state.parent.mkdir(parents=True, exist_ok=True)
    return state


def _run(training: Callable[[], None], job: TrainJob) -> None:
    """Run the training; say on Ctrl-C whether it can be resumed."""
    try:
        training()
    except KeyboardInterrupt:
        kept = "the same command goes on from there" if job.state.exists() else "nothing was kept"
        typer.echo(f"\ndemo-app: interrupted; {kept}", err=True)
        raise typer.Exit(130) from None


def _stamp(path: Path) -> tuple[int, int] | None:
    if not path.is_file():
        return None
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def _say_size(path: Path) -> None:
    size = path.stat().st_size
    typer.echo(f"{path}: {size:,} bytes")
    if size >= MAX_CHECKPOINT_BYTES:
        typer.echo(
            f"demo-app: too large to ship: a file stays below {MAX_CHECKPOINT_BYTES:,} bytes",
            err=True,
        )
