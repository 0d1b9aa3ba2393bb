"""What convolutions and pooling return on the meta device: the rules of windows that slide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def alike(*tensors: Tensor) -> bool:
    """Whether all are on the meta device, of one floating dtype."""
    dtype = tensors[0].dtype
    return dtype.is_floating_point and all(t.is_meta and t.dtype is dtype for t in tensors)


def convolution(
    given: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Any:
    """``aten.convolution``, in one to three dimensions, transposed or not."""
    axes = given.dim() - 2
    lists = (stride, padding, dilation, output_padding)
    numbers = [list(values) * axes if len(values) == 1 else list(values) for values in lists]
    fits = axes in (1, 2, 3) and weight.dim() == given.dim() and given.shape[0] > 0
    if not fits or any(len(values) != axes for values in numbers) or not alike(given, weight):
        return NotImplemented
    # A transposed convolution has its weight the other way round: (in, out / groups, …).
    channels = (weight.shape[0], weight.shape[1] * groups)
    taken, made = channels if transposed else reversed(channels)
    if given.shape[1] != taken or made % groups or groups < 1 or min(numbers[0]) < 1:
        return NotImplemented
    extents = [
        (size - 1) * s - 2 * p + d * (kernel - 1) + more + 1
        if transposed
        else (size + 2 * p - d * (kernel - 1) - 1) // s + 1
        for size, kernel, s, p, d, more in zip(
            given.shape[2:], weight.shape[2:], *numbers, strict=True
        )
    ]
    return given.new_empty((given.shape[0], made, *extents)) if min(extents) > 0 else NotImplemented


def max_pool(
    given: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0, 0),
    dilation: Sequence[int] = (1, 1),
    ceil_mode: bool = False,
) -> Any:
    """``aten.max_pool2d_with_indices``: the largest values, and where each was."""
    result = _pooled(given, kernel, stride, padding, dilation, ceil_mode)
    return (
        result
        if result is NotImplemented
        else (result, result.new_empty(result.shape, dtype=torch.int64))
    )


def average_pool(
    given: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0, 0),
    ceil_mode: bool = False,
    *_: Any,
) -> Any:
    """``aten.avg_pool2d``."""
    return _pooled(given, kernel, stride, padding, (1, 1), ceil_mode)


def _pooled(
    given: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    ceil_mode: bool,
) -> Any:
    lists = [list(values) * (2 // len(values)) for values in (kernel, stride or kernel, padding)]
    lists.append(list(dilation) * (2 // len(dilation)))
    fits = given.dim() == 4 and given.is_contiguous() and min(given.shape) > 0 and not ceil_mode
    if not fits or not alike(given) or any(len(values) != 2 for values in lists):
        return NotImplemented
    if min(*lists[0], *lists[1], *lists[3]) < 1:
        return NotImplemented
    if any(not 0 <= 2 * p <= k for p, k in zip(lists[2], lists[0], strict=True)):
        return NotImplemented
    extents = [
        (size + 2 * p - d * (k - 1) - 1) // s + 1
        for size, k, s, p, d in zip(given.shape[2:], *lists, strict=True)
    ]
    return given.new_empty((*given.shape[:2], *extents)) if min(extents) > 0 else NotImplemented


def adaptive_average_pool(given: Tensor, extents: Sequence[int]) -> Any:
    """``aten._adaptive_avg_pool2d``."""
    fits = given.dim() == 4 and given.is_contiguous() and min(given.shape) > 0
    if not fits or not alike(given) or len(extents) != 2 or min(extents) < 1:
        return NotImplemented
    return given.new_empty((*given.shape[:2], *extents))
