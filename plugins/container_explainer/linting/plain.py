"""What a module holds in plain attributes, where PyTorch does not look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from torch import Tensor, nn

MAX_NESTING = 8
MAX_VALUES = 10_000
"""Members of plain containers that are looked at in one module; a vocabulary has many more."""

Place = tuple[str, tuple[Any, ...]]
"""An attribute's name, and the keys and numbers that lead from there to a member."""

_OWN = frozenset(vars(nn.Module()))
_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes})
"""Most attributes are one of these; asking first is many times faster than the other questions."""


def plain_values(module: nn.Module) -> Iterator[tuple[Place, nn.Module | Tensor]]:
    """The modules and tensors in the plain attributes of one module, and in what those hold.

    A module that is an attribute itself was put past PyTorch on purpose and is left out.
    """
    seen: set[int] = set()
    for name, value in vars(module).items():
        if name not in _OWN and type(value) not in _ATOMS and not isinstance(value, nn.Module):
            yield from members(name, value, seen)


def members(
    name: str, value: object, seen: set[int] | None = None
) -> Iterator[tuple[Place, nn.Module | Tensor]]:
    """The modules and tensors in a value: itself, or those in its lists and dictionaries."""
    seen = set() if seen is None else seen

    def walk(value: object, keys: tuple[Any, ...]) -> Iterator[tuple[Place, nn.Module | Tensor]]:
        if isinstance(value, nn.Module | Tensor):
            yield (name, keys), value
            return
        if len(keys) >= MAX_NESTING or id(value) in seen or len(seen) >= MAX_VALUES:
            return
        inner: Iterator[tuple[Any, object]]
        if isinstance(value, list | tuple):
            inner = iter(enumerate(value))
        elif isinstance(value, Mapping):
            inner = iter(list(value.items()))
        elif isinstance(value, AbstractSet):
            inner = ((None, member) for member in value)
        else:
            return
        seen.add(id(value))
        for number, (key, member) in enumerate(inner):
            if number >= MAX_VALUES:
                return
            if type(member) not in _ATOMS:
                yield from walk(member, (*keys, key))

    yield from walk(value, ())
