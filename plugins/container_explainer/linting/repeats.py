"""Two linear layers, or two convolutions, with nothing between them that is not linear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from .findings import Finding, Severity
from .mending import followed
from .order import Order, is_called, is_dropout, moves_only, sole_source

CONVOLUTIONS = (nn.modules.conv._ConvNd,)
WHY = "One linear map after another is a linear map: a single layer could do the same."
FACTORED = (
    "Together they are one linear map of low rank, which saves parameters; if that is not meant, "
    "an activation is missing."
)


def find_linear_pairs(model: nn.Module, order: Order, name: str = "self") -> Iterator[Finding]:
    """Pairs of layers of which the second gets the first's result and nobody else does.

    A pair that is made cheaper by being two (depthwise and pointwise, a row and a column) is meant
    so; one that squeezes through few channels may be, and is a hint only.
    """
    for step in order.steps:
        if not is_called(step, (nn.Linear, *CONVOLUTIONS)):
            continue
        source = sole_source(step, moves_only, is_dropout)
        if source is None or not is_called(source, (nn.Linear, *CONVOLUTIONS)):
            continue
        verdict = _verdict(source.module, step.module)
        if verdict is None or order.calls(source.module) > 1:
            continue
        severity, why = verdict
        yield Finding(
            rule="linear-after-linear",
            severity=severity,
            path=step.path,
            message=f"{step.title} follows {source.title} with no activation between.{order.note}",
            why=why,
            mend=followed(model, source.path, "nn.ReLU()", name),
        )


def _verdict(first: Any, second: Any) -> tuple[Severity, str] | None:
    if isinstance(first, nn.Linear) and isinstance(second, nn.Linear):
        return _of_widths(first.in_features, first.out_features, second.out_features)
    if isinstance(first, CONVOLUTIONS) and isinstance(second, CONVOLUTIONS):
        if first.groups > 1 or second.groups > 1 or _is_separable(first, second):
            return None
        return _of_widths(first.in_channels, first.out_channels, second.out_channels)
    return "hint", WHY


def _of_widths(before: int, between: int, after: int) -> tuple[Severity, str]:
    return ("hint", FACTORED) if between < min(before, after) else ("warning", WHY)


def _is_separable(first: Any, second: Any) -> bool:
    """Whether one works along some axes and the other along others: 1×3 and 3×1."""
    kernels = first.kernel_size, second.kernel_size
    along_axes = zip(*kernels, strict=False)
    return all(max(kernel) > 1 for kernel in kernels) and all(1 in axis for axis in along_axes)
