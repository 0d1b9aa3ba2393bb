"""Whatever a plugin does wrong, the host starts, the others work, and its state says what to do."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from demo_app import Host
from demo_app.errors import DemoUnavailable
from demo_app.plugin import State
from tests.broken_plugins import BROKEN, UNFIT, Broken, pyproject
from tests.sources import GREETER, leaves_a_mark

Write = Callable[..., Path]
MakeHost = Callable[..., Host]


@pytest.fixture
def host_with(write: Write, make_host: MakeHost) -> Callable[[Broken], Host]:
    """A host with a broken plugin between two good ones."""

    def make(broken: Broken) -> Host:
        for name in ("a_good_one", "z_good_one"):
            write(name, GREETER)
        return make_host(write("broken", broken.files).parent)

    return make


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_says_what_happened_and_what_to_do(
    host_with: Callable[[Broken], Host], broken: Broken
) -> None:
    plugin = host_with(broken).plugin("broken")
    assert plugin.state is broken.state
    assert plugin.problem is not None
    assert broken.problem in plugin.problem
    assert plugin.remedy == broken.remedy


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_leaves_the_others_working(
    host_with: Callable[[Broken], Host], broken: Broken
) -> None:
    host = host_with(broken)
    assert [host[name].call("greet") for name in host] == ["hello you", "hello you"]
    with pytest.raises(DemoUnavailable) as caught:
        host["broken"]
    assert broken.remedy in str(caught.value)
    states = {entry["name"]: entry["state"] for entry in json.loads(json.dumps(host.report()))}
    assert states == {"a_good_one": "ready", "broken": broken.state, "z_good_one": "ready"}


@pytest.mark.parametrize("unfit", UNFIT)
def test_nothing_of_an_incompatible_plugin_is_imported(
    host_with: Callable[[Broken], Host], plugins: Path, unfit: str
) -> None:
    host_with(BROKEN[unfit])
    assert not (plugins / "broken" / "imported").exists()


def test_the_mark_of_those_tests_is_left_by_a_plugin_that_fits(
    host_with: Callable[[Broken], Host], plugins: Path
) -> None:
    fitting = Broken(pyproject("[project]\nversion = '3.4'"), State.READY, "", "")
    assert host_with(fitting).plugin("broken").version == "3.4"
    assert (plugins / "broken" / "imported").exists()


def test_a_pyproject_that_is_no_text_is_contained(write: Write, make_host: MakeHost) -> None:
    folder = write("bytes", GREETER)
    (folder / "pyproject.toml").write_bytes(b"\xff\xfe\x00")
    assert make_host(folder.parent).plugin("bytes").state is State.INCOMPATIBLE


def test_the_second_of_two_equal_names_is_refused_and_both_are_named(
    write: Write, make_host: MakeHost
) -> None:
    first, second = write("a-name", GREETER), write("a_name", leaves_a_mark("1 / 0"))
    host = make_host(first.parent)
    assert host["a_name"].call("greet") == "hello you"
    (refused,) = [plugin for plugin in host.plugins if plugin.duplicate]
    assert refused.state is State.INVALID
    assert f"{first} came first, so {second} is refused" in str(refused.problem)
    assert refused.remedy == "Rename or remove one of the two."
    assert not (second / "imported").exists()


def test_an_error_that_shows_paths_keeps_its_traceback_for_the_command_line(
    host_with: Callable[[Broken], Host],
) -> None:
    plugin = host_with(BROKEN["exception at import"]).plugin("broken")
    assert plugin.traceback is not None
    assert "{}['key']" in plugin.traceback
