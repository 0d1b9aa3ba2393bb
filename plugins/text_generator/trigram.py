"""The baseline without a network: counts of three characters, and the text they were counted in."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TrigramLanguageModel(nn.Module):
    """Predicts the next character from how often it followed the last two in the training text.

    Counts of one, two and three characters are mixed by Witten and Bell's method: the more
    different characters followed a context, the more weight its shorter neighbour gets
    (*method C*; Witten and Bell 1991). Nothing is fitted.

    Args:
        vocab_size: number of characters.
        length: characters in the training text.
    """

    text: Tensor

    def __init__(self, vocab_size: int, length: int) -> None:
        super().__init__()
        self.vocab_size = vocab_size
        self.register_buffer("text", torch.zeros(length, dtype=torch.uint8))

    def unigram(self) -> Tensor:
        """Probability of each character, ``(vocab_size,)`` of float64, none of them zero."""
        counts = _counted(self._ids(), self.vocab_size)
        return _mixed(counts, torch.full_like(counts, 1 / self.vocab_size))

    def trigram(self) -> Tensor:
        """Probability of a character after two, ``(vocab_size,) * 3`` of float64."""
        size, ids = self.vocab_size, self._ids()
        pairs = ids[:-1] * size + ids[1:]
        triples = pairs[:-1] * size + ids[2:]
        bigram = _mixed(_counted(pairs, size**2).view(size, size), self.unigram())
        return _mixed(_counted(triples, size**3).view(size, size, size), bigram)

    def forward(self, ids: Tensor) -> Tensor:
        """Log-probabilities of the next character after every character.

        Args:
            ids: ``(batch, length)`` of int64.

        Returns:
            ``(batch, length, vocab_size)``; the first of a text has no trigram and takes the
            unigram.
        """
        table = self.trigram().log().float().to(ids.device)
        after = table[ids[:, :-1], ids[:, 1:]]
        first = self.unigram().log().float().to(ids.device).expand(len(ids), 1, -1)
        return torch.cat([first, after], 1)

    def _ids(self) -> Tensor:
        """The text as int64, where counts can be of float64, which not every accelerator has."""
        return self.text.long() if self.text.is_meta else self.text.cpu().long()


def _counted(ids: Tensor, kinds: int) -> Tensor:
    """How often each number below ``kinds`` stands among these; ``bincount`` has no meta form."""
    counts = torch.zeros(kinds, dtype=torch.float64, device=ids.device)
    return counts.index_add_(0, ids, torch.ones_like(ids, dtype=torch.float64))


def _mixed(counts: Tensor, shorter: Tensor) -> Tensor:
    """Probabilities after each context, ``(…, vocab_size)``, mixed with those of a shorter one."""
    seen = counts.sum(-1, keepdim=True)
    kinds = (counts > 0).sum(-1, keepdim=True)
    mixed: Tensor = (counts + kinds.clamp(min=1) * shorter) / (seen + kinds.clamp(min=1))
    return mixed
