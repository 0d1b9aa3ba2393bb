"""What the commonest operations return on the meta device, told in microseconds.

There an operation is only asked which shape it returns. Torch answers many of these questions in
Python, through the machinery of its compiler, which takes up to a millisecond each, and which the
first question imports: two seconds and 150 MB. The rules for the operations below are short. They
answer plain questions only; a wrong or unusual one is left to torch, whose errors are the right
ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from .window_kernels import adaptive_average_pool, alike, average_pool, convolution, max_pool

_aten = torch.ops.aten
Kernel = Callable[..., Any]


def answer(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What an operation on meta tensors returns; ``NotImplemented`` where torch is to say.

    Args:
        func: an overload of ``torch.ops.aten``.
        args: its positional arguments.
        kwargs: its arguments by name; an operation with any is left to torch, save ``gelu``, whose
            ``approximate`` changes no shape.
    """
    kernel = KERNELS.get(func)
    if kernel is None or (kwargs and func is not _aten.gelu.default):
        return NotImplemented
    return kernel(*args)


def _is_plain(tensor: Tensor) -> bool:
    """Whether an elementwise operation returns this very layout."""
    return tensor.is_contiguous() or (
        tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last)
    )


def _laid_out_as(tensor: Tensor) -> Tensor:
    # torch.empty_like would ask the compiler's package for the layout.
    return tensor.new_empty_strided(tensor.shape, tensor.stride())


def _mm(one: Tensor, other: Tensor) -> Any:
    fits = one.dim() == other.dim() == 2 and one.shape[1] == other.shape[0]
    if not (fits and alike(one, other)):
        return NotImplemented
    return one.new_empty((one.shape[0], other.shape[1]))


def _addmm(bias: Tensor, one: Tensor, other: Tensor) -> Any:
    fits = bias.dim() == 1 and other.dim() == 2 and bias.shape[0] == other.shape[1]
    return _mm(one, other) if fits and alike(bias, one) else NotImplemented


def _bmm(one: Tensor, other: Tensor) -> Any:
    fits = one.dim() == other.dim() == 3 and one.shape[0] == other.shape[0]
    if not (fits and one.shape[2] == other.shape[1] and alike(one, other)):
        return NotImplemented
    return one.new_empty((one.shape[0], one.shape[1], other.shape[2]))


def _batch_norm(
    given: Tensor, weight: Any, bias: Any, mean: Any, variance: Any, training: bool, *_: Any
) -> Any:
    if training or given.dim() < 2 or not alike(given) or not _is_plain(given):
        return NotImplemented
    statistics = [t for t in (weight, bias, mean, variance) if t is not None]
    if not all(t.shape == given.shape[1:2] and t.dtype is given.dtype for t in statistics):
        return NotImplemented
    empty = given.new_empty(given.shape[1:2], dtype=_statistics_dtype(given))
    return _laid_out_as(given), empty, _laid_out_as(empty)


def _layer_norm(
    given: Tensor, normalized: Sequence[int], weight: Any, bias: Any, epsilon: float
) -> Any:
    first = given.dim() - len(normalized)
    normalized = torch.Size(normalized)
    affine = [t for t in (weight, bias) if t is not None]
    fits = first >= 0 and len(normalized) > 0 and given.shape[first:] == normalized
    if not fits or not all(t.shape == normalized for t in affine) or not alike(given, *affine):
        return NotImplemented
    shape = (*given.shape[:first], *([1] * len(normalized)))
    mean = given.new_empty(shape, dtype=_statistics_dtype(given))
    return given.new_empty(given.shape), mean, _laid_out_as(mean)


def _statistics_dtype(given: Tensor) -> torch.dtype:
    return torch.float64 if given.dtype is torch.float64 else torch.float32


def _elementwise(given: Tensor, *numbers: Any) -> Any:
    if any(isinstance(number, Tensor) for number in numbers):
        return NotImplemented
    return _laid_out_as(given) if alike(given) and _is_plain(given) else NotImplemented


def _in_place(given: Tensor, *numbers: Any) -> Any:
    return given if alike(given) and _is_plain(given) else NotImplemented


def _of_two(one: Any, other: Any) -> Any:
    """One tensor and a number, or two of which one has the shape of the result."""
    if not isinstance(one, Tensor) or not alike(one) or not one.is_contiguous():
        return NotImplemented
    if not isinstance(other, Tensor):
        return _laid_out_as(one) if isinstance(other, int | float) else NotImplemented
    if not alike(one, other) or not other.is_contiguous():
        return NotImplemented
    larger, smaller = (one, other) if one.dim() >= other.dim() else (other, one)
    if _reaches(smaller, larger):
        return larger.new_empty(larger.shape)
    return smaller.new_empty(smaller.shape) if _reaches(larger, smaller) else NotImplemented


def _reaches(smaller: Tensor, larger: Tensor) -> bool:
    """Whether one can be broadcast to the shape of the other."""
    return smaller.dim() <= larger.dim() and all(
        size in (1, wanted)
        for size, wanted in zip(reversed(smaller.shape), reversed(larger.shape), strict=False)
    )


def _of_two_in_place(one: Any, other: Any) -> Any:
    result = _of_two(one, other)
    return NotImplemented if result is NotImplemented or result.shape != one.shape else one


def _softmax(given: Tensor, dim: int, half_to_float: bool) -> Any:
    fits = given.is_contiguous() and -given.dim() <= dim < given.dim() and not half_to_float
    return given.new_empty(given.shape) if fits and alike(given) else NotImplemented


def _mean(given: Tensor, dims: Sequence[int] | None, keepdim: bool = False) -> Any:
    if not dims or not alike(given) or not given.is_contiguous():
        return NotImplemented
    if any(not -given.dim() <= dim < given.dim() for dim in dims):
        return NotImplemented
    gone = {dim % given.dim() for dim in dims}
    if len(gone) != len(dims):
        return NotImplemented
    kept = [
        1 if axis in gone else size
        for axis, size in enumerate(given.shape)
        if keepdim or axis not in gone
    ]
    return given.new_empty(kept)


def _embedding(weight: Tensor, indices: Tensor, *_: Any) -> Any:
    fits = weight.dim() == 2 and indices.dtype in (torch.int64, torch.int32) and indices.is_meta
    return weight.new_empty((*indices.shape, weight.shape[1])) if fits else NotImplemented


def _cat(tensors: Sequence[Tensor], dim: int = 0) -> Any:
    first = tensors[0]
    axes = first.dim()
    if not -axes <= dim < axes or not alike(*tensors):
        return NotImplemented
    dim %= axes
    if any(t.dim() != axes or not t.is_contiguous() for t in tensors):
        return NotImplemented
    around = (*first.shape[:dim], *first.shape[dim + 1 :])
    if any((*t.shape[:dim], *t.shape[dim + 1 :]) != around for t in tensors):
        return NotImplemented
    total = sum(t.shape[dim] for t in tensors)
    return first.new_empty((*first.shape[:dim], total, *first.shape[dim + 1 :]))


KERNELS: dict[Any, Kernel] = {
    _aten.mm.default: _mm,
    _aten.addmm.default: _addmm,
    _aten.bmm.default: _bmm,
    _aten.convolution.default: convolution,
    _aten.native_batch_norm.default: _batch_norm,
    _aten.native_layer_norm.default: _layer_norm,
    _aten._softmax.default: _softmax,
    _aten.max_pool2d_with_indices.default: max_pool,
    _aten.avg_pool2d.default: average_pool,
    _aten._adaptive_avg_pool2d.default: adaptive_average_pool,
    _aten.mean.dim: _mean,
    _aten.embedding.default: _embedding,
    _aten.cat.default: _cat,
    **dict.fromkeys(
        (
            _aten.relu.default,
            _aten.gelu.default,
            _aten.silu.default,
            _aten.elu.default,
            _aten.hardtanh.default,
            _aten.hardswish.default,
            _aten.hardsigmoid.default,
            _aten.leaky_relu.default,
            _aten.sigmoid.default,
            _aten.tanh.default,
        ),
        _elementwise,
    ),
    **dict.fromkeys(
        (
            _aten.relu_.default,
            _aten.silu_.default,
            _aten.elu_.default,
            _aten.hardtanh_.default,
            _aten.hardswish_.default,
            _aten.hardsigmoid_.default,
            _aten.leaky_relu_.default,
        ),
        _in_place,
    ),
    **dict.fromkeys(
        (_aten.add.Tensor, _aten.sub.Tensor, _aten.mul.Tensor, _aten.div.Tensor), _of_two
    ),
    **dict.fromkeys(
        (_aten.add_.Tensor, _aten.sub_.Tensor, _aten.mul_.Tensor, _aten.div_.Tensor),
        _of_two_in_place,
    ),
}
"""A rule for each operation. A test holds every one against torch's own answer."""
