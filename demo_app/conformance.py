"""What a plugin must fulfil, as data: one ``Check`` each, for ``demo-app check`` and for pytest."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from demo_app import discovery
from demo_app.checkpoints import read_header
from demo_app.demo import ModelSpec
from demo_app.host import Host
from demo_app.loading import contained, named
from demo_app.plugin import Plugin, State

if TYPE_CHECKING:
    import torch

MAX_CHECKPOINT_BYTES = 10_000_000
"""A shipped checkpoint is smaller, so that it can go into plain git and onto a Space as it is."""


class Finding(AssertionError):
    """What a check found wrong, in a sentence."""


class NotApplicable(Exception):
    """The check has nothing to look at in this plugin; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One requirement.

    Attributes:
        name: its id.
        reason: the requirement in one line.
        run: raises ``Finding`` where the plugin does not fulfil it, ``NotApplicable`` where it
            says nothing about the plugin; whatever else it raises is a finding, too.
    """

    name: str
    reason: str
    run: Callable[[Host, Plugin], None]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a plugin did: ``passed`` is None where the check did not apply."""

    check: Check
    passed: bool | None
    text: str = ""


def outcomes(host: Host, plugin: Plugin) -> Iterator[Outcome]:
    """Run the checks on a plugin, up to the one after which it can no longer be used."""
    for check in CHECKS:
        _, error = contained(lambda run=check.run: run(host, plugin))  # type: ignore[misc]
        if isinstance(error, NotApplicable):
            yield Outcome(check=check, passed=None, text=str(error))
        elif error is not None:
            text = str(error) if isinstance(error, Finding) else f"raised {named(error)}"
            yield Outcome(check=check, passed=False, text=text)
        else:
            yield Outcome(check=check, passed=True)
        if plugin.state is not State.READY:
            return


def is_ready(host: Host, plugin: Plugin) -> None:
    """It imports, keeps the contract, and its checkpoints are whole."""
    if plugin.state is not State.READY:
        raise Finding(" ".join(filter(None, (f"{plugin.state}:", plugin.problem, plugin.remedy))))


def checkpoints_fit(host: Host, plugin: Plugin) -> None:
    """Every architecture builds, and has the tensors of its checkpoint by name and shape."""
    if not plugin.models:
        raise NotApplicable("it has no models")
    host.check_fit(plugin)
    if plugin.state is State.CHECKPOINT_FAILED:
        raise Finding(" ".join(filter(None, (plugin.problem, plugin.remedy))))


def forward_runs(host: Host, plugin: Plugin) -> None:
    """``forward`` takes the example inputs; tried on the meta device, which computes nothing."""
    specs = [spec for spec in plugin.models.values() if spec.inputs_of_parts]
    if not specs:
        raise NotApplicable("no model has example_inputs")
    for spec in specs:
        error = _forward_error(functools.partial(host.build_model, plugin, spec.name), spec)
        if error is not None:
            raise Finding(f"{spec.name}: forward() raised {named(error)}") from error


def tab_builds(host: Host, plugin: Plugin) -> None:
    """Its tab builds."""
    if not plugin.implements("demo_build_tab"):
        raise NotApplicable("it has no tab")
    if plugin.state is not State.READY:
        raise NotApplicable(f"it is {plugin.state}")
    from demo_app.surfaces.page.shell import build_tab

    build_tab(host, plugin)
    if plugin.problem is not None:
        raise Finding(plugin.problem)


def checkpoints_ship(host: Host, plugin: Plugin) -> None:
    """Each checkpoint is small enough to ship, and says its licence and source."""
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


CHECKS = (
    Check(name="ready", reason="it loads and keeps the contract", run=is_ready),
    Check(name="fit", reason="its checkpoints fit their architectures", run=checkpoints_fit),
    Check(name="forward", reason="its models take their example inputs", run=forward_runs),
    Check(name="tab", reason="its tab builds", run=tab_builds),
    Check(
        name="ship", reason="its checkpoints are small and say their origin", run=checkpoints_ship
    ),
)


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
