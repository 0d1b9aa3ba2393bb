"""A host looks again: the new is loaded, the changed is loaded anew, the gone goes whole."""

import gc
import sys
import threading
import typing
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo_app import Host
from demo_app.engine import LocalEngine
from demo_app.errors import DemoUnavailable, Unknown
from demo_app.plugin import State
from demo_app.testing import write_plugin
from tests.sources import GREETER, MINIMAL

Write = Callable[..., Path]

STREAM = (
    MINIMAL
    + """
from collections.abc import Iterator

EVENTS = []

@action
def count(ctx: Context) -> Iterator[int]:
    for number in range(1_000_000):
        from .rooms import BASE
        yield BASE + number
        if ctx.stopped:
            return

@hookimpl
def demo_actions():
    return [count]

@hookimpl
def demo_shutdown(host, demo):
    demo.module.EVENTS.append("shut down")
"""
)
MODEL = (
    MINIMAL
    + """
from dataclasses import dataclass

@dataclass
class Point:
    x: float

@hookimpl
def demo_models():
    return [ModelSpec(name="net")]

@hookimpl
def demo_build_model(name):
    import torch

    return torch.nn.Linear(1, 1)

@action
def run(ctx: Context, *, point: Point) -> Point:
    import torch

    ctx.session["last"] = point
    return Point(ctx.model()(torch.tensor([[point.x]])).item())

@hookimpl
def demo_actions():
    return [run]
"""
)


@pytest.fixture
def host(plugins: Path, make_host: Callable[..., Host]) -> Host:
    """Started, with no plugin yet."""
    host = make_host(plugins)
    host.start()
    return host


def modules_of(folder: Path) -> list[str]:
    return [
        name
        for name, module in list(sys.modules.items())
        if (getattr(module, "__file__", None) or "").startswith(f"{folder}/")
    ]


def collect() -> None:
    """Also what typing remembers of the last annotations that it saw."""
    for forget in typing._cleanups:  # type: ignore[attr-defined]
        forget()
    gc.collect()


def test_a_new_folder_is_loaded(host: Host, write: Write) -> None:
    write("greeter", GREETER)
    (plugin,) = host.update()
    assert (plugin.name, plugin.state) == ("greeter", State.READY)
    assert host["greeter"].call("greet") == "hello you"


def test_what_is_there_and_untouched_stays_as_it_is(host: Host, write: Write) -> None:
    write("greeter", GREETER)
    host.update()
    record = host.plugin("greeter")
    write("other", GREETER)
    assert [plugin.name for plugin in host.update()] == ["other"]
    assert host.plugin("greeter") is record


def test_a_touched_folder_is_loaded_anew_whatever_its_bytecode_says(
    host: Host, write: Write
) -> None:
    """Python takes the bytecode of a file of equal size and second for that of the new one."""
    folder = write("greeter", {"__init__.py": "from .rooms import *", "rooms.py": GREETER})
    host.update()
    for word in ("howdy", "salve", "hallo"):
        write("greeter", {"rooms.py": GREETER.replace("hello", word)})
        host.update([folder / "rooms.py"])
        assert host["greeter"].call("greet") == f"{word} you"


def test_every_load_has_a_generation_and_a_module_name_of_its_own(host: Host, write: Write) -> None:
    folder = write("greeter", GREETER)
    seen = set()
    for _ in range(3):
        host.update([folder])
        plugin = host.plugin("greeter")
        assert plugin.module is not None
        assert modules_of(folder) == [plugin.module.__name__]
        seen.add((plugin.generation, plugin.module.__name__))
    assert len(seen) == 3


def test_a_folder_that_goes_leaves_nothing(host: Host, write: Write) -> None:
    folder = write("net", MODEL)
    host.update()
    host["net"].call("run", point={"x": 1.0})
    engine = host.engine
    assert isinstance(engine, LocalEngine)
    assert len(engine.models) == 1
    module = weakref.ref(host.plugin("net").module)  # type: ignore[arg-type]
    folder.rename(folder.parent.parent / "net")
    host.update()
    collect()
    assert module() is None
    assert modules_of(folder) == []
    assert len(engine.models) == 0
    assert dict(host.session) == {}
    with pytest.raises(Unknown, match="no plugin named 'net'"):
        host["net"]


def test_ten_generations_leave_one(host: Host, write: Write) -> None:
    folder = write("net", MODEL)
    modules = []
    for _ in range(10):
        host.update([folder])
        host["net"].call("run", point={"x": 1.0})
        modules.append(weakref.ref(host.plugin("net").module))  # type: ignore[arg-type]
    collect()
    assert [module() is not None for module in modules] == [False] * 9 + [True]


def test_one_that_breaks_says_so_and_one_that_is_mended_works(host: Host, write: Write) -> None:
    folder = write("greeter", GREETER)
    host.update()
    for _ in range(3):
        write("greeter", "def broken(:")
        host.update([folder])
        assert host.plugin("greeter").state is State.IMPORT_FAILED
        assert modules_of(folder) == []
        with pytest.raises(DemoUnavailable, match="Syntax error"):
            host["greeter"]
        write("greeter", GREETER)
        host.update([folder])
        assert host["greeter"].call("greet") == "hello you"


def test_the_next_of_two_equal_names_takes_the_place_of_the_first(
    tmp_path: Path, make_host: Callable[..., Host]
) -> None:
    first = write_plugin(tmp_path / "a", "same", GREETER)
    write_plugin(tmp_path / "b", "same", GREETER.replace("hello", "second"))
    host = make_host(tmp_path / "a", tmp_path / "b")
    first.rename(tmp_path / "elsewhere")
    host.update()
    assert host["same"].call("greet") == "second you"
    (tmp_path / "elsewhere").rename(first)
    host.update()
    assert host["same"].call("greet") == "hello you"
    assert [plugin.duplicate for plugin in host.plugins] == [False, True]


def test_one_that_is_disabled_stays_so(plugins: Path, make_host: Any, write: Write) -> None:
    write("a", GREETER)
    write("b", GREETER)
    host = make_host(plugins, only=["a"])
    assert host.update([plugins / "b"])[0].state is State.BLOCKED
    write("c", GREETER)
    host.update()
    assert list(host) == ["a"]


def test_hooks_of_the_lifecycle_are_called_for_late_ones(host: Host, write: Write) -> None:
    hooks = """
@hookimpl
def demo_startup(host, demo):
    EVENTS.append(f"{demo.name} started")

@hookimpl
def demo_shutdown(host, demo):
    EVENTS.append(f"{demo.name} shut down")
"""
    folder = write("late", MINIMAL + "EVENTS = []" + hooks)
    host.update()
    events = host["late"].module.EVENTS
    assert events == ["late started"]
    folder.rename(folder.parent.parent / "late")
    host.update()
    assert events == ["late started", "late shut down"]
    host.close()
    assert events == ["late started", "late shut down"]


def test_its_wrappers_go_with_it_and_the_log_stays_outside(host: Host, write: Write) -> None:
    write("greeter", GREETER)
    loud = """
@hookimpl(wrapper=True, tryfirst=True)
def demo_call():
    return (yield).upper()
"""
    folder = write("loud", MINIMAL + loud)
    host.update()
    assert host["greeter"].call("greet") == "HELLO YOU"
    assert [entry.outcome for entry in host.log] == ["ok"]
    folder.rename(folder.parent.parent / "loud")
    host.update()
    assert host["greeter"].call("greet") == "hello you"


class TestWhileACallRuns:
    @pytest.fixture
    def folder(self, write: Write) -> Path:
        return write("counter", {"__init__.py": STREAM, "rooms.py": "BASE = 0"})

    @pytest.fixture
    def stream(self, host: Host, folder: Path) -> Iterator[Any]:
        host.update()
        with host["counter"].stream("count") as values:
            assert next(values) == 0
            yield values

    def test_it_goes_on_in_the_old_generation(
        self, host: Host, write: Write, stream: Any, folder: Path
    ) -> None:
        old = host["counter"]
        write("counter", {"rooms.py": "BASE = 100"})
        host.update([folder])
        assert [next(stream), next(stream)] == [1, 2]
        assert old.module.EVENTS == []
        with host["counter"].stream("count") as new:
            assert next(new) == 100
        stream.close()
        assert old.module.EVENTS == ["shut down"]
        assert modules_of(folder) == [
            host["counter"].module.__name__,
            f"{host['counter'].module.__name__}.rooms",
        ]

    def test_a_handle_of_the_old_one_is_refused(
        self, host: Host, stream: Any, folder: Path
    ) -> None:
        old = host["counter"]
        host.update([folder])
        with pytest.raises(DemoUnavailable, match="changed or removed"):
            old.call("count")

    def test_a_stream_that_was_not_begun_is_refused(self, host: Host, folder: Path) -> None:
        host.update()
        waiting = host["counter"].stream("count")
        host.update([folder])
        with pytest.raises(DemoUnavailable, match="changed"):
            next(waiting)

    def test_one_that_takes_too_long_is_asked_to_end(
        self, host: Host, stream: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("demo_app.engine.PATIENCE", 0.0)
        old = host["counter"]
        host.update([folder])
        for _ in stream:
            pass
        assert old.module.EVENTS == ["shut down"]

    def test_calls_of_other_demos_go_on_while_one_is_loaded(self, host: Host, write: Write) -> None:
        write("greeter", GREETER)
        host.update()
        importing, go_on = threading.Event(), threading.Event()
        sys.modules["gates_of_this_test"] = gates = type(sys)("gates_of_this_test")
        gates.importing, gates.go_on = importing, go_on  # type: ignore[attr-defined]
        write("slow", "import gates_of_this_test as g\ng.importing.set()\ng.go_on.wait(60)\n")
        update = threading.Thread(target=host.update)
        update.start()
        try:
            assert importing.wait(60)
            assert host["greeter"].call("greet") == "hello you"
        finally:
            go_on.set()
            update.join()
            del sys.modules["gates_of_this_test"]


def test_a_module_that_another_host_uses_is_not_forgotten(
    host: Host, write: Write, make_host: Callable[..., Host], plugins: Path
) -> None:
    folder = write("greeter", {"__init__.py": "from .rooms import *", "rooms.py": GREETER})
    ours, theirs = make_host(plugins), make_host(plugins)
    ours.unload(ours.plugin("greeter"))
    assert modules_of(folder)
    assert theirs["greeter"].call("greet") == "hello you"
    theirs.unload(theirs.plugin("greeter"))
    assert modules_of(folder) == []
    assert folder.is_dir()


def test_a_closed_host_looks_no_more(host: Host, write: Write) -> None:
    host.close()
    write("greeter", GREETER)
    assert host.update() == []
