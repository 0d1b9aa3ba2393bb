"""README and docs say what is true: the example works, and what they name exists."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from demo_app import Host
from demo_app.hookspecs import API_VERSION
from demo_app.loading import HOOKS
from demo_app.plugin import State
from demo_app.surfaces.page.shell import build_page

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def block(marker: str) -> str:
    """The code block below a marker in the README."""
    match = re.search(rf"<!-- {marker} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert match is not None, f"README.md has no block below the marker {marker!r}"
    return match.group(1)


def test_the_plugin_in_the_readme_works(plugins: Path, make_host: Callable[..., Host]) -> None:
    (plugins / "halver.py").write_text(block("plugin example"), "utf-8")
    host = make_host(plugins)
    page = build_page(host)
    assert host["halver"].call("halve", x=7) == 3.5
    assert host.plugin("halver").state is State.READY
    assert "/halver__halve" in page.get_api_info()["named_endpoints"]


def test_the_two_commands_are_one_line_each() -> None:
    for marker in ("run command", "test command"):
        (line,) = block(marker).strip().splitlines()
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")


@pytest.mark.parametrize(
    "path",
    sorted(
        str(path.relative_to(ROOT))
        for pattern in ("demo_app/*.py", "demo_app/surfaces/*", "plugins/*")
        for path in ROOT.glob(pattern)
        if not path.name.startswith("_")
    ),
)
def test_the_tree_in_the_readme_names_every_room(path: str) -> None:
    assert Path(path).name in README


@pytest.mark.parametrize(
    "document",
    sorted(
        str(path.relative_to(ROOT))
        for pattern in ("*.md", "docs/*.md", "examples/*.md", "benchmarks/*.md")
        for path in ROOT.glob(pattern)
    ),
)
def test_what_a_document_links_to_exists(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing = [link for link in links if not ((ROOT / document).parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_in_the_reference(hook: str) -> None:
    assert f"`{hook}" in (ROOT / "docs" / "hooks.md").read_text("utf-8")


def test_the_reference_names_no_hook_that_does_not_exist() -> None:
    named = set(re.findall(r"`(demo_\w+)\(", (ROOT / "docs" / "hooks.md").read_text("utf-8")))
    assert named == set(HOOKS)


def test_every_version_is_stated_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "version" in project["dynamic"]
    assert f'api = "{API_VERSION}"' in (ROOT / "docs" / "hooks.md").read_text("utf-8")


def test_every_checkpoint_is_small_enough_and_named_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text("utf-8")
    for path in (ROOT / "checkpoints").rglob("*.safetensors"):
        assert path.stat().st_size < 10_000_000
        assert str(path.relative_to(ROOT)) in notice
