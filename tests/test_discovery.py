"""Where plugins are found, in which order, under which names, and how they are imported."""

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from demo_app import Host, discovery
from demo_app.errors import ConfigurationError
from demo_app.plugin import State
from demo_app.testing import write_plugin
from tests.sources import GREETER, MINIMAL, leaves_a_mark

Write = Callable[..., Path]
MakeHost = Callable[..., Host]


def found_in(*directories: Path) -> list[str]:
    return [c.name for c in discovery.dropped_in(directories)]


def test_directories_come_in_the_order_given_and_their_entries_by_name(tmp_path: Path) -> None:
    for directory, name in [("b", "zebra"), ("b", "ant.py"), ("a", "bee"), ("b", "Cat")]:
        write_plugin(tmp_path / directory, name, MINIMAL)
    assert found_in(tmp_path / "b", tmp_path / "a") == ["cat", "ant", "zebra", "bee"]


def test_a_directory_given_twice_is_read_once(tmp_path: Path) -> None:
    write_plugin(tmp_path, "ant", MINIMAL)
    assert found_in(tmp_path, tmp_path / ".", tmp_path) == ["ant"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("my-plugin", "my_plugin"),
        ("My Plugin", "my_plugin"),
        ("my__plugin", "my_plugin"),
        ("v1.0", "v1_0"),
        ("3d-gan", "3d_gan"),
        ("größe", "größe"),
    ],
)
def test_any_folder_name_works(write: Write, make_host: MakeHost, folder: str, name: str) -> None:
    write(folder, {"__init__.py": "from .rest import *\n", "rest.py": GREETER})
    host = make_host(write("other", MINIMAL).parent)
    assert host[name].call("greet") == "hello you"


def test_a_single_file_is_a_plugin(write: Write, make_host: MakeHost) -> None:
    host = make_host(write("solo.py", GREETER).parent)
    assert host["solo"].call("greet", name="Ada") == "hello Ada"


def test_two_plugins_may_each_own_a_module_of_the_same_name(
    write: Write, make_host: MakeHost, plugins: Path
) -> None:
    for name in ("one", "two"):
        greeter = GREETER.replace("hello", name)
        write(name, {"__init__.py": "from .models import *\n", "models.py": greeter})
    host = make_host(plugins)
    assert [host[name].call("greet") for name in host] == ["one you", "two you"]


def test_a_plugin_may_have_packages_below_it(write: Write, make_host: MakeHost) -> None:
    files = {
        "__init__.py": "from .deep.er import *\n",
        "deep/__init__.py": "",
        "deep/er.py": "from .. import below\n" + GREETER,
        "below.py": "",
    }
    host = make_host(write("tree", files).parent)
    assert host["tree"].call("greet") == "hello you"


def test_importing_plugins_leaves_sys_path_alone(write: Write, make_host: MakeHost) -> None:
    before = list(sys.path)
    make_host(write("one", MINIMAL).parent)
    assert sys.path == before


def test_stray_files_are_no_plugins(write: Write, plugins: Path) -> None:
    for name in ("README.md", ".DS_Store", "notes.txt", "old.py~", ".hidden.py", "_private.py"):
        (plugins / name).write_text("this is no Python")
    for folder in ("__pycache__", "empty", ".git", "only-text", "_drafts"):
        (plugins / folder).mkdir()
    (plugins / "__pycache__" / "one.py").touch()
    (plugins / "only-text" / "README.md").touch()
    (plugins / "_drafts" / "__init__.py").touch()
    (plugins / "dangling").symlink_to(plugins / "nowhere")
    (plugins / "circle").symlink_to(plugins / "circle")
    write("one", MINIMAL)
    assert found_in(plugins) == ["one"]


def test_a_place_that_cannot_be_read_hides_no_other(
    write: Write, plugins: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a", "locked", "z"):
        write(name, MINIMAL)
    is_file = Path.is_file

    def refuse(path: Path) -> bool:
        if "locked" in path.parts:
            raise PermissionError(13, "Permission denied")
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refuse)
    assert found_in(plugins) == ["a", "z"]
    assert "locked: Permission denied" in caplog.text


def test_a_missing_directory_is_logged_and_the_others_load(
    write: Write, plugins: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write("one", MINIMAL)
    with caplog.at_level(logging.WARNING):
        assert found_in(plugins / "nowhere", plugins) == ["one"]
    assert "nowhere: No such file or directory" in caplog.text


def test_the_environment_names_directories_after_the_built_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(discovery.DIRECTORIES_VARIABLE, f"{tmp_path / 'a'}::{tmp_path / 'b'}")
    built_in = discovery.built_in_root() / "plugins"
    assert discovery.default_directories() == [built_in, tmp_path / "a", tmp_path / "b"]


def test_a_host_that_does_not_discover_sees_only_what_it_is_given(
    write: Write, make_host: MakeHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_plugin(tmp_path / "env", "elsewhere", MINIMAL)
    monkeypatch.setenv(discovery.DIRECTORIES_VARIABLE, str(tmp_path / "env"))
    host = make_host(write("one", MINIMAL).parent)
    assert [plugin.name for plugin in host.plugins] == ["one"]


def test_a_host_that_discovers_sees_the_environment_and_then_what_it_is_given(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_plugin(tmp_path / "env", "same", GREETER.replace("hello", "from the environment,"))
    monkeypatch.setenv(discovery.DIRECTORIES_VARIABLE, str(tmp_path / "env"))
    with Host([write("same", GREETER).parent]) as host:
        assert host["same"].call("greet") == "from the environment, you"


def test_tabs_are_sorted_by_the_card_and_then_by_name(
    write: Write, make_host: MakeHost, plugins: Path
) -> None:
    for name, order in [("c", 5), ("b", 50), ("a", 50)]:
        write(name, MINIMAL.replace("title=", f"order={order}, title="))
    assert list(make_host(plugins)) == ["c", "a", "b"]


class TestSelection:
    @pytest.fixture(autouse=True)
    def _three_plugins(self, write: Write) -> None:
        for name in ("one", "two-b", "three"):
            write(name, leaves_a_mark(GREETER))

    def test_only_loads_exactly_the_named(self, make_host: MakeHost, plugins: Path) -> None:
        host = make_host(plugins, only=["two-b", "one"])
        assert list(host) == ["one", "two_b"]
        assert host.plugin("three").state is State.BLOCKED
        assert "not among the selected" in str(host.plugin("three").problem)

    def test_disable_blocks_the_named(self, make_host: MakeHost, plugins: Path) -> None:
        host = make_host(plugins, disable=["Two_B"])
        assert list(host) == ["one", "three"]
        assert "disabled" in str(host.plugin("two_b").problem)

    def test_nothing_of_a_blocked_plugin_is_imported(
        self, make_host: MakeHost, plugins: Path
    ) -> None:
        make_host(plugins, disable=["one"], only=["one", "three"])
        imported = [path.parent.name for path in sorted(plugins.glob("*/imported"))]
        assert imported == ["three"]

    @pytest.mark.parametrize("option", ["only", "disable"])
    def test_an_unknown_name_is_an_error_with_a_suggestion(
        self, make_host: MakeHost, plugins: Path, option: str
    ) -> None:
        with pytest.raises(ConfigurationError, match=r"no plugin named 'tree'.* mean 'three'"):
            make_host(plugins, **{option: ["tree"]})

    def test_a_name_like_none_of_them_gets_the_list(
        self, make_host: MakeHost, plugins: Path
    ) -> None:
        with pytest.raises(ConfigurationError, match="There is: one, three, two_b"):
            make_host(plugins, only=["xyzzy"])


def test_a_built_in_plugin_can_be_disabled() -> None:
    host = Host(disable=["image_classifier"])
    assert host.plugin("image_classifier").state is State.BLOCKED
    assert "image_classifier" not in host


def test_listing_plugins_imports_neither_torch_nor_gradio(shapes_dir: Path) -> None:
    script = (
        "import sys; from demo_app import Host\n"
        f"Host([{str(shapes_dir)!r}]).report()\n"
        "print([name for name in ('torch', 'gradio') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
