"""A host follows its directories: an update is told in a line, and to whoever shows the plugins."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from demo_app import Host
from demo_app.live import Live
from demo_app.plugin import Plugin
from demo_app.testing import write_plugin
from tests.sources import GREETER


class Followed:
    """A host that is brought up to date when the test says so."""

    def __init__(self, host: Host, directory: Path) -> None:
        self.host = host
        self.directory = directory
        self.lines: list[str] = []
        self.changed: list[list[str]] = []
        self.live = Live(host, self._note, tell=self.lines.append)

    def _note(self, plugins: Iterable[Plugin]) -> None:
        self.changed.append([plugin.name for plugin in plugins])

    def write(self, name: str, source: str) -> Path:
        folder = write_plugin(self.directory, name, source)
        self.live.update({folder: "__init__.py"})
        return folder


@pytest.fixture
def followed(plugins: Path, make_host: Callable[..., Any]) -> Followed:
    host = make_host(plugins)
    host.start()
    return Followed(host, plugins)


def test_what_happens_is_told(followed: Followed) -> None:
    followed.live.update({followed.directory / "readme.txt": ""})
    folder = followed.write("greeter", GREETER)
    followed.write("greeter", "1 / 0")
    followed.write("greeter", GREETER)
    folder.rename(followed.directory.parent / "greeter")
    followed.live.update({folder: ""})
    assert followed.lines == [
        "greeter added (__init__.py)",
        "greeter changed (__init__.py): It raised an exception while it was imported: "
        "ZeroDivisionError: division by zero",
        "greeter changed (__init__.py)",
        "greeter removed",
    ]
    assert [set(names) for names in followed.changed] == [{"greeter"}] * 4


def test_a_folder_that_is_dropped_in_answers_by_itself(
    plugins: Path, make_host: Callable[..., Any]
) -> None:
    import queue

    host = make_host(plugins)
    host.start()
    lines: queue.Queue[str] = queue.Queue()
    with Live(host, tell=lines.put, quiet=0.05):
        write_plugin(plugins, "greeter", GREETER)
        assert lines.get(timeout=30) == "greeter added"
        assert host["greeter"].call("greet") == "hello you"
