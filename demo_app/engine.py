"""Runs actions on loaded models: the protocol, and the engine of this process."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from demo_app import devices
from demo_app.context import Context, Session
from demo_app.errors import ActionFailed, DemoError, OutOfMemory
from demo_app.models import ModelStore, leased

if TYPE_CHECKING:
    import torch

    from demo_app.actions import Action
    from demo_app.calls import Call
    from demo_app.demo import Demo
    from demo_app.host import Host

logger = logging.getLogger(__name__)
_END = object()


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
        self._running: dict[str, Call] = {}
        self._exclusive: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def call(self, call: Call) -> Any:
        """Run an action to its end and return its result.

        Raises:
            OutOfMemory: there was no room, also after idle models were unloaded.
            DemoError: what the action tells its visitor.
        """
        action = self._host.plugin(call.demo).actions[call.action]
        with self._registered(call), self._alone(call.demo, action), readable(call):
            try:
                return self._attempt(call, action)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
            # Outside the handler: its exception would keep the failed attempt's tensors alive.
            self.models.unload_idle()
            return self._attempt(call, action)

    def stream(self, call: Call) -> Generator[Any, None, None]:
        """Run a streaming action; a retry after lack of memory only before the first value."""
        action = self._host.plugin(call.demo).actions[call.action]
        with self._registered(call), self._alone(call.demo, action), readable(call):
            begun = False
            try:
                for value in self._steps(call, action):
                    begun = True
                    yield value
                return
            except Exception as error:
                if begun or not is_out_of_memory(error):
                    raise
            self.models.unload_idle()
            yield from self._steps(call, action)

    def stop(self, session: Session, demo: str, action: str | None) -> int:
        """Set the stop flag of a visitor's running calls of a demo (of one action, if named)."""
        with self._lock:
            calls = [
                call
                for call in self._running.values()
                if call.session is session and call.demo == demo and action in (None, call.action)
            ]
        for call in calls:
            call.stopped.set()
        return len(calls)

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

    def _attempt(self, call: Call, action: Action) -> Any:
        with self._context(call, action) as (context, arguments), _mode(action):
            return action.function(context, **arguments)

    def _steps(self, call: Call, action: Action) -> Iterator[Any]:
        with self._context(call, action) as (context, arguments):
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
    def _context(self, call: Call, action: Action) -> Iterator[tuple[Context, dict[str, Any]]]:
        plugin = self._host.plugin(call.demo)
        arguments = dict(call.arguments)
        seed = arguments.pop("seed") if action.options.seed else None
        with leased(self.models, plugin, self._device) as models:
            context = Context(
                models=models,
                session=call.session.part(call.demo),
                seed=seed,
                stopped=call.stopped,
                progress=call.progress,
                demos=Demos(self._host, call.session),
            )
            yield context, arguments

    @contextmanager
    def _registered(self, call: Call) -> Iterator[None]:
        with self._lock:
            self._running[call.id] = call
        try:
            yield
        finally:
            with self._lock:
                del self._running[call.id]

    def _alone(self, demo: str, action: Action) -> Any:
        """A lock for actions that must not overlap.

        It is no re-entrant lock: those belong to a thread, and a stream changes threads.
        """
        if not action.options.exclusive:
            return nullcontext()
        with self._lock:
            return self._exclusive.setdefault(demo, threading.Lock())


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
