"""A stream on a page: the newest value, at once, and the last one always."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from demo_app.context import Stream
from demo_app.surfaces.pacing import newest


def stream(values: Callable[[], Iterator[Any]]) -> Stream:
    return Stream(values(), stop=lambda: None)


def test_values_that_are_overtaken_are_skipped_but_not_the_last() -> None:
    shown = list(newest(stream(lambda: iter(range(100_000))), seconds_between=60))
    assert len(shown) <= 3
    assert shown[-1] == 99_999


def test_a_value_before_a_long_wait_is_shown_at_once() -> None:
    seen = threading.Event()

    def values() -> Iterator[str]:
        yield "phase"
        assert seen.wait(60)
        yield "done"

    shown = []
    for value in newest(stream(values)):
        shown.append(value)
        seen.set()
    assert shown == ["phase", "done"]


def test_an_error_comes_after_the_last_value() -> None:
    def values() -> Iterator[int]:
        yield 1
        raise KeyError("broken")

    paced = newest(stream(values))
    assert next(paced) == 1
    with pytest.raises(KeyError, match="broken"):
        next(paced)


def test_an_empty_stream_shows_nothing() -> None:
    assert list(newest(stream(lambda: iter(())))) == []


def test_closing_it_closes_the_stream() -> None:
    closed = threading.Event()

    def values() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    paced = newest(stream(values), seconds_between=0)
    assert next(paced) == 1
    paced.close()
    assert closed.wait(60)
