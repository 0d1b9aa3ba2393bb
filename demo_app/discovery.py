"""Finds plugins and imports them, each failure contained.

The order is fixed: the plugin directories as given, in each the entries by name; then installed
packages with an entry point in the group ``demo_app.plugins``, by name; then modules handed over.
The first of two equal names wins.
"""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import logging
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from demo_app.hf_space import is_public

logger = logging.getLogger(__name__)

GROUP = "demo_app.plugins"
NAMESPACE = "demo_app_plugins"
DIRECTORIES_VARIABLE = "DEMO_APP_PLUGIN_DIRS"
_HOLDERS: Counter[str] = Counter()
"""How many hosts use an imported plugin, by the name of its module."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Something that looks like a plugin; nothing of it has been imported.

    ``source`` is the file to import, an entry point, a module that somebody else imported, or
    None for a folder that holds Python files but no ``__init__.py``.
    """

    name: str
    origin: str
    folder: Path | None
    source: Path | EntryPoint | ModuleType | None


def built_in_root() -> Path:
    """The folder that holds ``plugins/`` and ``checkpoints/``: in the wheel, or the checkout."""
    package = Path(__file__).resolve().parent
    bundled = package / "bundled"
    return bundled if bundled.is_dir() else package.parent


def is_built_in(origin: Path) -> bool:
    """Whether a plugin's folder or file is one that comes with demo_app."""
    return origin.parent == built_in_root() / "plugins"


def default_directories() -> list[Path]:
    """The built-in plugins, then the directories in ``DEMO_APP_PLUGIN_DIRS``.

    A public Space shows what its repository holds, and nothing else: there the variable is ignored.
    """
    listed = os.environ.get(DIRECTORIES_VARIABLE, "").split(os.pathsep)
    if is_public() and any(listed):
        logger.warning("%s is ignored on a public Space", DIRECTORIES_VARIABLE)
        listed = []
    return [built_in_root() / "plugins", *(Path(part).expanduser() for part in listed if part)]


def plugin_name(text: str) -> str:
    """The name of a plugin in a folder or package ``text``: ``My-Plugin`` is ``my_plugin``."""
    return re.sub(r"_+", "_", re.sub(r"\W", "_", text.lower())).strip("_")


def dropped_in(directories: Iterable[Path]) -> list[Candidate]:
    """What looks like a plugin in plugin directories; an unreadable place is logged."""
    found: list[Candidate] = []
    for directory in dict.fromkeys(path.expanduser().absolute() for path in directories):
        try:
            found += candidates_in(directory)
        except OSError as error:
            logger.warning("Plugin directory %s: %s", directory, error.strerror)
    return found


def candidates_in(directory: Path) -> Iterator[Candidate]:
    """The folders and single files of a plugin directory that look like plugins, by name.

    Raises:
        OSError: the directory cannot be listed.
    """
    for entry in sorted(directory.iterdir(), key=lambda path: path.name):
        try:
            candidate = _candidate(entry)
        except OSError as error:
            logger.warning("Plugin %s: %s", entry, error.strerror)
            continue
        if candidate is not None:
            yield candidate


def _candidate(entry: Path) -> Candidate | None:
    name = plugin_name(entry.stem if entry.is_file() else entry.name)
    if entry.name.startswith((".", "_")) or not name or entry.name.endswith("~"):
        return None
    if entry.is_file() and entry.suffix == ".py":
        return Candidate(name=name, origin=str(entry), folder=None, source=entry)
    if entry.is_dir() and (entry / "__init__.py").is_file():
        source = entry / "__init__.py"
        return Candidate(name=name, origin=str(entry), folder=entry, source=source)
    if entry.is_dir() and any(entry.glob("*.py")):
        return Candidate(name=name, origin=str(entry), folder=entry, source=None)
    return None


def installed_candidates() -> Iterator[Candidate]:
    """Installed packages with an entry point in the group ``demo_app.plugins``, by name."""
    for entry in sorted(entry_points(group=GROUP), key=lambda e: (e.name, e.value)):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown package"
        origin = f"{entry.value} ({package})"
        yield Candidate(name=plugin_name(entry.name), origin=origin, folder=None, source=entry)


def given_candidates(modules: Mapping[str, ModuleType]) -> Iterator[Candidate]:
    """Modules that somebody imported already, in the order given."""
    for name, module in modules.items():
        file = getattr(module, "__file__", None)
        yield Candidate(
            name=plugin_name(name),
            origin=f"module {module.__name__}",
            folder=Path(file).parent if file else None,
            source=module,
        )


def import_candidate(candidate: Candidate, generation: int | None = None) -> ModuleType:
    """Import a plugin without touching ``sys.path``; on failure nothing of it remains.

    A folder is imported as a package below ``demo_app_plugins``, so that relative imports,
    hyphenated names and two plugins that each own a ``models.py`` work. The hosts of a process
    share what they import; with a generation, files are read anew and the module is one of its
    own, named after it.

    Raises:
        BaseException: whatever the plugin raised, ``SystemExit`` included.
    """
    if isinstance(candidate.source, ModuleType):
        return candidate.source
    if isinstance(candidate.source, EntryPoint):
        loaded = candidate.source.load()
        if not isinstance(loaded, ModuleType):
            raise TypeError(f"the entry point names a {type(loaded).__name__}, not a module")
        return loaded
    assert candidate.source is not None
    name = _module_name(candidate.name, candidate.source, generation)
    _HOLDERS[name] += 1
    if name in sys.modules:
        return sys.modules[name]
    if generation is not None:
        # Of folders that it has looked into, Python remembers for a while what was in them.
        importlib.invalidate_caches()
    spec = importlib.util.spec_from_file_location(
        name,
        candidate.source,
        submodule_search_locations=[str(candidate.folder)] if candidate.folder else None,
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        release(name, purge=True)
        raise
    return module


def release(name: str, *, purge: bool) -> None:
    """Say that a host no longer uses the imported plugin whose module has that name.

    Args:
        name: of the module; nothing happens for one that ``import_candidate`` did not make.
        purge: forget the module and all below it, unless another host uses them. Their bytecode
            goes, too: Python takes it for that of a file which was edited within the same second
            to the same length.
    """
    if name not in _HOLDERS:
        return
    _HOLDERS[name] = max(0, _HOLDERS[name] - 1)
    if not purge or _HOLDERS[name]:
        return
    del _HOLDERS[name]
    loggers = logging.Logger.manager.loggerDict
    for place in (sys.modules, loggers):
        for own in [m for m in list(place) if m == name or m.startswith(f"{name}.")]:
            cached = getattr(place.pop(own), "__cached__", None)
            if cached and place is sys.modules:
                with contextlib.suppress(OSError):
                    Path(cached).unlink(missing_ok=True)


def _module_name(name: str, source: Path, generation: int | None) -> str:
    """A module name that is this file's alone, also among several hosts in one process."""
    parent = sys.modules.setdefault(NAMESPACE, ModuleType(NAMESPACE))
    parent.__path__ = []
    base = f"{NAMESPACE}.{name}"
    if generation is not None:
        return f"{base}__g{generation}"
    numbered = (base if number == 1 else f"{base}__{number}" for number in itertools.count(1))
    return next(
        unique
        for unique in numbered
        if unique not in sys.modules
        or getattr(sys.modules[unique], "__file__", None) == str(source)
    )
