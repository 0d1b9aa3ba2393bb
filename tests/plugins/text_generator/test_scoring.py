"""``score`` adds up the surprise of each character; its baselines are what they say they are."""

import gzip
import math
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch

from demo_app import Context, Demo, InvalidInput

Small = Callable[..., Context]
NETWORKS = ("transformer", "lstm")
both = pytest.mark.parametrize("model", NETWORKS)


@pytest.fixture(scope="session")
def score(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    return module("actions").score  # type: ignore[no-any-return]


@pytest.fixture
def baseline(score: Callable[..., Any], small: Small) -> Callable[[str, str], float]:
    """Bits that a baseline needs for a text."""

    def bits(name: str, text: str) -> float:
        found = {b.name: b.bits for b in score(small(), text=text).baselines}
        return float(found[name])

    return bits


@both
@pytest.mark.parametrize("text", ["t", "the night", "the rose and the beast!\n" * 4])
def test_each_character_is_predicted_from_all_before_it(
    score: Callable[..., Any],
    small: Small,
    vocabulary: Any,
    logits_of: Callable[..., Any],
    request: pytest.FixtureRequest,
    model: str,
    text: str,
) -> None:
    network = request.getfixturevalue(model)
    expected = []
    for place, character in enumerate(text):
        logits = logits_of(network, vocabulary.encode("\n" + text[:place]))[-1]
        expected.append(-math.log2(logits.double().softmax(-1)[vocabulary.ids[character]]))

    result = score(small(), text=text, model=model)

    assert "".join(c.character for c in result.characters) == result.text == text
    assert [c.bits for c in result.characters] == pytest.approx(expected, abs=1e-4)


@both
def test_totals_and_means_are_those_of_the_characters(
    score: Callable[..., Any], small: Small, model: str
) -> None:
    result = score(small(), text="the night and the dust", model=model)

    total = math.fsum(character.bits for character in result.characters)
    assert result.total_bits == pytest.approx(total)
    assert result.bits_per_character == pytest.approx(total / 22)
    assert result.perplexity == pytest.approx(2 ** (total / 22))
    assert all(b.bits_per_character == pytest.approx(b.bits / 22) for b in result.baselines)


def test_it_scores_the_text_as_the_model_knows_it(score: Callable[..., Any], small: Small) -> None:
    assert score(small(), text="thé\tnight") == score(small(), text="the night")


def test_the_baselines_come_from_plain_to_clever(score: Callable[..., Any], small: Small) -> None:
    result = score(small(), text="the night")

    assert [b.name for b in result.baselines] == ["uniform", "unigram", "trigram", "gzip"]


def test_uniform_needs_as_much_for_every_character(baseline: Callable[..., float]) -> None:
    assert baseline("uniform", "the night") == pytest.approx(9 * math.log2(19))


def test_unigram_counts_how_often_a_character_stands_in_the_text(
    baseline: Callable[..., float], made_up_text: str
) -> None:
    counts, size = Counter(made_up_text), len(made_up_text)
    kinds = len(counts)

    expected = [-math.log2((counts[c] + kinds / 19) / (size + kinds)) for c in "the night"]

    assert baseline("unigram", "the night") == pytest.approx(math.fsum(expected))


@pytest.mark.parametrize("scored", ["t", "th", "the night and the dust", "!!bT.u\n\n,"])
def test_trigram_counts_how_often_a_character_follows_two(
    baseline: Callable[..., float], made_up_text: str, scored: str
) -> None:
    """Witten and Bell's formula, character by character, with the counts made one by one."""
    alphabet = sorted(set(made_up_text))

    def mixed(count: int, total: int, kinds: int, shorter: float) -> float:
        kinds = max(kinds, 1)
        return (count + kinds * shorter) / (total + kinds)

    def probability(context: str, character: str) -> float:
        if not context:
            kinds = len(alphabet)
            return mixed(made_up_text.count(character), len(made_up_text), kinds, 1 / 19)
        followers = Counter(
            made_up_text[i + len(context)]
            for i in range(len(made_up_text) - len(context))
            if made_up_text.startswith(context, i)
        )
        shorter = probability(context[1:], character)
        return mixed(followers[character], followers.total(), len(followers), shorter)

    before = "\n" + scored
    # Of the first character only one before it is known, which no trigram has.
    expected = [-math.log2(probability("", scored[0]))] + [
        -math.log2(probability(before[i - 2 : i], before[i])) for i in range(2, len(before))
    ]

    assert baseline("trigram", scored) == pytest.approx(math.fsum(expected))


def test_gzip_needs_less_for_what_it_has_read_before(
    baseline: Callable[..., float], made_up_text: str
) -> None:
    copied, reversed_ = made_up_text[-300:], made_up_text[-300:][::-1]

    assert baseline("gzip", copied) < baseline("gzip", reversed_) / 5


def test_gzip_remembers_the_end_of_the_training_text_and_no_more(
    module: Callable[[str], ModuleType], vocabulary: Any, draw_ids: Callable[..., list[int]]
) -> None:
    ids = draw_ids(40_000)
    counts = module("models").TrigramLanguageModel(len(vocabulary), len(ids))
    counts.text.copy_(torch.tensor(ids))

    def bits(start: int) -> float:
        scored = [0, *ids[start : start + 250]]
        *_, gzip_ = module("scoring").baselines(counts, vocabulary, scored)
        return float(gzip_.bits)

    # Random characters cannot be pressed below log2(19) bits each, unless they were seen before.
    assert bits(40_000 - 32_768 + 300) < bits(0) / 10
    assert bits(0) > 250 * math.log2(19)


def test_gzip_is_close_to_what_the_program_adds(
    baseline: Callable[..., float], made_up_text: str
) -> None:
    """The program cannot be given a text beforehand, so its growth is what the addition costs."""
    scored = "the beast and the night, no rose. " * 3
    grown = len(gzip.compress((made_up_text + scored).encode())) - len(
        gzip.compress(made_up_text.encode())
    )

    assert baseline("gzip", scored) == pytest.approx(8 * grown, abs=8 * 16)


class TestTrigram:
    def test_probabilities_sum_to_one_and_none_is_zero(self, trigram: Any) -> None:
        for table in (trigram.unigram(), trigram.trigram()):
            torch.testing.assert_close(table.sum(-1), torch.ones_like(table.sum(-1)))
            assert table.min() > 0

    def test_the_forward_pass_gives_their_logarithms(self, trigram: Any) -> None:
        ids = torch.tensor([[4, 5, 6, 7], [1, 2, 3, 4]])

        logits = trigram(ids)

        assert logits.shape == (2, 4, 19)
        torch.testing.assert_close(logits[0, 0], trigram.unigram().log().float())
        torch.testing.assert_close(logits[1, 3], trigram.trigram()[3, 4].log().float())

    def test_it_can_be_taken_apart_without_weights(self, host: Any) -> None:
        network = host["text_generator"].build_model("trigram", meta=True)

        logits = network(torch.zeros(1, 256, dtype=torch.int64, device="meta"))

        assert logits.shape == (1, 256, 65)

    def test_what_follows_most_often_is_likeliest(self, trigram: Any, vocabulary: Any) -> None:
        t, h = vocabulary.encode("th")

        assert vocabulary.decode([int(trigram.trigram()[t, h].argmax())]) == "e"


class TestThroughTheHost:
    def test_the_networks_beat_every_baseline_on_text_they_have_not_seen(self, demo: Demo) -> None:
        text = (
            "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n"
            "Rough winds do shake the darling buds of May,\n"
            "And summer's lease hath all too short a date;\n"
        )
        results = {model: demo.call("score", text=text, model=model) for model in NETWORKS}

        bits = {b.name: b.bits_per_character for b in results["lstm"].baselines}
        assert bits["uniform"] > bits["unigram"] > bits["trigram"]
        assert bits["gzip"] > bits["trigram"]
        assert all(result.bits_per_character < bits["trigram"] for result in results.values())

    def test_the_baselines_do_not_depend_on_the_model(self, demo: Demo) -> None:
        one, other = (demo.call("score", text="To be", model=model) for model in NETWORKS)

        assert one.baselines == other.baselines

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, "text"),
            ({"text": ""}, "^text: "),
            ({"text": "a" * 10_001}, "^text: "),
            ({"text": "\N{EM DASH}" * 5001}, "^text: .* it has 10,002; 10,000 are the most"),
            ({"text": "a", "model": "trigram"}, "^model: "),
        ],
        ids=str,
    )
    def test_a_bad_argument_is_refused_by_its_name(
        self, demo: Demo, arguments: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(InvalidInput, match=message):
            demo.call("score", **arguments)
