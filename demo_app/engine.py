"""Runs actions on loaded models: the protocol, and the engine of this process."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from demo_app import devices
from demo_app.collecting import collect
from demo_app.context import Context, Session
from demo_app.errors import ActionFailed, DemoError, DemoUnavailable, OutOfMemory
from demo_app.models import ModelStore, leased

if TYPE_CHECKING:
    import torch

    from demo_app.actions import Action
    from demo_app.calls import Call
    from demo_app.demo import Demo
    from demo_app.host import Host
    from demo_app.plugin import Plugin

logger = logging.getLogger(__name__)
_END = object()
PATIENCE = 30.0
"""Seconds for which a call of a plugin that was changed or removed may go on undisturbed."""


class Engine(Protocol):
    """What runs a call; a second one may send it to a cluster."""

    def call(self, call: Call) -> Any:
        """Run an action to its end and return its result."""
        ...

    def stream(self, call: Call) -> Generator[Any, None, None]:
        """Run a streaming action; closing the generator abandons the call."""
        ...

    def stop(self, session: Session, demo: str, action: str | None) -> int:
        """Ask a visitor's running calls to end with their best; returns how many there were."""
        ...

    def retire(self, plugin: Plugin) -> None:
        """Refuse new calls of a plugin; once none runs any more, tell ``Host.discard``."""
        ...

    def drop(self, plugin: Plugin) -> None:
        """Forget the models of a plugin."""
        ...

    def describe(self) -> str:
        """Where calls run, for people: ``NVIDIA H200``, ``the CPU``."""
        ...

    def close(self) -> None:
        """Give back models and memory."""
        ...


class LocalEngine:
    """Runs every call in the thread that asks, on models shared by this process.

    The inference mode is entered for every step of a stream anew: a server may run each step on
    another thread, and nothing may leak into the other calls of that thread.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self.models = ModelStore(host, self._device)
        self._running: dict[str, tuple[Call, Plugin]] = {}
        self._exclusive: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def call(self, call: Call) -> Any:
        """Run an action to its end and return its result.

        Raises:
            OutOfMemory: there was no room, also after idle models were unloaded.
            DemoError: what the action tells its visitor.
        """
        plugin = self._plugin_of(call)
        action = plugin.actions[call.action]
        with self._registered(call, plugin), self._alone(call.demo, action), readable(call):
            try:
                return self._attempt(call, plugin)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
            # Outside the handler: its exception would keep the failed attempt's tensors alive.
            self.models.unload_idle()
            return self._attempt(call, plugin)

    def stream(self, call: Call) -> Generator[Any, None, None]:
        """Run a streaming action; a retry after lack of memory only before the first value."""
        plugin = self._plugin_of(call)
        action = plugin.actions[call.action]
        with self._registered(call, plugin), self._alone(call.demo, action), readable(call):
            begun = False
            try:
                for value in self._steps(call, plugin):
                    begun = True
                    yield value
                return
            except Exception as error:
                if begun or not is_out_of_memory(error):
                    raise
            self.models.unload_idle()
            yield from self._steps(call, plugin)

    def stop(self, session: Session, demo: str, action: str | None) -> int:
        """Set the stop flag of a visitor's running calls of a demo (of one action, if named)."""
        with self._lock:
            calls = [
                call
                for call, _ in self._running.values()
                if call.session is session and call.demo == demo and action in (None, call.action)
            ]
        for call in calls:
            call.stopped.set()
        return len(calls)

    def retire(self, plugin: Plugin) -> None:
        """Refuse new calls of a plugin; ``Host.discard`` is told now, or by its last call.

        Those that still run after ``PATIENCE`` seconds are asked to end with their best so far.
        """
        with self._lock:
            plugin.retired = True
            running = [call for call, used in self._running.values() if used is plugin]
        if not running:
            self._host.discard(plugin)
            return
        impatient = threading.Timer(PATIENCE, _ask_to_end, [running])
        impatient.daemon = True
        impatient.start()

    def drop(self, plugin: Plugin) -> None:
        """Drop the models of a plugin."""
        self.models.drop(plugin)

    def describe(self) -> str:
        """The name of the device; imports torch.

        Raises:
            ConfigurationError: ``DEMO_APP_DEVICE`` names one that is not there.
        """
        return devices.describe(self.device)

    def close(self) -> None:
        """Drop every model that no call uses."""
        if len(self.models):
            self.models.unload_idle()

    @functools.cached_property
    def device(self) -> torch.device:
        """Where models are loaded."""
        return devices.choose()

    def _device(self) -> torch.device:
        return self.device

    def _plugin_of(self, call: Call) -> Plugin:
        """The plugin for which the call was made, and no newer one of that name."""
        plugin = self._host.plugin(call.demo)
        if plugin.generation != call.generation:
            raise DemoUnavailable(f"{call.demo} has just been changed: ask for it again.")
        return plugin

    def _attempt(self, call: Call, plugin: Plugin) -> Any:
        action = plugin.actions[call.action]
        with self._context(call, plugin) as (context, arguments), _mode(action):
            return action.function(context, **arguments)

    def _steps(self, call: Call, plugin: Plugin) -> Iterator[Any]:
        action = plugin.actions[call.action]
        with self._context(call, plugin) as (context, arguments):
            values = action.function(context, **arguments)
            try:
                while True:
                    with _mode(action):
                        value = next(values, _END)
                    if value is _END:
                        return
                    yield value
            finally:
                with _mode(action):
                    values.close()

    @contextmanager
    def _context(self, call: Call, plugin: Plugin) -> Iterator[tuple[Context, dict[str, Any]]]:
        arguments = dict(call.arguments)
        seed = arguments.pop("seed") if plugin.actions[call.action].options.seed else None
        with leased(self.models, plugin, self._device) as models:
            context = Context(
                models=models,
                session=call.session.part(call.demo),
                seed=seed,
                stopped=call.stopped,
                progress=call.progress,
                demos=Demos(self._host, call.session),
                settings=plugin.settings.values,
                data_folder=lambda: self._host.data_folder(plugin),
            )
            yield context, arguments

    @contextmanager
    def _registered(self, call: Call, plugin: Plugin) -> Iterator[None]:
        with self._lock:
            plugin.require_ready()
            self._running[call.id] = call, plugin
        try:
            yield
        finally:
            with self._lock:
                del self._running[call.id]
                others = (used is plugin for _, used in self._running.values())
                was_last = plugin.retired and not any(others)
            if was_last:
                self._host.discard(plugin)
                collect()

    def _alone(self, demo: str, action: Action) -> Any:
        """A lock for actions that must not overlap.

        It is no re-entrant lock: those belong to a thread, and a stream changes threads.
        """
        if not action.options.exclusive:
            return nullcontext()
        with self._lock:
            return self._exclusive.setdefault(demo, threading.Lock())


def _ask_to_end(calls: list[Call]) -> None:
    for call in calls:
        call.stopped.set()


class Demos(Mapping[str, "Demo"]):
    """The ready demos as one visitor sees them."""

    def __init__(self, host: Host, session: Session) -> None:
        self._host = host
        self._session = session

    def __getitem__(self, name: str) -> Demo:
        return self._host.visit(name, self._session)

    def __iter__(self) -> Iterator[str]:
        return iter(self._host)

    def __len__(self) -> int:
        return len(self._host)


@contextmanager
def _mode(action: Action) -> Iterator[None]:
    """Inference mode, or gradients for an action that asks for them; for this thread only."""
    import torch

    with torch.inference_mode(not action.options.grad), torch.set_grad_enabled(action.options.grad):
        yield


@contextmanager
def readable(call: Call) -> Iterator[None]:
    """Let errors for the visitor through; log any other and say only what kind it was."""
    try:
        yield
    except (DemoError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if is_out_of_memory(error):
            raise OutOfMemory(
                "There is not enough memory for this call. Try a smaller input, or again later."
            ) from error
        logger.exception("%s.%s failed", call.demo, call.action)
        raise ActionFailed(
            f"{call.action} failed inside the demo ({type(error).__name__}). "
            "The log of the app has the traceback."
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that the device, or the machine, has no memory left."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text
    )
