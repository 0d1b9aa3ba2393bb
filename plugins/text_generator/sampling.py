"""From logits to the next character, in stages that can be looked at one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

PENALTY_REACH = 64
"""How many characters back the repetition penalty looks."""


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """How the next character is drawn. Each stage changes the logits, in this order.

    The order is llama.cpp's: penalties, what is cut off, temperature. What is cut does therefore
    not depend on the temperature.

    Attributes:
        temperature: divides the logits; below 1 the likely grows likelier, 0 takes the likeliest.
        top_k: keep so many of the likeliest characters; 0 keeps all.
        top_p: keep the likeliest that together reach this probability (nucleus sampling;
            Holtzman et al. 2020, arXiv 1904.09751), at least one; 1 keeps all.
        min_p: keep what has at least this share of the likeliest one's probability (Nguyen et
            al. 2024, arXiv 2407.01082); 0 keeps all.
        repetition_penalty: divides the positive and multiplies the negative logits of characters
            among the last 64 (Keskar et al. 2019, arXiv 1909.05858); 1 changes nothing.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0

    def stages(self, logits: Tensor, recent: Sequence[int]) -> Iterator[tuple[str, Tensor]]:
        """The probabilities after each stage; the last are those that are drawn from.

        Args:
            logits: ``(vocab_size,)``, on any device.
            recent: the ids so far.

        Yields:
            The stage's name and ``(vocab_size,)`` of float64 on the CPU.
        """
        logits = logits.detach().cpu().double()
        yield "model", logits.softmax(-1)
        logits = self._penalised(logits, recent)
        yield "repetition_penalty", logits.softmax(-1)
        for name, cut in (("top_k", self._top_k), ("top_p", self._top_p), ("min_p", self._min_p)):
            logits = cut(logits)
            yield name, logits.softmax(-1)
        yield "temperature", self._at_temperature(logits)

    def probabilities(self, logits: Tensor, recent: Sequence[int]) -> Tensor:
        """What the next character is drawn from, as the last of ``stages``."""
        logits = self._penalised(logits.detach().cpu().double(), recent)
        return self._at_temperature(self._min_p(self._top_p(self._top_k(logits))))

    def draw(self, logits: Tensor, recent: Sequence[int], generator: torch.Generator) -> int:
        """Draw the next character: where a uniform number falls among the sums of probabilities.

        Exactly one number is taken from the generator for each character, so that two models
        with generators of one seed meet the same luck.
        """
        uniform = torch.rand((), generator=generator, dtype=torch.float64)
        sums = self.probabilities(logits, recent).cumsum(-1)
        # Rounding may leave the last sum below one; the place of the draw is within it.
        place = torch.searchsorted(sums, uniform * sums[-1], right=True)
        return int(place.clamp(max=len(sums) - 1))

    def _penalised(self, logits: Tensor, recent: Sequence[int]) -> Tensor:
        seen = sorted(set(recent[-PENALTY_REACH:]))
        if self.repetition_penalty == 1 or not seen:
            return logits
        logits = logits.clone()
        values = logits[seen]
        penalty = self.repetition_penalty
        logits[seen] = torch.where(values > 0, values / penalty, values * penalty)
        return logits

    def _top_k(self, logits: Tensor) -> Tensor:
        if not 0 < self.top_k < len(logits):
            return logits
        return _kept(logits, logits.topk(self.top_k).indices)

    def _top_p(self, logits: Tensor) -> Tensor:
        if self.top_p >= 1:
            return logits
        ordered, order = logits.softmax(-1).sort(descending=True, stable=True)
        before = ordered.cumsum(-1) - ordered
        before[0] = -1.0
        return _kept(logits, order[before < self.top_p])

    def _min_p(self, logits: Tensor) -> Tensor:
        if self.min_p <= 0:
            return logits
        probabilities = logits.softmax(-1)
        return logits.masked_fill(probabilities < self.min_p * probabilities.max(), -torch.inf)

    def _at_temperature(self, logits: Tensor) -> Tensor:
        if self.temperature == 0:
            return torch.zeros_like(logits).index_fill_(0, logits.argmax(), 1.0)
        # The largest first becomes zero: dividing by a tiny temperature then cannot overflow it.
        return ((logits - logits.max()) / self.temperature).softmax(-1)


def _kept(logits: Tensor, places: Tensor) -> Tensor:
    """The logits at these places; the others can no longer be drawn."""
    return torch.full_like(logits, -torch.inf).index_copy_(0, places, logits[places])
