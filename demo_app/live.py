"""A running app follows its plugin directories: what comes is loaded, what goes is unloaded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from demo_app.host import Host
from demo_app.plugin import Plugin, State
from demo_app.watching import QUIET, Watcher

logger = logging.getLogger(__name__)


def _print(line: str) -> None:
    print(f"demo-app: {line}", flush=True)


class Live:
    """Brings a host up to date whenever its plugin directories change, inside a ``with`` block.

    Args:
        host: which may be used by any thread meanwhile.
        changed: called after each update with the records that came or went.
        tell: prints a line for whoever started the app.
        quiet: as in ``Watcher``.
    """

    def __init__(
        self,
        host: Host,
        changed: Callable[[Iterable[Plugin]], None] = lambda plugins: None,
        *,
        tell: Callable[[str], None] = _print,
        quiet: float = QUIET,
    ) -> None:
        self._host = host
        self._changed = changed
        self._tell = tell
        self._watcher = Watcher(host.directories, self.update, quiet=quiet)

    def update(self, touched: Mapping[Path, str]) -> None:
        """Load anew what was touched; ``touched`` has the name of a changed file for each path."""
        records = self._host.update(touched)
        for line in _lines(records, touched):
            self._tell(line)
        if records:
            self._changed(records)

    def __enter__(self) -> Live:
        self._watcher.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._watcher.stop()


def _lines(records: Iterable[Plugin], touched: Mapping[Path, str]) -> Iterable[str]:
    """What happened, in a line a plugin."""
    gone = {plugin.name: plugin for plugin in records if plugin.retired}
    for plugin in records:
        if plugin.retired:
            continue
        verb = "changed" if gone.pop(plugin.name, None) else "added"
        file = touched.get(Path(plugin.origin))
        line = f"{plugin.name} {verb}{f' ({file})' if file else ''}"
        if plugin.state is not State.READY:
            line += f": {plugin.problem}"
        yield line
    for name in gone:
        yield f"{name} removed"
