"""Shapes that do not fit: which layer, what it got, what it wants, and the number to write.

Layers are checked by what they were given, not by torch's errors alone: on the meta device some of
them take anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.rnn import RNNBase

from .findings import Finding
from .mending import constructor, preceded, replaced
from .misfit import NO_WEIGHT_FITS, Misfit
from .order import holds_parameters, is_torch_layer, shown
from .windows import kernel_too_large, window_too_large

AXES = ("depth", "height", "width")
FLATTEN = (
    "nn.Linear works on the last dimension, which of a picture is its width; nn.Flatten makes one "
    "row of numbers of each picture."
)


def find_misfit(
    model: nn.Module, path: str, module: nn.Module, given: list[Any], name: str = "self"
) -> Finding | None:
    """What does not fit between one layer of torch's and what it is called with; None if all does.

    Args:
        given: its positional arguments; only the first is looked at.
    """
    misfit = _misfit(module, given[0]) if given and is_torch_layer(module) else None
    if misfit is None:
        return None
    place = f"{path or 'The whole'} ({type(module).__name__})"
    if misfit.layer:
        mend = replaced(model, path, misfit.layer, name)
    elif misfit.before:
        mend = preceded(model, path, misfit.before, name)
    else:
        mend = f"# In forward: {misfit.cast}"
    return Finding(
        rule=misfit.rule,
        severity="error",
        path=path,
        message=f"{place} got {_described(given[0])}, and takes {misfit.wants}.",
        why=misfit.why,
        mend=mend,
    )


def picture_on_linear(model: nn.Module, path: str, given: Tensor, name: str = "self") -> Finding:
    """The hint on a linear layer that fits the width of a picture by accident."""
    return Finding(
        rule="missing-flatten",
        severity="hint",
        path=path,
        message=f"{path} (Linear) gets feature maps, {shown(given.shape)}, and takes their width.",
        why=FLATTEN,
        mend=preceded(model, path, "nn.Flatten()", name),
    )


def _misfit(module: nn.Module, x: Any) -> Misfit | None:
    if not isinstance(x, Tensor):
        return None
    check = next((check for kind, check in CHECKS if isinstance(module, kind)), None)
    if check is None or any(nn.parameter.is_lazy(p) for p in module.parameters(recurse=False)):
        return None
    return _dtype(module, x) or check(module, x)


def _dtype(module: nn.Module, x: Tensor) -> Misfit | None:
    if isinstance(module, nn.Embedding | nn.EmbeddingBag):
        if x.dtype in (torch.int64, torch.int32):
            return None
        return Misfit(
            rule="dtype",
            wants="whole numbers, which name rows of its table",
            why="An embedding is looked up by number.",
            cast="x = x.long()",
        )
    if x.is_floating_point() or x.is_complex() or not holds_parameters(module):
        return None
    return Misfit(
        rule="dtype",
        wants="floating-point numbers",
        why="Products of whole numbers with the layer's weights are not defined.",
        cast="x = x.float()",
    )


def _linear(module: Any, x: Tensor) -> Misfit | None:
    if x.dim() and x.shape[-1] == module.in_features:
        return None
    numbers = math.prod(x.shape[1:])
    if x.dim() > 2 and numbers == module.in_features:
        return Misfit(
            rule="missing-flatten",
            wants=f"in_features={module.in_features}, which is {_product(x.shape[1:])}",
            why=FLATTEN,
            before="nn.Flatten()",
        )
    if x.dim() >= 4:
        return Misfit(
            rule="missing-flatten",
            wants=f"in_features={module.in_features}: flattened it is {_product(x.shape[1:])} = "
            f"{numbers}",
            why=FLATTEN,
            layer=f"nn.Sequential(nn.Flatten(), {constructor(module, in_features=numbers)})",
        )
    if not x.dim():
        return None
    return Misfit(
        wants=f"in_features={module.in_features}: write {x.shape[-1]}",
        layer=constructor(module, in_features=x.shape[-1]),
    )


def _convolution(module: Any, x: Tensor) -> Misfit | None:
    axes = len(module.kernel_size)
    if x.dim() not in (axes + 1, axes + 2):
        return _dimensions(module, x, axes)
    channels = x.shape[-axes - 1]
    if channels != module.in_channels:
        return _channels(module, x, channels, axes)
    return None if module.transposed else kernel_too_large(module, x, axes)


def _dimensions(module: Any, x: Tensor, axes: int) -> Misfit:
    wants = f"{axes + 2} dimensions, (batch, channels, {', '.join(AXES[-axes:])})"
    if x.dim() == 2 and axes > 1:
        side = round((x.shape[1] / module.in_channels) ** (1 / axes))
        sizes = (module.in_channels, *[side] * axes)
        if math.prod(sizes) == x.shape[1]:
            return Misfit(wants=wants, why=NO_WEIGHT_FITS, before=f"nn.Unflatten(1, {sizes})")
    cast = "x = x.unsqueeze(1)" if x.dim() == axes == 1 else "give x these dimensions by reshape"
    return Misfit(wants=wants, why=NO_WEIGHT_FITS, cast=cast)


def _channels(module: Any, x: Tensor, channels: int, axes: int) -> Misfit:
    if x.dim() == axes + 2 and x.shape[-1] == module.in_channels and x.shape[1] > 4:
        last = ", ".join(map(str, (0, axes + 1, *range(1, axes + 1))))
        return Misfit(
            rule="channels-last",
            wants=f"{module.in_channels} channels in dimension 1: here they come last",
            why="PyTorch keeps the channels before height and width.",
            cast=f"x = x.permute({last})",
        )
    if x.dim() == axes + 1 and module.in_channels == 1:
        return Misfit(
            wants="one channel: without a dimension for it, the batch is taken for the channels",
            why=NO_WEIGHT_FITS,
            cast="x = x.unsqueeze(1)",
        )
    changes = {"in_channels": channels}
    if module.groups == module.in_channels and module.out_channels % module.in_channels == 0:
        each = module.out_channels // module.in_channels
        changes |= {"groups": channels, "out_channels": channels * each}
    elif channels % module.groups or module.out_channels % module.groups:
        changes |= {"groups": math.gcd(channels, module.groups)}
    return Misfit(
        wants=f"in_channels={module.in_channels}: write {channels}",
        layer=constructor(module, **changes),
    )


def _batch_norm(module: Any, x: Tensor) -> Misfit | None:
    allowed = {nn.BatchNorm1d: (2, 3), nn.BatchNorm2d: (4,), nn.BatchNorm3d: (5,)}
    dims = next((d for kind, d in allowed.items() if isinstance(module, kind)), None)
    if dims is not None and x.dim() not in dims:
        other = {2: "1d", 3: "1d", 4: "2d", 5: "3d"}.get(x.dim())
        if other is None:
            return None
        fitting = constructor(module, num_features=x.shape[1])
        return Misfit(
            wants=f"{' or '.join(map(str, dims))} dimensions: write nn.BatchNorm{other}",
            why="Its 1d, 2d and 3d differ in nothing but the number of dimensions they accept.",
            layer=f"nn.BatchNorm{other}({fitting.partition('(')[2]}",
        )
    if dims is None or x.shape[1] == module.num_features:
        return None
    return Misfit(
        wants=f"num_features={module.num_features}: write {x.shape[1]}",
        layer=constructor(module, num_features=x.shape[1]),
    )


def _group_norm(module: Any, x: Tensor) -> Misfit | None:
    if x.dim() < 2 or x.shape[1] == module.num_channels:
        return None
    groups = math.gcd(module.num_groups, x.shape[1])
    return Misfit(
        wants=f"num_channels={module.num_channels}: write {x.shape[1]}",
        layer=constructor(module, num_channels=x.shape[1], num_groups=groups),
    )


def _layer_norm(module: Any, x: Tensor) -> Misfit | None:
    wanted = tuple(module.normalized_shape)
    if tuple(x.shape[-len(wanted) :]) == wanted or x.dim() < len(wanted):
        return None
    got = tuple(x.shape[-len(wanted) :])
    return Misfit(
        wants=f"a last part of {shown(wanted)}: write {got[0] if len(got) == 1 else got}",
        layer=constructor(module, normalized_shape=got),
    )


def _recurrent(module: Any, x: Tensor) -> Misfit | None:
    if x.dim() not in (2, 3) or x.shape[-1] == module.input_size:
        return None
    return Misfit(
        wants=f"input_size={module.input_size}: write {x.shape[-1]}",
        layer=constructor(module, input_size=x.shape[-1]),
    )


def _anything(module: Any, x: Tensor) -> Misfit | None:
    return None


CHECKS: tuple[tuple[type[nn.Module], Callable[[Any, Tensor], Misfit | None]], ...] = (
    (nn.Linear, _linear),
    (nn.modules.conv._ConvNd, _convolution),
    (nn.modules.batchnorm._BatchNorm, _batch_norm),
    (nn.GroupNorm, _group_norm),
    (nn.LayerNorm, _layer_norm),
    (RNNBase, _recurrent),
    (nn.modules.pooling._MaxPoolNd, window_too_large),
    (nn.AvgPool2d, window_too_large),
    (nn.AvgPool3d, window_too_large),
    (nn.Embedding, _anything),
)
"""What is checked of which layers; the dtype of all of them."""


def _described(x: Tensor) -> str:
    shape = shown(x.shape)
    return shape if x.is_floating_point() else f"{shape} {str(x.dtype).removeprefix('torch.')}"


def _product(sizes: Any) -> str:
    return " × ".join(map(str, sizes))
