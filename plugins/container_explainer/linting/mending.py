"""The Python that mends a module: how a part of it is reached, made anew, and put in its place."""

from __future__ import annotations

import inspect
import keyword
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.rnn import RNNBase


def expression(model: nn.Module, path: str, name: str = "self") -> str:
    """How Python reaches the module at a path: ``self.layers[0].conv``, ``self.heads["left"]``.

    Args:
        path: as ``get_submodule`` takes it.
        name: what the whole model is called.
    """
    if not path:
        return name
    owner, _, own_name = path.rpartition(".")
    reached = expression(model, owner, name)
    index = _index(model.get_submodule(owner), own_name)
    return attribute(reached, own_name) if index is None else f"{reached}[{index}]"


def replaced(model: nn.Module, path: str, value: str, name: str = "self") -> str:
    """The line that puts something else at a path."""
    owner, _, own_name = path.rpartition(".")
    if not path or _index(model.get_submodule(owner), own_name) is not None:
        return f"{expression(model, path, name)} = {value}"
    return assigned(expression(model, owner, name), own_name, value)


def attribute(owner: str, name: str) -> str:
    """``owner.name``, or what reads an attribute of any name."""
    return f"{owner}.{name}" if _is_plain(name) else f"getattr({owner}, {quoted(name)})"


def assigned(owner: str, name: str, value: str) -> str:
    """``owner.name = value``, or what sets an attribute of any name."""
    if _is_plain(name):
        return f"{owner}.{name} = {value}"
    return f"setattr({owner}, {quoted(name)}, {value})"


def preceded(model: nn.Module, path: str, layer: str, name: str = "self") -> str:
    """The line that has a layer called before the module at a path."""
    return _beside(model, path, layer, name, after=False)


def followed(model: nn.Module, path: str, layer: str, name: str = "self") -> str:
    """The line that has a layer called after the module at a path."""
    return _beside(model, path, layer, name, after=True)


def _beside(model: nn.Module, path: str, layer: str, name: str, *, after: bool) -> str:
    owner_path, _, own_name = path.rpartition(".")
    owner = model.get_submodule(owner_path)
    if path and type(owner) is nn.Sequential and _is_numbered(owner):
        return f"{expression(model, owner_path, name)}.insert({int(own_name) + after}, {layer})"
    reached = expression(model, path, name)
    both = (reached, layer) if after else (layer, reached)
    return replaced(model, path, f"nn.Sequential({', '.join(both)})", name)


def constructor(module: nn.Module, **changes: Any) -> str:
    """The call that makes a layer of torch's anew, with some arguments changed.

    Arguments are read from the attributes in which torch keeps them. What is at its default is
    left out: ``nn.Conv2d(3, 64, 3, padding=1, bias=False)``.
    """
    given = []
    for parameter in inspect.signature(_initialiser(module)).parameters.values():
        if parameter.name in ("self", "mode", "device", "dtype", "args", "kwargs"):
            continue
        value = changes.get(parameter.name, _argument(module, parameter.name))
        if parameter.default is inspect.Parameter.empty:
            given.append(_literal(parameter.name, value))
        elif not _is_default(value, parameter.default):
            given.append(f"{parameter.name}={_literal(parameter.name, value)}")
    if getattr(module, "nonlinearity", "tanh") != "tanh":
        given.append(f"nonlinearity={quoted(str(module.nonlinearity))}")
    return f"nn.{torch_class(module).__name__}({', '.join(given)})"


def torch_class(module: nn.Module) -> type[nn.Module]:
    """The class of torch's that a module is of, or is derived from."""
    for known in type(module).__mro__:
        of_torch: type[nn.Module] | None = getattr(nn, known.__name__, None)
        if of_torch is known:
            return of_torch
    return nn.Module


def quoted(text: str) -> str:
    """A text as a literal, in the quotes of this house."""
    return f'"{text}"' if text.isprintable() and not {'"', "\\"} & set(text) else repr(text)


def _index(owner: nn.Module, name: str) -> str | None:
    """How a child is reached by brackets, if its owner has those and counts as its names do."""
    if isinstance(owner, nn.ModuleDict):
        return quoted(name)
    if isinstance(owner, nn.Sequential | nn.ModuleList) and not _is_plain(name):
        return str(list(owner._modules).index(name))
    return None


def _is_numbered(module: nn.Module) -> bool:
    """Whether the children are called 0, 1, 2 …; ``insert`` fails where they are not."""
    return list(module._modules) == [str(number) for number in range(len(module._modules))]


def _is_plain(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _initialiser(module: nn.Module) -> Any:
    known = torch_class(module)
    # LSTM and GRU take *args and leave them to the class that they have in common.
    return RNNBase.__init__ if issubclass(known, RNNBase) else known.__init__


def _argument(module: nn.Module, name: str) -> Any:
    value = getattr(module, name, None)
    return value is not None if name == "bias" and not isinstance(value, bool) else value


def _literal(name: str, value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple) and len(value) == 1:
        return repr(value[0])
    if isinstance(value, tuple) and name != "normalized_shape" and len(set(value)) == 1:
        return repr(value[0])
    return "…" if isinstance(value, Tensor) else repr(value)


def _is_default(value: Any, default: Any) -> bool:
    if isinstance(value, tuple) and isinstance(default, int):
        return all(item == default for item in value)
    return bool(value == default)
