"""What is wrong with a visitor's program: at which line and column, why, and what to write."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable

from demo_app import InvalidInput
from demo_app.errors import shorten


class Refusal(Exception):
    """What is wrong, in a sentence that begins small, before it is known where."""


class CodeError(InvalidInput):
    """The program cannot be run as it is.

    Attributes:
        line: from 1.
        column: in characters, from 1.
        reason: what is wrong and what to write instead, without the place.
    """

    def __init__(self, reason: str, *, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.reason = reason
        super().__init__(f"Line {line}, column {column}: {self.reason}")


MAX_COMPARED = 2000


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant: the same in other letters, longer, or like it."""
    known = list(itertools.islice(known, MAX_COMPARED))
    for other in known:
        if other.casefold() == name.casefold() or other.startswith(f"{name}_"):
            return other
    close = difflib.get_close_matches(name[:60], known, n=1, cutoff=0.75)
    return close[0] if close else None


_PLAIN: tuple[tuple[str, str], ...] = (
    (
        r"(?:same reduction dim, but got \[|cannot be multiplied \()"
        r"\d+(?:, |x)(\d+)(?:\] X \[| and )(\d+)",
        "in {what} a layer that was made for {1} features gets {0}. Make it for {0}, or change "
        "what comes before it.",
    ),
    (
        r'missing the required "forward" function',
        "{what} has no forward of its own and cannot be called: it only holds modules. Loop over "
        "it, or take one of them out of it.",
    ),
    (
        r"list is not a Module subclass|tuple is not a Module subclass|generator is not a Module",
        "{what} takes the modules themselves and not a list of them. Put a star before the list: "
        "{what}(*layers).",
    ),
    (
        r"type '?is not a Module subclass|builtins\.type is not a Module|Function is not a Module",
        "{what} takes modules, and this is a class. Make one with parentheses: nn.ReLU().",
    ),
    (
        r"([\w.]+) is not a Module subclass",
        "{what} takes modules only, and one of these is of another kind ({0}).",
    ),
    (
        r"module name can't contain \"\.\", got: (.*)",
        "the name of a module may not have a dot in it, since dots divide the keys of the "
        "state_dict. Write an underscore.",
    ),
    (
        r"module name can't be empty",
        "the name of a module may not be empty. Give it a name.",
    ),
    (
        r"attribute '(\w+)' already exists",
        "{0!r} cannot name a module here: every module has an attribute of that name. Take "
        "another, such as {0}_.",
    ),
    (
        r"cannot assign module before Module\.__init__\(\) call",
        "modules can only be assigned after super().__init__(). Write that as the first line of "
        "__init__.",
    ),
    (
        r"cannot assign parameters? before Module\.__init__\(\) call",
        "parameters can only be assigned after super().__init__(). Write that as the first line "
        "of __init__.",
    ),
    (r"index (-?\d+) is out of range", "there is no number {0} in it."),
    (r"mutated during iteration|changed size during", "it changes while it is looped over. Loop "
     "over a copy: list(...)."),
)  # fmt: skip


def in_plain_words(error: Exception, what: str) -> str:
    """An error of Python's or PyTorch's, for somebody who sees their own program only.

    Args:
        error: what was raised.
        what: what was called or used, ``nn.Sequential`` or ``insert``.
    """
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    for pattern, plain in _PLAIN:
        found = re.search(pattern, text)
        if found:
            return plain.format(*found.groups(), what=what)
    said = shorten(text.strip().partition("\n")[0], 240)
    return f"{what} does not take this: {said}" if said else f"{what} does not take this."
