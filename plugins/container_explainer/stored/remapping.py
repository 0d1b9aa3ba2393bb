"""From old names of tensors to new ones, as the few lines of Python that rename a checkpoint.

The lines take a ``state_dict`` and leave one under the new names. They are as short as the names
allow: a prefix taken off, a table of modules that moved, or else a table of all names. Each is
checked on every name before it is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

WRAPPERS = (
    "_orig_mod",
    "module",
    "_forward_module",
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",
)
"""What torch.compile, DataParallel, Lightning Fabric, FSDP and checkpointing put into names."""

Names = Mapping[str, Sequence[str]]
"""Every old name with its new ones: none if it is dropped, several if a tensor is shared."""


def remapping_code(names: Names) -> str:
    """The code that renames a ``state_dict``; empty where every name stays as it is.

    Args:
        names: every name of the old checkpoint, in its order.
    """
    first = {old: new[0] if new else None for old, new in names.items()}
    copies = {copy: new[0] for new in names.values() for copy in new[1:]}
    return "\n".join(filter(None, (_renaming(first), _copying(copies, first.values()))))


def without_wrappers(name: str, wrappers: Iterable[str] = WRAPPERS) -> str:
    """A name without the parts that wrappers put into it, wherever they stand."""
    taken_out = set(wrappers)
    return ".".join(part for part in name.split(".") if part not in taken_out)


def quoted(text: str) -> str:
    """A text as a Python literal, in double quotes where that takes no escapes."""
    literal = repr(text)
    return literal if '"' in literal or "'" in text else f'"{literal[1:-1]}"'


def _renaming(names: Mapping[str, str | None]) -> str:
    if all(old == new for old, new in names.items()):
        return ""
    return _by_one_expression(names) or _by_rules(names) or _by_table(names)


def _by_one_expression(names: Mapping[str, str | None]) -> str:
    """All names changed in the same way, what does not change so being dropped; or nothing."""
    kept = {old: new for old, new in names.items() if new is not None}
    for expression, change in _expressions(kept):
        if all(change(old) == new for old, new in kept.items()):
            loop = f"{expression}: tensor for name, tensor in state_dict.items()"
            condition = _condition(names)
            if condition is not None:
                return _comprehension(loop, condition)
    return ""


def _expressions(kept: Mapping[str, str]) -> Iterable[tuple[str, Callable[[str], str]]]:
    yield "name", lambda name: name
    if not kept:
        return
    old, new = next(iter(kept.items()))
    for wrapper in WRAPPERS:
        part = f"{wrapper}."
        if part in old[1:]:
            yield f'name.replace("{part}", "")', partial(_without, part)
    before, after = _different_beginnings(old, new)
    if after:
        expression = f"{quoted(after)} + name"
        if before:
            expression += f".removeprefix({quoted(before)})"
        yield expression, lambda name: after + name.removeprefix(before)
    elif before:
        yield (
            f"name.removeprefix({quoted(before)})",
            lambda name: name.removeprefix(before),
        )


def _without(part: str, name: str) -> str:
    return name.replace(part, "")


def _condition(names: Mapping[str, str | None]) -> str | None:
    """Which names are kept, as the end of a comprehension; None if no few prefixes say it."""
    dropped = [old for old, new in names.items() if new is None]
    kept = [old for old, new in names.items() if new is not None]
    if not dropped:
        return ""
    common = _common_groups(kept)
    if common and not any(old.startswith(common) for old in dropped):
        return f"if name.startswith({quoted(common)})"
    rules = _rules({old: None if new is None else old for old, new in names.items()})
    prefixes = tuple(old for old, new in rules if new is None)
    if len(prefixes) > 12 or any(old.startswith(prefixes) for old in kept):
        return None
    return f"if not name.startswith({_tuple(prefixes)})"


def _by_rules(names: Mapping[str, str | None]) -> str:
    """A table of the modules that move and a list of those dropped; or nothing if it is no use."""
    rules = _rules(names)
    moved = {old: new for old, new in rules if new is not None and new != old}
    dropped = tuple(old for old, new in rules if new is None)

    def renamed(name: str) -> str:
        for old, new in moved.items():
            if name.startswith(old):
                return new + name.removeprefix(old)
        return name

    changes = sum(old != new for old, new in names.items())
    fits = all(
        new is None if old.startswith(dropped) else new == renamed(old)
        for old, new in names.items()
    )
    one_by_one = not any(old.endswith(".") for old in moved) and changes == len(names)
    if not fits or one_by_one or 2 * (len(moved) + len(dropped)) > changes + 2:
        return ""
    condition = f"if not name.startswith({_tuple(dropped)})" if dropped else ""
    loop = "renamed(name): tensor for name, tensor in state_dict.items()"
    return (
        f"{_dictionary('renames', moved)}\n\n\n"
        "def renamed(name):\n"
        "    for old, new in renames.items():\n"
        "        if name.startswith(old):\n"
        "            return new + name.removeprefix(old)\n"
        "    return name\n\n\n"
        f"{_comprehension(loop, condition)}"
    )


def _by_table(names: Mapping[str, str | None]) -> str:
    table = {old: new for old, new in names.items() if new is not None}
    return (
        f"{_dictionary('names', table)}\n"
        "state_dict = {new: state_dict[old] for old, new in names.items()}"
    )


def _copying(copies: Mapping[str, str], present: Iterable[str | None]) -> str:
    """Lines that put a tensor under one more name."""
    there = [name for name in present if name is not None]
    groups = Counter(_different_beginnings(name, copy) for copy, name in copies.items())
    whole = {
        after: before
        for (before, after), count in groups.items()
        if count > 1 and before and after
        if all(
            copies.get(after + name.removeprefix(before)) == name
            for name in there
            if name.startswith(before)
        )
    }
    single = {
        copy: name
        for copy, name in copies.items()
        if not any(copy.startswith(a) and name == b + copy[len(a) :] for a, b in whole.items())
    }
    lines = [f"state_dict[{quoted(c)}] = state_dict[{quoted(n)}]" for c, n in single.items()]
    if whole:
        lines += [
            _dictionary("copies", whole),
            "state_dict |= {",
            "    new + name.removeprefix(old): tensor",
            "    for new, old in copies.items()",
            "    for name, tensor in state_dict.items()",
            "    if name.startswith(old)",
            "}",
        ]
    return "\n".join(lines)


def _rules(names: Mapping[str, str | None]) -> list[tuple[str, str | None]]:
    """Old beginnings of names with the new ones, as few as say it all, those that stay included.

    A beginning ends with a dot, or is a whole name.
    """
    found: list[tuple[str, str | None]] = []
    waiting = [("", list(names))]
    while waiting:
        prefix, below = waiting.pop()
        if below == [prefix]:
            found.append((prefix, names[prefix]))
            continue
        beginnings = _new_beginnings(prefix, {name: names[name] for name in below})
        if len(beginnings) == 1 and (prefix or len(below) > 1):
            (beginning,) = beginnings
            found.append((prefix, beginning))
            continue
        groups: dict[str, list[str]] = {}
        for name in below:
            head, dot, _ = name[len(prefix) :].partition(".")
            groups.setdefault(prefix + head + dot, []).append(name)
        waiting += reversed(groups.items())
    return found


def _new_beginnings(prefix: str, names: Mapping[str, str | None]) -> set[str | None]:
    """What stands for ``prefix`` in the new names, None being dropped; empty if more changes."""
    beginnings: set[str | None] = set()
    for old, new in names.items():
        rest = old[len(prefix) :]
        beginning = new.removesuffix(rest) if new is not None else None
        if beginning is not None and (beginning == new or not f".{beginning}".endswith(".")):
            return set()
        beginnings.add(beginning)
    return beginnings


def _different_beginnings(old: str, new: str) -> tuple[str, str]:
    """What two names begin with before they end alike, each with its dot: ``0.``, ``fc.``."""
    a, b = old.split("."), new.split(".")
    alike = 0
    while alike < min(len(a), len(b)) and a[-1 - alike] == b[-1 - alike]:
        alike += 1
    return (
        "".join(f"{part}." for part in a[: len(a) - alike]),
        "".join(f"{part}." for part in b[: len(b) - alike]),
    )


def _common_groups(names: Sequence[str]) -> str:
    """The longest beginning up to a dot that all names share."""
    if not names:
        return ""
    first, last = min(names), max(names)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    return first[: first.rfind(".", 0, length) + 1]


def _comprehension(loop: str, condition: str) -> str:
    line = f"state_dict = {{{' '.join(filter(None, (loop, condition)))}}}"
    if len(line) <= 100:
        return line
    key, _, rest = loop.partition(" for ")
    lines = [key, f"for {rest}", *([condition] if condition else [])]
    return "\n".join(["state_dict = {", *(f"    {part}" for part in lines), "}"])


def _dictionary(name: str, members: Mapping[str, str]) -> str:
    lines = [f"    {quoted(old)}: {quoted(new)}," for old, new in members.items()]
    return "\n".join([f"{name} = {{", *lines, "}"])


def _tuple(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return quoted(texts[0])
    return f"({', '.join(map(quoted, texts))})"
