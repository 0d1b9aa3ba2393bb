"""``demo-app train``: makes a checkpoint with the plugin's own ``demo_train``."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from demo_app.checkpoints import read_header
from demo_app.conformance import MAX_CHECKPOINT_BYTES
from demo_app.demo import ModelSpec
from demo_app.errors import ActionFailed, CheckpointError
from demo_app.host import Host
from demo_app.plugin import Plugin
from demo_app.surfaces.cli.evaluate import measured, show
from demo_app.surfaces.cli.options import Settings, complete_plugin
from demo_app.surfaces.cli.selection import DataFolder, chosen_model, implementing, place, writable
from demo_app.tensor_files import stamp
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
    data: DataFolder = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", dir_okay=False, help="Where to write, instead of the model's own place."
        ),
    ] = None,
    no_evaluate: Annotated[
        bool,
        typer.Option(
            "--no-evaluate", metavar="", help="Do not measure what was made; see demo-app evaluate."
        ),
    ] = False,
) -> None:
    """Make a model's checkpoint: train it, or convert published weights; then measure it.

    Ctrl-C keeps what was reached, where the training can resume: the same command goes on there.
    """
    _say_size(make(settings, plugin, model, data=data, out=out, measures=not no_evaluate))


def make(
    settings: Settings,
    plugin: str,
    model: str | None,
    *,
    data: Path | None,
    out: Path | None,
    measures: bool,
) -> Path:
    """Make a checkpoint, and measure it where the plugin can; see ``train``.

    Returns:
        Where it was written.
    """
    host = settings.host()
    record = implementing(host, plugin, "demo_train")
    spec = chosen_model(record, model)
    job = TrainJob(
        model=spec.name,
        data=data,
        checkpoint=writable(out or place(host, record, spec), remedy="Give another --out FILE."),
        state=_state(record, spec),
        report=lambda text: print(text, flush=True),
    )
    before, metrics = stamp(job.checkpoint), _stated(job.checkpoint)
    _run(lambda: record.call_hook("demo_train", job=job), job)
    if stamp(job.checkpoint) == before:
        raise ActionFailed(f"demo_train() of {record.name} ended without saving a checkpoint.")
    read_header(job.checkpoint)
    if measures and record.implements("demo_evaluate"):
        _evaluate(host, record, spec, job, metrics)
    return job.checkpoint


def _stated(path: Path) -> dict[str, Any]:
    """What the checkpoint that is about to be replaced states, if there is one."""
    try:
        return read_header(path).metadata.metrics
    except CheckpointError:
        return {}


def _evaluate(
    host: Host, plugin: Plugin, spec: ModelSpec, job: TrainJob, before: Mapping[str, Any]
) -> None:
    """Measure the new checkpoint; where that fails, say how to do it without training again."""
    try:
        evaluation = measured(host, plugin, spec, job.checkpoint, job.data)
        evaluation.store()
    except BaseException:
        words = ["demo-app", "evaluate", plugin.name, "--model", spec.name]
        words += ["--checkpoint", str(job.checkpoint)]
        words += ["--data", str(job.data)] if job.data else []
        typer.echo(f"demo-app: saved, but not measured; that is: {shlex.join(words)}", err=True)
        raise
    if evaluation.measured:
        show(evaluation, before)


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


def _say_size(path: Path) -> None:
    size = path.stat().st_size
    typer.echo(f"{path}: {size:,} bytes")
    if size >= MAX_CHECKPOINT_BYTES:
        typer.echo(
            f"demo-app: too large to ship: a file stays below {MAX_CHECKPOINT_BYTES:,} bytes",
            err=True,
        )
