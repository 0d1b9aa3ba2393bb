"""What counts as a multiply-add: torch's own formulas, and a few that it lacks.

The formulas of convolutions, matrix products and attention are half of those of torch's
``FlopCounterMode``. They are written down here, since to import torch's is to import the Triton
compiler, 77 MB, for a forward pass that compiles nothing; a test holds each against torch's. Rarer
ones are torch's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor

_aten = torch.ops.aten


def multiply_adds(func: Any, args: Any, kwargs: Mapping[str, Any], result: Any) -> int:
    """How many an operation takes: half of the floating point operations of its products.

    Additions, activations, normalisation, pooling and lookups count as none, as is the custom.

    Args:
        func: an overload of ``torch.ops``, or a higher-order operator.
        args: its positional arguments.
        kwargs: its arguments by name.
        result: what it returned.
    """
    operation = getattr(func, "_overloadpacket", func)
    formula = FORMULAS.get(operation)
    if formula is not None:
        return formula(*args, **kwargs, result=result)
    if operation in OF_TORCH or isinstance(operation, torch._ops.HigherOrderOperator):
        from torch.utils.flop_counter import flop_registry

        of_torch = flop_registry.get(operation)
        return of_torch(*args, **kwargs, out_val=result) // 2 if of_torch is not None else 0
    return 0


def _matrices(one: Tensor, other: Tensor, *_: Any, **__: Any) -> int:
    return one.shape[0] * one.shape[1] * other.shape[1]


def _added_matrices(bias: Tensor, one: Tensor, other: Tensor, *_: Any, **__: Any) -> int:
    return _matrices(one, other)


def _batches(one: Tensor, other: Tensor, *_: Any, **__: Any) -> int:
    return one.shape[0] * one.shape[1] * one.shape[2] * other.shape[2]


def _added_batches(bias: Tensor, one: Tensor, other: Tensor, *_: Any, **__: Any) -> int:
    return _batches(one, other)


def _convolution(
    given: Tensor, weight: Tensor, bias: Any, stride: Any, padding: Any, dilation: Any,
    transposed: bool, *_: Any, result: Tensor, **__: Any,
) -> int:  # fmt: skip
    """Every number of the weight once for each place: of the output, transposed of the input."""
    places = (given if transposed else result).shape[2:]
    return given.shape[0] * prod(places) * prod(weight.shape)


def _attention(query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> int:
    """Scores of every query with every key, and the sum of the values that they weigh."""
    batch, heads, queries, width = query.shape
    return batch * heads * queries * key.shape[2] * (width + value.shape[3])


def _matrix_vector(matrix: Tensor, vector: Tensor, **_: Any) -> int:
    return matrix.shape[0] * matrix.shape[1]


def _added_matrix_vector(bias: Tensor, matrix: Tensor, vector: Tensor, **_: Any) -> int:
    return matrix.shape[0] * matrix.shape[1]


def _dot(one: Tensor, other: Tensor, **_: Any) -> int:
    return one.shape[0]


def _bilinear(one: Tensor, weight: Tensor, other: Tensor, *_: Any, **__: Any) -> int:
    """``x·W·y`` for every output: first ``W·y``, then the product of ``x`` with it."""
    outputs, length, other_length = weight.shape
    return one.shape[0] * outputs * (length * other_length + length)


FORMULAS: Mapping[Any, Callable[..., int]] = {
    _aten.mm: _matrices,
    _aten._scaled_mm: _matrices,
    _aten.addmm: _added_matrices,
    _aten.bmm: _batches,
    _aten.baddbmm: _added_batches,
    _aten.convolution: _convolution,
    _aten._convolution: _convolution,
    _aten.convolution_overrideable: _convolution,
    _aten._scaled_dot_product_efficient_attention: _attention,
    _aten._scaled_dot_product_flash_attention: _attention,
    _aten._scaled_dot_product_cudnn_attention: _attention,
    # These are products as well, and torch counts none of them.
    _aten.mv: _matrix_vector,
    _aten.addmv: _added_matrix_vector,
    _aten.dot: _dot,
    _aten.vdot: _dot,
    _aten.addbmm: _added_batches,
    _aten._trilinear: _bilinear,
}

OF_TORCH = frozenset(
    getattr(_aten, name)
    for name in (
        "cudnn_convolution",
        "_slow_conv2d_forward",
        "convolution_backward",
        "_scaled_dot_product_efficient_attention_backward",
        "_scaled_dot_product_flash_attention_backward",
        "_scaled_dot_product_cudnn_attention_backward",
        "_flash_attention_forward",
        "_efficient_attention_forward",
        "_flash_attention_backward",
        "_efficient_attention_backward",
    )
)
"""Operations that a model rarely asks for by name; torch's formulas are imported for them."""
