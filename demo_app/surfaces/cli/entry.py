"""Runs a command line: every error is one line on standard error and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import typer

from demo_app.errors import ActionFailed, DemoError, OutOfMemory
from demo_app.loading import named
from demo_app.redaction import redact
from demo_app.surfaces.cli.app import cli
from demo_app.surfaces.cli.logs import shown_in_lines

PROGRAM = "demo-app"
INTERRUPTED = 130
READER_LEFT = 141
"""What a shell reports of a command that a broken pipe ended (128 + SIGPIPE)."""

_COMPLETION_VARIABLE = "_DEMO_APP_COMPLETE"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``demo-app`` with these arguments (those of the process for None).

    Returns:
        The exit code: 0 done, 1 an action or a check failed, 2 wrong usage or input, 3 no such
        plugin, action or model, 4 plugin or checkpoint unavailable, 5 out of memory, 130
        interrupted, 141 the reader of a pipe left.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    command = typer.main.get_command(cli)
    if _COMPLETION_VARIABLE in os.environ:
        command.main(arguments, prog_name=PROGRAM)
    try:
        with shown_in_lines(), command.make_context(PROGRAM, arguments) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as exit_:
        return exit_.exit_code
    except BrokenPipeError:
        _leave_pipe()
        return READER_LEFT
    except SystemExit as exit_:
        # Rich has met the broken pipe first and exits on its own.
        if isinstance(exit_.__context__, BrokenPipeError):
            return READER_LEFT
        raise
    except (KeyboardInterrupt, EOFError, typer.Abort):
        print(f"{PROGRAM}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        return _report(error, debug="--debug" in arguments)
    return 0


def _report(error: Exception, *, debug: bool) -> int:
    """Print an error and give its exit code."""
    if not isinstance(error, DemoError) and _is_out_of_memory(error):
        error = OutOfMemory(f"There is not enough memory: {named(error)}")
    if debug:
        print(redact("".join(traceback.format_exception(error))), end="", file=sys.stderr)
    if isinstance(error, ActionFailed) and error.__cause__:
        # Here the caller is the owner: what the cause says is for them, unlike for a visitor.
        what, cause = str(error).partition(". ")[0], str(error.__cause__)
        text = f"{what}{': ' if cause else ''}{cause} (--debug shows the traceback)"
    elif isinstance(error, DemoError):
        text = str(error)
    elif isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        hint = f" Try: {context.command_path} --help" if context else ""
        text = error.format_message()
        text += ("" if text.endswith((".", "?")) else ".") + hint
    else:
        text = f"{named(error)} (--debug shows the traceback)"
    print(f"{PROGRAM}: {redact(' '.join(text.split()))}", file=sys.stderr)
    return error.exit_code if isinstance(error, DemoError | typer.TyperException) else 1


def _is_out_of_memory(error: Exception) -> bool:
    if "torch" not in sys.modules:
        return isinstance(error, MemoryError)
    from demo_app.engine import is_out_of_memory

    return is_out_of_memory(error)


def _leave_pipe() -> None:
    """Point standard output elsewhere, so that Python's own flush at exit finds no broken pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
