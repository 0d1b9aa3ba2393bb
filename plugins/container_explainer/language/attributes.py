"""What is read, put and deleted with a dot: ``self.conv``, ``net.fc = ...``, ``x.shape``.

Of a module only what it was given can be read: its children, its parameters and buffers, plain
numbers such as ``in_features``, and what a class of the visitor's put there. Nothing is looked up
in a class of Python's or PyTorch's.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .containers import METHODS
from .errors import Refusal, in_plain_words, nearest
from .running import Run
from .tensors import tensor_attribute
from .trees import EVERY_MODULE_HAS, refuse_cycle
from .values import SIMPLE, VIEWS, Function, Namespace, kind
from .written import Written, definition_of

NAMES_OF_MODULES = frozenset({*dir(nn.Module()), *EVERY_MODULE_HAS, "_definition"})
"""What every module has already: a child of that name would take its place."""


MAX_SUGGESTED = 200
"""Children among which the one is looked for that was meant."""


def get_attribute(run: Run, holder: Any, name: str) -> Any:
    """``holder.name``, where it is not called.

    Raises:
        Refusal: there is no such attribute in this language.
    """
    if isinstance(holder, Namespace):
        return holder.member(name)
    if isinstance(holder, Tensor):
        return tensor_attribute(holder, name)
    if isinstance(holder, Function) and holder.members is not None and name in holder.members:
        return holder.members[name]
    if isinstance(holder, nn.Module):
        inside = vars(holder)
        for held in ("_modules", "_parameters", "_buffers"):
            if name in inside.get(held, ()):
                return inside[held][name]
        if name in inside and _is_readable(holder, name):
            return inside[name]
        if name in definition_of(holder).constants:
            return definition_of(holder).constants[name]
        methods = [n for type_, names in METHODS if isinstance(holder, type_) for n in names]
        close = nearest(name, [*_readable(holder), *methods, *definition_of(holder).methods])
        hint = f" Did you mean {close}?" if close else ""
        if name in NAMES_OF_MODULES:
            hint = f" Call it, if it is a method: {name}(...)."
        raise Refusal(f"{kind(holder)} has no {name[:60]} here.{hint}")
    raise Refusal(f"{kind(holder)} has nothing to read with a dot here.")


def set_attribute(run: Run, holder: Any, name: str, value: Any) -> None:
    """``holder.name = value``.

    Raises:
        Refusal: it cannot be put there.
    """
    if isinstance(holder, nn.Parameter) and name == "requires_grad" and isinstance(value, bool):
        holder.requires_grad = value
        return
    if not isinstance(holder, nn.Module):
        raise Refusal(f"nothing can be assigned to {kind(holder)} with a dot.")
    if name in NAMES_OF_MODULES or name in definition_of(holder).methods:
        raise Refusal(
            f"every module has a {name[:60]} of its own, which this would replace. Take another "
            f"name, such as {name[:60]}_."
        )
    if not isinstance(holder, Written) and not _fits_a_layer(holder, name, value):
        raise Refusal(
            f"{name[:60]} of {kind(holder)} cannot be changed once it is made. Give it when the "
            "layer is made, or put a module there."
        )
    if isinstance(value, (Namespace, *VIEWS)) or type(value).__name__ == "Once":
        raise Refusal(f"{kind(value)} cannot be kept in a module. Keep list(...) of it.")
    refuse_cycle(holder, value, run.budget)
    try:
        setattr(holder, name, value)
    except (AttributeError, TypeError, KeyError, RuntimeError) as error:
        raise Refusal(in_plain_words(error, name)) from error


def delete_attribute(run: Run, holder: Any, name: str) -> None:
    """``del holder.name``.

    Raises:
        Refusal: there is no such child or attribute.
    """
    held = isinstance(holder, nn.Module) and (
        name in holder._modules
        or (isinstance(holder, Written) and name in vars(holder) and name not in EVERY_MODULE_HAS)
    )
    if not held:
        raise Refusal(f"{kind(holder)} has no {name[:60]} that can be deleted.")
    delattr(holder, name)


def _is_readable(module: nn.Module, name: str) -> bool:
    """Whether what stands in the ``__dict__`` of a module may be read.

    Of a visitor's class that is what was put there; of PyTorch's, numbers and text.
    """
    if isinstance(module, Written) and name not in EVERY_MODULE_HAS:
        return True
    return not name.startswith("_") and _is_plain(vars(module)[name])


def _readable(module: nn.Module) -> list[str]:
    inside = vars(module)
    children = [name for held in ("_modules", "_parameters") for name in inside.get(held, ())]
    plain = [name for name in inside if _is_readable(module, name)]
    return [*definition_of(module).constants, *plain, *children[:MAX_SUGGESTED]]


def _is_plain(value: Any) -> bool:
    members = value if isinstance(value, tuple) else (value,)
    return all(isinstance(member, (*SIMPLE, torch.dtype)) for member in members)


def _fits_a_layer(module: nn.Module, name: str, value: Any) -> bool:
    """Whether PyTorch's own module may get this: a child, or a parameter in place of another."""
    if name in module._parameters:
        return isinstance(value, nn.Parameter) or value is None
    if name in module._modules:
        return isinstance(value, nn.Module) or value is None
    return isinstance(value, nn.Module) and name not in vars(module)
