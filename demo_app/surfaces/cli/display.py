"""What moves on the terminal while an action runs, and what Ctrl-C does then."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from demo_app.surfaces.cli import results

if TYPE_CHECKING:
    from demo_app.context import Stream


class Display:
    """The progress of a call, and the latest value of a stream, on standard error.

    Nothing is shown unless standard error is a terminal; everything shown is gone at the end.

    Args:
        title: what runs.
        quiet: show nothing, because something else writes to the same terminal.
    """

    def __init__(self, title: str, *, quiet: bool = False) -> None:
        console = Console(stderr=True)
        self.is_live = sys.stderr.isatty() and not console.is_dumb_terminal and not quiet
        self._spinner = Spinner("dots", Text(title))
        self._fraction: float | None = None
        self._value: Any = None
        self._live = Live(
            get_renderable=self._render,
            console=console,
            refresh_per_second=10,
            transient=True,
            # Standard output may be a pipe: what is written there is no part of this display.
            redirect_stdout=False,
        )

    def report(self, fraction: float | None, text: str) -> None:
        """Show how far the call is, 0…1, and what it does; listens to ``ctx.progress``."""
        self._fraction = fraction
        self._spinner.update(text=Text(text))

    def show(self, value: Any) -> None:
        """Show a value in place of the one before, at the next of ten looks a second."""
        self._value = value

    def _render(self) -> RenderableType:
        head = Table.grid(padding=(0, 2))
        if self._fraction is None:
            head.add_row(self._spinner)
        else:
            bar = ProgressBar(total=1.0, completed=self._fraction, width=30)
            head.add_row(self._spinner, bar, f"{self._fraction:.0%}")
        return head if self._value is None else Group(head, results.render(self._value))

    def __enter__(self) -> Display:
        if self.is_live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()


@contextlib.contextmanager
def stopped_by_ctrl_c(stream: Stream) -> Iterator[None]:
    """While the block runs, Ctrl-C once asks the stream for its best so far, twice aborts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def interrupt(*_: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        print("demo-app: stopping with the best so far; Ctrl-C again aborts", file=sys.stderr)
        stream.stop()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
