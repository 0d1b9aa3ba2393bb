"""Modules without weights: on PyTorch's meta device a tensor has a shape and takes no memory."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from demo_app.checkpoints import build

_FACTORIES = {
    torch.arange,
    torch.as_tensor,
    torch.asarray,
    torch.empty,
    torch.empty_strided,
    torch.eye,
    torch.full,
    torch.hann_window,
    torch.linspace,
    torch.logspace,
    torch.ones,
    torch.rand,
    torch.randint,
    torch.randn,
    torch.randperm,
    torch.scalar_tensor,
    torch.tensor,
    torch.tril_indices,
    torch.triu_indices,
    torch.zeros,
}


class OnMeta(TorchFunctionMode):
    """Inside it, tensors are made on the meta device unless the code that makes them names another.

    As ``with torch.device("meta")``, but for this thread alone (that one writes to a global of
    torch's), and not for tensors that a Python module makes while it is imported: those outlive
    the block, and would have no numbers for anybody else.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _FACTORIES and kwargs.get("device") is None and not _is_importing():
            kwargs = {**kwargs, "device": "meta"}
        return func(*args, **kwargs)


def build_on_meta(architecture: Callable[[], nn.Module]) -> nn.Module:
    """Build a module with all its parameters and buffers on the meta device.

    An architecture that looks at values while it is built (a schedule by
    ``torch.linspace(…).tolist()``, say) is built on the CPU, without initialisation, and moved:
    memory that nobody writes to is not taken either. The global random state is left as it was.
    """
    try:
        with OnMeta():
            module = build(architecture)
    except Exception:
        module = build(architecture)
    if isinstance(module, nn.Module):
        to_meta(module)
    return module


def to_meta(module: nn.Module) -> None:
    """Move a module's parameters and buffers to the meta device; tied tensors stay tied.

    ``module.to("meta")`` would make two parameters of one that has two places.
    """
    moved: dict[Tensor, Tensor] = {}

    def on_meta(tensor: Tensor) -> Tensor:
        if not tensor.is_meta and tensor not in moved:
            moved[tensor] = _counterpart(tensor)
        return moved.get(tensor, tensor)

    for part in module.modules():
        for tensors in (part._parameters, part._buffers):
            for name, tensor in tensors.items():
                if tensor is not None:
                    tensors[name] = on_meta(tensor)  # type: ignore[assignment]


def _counterpart(tensor: Tensor) -> Tensor:
    if is_lazy(tensor):
        kind: Any = type(tensor)
        lazy: Tensor = kind(tensor.requires_grad, device="meta")
        return lazy
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(tensor.detach().to("meta"), tensor.requires_grad)
    return tensor.to("meta")


def _is_importing() -> bool:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
