"""Which plugins there are to load: what the directories hold, what is wanted, what is new."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from demo_app import discovery
from demo_app.discovery import Candidate
from demo_app.errors import ConfigurationError, suggestion
from demo_app.plugin import Plugin, State


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a look into the directories found, compared with the records there are.

    Attributes:
        kept: the records that stay as they are.
        gone: those to unload: their plugin went, changed, or lost its name to another.
        arrived: what to load.
        refused: new records of what is not to be loaded: blocked, or its name is taken.
    """

    kept: Sequence[Plugin]
    gone: Sequence[Plugin]
    arrived: Sequence[Candidate]
    refused: Sequence[Plugin]


class Catalogue:
    """The places where a host looks for plugins, and which of those there it wants.

    Args:
        directories: the plugin directories, in order; read anew at every look.
        installed: whether installed packages count; read once.
        modules: imported plugins by name.
        only: names of exactly the plugins wanted; None for all.
        disable: names of plugins that are not.

    Raises:
        ConfigurationError: ``only`` or ``disable`` name a plugin that is not there.
    """

    def __init__(
        self,
        directories: Iterable[Path],
        *,
        installed: bool,
        modules: Mapping[str, ModuleType],
        only: Iterable[str] | None,
        disable: Iterable[str],
    ) -> None:
        absolute = (path.expanduser().absolute() for path in directories)
        self.directories = tuple(dict.fromkeys(absolute))
        self._fixed = [
            *(discovery.installed_candidates() if installed else ()),
            *discovery.given_candidates(modules),
        ]
        self._wanted = None if only is None else {discovery.plugin_name(name) for name in only}
        self._blocked = {discovery.plugin_name(name) for name in disable}
        known = {candidate.name for candidate in self._found()}
        for name in sorted(((self._wanted or set()) | self._blocked) - known):
            hint = suggestion(name, known) or f" There is: {', '.join(sorted(known)) or 'none'}."
            raise ConfigurationError(f"There is no plugin named {name!r}.{hint}")

    def compare(self, plugins: Iterable[Plugin], touched: Collection[Path] = ()) -> Changes:
        """Look again.

        Args:
            plugins: the records there are.
            touched: plugins whose file or folder is one of these paths, or holds one of them, are
                loaded anew.
        """
        known = {(plugin.origin, plugin.name): plugin for plugin in plugins}
        kept: list[Plugin] = []
        arrived: list[Candidate] = []
        refused: list[Plugin] = []
        first: dict[str, Candidate] = {}
        for candidate in self._found():
            taken = first.setdefault(candidate.name, candidate)
            verdict = self._verdict(candidate, taken)
            record = known.get((candidate.origin, candidate.name))
            if record is not None and _still_holds(record, verdict) and not _is_in(record, touched):
                kept.append(record)
            elif verdict is not None:
                refused.append(verdict)
            else:
                arrived.append(candidate)
        staying = {id(plugin) for plugin in kept}
        gone = [plugin for plugin in known.values() if id(plugin) not in staying]
        return Changes(kept=kept, gone=gone, arrived=arrived, refused=refused)

    def _found(self) -> list[Candidate]:
        return [*discovery.dropped_in(self.directories), *self._fixed]

    def _verdict(self, candidate: Candidate, first: Candidate) -> Plugin | None:
        """The record of one that is not to be loaded; None for one that is."""
        if first is not candidate:
            return _duplicate(candidate, first)
        if candidate.name in self._blocked:
            return _blocked_record(candidate, "disabled")
        if self._wanted is not None and candidate.name not in self._wanted:
            return _blocked_record(candidate, "not among the selected")
        return None


def _still_holds(record: Plugin, verdict: Plugin | None) -> bool:
    """Whether a record says what would be said of its plugin today."""
    if verdict is None:
        return not record.duplicate and record.state is not State.BLOCKED
    return (record.state, record.problem) == (verdict.state, verdict.problem)


def _is_in(record: Plugin, touched: Collection[Path]) -> bool:
    origin = Path(record.origin)
    return any(path.is_relative_to(origin) for path in touched)


def _blocked_record(candidate: Candidate, reason: str) -> Plugin:
    plugin = Plugin(name=candidate.name, origin=candidate.origin, folder=candidate.folder)
    plugin.fail(State.BLOCKED, f"It is {reason}.", "Start without --disable or --only.")
    return plugin


def _duplicate(candidate: Candidate, first: Candidate) -> Plugin:
    plugin = Plugin(name=candidate.name, origin=candidate.origin, duplicate=True)
    plugin.fail(
        State.INVALID,
        f"The name {candidate.name!r} is taken: {first.origin} came first, "
        f"so {candidate.origin} is refused.",
        "Rename or remove one of the two.",
    )
    return plugin
