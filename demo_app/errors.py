"""Errors whose text is written for the person in front of the screen.

Every ``DemoError`` may be shown to a visitor as it is: it says what was wrong and what to do
next, and never echoes paths of the server or text of the visitor beyond a name. Anything else
that an action raises is wrapped in ``ActionFailed`` and its details stay in the log.
"""

import difflib
from collections.abc import Iterable
from typing import ClassVar


class DemoError(Exception):
    """Something that the person who called can read, understand and act on."""

    exit_code: ClassVar[int] = 1


class InvalidInput(DemoError, ValueError):
    """An argument does not fit; the text names it and says what would."""

    exit_code = 2


class Unknown(DemoError, KeyError):
    """A demo, action or model of that name does not exist here."""

    exit_code = 3
    __str__ = Exception.__str__

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        text = f"There is no {what} named {shorten(name)!r}."
        text += suggestion(name, known) or (f" There is: {', '.join(known)}." if known else "")
        super().__init__(text)


class DemoUnavailable(DemoError, KeyError):
    """The plugin is there, but its state forbids calls; the text carries the remedy."""

    exit_code = 4
    __str__ = Exception.__str__


class CheckpointError(DemoError):
    """A checkpoint is missing, damaged or of another architecture."""

    exit_code = 4


class ArchitectureError(CheckpointError):
    """A plugin did not build the architecture that a model names.

    Attributes:
        remedy: what its author can do.
    """

    def __init__(self, text: str, remedy: str = "Return an nn.Module.") -> None:
        super().__init__(text)
        self.remedy = remedy


class ConfigurationError(DemoError):
    """The app was started with options or environment variables that cannot be met."""

    exit_code = 2


class OutOfMemory(DemoError):
    """The device had no room for the call, even after idle models were unloaded."""

    exit_code = 5


class DeviceUnavailable(DemoError):
    """No accelerator could be lent for the call, or it was taken back."""

    exit_code = 5


class ActionFailed(DemoError):
    """An action raised something unforeseen; ``__cause__`` holds it."""

    exit_code = 1


def shorten(text: object, limit: int = 60) -> str:
    """One line of at most ``limit`` characters, for a name that somebody else chose."""
    line = "".join(c if c.isprintable() else "�" for c in str(text))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def suggestion(name: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the nearest known name, or nothing."""
    close = difflib.get_close_matches(str(name)[:100], list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""
