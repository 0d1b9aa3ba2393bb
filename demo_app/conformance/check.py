"""What a check is, how it is run, and what comes of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from demo_app.host import Host
from demo_app.loading import contained, named
from demo_app.plugin import Plugin, State

DOCUMENT = "docs/checks.md"


class Finding(AssertionError):
    """What a check found wrong, in a sentence."""


class NotApplicable(Exception):
    """The check has nothing to look at in this plugin; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One requirement.

    Attributes:
        name: its id.
        reason: the requirement in one line.
        run: raises ``Finding`` where the plugin does not fulfil it, ``NotApplicable`` where it
            says nothing about the plugin; whatever else it raises is a finding, too. Its docstring
            is the paragraph in the documentation.
    """

    name: str
    reason: str
    run: Callable[[Host, Plugin], None]

    @property
    def link(self) -> str:
        """Where the documentation tells of it."""
        return f"{DOCUMENT}#{self.name}"

    @property
    def paragraph(self) -> str:
        """What it looks at, why, and how to mend what it finds."""
        return inspect.getdoc(self.run) or ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a plugin did: ``passed`` is None where the check did not apply."""

    check: Check
    passed: bool | None
    text: str = ""


def outcome(check: Check, host: Host, plugin: Plugin) -> Outcome:
    """Run one check on a plugin."""
    _, error = contained(lambda: check.run(host, plugin))
    if error is None:
        return Outcome(check=check, passed=True)
    if isinstance(error, NotApplicable):
        return Outcome(check=check, passed=None, text=str(error))
    text = str(error) if isinstance(error, Finding) else f"raised {named(error)}"
    return Outcome(check=check, passed=False, text=text)


def in_turn(checks: Iterable[Check], host: Host, plugin: Plugin) -> Iterator[Outcome]:
    """Run checks on a plugin, up to the one after which it can no longer be used."""
    for check in checks:
        yield outcome(check, host, plugin)
        if plugin.state is not State.READY:
            return
