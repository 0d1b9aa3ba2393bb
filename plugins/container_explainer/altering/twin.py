"""A second tree of modules beside a first one: changed and run, it leaves the first as it was.

``copy.deepcopy`` would copy every number, and whatever else a module holds (a data set, a lock).
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.utils.hooks import RemovableHandle

from demo_app import InvalidInput

MAX_NESTING = 4
OnTensor = Callable[[Tensor], Tensor]


def twin(module: nn.Module, on_tensor: OnTensor = lambda tensor: tensor) -> nn.Module:
    """The same modules once more, each a new object, with what ``on_tensor`` makes of each tensor.

    What is shared stays shared: a module that is held twice, a tensor that is tied. Lists, tuples
    and dictionaries of a module are copied, since a forward pass may add to them; of other
    attributes both trees hold the same object.

    Args:
        module: it is not changed.
        on_tensor: is called once for each tensor; without it both trees have the same tensors.

    Raises:
        InvalidInput: a module is compiled by TorchScript, where Python has no hold of it.
    """
    return _Twins(on_tensor).of(module)


def on_meta(tensor: Tensor) -> Tensor:
    """The tensor's counterpart on the meta device: shape and dtype, no numbers."""
    if tensor.is_meta:
        return tensor
    if is_lazy(tensor):
        kind: Any = type(tensor)
        lazy: Tensor = kind(tensor.requires_grad, device="meta")
        return lazy
    moved = tensor.detach().to("meta")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(moved, tensor.requires_grad)
    return moved


class _Twins:
    """What was made so far, by the id of what it is the twin of."""

    def __init__(self, on_tensor: OnTensor) -> None:
        self._on_tensor = on_tensor
        self._made: dict[int, Any] = {}

    def of(self, module: nn.Module) -> nn.Module:
        if id(module) not in self._made:
            if isinstance(module, torch.jit.ScriptModule):
                raise InvalidInput(
                    f"{type(module).__name__} is compiled by TorchScript and cannot be taken "
                    "apart; give the module that it was made from."
                )
            # As DataParallel replicates: __init__ is not run, nor what a class does to be pickled.
            made = object.__new__(type(module))
            self._made[id(module)] = made
            made.__dict__ = {name: self._value(v, 0) for name, v in module.__dict__.items()}
            if "_orig_mod" in made._modules and callable(made.__dict__.get("forward")):
                # What torch.compile made calls the first tree; uncompiled, it is this.
                made.__dict__["forward"] = made._modules["_orig_mod"]
        twin: nn.Module = self._made[id(module)]
        return twin

    def _value(self, value: Any, nesting: int) -> Any:
        if isinstance(value, nn.Module):
            return self.of(value)
        if isinstance(value, Tensor):
            if id(value) not in self._made:
                self._made[id(value)] = self._on_tensor(value)
            return self._made[id(value)]
        if isinstance(value, MethodType) and isinstance(value.__self__, nn.Module):
            return MethodType(value.__func__, self.of(value.__self__))
        if isinstance(value, RemovableHandle):
            return self._handle(value)
        return self._collection(value, nesting) if nesting < MAX_NESTING else value

    def _collection(self, value: Any, nesting: int) -> Any:
        """A copy of a list, tuple or dictionary, of these very classes or an ordered dictionary."""
        if isinstance(value, dict) and type(value).__module__ in ("builtins", "collections"):
            if id(value) not in self._made:
                copied = self._made[id(value)] = value.copy()
                copied.update({key: self._value(v, nesting + 1) for key, v in value.items()})
            return self._made[id(value)]
        if type(value) in (list, tuple):
            return type(value)(self._value(member, nesting + 1) for member in value)
        if type(value) is set:
            return set(value)
        return value

    def _handle(self, handle: RemovableHandle) -> RemovableHandle:
        """A handle that removes the twin's hook: a lazy layer removes its own when it has run."""
        made = copy.copy(handle)
        dictionaries = [ref() for ref in (handle.hooks_dict_ref, *handle.extra_dict_ref)]
        if all(hooks is not None for hooks in dictionaries):
            first, *others = (weakref.ref(self._value(hooks, 0)) for hooks in dictionaries)
            made.hooks_dict_ref, made.extra_dict_ref = first, tuple(others)
        return made
