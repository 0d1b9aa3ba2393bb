"""Writes a complete plugin to begin with: a copy of one of the kinds beside this file, trained."""

from __future__ import annotations

import keyword
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from demo_app import discovery
from demo_app.errors import InvalidInput

KINDS = ("image", "text", "tabular", "blank")
_SOURCES = Path(__file__).parent / "kinds"
_TESTS = "plugin_tests.py"
_TEXTS = {".py", ".md", ".toml"}


def checked_name(text: str) -> str:
    """The name of a plugin and package for what somebody typed: ``My-Model`` is ``my_model``.

    Raises:
        InvalidInput: it cannot be one, or a package of that name is there already.
    """
    name = discovery.plugin_name(text)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise InvalidInput(f"NAME: {text!r} cannot be the name of a Python package.")
    if name in sys.stdlib_module_names or name in ("demo_app", "torch", "gradio", "tests"):
        raise InvalidInput(f"NAME: {name!r} is the name of another package; choose one of its own.")
    built_in = discovery.built_in_root() / "plugins" / name
    if built_in.exists():
        raise InvalidInput(f"NAME: {name!r} is a demo that comes with demo_app.")
    return name


def write_plugin(
    name: str, kind: str, directory: Path, *, prepare: Callable[[Path], None] = lambda folder: None
) -> Path:
    """Copy a kind of plugin under a name; nothing is overwritten, and nothing half-written seen.

    Args:
        name: as ``checked_name`` gives it.
        kind: one of ``KINDS``.
        directory: where the folder is made.
        prepare: called with the folder before it is at its place: to train its model.

    Returns:
        The folder.

    Raises:
        InvalidInput: there is something of that name, or nothing can be written there.
    """
    folder = directory / name
    if folder.exists() or folder.with_suffix(".py").exists():
        raise InvalidInput(f"{folder} is there already; nothing was written.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _workshop(directory) as workshop:
            _copy(name, kind, workshop / name)
            prepare(workshop / name)
            shutil.rmtree(workshop / name / "__pycache__", ignore_errors=True)
            (workshop / name).rename(folder)
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be written: {error.strerror or error}") from error
    return folder


@contextmanager
def _workshop(directory: Path) -> Iterator[Path]:
    """A hidden folder beside, which no app that watches the directory takes for a plugin."""
    folder = Path(tempfile.mkdtemp(prefix=".demo-app-new-", dir=directory))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(name: str, kind: str, folder: Path) -> None:
    words = {
        "plugin_name": name,
        "plugin-name": name.replace("_", "-"),
        "Plugin Title": name.replace("_", " ").capitalize(),
        "--kind KIND": f"--kind {kind}",
    }
    folder.mkdir()
    for source in sorted([*(_SOURCES / kind).iterdir(), *(_SOURCES / "shared").iterdir()]):
        if source.name == "__pycache__":
            continue
        target = folder / source.name
        if source.name == _TESTS:
            target = folder / "tests" / f"test_{name}.py"
            target.parent.mkdir()
        if source.suffix not in _TEXTS:
            shutil.copyfile(source, target)
            continue
        text = source.read_text("utf-8")
        for word, own in words.items():
            text = text.replace(word, own)
        target.write_text(text, "utf-8")
