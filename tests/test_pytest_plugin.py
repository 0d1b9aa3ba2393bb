"""pytest checks a plugin: by its fixtures, by ``parametrize_with_checks``, by ``--demo-plugin``."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from demo_app.checkpoints import CheckpointMetadata, save
from demo_app.testing import write_plugin
from tests.conformance.good_and_bad import BAD, FURTHER, GOOD

OWN_TESTS = """
from pathlib import Path

import pytest

from demo_app.app_client import AppError
from demo_app.testing import parametrize_with_checks


@parametrize_with_checks(Path(__file__).parents[1], expected_failures={EXPECTED})
def test_contract(check):
    check()


def test_in_python(host, demo):
    assert list(host) == ["scaler"]
    assert set(demo.call("scale", x=1, seed=1)) == {"scaled"}


def test_over_http(client, demo):
    expected = demo.call("scale", x=1, seed=1)
    assert client.call("scaler", "scale", x=1, seed=1) == pytest.approx(expected)
    assert client.endpoint("scaler__scale", x=1, seed=1) == pytest.approx(expected)
    with pytest.raises(AppError, match="x: Input should be less than or equal to 100"):
        client.endpoint("scaler__scale", x=1000)
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs pytest as an author would, in an empty folder."""
    (tmp_path / "empty").mkdir()
    environment = {**os.environ, "DEMO_APP_DATA_DIR": str(tmp_path / "data")}

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        return subprocess.run(
            [*command, *map(str, words)],
            cwd=tmp_path / "empty",
            env=environment,
            capture_output=True,
            text=True,
        )

    return run


def written(tmp_path: Path, source: str = GOOD, tests: str = "") -> Path:
    source = source.replace("@action", f"{FURTHER}\n\n@action", 1)
    folder = write_plugin(tmp_path, "scaler", source)
    metadata = CheckpointMetadata(architecture="Linear", license="MIT", source="a test")
    save(folder / "net.safetensors", torch.nn.Linear(1, 1).state_dict(), metadata)
    if tests:
        write_plugin(tmp_path, "scaler", {"tests/test_scaler.py": tests})
    return folder


def test_an_authors_test_file_needs_no_configuration(tmp_path: Path, run: Run) -> None:
    folder = written(tmp_path, tests=OWN_TESTS.replace("{EXPECTED}", "{}"))
    ran = run(folder)
    assert ran.returncode == 0, ran.stdout
    assert "18 passed, 1 skipped" in ran.stdout


def test_a_failure_that_is_expected_is_one_and_must_be_one(tmp_path: Path, run: Run) -> None:
    tests = OWN_TESTS.replace("{EXPECTED}", '{"network": "it asks", "files": "wrongly said"}')
    folder = written(tmp_path, GOOD.replace(*BAD["network"]), tests)
    ran = run(folder, "-k", "contract")
    assert ran.returncode == 1
    assert "1 failed, 14 passed, 1 skipped, 2 deselected, 1 xfailed" in ran.stdout
    assert "[XPASS(strict)] wrongly said" in ran.stdout


def test_a_check_that_there_is_not_is_an_error(tmp_path: Path, run: Run) -> None:
    folder = written(tmp_path, tests=OWN_TESTS.replace("{EXPECTED}", '{"netwrok": "a typo"}'))
    ran = run(folder)
    assert "there is no check 'netwrok'. Did you mean 'network'?" in ran.stdout


def test_an_option_checks_a_plugin_from_anywhere(tmp_path: Path, run: Run) -> None:
    folder = written(tmp_path)
    ran = run("--demo-plugin", folder, "-vv")
    assert ran.returncode == 0, ran.stdout
    assert "scaler::card PASSED" in ran.stdout
    assert "16 passed, 1 skipped" in ran.stdout


def test_it_says_what_was_found_why_and_where_to_read_on(tmp_path: Path, run: Run) -> None:
    ran = run("--demo-plugin", written(tmp_path, GOOD.replace(*BAD["declared"])))
    assert ran.returncode == 1
    assert "scale(x) has no upper bound" in ran.stdout
    assert "declared: its actions are documented" in ran.stdout
    assert "see docs/checks.md#declared" in ran.stdout
    assert "Traceback" not in ran.stdout


def test_a_single_file_and_a_broken_plugin_can_be_checked(tmp_path: Path, run: Run) -> None:
    single = tmp_path / "single.py"
    single.write_text("1 / 0")
    ran = run("--demo-plugin", single)
    assert ran.returncode == 1
    assert "ZeroDivisionError" in ran.stdout
    assert "1 failed" in ran.stdout


def test_the_plugins_own_tests_run_as_well(tmp_path: Path, run: Run) -> None:
    tests = "def test_mine(demo):\n    assert demo.name == 'scaler'\n"
    ran = run("--demo-plugin", written(tmp_path, tests=tests))
    assert "17 passed, 1 skipped" in ran.stdout


def test_what_is_no_plugin_is_a_usage_error(tmp_path: Path, run: Run) -> None:
    ran = run("--demo-plugin", tmp_path)
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "is no plugin" in ran.stderr


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("demo_app.pytest_plugin", {"torch", "gradio", "pydantic", "demo_app.host"}),
        ("demo_app.testing", {"torch", "gradio"}),
    ],
)
def test_importing_it_is_light(module: str, heavy: set[str]) -> None:
    script = f"import sys, {module}; print(sorted({heavy!r} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
