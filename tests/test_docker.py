"""The container: its build has what it needs, and its install script asks pip for the right things.

No image is built here; the lines that install are those that ``docker/install.sh`` runs.
"""

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.wheels import build_wheel

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "docker" / "install.sh"
CPU_INDEX = "--index-url https://download.pytorch.org/whl/cpu"

Install = Callable[..., tuple[int, list[str]]]


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, each with its arguments."""
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in pairs]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Runs the script with a Python that only notes what it is asked: exit code and requests."""
    requests = tmp_path / "requests"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$@" >> {requests}\n')
    python.chmod(0o755)

    def install(*words: str) -> tuple[int, list[str]]:
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        ran = subprocess.run(["sh", SCRIPT, *words], env=environment, capture_output=True)
        return ran.returncode, requests.read_text().splitlines() if requests.exists() else []

    return install


def of(instructions: list[tuple[str, str]], name: str) -> list[str]:
    return [rest for instruction, rest in instructions if instruction == name]


class TestScript:
    @pytest.mark.parametrize("shell", ["sh", "bash"])
    def test_it_is_well_formed(self, shell: str) -> None:
        ran = subprocess.run([shell, "-n", SCRIPT], capture_output=True, text=True)
        assert (ran.returncode, ran.stderr) == (0, "")

    @pytest.mark.parametrize("words", [(), ("cpu",), ("cpu", ".")])
    def test_for_the_cpu_torch_comes_without_cuda(
        self, install: Install, words: tuple[str, ...]
    ) -> None:
        assert install(*words) == (
            0,
            [
                f"-m pip install --no-cache-dir {CPU_INDEX} torch torchvision",
                "-m pip install --no-cache-dir .",
            ],
        )

    def test_for_a_gpu_torch_comes_with_the_app(self, install: Install) -> None:
        assert install("cuda", "/source") == (0, ["-m pip install --no-cache-dir /source"])

    def test_further_options_are_those_of_pip(self, install: Install) -> None:
        _, requests = install("cpu", ".", "--dry-run", "--quiet")
        assert len(requests) == 2
        assert all("--dry-run --quiet" in request for request in requests)

    def test_an_unknown_accelerator_installs_nothing(self, install: Install) -> None:
        assert install("tpu") == (2, [])


class TestDockerfile:
    def test_it_starts_from_a_python_that_the_project_takes(
        self, instructions: list[tuple[str, str]]
    ) -> None:
        assert instructions[0] == ("FROM", "python:3.12-slim")

    def test_it_installs_by_the_script_for_the_cpu_unless_told_otherwise(
        self, instructions: list[tuple[str, str]]
    ) -> None:
        assert of(instructions, "ARG") == ["ACCELERATOR=cpu"]
        mount, *command = of(instructions, "RUN")[0].split()
        assert mount == "--mount=type=bind,target=/source,rw"
        assert command == ["sh", "/source/docker/install.sh", '"$ACCELERATOR"', "/source"]

    def test_the_build_context_holds_what_the_wheel_is_made_of(self, tmp_path: Path) -> None:
        context = tmp_path / "context"
        context.mkdir()
        ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        assert ignored[1] == "*"
        for name in (line[1:] for line in ignored if line.startswith("!")):
            source, target = ROOT / name, context / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        assert (context / "docker" / "install.sh").is_file()
        names = []
        for place in (ROOT, context):
            with zipfile.ZipFile(build_wheel(place, tmp_path / f"of-{place.name}")) as wheel:
                names.append(set(wheel.namelist()))
        assert names[0] == names[1]

    def test_it_serves_on_the_port_that_it_exposes(
        self, instructions: list[tuple[str, str]]
    ) -> None:
        (variables,) = of(instructions, "ENV")
        assert of(instructions, "EXPOSE") == ["7860"]
        assert "GRADIO_SERVER_NAME=0.0.0.0" in variables.split()
        assert "GRADIO_SERVER_PORT=7860" in variables.split()
        assert of(instructions, "CMD") == ['["demo-app"]']

    def test_it_runs_as_an_ordinary_user(self, instructions: list[tuple[str, str]]) -> None:
        (user,) = of(instructions, "USER")
        assert user != "root"
        assert any(re.fullmatch(f"useradd .*{user}", run) for run in of(instructions, "RUN"))
        names = [name for name, _ in instructions]
        assert names.index("USER") > max(i for i, name in enumerate(names) if name == "RUN")
