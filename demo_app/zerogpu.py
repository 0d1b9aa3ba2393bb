"""The engine of a ZeroGPU Space, where a GPU is lent for the time of one call.

The package ``spaces`` runs a wrapped function in a forked process that has the GPU. This process
has none: its models are loaded onto a stand-in for ``cuda`` at start, in the main thread, and none
is unloaded. Only bytes cross between the two. A lock, a queue or a session that was forked belongs
to nobody on the other side, so the worker makes its own, and keeps nothing from call to call.

Import this module before any plugin: ``spaces`` has to come before whatever initialises CUDA.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import mmap
import uuid
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr
import spaces

from demo_app.calls import Call, StopFlag
from demo_app.context import Progress, Session, unheard
from demo_app.engine import LocalEngine, readable
from demo_app.errors import ActionFailed, DemoError, DeviceUnavailable
from demo_app.models import Key, LoadedModel, ModelStore
from demo_app.plugin import State
from demo_app.transfer import pack, unpack

if TYPE_CHECKING:
    import torch

    from demo_app.host import Host

logger = logging.getLogger(__name__)

SECONDS = 30
"""For how long a GPU is asked for: it has to fit a visitor's quota; the less, the sooner lent."""


class _EngineOn(LocalEngine):
    """Runs calls on a device that is known, on models that may be loaded already."""

    def __init__(
        self, host: Host, device: str, loaded: Mapping[Key, LoadedModel] | None = None
    ) -> None:
        super().__init__(host)
        self.models = ModelStore(host, self._device, loaded)
        self._name = device

    @functools.cached_property
    def device(self) -> torch.device:
        import torch

        return torch.device(self._name)


class ZeroGPUEngine(_EngineOn):
    """Registers, orders and stops calls in this process, and runs each in one that has the GPU.

    What an action changes in ``ctx.session`` is carried back with its values, and ``ctx.stopped``
    is read from memory that both processes share. Lost are what a stream still changes while it is
    closed, the log of calls that a call makes of other demos, and a progress function that cannot
    be pickled. A demo without models runs in this process, on the CPU: it costs nobody's quota.
    """

    def __init__(self, host: Host) -> None:
        super().__init__(host, "cuda")
        self._here = _EngineOn(host, "cpu")
        self._stops = _SharedStops()
        self._loaded = dict(self._load_all())
        self._call_on_gpu = spaces.GPU(self._answer, duration=SECONDS)
        self._stream_on_gpu = spaces.GPU(self._answers, duration=SECONDS)

    def describe(self) -> str:
        """The name of the GPU and for how long one has it."""
        return f"{super().describe()}, lent for each call"

    def call(self, call: Call) -> Any:
        """Run an action to its end and return its result.

        Raises:
            DeviceUnavailable: no GPU was lent, or it was taken back.
            DemoError: what the action tells its visitor.
        """
        plugin = self._host.plugin(call.demo)
        if not plugin.models:
            return self._here.call(call)
        alone = self._alone(call.demo, plugin.actions[call.action])
        with self._registered(call, plugin), alone, readable(call):
            with self._stops.slot(call.stopped) as slot, _lending():
                packed = self._call_on_gpu(call.demo, call.action, _packed_order(call, slot))
            (value,) = _received(call, packed)
            return value

    def stream(self, call: Call) -> Generator[Any, None, None]:
        """Run a streaming action; closing the generator ends it at its next value."""
        plugin = self._host.plugin(call.demo)
        if not plugin.models:
            yield from self._here.stream(call)
            return
        with (
            self._registered(call, plugin),
            self._alone(call.demo, plugin.actions[call.action]),
            readable(call),
            self._stops.slot(call.stopped) as slot,
            _lending(),
        ):
            replies = self._stream_on_gpu(call.demo, call.action, _packed_order(call, slot))
            try:
                for packed in replies:
                    yield from _received(call, packed)
            finally:
                # The worker hears of the end with its next value; an action may look before that.
                call.stopped.set()
                replies.close()

    def stop(self, session: Session, demo: str, action: str | None) -> int:
        """Set the stop flag of a visitor's running calls, in whichever process they run."""
        return super().stop(session, demo, action) + self._here.stop(session, demo, action)

    def _load_all(self) -> Iterator[tuple[Key, LoadedModel]]:
        """Load every model. The leases are kept: what has one is never unloaded."""
        for plugin in self._host.plugins:
            for spec in plugin.models.values() if plugin.state is State.READY else ():
                try:
                    yield (plugin.generation, spec.name), self.models.lease(plugin, spec)
                except Exception:
                    # It costs its own demo only, whose calls will say what is wrong.
                    logger.exception("Loading %s of %s", spec.name, plugin.name)

    def _answer(self, demo: str, action: str, order: bytes) -> bytes:
        """The plain entry."""
        with contextlib.closing(self._answers(demo, action, order)) as replies:
            return next(replies)

    def _answers(self, demo: str, action: str, order: bytes) -> Generator[bytes, None, None]:
        """The entry of streams; of an action that does not stream, the first is all."""
        received: _Order = unpack(order)
        session = _CarriedSession(received.session)
        host = self._host.forked(lambda host: _EngineOn(host, "cuda", self._loaded))
        call = Call(
            id=uuid.uuid4().hex,
            demo=demo,
            generation=host.plugin(demo).generation,
            action=action,
            arguments=received.arguments,
            session=session.values,
            progress=received.progress,
            stopped=self._stops.flag(received.slot),
        )
        try:
            if not host.plugin(demo).actions[action].streaming:
                yield _packed_reply(session, host.engine.call(call))
                return
            with contextlib.closing(host.engine.stream(call)) as values:
                for value in values:
                    yield _packed_reply(session, value)
            yield _packed_reply(session)
        except DemoError as error:
            yield _packed_reply(session, error=error)


@dataclass(frozen=True, kw_only=True)
class _Order:
    """What a call takes along into the worker, beside the names of its demo and action."""

    arguments: Mapping[str, Any]
    session: Mapping[str, bytes]
    progress: Progress
    slot: int


@dataclass(frozen=True, kw_only=True)
class _Reply:
    """What comes back: a value, an error or neither, and the parts of the session that changed."""

    values: tuple[Any, ...] = ()
    error: tuple[type[DemoError], str] | None = None
    session: Mapping[str, bytes] = field(default_factory=dict)


class _CarriedSession:
    """A visitor's session in the worker, which knows what has changed since it was last told."""

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        self.values = Session()
        self.values.update({demo: unpack(part) for demo, part in parts.items()})
        # Packed anew: what went through `unpack` once packs the same from then on.
        self._told = {demo: pack(part) for demo, part in self.values.items()}

    def changes(self) -> dict[str, bytes]:
        now = {demo: pack(part) for demo, part in self.values.items()}
        changed = {demo: part for demo, part in now.items() if self._told.get(demo) != part}
        self._told = now
        return changed


def _packed_order(call: Call, slot: int) -> bytes:
    # Copies, as other calls of the visitor may change them meanwhile. What another demo keeps is
    # for calls that this one may make of it, and stays here if it cannot be pickled.
    kept = {demo: dict(part) for demo, part in list(call.session.items()) if part}
    parts = {d: pack(part) for d, part in kept.items() if d == call.demo or _can_be_packed(part)}
    progress = call.progress if _can_be_packed(call.progress) else unheard
    order = _Order(arguments=dict(call.arguments), session=parts, progress=progress, slot=slot)
    return pack(order)


def _can_be_packed(value: Any) -> bool:
    try:
        pack(value)
    except Exception:
        return False
    return True


def _packed_reply(session: _CarriedSession, *values: Any, error: DemoError | None = None) -> bytes:
    told = (type(error), str(error)) if error else None
    try:
        return pack(_Reply(values=values, error=told, session=session.changes()))
    except Exception as reason:
        logger.exception("A result, or what is in ctx.session, cannot be pickled")
        text = f"The result cannot leave the process that has the GPU ({type(reason).__name__})."
        return pack(_Reply(error=(ActionFailed, text)))


def _received(call: Call, packed: bytes) -> tuple[Any, ...]:
    """The value in a reply, if it holds one; the session is brought up to date first."""
    reply: _Reply = unpack(packed)
    for demo, part in reply.session.items():
        kept = call.session.part(demo)
        kept.clear()
        kept.update(unpack(part))
    if reply.error is not None:
        kind, text = reply.error
        # Without __init__, whose arguments are not the text for every kind.
        raise kind.__new__(kind, text)
    return reply.values


@contextmanager
def _lending() -> Iterator[None]:
    """Turn what ``spaces`` tells a visitor (no GPU, no quota, taken back) into an error of ours."""
    try:
        yield
    except gr.Error as error:
        raise DeviceUnavailable(f"{error.title}: {error.message!s}") from error


class _SharedStops:
    """Stop flags in memory that forked processes share: a byte for each running call."""

    def __init__(self) -> None:
        self._bytes = mmap.mmap(-1, mmap.PAGESIZE)
        # First in, first out: a flag set a little too late meets a slot that nobody has yet.
        self._free = deque(range(mmap.PAGESIZE))

    @contextmanager
    def slot(self, stopped: StopFlag) -> Iterator[int]:
        """The number of a byte that is set when ``stopped`` is."""
        slot = self._free.popleft()
        self._bytes[slot] = 0
        stopped.forward(lambda: self._set(slot))
        try:
            yield slot
        finally:
            stopped.forward(lambda: None)
            self._free.append(slot)

    def flag(self, slot: int) -> StopFlag:
        """The flag as the worker sees it."""
        return _SharedFlag(lambda: bool(self._bytes[slot]))

    def _set(self, slot: int) -> None:
        self._bytes[slot] = 1


class _SharedFlag(StopFlag):
    def __init__(self, read: Callable[[], bool]) -> None:
        super().__init__()
        self._read = read

    def is_set(self) -> bool:
        return self._read() or super().is_set()
