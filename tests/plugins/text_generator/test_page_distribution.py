"""The sampler's stages on their way to the page: those that change something, on one scale."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from demo_app import Demo

MODELS = {"LSTM": "lstm", "Transformer": "transformer"}


@pytest.fixture(scope="session")
def distribution(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.distribution")


@pytest.fixture
def drawn(distribution: ModuleType, demo: Demo) -> Callable[..., dict[str, Any]]:
    """What the page gets after a prompt, for given settings of the sampler."""

    def draw(prompt: str = "ROMEO:\n", **sampling: Any) -> dict[str, Any]:
        settings = {"temperature": 1.0} | sampling
        inspected = {
            title: demo.call("inspect", prompt=prompt, model=model, characters=1, **settings)
            for title, model in MODELS.items()
        }
        news: dict[str, Any] = json.loads(distribution.distributions(inspected))
        return news

    return draw


def titles(news: dict[str, Any]) -> list[str]:
    return [stage["title"] for stage in news["panels"][0]["stages"]]


@pytest.mark.parametrize(
    ("sampling", "stages"),
    [
        ({}, ["model"]),
        ({"temperature": 0.5}, ["model", "temperature"]),
        ({"top_k": 3}, ["model", "top-k"]),
        (
            {"temperature": 2, "top_k": 8, "top_p": 0.6, "min_p": 0.99, "repetition_penalty": 1.5},
            ["model", "penalty", "top-k", "top-p", "min-p"],
        ),
    ],
)
def test_the_stages_that_change_something_are_shown_and_the_others_named(
    drawn: Callable[..., dict[str, Any]], sampling: dict[str, Any], stages: list[str]
) -> None:
    news = drawn(**sampling)
    assert titles(news)[: len(stages)] == stages
    assert not set(stages) & set(news["idle"])
    assert len(titles(news)) + len(news["idle"]) == 6


def test_the_likeliest_characters_come_first(drawn: Callable[..., dict[str, Any]]) -> None:
    for panel in drawn()["panels"]:
        values = [row["values"][0] for row in panel["rows"]]
        assert values == sorted(values, reverse=True)
        assert len(values) == 9


def test_what_the_sampler_makes_likely_is_shown_however_unlikely_it_was(
    distribution: ModuleType, module: Callable[[str], ModuleType]
) -> None:
    results = module("results")

    def stage(name: str, probabilities: list[float]) -> Any:
        likelihoods = tuple(
            results.Likelihood(character=character, probability=probability)
            for character, probability in zip("abcdefghijkl", probabilities, strict=True)
        )
        return results.Stage(name=name, kept=12, entropy=1.0, distribution=likelihoods)

    falling = [0.5**place for place in range(1, 13)]
    stages = (stage("model", falling), stage("repetition_penalty", falling[::-1]))
    inspected = results.Inspection(prompt="", stages=stages, seen="", attention=None, tracks=())
    rows = json.loads(distribution.distributions({"one": inspected}))["panels"][0]["rows"]
    assert "".join(row["character"] for row in rows) == "abcdeijkl"


def test_both_models_are_drawn_to_one_scale_that_holds_every_bar(
    drawn: Callable[..., dict[str, Any]],
) -> None:
    for sampling, scale in (({"temperature": 100}, 0.25), ({"top_k": 1}, 1.0)):
        news = drawn(**sampling)
        values = [v for panel in news["panels"] for row in panel["rows"] for v in row["values"]]
        assert max(values) <= news["scale"] == scale


def test_every_stage_says_how_many_characters_it_keeps(
    drawn: Callable[..., dict[str, Any]],
) -> None:
    for panel in drawn(top_k=4)["panels"]:
        assert [stage["kept"] for stage in panel["stages"]] == [65, 4]
        assert panel["stages"][1]["bits"] < panel["stages"][0]["bits"]


def test_a_problem_takes_the_place_of_the_bars(distribution: ModuleType) -> None:
    assert json.loads(distribution.problem("<b> is unknown")) == {"problem": "<b> is unknown"}
    assert "<" not in distribution.problem("<b> is unknown")
