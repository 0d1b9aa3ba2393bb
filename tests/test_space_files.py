"""The repository as Hugging Face Spaces reads it: front matter, requirements, sizes of files."""

import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
ON_ZERO_GPU = ["2.8.0", "2.9.1", "2.10.0", "2.11.0"]
LARGEST = 10_000_000


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def front_matter() -> dict[str, Any]:
    start, block, _ = (ROOT / "README.md").read_text("utf-8").split("---\n", 2)
    assert start == ""
    return yaml.safe_load(block)


@pytest.fixture(scope="module")
def installed_there() -> dict[str, SpecifierSet]:
    """The versions that requirements.txt admits, by package."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {requirement.name: requirement.specifier for requirement in found}


@pytest.fixture(scope="module")
def pushed() -> list[Path]:
    """The files that git knows, and those that it would take in."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_the_front_matter_names_the_app_and_how_it_runs(front_matter: dict[str, Any]) -> None:
    assert front_matter["sdk"] == "gradio"
    assert (ROOT / front_matter["app_file"]).is_file()
    assert front_matter["suggested_hardware"] == "cpu-basic"
    assert {front_matter["colorFrom"], front_matter["colorTo"]} <= COLOURS
    assert front_matter["title"]
    assert not front_matter["emoji"].isascii()


def test_the_front_matter_says_what_pyproject_says(
    front_matter: dict[str, Any], project: dict[str, Any]
) -> None:
    assert f"gradio=={front_matter['sdk_version']}" in project["dependencies"]
    assert front_matter["license"] == project["license"].lower()
    version = front_matter["python_version"]
    assert isinstance(version, str), "unquoted, YAML reads 3.10 as 3.1"
    assert SpecifierSet(project["requires-python"]).contains(version)


def test_the_short_description_is_as_short_as_spaces_asks(front_matter: dict[str, Any]) -> None:
    assert 0 < len(front_matter["short_description"]) <= 60


def test_a_space_installs_the_dependencies_of_pyproject(
    installed_there: dict[str, SpecifierSet], project: dict[str, Any]
) -> None:
    dependencies = {r.name: r.specifier for r in map(Requirement, project["dependencies"])}
    assert installed_there.keys() == dependencies.keys()
    narrower = {n for n, versions in dependencies.items() if installed_there[n] != versions}
    assert narrower == {"torch", "torchvision"}
    for name in narrower:
        assert set(dependencies[name]) < set(installed_there[name])


@pytest.mark.parametrize("version", ON_ZERO_GPU)
def test_a_space_may_install_each_torch_that_zero_gpu_lists(
    installed_there: dict[str, SpecifierSet], project: dict[str, Any], version: str
) -> None:
    assert installed_there["torch"].contains(version)
    (ours,) = (d for d in project["dependencies"] if Requirement(d).name == "torch")
    assert Requirement(ours).specifier.contains(version)


def test_a_space_installs_no_torch_that_zero_gpu_does_not_list(
    installed_there: dict[str, SpecifierSet],
) -> None:
    assert not installed_there["torch"].contains("2.12.0")


def test_every_file_is_smaller_than_a_space_takes_without_lfs(pushed: list[Path]) -> None:
    assert [path for path in pushed if path.stat().st_size >= LARGEST] == []
    assert any(path.suffix == ".safetensors" for path in pushed)


def test_no_file_is_a_pointer_to_one_elsewhere(pushed: list[Path]) -> None:
    assert not [path for path in pushed if path.name == ".gitattributes"]
    for path in pushed:
        with path.open("rb") as file:
            assert not file.read(40).startswith(b"version https://git-lfs"), path
