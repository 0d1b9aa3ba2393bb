"""A text on its way to the page: in parts that can be put together, and never as HTML."""

import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from demo_app import Demo
from tests.plugins.text_generator.markup import Markup

TEXT = "No, sir!\nI will not. "


@pytest.fixture(scope="session")
def characters(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.characters")


@pytest.fixture
def generations(module: Callable[[str], ModuleType]) -> Callable[..., Iterator[Any]]:
    """The states of a made-up generation, one for each character of a text."""
    results = module("results")

    def states(text: str = TEXT, finished: str = "length") -> Iterator[Any]:
        written = [
            results.GeneratedCharacter(
                character=character,
                probability=1 / (2 + place),
                alternatives=tuple(
                    results.Likelihood(character=other, probability=1 / (2 + place + rank))
                    for rank, other in enumerate((character, "x", "y"))
                ),
            )
            for place, character in enumerate(text)
        ]
        for length in range(1, len(text) + 1):
            yield results.Generation(
                prompt="",
                text=text[:length],
                characters=tuple(written[:length]),
                bits_per_character=1.0,
                finished=finished if length == len(text) else "running",
            )

    return states


def received(parts: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """What a page has that puts parts together as the script does."""
    shown: list[tuple[str, float]] = []
    for part in parts:
        new = list(zip(part["text"], part["probabilities"], strict=True))
        if part["from"] <= len(shown):
            shown[part["from"] :] = new
    return shown


def test_the_parts_add_up_to_the_text_with_its_probabilities(
    characters: ModuleType, generations: Callable[..., Iterator[Any]]
) -> None:
    parts = [json.loads(p) for _, p in characters.parts(1, generations(), seconds_between=0)]
    assert len(parts) == len(TEXT)
    expected = [(c, pytest.approx(1 / (2 + i), rel=5e-3)) for i, c in enumerate(TEXT)]
    assert received(parts) == expected
    assert received(parts[:-1]) == expected[:-1]


def test_parts_that_a_busy_browser_left_out_are_made_up_for(
    characters: ModuleType, generations: Callable[..., Iterator[Any]]
) -> None:
    parts = [json.loads(p) for _, p in characters.parts(1, generations(), seconds_between=0)]
    *_, last = places = range(0, len(parts) - 1, characters.OVERLAP)
    seen = [parts[place] for place in places]
    assert [c for c, _ in received(seen)] == list(TEXT[: last + 1])
    assert [c for c, _ in received([parts[0], parts[-1]])] == list(TEXT)


def test_a_part_is_small_however_long_the_text(
    characters: ModuleType, generations: Callable[..., Iterator[Any]]
) -> None:
    *parts, whole = (p for _, p in characters.parts(1, generations(TEXT * 20), seconds_between=0))
    assert max(map(len, parts)) < len(whole) / 10


@pytest.mark.parametrize("finished", ["length", "stop", "stopped"])
def test_the_last_part_says_why_it_ended(
    characters: ModuleType, generations: Callable[..., Iterator[Any]], finished: str
) -> None:
    *_, (_, last) = characters.parts(7, generations(finished=finished), seconds_between=0)
    assert json.loads(last)["state"] == finished
    assert json.loads(last)["run"] == 7


def test_each_character_comes_with_its_alternatives(
    characters: ModuleType, generations: Callable[..., Iterator[Any]]
) -> None:
    *_, (_, last) = characters.parts(1, generations("ab"), seconds_between=0)
    part = json.loads(last)
    assert part["others"] == "axybxy"
    assert part["likelihoods"] == [0.5, 0.333, 0.25, 0.333, 0.25, 0.2]


def test_a_branch_is_named_in_every_part(
    characters: ModuleType, generations: Callable[..., Iterator[Any]]
) -> None:
    branch = {"place": 3, "character": "e"}
    start = characters.started(1, "ROMEO:", **branch)
    parts = [p for _, p in characters.parts(1, generations("ab"), seconds_between=0, **branch)]
    for part in [start, *parts, characters.failed(1, **branch)]:
        assert json.loads(part).items() >= branch.items()


def test_no_payload_looks_like_html(characters: ModuleType) -> None:
    hostile = "<script>alert(1)</script><img src=x>"
    start = characters.started(1, hostile)
    assert "<" not in start
    assert json.loads(start)["prompt"] == hostile


def test_a_score_arrives_as_probabilities(characters: ModuleType, demo: Demo) -> None:
    score = demo.call("score", text="To be", model="lstm")
    shown = json.loads(characters.scored(score))
    assert shown["text"] == "To be"
    expected = [2**-one.bits for one in score.characters]
    assert shown["probabilities"] == pytest.approx(expected, rel=5e-3)


def test_the_legend_has_a_tint_for_each_band(characters: ModuleType) -> None:
    legend = Markup(characters.legend())
    assert len(legend.all("i", "c")) == len(characters.BANDS)
    for band in characters.BANDS:
        assert band in legend.text
