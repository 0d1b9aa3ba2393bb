"""How calls run: inference mode, seeds, streams on many threads, stopping, calls that must wait."""

import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from demo_app import Context, Host, InvalidInput, action
from demo_app.calls import Call
from demo_app.context import Session
from demo_app.engine import LocalEngine
from demo_app.errors import ActionFailed, Unknown

HostOf = Callable[..., Host]


def mode() -> tuple[bool, bool]:
    return torch.is_inference_mode_enabled(), torch.is_grad_enabled()


INFERENCE, GRADIENTS, OUTSIDE = (True, False), (False, True), mode()


@action
def plain(ctx: Context) -> tuple[bool, bool]:
    return mode()


@action(grad=True)
def with_gradients(ctx: Context) -> tuple[bool, bool]:
    return mode()


@action
def streaming(ctx: Context) -> Iterator[tuple[bool, bool]]:
    yield mode()
    yield mode()


@action(grad=True)
def streaming_gradients(ctx: Context) -> Iterator[tuple[bool, bool]]:
    yield mode()
    yield mode()


class TestMode:
    def test_a_call_runs_in_inference_mode(self, host_of: HostOf) -> None:
        assert host_of(plain)["made"].call("plain") == INFERENCE
        assert mode() == OUTSIDE

    def test_an_action_may_ask_for_gradients(self, host_of: HostOf) -> None:
        demo = host_of(with_gradients)["made"]
        with torch.inference_mode():
            assert demo.call("with_gradients") == GRADIENTS
        with torch.no_grad():
            assert demo.call("with_gradients") == GRADIENTS

    def test_the_mode_of_a_stream_does_not_leak_between_its_steps(self, host_of: HostOf) -> None:
        values = host_of(streaming)["made"].stream("streaming")
        assert (next(values), mode()) == (INFERENCE, OUTSIDE)
        assert (next(values), mode()) == (INFERENCE, OUTSIDE)

    def test_two_streams_of_different_modes_do_not_disturb_each_other(
        self, host_of: HostOf
    ) -> None:
        demo = host_of(streaming, streaming_gradients)["made"]
        plain, gradients = demo.stream("streaming"), demo.stream("streaming_gradients")
        steps = [next(stream) for stream in (plain, gradients, plain, gradients)]
        assert steps == [INFERENCE, GRADIENTS, INFERENCE, GRADIENTS]
        plain.close()
        gradients.close()
        assert mode() == OUTSIDE

    def test_a_failing_call_leaves_no_mode_behind(self, host_of: HostOf) -> None:
        @action
        def fail(ctx: Context) -> None:
            raise InvalidInput("no")

        with pytest.raises(InvalidInput):
            host_of(fail)["made"].call("fail")
        assert mode() == OUTSIDE

    def test_a_generator_that_is_closed_cleans_up_in_its_own_mode(self, host_of: HostOf) -> None:
        modes = []

        @action
        def tidy(ctx: Context) -> Iterator[int]:
            try:
                yield 1
            finally:
                modes.append(mode())

        with host_of(tidy)["made"].stream("tidy") as values:
            next(values)
        assert modes == [INFERENCE]


@action
def until_stopped(ctx: Context) -> Iterator[str]:
    while not ctx.stopped:
        yield "going on"
    yield "the best"


class TestStop:
    def test_stop_ends_the_visitors_own_calls_only(self, host_of: HostOf) -> None:
        host = host_of(until_stopped)
        ada, grace = (host.visit("made", Session()) for _ in range(2))
        hers, other = ada.stream("until_stopped"), grace.stream("until_stopped")
        assert [next(hers), next(other)] == ["going on", "going on"]
        assert ada.stop() == 1
        assert list(hers) == ["the best"]
        assert next(other) == "going on"
        other.close()

    def test_stop_may_name_the_action(self, host_of: HostOf) -> None:
        demo = host_of(until_stopped)["made"]
        with demo.stream("until_stopped") as values:
            next(values)
            assert demo.stop("something_else") == 0
            assert demo.stop("until_stopped") == 1
            assert list(values) == ["the best"]

    def test_nothing_runs_and_nothing_is_stopped(self, host_of: HostOf) -> None:
        demo = host_of(until_stopped)["made"]
        with demo.stream("until_stopped") as values:
            next(values)
        assert demo.stop() == 0

    def test_stopping_one_stream_leaves_the_next_alone(self, host_of: HostOf) -> None:
        demo = host_of(until_stopped)["made"]
        with demo.stream("until_stopped") as first, demo.stream("until_stopped") as second:
            assert [next(first), next(second)] == ["going on", "going on"]
            first.stop()
            assert (list(first), next(second)) == (["the best"], "going on")

    def test_a_plain_action_sees_the_stop_as_well(self, host_of: HostOf) -> None:
        begun = threading.Event()

        @action
        def search(ctx: Context) -> str:
            begun.set()
            while not ctx.stopped:
                pass
            return "the best"

        demo = host_of(search)["made"]
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(demo.call, "search")
            begun.wait()
            assert demo.stop() == 1
            assert found.result() == "the best"


class TestFailures:
    @pytest.mark.parametrize(
        "error", [ValueError("x"), SystemExit(1), StopIteration(), AssertionError(), Exception()]
    )
    def test_whatever_an_action_raises_is_contained(
        self, host_of: HostOf, error: BaseException
    ) -> None:
        @action
        def fail(ctx: Context) -> None:
            raise error

        with pytest.raises(ActionFailed, match=type(error).__name__) as caught:
            host_of(fail)["made"].call("fail")
        assert caught.value.__cause__ is not None

    def test_ctrl_c_gets_through(self, host_of: HostOf) -> None:
        @action
        def fail(ctx: Context) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            host_of(fail)["made"].call("fail")

    def test_an_action_finds_the_other_demos_as_its_own_visitor(self, host_of: HostOf) -> None:
        @action
        def note(ctx: Context, *, word: str) -> None:
            ctx.session["word"] = word

        @action
        def ask(ctx: Context) -> list[Any]:
            ctx.demos["made"].call("note", word="hers")
            found = ["made" in ctx.demos, "xyz" in ctx.demos, ctx.demos.get("xyz"), len(ctx.demos)]
            return [*found, ctx.session["word"]]

        host = host_of(note, ask)
        assert host.visit("made", Session()).call("ask") == [True, False, None, 1, "hers"]
        assert host.session.part("made") == {}


def test_two_hundred_calls_at_once_all_get_their_own_answer(shapes_host: Host) -> None:
    demo = shapes_host["shapes"]
    with ThreadPoolExecutor(50) as pool:
        names = [f"visitor {i}" for i in range(100)]
        greetings = pool.map(lambda name: demo.call("greet", name=name), names)
        scores = pool.map(lambda i: demo.call("score", values=[i, 0]).logits[0], range(100))
    assert list(greetings) == [f"hello {name}" for name in names]
    assert list(scores) == list(range(100))


class Recording:
    """A second engine: it notes the calls and lets another run them."""

    def __init__(self, host: Host) -> None:
        self.local = LocalEngine(host)
        self.seen: list[tuple[str, str, dict[str, Any]]] = []

    def call(self, call: Call) -> Any:
        self.seen.append((call.demo, call.action, dict(call.arguments)))
        return self.local.call(call)

    def stream(self, call: Call) -> Generator[Any, None, None]:
        self.seen.append((call.demo, call.action, dict(call.arguments)))
        yield from self.local.stream(call)

    def stop(self, session: Session, demo: str, action: str | None) -> int:
        return self.local.stop(session, demo, action)

    def describe(self) -> str:
        return f"recorded on {self.local.describe()}"

    def close(self) -> None:
        self.seen.append(("closed", "", {}))
        self.local.close()


def test_another_engine_can_take_the_place_of_the_local_one(host_of: HostOf) -> None:
    host = host_of(plain, until_stopped, engine=Recording)
    demo = host["made"]
    assert host.engine.describe().startswith("recorded on")
    assert demo.call("plain") == INFERENCE
    with demo.stream("until_stopped") as values:
        next(values)
        assert demo.stop() == 1
        assert list(values) == ["the best"]
    host.close()
    engine: Any = host.engine
    assert engine.seen == [("made", "plain", {}), ("made", "until_stopped", {}), ("closed", "", {})]


def test_an_unknown_action_gets_a_suggestion(host_of: HostOf) -> None:
    with pytest.raises(Unknown, match=r"no action of made named 'plane'\. Did you mean 'plain'"):
        host_of(plain)["made"].call("plane")
