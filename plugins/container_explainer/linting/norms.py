"""Batch normalisation in the wrong place, or beside something that it makes needless."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.nn.utils.parametrize import is_parametrized

from .findings import Finding
from .mending import constructor, replaced
from .order import (
    Order,
    Step,
    is_called,
    is_dropout,
    last_steps,
    moves_only,
    sole_source,
)

BATCH_NORMS = (nn.modules.batchnorm._BatchNorm,)
INSTANCE_NORMS = (nn.modules.instancenorm._InstanceNorm,)
WEIGHTED = (nn.Linear, nn.modules.conv._ConvNd)

NO_BIAS = (
    "The normalisation subtracts the mean of every channel, and the bias with it: it changes "
    "nothing in training and is one more number to store (before training, leave it out; a "
    "trained layer needs its bias moved into running_mean)."
)
AFTER_OUTPUT = (
    "Every output then has the same mean and spread over the batch, so what is predicted for one "
    "example depends on the others in its batch, and confidence is not learned."
)
SHIFT = (
    "Dropout changes the variance in training and not in evaluation, so the running variance that "
    "the normalisation keeps is wrong where it is used (Li et al. 2019, arXiv:1801.05134)."
)


def find_needless_biases(model: nn.Module, order: Order, name: str = "self") -> Iterator[Finding]:
    """Linear layers and convolutions with a bias, directly before a norm that subtracts it."""
    for step in order.steps:
        if not is_called(step, (*BATCH_NORMS, *INSTANCE_NORMS)):
            continue
        source = sole_source(step, lambda between: isinstance(between.module, nn.Identity))
        if source is None or source.module is None or not is_called(source, WEIGHTED):
            continue
        bias = source.module.bias
        # What is made anew would be without its parametrisation.
        if not isinstance(bias, Tensor) or is_lazy(bias) or is_parametrized(source.module):
            continue
        if order.calls(source.module) > 1:
            continue
        if not _is_of_channels(source, step):
            continue
        mended = constructor(source.module, bias=False)
        yield Finding(
            rule="bias-before-norm",
            severity="hint",
            path=source.path,
            message=f"{source.title} has a bias of {bias.numel():,} numbers right "
            f"before {step.title}.{order.note}",
            why=NO_BIAS,
            mend=replaced(model, source.path, mended, name),
        )


def find_norm_after_output(model: nn.Module, order: Order, name: str = "self") -> Iterator[Finding]:
    """A batch norm at the end of everything, after a linear layer or a convolution.

    After a linear layer it is a warning. A block that ends in convolution and norm may be a part
    of something larger, so that is a hint.
    """
    for step in last_steps(order):
        if not is_called(step, BATCH_NORMS) or len(step.sources) != 1:
            continue
        (source,) = step.sources
        while (moves_only(source) or is_dropout(source)) and len(source.sources) == 1:
            (source,) = source.sources
        if is_called(source, WEIGHTED):
            yield Finding(
                rule="norm-after-output",
                severity="warning" if isinstance(source.module, nn.Linear) else "hint",
                path=step.path,
                message=f"{step.title} normalises what the last layer, {source.title}, returns."
                f"{order.note}",
                why=AFTER_OUTPUT,
                mend=replaced(model, step.path, "nn.Identity()", name),
            )


def find_dropout_before_norm(
    model: nn.Module, order: Order, name: str = "self"
) -> Iterator[Finding]:
    """A dropout whose result goes straight, or through one linear layer, into a batch norm."""
    for step in order.steps:
        if not is_called(step, BATCH_NORMS):
            continue
        source = sole_source(step, moves_only)
        if source is not None and is_called(source, WEIGHTED):
            source = sole_source(source, moves_only)
        if source is None or source.module is None or not is_dropout(source):
            continue
        if source.module.p == 0:
            continue
        yield Finding(
            rule="dropout-before-norm",
            severity="hint",
            path=source.path,
            message=f"{source.title} stands before {step.title}.{order.note}",
            why=SHIFT,
            mend=replaced(model, source.path, "nn.Identity()", name),
        )


def _is_of_channels(source: Step, norm: Step) -> bool:
    """Whether the bias has one number for each channel over which the norm takes its mean.

    A norm takes dimension 1; of (batch, steps, features), a linear layer's bias is along the last.
    """
    if not isinstance(source.module, nn.Linear):
        return True
    if source.result is None:
        return isinstance(norm.module, nn.BatchNorm1d)
    return source.result.dim() == 2 and isinstance(norm.module, BATCH_NORMS)
