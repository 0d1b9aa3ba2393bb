"""Checks of a plugin's models and their checkpoints."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from demo_app import discovery
from demo_app.checkpoints import read_header
from demo_app.conformance.check import Finding, NotApplicable
from demo_app.demo import ModelSpec
from demo_app.host import Host
from demo_app.loading import contained, named
from demo_app.plugin import Plugin, State

if TYPE_CHECKING:
    import torch

MAX_CHECKPOINT_BYTES = 10_000_000
"""A shipped checkpoint is smaller, so that it can go into plain git and onto a Space as it is."""


def checkpoints_fit(host: Host, plugin: Plugin) -> None:
    """Every architecture builds, and has the tensors of its checkpoint by name and shape.

    It is built on the meta device, where weights take no memory, and compared with the header of
    the file. Names that differ mean another version of the code: change ``demo_build_model``, or
    make the checkpoint again with ``demo-app train``.
    """
    if not plugin.models:
        raise NotApplicable("it has no models")
    host.check_fit(plugin)
    if plugin.state is State.CHECKPOINT_FAILED:
        raise Finding(" ".join(filter(None, (plugin.problem, plugin.remedy))))


def forward_runs(host: Host, plugin: Plugin) -> None:
    """``forward`` takes the example inputs that ``demo_models`` names.

    It is tried on the meta device, which computes nothing, or on the CPU where ``forward`` looks at
    values. The container explainer and summaries rely on them: correct ``example_inputs`` of the
    ``ModelSpec``, shapes with the batch and dtypes included.
    """
    specs = [spec for spec in plugin.models.values() if spec.inputs_of_parts]
    if not specs:
        raise NotApplicable("no model has example_inputs")
    for spec in specs:
        error = _forward_error(functools.partial(host.build_model, plugin, spec.name), spec)
        if error is not None:
            raise Finding(f"{spec.name}: forward() raised {named(error)}") from error


def checkpoints_ship(host: Host, plugin: Plugin) -> None:
    """Each checkpoint of a built-in plugin is small enough to ship, and says its origin.

    Below 10,000,000 bytes it goes into plain git and onto a Space as it is; ``license`` and
    ``source`` in its metadata say whether others may use it. It asks nothing of your own plugins.
    """
    if not discovery.is_built_in(Path(plugin.origin)):
        raise NotApplicable("it is not one of the built-in plugins")
    specs = [spec for spec in plugin.models.values() if spec.checkpoint is not None]
    if not specs:
        raise NotApplicable("it has no checkpoints")
    for spec in specs:
        path = host.checkpoint_path(plugin, spec)
        size = path.stat().st_size
        if size >= MAX_CHECKPOINT_BYTES:
            raise Finding(
                f"{path.name} has {size:,} bytes; a file to ship has fewer than "
                f"{MAX_CHECKPOINT_BYTES:,}."
            )
        metadata = read_header(path).metadata
        for name in ("license", "source"):
            if not getattr(metadata, name).strip():
                raise Finding(f"The metadata of {path.name} gives no {name}.")


def _forward_error(build: Callable[..., torch.nn.Module], spec: ModelSpec) -> BaseException | None:
    """What ``forward`` raises: on the meta device, or on the CPU where it looks at values."""
    _, error = contained(lambda: _forward(build(meta=True), spec, "meta"))
    if not isinstance(error, NotImplementedError) and "meta tensors" not in str(error):
        return error
    return contained(lambda: _forward(_zeroed(build()), spec, "cpu"))[1]


def _forward(module: torch.nn.Module, spec: ModelSpec, device: str) -> None:
    import torch

    module.eval()
    for path, tensors in spec.inputs_of_parts.items():
        inputs = [
            torch.zeros(tensor.shape, dtype=getattr(torch, tensor.dtype), device=device)
            for tensor in tensors
        ]
        with torch.inference_mode(), torch.random.fork_rng(devices=[]):
            module.get_submodule(path)(*inputs)


def _zeroed(module: torch.nn.Module) -> torch.nn.Module:
    """Weights that were never initialised may be anything, not-a-number included."""
    for parameter in module.parameters():
        parameter.data.zero_()
    return module
