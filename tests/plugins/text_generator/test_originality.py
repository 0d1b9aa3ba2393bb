"""``originality`` finds every longest run that stands in the training text, and where."""

import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from demo_app import Context, Demo, InvalidInput

ALPHABET = "\n !,.Tabdeghinorstu"


@pytest.fixture
def find(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Looks a text up in another."""

    def find(text: str, within: str, minimum: int = 5) -> Any:
        counts = module("models").TrigramLanguageModel(len(ALPHABET), len(within))
        vocabulary = module("vocabulary").Vocabulary(ALPHABET)
        counts.text.copy_(torch.tensor(vocabulary.encode(within)))
        return module("originality").find_runs(counts, vocabulary, text, minimum)

    return find


def longest_from(text: str, start: int, within: str) -> int:
    length = 0
    while start + length < len(text) and text[start : start + length + 1] in within:
        length += 1
    return length


def runs_by_hand(text: str, within: str, minimum: int) -> list[tuple[int, str]]:
    """Every run that no longer one contains, by looking for each piece of the text."""
    lengths = [longest_from(text, start, within) for start in range(len(text))]
    ends = [start + length for start, length in enumerate(lengths)]
    return [
        (start, text[start : ends[start]])
        for start in range(len(text))
        if lengths[start] >= minimum and (start == 0 or ends[start] > ends[start - 1])
    ]


def texts(seed: int) -> tuple[str, str]:
    """A text, and one that is made of pieces of it, of other characters, and of repetitions."""
    chance = random.Random(seed)
    letters = chance.choice(["ab", "abdeg", ALPHABET])
    within = "".join(chance.choices(letters, k=chance.randrange(1, 400)))
    pieces = []
    for _ in range(chance.randrange(12)):
        start = chance.randrange(len(within))
        piece = within[start : start + chance.randrange(1, 60)]
        pieces.append(chance.choice([piece, piece * 3, "".join(chance.choices(letters, k=3))]))
    return "".join(pieces), within


@pytest.mark.parametrize("seed", range(30))
def test_runs_are_those_found_by_looking_for_every_piece(
    find: Callable[..., Any], seed: int
) -> None:
    text, within = texts(seed)

    result = find(text, within, minimum=5)

    expected = runs_by_hand(text, within, 5)
    assert [(run.start, run.text) for run in result.runs] == expected
    longest = max((longest_from(text, start, within) for start in range(len(text))), default=0)
    assert len(result.longest.text if result.longest else "") == longest
    copied = {place for start, run in expected for place in range(start, start + len(run))}
    assert result.copied == pytest.approx(len(copied) / max(1, len(text)))


@pytest.mark.parametrize("seed", range(30))
def test_each_run_says_where_it_stands_first(find: Callable[..., Any], seed: int) -> None:
    text, within = texts(seed)

    for run in find(text, within, minimum=5).runs:
        end = run.place + len(run.text)
        assert run.place == within.find(run.text)
        assert run.line == within[: run.place].count("\n") + 1
        assert run.before == within[max(0, run.place - 60) : run.place]
        assert run.after == within[end : end + 60]


WITHIN = "the night and the dust\nand the rose"


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("", None),
        ("t", "t"),
        ("!", None),
        ("rose", "rose"),
        ("he rose", "he rose"),
        ("the rose and", "the rose"),
        ("rose!", "rose"),
        ("the night", "the night"),
        (WITHIN, WITHIN),
        (WITHIN + "the", WITHIN),
        ("!" + WITHIN + "!", WITHIN),
    ],
    ids=repr,
)
def test_the_longest_run_is_found_however_short_and_at_either_end(
    find: Callable[..., Any], text: str, longest: str | None
) -> None:
    result = find(text, WITHIN)

    assert (result.longest.text if result.longest else None) == longest


def test_a_run_shorter_than_the_minimum_is_the_longest_but_not_listed(
    find: Callable[..., Any],
) -> None:
    result = find("rose", WITHIN, minimum=5)

    assert (result.longest.text, result.runs, result.copied) == ("rose", (), 0)


def test_a_text_repeated_is_copied_each_time(find: Callable[..., Any]) -> None:
    result = find("and the rose" * 3, WITHIN, minimum=10)

    assert [run.start for run in result.runs] == [0, 12, 24]
    assert result.copied == 1


@pytest.mark.parametrize("seed", range(12))
def test_the_suffix_array_has_all_places_in_the_order_of_what_follows(
    module: Callable[[str], ModuleType], seed: int
) -> None:
    chance = random.Random(seed)
    size = chance.choice([1, 2, 255])
    text = bytes(chance.choices(range(256 - size, 256), k=chance.choice([1, 2, 7, 100])))

    order = module("originality").suffix_array(np.frombuffer(text, dtype=np.uint8))

    assert order.tolist() == sorted(range(len(text)), key=lambda place: text[place:])


class TestThroughTheHost:
    @pytest.mark.parametrize("minimum", [5, 20])
    def test_a_piece_of_the_training_text_is_one_run_wherever_it_stands(
        self, demo: Demo, training_text: str, minimum: int
    ) -> None:
        for place in (0, 500_000, len(training_text) - 300):
            text = training_text[place : place + 300]

            result = demo.call("originality", text=text, minimum=minimum)

            (run,) = result.runs
            assert run == result.longest
            assert (run.text, run.place, result.copied) == (text, place, 1)
            assert run.line == training_text[:place].count("\n") + 1

    def test_the_longest_text_that_is_all_copied_is_one_run(
        self, demo: Demo, training_text: str
    ) -> None:
        result = demo.call("originality", text=training_text[70_000:80_000])

        assert [len(run.text) for run in result.runs] == [10_000]

    def test_runs_agree_with_a_search(self, demo: Demo, training_text: str) -> None:
        text = "Hear me now, good people. What, ho! I'll go to the market, and buy a fat hen."

        result = demo.call("originality", text=text, minimum=8)

        found = [(run.start, run.text) for run in result.runs]
        assert found == runs_by_hand(text, training_text, 8)
        assert found

    def test_a_text_is_looked_up_as_the_models_know_it(self, demo: Demo) -> None:
        result = demo.call("originality", text="First Citizen:\r\nBefore we procéed")

        assert result.longest.text == result.text == "First Citizen:\nBefore we proceed"

    def test_an_empty_text_has_no_run(self, demo: Demo) -> None:
        result = demo.call("originality", text="")

        assert (result.longest, result.runs, result.copied) == (None, (), 0)

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [("text", "a" * 10_001), ("text", None), ("minimum", 4), ("minimum", 1001)],
    )
    def test_a_bad_argument_is_refused_by_its_name(
        self, demo: Demo, parameter: str, value: Any
    ) -> None:
        with pytest.raises(InvalidInput, match=f"^{parameter}: "):
            demo.call("originality", **({"text": ""} | {parameter: value}))


def test_as_a_plain_function_it_uses_the_counts_of_its_context(
    module: Callable[[str], ModuleType], small: Callable[..., Context], made_up_text: str
) -> None:
    result = module("actions").originality(small(), text=made_up_text[900:990])

    assert result.longest.text == made_up_text[900:990]
