"""The plugin contract is small, documented and typed, and every hook of it is called."""

import inspect
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

import demo_app
from demo_app import Host, hookspecs, loading
from demo_app.surfaces.cli import main
from demo_app.surfaces.page.shell import build_page
from docs.hooks import PAGE, page

SPECS = {name: getattr(hookspecs, name) for name in loading.HOOKS}


def test_it_fits_on_one_screen() -> None:
    assert len(inspect.getsource(hookspecs).splitlines()) <= 110


def test_these_are_the_hooks() -> None:
    assert list(SPECS) == [
        "demo_card",
        "demo_settings",
        "demo_models",
        "demo_build_model",
        "demo_actions",
        "demo_examples",
        "demo_build_tab",
        "demo_train",
        "demo_evaluate",
        "demo_register_commands",
        "demo_startup",
        "demo_shutdown",
        "demo_call",
    ]


@pytest.mark.parametrize("name", SPECS)
def test_every_hook_is_documented_and_typed(name: str) -> None:
    spec = SPECS[name]
    assert inspect.getdoc(spec)
    assert "return" in spec.__annotations__
    assert set(inspect.signature(spec).parameters) == spec.__annotations__.keys() - {"return"}


def test_the_reference_says_what_the_specifications_say() -> None:
    assert PAGE.read_text("utf-8") == page(PAGE.read_text("utf-8")), "run python docs/hooks.py"


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """The arguments that each hook of ``every_hook`` was given, in an app that is used in full."""
    record = tmp_path_factory.mktemp("record") / "calls.jsonl"
    plugins = tmp_path_factory.mktemp("every") / "plugins"
    (plugins / "every_hook").mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("every_hook.py"), plugins / "every_hook" / "__init__.py")
    here = ["--plugin-dir", str(plugins)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVERY_HOOK", str(record))
        assert main(["train", "every_hook", "--model", "net", *here]) == 0
        assert main([*here, "every_hook", "greet"]) == 0
        with Host([plugins], discover=False) as host:
            build_page(host)
            demo = host["every_hook"]
            assert [demo.call("scale", **call) for call in demo.examples()["scale"]] == [4.0]
    return dict(map(json.loads, record.read_text().splitlines()))


@pytest.mark.parametrize("name", SPECS)
def test_every_hook_is_called_with_all_its_arguments(
    called: Mapping[str, list[str]], name: str
) -> None:
    assert called[name] == list(inspect.signature(SPECS[name]).parameters)


def test_all_that_a_plugin_needs_is_at_the_top() -> None:
    for name in ("hookimpl", "Card", "ModelSpec", "Context", "action", "Host"):
        assert name in demo_app.__all__
    assert all(hasattr(demo_app, name) for name in demo_app.__all__)


def test_the_public_names_are_documented() -> None:
    documented = (getattr(demo_app, name) for name in demo_app.__all__)
    classes = [member for member in documented if inspect.isclass(member)]
    assert all(inspect.getdoc(member) for member in classes)
