"""What names mean before a program assigns any, and what its imports give."""

from __future__ import annotations

import ast
import functools
from typing import Any

import torch
from torch import nn

from .builtin_functions import builtins, math_member
from .errors import Refusal, nearest
from .layers import layer, layer_classes
from .running import Frame, Run
from .tensors import DTYPES, MADE, OF_F, OF_TORCH, functional_member, torch_member
from .values import Function, Namespace, Once

NO_GRAD = frozenset({"no_grad", "inference_mode"})


def _refuse_module(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
    raise Refusal("nn.Module itself does nothing. Write a class: class Net(nn.Module).")


MODULE = Function(name="nn.Module", call=_refuse_module, layer=nn.Module)


def _parameter(run: Run, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) != 1 or not isinstance(args[0], torch.Tensor) or set(kwargs) - {"requires_grad"}:
        raise Refusal("nn.Parameter takes a tensor: nn.Parameter(torch.zeros(1, 10)).")
    run.budget.parameters(args[0].numel())
    with torch.inference_mode(False):
        return nn.Parameter(args[0], bool(kwargs.get("requires_grad", True)))


PARAMETER = Function(name="nn.Parameter", call=_parameter)


def _find_in_nn(name: str) -> Any:
    if name == "Module":
        return MODULE
    if name == "Parameter":
        return PARAMETER
    return FUNCTIONAL if name == "functional" else layer(name)


def _find_in_torch(name: str) -> Any:
    if name == "nn":
        return NN
    if name in NO_GRAD:
        return Function(name=f"torch.{name}", call=lambda run, args, kwargs: NOTHING_RECORDED)
    return torch_member(name)


NOTHING_RECORDED = Once(name="no_grad", members=[])
"""What ``with torch.no_grad():`` enters; here nothing is recorded anyway."""
FUNCTIONAL = Namespace(name="F", find=functional_member, known=lambda: sorted(OF_F))
NN = Namespace(
    name="nn",
    find=_find_in_nn,
    known=lambda: [*layer_classes(), "Module", "Parameter", "functional"],
)
TORCH = Namespace(
    name="torch", find=_find_in_torch, known=lambda: sorted(OF_TORCH | MADE | DTYPES | {"nn"})
)
MATH = Namespace(
    name="math", find=math_member, known=lambda: ["sqrt", "floor", "ceil", "log2", "log", "pi"]
)
COLLECTIONS = Namespace(
    name="collections",
    find=lambda name: builtins()[name] if name == "OrderedDict" else None,
    known=lambda: ["OrderedDict"],
)
IGNORED = frozenset({"typing", "__future__", "collections.abc"})
"""Packages whose names only stand in annotations, which are not looked at."""


@functools.cache
def _models() -> Namespace:
    from .torchvision_models import namespace

    return namespace()


def _find_in_torchvision(name: str) -> Any:
    return _models() if name == "models" else None


TORCHVISION = Namespace(name="torchvision", find=_find_in_torchvision, known=lambda: ["models"])
_IMPORTED = {
    "torch": TORCH,
    "torch.nn": NN,
    "torch.nn.functional": FUNCTIONAL,
    "torchvision": TORCHVISION,
    "torchvision.models": None,
    "collections": COLLECTIONS,
    "math": MATH,
}


def names_at_first() -> dict[str, Any]:
    """The names that need no import."""
    return {
        **builtins(),
        "nn": NN,
        "F": FUNCTIONAL,
        "torch": TORCH,
        "torchvision": TORCHVISION,
        "models": Namespace(
            name="models", find=lambda name: _models().find(name), known=lambda: _models().known()
        ),
    }


def imported(node: ast.Import | ast.ImportFrom) -> dict[str, Any]:
    """The names that an import gives; nothing is imported by it.

    Raises:
        Refusal: it names another package, or what the language does not have of it.
    """
    names: dict[str, Any] = {}
    if isinstance(node, ast.ImportFrom):
        if node.module in IGNORED and not node.level:
            return names
        package = _package("." * node.level + (node.module or ""))
        for alias in node.names:
            if alias.name == "*":
                raise Refusal("import * is not part of this language. Name what is imported.")
            if alias.name == "Tensor" and package is TORCH:
                continue
            names[alias.asname or alias.name] = package.member(alias.name)
        return names
    for alias in node.names:
        if alias.name not in IGNORED:
            package = _package(alias.name)
            root = alias.name.partition(".")[0]
            names[alias.asname or root] = package if alias.asname else _package(root)
    return names


def _package(name: str) -> Namespace:
    if name not in _IMPORTED:
        raise Refusal(
            f"{name[:60]} cannot be imported here. There is: {', '.join(_IMPORTED)}, and what "
            "they have needs no import."
        )
    return _IMPORTED[name] or _models()


def look_up(name: str, frame: Frame) -> Any:
    """The value of a name.

    Raises:
        Refusal: nobody assigned it.
    """
    for names in (frame.names, *frame.outer):
        if name in names:
            return names[name]
    known = [known for names in (frame.names, *frame.outer) for known in names]
    close = None if name in layer_classes() else nearest(name, known)
    raise Refusal(_what_is_unknown(name) + (f" Did you mean {close}?" if close else ""))


def _what_is_unknown(name: str) -> str:
    """A sentence on a name that nobody assigned."""
    if name in layer_classes():
        return f"{name} is not known by itself: write nn.{name}."
    if name in OF_F and name not in OF_TORCH:
        return f"{name} is not known by itself: write F.{name}."
    return f"{name[:60]} is not known here."
