"""The classes that a visitor writes: real modules of PyTorch's, whose methods are interpreted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import nn

from .values import Function


@dataclass(frozen=True, kw_only=True, eq=False)
class Definition:
    """What is written in a class.

    Attributes:
        name: of the class.
        base: the class of PyTorch's that it extends.
        methods: by name, ``__init__`` and ``forward`` among them.
        constants: what is assigned in the class itself.
        line: where it begins.
    """

    name: str = ""
    base: type[nn.Module] = nn.Module
    methods: Mapping[str, Function] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    line: int = 1


class Written:
    """Marks the modules of a visitor's classes."""

    _definition: ClassVar[Definition]


NOTHING = Definition()


def definition_of(module: nn.Module) -> Definition:
    """What is written in a module's class; of PyTorch's own, nothing."""
    return type(module)._definition if isinstance(module, Written) else NOTHING


def class_for(
    definition: Definition, called_by_pytorch: Mapping[str, Callable[..., Any]]
) -> type[nn.Module]:
    """A class of that name, so that what is printed is what PyTorch would print."""
    contents = {**called_by_pytorch, "_definition": definition, "__doc__": None}
    made: type[nn.Module] = type(definition.name, (Written, definition.base), contents)
    return made
