"""What if I wrap, rename, name, number, or make a ModuleList of a plain list: a container anew.

As in ``editing``, the module given is not changed, and the code shown does the same.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence

from torch import nn

from demo_app import InvalidInput
from demo_app.errors import shorten, suggestion

from ..anatomy.tree import has_own_forward
from ..stored.remapping import quoted
from .edited_place import EditedPlace, check_new_name, open_place
from .key_changes import Edit

CLASS_LOST = "{name} becomes a plain nn.Sequential: what else its class does is lost."
NEVER_SAVED = (
    "In a plain {kind} PyTorch does not see the layers: parameters(), state_dict() and to(device) "
    "left them out. An old checkpoint has no weights of theirs, and an optimizer never trained "
    "them."
)
SHORT_NAMES = {"Linear": "fc", "Conv1d": "conv", "Conv2d": "conv", "Conv3d": "conv"}


def wrap(net: nn.Module, *, at: str = "", name: str | None = None) -> Edit:
    """Put a module into a ``Sequential`` of its own.

    Args:
        net: the model; it is not changed.
        at: path of the module; the whole model if left out.
        name: of the module in the Sequential; ``0`` if left out.

    Raises:
        InvalidInput: there is no such module, or the name cannot be used.
    """
    place = open_place(net, at)
    title = f"Wrap {type(place.module).__name__} in a Sequential"
    if name is None:
        code = f"nn.Sequential({place.expression})"
        return place.replaced(title, code, nn.Sequential(place.module))
    empty = EditedPlace(
        before=net, after=net, module=nn.Sequential(), path=at, expression=place.expression
    )
    check_new_name(empty, name)
    wrapped = nn.Sequential(OrderedDict([(name, place.module)]))
    code = f"nn.Sequential(OrderedDict([({quoted(name)}, {place.expression})]))"
    return place.replaced(title, code, wrapped)


def rename_child(net: nn.Module, old: str, new: str, *, at: str = "") -> Edit:
    """Give a child of a ``Sequential`` or ``ModuleDict`` another name, in its place.

    Raises:
        InvalidInput: there is no such child, or the name cannot be used.
    """
    place = open_place(net, at)
    if old not in place.keys:
        raise InvalidInput(
            f"There is no child {shorten(old)!r} in {place.name}.{suggestion(old, place.keys)}"
        )
    container = _named(place, "renamed")
    check_new_name(place, new, replaces=old)
    children = {new if key == old else key: child for key, child in container._modules.items()}
    names = f"({quoted(new)} if name == {quoted(old)} else name, layer)"
    title = f"Rename {shorten(old)} to {shorten(new)}"
    if isinstance(container, nn.ModuleDict):
        code = f"nn.ModuleDict({names} for name, layer in {place.expression}.items())"
        made: nn.Module = nn.ModuleDict(children)
        return place.replaced(title, code, made)
    loop = f"{names} for name, layer in {place.expression}.named_children()"
    return _sequential(place, title, f"OrderedDict({loop})", children)


def name_children(net: nn.Module, names: Sequence[str], *, at: str = "") -> Edit:
    """Give every child of a ``Sequential`` a name.

    Args:
        net: the model; it is not changed.
        names: one for each child, in their order; see ``suggested_names``.
        at: path of the Sequential.

    Raises:
        InvalidInput: it is no Sequential, or the names do not suit it.
    """
    place = open_place(net, at)
    container = _named(place, "named")
    if len(names) != len(place.keys):
        raise InvalidInput(
            f"{len(names)} names were given, and {place.name} has {len(place.keys)} children."
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InvalidInput(f"The name {shorten(twice[0])!r} was given more than once.")
    for key, name in zip(place.keys, names, strict=True):
        check_new_name(place, name, replaces=name if name in place.keys else key)
    children = dict(zip(names, container._modules.values(), strict=True))
    pairs = ", ".join(f"({quoted(n)}, {place.expression}[{i}])" for i, n in enumerate(names))
    return _sequential(place, "Name the children", f"OrderedDict([{pairs}])", children)


def suggested_names(container: nn.Module) -> list[str]:
    """A name for each child, from its class and its number: ``conv1``, ``relu1``, ``conv2``."""
    met: Counter[str] = Counter()
    names = []
    for child in container._modules.values():
        kind = type(child).__name__
        stem = SHORT_NAMES.get(kind, kind.lower())
        met[stem] += 1
        names.append(f"{stem}{met[stem]}")
    return names


def number_children(net: nn.Module, *, at: str = "") -> Edit:
    """Give the children of a ``Sequential`` numbers instead of names.

    Raises:
        InvalidInput: it is no Sequential.
    """
    place = open_place(net, at)
    container = _named(place, "numbered")
    if isinstance(container, nn.ModuleDict):
        raise InvalidInput(
            "The children of a ModuleDict are found by name: numbered, none of the lines would "
            "work that look one up."
        )
    children = {str(n): child for n, child in enumerate(container._modules.values())}
    return _sequential(place, "Number the children", f"*{place.expression}", children)


def list_to_module_list(net: nn.Module, attribute: str, *, at: str = "") -> Edit:
    """Make a ``ModuleList`` of a plain list or tuple of modules, a ``ModuleDict`` of a dictionary.

    Args:
        net: the model; it is not changed.
        attribute: the name of the list.
        at: path of the module that has it.

    Raises:
        InvalidInput: there is no such list, or there is something else than modules in it.
    """
    place = open_place(net, at)
    held = vars(place.module).get(attribute)
    if not isinstance(held, list | tuple | dict):
        lists = [name for name, value in vars(place.module).items() if _holds_modules(value)]
        raise InvalidInput(
            f"There is no list {shorten(attribute)!r} in {place.name}."
            f"{suggestion(attribute, lists)}"
            + (f" It has: {', '.join(map(shorten, lists[:8]))}." if lists else "")
        )
    kind = type(held).__name__
    members = list(held.values()) if isinstance(held, dict) else list(held)
    others = [type(member).__name__ for member in members if not isinstance(member, nn.Module)]
    if others or not members:
        what = f"also a {others[0]}" if others else "nothing"
        raise InvalidInput(f"The {kind} {shorten(attribute)!r} holds {what}; only modules can go.")
    made: nn.Module
    if isinstance(held, dict):
        empty = EditedPlace(
            before=net, after=net, module=nn.ModuleDict(), path=at, expression=place.expression
        )
        for name in held:
            check_new_name(empty, str(name))
        made = nn.ModuleDict({str(name): member for name, member in held.items()})
    else:
        made = nn.ModuleList(members)
    delattr(place.module, attribute)
    place.module.add_module(attribute, made)
    name = type(made).__name__
    code = f"{place.expression}.{attribute} = nn.{name}({place.expression}.{attribute})"
    return place.edited(
        f"Make {shorten(attribute)} a {name}", code, [NEVER_SAVED.format(kind=kind)]
    )


def _named(place: EditedPlace, what: str) -> nn.Sequential | nn.ModuleDict:
    if isinstance(place.module, nn.Sequential):
        return place.module
    if isinstance(place.module, nn.ModuleDict) and what in ("renamed", "numbered"):
        return place.module
    kind = type(place.module).__name__
    if isinstance(place.module, nn.ModuleList):
        raise InvalidInput(
            f"The children of a ModuleList have their numbers and cannot be {what}. A ModuleDict "
            "has names."
        )
    if isinstance(place.module, nn.ModuleDict):
        raise InvalidInput(f"The children of a ModuleDict cannot be {what}: they have names.")
    raise InvalidInput(
        f"The children of {kind} cannot be {what}: they are attributes that its own code uses."
    )


def _sequential(
    place: EditedPlace, title: str, arguments: str, children: Mapping[str, nn.Module | None]
) -> Edit:
    """A ``Sequential`` of those children in the place of one."""
    notes = []
    if type(place.module) is not nn.Sequential:
        notes.append(CLASS_LOST.format(name=type(place.module).__name__))
    if has_own_forward(place.module):
        raise InvalidInput(
            f"{type(place.module).__name__} has a forward of its own, which a new Sequential would "
            "not have."
        )
    made = nn.Sequential(OrderedDict(children))  # type: ignore[arg-type]
    return place.replaced(title, f"nn.Sequential({arguments})", made, notes)


def _holds_modules(value: object) -> bool:
    if isinstance(value, dict):
        return any(isinstance(member, nn.Module) for member in value.values())
    return isinstance(value, list | tuple) and any(isinstance(m, nn.Module) for m in value)
