"""How plugins are imported: apart from each other, traceless when they fail, installed ones too."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from demo_app import Host, discovery
from demo_app.plugin import State
from demo_app.testing import write_plugin
from tests.sources import GREETER, MINIMAL, module_of

Write = Callable[..., Path]
MakeHost = Callable[..., Host]


def imported(name: str) -> list[str]:
    return [module for module in sys.modules if module.startswith(f"demo_app_plugins.{name}")]


def test_a_failed_import_leaves_nothing_in_sys_modules(write: Write, make_host: MakeHost) -> None:
    files = {"__init__.py": "from . import rooms\n1 / 0\n", "rooms.py": ""}
    host = make_host(write("gone", files).parent)
    assert host.plugin("gone").state is State.IMPORT_FAILED
    assert imported("gone") == []


def test_a_plugin_that_was_mended_can_be_loaded_by_the_next_host(
    write: Write, make_host: MakeHost, plugins: Path
) -> None:
    write("mended", {"__init__.py": "from .rooms import *\n1 / 0\n", "rooms.py": GREETER})
    assert "mended" not in make_host(plugins)
    write("mended", {"__init__.py": "from .rooms import *  # corrected\n"})
    assert make_host(plugins)["mended"].call("greet") == "hello you"


def test_ctrl_c_while_a_plugin_is_imported_ends_the_start(
    write: Write, make_host: MakeHost
) -> None:
    directory = write("interrupted", "raise KeyboardInterrupt").parent
    with pytest.raises(KeyboardInterrupt):
        make_host(directory)
    assert imported("interrupted") == []


def test_equal_names_in_two_hosts_are_two_modules(tmp_path: Path, make_host: MakeHost) -> None:
    hosts = []
    for word in ("first", "second"):
        write_plugin(tmp_path / word, "same", GREETER.replace("hello", word))
        hosts.append(make_host(tmp_path / word))
    assert [host["same"].call("greet") for host in hosts] == ["first you", "second you"]


def test_a_module_that_replaces_itself_does_not_hinder_the_next_host(
    tmp_path: Path, make_host: MakeHost
) -> None:
    lazy = "import sys, types\nsys.modules[__name__] = types.SimpleNamespace()\n" + MINIMAL
    for directory in ("a", "b"):
        write_plugin(tmp_path / directory, "lazy", lazy)
        assert list(make_host(tmp_path / directory)) == ["lazy"]


def test_dataclasses_with_postponed_annotations_work_in_plugins(
    write: Write, make_host: MakeHost
) -> None:
    source = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        + MINIMAL
        + """
@dataclass
class Point:
    x: int

@action
def mirror(ctx: Context, *, point: Point) -> Point:
    return Point(-point.x)

@hookimpl
def demo_actions():
    return [mirror]
"""
    )
    host = make_host(write("points.py", source).parent)
    assert host["points"].call("mirror", point={"x": 3}).x == -3


class TestInstalled:
    @pytest.fixture
    def install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        """Installs a module and an entry point to it, as pip would."""
        site = tmp_path / "site-packages"
        monkeypatch.setattr(discovery, "built_in_root", lambda: tmp_path)
        (tmp_path / "plugins").mkdir()

        def install(name: str, source: str, *, module: str, target: str = "") -> None:
            write_plugin(site, f"{module}.py", source)
            info = site / f"{module}-1.2.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n")
            entry = f"[demo_app.plugins]\n{name} = {module}{target}\n"
            (info / "entry_points.txt").write_text(entry)
            monkeypatch.syspath_prepend(site)
            monkeypatch.delitem(sys.modules, module, raising=False)
            importlib.invalidate_caches()

        return install

    def test_a_package_with_an_entry_point_is_a_plugin(self, install: Callable[..., None]) -> None:
        install("my-demo", GREETER, module="installed_one")
        with Host() as host:
            assert host["my_demo"].call("greet") == "hello you"
            plugin = host.plugin("my_demo")
        assert (plugin.version, plugin.origin) == ("1.2", "installed_one (installed_one 1.2)")

    def test_a_folder_of_the_same_name_wins(
        self, install: Callable[..., None], tmp_path: Path
    ) -> None:
        install("same", GREETER.replace("hello", "installed"), module="installed_two")
        folder = write_plugin(tmp_path / "plugins", "same", GREETER)
        with Host() as host:
            assert host["same"].call("greet") == "hello you"
            (refused,) = [plugin for plugin in host.plugins if plugin.duplicate]
        assert str(folder) in str(refused.problem)
        assert "installed_two (installed_two 1.2)" in str(refused.problem)

    def test_one_that_fails_to_import_is_contained(self, install: Callable[..., None]) -> None:
        install("bad", "import sys; sys.exit(3)", module="installed_three")
        host = Host()
        assert host.plugin("bad").state is State.IMPORT_FAILED
        assert "installed_three" not in sys.modules

    def test_an_entry_point_must_name_a_module(self, install: Callable[..., None]) -> None:
        install("func", GREETER, module="installed_four", target=":greet")
        host = Host()
        assert host.plugin("func").state is State.IMPORT_FAILED
        assert "names a function, not a module" in str(host.plugin("func").problem)

    def test_it_is_blocked_as_any_other(self, install: Callable[..., None]) -> None:
        install("off", "raise AssertionError('imported')", module="installed_five")
        assert Host(disable=["off"]).plugin("off").state is State.BLOCKED


class TestGivenModules:
    def test_one_can_be_disabled(self, make_host: MakeHost) -> None:
        modules = {"a": module_of(), "b": module_of()}
        assert list(make_host(modules=modules, disable=["b"])) == ["a"]

    def test_a_name_that_is_taken_is_refused(self, write: Write, make_host: MakeHost) -> None:
        directory = write("same", GREETER).parent
        host = make_host(directory, modules={"same": module_of()})
        assert host["same"].call("greet") == "hello you"
        assert [plugin.origin for plugin in host.plugins if plugin.duplicate] == ["module made"]

    def test_an_empty_module_is_invalid(self, make_host: MakeHost) -> None:
        host = make_host(modules={"empty": ModuleType("empty")})
        assert "no demo_card hook" in str(host.plugin("empty").problem)
