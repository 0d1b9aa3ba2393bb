"""Runs an action for the command line and prints what it returns or streams."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from demo_app.actions import Action
from demo_app.context import Stream
from demo_app.demo import Demo
from demo_app.files import File
from demo_app.surfaces import wire
from demo_app.surfaces.cli.saving import Destination, KeptFile

_NOTHING = object()


def call(
    demo: Demo,
    action: Action,
    arguments: Mapping[str, Any],
    destination: Destination | None,
    *,
    as_json: bool,
) -> None:
    """Run an action and print its result; as JSON also what comes before it in a stream.

    Raises:
        DemoError: the call failed.
    """
    from demo_app.surfaces.cli import results
    from demo_app.surfaces.cli.display import Display, stopped_by_ctrl_c

    stdout = sys.stdout
    lines = action.streaming and as_json
    # Lines that go to the same terminal would be overwritten by what moves there.
    display = Display(f"{demo.name} {action.name}", quiet=lines and stdout.isatty())
    value: Any = _NOTHING
    kept: list[KeptFile] = []
    with display:
        stream = demo.on_progress(display.report).stream(action.name, **arguments)
        with stream, stopped_by_ctrl_c(stream) if action.streaming else contextlib.nullcontext():
            for value, kept in _encoded(stream):
                if destination:
                    destination.write(kept)
                if lines:
                    print(results.to_json(value), file=stdout, flush=True)
                elif action.streaming:
                    display.show(value)
    if not lines and value is not _NOTHING:
        if as_json:
            print(results.to_json(value, indent=2), file=stdout)
        else:
            results.show(value if isinstance(value, str) else results.render(value))
    _say_what_is_unwritten(kept)


def _encoded(stream: Stream) -> Iterator[tuple[Any, list[KeptFile]]]:
    """Each value of a stream as plain data, with the pictures and files in it."""
    while True:
        # What a plugin prints must not end up among the results.
        with contextlib.redirect_stdout(sys.stderr):
            value = next(stream, _NOTHING)
        if value is _NOTHING:
            return
        kept: list[KeptFile] = []

        def keep(file: File, kept: list[KeptFile] = kept) -> KeptFile:
            kept.append(KeptFile(file=file))
            return kept[-1]

        yield wire.encode(value, keep), kept


def _say_what_is_unwritten(kept: list[KeptFile]) -> None:
    count = sum(file.path is None for file in kept)
    if count:
        what = "a picture or file" if count == 1 else f"{count} pictures or files"
        print(f"demo-app: the result holds {what}; --out FILE writes it", file=sys.stderr)
