"""An LSTM that writes: one product a layer for each character."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import linear

from demo_app.prepared import once_for_each_model

from .lstm import LSTMLanguageModel
from .products import Product, product

CHUNK = 256
"""How many characters are read at once: the gates of all of them are in memory together."""


class LSTMDecoder:
    """An LSTM with its state.

    ``nn.LSTM`` prepares its weights anew at each call, which for one character takes many times
    as long as the step itself. Here they are laid out once for products with a single vector, and
    what the first layer makes of an embedding is computed once for every character.

    Attributes:
        state: hidden state and cell of each layer, ``(1, hidden)`` each.
    """

    def __init__(self, model: LSTMLanguageModel) -> None:
        self.model = model
        self._weights = _lstm_weights(model)
        zeros = model.head.weight.new_zeros(1, model.hidden)
        self.state = [(zeros, zeros) for _ in range(model.layers)]

    @torch.no_grad()
    def read(self, ids: Sequence[int]) -> Tensor:
        """As ``Decoder.read``."""
        pieces = [self._read_chunk(ids[i : i + CHUNK]) for i in range(0, len(ids), CHUNK)]
        head = self.model.head.weight
        return torch.cat(pieces) if pieces else head.new_zeros(0, len(head))

    @torch.no_grad()
    def step(self, index: int) -> Tensor:
        """As ``Decoder.step``."""
        weights = self._weights
        below = None
        for layer, recur in enumerate(weights.layers):
            hidden, cell = self.state[layer]
            if below is None:
                gates = recur(hidden) + weights.embedded[index]
            else:
                gates = recur(torch.cat([below, hidden], 1))
            enter, forget, candidate, leave = gates.chunk(4, 1)
            cell = cell * forget.sigmoid() + enter.sigmoid() * candidate.tanh()
            below = leave.sigmoid() * cell.tanh()
            self.state[layer] = (below, cell)
        assert below is not None
        return weights.head(below)[0]

    def _read_chunk(self, ids: Sequence[int]) -> Tensor:
        hidden, cell = (torch.stack(part) for part in zip(*self.state, strict=True))
        inputs = torch.tensor(list(ids), device=hidden.device)[None]
        logits, (hidden, cell) = self.model(inputs, (hidden, cell))
        self.state = list(zip(hidden, cell, strict=True))
        read: Tensor = logits[0]
        return read


@dataclass(frozen=True, kw_only=True)
class _LSTMWeights:
    """The weights of an LSTM, laid out for a single character.

    Attributes:
        embedded: what each character adds to the gates of the first layer,
            ``(vocab_size, 4 hidden)``.
        layers: from the hidden state of the first layer to its gates; for each further layer,
            from the layer below and the hidden state.
        head: ``hidden`` to ``vocab_size``.
    """

    embedded: Tensor
    layers: list[Product]
    head: Product


@once_for_each_model
def _lstm_weights(model: LSTMLanguageModel) -> _LSTMWeights:
    first, *further = model.lstm.all_weights
    from_embedding, from_hidden, bias, other_bias = first
    layers = [product(from_hidden)]
    for from_below, from_own, *biases in further:
        layers.append(product(torch.cat([from_below, from_own], 1), biases[0] + biases[1]))
    return _LSTMWeights(
        embedded=linear(model.embedding.weight, from_embedding, bias + other_bias),
        layers=layers,
        head=product(model.head.weight, model.head.bias),
    )
