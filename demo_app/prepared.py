"""What is computed once for a loaded model, and shared by all who use it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

import torch
from torch import nn

Model = TypeVar("Model", bound=nn.Module)
Value = TypeVar("Value")


def once_for_each_model(compute: Callable[[Model], Value]) -> Callable[[Model], Value]:
    """Keep what a function of a model returns for as long as the model lives.

    The model's weights must not change after the first call, as those of a loaded one do not;
    the value must not hold the model itself. Two threads that ask at the same time may both
    compute it; all get the one that was kept. There is no lock, because a process that is forked
    while another thread holds it, as on ZeroGPU, would wait for it for ever.
    """
    known: WeakKeyDictionary[Model, Value] = WeakKeyDictionary()

    @functools.wraps(compute)
    def prepared(model: Model) -> Value:
        value = known.get(model)
        if value is None:
            # Whoever comes first, the tensors are neither inference tensors nor part of a graph.
            with torch.inference_mode(False), torch.no_grad():
                value = known.setdefault(model, compute(model))
        return value

    return prepared
