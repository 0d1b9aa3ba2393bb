"""Members of lists, dicts and modules: read, put, taken away, and the methods that do so.

What PyTorch's containers do is done by PyTorch's own code, so that names, numbers and errors are
its own. Looked at before: that nothing comes to hold itself, and that nothing grows too large.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from .errors import Refusal, in_plain_words, nearest
from .running import Run
from .tensors import tensor_item, tensor_method
from .trees import refuse_cycle
from .values import SIMPLE, VIEWS, Function, Once, kind, members

METHODS: tuple[tuple[type, frozenset[str]], ...] = (
    (nn.Sequential, frozenset({"append", "extend", "insert", "pop"})),
    (nn.ModuleList, frozenset({"append", "extend", "insert", "pop"})),
    (nn.ModuleDict, frozenset({"keys", "values", "items", "update", "clear", "pop"})),
    (nn.ParameterList, frozenset({"append", "extend"})),
    (nn.Module, frozenset({"add_module", "register_module", "register_buffer",
                           "register_parameter", "requires_grad_", "train", "eval"})),
    (list, frozenset({"append", "extend", "insert", "pop", "remove", "clear", "copy", "reverse",
                      "index", "count"})),
    (dict, frozenset({"keys", "values", "items", "update", "clear", "pop", "get", "copy",
                      "setdefault"})),
    (tuple, frozenset({"index", "count"})),
)  # fmt: skip
"""What can be called with a dot, by the type of what stands before it."""
LISTED = frozenset(
    {"children", "named_children", "modules", "named_modules", "parameters", "named_parameters",
     "buffers", "named_buffers"}
)  # fmt: skip
"""Methods of modules that give an iterator, which is a list here."""
NOT_NEEDED = frozenset({"to", "cuda", "cpu", "half", "float", "double", "bfloat16", "compile"})


def has_method(module: nn.Module, name: str) -> bool:
    """Whether a name is that of a method, of this language or not, and not of a child."""
    return any(name in names for type_, names in METHODS if isinstance(module, type_)) or (
        name not in vars(module).get("_modules", ()) and hasattr(nn.Module, name)
    )


def call_method(run: Run, holder: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``holder.name(...)``.

    Raises:
        Refusal: there is no such method here, or the arguments do not fit.
    """
    if isinstance(holder, Tensor):
        if isinstance(holder, nn.Parameter) and name == "requires_grad_":
            return _natively(name, lambda: holder.requires_grad_(*args, **kwargs))
        return tensor_method(run, holder, name, args, kwargs)
    if isinstance(holder, nn.Module):
        if name in LISTED:
            found = [*getattr(nn.Module, name)(holder)]
            run.budget.step(len(found))
            return Once(name=name, members=found)
        if name in NOT_NEEDED:
            raise Refusal(f"leave {name}() out: only the structure is built here.")
    for type_, names in METHODS:
        if isinstance(holder, type_) and name in names:
            if name == "extend" and args and args[0] is holder and isinstance(holder, nn.Module):
                raise Refusal("this would never end: it is extended by itself. Write list(...).")
            attach(run, holder, [*_put(run, name, args), *kwargs.values()])
            if type_ in (list, dict, tuple):
                return _plain_method(run, holder, name, args, kwargs)
            return _module_method(run, type_, holder, name, args, kwargs)
    raise Refusal(_no_method(holder, name))


def attach(run: Run, holder: Any, values: Iterable[Any]) -> None:
    """See that none of these values can bring the holder into itself.

    Raises:
        Refusal: one can.
    """
    for value in values:
        held: Any = value.members if isinstance(value, Once) else value
        refuse_cycle(holder, [*held] if type(held) in VIEWS else held, run.budget)


def _put(run: Run, name: str, values: Iterable[Any]) -> list[Any]:
    """What a method puts into its holder: the arguments, or what is in them."""
    put: list[Any] = []
    for value in values:
        if name == "update" and isinstance(value, dict | nn.ModuleDict):
            put += value.values()
        elif name in ("extend", "update"):
            put += members(value, run)
        else:
            put.append(value)
    return put


def get_item(run: Run, holder: Any, index: Any) -> Any:
    """``holder[index]``.

    Raises:
        Refusal: there is no such member.
    """
    if isinstance(holder, Tensor):
        return tensor_item(run, holder, index)
    if isinstance(holder, nn.Module):
        if not isinstance(holder, nn.Sequential | nn.ModuleList | nn.ModuleDict | nn.ParameterList):
            raise Refusal(
                f"{kind(holder)} has no numbered members. Its children have names: net.conv1."
            )
        if isinstance(index, slice) and "_definition" in vars(type(holder)):
            raise Refusal(
                "a slice of a class of your own would run its __init__ again. Loop over it."
            )
        if isinstance(index, slice):
            run.budget.modules(1)
            run.budget.step(len(holder))
    elif not isinstance(holder, list | tuple | dict | str | range):
        raise Refusal(f"{kind(holder)} has no members to take with [ ].")
    if isinstance(holder, dict):
        hashable(index)
    try:
        found = holder[index]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise Refusal(_no_item(holder, index)) from error
    if isinstance(index, slice) and isinstance(found, nn.Module) and not run.ended:
        run.made.setdefault(found, run.line)
    if isinstance(found, list | tuple | str):
        run.budget.length(len(found))
    return found


def set_item(run: Run, holder: Any, index: Any, value: Any) -> None:
    """``holder[index] = value``.

    Raises:
        Refusal: it cannot be put there.
    """
    if isinstance(holder, nn.Sequential | nn.ModuleList | nn.ModuleDict):
        if not isinstance(value, nn.Module):
            raise Refusal(f"only a module can be put here, and this is {kind(value)}.")
        if isinstance(index, slice):
            raise Refusal("modules are replaced one at a time: net[0] = nn.ReLU().")
    elif not isinstance(holder, list | dict):
        raise Refusal(f"the members of {kind(holder)} cannot be replaced.")
    if isinstance(holder, dict):
        hashable(index)
        run.budget.length(len(holder) + 1)
    refuse_cycle(holder, value, run.budget)
    if isinstance(index, slice):
        value = list(members(value, run))
        run.budget.length(len(holder) + len(value))
    _natively("this", lambda: holder.__setitem__(index, value))


def delete_item(run: Run, holder: Any, index: Any) -> None:
    """``del holder[index]``.

    Raises:
        Refusal: there is no such member.
    """
    if not isinstance(holder, list | dict | nn.Sequential | nn.ModuleList | nn.ModuleDict):
        raise Refusal(f"the members of {kind(holder)} cannot be deleted.")
    run.budget.step(len(holder) // 16)
    if isinstance(holder, dict):
        hashable(index)
    try:
        del holder[index]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise Refusal(_no_item(holder, index)) from error


def hashable(key: Any) -> Any:
    """A key of a dict: a number, text, or a tuple of these.

    Raises:
        Refusal: it is something else; a tuple of tuples of tuples could take for ever to look up.
    """
    parts = key if isinstance(key, tuple) else (key,)
    if not all(isinstance(part, (*SIMPLE, torch.dtype)) for part in parts):
        raise Refusal(f"a key is a number or text here, and this is {kind(key)}.")
    return key


def _plain_method(run: Run, holder: Any, name: str, args: list[Any], kwargs: Any) -> Any:
    run.budget.length(len(holder) + 1)
    if name in ("index", "count", "remove") and not all(
        isinstance(member, SIMPLE) for member in (*holder, *args)
    ):
        raise Refusal(f"{name} is only for lists of numbers and text here.")
    if name == "extend" and args:
        added = list(members(args[0], run))
        run.budget.length(len(holder) + len(added))
        args = [added, *args[1:]]
    if name == "update":
        args = [_mapping(run, value) for value in args]
        run.budget.length(len(holder) + sum(map(len, args)) + len(kwargs))
    if name in ("pop", "get", "setdefault") and isinstance(holder, dict) and args:
        hashable(args[0])
    method = getattr(list if isinstance(holder, list) else type(holder), name)
    return _natively(name, lambda: method(holder, *args, **kwargs))


def _module_method(
    run: Run, type_: type, holder: Any, name: str, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    for value in (*args, *kwargs.values()):
        if isinstance(value, Function):
            raise Refusal(
                f"{value.name} without parentheses is a class. Put a module there: {value.name}()."
            )
    if name == "extend":
        args = [list(members(value, run)) for value in args]
        run.budget.length(len(holder) + sum(map(len, args)))
    if name == "insert" and not all(isinstance(value, nn.Module) for value in args[1:2]):
        raise Refusal(f"insert takes a number and a module, and this is {kind(args[1])}.")
    if name == "insert" and isinstance(holder, nn.Sequential) and _is_named(holder):
        raise Refusal(
            "insert needs children that are numbered 0, 1, 2 …, and these have names. Make a new "
            "nn.Sequential(OrderedDict([...])) with the module in its place."
        )
    if name == "insert" and isinstance(holder, nn.ModuleList) and args:
        _check_place(holder, args[0])
    if name == "update":
        args = [_mapping(run, value) if not isinstance(value, nn.ModuleDict) else value
                for value in args]  # fmt: skip
    if name == "pop" and args and isinstance(args[0], slice):
        raise Refusal("pop takes one number.")
    method = getattr(type_, name)
    return _natively(name, lambda: method(holder, *args, **kwargs), holder)


def _natively(name: str, call: Callable[[], Any], holder: Any = None) -> Any:
    try:
        return call()
    except KeyError as error:
        if name == "pop":
            raise Refusal(_no_item(holder, error.args[0])) from error
        raise Refusal(in_plain_words(error, name)) from error
    except (IndexError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise Refusal(in_plain_words(error, name)) from error
    except AssertionError as error:
        raise Refusal(f"{name} takes a module, and one of these is none.") from error


def _mapping(run: Run, value: Any) -> Any:
    if isinstance(value, dict):
        return value
    pairs = list(members(value, run))
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        raise Refusal("update takes a dict, or a list of pairs of a name and a value.")
    return OrderedDict((hashable(key), member) for key, member in pairs)


def _is_named(holder: nn.Sequential) -> bool:
    return list(holder._modules) != [str(number) for number in range(len(holder))]


def _check_place(holder: nn.ModuleList, index: Any) -> None:
    # PyTorch's own takes any number and then lists modules under places that are not there.
    if not isinstance(index, int) or not 0 <= index <= len(holder):
        raise Refusal(f"insert takes a place from 0 to {len(holder)}.")


def _no_method(holder: Any, name: str) -> str:
    known = sorted({n for type_, names in METHODS if isinstance(holder, type_) for n in names})
    close = nearest(name, known)
    if close is not None:
        return f"there is no {name[:60]} here: did you mean {close}?"
    there_is = f" There is: {', '.join(known)}." if known else ""
    return f"{kind(holder)} has no method {name[:60]} in this language.{there_is}"


def _no_item(holder: Any, index: Any) -> str:
    if isinstance(index, str) and isinstance(holder, dict | nn.ModuleDict):
        close = nearest(index, [key for key in holder if isinstance(key, str)])
        hint = f" Did you mean {close!r}?" if close else ""
        names = ", ".join(repr(key)[:40] for key in list(holder)[:10])
        return f"there is no {index[:60]!r} in it.{hint or f' There is: {names or chr(8211)}.'}"
    if isinstance(index, int) and hasattr(holder, "__len__"):
        return (
            f"there is no number {index}: it has {len(holder)} members, and the first is number 0."
        )
    return f"{kind(index)} is no place in {kind(holder)}."
