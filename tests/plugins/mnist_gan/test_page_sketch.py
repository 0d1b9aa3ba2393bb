"""The paper and the photo: what reaches the networks, and what a search shows meanwhile."""

import base64
import io
import json
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from demo_app import Host
from demo_app.surfaces.page.shell import build_tab
from tests.plugins.mnist_gan.drawings import drawn, farthest
from tests.plugins.mnist_gan.page_values import decoded

PREFIX = "data:image/png;base64,"


@pytest.fixture(scope="session")
def sketch(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.sketch")


@pytest.fixture(scope="session")
def handler(host: Host) -> Callable[[str], Callable[..., Any]]:
    """A function behind the section's events, by its name."""
    tab = build_tab(host, host.plugin("mnist_gan"))
    assert tab is not None
    named = {getattr(fn.fn, "__name__", ""): fn.fn for fn in tab.fns.values()}
    return named.__getitem__


def url(content: bytes) -> str:
    return PREFIX + base64.b64encode(content).decode()


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def sent(image: Image.Image) -> gr.EventData:
    """A drawing as the paper's script sends it."""
    return gr.EventData(None, {"image": url(png(image))})


class TestReading:
    def test_the_judge_sees_what_was_drawn(
        self, sketch: ModuleType, handler: Callable[[str], Callable[..., Any]]
    ) -> None:
        image, shown = handler("receive")(sent(drawn(2)), None, sketch.Turn())
        assert farthest(image, drawn(2)) == 0
        probabilities = json.loads(shown)["probabilities"]
        assert max(range(10), key=lambda digit: probabilities[digit]) == 2

    def test_empty_paper_shows_nothing_and_keeps_nothing(
        self, sketch: ModuleType, handler: Callable[[str], Callable[..., Any]]
    ) -> None:
        turn = sketch.Turn()
        image, shown = handler("receive")(gr.EventData(None, {"image": ""}), drawn(2), turn)
        assert image is None
        assert json.loads(shown) == {}
        assert turn.number == 1

    @pytest.mark.parametrize("known", [None, drawn(2)], ids=["empty", "drawn"])
    def test_what_is_known_already_changes_nothing(
        self,
        sketch: ModuleType,
        handler: Callable[[str], Callable[..., Any]],
        known: Image.Image | None,
    ) -> None:
        turn = sketch.Turn()
        again = gr.EventData(None, {"image": ""}) if known is None else sent(known)
        assert handler("receive")(again, known, turn) == (gr.skip(), gr.skip())
        assert turn.number == 0

    def test_a_photo_takes_the_place_of_the_drawing(
        self, sketch: ModuleType, handler: Callable[[str], Callable[..., Any]]
    ) -> None:
        turn = sketch.Turn()
        image, shown, paper = handler("take")(drawn(5), turn)
        assert farthest(image, drawn(5)) == 0
        assert "drawing" in json.loads(shown)
        assert paper == gr.skip()
        assert turn.number == 1

    def test_when_the_photo_is_removed_the_paper_is_asked_again(
        self, sketch: ModuleType, handler: Callable[[str], Callable[..., Any]]
    ) -> None:
        turn = sketch.Turn()
        first, second = (handler("take")(None, turn) for _ in range(2))
        assert first[:2] == second[:2] == (gr.skip(), gr.skip())
        assert first[2] != second[2]
        assert turn.number == 0

    @pytest.mark.parametrize(
        ("photo", "message"),
        [
            (Image.new("RGB", (300, 200), "white"), "nothing on the paper yet"),
            (Image.effect_noise((300, 200), 90).convert("RGB"), "not look like a digit"),
        ],
        ids=["blank", "noise"],
    )
    def test_a_photo_of_no_digit_is_refused_and_the_drawing_stays(
        self,
        sketch: ModuleType,
        handler: Callable[[str], Callable[..., Any]],
        photo: Image.Image,
        message: str,
    ) -> None:
        turn = sketch.Turn()
        with pytest.raises(gr.Error, match=message):
            handler("take")(photo, turn)
        assert turn.number == 0


class TestSearching:
    def test_it_ends_with_the_nearest(
        self, sketch: ModuleType, handler: Callable[[str], Callable[..., Any]]
    ) -> None:
        *_, last = (json.loads(one) for one in handler("search")(drawn(2), sketch.Turn()))
        assert last["step"] == last["steps"] == sketch.STEPS
        assert last["digit"] == 2
        assert last["error"] == last["errors"][-1] < last["errors"][0]
        assert decoded(last["residual"]).mode == "RGB"

    def test_without_a_drawing_it_asks_for_one(
        self, sketch: ModuleType, handler: Callable[[str], Callable[..., Any]]
    ) -> None:
        with pytest.raises(gr.Error, match="Draw one first"):
            next(handler("search")(None, sketch.Turn()))

    def test_it_ends_without_a_word_when_another_drawing_came(
        self, sketch: ModuleType, handler: Callable[[str], Callable[..., Any]]
    ) -> None:
        turn = sketch.Turn()
        search = handler("search")(drawn(2), turn)
        next(search)
        handler("receive")(sent(drawn(7)), drawn(2), turn)
        assert list(search) == [gr.skip()]
        for thread in threading.enumerate():
            if thread.name == "stream":
                thread.join()
