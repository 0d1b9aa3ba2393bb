"""``demo-app evaluate``: measures stored checkpoints with the plugin's own ``demo_evaluate``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from demo_app.demo import ModelSpec
from demo_app.errors import CheckpointError, InvalidInput
from demo_app.evaluation import Evaluation, split_of, value_of
from demo_app.evaluation import evaluate as measure
from demo_app.host import Host
from demo_app.loading import retrain
from demo_app.plugin import Plugin
from demo_app.surfaces.cli.options import Settings, complete_plugin
from demo_app.surfaces.cli.selection import (
    DataFolder,
    chosen_model,
    implementing,
    stored_models,
    writable,
)

_TOLERANCE = 1e-3


def evaluate(
    settings: Settings,
    *,
    plugin: Annotated[
        str, typer.Argument(help="The demo to evaluate.", autocompletion=complete_plugin)
    ],
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which model; all that have a checkpoint if left out."),
    ] = None,
    data: DataFolder = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The file to measure, instead of the model's own.",
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            metavar="",
            help="Write nothing; exit code 1 if the file states other values than measured.",
        ),
    ] = False,
    tolerance: Annotated[
        float,
        typer.Option(metavar="X", min=0, help="How far, relatively, --check lets values differ."),
    ] = _TOLERANCE,
) -> None:
    """Measure stored checkpoints and write the metrics into their metadata.

    The weights stay as they are, byte by byte, and so do metrics published elsewhere.
    """
    host = settings.host()
    record = implementing(host, plugin, "demo_evaluate")
    targets = _targets(host, record, model, checkpoint)
    if not check:
        for _, path in targets:
            writable(path, remedy="Measure without writing: --check.")
    disagreements = []
    for spec, path in targets:
        evaluation = measured(host, record, spec, path, data)
        if not (evaluation.measured or evaluation.outdated):
            typer.echo(f"{path}: nothing is measured of {spec.name}")
            continue
        show(evaluation, evaluation.stored)
        if not check:
            evaluation.store()
            typer.echo(f"{path}: metrics written")
        elif found := evaluation.disagreements(tolerance):
            disagreements += [f"{spec.name}: {text}" for text in found]
        else:
            typer.echo(f"{path}: metrics confirmed")
    for text in disagreements:
        typer.echo(f"demo-app: {text}", err=True)
    if disagreements:
        raise typer.Exit(1)


def measured(
    host: Host, plugin: Plugin, spec: ModelSpec, path: Path, data: Path | None
) -> Evaluation:
    """Measure one file; progress goes to standard error, since the result is the table."""
    return measure(
        host,
        plugin,
        spec,
        data=data,
        checkpoint=path,
        report=lambda text: print(text, file=sys.stderr, flush=True),
    )


def show(evaluation: Evaluation, before: Mapping[str, Any]) -> None:
    """Print the metrics as a table, each with its difference to the one before."""
    from demo_app.surfaces.cli import results

    rows = []
    for name, entry in evaluation.measured.items():
        rows.append(_row(name, entry["value"], before.get(name), entry["split"]))
    for name, entry in evaluation.kept.items():
        rows.append(_row(name, None, entry, split_of(entry)) | {"change": "not measured"})
    for name in evaluation.outdated:
        entry = evaluation.stored[name]
        rows.append(_row(name, None, entry, split_of(entry)) | {"change": "no longer measured"})
    results.show(results.render(rows))


def _targets(
    host: Host, plugin: Plugin, model: str | None, checkpoint: Path | None
) -> list[tuple[ModelSpec, Path]]:
    """The models to measure and their files; without a choice, all whose files are there.

    Raises:
        Unknown: there is no model of that name.
        InvalidInput: no model can have a checkpoint, or a file could be that of several.
        CheckpointError: nothing was stored yet.
    """
    if checkpoint is not None:
        return [(chosen_model(plugin, model), checkpoint)]
    chosen = [chosen_model(plugin, model)] if model else stored_models(plugin)
    if not chosen:
        raise InvalidInput(f"{plugin.name} has no model with a checkpoint.")
    targets = [(spec, host.checkpoint_path(plugin, spec)) for spec in chosen]
    missing = [spec for spec, path in targets if not path.exists()]
    if missing == chosen:
        raise CheckpointError(f"There is no checkpoint to measure. {retrain(plugin, missing[0])}")
    for spec in missing:
        typer.echo(f"demo-app: {spec.name} has no checkpoint yet: left out", err=True)
    return [(spec, path) for spec, path in targets if spec not in missing]


def _row(name: str, value: float | None, before: Any, split: str) -> dict[str, str]:
    earlier = value_of(before)
    change = "new" if value is None or earlier is None else f"{value - earlier:+.3g}"
    return {
        "metric": name,
        "value": "–" if value is None else f"{value:.6g}",
        "before": "–" if earlier is None else f"{earlier:.6g}",
        "change": change,
        "split": split,
    }
