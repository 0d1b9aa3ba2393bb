"""Log records on standard error, in the form of the command's own errors."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator

_TOLD = ("demo_app.engine", "demo_app.calls", "demo_app.actions")
"""Loggers whose errors also reach the caller as exceptions."""


class ErrorLog(logging.Handler):
    """One line a record, without traceback; all of it once ``full`` is set."""

    full = False

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record, unless the command itself is about to."""
        if self.full:
            print(self.format(record), file=sys.stderr)
        elif not record.name.startswith(_TOLD):
            print(f"demo-app: {' '.join(record.getMessage().split())}", file=sys.stderr)


@contextlib.contextmanager
def shown_in_lines() -> Iterator[None]:
    """Print warnings and errors while the block runs, a line each."""
    log = ErrorLog(logging.WARNING)
    log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(log)
    try:
        yield
    finally:
        root.removeHandler(log)


def show_tracebacks() -> None:
    """From now on print records in full: nobody else tells of the errors of a server."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, ErrorLog):
            handler.full = True
