"""``generate`` through the host, with the models that ship: streams, limits and extremes."""

import math
import re
from typing import Any

import pytest

from demo_app import Demo, InvalidInput

NETWORKS = ("transformer", "lstm")
both = pytest.mark.parametrize("model", NETWORKS)


@both
def test_streams_in_turn_write_what_each_writes_alone(demo: Demo, model: str) -> None:
    settings = [
        {"prompt": prompt, "model": model, "max_new_characters": 12, "seed": seed}
        for seed, prompt in enumerate(["ROMEO:\n", "", "To be"])
    ]
    alone = [demo.call("generate", **arguments) for arguments in settings]

    streams = [demo.stream("generate", **arguments) for arguments in settings]
    *_, together = zip(*streams, strict=True)

    assert list(together) == alone


def test_the_models_may_take_turns(demo: Demo) -> None:
    settings = [{"prompt": "O", "model": m, "max_new_characters": 12, "seed": 1} for m in NETWORKS]
    alone = [demo.call("generate", **arguments) for arguments in settings]

    streams = [demo.stream("generate", **arguments) for arguments in settings]
    *_, together = zip(*streams, strict=True)

    assert list(together) == alone


def test_stop_ends_a_stream_with_its_best(demo: Demo) -> None:
    stream = demo.stream("generate", model="lstm", max_new_characters=5000, seed=0)
    written = [next(stream) for _ in range(3)]

    assert demo.stop("generate") == 1

    (rest,) = stream
    assert (rest.text, rest.finished) == (written[-1].text, "stopped")


def test_a_stream_that_is_closed_is_over(demo: Demo) -> None:
    stream = demo.stream("generate", model="lstm", max_new_characters=5000, seed=0)
    next(stream)

    stream.close()

    assert list(stream) == []
    assert demo.stop("generate") == 0


def test_the_longest_prompt_is_taken(demo: Demo) -> None:
    value = demo.call("generate", prompt="To be " * 1666 + "or n", max_new_characters=1)

    assert len(value.prompt) == 10_000


@both
def test_it_writes_words(demo: Demo, training_text: str, model: str) -> None:
    value = demo.call("generate", model=model, max_new_characters=300, seed=0)

    known = set(re.findall("[a-z]+", training_text.lower()))
    written = re.findall("[a-z]+", value.text.lower())[:-1]
    assert len(written) > 30
    assert sum(word in known for word in written) > 0.67 * len(written)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("temperature", -0.1),
        ("temperature", 100.1),
        ("top_p", math.nan),
        ("top_p", -1e-9),
        ("top_p", 1.1),
        ("min_p", math.inf),
        ("min_p", 2),
        ("top_k", -1),
        ("top_k", 10**9),
        ("top_k", 1.5),
        ("repetition_penalty", 0),
        ("repetition_penalty", math.nan),
        ("max_new_characters", 0),
        ("max_new_characters", -1),
        ("max_new_characters", 10**9),
        ("max_new_characters", "many"),
        ("alternatives", 21),
        ("alternatives", -1),
        ("model", "trigram"),
        ("model", "gpt"),
        ("model", None),
        ("prompt", None),
        ("prompt", 7),
        ("stop", "x" * 101),
        ("seed", -1),
        ("seed", 0.5),
    ],
)
def test_a_bad_argument_is_refused_by_its_name(demo: Demo, parameter: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=f"^{parameter}: "):
        demo.call("generate", **{parameter: value})


@pytest.mark.parametrize(
    "extreme",
    [
        {"temperature": 0},
        {"temperature": 1e-9},
        {"temperature": 100},
        {"top_p": 0},
        {"min_p": 1},
        {"top_k": 1000},
        {"repetition_penalty": 10},
        {"alternatives": 20},
        {"max_new_characters": 1},
    ],
    ids=str,
)
@both
def test_an_extreme_argument_is_taken(demo: Demo, extreme: dict[str, Any], model: str) -> None:
    arguments = {"model": model, "max_new_characters": 3, "seed": 0} | extreme

    value = demo.call("generate", **arguments)

    assert len(value.text) == arguments["max_new_characters"]
    assert math.isfinite(value.bits_per_character)
