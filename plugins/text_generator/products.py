"""Products of a matrix with one vector, which is what the writing of a character is made of."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Product = Callable[[Tensor], Tensor]


def product(weight: Tensor, bias: Tensor | None = None) -> Product:
    """The function from ``(1, in)`` to ``(1, out)`` that a linear layer is, for one vector.

    Its time is the time it takes to read the matrix. What fits into half precision without loss,
    as the weights of a stored checkpoint do, is therefore kept and read in half precision, and
    computed in float32, where PyTorch has that: on x86 processors, with FBGEMM. Elsewhere the
    matrix is kept as ``(in, out)``, whose rows are read faster than its columns.

    Args:
        weight: ``(out, in)`` of float32.
        bias: ``(out,)``; None for none.
    """
    weight = weight.detach()
    bias = weight.new_zeros(len(weight)) if bias is None else bias.detach()
    return _halved(weight, bias) or _transposed(weight, bias)


def _halved(weight: Tensor, bias: Tensor) -> Product | None:
    """None where that cannot be had, or would not be the same."""
    if weight.device.type != "cpu" or not weight.half().float().equal(weight):
        return None
    try:
        packed = torch.ops.quantized.linear_prepack_fp16(weight, bias)
        multiply = torch.ops.quantized.linear_dynamic_fp16.default
        multiply(weight[:1], packed)
    except (AttributeError, NotImplementedError, RuntimeError):
        return None
    return lambda x: multiply(x, packed)


def _transposed(weight: Tensor, bias: Tensor) -> Product:
    columns = weight.t().contiguous()
    return lambda x: torch.addmm(bias, x, columns)
