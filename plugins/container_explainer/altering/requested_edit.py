"""One edit as it was asked for: what it needs, whether it stays small enough, what it came to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import nn

from demo_app import InvalidInput

from ..anatomy.counting import size
from ..anatomy.tree import as_off_meta
from ..language import program
from ..language.errors import CodeError
from ..results import EditReport, NameChange
from . import editing, rebuilding
from .key_changes import Edit

MAX_PLACES = 5_000
"""Modules that are shown before and after, each with its names."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """The arguments of the action ``edit``; which of them matter depends on the operation."""

    operation: str
    at: str = ""
    child: int | str | None = None
    layer: nn.Module | None = None
    name: str | None = None
    names: Sequence[str] | None = None
    start: int | None = None
    stop: int | None = None
    times: int = 2
    shared: bool = True


def perform(net: nn.Module, request: Request) -> Edit:
    """Do what was asked for, to a copy.

    Raises:
        InvalidInput: the operation lacks something, does not suit the place, or makes it too large.
    """
    places = _places(net) + (_places(request.layer) if request.layer is not None else 0)
    if places > MAX_PLACES:
        raise InvalidInput(
            f"This is {places:,} modules; models of up to {MAX_PLACES:,} are edited here."
        )
    return OPERATIONS[request.operation](net, request)


def built_layer(code: str, operation: str) -> nn.Module:
    """The layer that was typed.

    Raises:
        CodeError: it cannot be run; the text says that it is in this code, not in the model's.
        InvalidInput: it makes no module.
    """
    try:
        made = program.run(code).result
    except CodeError as error:
        raise CodeError(
            f"in the layer to {operation}: {error.reason}", line=error.line, column=error.column
        ) from error
    if made is None:
        raise InvalidInput("layer: this makes no module. Write one, such as nn.ReLU().")
    return made


def describe(edit: Edit) -> EditReport:
    """An edit as plain data.

    Raises:
        InvalidInput: one of both cannot be printed.
    """
    return EditReport(
        title=edit.title,
        code=edit.code,
        before=_printed(edit.before),
        after=_printed(edit.after),
        parameters_before=sum(map(size, edit.before.parameters())),
        parameters_after=sum(map(size, edit.after.parameters())),
        changes=[NameChange(what=c.what, old=c.old, new=c.new) for c in edit.changes],
        remap=edit.remap,
        missing=list(edit.missing),
        notes=list(edit.notes),
    )


def _append(net: nn.Module, request: Request) -> Edit:
    return editing.append(net, _layer(request), at=request.at, name=request.name)


def _insert(net: nn.Module, request: Request) -> Edit:
    index = _child(request)
    if isinstance(index, str):
        try:
            index = int(index)
        except ValueError as error:
            raise InvalidInput(
                "child: to insert, give the index of the child that it goes before, from 0."
            ) from error
    return editing.insert(net, index, _layer(request), at=request.at, name=request.name)


def _delete(net: nn.Module, request: Request) -> Edit:
    return editing.delete(net, _child(request), at=request.at)


def _slice(net: nn.Module, request: Request) -> Edit:
    return editing.slice_children(net, request.start, request.stop, at=request.at)


def _repeat(net: nn.Module, request: Request) -> Edit:
    try:
        places = _places(net.get_submodule(request.at))
    except AttributeError:
        places = 0  # The edit itself says so, and names the nearest.
    if places * request.times > MAX_PLACES:
        raise InvalidInput(
            f"times: this would make some {places * request.times:,} modules; up to "
            f"{MAX_PLACES:,} are shown. Repeat fewer times."
        )
    return editing.repeat(net, request.times, at=request.at, shared=request.shared)


def _wrap(net: nn.Module, request: Request) -> Edit:
    return rebuilding.wrap(net, at=request.at, name=request.name)


def _rename(net: nn.Module, request: Request) -> Edit:
    if request.name is None:
        raise InvalidInput("name: give the new name of the child.")
    return rebuilding.rename_child(net, str(_child(request)), request.name, at=request.at)


def _name_children(net: nn.Module, request: Request) -> Edit:
    names = request.names
    if names is None:
        try:
            names = rebuilding.suggested_names(net.get_submodule(request.at))
        except AttributeError:
            names = []
    return rebuilding.name_children(net, names, at=request.at)


def _number_children(net: nn.Module, request: Request) -> Edit:
    return rebuilding.number_children(net, at=request.at)


def _to_module_list(net: nn.Module, request: Request) -> Edit:
    return rebuilding.list_to_module_list(net, str(_child(request)), at=request.at)


OPERATIONS: dict[str, Callable[[nn.Module, Request], Edit]] = {
    "append": _append,
    "insert": _insert,
    "delete": _delete,
    "slice": _slice,
    "repeat": _repeat,
    "wrap": _wrap,
    "rename": _rename,
    "name_children": _name_children,
    "number_children": _number_children,
    "to_module_list": _to_module_list,
}


def _places(module: nn.Module) -> int:
    """Modules in it, each counted wherever it stands."""
    return sum(1 for _ in module.named_modules(remove_duplicate=False))


def _child(request: Request) -> int | str:
    if request.child is None:
        raise InvalidInput(f"child: give the child to {request.operation}, by its index or name.")
    return request.child


def _layer(request: Request) -> nn.Module:
    if request.layer is None:
        raise InvalidInput(f"layer: give the layer to {request.operation}, such as nn.ReLU().")
    return request.layer


def _printed(module: nn.Module) -> str:
    try:
        return as_off_meta(str(module))
    except Exception as error:
        raise InvalidInput(f"print(model) itself raises {type(error).__name__}.") from error
