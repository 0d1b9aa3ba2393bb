"""The place in a model that an edit is about: found, named as code names it, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from demo_app import InvalidInput
from demo_app.errors import shorten, suggestion

from ..stored.remapping import quoted
from .key_changes import Edit, describe_edit
from .twin import twin

MAX_NAME = 100
MAX_CHILDREN = 10_000


@dataclass(frozen=True, kw_only=True)
class EditedPlace:
    """A module in a copy of the model, to be changed there.

    Attributes:
        before: the model as it was given.
        after: a copy of it with the same tensors.
        module: the module at ``path``, in ``after``.
        path: as ``get_submodule`` takes it.
        expression: as code names it, ``net.features[0]``.
    """

    before: nn.Module
    after: nn.Module
    module: nn.Module
    path: str
    expression: str

    @property
    def keys(self) -> list[str]:
        """The names of the module's children."""
        return list(self.module._modules)

    @property
    def is_numbered(self) -> bool:
        """Whether the children are named 0, 1, 2 …"""
        return self.keys == [str(number) for number in range(len(self.keys))]

    @property
    def name(self) -> str:
        """What to call the module in a sentence."""
        kind = type(self.module).__name__
        return f"the {kind} at {shorten(self.path)}" if self.path else f"the {kind}"

    def edited(self, title: str, code: str, notes: Sequence[str] = ()) -> Edit:
        """What the edit came to, the module having been changed."""
        where = f" ({shorten(self.path)})" if self.path else ""
        return describe_edit(f"{title}{where}", code, self.before, self.after, notes)

    def replaced(self, title: str, code: str, module: nn.Module, notes: Sequence[str] = ()) -> Edit:
        """What it comes to if another module takes the place; ``code`` is the expression for it."""
        assigned = f"{self.expression} = {code}"
        if not self.path:
            return describe_edit(title, assigned, self.before, module, notes)
        parent, _, key = self.path.rpartition(".")
        self.after.get_submodule(parent)._modules[key] = module
        return self.edited(title, assigned, notes)


def open_place(net: nn.Module, path: str) -> EditedPlace:
    """Copy a model and find a module in it.

    Raises:
        InvalidInput: there is none at that path.
    """
    after = twin(net)
    try:
        module = after.get_submodule(path)
    except AttributeError as error:
        paths = [name for name, _ in net.named_modules() if name]
        raise InvalidInput(
            f"There is no module at {shorten(path)!r}.{suggestion(path, paths)}"
        ) from error
    return EditedPlace(
        before=net, after=after, module=module, path=path, expression=expression_of(net, path)
    )


def expression_of(net: nn.Module, path: str) -> str:
    """How code names the module at a path: ``net.features[0].conv``, ``net.acts["relu"]``."""
    expression, module = "net", net
    for key in path.split(".") if path else ():
        if isinstance(module, nn.ModuleDict):
            expression += f"[{quoted(key)}]"
        elif isinstance(module, nn.Sequential | nn.ModuleList) and not key.isidentifier():
            expression += f"[{list(module._modules).index(key)}]"
        elif key.isidentifier():
            expression += f".{key}"
        else:
            expression = f"getattr({expression}, {quoted(key)})"
        module = module.get_submodule(key)
    return expression


def written(layer: nn.Module) -> str:
    """A layer as code writes it: ``nn.Linear(in_features=4, out_features=2, bias=True)``."""
    text = repr(layer)
    if type(layer).__module__.startswith("torch.nn.modules.") and "\n" not in text:
        return f"nn.{text}"
    return f"{type(layer).__name__}(…)"


def check_new_name(place: EditedPlace, name: str, *, replaces: str | None = None) -> None:
    """Refuse a name that PyTorch refuses for a child, or that another child has.

    Raises:
        InvalidInput: saying why it cannot be used.
    """
    said = repr(shorten(name))
    if not name or "." in name:
        raise InvalidInput(
            f"A child cannot be named {said}: a name has at least one character and no dot, which "
            "separates names in a path."
        )
    if len(name) > MAX_NAME or not name.isprintable():
        raise InvalidInput(
            f"A child cannot be named {said}: give up to {MAX_NAME} characters that can be printed."
        )
    if name in place.keys and name != replaces:
        raise InvalidInput(f"There is a child named {said} in {place.name} already.")
    if hasattr(place.module, name) and name not in place.keys:
        raise InvalidInput(
            f"A child cannot be named {said}: {type(place.module).__name__} has an attribute of "
            "that name."
        )


def check_count(place: EditedPlace, count: int) -> None:
    """Refuse to make a container too long to be looked at.

    Raises:
        InvalidInput: it would have more than 10,000 children.
    """
    if count > MAX_CHILDREN:
        raise InvalidInput(
            f"This would give {place.name} {count:,} children; up to {MAX_CHILDREN:,} are shown."
        )
