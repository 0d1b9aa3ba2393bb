"""``demo-app plugins``: works while any plugin is broken, and says what to do about it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from demo_app import Host
from demo_app.checkpoints import CheckpointMetadata, save

Run = Callable[..., Any]

BROKEN = {
    "syntax": ("def x(:", "import_failed", "Syntax error in syntax.py, line 1"),
    "exits": ("import sys; sys.exit(3)", "import_failed", "It called sys.exit()"),
    "raises": ("raise RuntimeError('two\\nlines')", "import_failed", "RuntimeError: two lines"),
    "imports": ("import not_there_at_all", "import_failed", "which is not installed"),
    "bare": ("", "invalid", "It has no demo_card hook."),
    "prints": ("print('[1]'); 1 / 0", "import_failed", "ZeroDivisionError"),
}
"""By name: the source, the state, and a part of the problem."""

MODEL = """
from demo_app import Card, ModelSpec, hookimpl

@hookimpl
def demo_card():
    return Card(title="Model", summary="Has a model.", data=("numbers", "more"))

@hookimpl
def demo_models():
    return [ModelSpec(name="net", checkpoint="net.safetensors"), ModelSpec(name="raw")]

@hookimpl
def demo_build_model(name):
    raise AssertionError("not for a list")
"""


@pytest.fixture
def broken(write_plugin: Run) -> None:
    for name, (source, _, _) in BROKEN.items():
        write_plugin(name, source)


@pytest.fixture
def model(write_plugin: Run, root: Path) -> Path:
    """A plugin with a model; its checkpoint."""
    write_plugin("model", MODEL)
    path = root / "checkpoints" / "model" / "net.safetensors"
    metadata = CheckpointMetadata(
        architecture="Linear",
        license="CC0-1.0",
        source="a test",
        classes=[f"class {n}" for n in range(9)],
        metrics={"accuracy": {"value": 0.875, "split": "test"}},
    )
    save(path, {"weight": torch.zeros(2, 3), "bias": torch.zeros(2)}, metadata)
    return path


@pytest.mark.usefixtures("broken")
class TestList:
    def test_json_is_exactly_the_report(self, demo_app: Run) -> None:
        ran = demo_app("plugins", "list", "--json")
        report = json.loads(ran.out)
        expected = Host().report()
        for plugin in (*report, *expected):
            del plugin["seconds"]
        assert (ran.code, report) == (0, expected)

    @pytest.mark.parametrize("name", BROKEN)
    def test_names_the_state_and_the_problem_of_a_broken_plugin(
        self, demo_app: Run, name: str
    ) -> None:
        lines = demo_app("plugins", "list").out.splitlines()
        place = next(i for i, line in enumerate(lines) if line.split()[0] == name)
        _, state, problem = BROKEN[name]
        assert lines[place].split()[1] == state
        assert problem in lines[place + 1]

    def test_has_neither_colours_nor_wrapped_lines_in_a_pipe(self, demo_app: Run) -> None:
        out = demo_app("plugins", "list").out
        assert "\x1b" not in out
        assert not any(line.endswith(" ") for line in out.splitlines())

    def test_keeps_what_a_plugin_prints_out_of_the_list(self, demo_app: Run) -> None:
        ran = demo_app("plugins", "list")
        assert "[1]" not in ran.out
        assert ran.err == "[1]\n"

    def test_is_what_plugins_alone_does(self, demo_app: Run) -> None:
        names = [line.split()[0] for line in demo_app("plugins").out.splitlines()]
        assert names[0] == "name"
        assert set(BROKEN) <= set(names)


@pytest.mark.parametrize(
    ("words", "ready"),
    [
        (["--only", "one"], {"one"}),
        (["--only", "one,two"], {"one", "two"}),
        (["--only", "one", "--only", "two"], {"one", "two"}),
        (["--only", ""], set()),
        (["--disable", "one"], {"two", "three"}),
        (["--disable", "one,two"], {"three"}),
        (["--disable", "one", "--disable", "three"], {"two"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_plugins_are_selected_before_or_after_the_command(
    demo_app: Run, write_plugin: Run, words: list[str], ready: set[str], before: bool
) -> None:
    for name in ("one", "two", "three"):
        write_plugin(name, MODEL.replace('checkpoint="net.safetensors"', "checkpoint=None"))
    command = ["plugins", "list", "--json"]
    ran = demo_app(*(words + command if before else command + words))
    assert {p["name"] for p in json.loads(ran.out) if p["state"] == "ready"} == ready


def test_a_plugin_directory_is_added_on_either_side_of_the_command(
    demo_app: Run, tmp_path: Path
) -> None:
    for name in ("left", "right"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}_plugin.py").touch()
    ran = demo_app("--plugin-dir", tmp_path / "left", "plugins", "--plugin-dir", tmp_path / "right")
    assert {line.split()[0] for line in ran.out.splitlines()} >= {"left_plugin", "right_plugin"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "nobody"], "There is no plugin named 'nobody'."),
        (["--disable", "nobody"], "There is no plugin named 'nobody'."),
        (["--plugin-dir", "nowhere"], "Invalid value for '--plugin-dir': "),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_selection_of_what_is_not_there_is_refused(
    demo_app: Run, words: list[str], message: str
) -> None:
    ran = demo_app("plugins", "list", *words)
    assert ran.code == 2
    assert ran.err.startswith(f"demo-app: {message}")


class TestShow:
    def test_prints_the_traceback_of_a_failure(self, demo_app: Run, write_plugin: Run) -> None:
        write_plugin("broken", "x = 1\nraise ValueError(x)")
        ran = demo_app("plugins", "show", "broken")
        assert ran.code == 0
        assert "It raised an exception while it was imported: ValueError: 1" in ran.out
        assert 'broken.py", line 2' in ran.out

    def test_prints_card_and_checkpoint_with_its_metadata(self, demo_app: Run, model: Path) -> None:
        out = " ".join(demo_app("plugins", "show", "model").out.split())
        assert "data numbers, more" in out
        assert f"checkpoint {model} bytes {model.stat().st_size}" in out
        assert "tensors 2, together 8 numbers" in out
        assert "license CC0-1.0 source a test" in out
        assert "class 4, class 5 … (9)" in out
        assert "metrics accuracy value 0.875 split test" in out
        assert "raw deliberately untrained" in out

    def test_says_what_is_wrong_with_a_checkpoint(self, demo_app: Run, model: Path) -> None:
        model.write_bytes(b"cut off")
        ran = demo_app("plugins", "show", "model")
        assert ran.code == 0
        assert "damaged or cut off" in ran.out
        assert "checkpoint_failed" in ran.out

    def test_prints_actions_with_types_bounds_and_defaults(
        self, demo_app: Run, demos: Path
    ) -> None:
        out = " ".join(demo_app("plugins", "show", "terminal", "--plugin-dir", demos).out.split())
        assert "--times integer, 1 to 9 (default 2) How often." in out
        assert "count Stream steps." in out
        assert "streams record with step, loss" in out

    def test_names_a_second_plugin_of_the_same_name(
        self, demo_app: Run, model: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "model.py").touch()
        ran = demo_app("plugins", "show", "model", "--plugin-dir", tmp_path / "more")
        assert f"{tmp_path / 'more' / 'model.py'} is refused" in " ".join(ran.out.split())

    def test_json_holds_all_of_it(self, demo_app: Run, model: Path, demos: Path) -> None:
        shown = json.loads(demo_app("plugins", "show", "model", "--json").out)
        net, raw = shown["models"]
        assert (net["path"], net["bytes"]) == (str(model), model.stat().st_size)
        assert net["metadata"]["metrics"] == {"accuracy": {"value": 0.875, "split": "test"}}
        assert (raw["path"], raw["metadata"], shown["traceback"]) == (None, None, None)
        ran = demo_app("plugins", "show", "terminal", "--json", "--plugin-dir", demos)
        actions = {action["name"]: action for action in json.loads(ran.out)["actions"]}
        text, times, *_ = actions["echo"]["parameters"]
        assert (text["required"], times["schema"]["maximum"]) == (True, 9)
