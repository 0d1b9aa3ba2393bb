"""What goes into a module and comes out of it, in one line of text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor

MAX_MEMBERS = 8
MAX_NESTING = 4


def describe(value: Any, nesting: int = 0) -> str:
    """The shapes in a value: ``[5, 1, 8]``, ``([5, 1, 8], [1, 1, 8])``, ``{out: [1, 21]}``.

    A dtype is named only where it is no floating point one: ``[1, 256] int64``. What is neither
    a tensor nor holds any is named by its type.
    """
    if isinstance(value, Tensor):
        shape = shape_of(value)
        return shape if value.is_floating_point() else f"{shape} {dtype_name(value)}"
    if value is None or nesting >= MAX_NESTING:
        return "None" if value is None else "…"
    if isinstance(value, Mapping):
        members = [f"{name}: {describe(value[name], nesting + 1)}" for name in _first(value)]
        return "{" + _joined(members, len(value)) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        members = [describe(member, nesting + 1) for member in value[:MAX_MEMBERS]]
        return "(" + _joined(members, len(value)) + ")"
    return type(value).__name__


def describe_arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The arguments of a call; those that are given by name and hold no tensor are left out."""
    shown = [describe(argument) for argument in args]
    shown += [f"{name}={describe(kwargs[name])}" for name in kwargs if holds_tensor(kwargs[name])]
    return ", ".join(shown)


def shape_of(tensor: Tensor) -> str:
    """``[1, 3, 224, 224]``."""
    return str(list(tensor.shape))


def dtype_name(tensor: Tensor) -> str:
    """``float32``, ``int64`` …"""
    return str(tensor.dtype).removeprefix("torch.")


def tensors_in(value: Any, nesting: int = 0) -> Iterator[Tensor]:
    """Every tensor in a value: itself, or those in its lists, tuples, mappings and dataclasses."""
    if isinstance(value, Tensor):
        yield value
        return
    members: Any = ()
    if nesting < MAX_NESTING and isinstance(value, Mapping):
        members = value.values()
    elif nesting < MAX_NESTING and isinstance(value, list | tuple):
        members = value
    elif nesting < MAX_NESTING and is_dataclass(value):
        members = [getattr(value, field.name) for field in fields(value)]
    for member in members:
        yield from tensors_in(member, nesting + 1)


def holds_tensor(value: Any, nesting: int = 0) -> bool:
    """Whether a value is a tensor or holds one."""
    if isinstance(value, Tensor):
        return True
    if nesting >= MAX_NESTING or isinstance(value, str | bytes):
        return False
    if isinstance(value, Mapping):
        return any(holds_tensor(value[name], nesting + 1) for name in _first(value))
    if isinstance(value, Sequence):
        return any(holds_tensor(member, nesting + 1) for member in value[:MAX_MEMBERS])
    return False


def _first(mapping: Mapping[Any, Any]) -> list[Any]:
    return list(mapping)[:MAX_MEMBERS]


def _joined(members: list[str], count: int) -> str:
    more = [f"… {count - len(members)} more"] if count > len(members) else []
    return ", ".join([*members, *more])
