"""``generate`` writes what its seed says, ends when it should, and reports what it drew from."""

import math
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch

from demo_app import Context

Small = Callable[..., Context]
NETWORKS = ("transformer", "lstm")
both = pytest.mark.parametrize("model", NETWORKS)


@pytest.fixture(scope="session")
def generate(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    return module("actions").generate  # type: ignore[no-any-return]


@pytest.fixture
def last(generate: Callable[..., Any], small: Small) -> Callable[..., Any]:
    """The last value of ``generate`` with a small model."""

    def run(seed: int = 0, **arguments: Any) -> Any:
        *_, value = generate(small(seed), **arguments)
        return value

    return run


@both
def test_each_value_has_one_character_more(
    generate: Callable[..., Any], small: Small, model: str
) -> None:
    values = list(generate(small(0), prompt="the ", model=model, max_new_characters=20))

    assert [len(value.text) for value in values] == list(range(1, 21))
    assert all(values[-1].text.startswith(value.text) for value in values)
    assert [value.finished for value in values] == ["running"] * 19 + ["length"]
    assert {value.prompt for value in values} == {"the "}


@both
def test_the_same_seed_writes_the_same_text(last: Callable[..., Any], model: str) -> None:
    one, again, other = (
        last(seed, prompt="the ", model=model, max_new_characters=40).text for seed in (1, 1, 2)
    )

    assert one == again != other


@both
@pytest.mark.parametrize("prompt", ["", "t", "the nig", "the nigh", "the nights " * 9])
def test_it_draws_from_what_a_pass_over_the_whole_text_gives(
    last: Callable[..., Any],
    module: Callable[[str], ModuleType],
    vocabulary: Any,
    logits_of: Callable[..., Any],
    request: pytest.FixtureRequest,
    model: str,
    prompt: str,
) -> None:
    """Written again without a decoder, also where the text is many times the context."""
    sampler = module("sampling").Sampler(temperature=0.9, top_k=9, repetition_penalty=1.2)
    generator = torch.Generator().manual_seed(3)
    ids = vocabulary.encode("\n" + prompt)
    for _ in range(30):
        logits = logits_of(request.getfixturevalue(model), ids)[-1]
        ids.append(sampler.draw(logits, ids, generator))

    written = last(
        3,
        prompt=prompt,
        model=model,
        max_new_characters=30,
        temperature=0.9,
        top_k=9,
        repetition_penalty=1.2,
    )

    assert written.text == vocabulary.decode(ids[-30:])


@both
def test_at_temperature_zero_the_seed_does_not_matter(last: Callable[..., Any], model: str) -> None:
    one, other = (
        last(seed, model=model, max_new_characters=30, temperature=0).text for seed in (1, 2)
    )

    assert one == other


def test_a_text_that_ends_the_writing_is_left_out(last: Callable[..., Any]) -> None:
    free = last(prompt="the ", max_new_characters=60).text
    stop = free[20:23]

    value = last(prompt="the ", max_new_characters=60, stop=stop)

    assert value.finished == "stop"
    assert value.text == free[: free.index(stop)]


def test_what_is_left_out_does_not_count(last: Callable[..., Any]) -> None:
    free = last(prompt="the ", max_new_characters=60, alternatives=2)
    stop = free.text[20:23]
    end = free.text.index(stop)

    value = last(prompt="the ", max_new_characters=60, alternatives=2, stop=stop)

    assert value.characters == free.characters[:end]
    bits = -math.fsum(math.log2(c.probability) for c in free.characters[:end]) / end
    assert value.bits_per_character == pytest.approx(bits)


def test_a_stop_text_may_be_the_first_that_is_written(last: Callable[..., Any]) -> None:
    free = last(prompt="the ", max_new_characters=1).text

    value = last(prompt="the ", max_new_characters=9, stop=free)

    assert (value.text, value.finished, value.bits_per_character) == ("", "stop", 0)


def test_a_stop_text_in_the_prompt_does_not_count(last: Callable[..., Any]) -> None:
    value = last(prompt="nights", max_new_characters=1, stop="nights", temperature=0)

    assert value.finished == "length"


@pytest.mark.parametrize("stop", [None, "", "another night and another dust"])
def test_no_stop_text_or_one_longer_than_the_text_ends_nothing(
    last: Callable[..., Any], stop: str | None
) -> None:
    value = last(max_new_characters=20, stop=stop)

    assert (len(value.text), value.finished) == (20, "length")


def test_stopped_it_ends_with_the_next_character(
    generate: Callable[..., Any], small: Small
) -> None:
    stopped = threading.Event()
    values = generate(small(0, stopped), max_new_characters=1000)
    written = [next(values) for _ in range(5)]

    stopped.set()
    rest = list(values)

    assert [value.finished for value in rest] == ["stopped"]
    assert rest[0].text == written[-1].text


def test_stopped_before_the_prompt_is_read_it_writes_nothing(
    generate: Callable[..., Any], small: Small
) -> None:
    stopped = threading.Event()
    stopped.set()

    (value,) = generate(small(0, stopped), prompt="the ")

    assert (value.text, value.finished, value.prompt) == ("", "stopped", "the ")


def test_the_prompt_comes_back_in_known_characters(last: Callable[..., Any]) -> None:
    assert last(prompt="thé\tnight", max_new_characters=1).prompt == "the night"


@both
@pytest.mark.parametrize("alternatives", [1, 5, 20])
def test_the_likeliest_characters_are_reported_at_each_place(
    last: Callable[..., Any],
    vocabulary: Any,
    logits_of: Callable[..., Any],
    request: pytest.FixtureRequest,
    model: str,
    alternatives: int,
) -> None:
    value = last(prompt="t", model=model, max_new_characters=12, top_k=3, alternatives=alternatives)

    ids = vocabulary.encode("\nt" + value.text)
    own = logits_of(request.getfixturevalue(model), ids).double().softmax(-1)[1:]
    assert "".join(c.character for c in value.characters) == value.text
    for place, reported in enumerate(value.characters):
        likeliest = own[place].sort(descending=True)
        shown = [(a.character, a.probability) for a in reported.alternatives]
        assert reported.probability == pytest.approx(own[place, ids[place + 2]].item(), rel=1e-4)
        assert len(shown) == min(alternatives, 19)
        assert [p for _, p in shown] == pytest.approx(
            likeliest.values[:alternatives].tolist(), rel=1e-4
        )
        assert [c for c, _ in shown] == list(
            vocabulary.decode(likeliest.indices[:alternatives].tolist())
        )


def test_no_single_characters_are_reported_unless_asked_for(last: Callable[..., Any]) -> None:
    assert last(max_new_characters=3).characters == ()


@both
def test_its_bits_per_character_are_those_that_score_gives(
    last: Callable[..., Any], module: Callable[[str], ModuleType], small: Small, model: str
) -> None:
    value = last(model=model, max_new_characters=50, temperature=1.4, top_k=6)

    scored = module("actions").score(small(), text=value.text, model=model)

    assert value.bits_per_character == pytest.approx(scored.bits_per_character, abs=1e-5)


def test_it_touches_no_global_random_state(last: Callable[..., Any]) -> None:
    before = torch.get_rng_state()

    last(max_new_characters=10)

    assert torch.get_rng_state().equal(before)
