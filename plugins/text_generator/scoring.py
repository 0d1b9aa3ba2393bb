"""How surprising a text is to a model, and what simpler ways need for it."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from demo_app.prepared import once_for_each_model

from .decoding import decoder_of
from .prompts import START
from .results import Baseline, Score, ScoredCharacter
from .trigram import TrigramLanguageModel
from .vocabulary import Vocabulary

DEFLATE_WINDOW = 32_768


def score_text(
    model: nn.Module, counts: TrigramLanguageModel, vocabulary: Vocabulary, text: str
) -> Score:
    """Bits for each character of a text, each predicted from all that stand before it.

    Args:
        model: an LSTM or a Transformer of this demo.
        counts: the baseline, with the training text.
        vocabulary: the characters of both.
        text: in those characters only, at least one.
    """
    ids = vocabulary.encode(START + text)
    bits = surprise(model, ids)
    total = sum(bits)
    return Score(
        text=text,
        characters=tuple(
            ScoredCharacter(character=character, bits=value)
            for character, value in zip(text, bits, strict=True)
        ),
        total_bits=total,
        bits_per_character=total / len(text),
        perplexity=2 ** (total / len(text)),
        baselines=tuple(baselines(counts, vocabulary, ids)),
    )


def surprise(model: nn.Module, ids: list[int]) -> list[float]:
    """Bits of every character but the first, ``-log2`` of its probability."""
    logits = decoder_of(model).read(ids[:-1]).cpu().double()
    nats = -logits.log_softmax(-1).gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
    values: list[float] = (nats / math.log(2)).tolist()
    return values


def baselines(
    counts: TrigramLanguageModel, vocabulary: Vocabulary, ids: list[int]
) -> Iterator[Baseline]:
    """What simpler ways need for all but the first of these characters."""
    unigram, trigram = _tables(counts)
    text, length = torch.tensor(ids), len(ids) - 1
    after_one = unigram[text[1:2]].log2().sum()
    after_two = trigram[text[:-2], text[1:-1], text[2:]].log2().sum()
    found = {
        "uniform": (
            length * math.log2(len(vocabulary)),
            f"all {len(vocabulary)} characters equally likely",
        ),
        "unigram": (
            -unigram[text[1:]].log2().sum().item(),
            "how often each character stands in the training text",
        ),
        "trigram": (
            -(after_one + after_two).item(),
            "how often it follows the last two characters in the training text "
            "(Witten-Bell smoothing)",
        ),
        "gzip": (
            _deflated(counts, vocabulary, ids[1:]),
            "gzip's algorithm (level 9, whole bytes) after the last 32 kB of the training text",
        ),
    }
    for name, (bits, explanation) in found.items():
        yield Baseline(
            name=name, bits=bits, bits_per_character=bits / length, explanation=explanation
        )


@once_for_each_model
def _tables(counts: TrigramLanguageModel) -> tuple[Tensor, Tensor]:
    return counts.unigram(), counts.trigram()


def _deflated(counts: TrigramLanguageModel, vocabulary: Vocabulary, ids: list[int]) -> float:
    """Bits that raw deflate needs, its window filled with the end of the training text."""
    known = vocabulary.decode(counts.text[-DEFLATE_WINDOW:].tolist()).encode("utf-8")
    press = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=known)
    pressed = press.compress(vocabulary.decode(ids).encode("utf-8")) + press.flush()
    return 8.0 * len(pressed)
