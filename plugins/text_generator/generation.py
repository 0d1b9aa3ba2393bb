"""Writes a text on, character by character."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from .decoding import CHUNK, decoder_of, receptive_field
from .prompts import START
from .results import Finished, GeneratedCharacter, Generation, Likelihood
from .sampling import Sampler
from .vocabulary import Vocabulary


def write(
    model: nn.Module,
    vocabulary: Vocabulary,
    prompt: str,
    *,
    sampler: Sampler,
    generator: torch.Generator,
    max_new_characters: int,
    stop: str,
    alternatives: int,
    stopped: Callable[[], bool],
) -> Iterator[Generation]:
    """The text after each new character; the last value says why it ended.

    Args:
        model: an LSTM or a Transformer of this demo.
        vocabulary: its characters.
        prompt: in those characters only.
        sampler: how the next character is drawn.
        generator: one number is taken from it for each character.
        max_new_characters: how many to write, at least one.
        stop: a text that ends the writing, and is left out; empty for none. What is in the prompt
            does not count.
        alternatives: of how many characters to report the probability at each place; 0 reports
            no single characters at all.
        stopped: asked before each character, and while a long prompt is read.
    """
    ids = vocabulary.encode(START + prompt)
    written = _Written(prompt)
    decoder = decoder_of(model)
    unread = ids[-(receptive_field(model) or len(ids)) :]
    for start in range(0, len(unread), CHUNK):
        if stopped():
            yield written.state("stopped")
            return
        logits = decoder.read(unread[start : start + CHUNK])[-1]
    while True:
        if stopped():
            yield written.state("stopped")
            return
        drawn = sampler.draw(logits, ids, generator)
        ids.append(drawn)
        written.add(logits.detach().cpu().double(), drawn, vocabulary, alternatives)
        if stop and written.text.endswith(stop):
            written.cut(len(stop))
            yield written.state("stop")
            return
        if len(written.text) == max_new_characters:
            yield written.state("length")
            return
        yield written.state("running")
        logits = decoder.step(drawn)


@dataclass
class _Written:
    """What has been written so far; ``bits`` has the sum after each character."""

    prompt: str
    text: str = ""
    characters: list[GeneratedCharacter] = field(default_factory=list)
    bits: list[float] = field(default_factory=lambda: [0.0])

    def add(self, logits: Tensor, drawn: int, vocabulary: Vocabulary, alternatives: int) -> None:
        """Add the character that was drawn where the model gave these logits."""
        own = logits.log_softmax(-1)
        self.text += vocabulary.characters[drawn]
        self.bits.append(self.bits[-1] - own[drawn].item() / math.log(2))
        if alternatives:
            self.characters.append(_reported(own.exp(), drawn, vocabulary, alternatives))

    def cut(self, count: int) -> None:
        """Take so many characters away from the end."""
        self.text = self.text[:-count]
        del self.bits[-count:], self.characters[-count:]

    def state(self, finished: Finished) -> Generation:
        """What a visitor gets to see of it."""
        return Generation(
            prompt=self.prompt,
            text=self.text,
            characters=tuple(self.characters),
            bits_per_character=self.bits[-1] / max(1, len(self.text)),
            finished=finished,
        )


def _reported(
    own: Tensor, drawn: int, vocabulary: Vocabulary, alternatives: int
) -> GeneratedCharacter:
    likeliest = own.topk(min(alternatives, len(own)))
    return GeneratedCharacter(
        character=vocabulary.characters[drawn],
        probability=own[drawn].item(),
        alternatives=tuple(
            Likelihood(character=vocabulary.characters[index], probability=probability)
            for index, probability in zip(
                likeliest.indices.tolist(), likeliest.values.tolist(), strict=True
            )
        ),
    )
