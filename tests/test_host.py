"""The host as a mapping of demos, its life from start to close, and the demos it hands out."""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from demo_app import Context, Host, ModelSpec, action
from demo_app.context import Session
from demo_app.engine import LocalEngine
from demo_app.errors import DemoUnavailable, InvalidInput, Unknown
from demo_app.plugin import State
from tests.sources import GREETER, module_of

HostOf = Callable[..., Host]
MakeHost = Callable[..., Host]


@action
def greet(ctx: Context, *, name: str = "you") -> str:
    """Say hello."""
    return f"hello {name}"


@action
def count(ctx: Context, *, to: int = 3) -> Iterator[int]:
    yield from range(1, to + 1)


class TestMapping:
    @pytest.fixture
    def host(self, make_host: MakeHost, plugins: Path, write: Callable[..., Path]) -> Host:
        write("good", GREETER)
        write("better", GREETER)
        write("broken", "1 / 0")
        return make_host(plugins)

    def test_it_holds_the_ready_demos(self, host: Host) -> None:
        assert list(host) == ["better", "good"]
        assert len(host) == 2
        assert {name: demo.name for name, demo in host.items()} == {
            "better": "better",
            "good": "good",
        }

    @pytest.mark.parametrize("name", ["broken", "gone", 3, None])
    def test_what_is_not_ready_is_not_in_it(self, host: Host, name: Any) -> None:
        assert name not in host
        assert host.get(name) is None

    def test_an_unknown_name_gets_a_suggestion(self, host: Host) -> None:
        with pytest.raises(Unknown, match=r"no plugin named 'goood'\. Did you mean 'good'\?"):
            host["goood"]

    def test_a_broken_one_says_why(self, host: Host) -> None:
        with pytest.raises(DemoUnavailable, match=r"^broken: It raised an exception while"):
            host["broken"]
        assert host.plugin("broken").state is State.IMPORT_FAILED

    def test_the_report_lists_every_plugin(self, host: Host) -> None:
        report = {entry["name"]: entry for entry in host.report()}
        assert set(report) == {"good", "better", "broken"}
        assert report["good"] | {"origin": "", "seconds": 0} == {
            "name": "good",
            "title": "Something",
            "state": "ready",
            "version": None,
            "origin": "",
            "seconds": 0,
            "problem": None,
            "remedy": None,
            "warnings": [],
        }
        assert report["broken"]["title"] == "Broken"
        assert all(entry["seconds"] >= 0 for entry in report.values())


class TestDemo:
    def test_call_gives_the_result_and_of_a_stream_the_last_value(self, host_of: HostOf) -> None:
        demo = host_of(greet, count)["made"]
        assert (demo.call("greet"), demo.call("count")) == ("hello you", 3)

    def test_stream_gives_every_value_and_of_a_plain_action_its_result(
        self, host_of: HostOf
    ) -> None:
        demo = host_of(greet, count)["made"]
        assert (list(demo.stream("greet")), list(demo.stream("count"))) == (
            ["hello you"],
            [1, 2, 3],
        )

    def test_an_empty_stream_has_no_last_value(self, host_of: HostOf) -> None:
        assert host_of(count)["made"].call("count", to=0) is None

    def test_a_stream_checks_its_arguments_before_the_first_value(self, host_of: HostOf) -> None:
        with pytest.raises(InvalidInput):
            host_of(count)["made"].stream("count", to="many")

    def test_parameters_may_be_named_as_those_of_call(self, host_of: HostOf) -> None:
        @action
        def echo(ctx: Context, *, action: str, self: str, demo: str) -> list[str]:
            return [action, self, demo]

        made = host_of(echo)["made"]
        assert made.call("echo", action="a", self="b", demo="c") == ["a", "b", "c"]

    def test_it_shows_what_the_plugin_says_of_itself(self, shapes_host: Host) -> None:
        demo = shapes_host["shapes"]
        assert (demo.card.title, demo.module.__doc__ is not None) == ("Shapes", True)
        assert list(demo.models) == ["scorer", "doubler", "untrained"]
        assert demo.actions["greet"].summary == "Greet somebody: no model at all."
        assert repr(shapes_host["next_door"]) == "<Demo next_door: sum_up, relay>"

    def test_it_reads_metadata_without_loading_the_model(self, shapes_host: Host) -> None:
        demo = shapes_host["shapes"]
        metadata = demo.metadata("scorer")
        assert metadata is not None
        assert metadata.classes == ["left", "right", "both"]
        assert demo.metadata("untrained") is None
        engine: Any = shapes_host.engine
        assert len(engine.models) == 0

    def test_it_builds_the_bare_architecture(self, shapes_host: Host) -> None:
        assert shapes_host["shapes"].build_model("scorer").weight.shape == (3, 2)

    def test_a_model_must_be_named_if_there_are_several(self, shapes_host: Host) -> None:
        with pytest.raises(Unknown, match="There is: doubler, scorer, untrained"):
            shapes_host["shapes"].metadata()
        assert shapes_host["next_door"].metadata() is not None


class TestLife:
    def test_startup_runs_once_whoever_comes_first(self, host_of: HostOf) -> None:
        begun: list[Host] = []
        gate = threading.Barrier(4)
        started = host_of(greet, demo_startup=lambda host: begun.append(host))

        def call(_: int) -> str:
            gate.wait()
            return str(started["made"].call("greet"))

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(call, range(4))) == ["hello you"] * 4
        started.start()
        assert begun == [started]

    def test_startup_may_use_the_demos(self, host_of: HostOf) -> None:
        said = []
        host = host_of(greet, demo_startup=lambda host: said.append(host["made"].call("greet")))
        host.start()
        assert said == ["hello you"]

    def test_nothing_starts_before_it_is_needed(self, host_of: HostOf) -> None:
        begun: list[Host] = []
        host = host_of(greet, demo_startup=lambda host: begun.append(host))
        host.close()
        assert begun == []

    @pytest.mark.parametrize("error", [OSError("no disk"), SystemExit(1)])
    def test_a_startup_that_raises_takes_out_its_plugin_only(
        self, make_host: MakeHost, error: BaseException
    ) -> None:
        ended: list[str] = []

        def fail(host: Host) -> None:
            raise error

        bad = module_of(greet, demo_startup=fail, demo_shutdown=lambda: ended.append("bad"))
        good = module_of(greet, demo_shutdown=lambda: ended.append("good"))
        with make_host(modules={"bad": bad, "good": good}) as host:
            assert host["good"].call("greet") == "hello you"
            plugin = host.plugin("bad")
            assert plugin.state is State.STARTUP_FAILED
            assert f"demo_startup() raised {type(error).__name__}" in str(plugin.problem)
            assert plugin.remedy == "See the traceback for the line."
            assert plugin.traceback is not None
            with pytest.raises(DemoUnavailable, match="demo_startup"):
                host["bad"]
        assert ended == ["good"]

    def test_a_shutdown_that_raises_keeps_no_other_from_its_own(
        self, make_host: MakeHost, caplog: pytest.LogCaptureFixture
    ) -> None:
        ended: list[str] = []

        def fail() -> None:
            raise OSError("no disk")

        modules = {
            "bad": module_of(demo_shutdown=fail),
            "good": module_of(demo_shutdown=lambda: ended.append("good")),
        }
        with make_host(modules=modules):
            pass
        assert ended == ["good"]
        assert "demo_shutdown of bad" in caplog.text

    def test_a_plugin_that_failed_after_its_startup_is_shut_down(self, host_of: HostOf) -> None:
        ended: list[str] = []
        with host_of(greet, demo_shutdown=lambda: ended.append("made")) as host:
            host.plugin("made").fail(State.TAB_FAILED, "Its tab failed.")
        assert ended == ["made"]

    def test_closing_twice_shuts_down_once(self, host_of: HostOf) -> None:
        ended: list[str] = []
        host = host_of(greet, demo_shutdown=lambda: ended.append("made"))
        with host:
            host.close()
        assert ended == ["made"]

    def test_two_hosts_share_no_session_and_no_log(self, shapes_dir: Path) -> None:
        with Host([shapes_dir], discover=False) as one, Host([shapes_dir], discover=False) as two:
            visits = [host["shapes"].call("visit") for host in (one, one, two)]
            assert visits == [1, 2, 1]
            assert (len(one.log), len(two.log)) == (2, 1)


def test_a_visitors_values_are_seen_by_no_other_demo(make_host: MakeHost) -> None:
    @action
    def keep(ctx: Context, *, value: str) -> list[str]:
        ctx.session["value"] = value
        return sorted(ctx.session)

    @action
    def look(ctx: Context) -> list[str]:
        return sorted(ctx.session)

    host = make_host(modules={"one": module_of(keep), "two": module_of(look)})
    visitor = Session()
    assert host.visit("one", visitor).call("keep", value="mine") == ["value"]
    assert host.visit("two", visitor).call("look") == []


def test_the_first_failure_of_a_plugin_is_kept(host_of: HostOf) -> None:
    plugin = host_of(greet).plugin("made")
    plugin.fail(State.TAB_FAILED, "The first.", "Mend it.")
    plugin.fail(State.CHECKPOINT_FAILED, "The second.")
    assert (plugin.state, plugin.problem, plugin.remedy) == (
        State.TAB_FAILED,
        "The first.",
        "Mend it.",
    )


def test_hooks_may_leave_out_arguments(host_of: HostOf) -> None:
    models = [ModelSpec(name="net")]
    host = host_of(demo_models=lambda: models, demo_build_model=lambda: nn.ReLU())
    assert type(host["made"].build_model("net")).__name__ == "ReLU"


def test_in_a_forked_process_no_lock_of_the_first_is_waited_for(host_of: HostOf) -> None:
    host = host_of(greet)
    host.start()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with host._lifecycle:
            held.set()
            done.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    forked = host.forked(LocalEngine)
    assert forked["made"].call("greet") == "hello you"
    assert forked.engine is not host.engine
    done.set()
    holder.join()


def test_starting_is_quiet(host_of: HostOf, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="demo_app"), host_of(greet) as host:
        host["made"].call("greet")
    assert caplog.records == []
