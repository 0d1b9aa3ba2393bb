"""Reading and writing character by character, each step at the cost of one character."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn

from .lstm import LSTMLanguageModel
from .lstm_decoding import LSTMDecoder
from .transformer import TransformerLanguageModel
from .transformer_decoding import CHUNK, TransformerDecoder

__all__ = [
    "CHUNK",
    "Decoder",
    "LSTMDecoder",
    "TransformerDecoder",
    "decoder_of",
    "receptive_field",
]


class Decoder(Protocol):
    """A model in the middle of a text."""

    def read(self, ids: Sequence[int]) -> Tensor:
        """Go on by several characters at once.

        Returns:
            Logits of the next character after each of them, ``(len(ids), vocab_size)``.
        """
        ...

    def step(self, index: int) -> Tensor:
        """Go on by one character.

        Returns:
            Logits of the next one, ``(vocab_size,)``.
        """
        ...


def decoder_of(model: nn.Module) -> Decoder:
    """A decoder at the beginning of a text.

    Raises:
        TypeError: the model is of neither kind.
    """
    if isinstance(model, TransformerLanguageModel):
        return TransformerDecoder(model)
    if isinstance(model, LSTMLanguageModel):
        return LSTMDecoder(model)
    raise TypeError(f"{type(model).__name__} is no language model of this demo")


def receptive_field(model: nn.Module) -> int | None:
    """How many characters back can change the next one; None where there is no end.

    Through every layer of a sliding window one sees a context further.
    """
    if isinstance(model, TransformerLanguageModel):
        return len(model.blocks) * (model.context - 1) + 1
    return None
