"""Modules of a file and of a model that are the same under other names, by shapes and order."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .checkpoint_header import in_order_of_numbers

Shapes = Mapping[str, tuple[int, ...] | None]
Signature = frozenset[tuple[str, tuple[int, ...] | None]]
"""The names and shapes of a module's own tensors."""


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """Modules of equal shapes: those of the file, and the places in the model.

    Attributes:
        stored: their paths in the file; where ``certain``, in the order of ``places``.
        places: paths in the model, in its order.
        certain: whether it is clear which belongs where.
        in_order: whether the numbers in the file's names are in the model's order, for all pairs.
        names: the model's name of each tensor, after the file's; empty where not ``certain``.
    """

    stored: tuple[str, ...]
    places: tuple[str, ...]
    certain: bool
    in_order: bool = False
    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Module:
    path: str
    signature: Signature


def pair_modules(stored: Shapes, wanted: Shapes) -> list[Pairing]:
    """Pair modules whose tensors have equal names and shapes, whatever the modules' own names.

    Those in groups that both sides have (``features``) are paired within them first. One of a
    shape has its place; several are told apart by numbers in their names, if there are such.

    Args:
        stored: shapes of the file's tensors that have no place yet.
        wanted: shapes of the model's tensors that have none in the file, in the model's order.
    """
    theirs, ours = _modules(stored), _modules(wanted)
    groups = _ancestors(theirs) & _ancestors(ours)
    pairs: list[tuple[list[_Module], list[_Module]]] = []
    undecided: list[Pairing] = []
    keys: tuple[Callable[[_Module], Hashable], ...] = (
        lambda module: (_group(module.path, groups), module.signature),
        lambda module: module.signature,
    )
    for key in keys:
        undecided = []
        for some, places in _alike(theirs, ours, key):
            if len(some) == len(places) and is_ordered([module.path for module in some]):
                pairs.append((some, places))
            else:
                undecided.append(
                    Pairing(
                        stored=tuple(module.path for module in some),
                        places=tuple(module.path for module in places),
                        certain=False,
                    )
                )
        placed = {id(module) for pair in pairs for side in pair for module in side}
        theirs = [module for module in theirs if id(module) not in placed]
        ours = [module for module in ours if id(module) not in placed]
    in_order = _is_in_order(pairs, groups, [module.path for module in _modules(wanted)])
    return [_pairing(some, places, in_order) for some, places in pairs] + undecided


def is_ordered(paths: Sequence[str]) -> bool:
    """Whether sorted paths differ in numbers only, where they first differ: they have an order."""
    return all(_is_before(a, b) for a, b in itertools.pairwise(paths))


def _is_before(a: str, b: str) -> bool:
    for part, other in zip(a.split("."), b.split("."), strict=False):
        if part != other:
            stems = [re.sub(r"[0-9]+", "#", text) for text in (part, other)]
            return stems[0] == stems[1] and "#" in stems[0]
    return True


def _sort_key(path: str) -> list[tuple[tuple[bool, int, str], ...]]:
    """In the order of numbers, also of those at the end of a word: ``conv2`` before ``conv10``."""
    return [
        in_order_of_numbers(".".join(filter(None, re.split(r"([0-9]+)", part))))
        for part in path.split(".")
    ]


def _modules(shapes: Shapes) -> list[_Module]:
    """The modules that hold the tensors, in their order."""
    own: dict[str, set[tuple[str, tuple[int, ...] | None]]] = {}
    for name, shape in shapes.items():
        path, _, leaf = name.rpartition(".")
        own.setdefault(path, set()).add((leaf, shape))
    return [_Module(path=path, signature=frozenset(tensors)) for path, tensors in own.items()]


def _alike(
    theirs: Sequence[_Module], ours: Sequence[_Module], key: Callable[[_Module], Hashable]
) -> list[tuple[list[_Module], list[_Module]]]:
    """Modules that are on both sides, by what the key says of them."""
    places: dict[Hashable, list[_Module]] = {}
    for module in ours:
        places.setdefault(key(module), []).append(module)
    some: dict[Hashable, list[_Module]] = {}
    for module in sorted(theirs, key=lambda module: _sort_key(module.path)):
        some.setdefault(key(module), []).append(module)
    return [(modules, places[kind]) for kind, modules in some.items() if kind in places]


def _ancestors(modules: Sequence[_Module]) -> set[str]:
    paths = (module.path.split(".") for module in modules)
    return {".".join(path[:level]) for path in paths for level in range(1, len(path))}


def _group(path: str, groups: set[str]) -> str:
    """The innermost of the groups that a module is in."""
    while path:
        path = path.rpartition(".")[0]
        if path in groups:
            return path
    return ""


def _is_in_order(
    pairs: Sequence[tuple[list[_Module], list[_Module]]], groups: set[str], order: Sequence[str]
) -> bool:
    """Whether all that were paired have an order in the file, and it is the model's.

    In each group by itself: the names of groups are known to both sides, and need no order.
    """
    place = {path: index for index, path in enumerate(order)}
    matched: dict[str, list[tuple[Any, str, int]]] = {}
    for some, places in pairs:
        for module, other in zip(some, places, strict=True):
            group = _group(module.path, groups)
            if _group(other.path, groups) != group:
                group = ""
            key = _sort_key(module.path), module.path, place[other.path]
            matched.setdefault(group, []).append(key)
    # One module alone has no order that could agree.
    return all(group or len(members) > 1 for group, members in matched.items()) and all(
        is_ordered([path for _, path, _ in sorted(members)])
        and all(a[2] < b[2] for a, b in itertools.pairwise(sorted(members)))
        for members in matched.values()
    )


def _pairing(some: list[_Module], places: list[_Module], in_order: bool) -> Pairing:
    return Pairing(
        stored=tuple(module.path for module in some),
        places=tuple(module.path for module in places),
        certain=True,
        in_order=in_order,
        names=tuple(
            (_joined(module.path, leaf), _joined(other.path, leaf))
            for module, other in zip(some, places, strict=True)
            for leaf, _ in sorted(module.signature, key=lambda tensor: tensor[0])
        ),
    )


def _joined(path: str, leaf: str) -> str:
    return f"{path}.{leaf}" if path else leaf
