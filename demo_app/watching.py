"""Watches plugin directories: says which plugins changed, once their files are quiet.

The operating system wakes the watcher (``watchfiles``); what it believes is the files themselves.
Each plugin is known by its files' sizes and times, and has changed once these differ from those
that were last told and have stayed the same for a while. So a folder that is still being copied,
and what Python and editors leave lying about, is not reported, a link into another place is
followed, and a missed event costs a second.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import watchfiles

logger = logging.getLogger(__name__)

QUIET = 0.4
"""Seconds without a change after which a plugin's files are taken to be complete."""
LOOK = 0.1
"""Seconds between two looks while something changes, and at most until a stop is noticed."""
IDLE = 1.0
"""Seconds between two looks when no event came; more where a look takes long."""
SHARE_OF_TIME = 0.05
"""The part of its time that the watcher may spend on looking when no event came."""
SOURCES = {".py", ".toml", ".safetensors"}
"""What a plugin does not write itself while it is loaded."""
_SKIPPED_FOLDERS = {"node_modules", "venv"}
_LITTER = {"__pycache__", "4913"}
_LITTER_ENDINGS = ("~", "#", ".pyc", ".swp", ".swx", ".tmp", ".part")

Files = Mapping[str, tuple[int, int]]
"""Size and time of modification (ns) of a plugin's files, by their path in it."""


@dataclass(frozen=True)
class _Unsettled:
    """A plugin whose files differ from what was told, and since when they have not changed."""

    files: Files | None
    since: float


class Watcher:
    """Watches directories in a thread of its own.

    Args:
        directories: plugin directories; they need not exist yet.
        changed: called with the folders and files in them that appeared, changed or went, each
            with the name of one file that did.
        quiet: seconds for which a plugin's files must stay the same.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        directories: Iterable[Path],
        changed: Callable[[Mapping[Path, str]], None],
        *,
        quiet: float = QUIET,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directories = tuple(directories)
        self._changed = changed
        self._quiet = quiet
        self._clock = clock
        self._told: dict[Path, Files] = self._look()
        self._unsettled: dict[Path, _Unsettled] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="plugin-watcher", daemon=True)

    def start(self) -> None:
        """Begin; what changes from now on is reported."""
        self._thread.start()

    def stop(self) -> None:
        """End, within a fraction of a second unless ``changed`` is being called."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def step(self) -> float:
        """Look once, and report what has been quiet for long enough.

        Returns:
            The seconds that it took.
        """
        now = self._clock()
        found = self._look()
        for entry in found.keys() | self._told.keys():
            files, waiting = found.get(entry), self._unsettled.get(entry)
            if files == self._told.get(entry):
                self._unsettled.pop(entry, None)
            elif waiting is None or waiting.files != files:
                self._unsettled[entry] = _Unsettled(files, now)
        ready = {
            entry: waiting.files
            for entry, waiting in self._unsettled.items()
            if now - waiting.since >= self._quiet
        }
        took = self._clock() - now
        if ready:
            self._report(ready)
        return took

    def _report(self, ready: Mapping[Path, Files | None]) -> None:
        reasons = {
            entry: _first_difference(self._told.get(entry), files) for entry, files in ready.items()
        }
        try:
            self._changed(reasons)
        except Exception:
            logger.exception("Bringing the plugins up to date")
        after = self._look()
        for entry, files in ready.items():
            del self._unsettled[entry]
            if files is None:
                self._told.pop(entry, None)
            else:
                # What a plugin writes into its own folder while it is loaded is no change.
                now = after.get(entry, {})
                sources = {name: seen for name, seen in files.items() if _is_source(name)}
                self._told[entry] = sources | {
                    name: seen for name, seen in now.items() if not _is_source(name)
                }

    def _run(self) -> None:
        last, took = self._clock(), 0.0
        for woken in self._wakes():
            idle = max(IDLE, took / SHARE_OF_TIME)
            if woken or self._unsettled or self._clock() - last >= idle:
                took = self.step()
                last = self._clock()

    def _wakes(self) -> Iterator[bool]:
        """Whether something happened, at least every ``LOOK`` seconds, until the stop."""
        listens = True
        while not self._stop.is_set():
            places = self._places()
            if not places or not listens:
                self._stop.wait(LOOK)
                yield False
                continue
            looked = self._clock()
            try:
                for changes in watchfiles.watch(
                    *places,
                    watch_filter=None,
                    debounce=200,
                    step=20,
                    stop_event=self._stop,
                    rust_timeout=int(LOOK * 1000),
                    yield_on_timeout=True,
                    raise_interrupt=False,
                    ignore_permission_denied=True,
                ):
                    yield bool(changes)
                    if changes or self._clock() - looked >= IDLE:
                        looked = self._clock()
                        if self._places() != places:
                            break
            except (OSError, RuntimeError) as error:
                # Too many watches, or a file system that cannot tell.
                logger.warning("Plugin directories are looked through again and again: %s", error)
                listens = False

    def _places(self) -> list[Path]:
        """The directories that exist, and where links in them lead."""
        places = []
        for directory in self._directories:
            if not directory.is_dir():
                continue
            places.append(directory)
            places += sorted(
                entry.resolve()
                for entry in _entries(directory)
                if entry.is_symlink() and entry.exists()
            )
        return list(dict.fromkeys(places))

    def _look(self) -> dict[Path, Files]:
        return {
            entry: dict(_files(entry))
            for directory in self._directories
            for entry in _entries(directory)
        }


def _entries(directory: Path) -> list[Path]:
    try:
        return [entry for entry in directory.iterdir() if not _is_litter(entry.name)]
    except OSError:
        return []


def _files(entry: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """The files of a plugin that count, as ``Files``; those that cannot be read do not."""
    try:
        if not entry.is_dir():
            status = entry.stat()
            yield entry.name, (status.st_size, status.st_mtime_ns)
            return
    except OSError:
        return
    for folder, folders, names in os.walk(entry):
        folders[:] = [f for f in folders if not _is_litter(f) and f not in _SKIPPED_FOLDERS]
        for name in names:
            if _is_litter(name):
                continue
            path = Path(folder, name)
            try:
                status = path.stat()
            except OSError:
                continue
            yield str(path.relative_to(entry)), (status.st_size, status.st_mtime_ns)


def _is_litter(name: str) -> bool:
    """Whether Python, an editor or a version control left it there: no part of a plugin."""
    return name.startswith((".", "#")) or name in _LITTER or name.endswith(_LITTER_ENDINGS)


def _is_source(name: str) -> bool:
    return Path(name).suffix in SOURCES


def _first_difference(before: Files | None, after: Files | None) -> str:
    """The name of a file that changed, a source if there is one; nothing where all came or went."""
    if before is None or after is None:
        return ""
    names = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    return min(names, key=lambda name: (not _is_source(name), name), default="")
