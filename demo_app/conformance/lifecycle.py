"""The check that a plugin which is unloaded leaves nothing behind."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo_app.conformance.check import Finding, NotApplicable
from demo_app.conformance.trials import examples_of, seeded
from demo_app.host import Host
from demo_app.loading import contained
from demo_app.plugin import Plugin, State


def unloading_leaves_nothing(host: Host, plugin: Plugin) -> None:
    """After it is unloaded, none of its modules, models, wrappers or threads is there any more.

    An app that follows its folders unloads a plugin before the next version comes. The check loads
    a second copy, builds its tab, calls an example and unloads it. End in ``demo_shutdown`` what
    ``demo_startup`` began, and let threads of your own end.
    """
    if not Path(plugin.origin).exists():
        raise NotApplicable("it was not loaded from a folder or a file")
    with _copied(plugin) as directory:
        checkpoints = host.checkpoint_root
        with Host([directory], discover=False, checkpoint_root=checkpoints) as other:
            copy = next(iter(other.plugins))
            threads = set(threading.enumerate())
            _use(other, copy)
            assert copy.module is not None
            name = copy.module.__name__
            other.unload(copy)
            _look(name, threads, other)


def _use(host: Host, plugin: Plugin) -> None:
    from demo_app.surfaces.page.shell import build_tab

    if plugin.state is not State.READY:
        raise Finding(f"A second copy of it is {plugin.state}: {plugin.problem}")
    build_tab(host, plugin)

    def call() -> None:
        example = examples_of(plugin)[0]
        host[plugin.name].call(example.action.name, **seeded(example))

    contained(call)


def _look(name: str, threads: set[threading.Thread], host: Host) -> None:
    modules = [m for m in list(sys.modules) if m == name or m.startswith(f"{name}.")]
    if modules:
        raise Finding(f"Its modules are still there: {', '.join(modules[:3])}")
    models = getattr(host.engine, "models", ())
    if len(models):
        raise Finding("Its models are still loaded.")
    left = [t for t in threading.enumerate() if t not in threads and _is_of(t, name)]
    for thread in left:
        thread.join(timeout=5)
    names = [thread.name for thread in left if thread.is_alive()]
    if names:
        raise Finding(f"Its threads still run: {', '.join(names)}")


def _is_of(thread: threading.Thread, module: str) -> bool:
    """Whether a thread runs code of the plugin: others may begin while it is used."""
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        place = frame.f_globals.get("__name__", "")
        if place == module or place.startswith(f"{module}."):
            return True
        frame = frame.f_back
    return False


@contextmanager
def _copied(plugin: Plugin) -> Iterator[Path]:
    """A plugin directory that holds nothing but this plugin."""
    with tempfile.TemporaryDirectory() as directory:
        origin = Path(plugin.origin)
        (Path(directory) / origin.name).symlink_to(origin.resolve())
        yield Path(directory)
