"""The record that the host keeps of one plugin: where it is from, its state, what it offers."""

from __future__ import annotations

import itertools
import traceback as tracebacks
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from demo_app.errors import DemoUnavailable, Unknown
from demo_app.redaction import redact
from demo_app.settings import Settings

if TYPE_CHECKING:
    from demo_app.actions import Action
    from demo_app.demo import Card, ModelSpec


class State(StrEnum):
    """How far a plugin came; ``READY``, or where it ended."""

    DISCOVERED = "discovered"
    BLOCKED = "blocked"
    INCOMPATIBLE = "incompatible"
    IMPORT_FAILED = "import_failed"
    INVALID = "invalid"
    CHECKPOINT_FAILED = "checkpoint_failed"
    STARTUP_FAILED = "startup_failed"
    TAB_FAILED = "tab_failed"
    READY = "ready"


@dataclass(kw_only=True, eq=False)
class Plugin:
    """One plugin. Only the host writes to it.

    Attributes:
        origin: the file or folder it was found in, or its entry point, for people to read.
        generation: a number of this record's own in this process; one that is loaded anew gets a
            higher one.
        retired: it was taken out of service; calls that run already go on, new ones are refused.
        seconds: what it cost so far: import, hooks, building its tab.
        problem: what is wrong, in a sentence; None while nothing is.
        remedy: what to do about it, where something can be said.
        warnings: what its author should change some day: deprecated hooks, unknown settings.
    """

    name: str
    origin: str
    folder: Path | None = None
    duplicate: bool = False
    generation: int = field(default_factory=itertools.count(1).__next__)
    retired: bool = False
    version: str | None = None
    state: State = State.DISCOVERED
    seconds: float = 0.0
    problem: str | None = None
    remedy: str | None = None
    traceback: str | None = None
    module: ModuleType | None = None
    hooks: pluggy.HookRelay | None = None
    settings: Settings = field(default_factory=Settings)
    warnings: list[str] = field(default_factory=list)
    card: Card | None = None
    models: Mapping[str, ModelSpec] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The card's title; the name where no card was given."""
        return self.card.title if self.card else self.name.replace("_", " ").capitalize()

    def fail(
        self,
        state: State,
        problem: str,
        remedy: str | None = None,
        error: BaseException | None = None,
    ) -> None:
        """Record how the plugin failed; the first failure is kept."""
        if self.problem is not None:
            return
        self.state, self.problem = state, redact(problem)
        self.remedy = redact(remedy) if remedy is not None else None
        if error is not None:
            self.traceback = redact("".join(tracebacks.format_exception(error)))

    def implements(self, hook: str) -> bool:
        """Whether the plugin has an implementation of that hook."""
        return self.hooks is not None and bool(getattr(self.hooks, hook).get_hookimpls())

    def call_hook(self, hook: str, **arguments: Any) -> Any:
        """Call this plugin's own implementation; None where it has none."""
        return getattr(self.hooks, hook)(**arguments) if self.hooks is not None else None

    def action(self, name: str) -> Action:
        """The action of that name.

        Raises:
            DemoUnavailable: the plugin is not ready.
            Unknown: it has no such action.
        """
        self.require_ready()
        if name not in self.actions:
            raise Unknown(f"action of {self.name}", name, self.actions)
        return self.actions[name]

    def model(self, name: str | None) -> ModelSpec:
        """The model of that name; the only one for None.

        Raises:
            Unknown: there is no such model, or several and none was named.
        """
        if name is None and len(self.models) == 1:
            return next(iter(self.models.values()))
        if name is None or name not in self.models:
            raise Unknown(f"model of {self.name}", name or "(none named)", self.models)
        return self.models[name]

    def require_ready(self) -> None:
        """Raise ``DemoUnavailable`` with the problem and its remedy, unless ready."""
        if self.retired:
            raise DemoUnavailable(
                f"{self.name} has just been changed or removed. What is there now is a new demo: "
                "ask for it again."
            )
        if self.state is not State.READY:
            problem = self.problem or f"It is {self.state}."
            raise DemoUnavailable(" ".join(filter(None, (f"{self.name}: {problem}", self.remedy))))

    def report(self) -> dict[str, Any]:
        """The record as JSON-able data, for lists."""
        return {
            "name": self.name,
            "title": self.title,
            "state": str(self.state),
            "version": self.version,
            "origin": self.origin,
            "seconds": round(self.seconds, 4),
            "problem": self.problem,
            "remedy": self.remedy,
            "warnings": self.warnings,
        }
