"""What a plugin's pyproject.toml asks for, and the command that mends it."""

import sys
import tomllib
from pathlib import Path

import pluggy
import pytest

from demo_app.requirements import mismatch, read_pyproject


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\nname = 'x'\ndependencies = []",
        "[project]\nrequires-python = '>=3.11'",
        "[project]\ndependencies = ['pluggy', 'pluggy>=1', 'PLUGGY[testing]>=1']",
        "[project]\ndependencies = ['no-such-thing; python_version < \"3\"']",
        "[project]\ndependencies = ['no-such-thing; extra == \"dev\"']",
        "[tool.demo_app]\napi = '1'",
        "[tool.demo_app]\napi = 1",
        "[tool.ruff]\nline-length = 100",
    ],
)
def test_what_is_met_is_no_mismatch(text: str) -> None:
    assert mismatch(tomllib.loads(text)) is None


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        (
            "[project]\ndependencies = ['no-such-thing>=2', 'pluggy']",
            "A dependency is not met: no-such-thing is not installed.",
            "pip install 'no-such-thing>=2'",
        ),
        (
            "[project]\ndependencies = ['pluggy>=999', 'nor-this']",
            f"A dependency is not met: pluggy>=999 is asked for, {pluggy.__version__} is "
            "installed; nor-this is not installed.",
            "pip install 'pluggy>=999' nor-this",
        ),
        (
            "[project]\nrequires-python = '>=4'",
            f"It needs Python >=4; this is Python {'.'.join(map(str, sys.version_info[:3]))}.",
            "Run demo_app with a Python that satisfies >=4.",
        ),
        (
            "[tool.demo_app]\napi = '2'",
            "It is written for plugin API 2; this demo_app has API 1.1.",
            "Update demo_app: pip install --upgrade demo_app",
        ),
    ],
)
def test_what_is_not_met_is_named_with_its_remedy(text: str, problem: str, remedy: str) -> None:
    found = mismatch(tomllib.loads(text))
    assert found is not None
    assert (found.problem, found.remedy) == (problem, remedy)


@pytest.mark.parametrize(
    "text",
    [
        "[project]\nrequires-python = 'eleven'",
        "[project]\nrequires-python = 3.11",
        "[project]\ndependencies = ['=== ???']",
        "[project]\ndependencies = [3]",
        "[project]\ndependencies = 'pluggy'",
        "[project]\ndependencies = {pluggy = '1'}",
    ],
)
def test_a_requirement_that_cannot_be_read_says_so(text: str) -> None:
    found = mismatch(tomllib.loads(text))
    assert found is not None
    assert found.problem.startswith("Its pyproject.toml holds a requirement that cannot be read")
    assert "pip install" not in found.remedy


def test_a_plugin_needs_no_pyproject(tmp_path: Path) -> None:
    assert read_pyproject(tmp_path) == {}
