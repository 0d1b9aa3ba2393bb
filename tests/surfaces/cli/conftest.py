"""Runs ``demo-app`` in this process, on plugins that the tests write, without the built-in ones."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo_app import discovery
from demo_app.surfaces.cli import main

DEMOS = Path(__file__).parent / "demos"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def demos() -> Path:
    """The plugin directory with the demo ``terminal``."""
    return DEMOS


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for the checkout: its ``plugins/`` and ``checkpoints/`` begin empty."""
    (tmp_path / "plugins").mkdir()
    monkeypatch.setattr(discovery, "built_in_root", lambda: tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write_plugin(root: Path) -> Callable[[str, str], Path]:
    """Writes a single-file plugin by name and source."""

    def write(name: str, source: str) -> Path:
        path = root / "plugins" / f"{name}.py"
        path.write_text(textwrap.dedent(source))
        return path

    return write


@pytest.fixture
def demo_app(root: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command line given as words."""

    def run(*words: str | Path) -> Ran:
        code = main([str(word) for word in words])
        captured = capfd.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def terminal(demo_app: Callable[..., Ran]) -> Callable[..., Ran]:
    """Calls an action of the demo in ``demos/terminal.py``."""

    def call(*words: str | Path) -> Ran:
        return demo_app("call", "--plugin-dir", DEMOS, "terminal", *words)

    return call
