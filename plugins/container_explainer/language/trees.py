"""Trees of modules: without cycles, and no larger than can be printed.

A module that holds another twice is small in memory, and what is printed of it is not: forty
Sequentials, each of which holds the one before twice, would print 2⁴⁰ lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from .errors import Refusal
from .limits import Budget, Limits

EVERY_MODULE_HAS = frozenset(vars(nn.Module()))
"""What stands in the ``__dict__`` of every module."""


def check_tree(module: nn.Module, limits: Limits) -> int:
    """Count the places of a module's tree, those of modules that are held twice twice.

    Raises:
        Refusal: there are too many, or too many levels.
    """
    counted: dict[nn.Module, tuple[int, int]] = {}
    open_modules = [(module, _children(module))]
    while open_modules:
        current, rest = open_modules[-1]
        missing = next((child for child in rest if child not in counted), None)
        if missing is not None and len(open_modules) <= limits.levels:
            open_modules.append((missing, _children(missing)))
            continue
        open_modules.pop()
        children = list(_children(current))
        places = 1 + sum(counted[child][0] for child in children if child in counted)
        levels = 1 + max((counted[child][1] for child in children if child in counted), default=0)
        if missing is not None or levels > limits.levels:
            raise Refusal(
                f"modules are inside one another more than {limits.levels} levels deep, which is "
                "the limit here."
            )
        if places > limits.places:
            raise Refusal(
                f"this holds its modules in more than {limits.places:,} places, which is the "
                "limit here: a module that is held twice is printed and counted twice."
            )
        counted[current] = (places, levels)
    return counted[module][0]


def _children(module: nn.Module) -> Iterator[nn.Module]:
    return (child for child in module._modules.values() if child is not None)


def refuse_cycle(holder: Any, held: Any, budget: Budget) -> None:
    """Refuse to put a value into one that it holds itself, or that it is.

    Args:
        holder: a module, list or dict.
        held: what is to be put into it.

    Raises:
        Refusal: afterwards it would hold itself.
    """
    met: set[int] = set()
    open_values = [held]
    while open_values:
        value = open_values.pop()
        if value is holder:
            raise Refusal(
                "this would hold itself, without end. Put another module or a copy there."
            )
        if not isinstance(value, nn.Module | list | tuple | dict) or id(value) in met:
            continue
        met.add(id(value))
        budget.step()
        if isinstance(value, nn.Module):
            open_values += vars(value).get("_modules", {}).values()
            # Lists of modules that a class holds as plain attributes.
            open_values += [v for name, v in vars(value).items() if name not in EVERY_MODULE_HAS]
        else:
            open_values += value.values() if isinstance(value, dict) else value
