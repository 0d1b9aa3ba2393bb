"""What counts as a multiply-add: torch's own formulas, and a few that it lacks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

Shape = Sequence[int]


def _matrix_vector(matrix: Shape, vector: Shape, **_: Any) -> int:
    return 2 * matrix[0] * matrix[1]


def _added_matrix_vector(bias: Shape, matrix: Shape, vector: Shape, **_: Any) -> int:
    return 2 * matrix[0] * matrix[1]


def _dot(one: Shape, other: Shape, **_: Any) -> int:
    return 2 * one[0]


def _added_batch(bias: Shape, one: Shape, other: Shape, **_: Any) -> int:
    return 2 * one[0] * one[1] * one[2] * other[2]


def _bilinear(one: Shape, weight: Shape, other: Shape, *_: Any, **__: Any) -> int:
    """``x·W·y`` for every output: first ``W·y``, then the product of ``x`` with it."""
    outputs, length, other_length = weight
    return 2 * one[0] * outputs * (length * other_length + length)


_LACKING = {
    torch.ops.aten.mv: _matrix_vector,
    torch.ops.aten.addmv: _added_matrix_vector,
    torch.ops.aten.dot: _dot,
    torch.ops.aten.vdot: _dot,
    torch.ops.aten.addbmm: _added_batch,
    torch.ops.aten._trilinear: _bilinear,
}

FORMULAS: Mapping[Any, Callable[..., int]] = FlopCounterMode(
    display=False, custom_mapping=_LACKING
).flop_registry
"""Floating point operations (two a multiply-add) by operation, from its arguments and result.

Convolutions, matrix products and attention have one. Additions, activations, normalisation,
pooling and lookups have none, as is the custom.
"""
