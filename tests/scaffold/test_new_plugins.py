"""``demo-app new`` writes a plugin that passes its own tests as it is, for every kind."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from demo_app import Host, discovery
from demo_app.conformance import outcomes
from demo_app.errors import InvalidInput
from demo_app.plugin import State
from demo_app.scaffold import KINDS, checked_name, write_plugin
from demo_app.surfaces.cli import main
from demo_app.testing import host_of
from tests.scaffold.new_plugins import environment
from tests.wheels import build_wheel

ROOMS = {
    "README.md",
    "__init__.py",
    "actions.py",
    "example_calls.py",
    "models.py",
    "net.safetensors",
    "pyproject.toml",
    "tab.py",
    "tests",
    "train.py",
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_has_every_room_and_nothing_left_over(
    new_plugins: Mapping[str, Path], kind: str
) -> None:
    folder = new_plugins[kind]
    names = {path.name for path in folder.iterdir()} - {"__pycache__"}
    assert names >= ROOMS
    assert names - ROOMS <= {"drawing.py", "iris.csv", "poems.txt"}
    assert [path.name for path in (folder / "tests").glob("*.py")] == [f"test_my_{kind}.py"]
    texts = [p.read_text() for p in folder.rglob("*") if p.suffix in (".py", ".md", ".toml")]
    for word in ("plugin_name", "plugin-name", "Plugin Title", "KIND"):
        assert not [text for text in texts if word in text]
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("kind", KINDS)
def test_it_passes_its_own_tests(new_plugins: Mapping[str, Path], kind: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", new_plugins[kind]]
    ran = subprocess.run(command, env=environment(), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    assert "18 passed, 1 skipped" in ran.stdout


@pytest.mark.parametrize(
    ("kind", "metric", "least"), [("image", "accuracy", 0.95), ("tabular", "accuracy", 0.9)]
)
def test_its_model_has_learned(
    new_plugins: Mapping[str, Path], kind: str, metric: str, least: float
) -> None:
    with host_of(new_plugins[kind]) as host:
        metadata = host[f"my_{kind}"].metadata()
    assert metadata is not None
    assert metadata.metrics[metric]["value"] >= least
    assert f"demo-app train my_{kind}" in metadata.source


def test_a_folder_is_installed_as_it_is(
    new_plugins: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = build_wheel(new_plugins["tabular"], tmp_path)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    command += ["--disable-pip-version-check", "--target", str(tmp_path / "site"), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setattr(discovery, "built_in_root", lambda: tmp_path)
    (tmp_path / "plugins").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "site")
    with Host() as host:
        plugin = host.plugin("my_tabular")
        assert (plugin.state, plugin.version) == (State.READY, "0.1.0")
        assert (
            host["my_tabular"].call("predict", petal_length=1.4, petal_width=0.2)[0].label
            == "setosa"
        )
        failed = [o.text for o in outcomes(host, plugin) if o.passed is False]
    assert failed == []


class TestWrongUse:
    @pytest.mark.parametrize("text", ["", "3d", "class", "!!!", "json", "torch"])
    def test_a_name_that_no_package_can_have_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidInput, match="NAME: "):
            checked_name(text)

    def test_that_of_a_demo_that_comes_along_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="comes with demo_app"):
            checked_name("mnist-gan")

    @pytest.mark.parametrize("taken", ["mine", "mine.py"])
    def test_nothing_is_overwritten(self, tmp_path: Path, taken: str) -> None:
        (tmp_path / taken).write_text("my own")
        with pytest.raises(InvalidInput, match="is there already; nothing was written"):
            write_plugin("mine", "blank", tmp_path)
        assert (tmp_path / taken).read_text() == "my own"

    def test_a_training_that_fails_leaves_nothing(self, tmp_path: Path) -> None:
        def fail(folder: Path) -> None:
            assert (folder / "train.py").is_file()
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_plugin("mine", "blank", tmp_path, prepare=fail)
        assert list(tmp_path.iterdir()) == []

    def test_a_place_that_cannot_be_written_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "file").write_text("")
        assert main(["new", "mine", "--into", str(tmp_path / "file" / "deeper")]) == 2
        assert "cannot be written" in capsys.readouterr().err


def test_it_goes_to_the_plugins_folder_and_says_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plugins").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["new", "Mine Too"]) == 0
    out = capsys.readouterr().out
    assert "demo-app check mine_too --plugin-dir plugins" in out
    assert (tmp_path / "plugins" / "mine_too" / "net.safetensors").is_file()
    assert main(["plugins", "list", "--json", "--plugin-dir", "plugins", "--only", "mine_too"]) == 0
    listed: list[dict[str, str]] = json.loads(capsys.readouterr().out)
    assert {p["name"]: p["state"] for p in listed}["mine_too"] == "ready"
