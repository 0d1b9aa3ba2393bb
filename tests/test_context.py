"""What the host lends to one call, what a visitor keeps, and what a running stream is."""

import threading
from collections.abc import Iterator

import pytest
import torch

from demo_app import DemoError
from demo_app.context import Session, Stream
from demo_app.errors import Unknown
from demo_app.testing import context


def test_equal_seeds_draw_equal_numbers() -> None:
    first, second, other = (torch.rand(5, generator=context(seed=seed).rng) for seed in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_the_generator_goes_on_within_one_call() -> None:
    ctx = context(seed=3)
    assert not torch.equal(torch.rand(5, generator=ctx.rng), torch.rand(5, generator=ctx.rng))


def test_the_generator_is_on_the_cpu_whatever_the_device() -> None:
    assert context(seed=1, device="meta").rng.device == torch.device("cpu")


def test_an_action_without_a_seed_has_no_generator() -> None:
    with pytest.raises(RuntimeError, match=r"marked @action\(seed=True\)"):
        _ = context().rng


def test_stopped_is_what_the_visitor_said() -> None:
    stopped = threading.Event()
    ctx = context(stopped=stopped)
    assert not ctx.stopped
    stopped.set()
    assert ctx.stopped


def test_a_session_keeps_the_values_of_each_demo_apart() -> None:
    session = Session()
    session.part("a")["x"] = 1
    session.part("b")["x"] = 2
    assert {demo: dict(values) for demo, values in session.items()} == {
        "a": {"x": 1},
        "b": {"x": 2},
    }


def test_two_sessions_are_never_equal() -> None:
    first, second = Session(), Session()
    assert first != second
    assert len({first, second}) == 2


class TestStream:
    def test_it_iterates_over_its_values(self) -> None:
        assert list(Stream(iter([1, 2]), stop=lambda: None)) == [1, 2]

    def test_stop_asks_the_action_and_keeps_the_rest(self) -> None:
        asked: list[str] = []
        stream = Stream(iter([1]), stop=lambda: asked.append("stop"))
        stream.stop()
        assert (asked, list(stream)) == (["stop"], [1])

    def test_leaving_a_with_block_closes_the_generator(self) -> None:
        ended: list[str] = []

        def values() -> Iterator[int]:
            try:
                yield 1
            finally:
                ended.append("ended")

        with Stream(values(), stop=lambda: None) as stream:
            next(stream)
        assert ended == ["ended"]


class TestUnknown:
    def test_it_reads_as_a_sentence(self) -> None:
        error = Unknown("plugin", "ganz", ["mnist_gan", "gan"])
        assert str(error) == "There is no plugin named 'ganz'. Did you mean 'gan'?"

    def test_it_lists_what_there_is_if_nothing_is_near(self) -> None:
        error = Unknown("plugin", "xyzzy", ["b", "a"])
        assert str(error) == "There is no plugin named 'xyzzy'. There is: a, b."

    def test_it_says_no_more_if_there_is_nothing(self) -> None:
        assert str(Unknown("plugin", "a", [])) == "There is no plugin named 'a'."

    def test_it_shortens_a_long_name_and_hides_what_cannot_be_printed(self) -> None:
        text = str(Unknown("plugin", "\x1b[2J" + "long" * 100, []))
        assert "\x1b" not in text
        assert len(text) < 120

    def test_it_is_what_a_mapping_raises(self) -> None:
        assert issubclass(Unknown, KeyError)
        assert issubclass(Unknown, DemoError)
