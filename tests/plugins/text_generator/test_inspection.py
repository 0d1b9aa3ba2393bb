"""``inspect`` shows the distribution that ``generate`` draws from, and what the networks did."""

import itertools
import math
import statistics
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch

from demo_app import Context, Demo, InvalidInput

Small = Callable[..., Context]
NETWORKS = ("transformer", "lstm")
both = pytest.mark.parametrize("model", NETWORKS)
SETTINGS = {
    "temperature": 1.3,
    "top_k": 7,
    "top_p": 0.9,
    "min_p": 0.02,
    "repetition_penalty": 1.2,
}


@pytest.fixture
def inspect(module: Callable[[str], ModuleType], small: Small) -> Callable[..., Any]:
    """``inspect`` with a small model."""
    action = module("actions").inspect
    return lambda **arguments: action(small(), **arguments)


@both
@pytest.mark.parametrize("prompt", ["", "t", "the night and the dust " * 4])
def test_it_begins_with_what_the_model_says(
    inspect: Callable[..., Any],
    vocabulary: Any,
    logits_of: Callable[..., Any],
    request: pytest.FixtureRequest,
    model: str,
    prompt: str,
) -> None:
    logits = logits_of(request.getfixturevalue(model), vocabulary.encode("\n" + prompt))[-1]

    stage = inspect(prompt=prompt, model=model).stages[0]

    assert stage.name == "model"
    assert [(e.character, e.probability) for e in stage.distribution] == [
        (character, pytest.approx(probability, abs=1e-5))
        for character, probability in zip(
            vocabulary.characters, logits.softmax(-1).tolist(), strict=True
        )
    ]


@both
@pytest.mark.parametrize("seed", range(5))
def test_it_ends_with_what_generate_draws_from(
    inspect: Callable[..., Any],
    module: Callable[[str], ModuleType],
    small: Small,
    model: str,
    seed: int,
) -> None:
    last = inspect(prompt="the ", model=model, **SETTINGS).stages[-1]
    luck = torch.rand((), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    sums = itertools.accumulate(entry.probability for entry in last.distribution)
    expected = next(
        entry.character
        for entry, total in zip(last.distribution, sums, strict=True)
        if total > luck
    )

    written = next(module("actions").generate(small(seed), prompt="the ", model=model, **SETTINGS))

    assert written.text == expected


@both
def test_every_stage_counts_what_it_keeps(inspect: Callable[..., Any], model: str) -> None:
    stages = inspect(prompt="the ", model=model, **SETTINGS).stages

    assert [stage.name for stage in stages] == [
        "model",
        "repetition_penalty",
        "top_k",
        "top_p",
        "min_p",
        "temperature",
    ]
    for stage in stages:
        probabilities = [entry.probability for entry in stage.distribution if entry.probability]
        entropy = -math.fsum(p * math.log2(p) for p in probabilities)
        assert stage.kept == len(probabilities)
        assert stage.entropy == pytest.approx(entropy)
        assert math.fsum(probabilities) == pytest.approx(1)
    kept = [stage.kept for stage in stages]
    assert kept == sorted(kept, reverse=True)
    assert kept[2] == 7


def test_a_certain_choice_has_no_entropy(inspect: Callable[..., Any]) -> None:
    stage = inspect(prompt="the ", temperature=0).stages[-1]

    assert (stage.kept, str(stage.entropy)) == (1, "0.0")


@both
@pytest.mark.parametrize(
    ("prompt", "characters", "seen"),
    [("", 48, "\n"), ("the", 3, "the"), ("the", 4, "\nthe"), ("the night", 5, "night")],
)
def test_it_looks_at_the_end_of_the_prompt(
    inspect: Callable[..., Any], model: str, prompt: str, characters: int, seen: str
) -> None:
    assert inspect(prompt=prompt, model=model, characters=characters).seen == seen


class TestAttention:
    @pytest.mark.parametrize(("layer", "shown"), [(-1, 2), (0, 0), (2, 2)])
    def test_the_weights_are_those_of_the_layer(
        self,
        inspect: Callable[..., Any],
        module: Callable[[str], ModuleType],
        vocabulary: Any,
        transformer: Any,
        layer: int,
        shown: int,
    ) -> None:
        maps = module("transformer").attention_maps(
            transformer, torch.tensor(vocabulary.encode("night"))
        )

        attention = inspect(prompt="the night", layer=layer, characters=5).attention

        assert (attention.layer, attention.layers) == (shown, 3)
        torch.testing.assert_close(
            torch.tensor(attention.heads), maps[shown], rtol=0, atol=0.5001e-4
        )

    def test_a_layer_that_is_not_there_is_refused(self, inspect: Callable[..., Any]) -> None:
        with pytest.raises(InvalidInput, match=r"^layer: this model has 3 layers, counted from 0"):
            inspect(layer=3)

    def test_an_lstm_has_none(self, inspect: Callable[..., Any]) -> None:
        assert inspect(model="lstm", layer=7).attention is None


class TestTracks:
    def test_a_track_is_the_cell_of_a_unit(
        self, inspect: Callable[..., Any], vocabulary: Any, lstm: Any
    ) -> None:
        prompt = "the night and"
        cells = []
        for end in range(len(prompt) - 5, len(prompt)):
            ids = vocabulary.encode("\n" + prompt[: end + 1])
            cells.append(lstm(torch.tensor([ids]))[1][1][:, 0].tanh())
        expected = torch.stack(cells, -1)

        tracks = inspect(prompt=prompt, model="lstm", characters=5, units=256).tracks

        assert len({(track.layer, track.unit) for track in tracks}) == 2 * 12
        for track in tracks:
            torch.testing.assert_close(
                torch.tensor(track.values), expected[track.layer, track.unit], rtol=0, atol=1e-4
            )

    def test_the_liveliest_come_first(self, inspect: Callable[..., Any]) -> None:
        tracks = inspect(prompt="the night and the dust", model="lstm", units=10).tracks

        spreads = [statistics.pstdev(track.values) for track in tracks]
        assert len(tracks) == 10
        assert spreads == pytest.approx(sorted(spreads, reverse=True), abs=1e-3)

    def test_what_a_track_follows_goes_along_with_it(
        self, inspect: Callable[..., Any], module: Callable[[str], ModuleType]
    ) -> None:
        result = inspect(prompt="the night, and the dust", model="lstm")
        features = module("inspection").text_features(result.seen)

        for track in result.tracks:
            expected = statistics.correlation(track.values, features[track.follows].tolist())
            assert track.correlation == pytest.approx(expected, abs=0.01)

    def test_one_character_goes_along_with_nothing(self, inspect: Callable[..., Any]) -> None:
        tracks = inspect(prompt="", model="lstm", units=2).tracks

        assert [(track.follows, track.correlation) for track in tracks] == [("", 0)] * 2

    def test_a_transformer_has_none(self, inspect: Callable[..., Any]) -> None:
        assert inspect(model="transformer").tracks == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("length of the line so far", [1, 2, 3, 4, 5, 0, 1]),
        ("length of the word so far", [1, 2, 0, 0, 1, 0, 1]),
        ("length of the clause so far", [1, 2, 0, 1, 2, 3, 4]),
        ("capital letters", [1, 0, 0, 0, 0, 0, 1]),
        ("vowels", [1, 0, 0, 0, 1, 0, 0]),
        ("ends of words", [0, 0, 0, 1, 0, 1, 0]),
        ("ends of lines", [0, 0, 0, 0, 0, 1, 0]),
        ("punctuation", [0, 0, 1, 0, 0, 0, 0]),
    ],
)
def test_features_are_what_a_reader_counts(
    module: Callable[[str], ModuleType], name: str, expected: list[float]
) -> None:
    assert module("inspection").text_features("Ah, a\nB")[name].tolist() == expected


def test_the_feature_that_agrees_most_is_named_whatever_its_sign(
    module: Callable[[str], ModuleType],
) -> None:
    values = torch.tensor([0.5, -0.5, 0.5, -0.4], dtype=torch.float64)
    features = {
        "flat": torch.ones(4, dtype=torch.float64),
        "weak": torch.tensor([1.0, 0, 0, 0], dtype=torch.float64),
        "opposite": -values,
    }

    follows, correlation = module("inspection").likeliest_feature(values, features)

    assert (follows, correlation) == ("opposite", pytest.approx(-1))


class TestThroughTheHost:
    @both
    def test_the_longest_prompt_is_looked_into(self, demo: Demo, model: str) -> None:
        result = demo.call("inspect", prompt="night " * 100, model=model, characters=128, units=256)

        assert len(result.seen) == 128

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [
            ("layer", -2),
            ("layer", 6),
            ("layer", 10**9),
            ("characters", 0),
            ("characters", 129),
            ("units", 0),
            ("units", 257),
            ("temperature", math.nan),
            ("top_p", math.inf),
            ("model", "trigram"),
            ("prompt", "a" * 10_001),
        ],
    )
    def test_a_bad_argument_is_refused_by_its_name(
        self, demo: Demo, parameter: str, value: Any
    ) -> None:
        with pytest.raises(InvalidInput, match=f"^{parameter}: "):
            demo.call("inspect", **{parameter: value})
