"""The shape of an input that a module could take, guessed from its first layer and tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from demo_app import TensorSpec

from ..anatomy.operation_limit import OperationLimit
from ..anatomy.trace import trace
from .subjects import dtype_of_input

SIDES = (224, 32, 28, 64)
"""Of ImageNet's, CIFAR's and MNIST's pictures, and of what many GANs draw."""
LENGTH = 16
MAX_TRIED = 5_000
"""Operations of one try: every model that people draw by hand takes fewer."""


@dataclass(frozen=True, kw_only=True)
class ExampleShape:
    """A shape, and whether the module ran with it."""

    shape: tuple[int, ...]
    runs: bool


def example_shape(module: nn.Module) -> ExampleShape | None:
    """The first of the shapes that suit the first layer with which the whole runs.

    Args:
        module: on the meta device; it is changed to evaluation mode.

    Returns:
        The most likely one where none runs; None where nothing can be guessed.
    """
    first: tuple[int, ...] | None = None
    dtype = dtype_of_input(module)
    with torch.inference_mode(False):
        for shape in _candidates(module):
            first = first or shape
            with OperationLimit(MAX_TRIED) as limit:
                fits = runs(module, {"": [TensorSpec(shape=shape, dtype=dtype)]})
            if fits:
                return ExampleShape(shape=shape, runs=True)
            if limit.was_exceeded:
                break
    return ExampleShape(shape=first, runs=False) if first is not None else None


def runs(module: nn.Module, inputs: Mapping[str, Sequence[TensorSpec]]) -> bool:
    """Whether a whole forward pass comes to its end.

    Args:
        module: on the meta device; it is changed to evaluation mode.
        inputs: the positional arguments of ``forward`` by the path of the module that takes them.
    """
    try:
        tensors = {
            path: [torch.empty(s.shape, dtype=getattr(torch, s.dtype), device="meta") for s in each]
            for path, each in inputs.items()
        }
    except (AttributeError, TypeError, RuntimeError):
        return False
    return trace(module, tensors).error is None


def _candidates(module: nn.Module) -> Iterator[tuple[int, ...]]:
    for layer in module.modules():
        shapes = list(_shapes(layer))
        if shapes:
            yield from shapes
            return


def _shapes(layer: nn.Module) -> Iterator[tuple[int, ...]]:
    """Those that a layer takes; nothing for one that says nothing of what it takes."""
    if any(is_lazy(parameter) for parameter in layer.parameters(recurse=False)):
        return
    if isinstance(layer, nn.Linear):
        yield (1, layer.in_features)
    elif isinstance(layer, nn.Embedding | nn.EmbeddingBag):
        yield (1, LENGTH)
    elif isinstance(layer, nn.modules.conv._ConvNd):
        rank = layer.weight.dim() - 2
        for side in SIDES if rank == 2 else (100, 1000) if rank == 1 else (32, 112):
            yield (1, layer.in_channels, *(side,) * rank)
    elif isinstance(layer, nn.RNNBase):
        yield (1, LENGTH, layer.input_size)
    elif isinstance(layer, nn.TransformerEncoderLayer):
        yield (1, LENGTH, layer.self_attn.embed_dim)
    elif isinstance(layer, nn.BatchNorm2d):
        for side in SIDES:
            yield (1, layer.num_features, side, side)
    elif isinstance(layer, nn.LayerNorm):
        yield (1, *layer.normalized_shape)
