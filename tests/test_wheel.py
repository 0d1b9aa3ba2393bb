"""The wheel: whoever installs it, and starts it from anywhere, has the app of the checkout."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from demo_app import Host
from demo_app.images import open_image
from demo_app.surfaces.page.shell import build_page
from tests.wheels import build_wheel

ROOT = Path(__file__).parents[1]
BUNDLED = "demo_app/bundled"
EXAMPLE = "plugins/image_classifier/examples/espresso.jpg"
ENDPOINTS = """
import json
from demo_app import Host
from demo_app.surfaces.page.launch import options
from demo_app.surfaces.page.shell import build_page
assert options()["css_paths"][0].is_file()
print(json.dumps(sorted(build_page(Host()).get_api_info()["named_endpoints"])))
"""

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip installed the wheel, as it would into a fresh environment."""
    target = tmp_path_factory.mktemp("site-packages")
    options = ["--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target)]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True)
    return target


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """Runs the installed package's Python in another folder; what it printed, as JSON."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DEMO_APP")}
    environment = {**kept, "PYTHONPATH": str(installed)}

    def run(*words: str | Path) -> Any:
        ran = subprocess.run(
            [sys.executable, *map(str, words)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    return run


def test_it_holds_the_package_the_plugins_and_the_checkpoints_and_nothing_else(
    wheel: Path,
) -> None:
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    folders = ["demo_app", "plugins", "checkpoints"]
    listed = subprocess.run([*listing, *folders], cwd=ROOT, check=True, capture_output=True)
    there = {path for path in listed.stdout.decode().split("\0") if (ROOT / path).is_file()}
    expected = {p if p.startswith("demo_app/") else f"{BUNDLED}/{p}" for p in there}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert not [name for name in names if "__pycache__" in name or "tests" in name.split("/")]


def test_the_installed_app_has_the_same_plugins_from_its_own_bundle(
    run: Run, installed: Path, host: Host
) -> None:
    listed = run("-m", "demo_app", "plugins", "list", "--json")
    assert {p["name"]: p["state"] for p in listed} == {p.name: p.state for p in host.plugins}
    folders = {Path(p["origin"]).parent for p in listed}
    assert folders == {installed / BUNDLED / "plugins"}


def test_the_installed_app_finds_its_weights(run: Run, installed: Path, host: Host) -> None:
    photo = installed / BUNDLED / EXAMPLE
    theirs = run(
        "-m", "demo_app", "call", "image_classifier", "classify", "--image", photo, "--json"
    )
    ours = host["image_classifier"].call("classify", image=open_image(photo))
    assert [(p["class_name"], p["probability"]) for p in theirs["predictions"]] == [
        (p.class_name, pytest.approx(p.probability, rel=1e-3)) for p in ours.predictions
    ]


def test_the_installed_app_serves_the_same_endpoints(run: Run, host: Host) -> None:
    assert run("-c", ENDPOINTS) == sorted(build_page(host).get_api_info()["named_endpoints"])
