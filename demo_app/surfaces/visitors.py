"""Who is asking: the session of each visitor, and the demo as that visitor sees it."""

from __future__ import annotations

import html
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from demo_app.context import Session, Stream
from demo_app.demo import Demo
from demo_app.errors import DemoError
from demo_app.hf_space import for_visitors
from demo_app.host import Host
from demo_app.plugin import Plugin
from demo_app.surfaces.pacing import newest

MAX_SESSIONS = 2_000


class Visitors:
    """The sessions of one app by Gradio's session hash.

    A page's session goes when it unloads. A client without a page cannot say goodbye, so the
    sessions longest unused go when there are too many.
    """

    def __init__(self, limit: int = MAX_SESSIONS) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._limit = limit
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._sessions)

    def current(self) -> Session:
        """The session of the visitor whose event is being handled; a new one outside of events."""
        request = LocalContext.request.get(None)
        key = getattr(request, "session_hash", None)
        if key is None:
            return Session()
        with self._lock:
            session = self._sessions.setdefault(key, Session())
            self._sessions.move_to_end(key)
            while len(self._sessions) > self._limit:
                self._sessions.popitem(last=False)
        return session

    def forget_demo(self, name: str) -> None:
        """Drop what every visitor keeps of a demo, which was changed or removed."""
        with self._lock:
            for session in self._sessions.values():
                session.forget(name)

    def forget(self, request: gr.Request) -> None:
        """Drop the session of a page that unloads."""
        with self._lock:
            self._sessions.pop(request.session_hash or "", None)


class PageDemo(Demo):
    """The demo that a tab is built with: in each event it belongs to the visitor who caused it.

    What the visitor should read becomes a message on the page; progress appears on the outputs.
    """

    def __init__(self, host: Host, plugin: Plugin, visitors: Visitors) -> None:
        super().__init__(host, plugin, Session(), show_progress)
        self._visitors = visitors

    @property
    def session(self) -> Session:
        """What the visitor of the current event keeps."""
        return self._visitors.current()

    def call(self, action: str, /, **arguments: Any) -> Any:
        """As ``Demo.call``; raises ``gr.Error`` with a text that is safe to show."""
        with errors_as(html.escape):
            return super().call(action, **arguments)

    def stream(self, action: str, /, **arguments: Any) -> Stream:
        """As ``Demo.stream``, at the pace of a page: of values in quick succession, the newest.

        Raises ``gr.Error`` with a text that is safe to show.
        """
        with errors_as(html.escape):
            stream = super().stream(action, **arguments)

        def values() -> Iterator[Any]:
            with errors_as(html.escape):
                yield from newest(stream)

        return Stream(values(), stop=stream.stop)


@contextmanager
def errors_as(wording: Callable[[str], str]) -> Iterator[None]:
    """Turn errors that are meant for people into Gradio's, which it hands on."""
    try:
        yield
    except DemoError as error:
        raise gr.Error(wording(for_visitors(str(error))), print_exception=False) from error


def show_progress(fraction: float | None, text: str) -> None:
    """Show how far the current event is, on the page or to the client that waits."""
    if LocalContext.event_id.get(None) is not None:
        gr.Progress()(fraction, desc=text or None)
