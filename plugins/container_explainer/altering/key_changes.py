"""What an edit did to the names in a ``state_dict``: kept, moved, shared, added, removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from ..stored.remapping import remapping_code

What = Literal["kept", "moved", "shared", "added", "removed"]
"""``shared`` is one more name for a tensor that had one already."""


@dataclass(frozen=True, kw_only=True)
class KeyChange:
    """One name: ``old`` is None where it was added, ``new`` where it was removed."""

    what: What
    old: str | None
    new: str | None


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A module before and after, and what became of its names.

    Attributes:
        title: what was done, in words: ``"Insert ReLU at 2"``.
        code: what to write for it, with the module in ``net``.
        before: as it was given.
        after: another module, in which the tensors that stay are the very same.
        changes: of every name, in the order of ``after``, with those removed at the end.
        remap: renames ``state_dict``, an old checkpoint, for the module after; empty where names
            stay.
        missing: names of the module after that no old checkpoint has; where there are any,
            ``load_state_dict`` takes it with ``strict=False`` only.
        notes: what PyTorch does here that one may not expect, in sentences.
    """

    title: str
    code: str
    before: nn.Module
    after: nn.Module
    changes: tuple[KeyChange, ...]
    remap: str
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def describe_edit(
    title: str, code: str, before: nn.Module, after: nn.Module, notes: Sequence[str] = ()
) -> Edit:
    """Tell what became of the names, by the tensors that both modules hold."""
    old, new = before.state_dict(keep_vars=True), after.state_dict(keep_vars=True)
    names = new_names(old, new)
    changes = _changes(names, old, new)
    return Edit(
        title=title,
        code=code,
        before=before,
        after=after,
        changes=changes,
        remap=remapping_code(names),
        missing=tuple(change.new for change in changes if change.what == "added" and change.new),
        notes=tuple(notes),
    )


def new_names(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names that each old one's tensor has now; none where it is gone.

    Of a tensor with several names before and after, each keeps its own where that is still there,
    and otherwise takes the next in order.
    """
    places: dict[int, list[str]] = {}
    for name, tensor in new.items():
        places.setdefault(id(tensor), []).append(name)
    names: dict[str, list[str]] = {name: [] for name in old}
    for name, tensor in old.items():
        if name in places.get(id(tensor), ()):
            names[name].append(name)
            places[id(tensor)].remove(name)
    last: dict[int, str] = {}
    for name, tensor in old.items():
        last[id(tensor)] = name
        if not names[name] and places.get(id(tensor)):
            names[name].append(places[id(tensor)].pop(0))
    for tensor_id, name in last.items():
        names[name] += places.get(tensor_id, ())
    return names


def _changes(
    names: Mapping[str, Sequence[str]], old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[KeyChange, ...]:
    origins: dict[str, KeyChange] = {}
    for name, several in names.items():
        for number, now in enumerate(several):
            what: What = "shared" if number else "kept" if now == name else "moved"
            origins[now] = KeyChange(what=what, old=name, new=now)
    present = [origins.get(name, KeyChange(what="added", old=None, new=name)) for name in new]
    removed = [KeyChange(what="removed", old=name, new=None) for name in old if not names[name]]
    return (*present, *removed)
