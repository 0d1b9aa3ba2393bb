"""Kernels and pooling windows that are larger than what they are laid over."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .mending import constructor, torch_class
from .misfit import Misfit

VANISHED = "Every stride and pooling shrinks the picture, and here nothing of it would be left."


def kernel_too_large(module: Any, x: Tensor, axes: int) -> Misfit | None:
    """Of a convolution whose kernel is larger than its input with the padding around it.

    Args:
        axes: along which the kernel slides.
    """
    if isinstance(module.padding, str):
        return None
    reach = [(k - 1) * d + 1 for k, d in zip(module.kernel_size, module.dilation, strict=True)]
    room = [n + 2 * p for n, p in zip(x.shape[-axes:], module.padding, strict=True)]
    if all(r <= n for r, n in zip(reach, room, strict=True)):
        return None
    enough = tuple(
        max(p, (r - n + 1) // 2)
        for p, r, n in zip(module.padding, reach, x.shape[-axes:], strict=True)
    )
    return Misfit(
        rule="too-small",
        wants=f"at least {_by(reach)}, the reach of its kernel, and with its padding this is "
        f"{_by(room)}: give a larger input, or pad",
        why=VANISHED,
        layer=constructor(module, padding=enough),
    )


def window_too_large(module: Any, x: Tensor) -> Misfit | None:
    """Of a pooling whose window is larger than its input."""
    axes = int(torch_class(module).__name__[-2])
    if x.dim() not in (axes + 1, axes + 2):
        return None
    kernel, stride, padding = (
        _each(value, axes) for value in (module.kernel_size, module.stride, module.padding)
    )
    dilation = _each(getattr(module, "dilation", 1), axes)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    room = [n + 2 * p for n, p in zip(x.shape[-axes:], padding, strict=True)]
    # Rounded up, a window may hang over the edge by less than a stride.
    over = [s - 1 if module.ceil_mode else 0 for s in stride]
    if all(r - o <= n for r, o, n in zip(reach, over, room, strict=True)):
        return None
    return Misfit(
        rule="too-small",
        wants=f"at least {_by(reach)}, its window: give a larger input, or leave this pooling out",
        why=VANISHED,
        layer="nn.Identity()",
    )


def _each(value: Any, axes: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,) * axes


def _by(sizes: Any) -> str:
    return "×".join(map(str, sizes))
