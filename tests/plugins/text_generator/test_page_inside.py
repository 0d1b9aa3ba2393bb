"""Attention and memory on their way to the page."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from demo_app import Demo
from tests.plugins.text_generator.markup import Markup

PROMPT = "What light through yonder window breaks?\nIt is the east,"


@pytest.fixture(scope="session")
def attention(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.attention")


@pytest.fixture(scope="session")
def tracks(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.tracks")


@pytest.fixture(scope="session")
def transformer_inside(demo: Demo) -> Any:
    return demo.call("inspect", model="transformer", prompt=PROMPT, characters=20, layer=1)


@pytest.fixture(scope="session")
def lstm_inside(demo: Demo) -> Any:
    return demo.call("inspect", model="lstm", prompt=PROMPT, characters=20, units=5)


class TestAttention:
    def test_every_head_has_a_row_for_each_character_up_to_itself(
        self, attention: ModuleType, transformer_inside: Any
    ) -> None:
        news = json.loads(attention.attention(transformer_inside))
        assert news["seen"] == PROMPT[-20:]
        assert news["layer"] == 1
        assert len(news["heads"]) == len(transformer_inside.attention.heads)
        for head in news["heads"]:
            assert [len(row) for row in head["rows"]] == list(range(1, 21))

    def test_the_weights_are_those_of_the_model_in_thousandths(
        self, attention: ModuleType, transformer_inside: Any
    ) -> None:
        news = json.loads(attention.attention(transformer_inside))
        for head, weights in zip(news["heads"], transformer_inside.attention.heads, strict=True):
            for row, expected in zip(head["rows"], weights, strict=True):
                assert row == [round(1000 * weight) for weight in expected[: len(row)]]

    def test_an_lstm_has_none(self, attention: ModuleType, lstm_inside: Any) -> None:
        with pytest.raises(ValueError, match="only the Transformer attends"):
            attention.attention(lstm_inside)

    @pytest.mark.parametrize(
        ("head", "words"),
        [
            ([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]], "itself (100%)"),
            ([[1.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0]], "the one before (100%)"),
            ([[1.0, 0, 0], [0.5, 0.5, 0], [1.0, 0, 0]], "itself (50%)"),
            ([[0.4, 0, 0], [0.4, 0.4, 0], [1.0, 0, 0]], "0.8 back on average"),
            ([[1.0]], "itself (100%)"),
        ],
    )
    def test_what_a_head_does_is_told_in_words(
        self, attention: ModuleType, head: list[list[float]], words: str
    ) -> None:
        assert attention.summary(head) == words


class TestTracks:
    def test_every_unit_has_a_strip_with_a_field_for_each_character(
        self, tracks: ModuleType, lstm_inside: Any
    ) -> None:
        shown = Markup(tracks.tracks(lstm_inside))
        assert len(shown.all("svg")) == 5
        assert len(shown.all("rect")) == 5 * 20
        opacities = [float(rect["fill-opacity"]) for rect in shown.all("rect")[:20]]
        values = [abs(value) for value in lstm_inside.tracks[0].values]
        assert opacities == pytest.approx(values, abs=0.006)

    def test_every_strip_has_a_text_that_names_the_unit_and_what_it_follows(
        self, tracks: ModuleType, lstm_inside: Any
    ) -> None:
        shown = Markup(tracks.tracks(lstm_inside))
        for strip, track in zip(shown.all("svg"), lstm_inside.tracks, strict=True):
            assert f"layer {track.layer + 1}, unit {track.unit}" in strip["aria-label"]
            assert f"follows the {track.follows}" in strip["aria-label"]

    def test_the_text_stands_above_the_strips_and_is_escaped(
        self, tracks: ModuleType, module: Callable[[str], ModuleType]
    ) -> None:
        results = module("results")
        track = results.Track(layer=0, unit=3, values=(0.0, 0.5), follows="<b>", correlation=-0.5)
        inspected = results.Inspection(
            prompt="", stages=(), seen="&\n", attention=None, tracks=(track,)
        )
        shown = Markup(tracks.tracks(inspected))
        assert "&↵" in shown.text
        assert "<b>" in shown.text
        assert "r = −0.50" in shown.text.replace("\N{NO-BREAK SPACE}", " ")

    def test_a_flat_track_is_said_to_follow_nothing(
        self, tracks: ModuleType, module: Callable[[str], ModuleType]
    ) -> None:
        results = module("results")
        track = results.Track(layer=0, unit=3, values=(0.5,), follows="", correlation=0.0)
        inspected = results.Inspection(
            prompt="", stages=(), seen="a", attention=None, tracks=(track,)
        )
        assert "follows none of what was counted" in tracks.tracks(inspected)
