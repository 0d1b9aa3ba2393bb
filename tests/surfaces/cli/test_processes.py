"""``demo-app`` as a process: what it imports, in a pipe, and on a real terminal."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

import demo_app

ROOT = Path(demo_app.__file__).parents[1]
DEMOS = Path(__file__).parent / "demos"
ON_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C is a signal to this process
from demo_app.surfaces.cli import main
sys.exit(main())
"""
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DEMO_APP", "COLUMNS"))}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "DEMO_APP_PLUGIN_DIRS": str(DEMOS),
        "TERM": "xterm-256color",
        "HOME": str(tmp_path),
    }


def test_listing_plugins_imports_neither_torch_nor_gradio(environment: dict[str, str]) -> None:
    script = (
        "import sys; from demo_app.surfaces.cli import main; code = main(['plugins', 'list']);"
        "heavy = {'torch', 'gradio', 'pandas'} & set(sys.modules); sys.exit(code or str(heavy)"
        " if code or heavy else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_the_package_is_a_program(environment: dict[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "demo_app", "call", "terminal", "ecko"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 3
    assert ran.stderr.startswith("demo-app: There is no action of terminal named 'ecko'.")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("demo-app pl", ["plugins"]),
        ("demo-app call ter", ["terminal"]),
        ("demo-app call terminal ec", ["echo"]),
        ("demo-app call terminal echo --ti", ["--times"]),
        ("demo-app train ter", ["terminal"]),
        ("demo-app call nobody ter", ["terminal"]),
    ],
)
def test_the_shell_completes_commands_plugins_actions_and_options(
    environment: dict[str, str], typed: str, expected: list[str]
) -> None:
    asked = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    ran = subprocess.run(
        [sys.executable, "-m", "demo_app"],
        env=environment | asked | {"_DEMO_APP_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
    )
    assert (ran.stdout.split(), ran.stderr) == (expected, "")


@pytest.mark.parametrize(
    "words", [["call", "terminal", "count", "--to", "1000"], ["plugins", "list"], ["--help"]]
)
def test_a_reader_that_leaves_ends_it_quietly(
    environment: dict[str, str], words: list[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [sys.executable, "-m", "demo_app", *words],
        env=environment,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    assert ran.returncode == 141
    assert ran.stderr.replace(b"a print of the plugin\n", b"") == b""


@pytest.fixture
def on_terminal(environment: dict[str, str]) -> Callable[..., tuple[int, str]]:
    """Runs a command on a terminal of 80 columns: its exit code and all that was shown.

    Once ``at`` is shown, ``press`` is typed.
    """

    def run(*words: str, at: bytes = b"", press: bytes = b"") -> tuple[int, str]:
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = subprocess.Popen(
            [sys.executable, "-c", ON_TERMINAL, *words],
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        shown = b""
        while part := _read(ours):
            shown += part
            if press and at in shown:
                os.write(ours, press)
                press = b""
        os.close(ours)
        return process.wait(), shown.decode()

    return run


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux reports the end of a terminal so.
        return b""


def test_the_list_fits_a_terminal_of_80_columns(
    on_terminal: Callable[..., tuple[int, str]], environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a_plugin_with_a_long_name.py").write_text(f"raise ValueError({'why ' * 40!r})")
    environment["DEMO_APP_PLUGIN_DIRS"] += os.pathsep + str(tmp_path)
    code, shown = on_terminal("plugins", "list")
    lines = ESCAPE.sub("", shown).splitlines()
    assert code == 0
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["name", "state", "version", "seconds", "origin"]
    assert any(line.startswith("✗ a_plugin_with_a_long_name ") for line in lines)


def test_a_stream_moves_on_the_terminal_and_leaves_its_last_value(
    on_terminal: Callable[..., tuple[int, str]],
) -> None:
    code, shown = on_terminal("call", "terminal", "count")
    assert code == 0
    assert "terminal count" in shown
    remaining = ESCAPE.sub("", shown.rpartition("\x1b[2K")[2])
    assert [line.split() for line in remaining.splitlines()] == [["step", "3"], ["loss", "0.3333"]]


def test_ctrl_c_on_the_terminal_ends_a_stream_with_its_best(
    on_terminal: Callable[..., tuple[int, str]],
) -> None:
    code, shown = on_terminal(
        "call", "terminal", "interrupted", "--times", "0", at=b"not stopped", press=b"\x03"
    )
    assert code == 0
    assert "stopping with the best so far; Ctrl-C again aborts" in shown
    assert ESCAPE.sub("", shown).rstrip().endswith("the best so far")


def test_progress_is_shown_on_the_terminal_while_an_action_runs(
    on_terminal: Callable[..., tuple[int, str]],
) -> None:
    code, shown = on_terminal("call", "terminal", "wait", at=b"half [way]", press=b"\n")
    assert code == 0
    assert "50%" in shown
    assert ESCAPE.sub("", shown).rstrip().endswith("done")
