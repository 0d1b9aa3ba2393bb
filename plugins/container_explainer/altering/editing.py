"""What if I append, insert, delete, slice or repeat: PyTorch's own operations, on a copy.

Each does what the line of code does that it shows, so that the names after it are the real ones.
The module given is not changed; what stays of it is shared with the one returned.
"""

from __future__ import annotations

import operator
from collections import OrderedDict
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from demo_app import InvalidInput
from demo_app.errors import shorten, suggestion

from ..stored.remapping import quoted
from .edited_place import EditedPlace, check_count, check_new_name, open_place, written
from .key_changes import Edit
from .twin import twin

KEEPS_NUMBERS = (
    "A slice of a Sequential keeps the names that its children had; it is not numbered anew."
)
NUMBERS_ANEW = "PyTorch numbers the children anew: those behind the gap move up by one."
NAMES_LOST = (
    "del with an index numbers all children of a Sequential anew, and their names are lost. "
    "del by name keeps the others."
)
SHARES_WEIGHTS = (
    "The layers are the very same, called {times} times: they share their weights, train together, "
    "and count once as parameters."
)
OWN_WEIGHTS = "Each copy has weights of its own, which begin as those of the first and then part."


def append(net: nn.Module, layer: nn.Module, *, at: str = "", name: str | None = None) -> Edit:
    """Put a layer behind the last child of a container.

    Args:
        net: the model; it is not changed.
        layer: the new child.
        at: path of the container.
        name: of the new child; a ``ModuleDict`` needs one, a ``ModuleList`` takes none.

    Raises:
        InvalidInput: there is no container, or the name does not suit it.
    """
    place = open_place(net, at)
    check_count(place, len(place.keys) + 1)
    title = f"Append {type(layer).__name__}"
    if isinstance(place.module, nn.ModuleDict):
        if name is None:
            raise InvalidInput("A ModuleDict has a name for each child: give one for the new.")
        check_new_name(place, name)
        place.module[name] = layer
        return place.edited(title, f"{place.expression}[{quoted(name)}] = {written(layer)}")
    container = _ordered(place, "append to")
    if name is not None:
        _check_takes_names(place)
        check_new_name(place, name)
        container.add_module(name, layer)
        code = f"{place.expression}.add_module({quoted(name)}, {written(layer)})"
        return place.edited(title, code)
    key = str(len(container))
    if key in container._modules:
        raise InvalidInput(
            f"append() would write to {key!r}, which {place.name} has already, and replace that "
            "layer: a slice keeps its old numbers. Turn the names into numbers first."
        )
    notes = [] if place.is_numbered else [f"append() numbers: among names, the new one is {key!r}."]
    container.append(layer)
    return place.edited(title, f"{place.expression}.append({written(layer)})", notes)


def insert(
    net: nn.Module, index: int, layer: nn.Module, *, at: str = "", name: str | None = None
) -> Edit:
    """Put a layer before the child at an index.

    Args:
        net: the model; it is not changed.
        index: from 0, or from -1 backwards; the number of children to put it last.
        layer: the new child.
        at: path of the container.
        name: of the new child, where the children have names.

    Raises:
        InvalidInput: there is no container with an order, no such index, or the name does not suit.
    """
    place = open_place(net, at)
    container = _ordered(place, "insert into")
    count = len(place.keys)
    check_count(place, count + 1)
    if not -count <= index <= count:
        raise InvalidInput(
            f"{index} is no index in {place.name}: with {count} children it is {-count} to {count}."
        )
    title = f"Insert {type(layer).__name__} at {index}"
    # ModuleList.insert takes a negative index for a name.
    where = index + count if index < 0 else index
    if place.is_numbered and name is None:
        container.insert(where, layer)
        return place.edited(title, f"{place.expression}.insert({where}, {written(layer)})")
    _check_takes_names(place)
    if name is None:
        raise InvalidInput(
            f"insert() moves numbers, and the children of {place.name} have names (PyTorch raises "
            "a KeyError). Give the new one a name, too."
        )
    check_new_name(place, name)
    children = list(container._modules.items())
    children.insert(where, (name, layer))
    code = (
        f"nn.Sequential(OrderedDict([*list({place.expression}.named_children())[:{where}], "
        f"({quoted(name)}, {written(layer)}), "
        f"*list({place.expression}.named_children())[{where}:]]))"
    )
    return place.replaced(title, code, nn.Sequential(OrderedDict(children)))


def delete(net: nn.Module, child: int | str, *, at: str = "") -> Edit:
    """Take a child out of a container.

    Args:
        net: the model; it is not changed.
        child: its index, or its name. In a ``Sequential`` with names these are not the same: by
            index, all children are numbered anew.
        at: path of the container.

    Raises:
        InvalidInput: there is no container or no such child.
    """
    place = open_place(net, at)
    key = _key(place, child)
    title = f"Delete {shorten(key)}"
    if isinstance(place.module, nn.ModuleDict):
        del place.module[key]
        return place.edited(title, f"del {place.expression}[{quoted(key)}]")
    container = _ordered(place, "delete from")
    if isinstance(child, str) and not place.is_numbered:
        delattr(container, key)
        by_name = f"del {place.expression}.{key}"
        by_text = f"delattr({place.expression}, {quoted(key)})"
        return place.edited(title, by_name if key.isidentifier() else by_text)
    index, last = place.keys.index(key), len(place.keys) - 1
    notes = [NAMES_LOST] if not place.is_numbered else [NUMBERS_ANEW] if index < last else []
    del container[index]
    return place.edited(title, f"del {place.expression}[{index}]", notes)


def slice_children(
    net: nn.Module,
    start: int | None,
    stop: int | None,
    step: int | None = None,
    *,
    at: str = "",
) -> Edit:
    """Keep some of a container's children, as ``net[start:stop:step]``.

    Raises:
        InvalidInput: there is no container with an order, or its class cannot be sliced.
    """
    place = open_place(net, at)
    container = _ordered(place, "slice")
    if step is not None and step < 1:
        raise InvalidInput("The step of a slice is at least 1.")
    written_slice = f"{_text(start)}:{_text(stop)}" + ("" if step is None else f":{step}")
    try:
        part = container[start:stop:step]
    except Exception as error:
        raise InvalidInput(
            f"PyTorch cannot slice {place.name}: it makes another {type(container).__name__} of "
            "the children, and the __init__ of that takes other arguments. Use "
            f"nn.Sequential(*list({place.expression})[{written_slice}])."
        ) from error
    notes = []
    if isinstance(container, nn.Sequential) and list(part._modules)[:1] != place.keys[:1]:
        notes.append(KEEPS_NUMBERS)
    code = f"{place.expression}[{written_slice}]"
    return place.replaced(f"Slice [{written_slice}]", code, part, notes)


def repeat(net: nn.Module, times: int, *, at: str = "", shared: bool = True) -> Edit:
    """Put a container's children one after the other several times.

    Args:
        net: the model; it is not changed.
        times: how often they are there afterwards.
        at: path of the container.
        shared: the very same layers each time, as ``net * 2`` has it; or copies of their own.

    Raises:
        InvalidInput: there is no container with an order, or there would be too many children.
    """
    place = open_place(net, at)
    container = _ordered(place, "repeat")
    if times < 1:
        raise InvalidInput("Repeat the children once at least.")
    layers = list(container._modules.values())
    check_count(place, times * len(layers))
    title = f"Repeat {times} times"
    kind = nn.Sequential if isinstance(container, nn.Sequential) else nn.ModuleList
    if not shared:
        more = [twin(layer, _own) for _ in range(times - 1) for layer in layers]
        copies = (
            f"*(copy.deepcopy(layer) for _ in range({times - 1}) for layer in {place.expression})"
        )
        members = f"*{place.expression}, {copies}"
        code = (
            f"nn.Sequential({members})" if kind is nn.Sequential else f"nn.ModuleList([{members}])"
        )
        all_layers = [*layers, *more]
        made = nn.Sequential(*all_layers) if kind is nn.Sequential else nn.ModuleList(all_layers)
        return place.replaced(title, code, made, [OWN_WEIGHTS])
    notes = [SHARES_WEIGHTS.format(times=times)] if times > 1 else []
    if isinstance(container, nn.Sequential):
        return place.replaced(title, f"{place.expression} * {times}", container * times, notes)
    code = f"nn.ModuleList([*{place.expression}] * {times})"
    return place.replaced(title, code, nn.ModuleList(layers * times), notes)


def _ordered(place: EditedPlace, what: str) -> nn.Sequential | nn.ModuleList:
    if isinstance(place.module, nn.Sequential | nn.ModuleList):
        return place.module
    kind = type(place.module).__name__
    if isinstance(place.module, nn.ModuleDict):
        raise InvalidInput(
            f"There is no place in a ModuleDict to {what}: its children have names and no index."
        )
    raise InvalidInput(
        f"{kind} is no container to {what}. Choose a Sequential or a ModuleList, or wrap it first."
    )


def _check_takes_names(place: EditedPlace) -> None:
    if isinstance(place.module, nn.ModuleList):
        raise InvalidInput(
            "The children of a ModuleList are numbered and take no name. A ModuleDict has names."
        )


def _key(place: EditedPlace, child: int | str) -> str:
    keys = place.keys
    if isinstance(child, str):
        if child in keys:
            return child
        raise InvalidInput(
            f"There is no child {shorten(child)!r} in {place.name}.{suggestion(child, keys)}"
        )
    if isinstance(place.module, nn.ModuleDict):
        raise InvalidInput("The children of a ModuleDict have no index: give the name of one.")
    _ordered(place, "delete from")
    index = operator.index(child)
    if not -len(keys) <= index < len(keys):
        raise InvalidInput(f"There is no child {index} in {place.name}, which has {len(keys)}.")
    return keys[index]


def _own(tensor: Tensor) -> Tensor:
    """A tensor with the same numbers, of its own."""
    if is_lazy(tensor):
        kind: Any = type(tensor)
        lazy: Tensor = kind(tensor.requires_grad, device=tensor.device)
        return lazy
    copied = tensor.detach().clone()
    return (
        nn.Parameter(copied, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else copied
    )


def _text(bound: int | None) -> str:
    return "" if bound is None else str(bound)
