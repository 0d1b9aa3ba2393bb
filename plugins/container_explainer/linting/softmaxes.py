"""Softmax layers that do not say over which dimension."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from .findings import Finding
from .mending import constructor, replaced

KINDS = (nn.Softmax, nn.LogSoftmax, nn.Softmin)
WHY = (
    "PyTorch then guesses by the number of dimensions: of three, as of a batch of sequences, it "
    "takes the first, and mixes the examples of the batch. The guess is deprecated."
)


def find_softmax_without_dim(model: nn.Module, name: str = "self") -> Iterator[Finding]:
    """Softmax, LogSoftmax and Softmin with ``dim=None``."""
    for path, module in model.named_modules():
        softmax: Any = module
        if isinstance(module, KINDS) and softmax.dim is None:
            yield Finding(
                rule="softmax-without-dim",
                severity="warning",
                path=path,
                message=f"{path or 'The whole'} ({type(module).__name__}) is without dim.",
                why=WHY,
                mend=replaced(model, path, constructor(module, dim=-1), name),
            )
