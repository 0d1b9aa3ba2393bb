"""One call as the engine sees it, the chain of ``demo_call`` wrappers around it, and its log."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from demo_app.context import Progress, Session, Stream, unheard
from demo_app.errors import ActionFailed, DemoError
from demo_app.hookspecs import hookimpl

if TYPE_CHECKING:
    import pluggy

    from demo_app.demo import Demo
    from demo_app.engine import Engine

logger = logging.getLogger(__name__)


class StopFlag(threading.Event):
    """Asks a running call to end with its best so far.

    An engine that runs the call in another process hands the request on with ``forward``.
    """

    _tell: Callable[[], object] | None = None

    def forward(self, tell: Callable[[], object]) -> None:
        """Call ``tell`` once the flag is set; at once if it is already."""
        self._tell = tell
        if self.is_set():
            tell()

    def set(self) -> None:
        """Ask."""
        super().set()
        if self._tell is not None:
            self._tell()


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call, named rather than held: an engine elsewhere can run it with its own host.

    ``arguments`` are validated; those of a seeded action hold ``seed``. ``generation`` is that of
    the plugin for which they were.
    """

    id: str
    demo: str
    generation: int
    action: str
    arguments: Mapping[str, Any]
    session: Session
    progress: Progress = unheard
    stopped: StopFlag = field(default_factory=StopFlag)


def through_wrappers(
    chain: pluggy.HookCaller, engine: Engine, demo: Demo, call: Call, *, streaming: bool
) -> Any:
    """Run a call through the plugins' ``demo_call`` wrappers; the engine answers innermost.

    Raises:
        DemoError: what the action raised, or ``ActionFailed`` if a wrapper broke.
    """
    answered: list[Any] = []

    def demo_call(demo: Demo, action: str, arguments: Mapping[str, Any]) -> Any:
        answered.append(engine.stream(call) if streaming else engine.call(call))
        return answered[0]

    try:
        result = chain.call_extra(
            [demo_call],
            {"demo": demo, "action": call.action, "arguments": MappingProxyType(call.arguments)},
        )
    except (DemoError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise _wrapper_broke(error) from error
    if result is None and answered and answered[0] is not None:
        raise ActionFailed("A plugin that wraps calls dropped the result: it must return it.")
    if not streaming:
        return result
    return Stream(_values(result, answered), stop=call.stopped.set)


def _values(result: Any, answered: list[Any]) -> Generator[Any, None, None]:
    try:
        yield from result
    except (DemoError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        raise _wrapper_broke(error) from error
    finally:
        for values in answered:
            values.close()


def _wrapper_broke(error: BaseException) -> ActionFailed:
    logger.error("A demo_call wrapper failed", exc_info=error)
    return ActionFailed(
        f"A plugin that wraps calls failed ({type(error).__name__}). "
        "The log of the app has the traceback."
    )


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """One finished call; never what was asked or answered.

    ``outcome`` is ``"ok"``, ``"left"`` (a stream abandoned by its reader) or the name of the
    error. ``started`` is in seconds since the epoch.
    """

    demo: str
    action: str
    started: float
    milliseconds: float
    outcome: str


class CallLog:
    """The last calls of every demo; the core's own use of ``demo_call``."""

    def __init__(self, length: int = 200) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=length)

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    @hookimpl(wrapper=True, tryfirst=True)
    def demo_call(self, demo: Demo, action: str) -> Generator[None, Any, Any]:
        """Note the demo, the action, the milliseconds and the outcome of every call."""
        entry = self._begin(demo.name, action)
        try:
            result = yield
        except BaseException as error:
            self._end(entry, type(error).__name__)
            raise
        if demo.actions[action].streaming and result is not None:
            return self._watched(result, entry)
        self._end(entry, "ok")
        return result

    def _begin(self, demo: str, action: str) -> tuple[str, str, float, float]:
        return demo, action, time.time(), time.perf_counter()

    def _end(self, entry: tuple[str, str, float, float], outcome: str) -> None:
        demo, action, started, clock = entry
        milliseconds = (time.perf_counter() - clock) * 1000
        self._entries.append(
            LogEntry(
                demo=demo,
                action=action,
                started=started,
                milliseconds=milliseconds,
                outcome=outcome,
            )
        )

    def _watched(self, values: Any, entry: tuple[str, str, float, float]) -> Iterator[Any]:
        try:
            yield from values
        except GeneratorExit:
            self._end(entry, "left")
            raise
        except BaseException as error:
            self._end(entry, type(error).__name__)
            raise
        self._end(entry, "ok")
