"""The architecture, and the letters that it knows."""

from __future__ import annotations

from torch import Tensor, nn

LETTERS = "\n !'(),-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""The vocabulary: what is not in it is left out of a prompt."""


class LetterGRU(nn.Module):
    """Logits of the next letter after each: ``(batch, length)`` to ``(batch, length, letters)``."""

    def __init__(self, hidden: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS), 32)
        self.gru = nn.GRU(32, hidden, batch_first=True)
        self.head = nn.Linear(hidden, len(LETTERS))

    def forward(self, letters: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The logits, and the state ``(1, batch, hidden)`` from which to go on."""
        outputs, state = self.gru(self.embedding(letters), state)
        assert state is not None
        return self.head(outputs), state


def encode(text: str) -> list[int]:
    """The numbers of the letters that are known."""
    return [LETTERS.index(letter) for letter in text if letter in LETTERS]
