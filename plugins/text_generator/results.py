"""What the actions of this demo return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Finished = Literal["running", "length", "stop", "stopped"]


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """A character and a probability."""

    character: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class GeneratedCharacter:
    """A drawn character, what the model gave it, and what it gave the likeliest others.

    Attributes:
        character: what was drawn.
        probability: the model's own, before the sampler changed anything.
        alternatives: the likeliest characters at this place, the likeliest first.
    """

    character: str
    probability: float
    alternatives: tuple[Likelihood, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Generation:
    """A text as far as it has been written.

    Attributes:
        prompt: the prompt in the characters that the model knows.
        text: what follows it.
        characters: the text character by character; empty unless alternatives were asked for.
        bits_per_character: how surprising the text is to the model that wrote it (mean of
            −log₂ of the model's own probability); 0 for no text.
        finished: ``running``, or why it ended: the ``length`` asked for was reached, the
            ``stop`` text came, or the visitor ``stopped`` it.
    """

    prompt: str
    text: str
    characters: tuple[GeneratedCharacter, ...]
    bits_per_character: float
    finished: Finished


@dataclass(frozen=True, kw_only=True)
class ScoredCharacter:
    """A character of a given text, and its surprise: −log₂ of the model's probability for it."""

    character: str
    bits: float


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What a simpler way needs for the same text.

    Attributes:
        name: ``uniform``, ``unigram``, ``trigram`` or ``gzip``.
        bits: for the whole text.
        bits_per_character: on average.
        explanation: what it is.
    """

    name: str
    bits: float
    bits_per_character: float
    explanation: str


@dataclass(frozen=True, kw_only=True)
class Score:
    """How well a model predicts a text: the fewer bits, the better.

    Attributes:
        text: the text in the characters that the model knows.
        characters: bits for each character of it.
        total_bits: their sum.
        bits_per_character: their mean.
        perplexity: 2 to the power of that: between so many characters the model wavers.
        baselines: what simpler ways need.
    """

    text: str
    characters: tuple[ScoredCharacter, ...]
    total_bits: float
    bits_per_character: float
    perplexity: float
    baselines: tuple[Baseline, ...]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The distribution of the next character after one stage of the sampler.

    Attributes:
        name: the parameter that the stage belongs to; ``model`` before the first.
        kept: how many characters can still be drawn.
        entropy: of the distribution, in bits.
        distribution: every character with its probability, in the order of the vocabulary.
    """

    name: str
    kept: int
    entropy: float
    distribution: tuple[Likelihood, ...]


@dataclass(frozen=True, kw_only=True)
class Attention:
    """Who looked at whom in one layer of the Transformer.

    Attributes:
        layer: counted from 0.
        layers: how many there are.
        heads: for each head a square of weights; row i is what character i looked at, and sums
            to one.
    """

    layer: int
    layers: int
    heads: tuple[tuple[tuple[float, ...], ...], ...]


@dataclass(frozen=True, kw_only=True)
class Track:
    """What one unit of the LSTM remembers while it reads.

    Attributes:
        layer: counted from 0.
        unit: its place in the layer.
        values: tanh of its cell after each character, −1…1.
        follows: what in the text it goes along with most, in words.
        correlation: how closely (Pearson's r over the shown characters), −1…1.
    """

    layer: int
    unit: int
    values: tuple[float, ...]
    follows: str
    correlation: float


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """How a model chooses what comes after a prompt.

    Attributes:
        prompt: the prompt in the characters that the model knows.
        stages: the distribution of the next character, stage by stage of the sampler.
        seen: the last characters of the prompt, which attention and tracks are about.
        attention: of the Transformer; None for the LSTM.
        tracks: of the LSTM, the liveliest units first; empty for the Transformer.
    """

    prompt: str
    stages: tuple[Stage, ...]
    seen: str
    attention: Attention | None
    tracks: tuple[Track, ...]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A piece of a text that stands word for word in the training text.

    Attributes:
        text: the piece.
        start: where it begins in the given text.
        place: where it begins in the training text, counted in characters from 0.
        line: the same as a line number, counted from 1.
        before: what stands before it in the training text.
        after: what stands after it there.
    """

    text: str
    start: int
    place: int
    line: int
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Originality:
    """How much of a text was copied from the training text.

    Attributes:
        text: the text in the characters that the models know.
        longest: its longest run; None for an empty text.
        runs: all runs of at least ``minimum`` characters that no longer one contains, in order.
        copied: the share of the text's characters that stand in such a run, 0…1.
        minimum: how long a run must be to count.
    """

    text: str
    longest: Run | None
    runs: tuple[Run, ...]
    copied: float
    minimum: int


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that tutorials get wrong, tried out here and now.

    Attributes:
        name: a short title.
        model: the class.
        published: what the published code does.
        consequence: what happens, in words.
        evidence: what was measured, in words; the number follows.
        faulty: the number for the published code; None where it raises.
        mended: the same number after the mend.
        error: what the published code raises; empty if it runs.
        mend: how it is mended.
    """

    name: str
    model: str
    published: str
    consequence: str
    evidence: str
    faulty: float | None
    mended: float
    error: str
    mend: str
