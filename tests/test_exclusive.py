"""Calls that must not overlap do not."""

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from demo_app import Context, Host, InvalidInput, action

HostOf = Callable[..., Host]


def test_exclusive_calls_never_overlap(host_of: HostOf) -> None:
    inside = itertools.count()
    present: list[int] = []
    first_is_in, go_on = threading.Event(), threading.Event()

    @action(exclusive=True)
    def alone(ctx: Context) -> int:
        present.append(1)
        most = len(present)
        if next(inside) == 0:
            first_is_in.set()
            go_on.wait()
        present.pop()
        return most

    @action
    def beside(ctx: Context) -> str:
        return "not kept waiting"

    demo = host_of(alone, beside)["made"]
    with ThreadPoolExecutor(5) as pool:
        calls = [pool.submit(demo.call, "alone") for _ in range(5)]
        first_is_in.wait()
        while demo.stop("alone") + sum(call.done() for call in calls) < 5:
            """Until all five are under way: what nothing holds back goes in now."""
        assert demo.call("beside") == "not kept waiting"
        go_on.set()
        assert [call.result() for call in calls] == [1] * 5


def test_a_stream_keeps_others_out_until_it_is_closed_on_another_thread(host_of: HostOf) -> None:
    inside: list[str] = []

    @action(exclusive=True)
    def hold(ctx: Context) -> Iterator[int]:
        inside.append("hold")
        try:
            yield from itertools.count()
        finally:
            inside.remove("hold")

    @action(exclusive=True)
    def enter(ctx: Context) -> list[str]:
        return list(inside)

    demo = host_of(hold, enter)["made"]
    held = demo.stream("hold")
    with ThreadPoolExecutor(2) as pool:
        assert pool.submit(next, held).result() == 0
        waiting = pool.submit(demo.call, "enter")
        while not (demo.stop("enter") or waiting.done()):
            """Until it is under way."""
        held.close()
        assert waiting.result() == []


def test_an_exclusive_call_that_fails_lets_the_next_in(host_of: HostOf) -> None:
    @action(exclusive=True)
    def fail(ctx: Context) -> None:
        raise InvalidInput("no")

    demo = host_of(fail)["made"]
    for _ in range(2):
        with pytest.raises(InvalidInput):
            demo.call("fail")
