"""Metrics: what a plugin's ``demo_evaluate`` gets and returns, and how that enters a checkpoint."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo_app import checkpoints, devices
from demo_app.errors import ActionFailed, CheckpointError
from demo_app.loading import kind
from demo_app.tensor_files import Stamp, stamp

if TYPE_CHECKING:
    import torch

    from demo_app.checkpoints import CheckpointMetadata
    from demo_app.demo import ModelSpec
    from demo_app.host import Host
    from demo_app.plugin import Plugin

Metrics = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class EvaluationJob:
    """One measurement of one stored checkpoint.

    Gradients are off (``torch.enable_grad()`` turns them on), and the global random state is the
    same each time, so that what is drawn from it can be measured again.

    Attributes:
        model: the name of the ``ModelSpec`` to measure.
        data: the folder given by ``--data``; None asks for the source's own download.
        module: the stored checkpoint, loaded strictly: on the device, in eval mode and frozen.
        metadata: what the checkpoint says of itself, its earlier metrics included.
        report: prints one line of progress.
    """

    model: str
    data: Path | None
    module: torch.nn.Module
    metadata: CheckpointMetadata
    report: Callable[[str], None]

    @property
    def device(self) -> torch.device:
        """Where the module is, and where inputs should go."""
        return next(self.module.parameters()).device


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What was measured on a checkpoint, beside what the file said until then.

    Attributes:
        path: the checkpoint.
        measured: the metrics by name, as they are stored: each with ``value``, ``split``,
            ``measured`` and ``source``.
        stored: the metrics in the file when it was loaded.
        source: the command that measures this model.
        stamp: of the file that was measured.
    """

    path: Path
    measured: Metrics
    stored: Mapping[str, Any]
    source: str
    stamp: Stamp | None

    @property
    def kept(self) -> dict[str, Any]:
        """The stored metrics that were not measured and are from elsewhere: published ones."""
        return {
            name: entry
            for name, entry in self.stored.items()
            if name not in self.measured and name not in self.outdated
        }

    @property
    def outdated(self) -> list[str]:
        """Names of stored metrics that this command once measured, and does no longer."""
        return [
            name
            for name, entry in self.stored.items()
            if name not in self.measured
            and isinstance(entry, Mapping)
            and entry.get("source") == self.source
        ]

    def disagreements(self, tolerance: float) -> list[str]:
        """Where the file and the measurement differ, a sentence each.

        Args:
            tolerance: the difference that is allowed, relative to the larger of the two values.
        """
        found = [f"{name} is in the file, but is not measured any more" for name in self.outdated]
        for name, entry in self.measured.items():
            before = value_of(self.stored.get(name))
            if before is None:
                found.append(f"{name} is {entry['value']:.6g}, the file does not state it")
            elif not math.isclose(entry["value"], before, rel_tol=tolerance):
                found.append(f"{name} is {entry['value']:.6g}, the file says {before:.6g}")
            elif entry["split"] != (split := split_of(self.stored[name])):
                found.append(f"{name} was measured on {entry['split']}, the file says {split}")
        return found

    def store(self) -> None:
        """Write the metrics into the file's metadata, atomically; all else stays as it is.

        Raises:
            CheckpointError: the file is no longer the one that was measured.
        """
        if stamp(self.path) != self.stamp:
            raise CheckpointError(
                f"The checkpoint {self.path.name} was changed while it was measured, so nothing "
                "was written. Evaluate it again."
            )
        metrics = self.measured | self.kept
        if metrics != self.stored:
            checkpoints.rewrite_metrics(self.path, metrics)


def evaluate(
    host: Host,
    plugin: Plugin,
    spec: ModelSpec,
    *,
    data: Path | None,
    checkpoint: Path | None = None,
    report: Callable[[str], None],
) -> Evaluation:
    """Load a stored checkpoint and measure it with the plugin's ``demo_evaluate``.

    Args:
        host: which knows where the checkpoint is.
        plugin: which implements the hook.
        spec: the model, one that has a checkpoint.
        data: the folder for the plugin; None asks for the source's own download.
        checkpoint: a file to measure instead of the model's own.
        report: prints one line of progress.

    Raises:
        CheckpointError: the file cannot be used or does not fit.
        ActionFailed: what the hook returned are no metrics; the text says which, and why.
    """
    import torch

    from demo_app.models import load_model

    path = checkpoint or host.checkpoint_path(plugin, spec)
    before = stamp(path)
    device = devices.choose()
    loaded = load_model(host, plugin, spec, lambda: device, checkpoint=path)
    assert loaded.metadata is not None
    job = EvaluationJob(
        model=spec.name, data=data, module=loaded.module, metadata=loaded.metadata, report=report
    )
    stored = dict(loaded.metadata.metrics)
    source = f"demo-app evaluate {plugin.name} --model {spec.name}"
    with torch.no_grad(), _same_draws(device):
        result = plugin.call_hook("demo_evaluate", job=job)
    try:
        measured = {
            n: {**m, "source": m.get("source", source)} for n, m in _checked(result).items()
        }
    except ValueError as error:
        raise ActionFailed(f"demo_evaluate() of {plugin.name} {error}.") from None
    return Evaluation(path=path, measured=measured, stored=stored, source=source, stamp=before)


def value_of(entry: Any) -> float | None:
    """The number in a stored metric, which another program may have written; None without one."""
    value = entry.get("value") if isinstance(entry, Mapping) else entry
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def split_of(entry: Any) -> str:
    """The split that a stored metric names; empty where it names none."""
    return str(entry.get("split", "")) if isinstance(entry, Mapping) else ""


def _checked(result: Any) -> Metrics:
    """What a hook returned as plain JSON data, or a ``ValueError`` that says what is wrong."""
    if not isinstance(result, Mapping):
        raise ValueError(f"returned {kind(result)}, not a dict of metrics by name")
    for name in result:
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"returned a metric whose name is no text: {name!r}")
    return {name: _checked_metric(name, metric) for name, metric in result.items()}


def _checked_metric(name: str, metric: Any) -> dict[str, Any]:
    what = f"returned the metric {name!r}"
    if not isinstance(metric, Mapping):
        raise ValueError(f"{what} as {kind(metric)}, not a dict with value, split and measured")
    if missing := [key for key in ("value", "split", "measured") if key not in metric]:
        raise ValueError(f"{what} without its {' and '.join(missing)}")
    value = metric["value"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{what} with {kind(value)} as its value, not a float")
    if not math.isfinite(value):
        raise ValueError(f"{what} with the value {value}, which is not finite")
    for key in ("split", "measured", "source"):
        text = metric.get(key, "unsaid")
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{what} with a {key} that is no text: {text!r}")
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(metric), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{what} with something that is no JSON: {error}") from error
    return plain


@contextmanager
def _same_draws(device: torch.device) -> Iterator[None]:
    """Seed the global random state for a block, and put it back afterwards."""
    import random

    import numpy as np
    import torch

    on_cpu = device.type == "cpu"
    forked = () if on_cpu else range(torch.accelerator.device_count())
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=forked):
            random.seed(0)
            np.random.seed(0)
            # torch.manual_seed seeds every accelerator, also those whose state was not kept.
            (torch.default_generator.manual_seed if on_cpu else torch.manual_seed)(0)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
