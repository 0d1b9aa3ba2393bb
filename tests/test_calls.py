"""``demo_call``: any plugin wraps every call of every demo; the call log is the core's own use."""

import logging
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from demo_app import Context, Host, InvalidInput, action
from demo_app.calls import CallLog, StopFlag
from demo_app.errors import ActionFailed
from demo_app.plugin import State
from tests.sources import module_of

MakeHost = Callable[..., Host]
Wrapper = Callable[..., Generator[None, Any, Any]]


@action
def double(ctx: Context, *, x: int) -> int:
    return 2 * x


@action
def nothing(ctx: Context) -> None:
    return None


@action
def count(ctx: Context, *, to: int = 3) -> Iterator[int]:
    yield from range(1, to + 1)


@action
def refuse(ctx: Context) -> None:
    raise InvalidInput("no")


@action
def crash(ctx: Context) -> Iterator[int]:
    yield 1
    raise RuntimeError("a secret")


@pytest.fixture
def wrapped(make_host: MakeHost) -> Callable[..., Host]:
    """A host with a demo, and with a plugin each for the given wrappers."""

    def make(*wrappers: Wrapper, **options: Any) -> Host:
        modules = {"demo": module_of(double, nothing, count, refuse, crash)}
        for i, wrapper in enumerate(wrappers):
            hook = (wrapper, {"wrapper": True, **options})
            modules[f"wrapper_{i}"] = module_of(demo_call=hook)
        return make_host(modules=modules)

    return make


class TestWrapping:
    def test_a_wrapper_sees_the_demo_the_action_and_checked_arguments(
        self, wrapped: Callable[..., Host]
    ) -> None:
        seen = []

        def note(demo: Any, action: str, arguments: Any) -> Generator[None, Any, Any]:
            seen.append((demo.name, action, dict(arguments)))
            return (yield)

        assert wrapped(note)["demo"].call("double", x="3") == 6
        assert seen == [("demo", "double", {"x": 3})]

    def test_the_arguments_cannot_be_changed(self, wrapped: Callable[..., Host]) -> None:
        def change(arguments: Any) -> Generator[None, Any, Any]:
            arguments["x"] = 9
            return (yield)

        with pytest.raises(ActionFailed, match=r"wraps calls failed \(TypeError\)"):
            wrapped(change)["demo"].call("double", x=3)

    def test_a_wrapper_may_change_the_result(self, wrapped: Callable[..., Host]) -> None:
        def add(action: str) -> Generator[None, Any, Any]:
            return (yield) + 1

        assert wrapped(add, add)["demo"].call("double", x=3) == 8

    def test_for_a_stream_the_result_is_its_iterator(self, wrapped: Callable[..., Host]) -> None:
        def tenfold() -> Generator[None, Any, Any]:
            values = yield
            return (10 * value for value in values)

        assert list(wrapped(tenfold)["demo"].stream("count")) == [10, 20, 30]

    def test_a_wrapper_may_answer_an_error(self, wrapped: Callable[..., Host]) -> None:
        def mend() -> Generator[None, Any, Any]:
            try:
                return (yield)
            except InvalidInput:
                return "mended"

        assert wrapped(mend)["demo"].call("refuse") == "mended"

    def test_a_wrapper_may_refuse_a_call(self, wrapped: Callable[..., Host]) -> None:
        def limit() -> Generator[None, Any, Any]:
            raise InvalidInput("once a day")
            yield

        with pytest.raises(InvalidInput, match="once a day"):
            wrapped(limit)["demo"].call("double", x=1)

    def test_a_module_under_two_names_wraps_once(self, make_host: MakeHost) -> None:
        def add() -> Generator[None, Any, Any]:
            return (yield) + 1

        both = module_of(double, demo_call=(add, {"wrapper": True}))
        assert make_host(modules={"one": both, "two": both})["two"].call("double", x=3) == 7

    def test_none_is_a_result(self, wrapped: Callable[..., Host]) -> None:
        def hand_on() -> Generator[None, Any, Any]:
            return (yield)

        assert wrapped(hand_on)["demo"].call("nothing") is None

    def test_leaving_a_stream_reaches_the_action_through_a_careless_wrapper(
        self, make_host: MakeHost
    ) -> None:
        ended = threading.Event()

        @action
        def endless(ctx: Context) -> Iterator[int]:
            try:
                while True:
                    yield 1
            finally:
                ended.set()

        kept = []

        def careless() -> Generator[None, Any, Any]:
            values = yield
            kept.append(values)
            return iter([next(values), 2])

        hook = (careless, {"wrapper": True})
        modules = {"demo": module_of(endless), "wrapper": module_of(demo_call=hook)}
        with make_host(modules=modules)["demo"].stream("endless") as values:
            assert next(values) == 1
        assert ended.is_set()


def forgets_to_return() -> Generator[None, Any, Any]:
    yield


def raises_before() -> Generator[None, Any, Any]:
    raise KeyError("a secret")
    yield


def raises_after() -> Generator[None, Any, Any]:
    yield
    raise KeyError("a secret")


def exits() -> Generator[None, Any, Any]:
    yield
    raise SystemExit(3)


def yields_twice() -> Generator[None, Any, Any]:
    yield
    yield


def breaks_the_stream() -> Generator[None, Any, Any]:
    values = yield

    def broken() -> Iterator[Any]:
        yield next(iter(values))
        raise KeyError("a secret")

    return broken()


def gives_no_iterator() -> Generator[None, Any, Any]:
    yield
    return 3


class TestBrokenWrappers:
    @pytest.mark.parametrize("wrapper", [raises_before, raises_after, exits, yields_twice])
    @pytest.mark.parametrize("name", ["double", "count"])
    def test_it_fails_the_call_and_the_log_has_the_traceback(
        self,
        wrapped: Callable[..., Host],
        caplog: pytest.LogCaptureFixture,
        wrapper: Wrapper,
        name: str,
    ) -> None:
        arguments = {"x": 3} if name == "double" else {}
        with pytest.raises(ActionFailed, match="A plugin that wraps calls failed") as caught:
            wrapped(wrapper)["demo"].call(name, **arguments)
        assert "secret" not in str(caught.value)
        assert "A demo_call wrapper failed\nTraceback" in caplog.text

    @pytest.mark.parametrize("name", ["double", "count"])
    def test_a_dropped_result_is_noticed(self, wrapped: Callable[..., Host], name: str) -> None:
        arguments = {"x": 3} if name == "double" else {}
        with pytest.raises(ActionFailed, match="dropped the result: it must return it"):
            wrapped(forgets_to_return)["demo"].call(name, **arguments)

    @pytest.mark.parametrize("wrapper", [breaks_the_stream, gives_no_iterator])
    def test_a_broken_stream_is_contained(
        self, wrapped: Callable[..., Host], wrapper: Wrapper
    ) -> None:
        with pytest.raises(ActionFailed, match="A plugin that wraps calls failed"):
            wrapped(wrapper)["demo"].call("count")

    def test_what_an_action_raises_passes_a_wrapper_unchanged(
        self, wrapped: Callable[..., Host]
    ) -> None:
        def hand_on() -> Generator[None, Any, Any]:
            return (yield)

        with pytest.raises(InvalidInput, match=r"^no$"):
            wrapped(hand_on)["demo"].call("refuse")

    def test_a_plugin_that_failed_wraps_no_more(self, wrapped: Callable[..., Host]) -> None:
        host = wrapped(raises_before)
        host.plugin("wrapper_0").fail(State.TAB_FAILED, "Its tab failed.")
        assert host["demo"].call("double", x=3) == 6


class TestLog:
    @staticmethod
    def entries(host: Host) -> list[tuple[str, str, str]]:
        return [(entry.demo, entry.action, entry.outcome) for entry in host.log]

    def test_it_notes_every_call_and_its_outcome(self, wrapped: Callable[..., Host]) -> None:
        host = wrapped()
        demo = host["demo"]
        demo.call("double", x=1)
        list(demo.stream("count"))
        for name in ("refuse", "crash"):
            with pytest.raises((InvalidInput, ActionFailed)):
                demo.call(name)
        assert self.entries(host) == [
            ("demo", "double", "ok"),
            ("demo", "count", "ok"),
            ("demo", "refuse", "InvalidInput"),
            ("demo", "crash", "ActionFailed"),
        ]

    def test_a_visitor_who_leaves_is_noted(self, wrapped: Callable[..., Host]) -> None:
        host = wrapped()
        with host["demo"].stream("count") as values:
            next(values)
        assert self.entries(host) == [("demo", "count", "left")]

    def test_it_measures_time(self, wrapped: Callable[..., Host]) -> None:
        host = wrapped()
        host["demo"].call("double", x=1)
        (entry,) = host.log
        assert entry.milliseconds >= 0
        assert entry.started > 0

    def test_it_holds_nothing_of_what_was_asked_or_answered(
        self, wrapped: Callable[..., Host], caplog: pytest.LogCaptureFixture
    ) -> None:
        host = wrapped()
        with caplog.at_level(logging.DEBUG):
            host["demo"].call("double", x=31415)
            with pytest.raises(InvalidInput):
                host["demo"].call("double", x="confidential")
        written = repr(list(host.log)) + caplog.text
        assert not any(content in written for content in ("31415", "62830", "confidential"))

    def test_what_a_wrapper_breaks_is_noted_as_its_caller_sees_it(
        self, wrapped: Callable[..., Host]
    ) -> None:
        host = wrapped(raises_after, tryfirst=True)
        with pytest.raises(ActionFailed):
            host["demo"].call("double", x=1)
        assert self.entries(host) == [("demo", "double", "KeyError")]

    def test_it_forgets_the_oldest(self) -> None:
        log = CallLog(length=2)
        for name in ("a", "b", "c"):
            log._end(log._begin("demo", name), "ok")
        assert [entry.action for entry in log] == ["b", "c"]
        assert len(log) == 2


class TestStopFlag:
    def test_it_hands_the_request_on_when_it_is_set(self) -> None:
        heard: list[str] = []
        flag = StopFlag()
        flag.forward(lambda: heard.append("stop"))
        assert (flag.is_set(), heard) == (False, [])
        flag.set()
        assert (flag.is_set(), heard) == (True, ["stop"])

    def test_a_request_from_before_is_handed_on_at_once(self) -> None:
        heard: list[str] = []
        flag = StopFlag()
        flag.set()
        flag.forward(lambda: heard.append("stop"))
        assert heard == ["stop"]
