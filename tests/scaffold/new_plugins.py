"""Every kind of new plugin, written as a user would, once for all tests."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from demo_app.scaffold import KINDS


@pytest.fixture(scope="session")
def new_plugins(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The folder of a new plugin by its kind; all lie in one plugin directory."""
    directory = tmp_path_factory.mktemp("new") / "plugins"
    directory.mkdir()
    for kind in KINDS:
        command = [sys.executable, "-m", "demo_app", "new", f"my-{kind}", "--kind", kind]
        ran = subprocess.run(
            command, cwd=directory.parent, env=environment(), capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stderr
        assert f"plugins/my_{kind} is complete" in ran.stdout
    return {kind: directory / f"my_{kind}" for kind in KINDS}


def environment() -> dict[str, str]:
    """That of these tests, with one thread for torch."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}
