"""Streams at the pace of a page: an action runs on while the page shows what it can."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Generator
from typing import Any

from demo_app.context import Stream

SECONDS_BETWEEN = 1 / 25
"""A page that is sent more values a second freezes, and its stop button with it."""


def newest(stream: Stream, seconds_between: float = SECONDS_BETWEEN) -> Generator[Any, None, None]:
    """The values of a stream, without those that a newer one overtook in the meantime.

    The stream runs on a thread of its own, so that a value which is followed by a long wait is
    shown at once. The last value is never skipped. Closing this generator abandons the stream.

    Raises:
        Exception: whatever the stream raises, after its last value.
    """
    relay = _Relay(stream)
    # The copy carries the event, to which progress is reported.
    run = contextvars.copy_context().run
    threading.Thread(target=run, args=(relay.pull,), name="stream", daemon=True).start()
    try:
        while relay.wait():
            yield relay.take()
            relay.wait_for_end(seconds_between)
    finally:
        relay.abandoned = True
    if relay.error is not None:
        raise relay.error


class _Relay:
    """Where the thread that runs a stream leaves its newest value."""

    def __init__(self, stream: Stream) -> None:
        self.abandoned = False
        self.error: BaseException | None = None
        self._stream = stream
        self._changed = threading.Condition()
        self._values: list[Any] = []
        self._ended = False

    def pull(self) -> None:
        try:
            with self._stream:
                for value in self._stream:
                    with self._changed:
                        self._values = [value]
                        self._changed.notify()
                    if self.abandoned:
                        break
        except BaseException as error:
            self.error = error
        with self._changed:
            self._ended = True
            self._changed.notify()

    def wait(self) -> bool:
        """Wait for a value; False if there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._values or self._ended)
            return bool(self._values)

    def take(self) -> Any:
        with self._changed:
            return self._values.pop()

    def wait_for_end(self, seconds: float) -> None:
        """Let some time pass, but no more than until the stream has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended, timeout=seconds)
