"""What a program can do with tensors: a fixed list of PyTorch's functions and methods.

In a run tensors are on the meta device, where they have shapes and no numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional
from torch import Tensor, nn

from .errors import Refusal, in_plain_words
from .running import Run
from .values import SIMPLE, Function, kind, words

MAX_ARGUMENTS = 64
MAX_MEMBERS = 1000
STEPS = 15
"""What an operation on tensors is reckoned at: it takes about as long as so many expressions."""

POINTWISE = words(
    "abs add clamp cos div exp float log matmul mean mul pow relu rsqrt sigmoid sin softmax sqrt "
    "square sub sum tanh log_softmax"
)
RESHAPING = words(
    "chunk flatten movedim permute reshape select split squeeze swapaxes transpose unbind "
    "unflatten unsqueeze narrow"
)
OF_TORCH = POINTWISE - {"float"} | RESHAPING | words(
    "amax amin argmax baddbmm bmm cat concat cumsum dot einsum erf flip maximum max mean min "
    "minimum mm ones_like rand_like randn_like roll stack tril triu zeros_like where"
)  # fmt: skip
OF_A_TENSOR = POINTWISE | RESHAPING | words(
    "amax amin argmax bmm clone contiguous cumsum detach dim expand expand_as flip half long "
    "masked_fill max min mm ndimension numel repeat repeat_interleave requires_grad_ size t to "
    "tril triu type_as unfold view view_as add_ mul_ sub_ clamp_ relu_ squeeze_ unsqueeze_"
)  # fmt: skip
OF_F = words(
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d "
    "adaptive_max_pool2d adaptive_max_pool3d avg_pool1d avg_pool2d avg_pool3d celu conv1d conv2d "
    "conv3d cosine_similarity dropout dropout1d dropout2d dropout3d elu gelu glu group_norm "
    "hardsigmoid hardswish hardtanh instance_norm interpolate layer_norm leaky_relu linear "
    "log_softmax logsigmoid max_pool1d max_pool2d max_pool3d mish normalize pad pixel_shuffle "
    "pixel_unshuffle prelu relu relu6 scaled_dot_product_attention selu sigmoid silu softmax "
    "softmin softplus softsign tanh tanhshrink unfold upsample fold"
)
MADE = words("arange empty eye full linspace ones rand randint randn zeros")
"""Functions that make a tensor of nothing."""
DTYPES = words(
    "bfloat16 bool double float float16 float32 float64 half int int16 int32 int64 int8 long uint8"
)


def torch_member(name: str) -> Any:
    """``torch.cat``, ``torch.float16``; None if the language has no such thing."""
    if name in DTYPES:
        return vars(torch)[name]
    if name in OF_TORCH:
        return _function(f"torch.{name}", vars(torch)[name])
    if name in MADE:
        return _making(f"torch.{name}", vars(torch)[name])
    return None


def functional_member(name: str) -> Any:
    """``F.relu``; None if the language has no such thing."""
    return _function(f"F.{name}", vars(nn.functional)[name]) if name in OF_F else None


def tensor_method(run: Run, tensor: Tensor, name: str, args: list[Any], kwargs: Any) -> Any:
    """``x.view(1, -1)``.

    Raises:
        Refusal: there is no such method here, or the arguments do not fit.
    """
    if name not in OF_A_TENSOR:
        if name in ("item", "tolist", "numpy"):
            raise Refusal(f"{name}() needs the numbers in a tensor, and none are computed here.")
        if name in ("cuda", "cpu"):
            raise Refusal(f"leave {name}() out: nothing is computed here, so no device is needed.")
        raise Refusal(f"x.{name[:60]}() of a tensor is not part of this language.")
    return _call(run, f"x.{name}", getattr(Tensor, name), [tensor, *args], kwargs)


def tensor_attribute(tensor: Tensor, name: str) -> Any:
    """``x.shape``.

    Raises:
        Refusal: there is no such attribute here.
    """
    match name:
        case "shape":
            return tensor.shape
        case "dtype":
            return tensor.dtype
        case "device":
            return tensor.device
        case "ndim":
            return tensor.dim()
        case "requires_grad":
            return tensor.requires_grad
        case "T" | "mT":
            return tensor.transpose(-2, -1)
    raise Refusal(f"x.{name[:60]} of a tensor is not part of this language.")


def tensor_item(run: Run, tensor: Tensor, index: Any) -> Any:
    """``x[:, 0]``.

    Raises:
        Refusal: the index does not fit.
    """
    for part in index if isinstance(index, tuple) else (index,):
        if not (part is None or part is ... or isinstance(part, int | slice)):
            raise Refusal(f"a tensor cannot be indexed with {kind(part)} here: numbers and slices.")
    run.budget.step(STEPS)
    try:
        return tensor[index]
    except (IndexError, TypeError, ValueError, RuntimeError) as error:
        raise Refusal(in_plain_words(error, "this index")) from error


def checked_result(run: Run, result: Any) -> Any:
    """What an operation gave, if it is not too large.

    Raises:
        Refusal: it is.
    """
    run.budget.step(STEPS)
    for tensor in _tensors(result):
        if math.prod(tensor.shape) > run.limits.elements:
            raise Refusal(
                f"this tensor has more than {run.limits.elements:,} numbers, the limit here."
            )
    return tuple(result) if type(result) is list else result


def _function(name: str, function: Any) -> Function:
    return Function(
        name=name, call=lambda run, args, kwargs: _call(run, name, function, args, kwargs)
    )


def _making(name: str, function: Any) -> Function:
    def call(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
        kwargs = {key: value for key, value in kwargs.items() if key != "requires_grad"}
        if not isinstance(kwargs.get("device"), torch.device | None):
            raise Refusal("leave device out: nothing is computed here, so no device is needed.")
        _check_elements(run, args)
        return _call(run, name, function, args, {**kwargs, "device": run.device})

    return Function(name=name, call=call)


def _check_elements(run: Run, sizes: list[Any]) -> None:
    numbers = [n for n in sizes if isinstance(n, int)]
    numbers += [n for s in sizes if isinstance(s, list | tuple) for n in s if isinstance(n, int)]
    if math.prod(max(abs(n), 1) for n in numbers) > run.limits.elements:
        raise Refusal(f"this tensor has more than {run.limits.elements:,} numbers, the limit here.")


def _call(run: Run, name: str, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if "out" in kwargs:
        raise Refusal(f"out of {name} is not part of this language. Leave it out.")
    short = name.rpartition(".")[2]
    if isinstance(kwargs.get("device"), str) or (
        short == "to" and any(isinstance(value, str) for value in args)
    ):
        raise Refusal("leave device out: nothing is computed here, so no device is needed.")
    if len(args) > MAX_ARGUMENTS:
        raise Refusal(f"{name} takes at most {MAX_ARGUMENTS} arguments here.")
    args = [_argument(run, name, value) for value in args]
    kwargs = {key: _argument(run, name, value) for key, value in kwargs.items()}
    _check_pieces(run, short, args, kwargs)
    if run.device_is_real:
        _try_on_meta(run, name, function, args, kwargs)
    try:
        result = function(*args, **kwargs)
    except (TypeError, ValueError, RuntimeError, IndexError, AssertionError) as error:
        raise Refusal(in_plain_words(error, name)) from error
    except NotImplementedError as error:
        raise Refusal(f"{name} needs numbers, and none are computed here.") from error
    return checked_result(run, result)


def _try_on_meta(run: Run, name: str, function: Any, args: list[Any], kwargs: Any) -> None:
    """See how large a result will be before it takes memory.

    Raises:
        Refusal: larger than what may be computed with numbers.
    """

    def on_meta(value: Any) -> Any:
        if isinstance(value, Tensor | torch.device):
            return value.to("meta") if isinstance(value, Tensor) else torch.device("meta")
        return type(value)(map(on_meta, value)) if type(value) in (list, tuple) else value

    try:
        result = function(*map(on_meta, args), **{k: on_meta(v) for k, v in kwargs.items()})
    except (RuntimeError, TypeError, ValueError, IndexError, AssertionError):
        # What is wrong with it is said when it is really called.
        return
    for tensor in _tensors(result):
        if math.prod(tensor.shape) > run.limits.real_elements:
            raise Refusal(f"{name} would make more than {run.limits.real_elements:,} numbers.")


def _argument(run: Run, name: str, value: Any, nesting: int = 0) -> Any:
    if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
        if nesting > 2 or len(value) > MAX_MEMBERS:
            raise Refusal(f"{name} does not take lists as long or as deep as this.")
        run.budget.step(len(value))
        return type(value)(_argument(run, name, member, nesting + 1) for member in value)
    if isinstance(value, int) and abs(value) > run.limits.size:
        raise Refusal(f"{name} takes numbers up to {run.limits.size:,} here.")
    if isinstance(value, (*SIMPLE, Tensor, torch.dtype, torch.device, torch.Size)):
        return value
    raise Refusal(f"{name} does not take {kind(value)}.")


def _check_pieces(run: Run, name: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Refuse to make a tensor of each of a billion rows."""
    if name not in ("chunk", "split", "unbind") or not args or not isinstance(args[0], Tensor):
        return
    counts = [*args[1:2], *(kwargs[k] for k in ("chunks", "split_size") if k in kwargs)]
    count = counts[0] if counts else 1
    longest = max(args[0].shape, default=1)
    pieces = longest if name == "unbind" else count
    if name == "split" and isinstance(count, int):
        pieces = longest // max(count, 1)
    if isinstance(pieces, int) and pieces > run.limits.pieces:
        raise Refusal(f"{name} may make {run.limits.pieces:,} tensors at most here.")


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _tensors(member)
