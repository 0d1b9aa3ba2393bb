"""The host: which plugins there are, in which state, and the one core through which calls run."""

from __future__ import annotations

import copy
import functools
import logging
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from demo_app import data_folders, discovery, hookspecs, loading, settings
from demo_app.calls import Call, CallLog, through_wrappers
from demo_app.catalogue import Catalogue
from demo_app.checkpoints import (
    CheckpointMetadata,
    build,
    build_untrained,
    check_fit,
    read_header,
)
from demo_app.collecting import collect
from demo_app.context import Session
from demo_app.demo import Demo, ModelSpec
from demo_app.engine import Engine, LocalEngine, is_out_of_memory
from demo_app.errors import (
    ArchitectureError,
    CheckpointError,
    Unknown,
)
from demo_app.plugin import Plugin, State

logger = logging.getLogger(__name__)


class Host(Mapping[str, Demo]):
    """The plugins of one app: a mapping from name to ``Demo`` of those that are ready.

    Nothing is global: two hosts in one process have their own plugins, models and sessions.

    Args:
        plugin_dirs: further plugin directories, after the built-in one and those in
            ``DEMO_APP_PLUGIN_DIRS``.
        discover: False looks only into ``plugin_dirs`` and ``modules``: no built-in plugins, no
            environment, no installed packages.
        modules: imported plugins by name, for tests and notebooks; they come after the others.
        only: names of exactly the plugins to load; the others are blocked.
        disable: names of plugins to block.
        checkpoint_root: the folder with one folder of checkpoints a plugin.
        engine: makes the engine that runs actions.

    Raises:
        ConfigurationError: ``only`` or ``disable`` name a plugin that is not there.
    """

    def __init__(
        self,
        plugin_dirs: Iterable[Path | str] = (),
        *,
        discover: bool = True,
        modules: Mapping[str, ModuleType] | None = None,
        only: Iterable[str] | None = None,
        disable: Iterable[str] = (),
        checkpoint_root: Path | None = None,
        engine: Callable[[Host], Engine] = LocalEngine,
    ) -> None:
        self.checkpoint_root = checkpoint_root or discovery.built_in_root() / "checkpoints"
        self.session = Session()
        self.log = CallLog()
        self._wrappers = pluggy.PluginManager("demo_app")
        self._wrappers.add_hookspecs(hookspecs)
        self._lifecycle = threading.RLock()
        self._starting = self._started = self._closed = False
        self._begun: list[Plugin] = []
        directories = discovery.default_directories() if discover else []
        self._catalogue = Catalogue(
            [*directories, *map(Path, plugin_dirs)],
            installed=discover,
            modules=modules or {},
            only=only,
            disable=disable,
        )
        found = self._catalogue.compare(())
        tables = settings.read_config()
        loaded = [
            loading.load(candidate, self.checkpoint_root, tables=tables)
            for candidate in found.arrived
        ]
        self.plugins = _in_order([*loaded, *found.refused])
        self._wrap(self.plugins)
        self.engine = engine(self)

    def __getitem__(self, name: str) -> Demo:
        """The demo of that name for the local user.

        Raises:
            Unknown: there is no such plugin.
            DemoUnavailable: there is, but it is not ready; the text says why.
        """
        return self.visit(name, self.session)

    def __iter__(self) -> Iterator[str]:
        return (plugin.name for plugin in self.plugins if plugin.state is State.READY)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return any(name == ready for ready in self)

    def visit(self, name: str, session: Session) -> Demo:
        """The demo of that name for the visitor whose session it is."""
        plugin = self.plugin(name)
        plugin.require_ready()
        return Demo(self, plugin, session)

    def plugin(self, name: str) -> Plugin:
        """The record of a plugin in any state; of two equal names, the one that was kept.

        Raises:
            Unknown: there is none of that name.
        """
        for plugin in self.plugins:
            if plugin.name == name and not plugin.duplicate:
                return plugin
        raise Unknown("plugin", name, {plugin.name for plugin in self.plugins})

    def report(self) -> list[dict[str, Any]]:
        """Every plugin's name, state, version, origin, seconds, problem and remedy."""
        return [plugin.report() for plugin in self.plugins]

    @property
    def directories(self) -> tuple[Path, ...]:
        """The plugin directories, in the order in which they are looked through."""
        return self._catalogue.directories

    def update(self, touched: Collection[Path] = ()) -> list[Plugin]:
        """Look into the plugin directories again: load what is new, unload what is gone.

        A plugin that is loaded anew is unloaded whole before: see ``unload``. Calls of the others
        go on meanwhile.

        Args:
            touched: plugins whose file or folder is one of these paths, or holds one of them, are
                loaded anew.

        Returns:
            The records that are new or not there any more.
        """
        with self._lifecycle:
            if self._closed:
                return []
            tables = settings.read_config()
            found = self._catalogue.compare(self.plugins, touched)
            for plugin in found.gone:
                self._retire(plugin)
            if found.gone:
                collect()
            loaded = [
                loading.load(candidate, self.checkpoint_root, tables=tables, anew=True)
                for candidate in found.arrived
            ]
            self.plugins = _in_order([*found.kept, *loaded, *found.refused])
            self._wrap(loaded)
            if self._started:
                for plugin in loaded:
                    self._startup(plugin)
            return [*found.gone, *loaded, *found.refused]

    def unload(self, plugin: Plugin) -> None:
        """Take a plugin out, whole: its calls, hooks, models, modules and what visitors keep of it.

        New calls are refused at once. Those that run end as they would, or are asked to when they
        take too long; with the last of them ``demo_shutdown`` is called, the memory of the models
        is given back, and the modules are forgotten. What holds the plugin's own functions (a
        page that was built from them) keeps these alive until it goes itself.
        """
        with self._lifecycle:
            self._retire(plugin)
            self.plugins = [other for other in self.plugins if other is not plugin]
            collect()

    def _retire(self, plugin: Plugin) -> None:
        if self._wrappers.is_registered(plugin.module):
            self._wrappers.unregister(plugin.module)
        self.session.forget(plugin.name)
        self.engine.retire(plugin)

    def discard(self, plugin: Plugin) -> None:
        """Call the ``demo_shutdown`` of a plugin that is out of service and forget it.

        For the engine to call, when no call uses the plugin any more.
        """
        if plugin in self._begun:
            self._begun.remove(plugin)
            self._shutdown(plugin)
        self.engine.drop(plugin)
        if plugin.module is not None:
            discovery.release(plugin.module.__name__, purge=True)

    def _wrap(self, plugins: Iterable[Plugin]) -> None:
        """Let the ``demo_call`` wrappers of these plugins take part in every call."""
        for plugin in plugins:
            wraps = plugin.state is State.READY and plugin.implements("demo_call")
            if wraps and not self._wrappers.is_registered(plugin.module):
                self._wrappers.register(plugin.module, name=f"{plugin.name} {plugin.generation}")
        # Last, and thereby outside of all the others: it sees what the caller sees.
        if self._wrappers.is_registered(self.log):
            self._wrappers.unregister(self.log)
        self._wrappers.register(self.log, name="demo_app.calls")

    def checkpoint_path(self, plugin: Plugin, spec: ModelSpec) -> Path:
        """Where a model's checkpoint is, or would be."""
        return loading.checkpoint_path(plugin, spec, self.checkpoint_root)

    def data_folder(self, plugin: Plugin) -> Path:
        """The plugin's own folder for data; made if it is not there.

        Raises:
            ConfigurationError: it cannot be made.
        """
        return data_folders.made(plugin.name)

    def metadata(self, plugin: Plugin, model: str | None) -> CheckpointMetadata | None:
        """The metadata in the header of a model's checkpoint; None for an untrained one."""
        spec = plugin.model(model)
        if spec.checkpoint is None:
            return None
        return read_header(self.checkpoint_path(plugin, spec)).metadata

    def build_model(self, plugin: Plugin, model: str | None, *, meta: bool = False) -> Any:
        """The bare architecture of a model; initialised only if it has no checkpoint.

        Args:
            plugin: whose model.
            model: its name; may be left out where there is only one.
            meta: build it on the meta device, where it takes no memory.

        Raises:
            ArchitectureError: the plugin could not build it.
        """
        import torch

        from demo_app.meta import build_on_meta

        spec = plugin.model(model)
        make = build_on_meta if meta else build_untrained if spec.checkpoint is None else build
        module, error = loading.contained(
            lambda: make(lambda: plugin.call_hook("demo_build_model", name=spec.name))
        )
        hook = f"demo_build_model({spec.name!r})"
        if isinstance(module, torch.nn.Module):
            return module
        if error is None:
            raise ArchitectureError(f"{hook} returned {loading.kind(module)}, not an nn.Module.")
        if is_out_of_memory(error):
            raise error
        raise ArchitectureError(*loading.raised(hook, error, plugin.folder)) from error

    def check_fit(self, plugin: Plugin) -> None:
        """Compare every checkpoint of a ready plugin with its architecture; note what fails."""
        for spec in plugin.models.values():
            try:
                module = self.build_model(plugin, spec.name, meta=True)
                if spec.checkpoint is not None:
                    check_fit(read_header(self.checkpoint_path(plugin, spec)), module)
            except CheckpointError as error:
                self.checkpoint_failed(plugin, spec, error)

    def checkpoint_failed(self, plugin: Plugin, spec: ModelSpec, error: CheckpointError) -> None:
        """Take a plugin out of service because a checkpoint turned out not to fit."""
        if isinstance(error, ArchitectureError):
            remedy = error.remedy
        else:
            remedy = loading.retrain(plugin, spec)
        plugin.fail(State.CHECKPOINT_FAILED, str(error), remedy, error)

    def run(self, demo: Demo, action: str, arguments: Mapping[str, Any]) -> Any:
        """Validate, seed and run one call through the ``demo_call`` wrappers and the engine.

        Returns:
            The result; for a streaming action a ``Stream``.

        Raises:
            DemoError: with a text for the visitor.
        """
        self.start()
        plugin = demo.plugin
        kind = plugin.action(action)
        checked = kind.validate(arguments)
        if kind.options.seed and checked["seed"] is None:
            checked["seed"] = secrets.randbelow(2**32)
        call = Call(
            id=uuid.uuid4().hex,
            demo=plugin.name,
            generation=plugin.generation,
            action=action,
            arguments=checked,
            session=demo.session,
            progress=demo.report_progress,
        )
        return through_wrappers(self._chain(), self.engine, demo, call, streaming=kind.streaming)

    def _chain(self) -> pluggy.HookCaller:
        """``demo_call`` without the wrappers of plugins that failed since they were loaded."""
        failed = (p.module for p in self.plugins if p.state is not State.READY)
        return self._wrappers.subset_hook_caller("demo_call", filter(None, failed))

    def stop(self, session: Session, demo: str, action: str | None) -> int:
        """Ask a visitor's running calls of a demo to end with their best; see ``Demo.stop``."""
        return self.engine.stop(session, demo, action)

    def start(self) -> None:
        """Call every ready plugin's ``demo_startup``, once; one that raises is taken out."""
        if self._started:
            return
        with self._lifecycle:
            if self._started or self._starting:
                return
            self._starting = True
            for plugin in self.plugins:
                self._startup(plugin)
            self._started = True

    def _startup(self, plugin: Plugin) -> None:
        if plugin.state is not State.READY:
            return
        demo = Demo(self, plugin, self.session)
        started = time.perf_counter()
        _, error = loading.contained(lambda: plugin.call_hook("demo_startup", host=self, demo=demo))
        plugin.seconds += time.perf_counter() - started
        if error is not None:
            problem, remedy = loading.raised("demo_startup()", error, plugin.folder)
            plugin.fail(State.STARTUP_FAILED, problem, remedy, error)
        else:
            self._begun.append(plugin)

    def forked(self, engine: Callable[[Host], Engine]) -> Host:
        """The same host for a forked process, with an engine and locks of its own.

        A lock that another thread held while the process was forked would never be given back.
        """
        host = copy.copy(self)
        host._lifecycle = threading.RLock()
        host.engine = engine(host)
        return host

    def close(self) -> None:
        """Call every started plugin's ``demo_shutdown`` and drop the models."""
        with self._lifecycle:
            if self._closed:
                return
            self._closed = True
        for plugin in self._begun:
            self._shutdown(plugin)
        for plugin in self.plugins:
            if plugin.module is not None:
                discovery.release(plugin.module.__name__, purge=False)
        self.engine.close()

    def _shutdown(self, plugin: Plugin) -> None:
        if not plugin.implements("demo_shutdown"):
            return
        demo = Demo(self, plugin, self.session)
        shutdown = functools.partial(plugin.call_hook, "demo_shutdown", host=self, demo=demo)
        _, error = loading.contained(shutdown)
        if error is not None:
            logger.error("demo_shutdown of %s", plugin.name, exc_info=error)

    def __enter__(self) -> Host:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _in_order(plugins: Iterable[Plugin]) -> list[Plugin]:
    return sorted(plugins, key=lambda p: (p.card.order if p.card else 1000, p.name))
