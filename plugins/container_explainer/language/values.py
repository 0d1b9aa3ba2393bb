"""The values that a program can hold, what they are called, and how ``print`` shows them.

Numbers, strings, lists and the like are Python's own, modules and tensors PyTorch's own. Nothing
else of Python or PyTorch is ever a value: what can be called is one of the kinds below.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..anatomy.tree import as_off_meta
from .errors import Refusal, nearest
from .trees import check_tree

if TYPE_CHECKING:
    from .running import Run

VIEWS: tuple[type, ...] = tuple(
    type(view)
    for mapping in (dict[str, int](), OrderedDict[str, int]())
    for view in (mapping.keys(), mapping.values(), mapping.items())
)
"""What ``keys``, ``values`` and ``items`` give."""
SIMPLE = (bool, int, float, str, type(None))


@dataclass(frozen=True, eq=False, kw_only=True)
class Function:
    """Something that can be called.

    Attributes:
        name: as it is written.
        call: takes the run, the positional and the keyword arguments.
        layer: the class of PyTorch's that it makes modules of, if it does.
        members: what is read of it with a dot; class attributes.
    """

    name: str
    call: Callable[[Run, list[Any], dict[str, Any]], Any]
    layer: type[nn.Module] | None = None
    members: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Namespace:
    """Something with a dot after it: ``nn``, ``torch``, ``F``.

    Attributes:
        name: as it is written.
        find: the member of that name, or None.
        known: all names, for suggestions.
    """

    name: str
    find: Callable[[str], Any]
    known: Callable[[], list[str]]

    def member(self, name: str) -> Any:
        """What stands after the dot.

        Raises:
            Refusal: there is no such member.
        """
        found = None if name.startswith("_") else self.find(name)
        if found is not None:
            return found
        close = nearest(name, self.known())
        if close is not None:
            raise Refusal(f"{self.name}.{name[:60]}: did you mean {self.name}.{close}?")
        raise Refusal(
            f"{self.name}.{name[:60]} is not part of this language. There are the layers and "
            "containers of nn, the functions of F and torch that compute with tensors, and "
            "models.resnet18() and the like."
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Once:
    """What ``zip``, ``enumerate``, ``reversed`` or a generator gives: looped over, not printed."""

    name: str
    members: list[Any]


def words(text: str) -> frozenset[str]:
    """The names in a text, for the tables of what the language has."""
    return frozenset(text.split())


def kind(value: Any) -> str:
    """What a value is, for a sentence: ``a list``, ``the number 3``, ``an nn.Linear``."""
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, nn.Module):
        name = type(value).__name__
        return f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"
    if isinstance(value, Function):
        return f"{value.name} itself, without ( )"
    if isinstance(value, Namespace):
        return f"{value.name} itself"
    for type_, name in (
        (str, "text"),
        (torch.Size, "a shape"),
        (list, "a list"),
        (tuple, "a tuple"),
        (dict, "a dict"),
        (range, "a range"),
        (Tensor, "a tensor"),
        (torch.dtype, "a dtype"),
    ):
        if isinstance(value, type_):
            return name
    return f"a {value.name}" if isinstance(value, Once) else f"a {type(value).__name__}"


def members(value: Any, run: Run) -> Iterator[Any]:
    """What a loop over a value goes through, a step for each.

    Raises:
        Refusal: it cannot be looped over.
    """
    if isinstance(value, Tensor):
        if value.dim() == 0 or value.shape[0] > run.limits.pieces:
            raise Refusal("this tensor cannot be looped over: it has no or too many rows.")
        value = value.unbind()
    elif isinstance(value, Once):
        value = value.members
    elif isinstance(value, nn.Module):
        # Containers of PyTorch's, and what the visitor derives from them.
        if not isinstance(value, nn.Sequential | nn.ModuleList | nn.ModuleDict):
            raise Refusal(
                f"{kind(value)} cannot be looped over. Loop over its children(), or hold the "
                "layers in an nn.ModuleList."
            )
        value = list(value)
    elif not isinstance(value, (list, tuple, dict, range, str, *VIEWS)):
        raise Refusal(f"{kind(value)} cannot be looped over. Write range(...) or a list.")
    iterator = iter(value)
    while True:
        run.budget.step()
        try:
            member = next(iterator)
        except StopIteration:
            return
        except RuntimeError:
            raise Refusal(
                "this changes while it is looped over. Loop over a copy: list(...)."
            ) from None
        yield member


def text_of(value: Any, run: Run, *, quoted: bool = False) -> str:
    """What ``print`` shows of a value; a string in quotes where it stands in something else.

    Raises:
        Refusal: it would be too long, or shows what is not known here.
    """
    parts: list[str] = []
    length = 0
    for part in _parts(value, run, quoted):
        parts.append(part)
        length += len(part)
        if length > run.limits.printed:
            raise Refusal("this is too long to be printed.")
    return "".join(parts)


def _parts(value: Any, run: Run, quoted: bool) -> Iterator[str]:
    run.budget.step()
    if isinstance(value, str):
        yield repr(value) if quoted else value
    elif isinstance(value, (*SIMPLE, range, torch.Size, torch.dtype)):
        yield repr(value)
    elif isinstance(value, nn.Module):
        run.budget.step(check_tree(value, run.limits))
        yield as_off_meta(repr(value))
    elif isinstance(value, Tensor):
        raise Refusal(
            "no numbers are computed here, so a tensor cannot be printed. Print its shape: "
            "print(x.shape)."
        )
    elif isinstance(value, (list, tuple, dict, *VIEWS)):
        run.budget.enter()
        yield from _enclosed(value, run)
        run.budget.leave()
    else:
        raise Refusal(f"{kind(value)} cannot be printed here. Print list(...) of it, or its name.")


def _enclosed(value: Any, run: Run) -> Iterator[str]:
    name = type(value).__name__ if isinstance(value, (*VIEWS, OrderedDict)) else ""
    if isinstance(value, OrderedDict) and not value:
        yield f"{name}()"
        return
    if isinstance(value, OrderedDict) and sys.version_info < (3, 12):
        value = list(value.items())
    is_mapping = isinstance(value, dict)
    opened, closed = "{}" if is_mapping else "()" if isinstance(value, tuple) else "[]"
    yield f"{name}({opened}" if name else opened
    for number, member in enumerate(value):
        yield ", " if number else ""
        yield from _parts(member, run, True)
        if is_mapping:
            yield ": "
            yield from _parts(value[member], run, True)
    if isinstance(value, tuple) and len(value) == 1:
        yield ","
    yield f"{closed})" if name else closed
