"""A Transformer that writes: keys and values of the last characters in a ring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention, silu

from demo_app.prepared import once_for_each_model

from .products import Product, product
from .transformer import Block, TransformerLanguageModel, rotations, sliding_window

CHUNK = 256
"""How many characters are read at once: the scores of all pairs of them are in memory together."""


class TransformerDecoder:
    """A Transformer with the keys and values of the last ``context`` characters.

    The cache is a ring: a new character takes the place of the oldest. Keys carry their rotation
    with them and the softmax knows no order, so nothing is ever moved or computed again.
    """

    def __init__(self, model: TransformerLanguageModel) -> None:
        self.model = model
        self.layers = [_Layer(block, model.context) for block in model.blocks]
        self.length = 0
        self._weights = _transformer_weights(model)
        self._angles = self._turned(0, CHUNK)
        self._angles_from = 0

    @torch.no_grad()
    def read(self, ids: Sequence[int]) -> Tensor:
        """As ``Decoder.read``; in chunks, so that memory stays small for long texts."""
        pieces = [self._read_chunk(ids[i : i + CHUNK]) for i in range(0, len(ids), CHUNK)]
        head = self.model.head.weight
        return torch.cat(pieces) if pieces else head.new_zeros(0, len(head))

    @torch.no_grad()
    def step(self, index: int) -> Tensor:
        """As ``Decoder.step``."""
        if not 0 <= self.length - self._angles_from < len(self._angles):
            self._angles, self._angles_from = self._turned(self.length, CHUNK), self.length
        angles = self._angles[self.length - self._angles_from]
        slot = self.length % self.model.context
        filled = min(self.length + 1, self.model.context)
        x = self.model.embedding.weight[index : index + 1]
        for layer, weights in zip(self.layers, self._weights.blocks, strict=True):
            x = layer.step(x, weights, angles, slot, filled)
        self.length += 1
        return self._weights.head(torch.rms_norm(x, x.shape[1:], self._weights.norm))[0]

    def _read_chunk(self, ids: Sequence[int]) -> Tensor:
        model = self.model
        device = model.embedding.weight.device
        end = self.length + len(ids)
        before = min(self.length, model.context - 1)
        angles = self._turned(self.length, len(ids))
        mask = sliding_window(len(ids), model.context, device, before=before)
        recent = torch.arange(self.length - before, self.length, device=device) % model.context
        kept = torch.arange(max(self.length, end - model.context), end, device=device)
        x = model.embedding(torch.tensor(list(ids), device=device)[None])
        for layer in self.layers:
            x = layer.read(x, angles, mask, recent, kept % model.context)
        self.length = end
        logits: Tensor = model.head(model.norm(x))[0]
        return logits

    def _turned(self, start: int, count: int) -> Tensor:
        angles = rotations(torch.arange(start, start + count), self.model.head_width)
        return angles.to(self.model.embedding.weight.device)


class _Layer:
    """One block with its ring of keys and values."""

    def __init__(self, block: nn.Module, context: int) -> None:
        assert isinstance(block, Block)
        attention = block.attention
        self.block = block
        self.heads, self.head_width = attention.heads, attention.head_width
        weight = attention.out.weight
        self.keys = weight.new_zeros(self.heads, context, self.head_width)
        self.values = torch.zeros_like(self.keys)

    def step(
        self, x: Tensor, weights: _BlockWeights, angles: Tensor, slot: int, filled: int
    ) -> Tensor:
        """``(1, width)`` to the same shape; the ring takes in the new character."""
        heads, head_width = self.heads, self.head_width
        width = heads * head_width
        entered = weights.entry(torch.rms_norm(x, x.shape[1:], weights.entry_norm))[0]
        pair = torch.rms_norm(entered[: 2 * width].view(2, heads, head_width), [head_width])
        pairs = torch.view_as_complex((pair * weights.norms).view(2, heads, -1, 2))
        query, key = torch.view_as_real(pairs * angles).view(2, heads, 1, head_width).unbind()
        self.keys[:, slot : slot + 1] = key
        self.values[:, slot] = entered[2 * width : 3 * width].view(heads, head_width)
        scores = torch.bmm(query, self.keys[:, :filled].transpose(1, 2))
        seen = torch.bmm(scores.softmax(-1), self.values[:, :filled]).view(heads, head_width)
        gated = seen * entered[3 * width :].sigmoid()[:, None]
        x = x + weights.out(gated.view(1, width))
        gate, up = weights.gate_up(torch.rms_norm(x, x.shape[1:], weights.ahead_norm)).chunk(2, -1)
        return x + weights.down(silu(gate) * up)

    def read(
        self, x: Tensor, angles: Tensor, mask: Tensor | None, recent: Tensor, kept: Tensor
    ) -> Tensor:
        """``(1, length, width)`` to the same shape.

        Args:
            x: the residual stream of the new characters.
            angles: their rotations.
            mask: where each may look.
            recent: places in the ring of the characters before, the oldest first.
            kept: places in the ring for the new ones; for the last of them, if it is too small.
        """
        attention = self.block.attention
        entered = self.block.attention_norm(x)
        query, key, value = attention.project(entered, angles)
        keys = torch.cat([self.keys[None, :, recent], key], 2)
        values = torch.cat([self.values[None, :, recent], value], 2)
        seen = scaled_dot_product_attention(query, keys, values, mask, is_causal=mask is None)
        self.keys[:, kept] = key[0, :, -len(kept) :]
        self.values[:, kept] = value[0, :, -len(kept) :]
        x = x + attention.merge(seen, entered)
        out: Tensor = x + self.block.feed_forward(self.block.feed_forward_norm(x))
        return out


@dataclass(frozen=True, kw_only=True)
class _BlockWeights:
    """A block's weights, laid out for a single character.

    Attributes:
        entry: to queries, keys, values and gates, ``width`` to ``3 width + heads``.
        norms: scales of queries and keys, ``(2, 1, head_width)``; attention's own is in them.
        out: ``width`` to ``width``.
        gate_up: ``width`` to ``2 hidden``.
        down: ``hidden`` to ``width``.
        entry_norm: the scale of the norm before ``entry``.
        ahead_norm: the scale of the norm before ``gate_up``.
    """

    entry: Product
    norms: Tensor
    out: Product
    gate_up: Product
    down: Product
    entry_norm: Tensor
    ahead_norm: Tensor

    @classmethod
    def of(cls, block: nn.Module) -> _BlockWeights:
        """The weights of a block of a Transformer."""
        assert isinstance(block, Block)
        attention, ahead = block.attention, block.feed_forward
        gate, into = attention.gate, attention.query_key_value.weight
        query_scale = attention.query_norm.weight * attention.head_width**-0.5
        return cls(
            entry=product(
                torch.cat([into, gate.weight]),
                torch.cat([into.new_zeros(len(into)), gate.bias]),
            ),
            norms=torch.stack([query_scale, attention.key_norm.weight])[:, None],
            out=product(attention.out.weight),
            gate_up=product(ahead.gate_up.weight),
            down=product(ahead.down.weight),
            entry_norm=block.attention_norm.weight.detach(),
            ahead_norm=block.feed_forward_norm.weight.detach(),
        )


@dataclass(frozen=True, kw_only=True)
class _TransformerWeights:
    """The weights of all blocks, the head, and the scale of the norm before it."""

    blocks: list[_BlockWeights]
    head: Product
    norm: Tensor


@once_for_each_model
def _transformer_weights(model: TransformerLanguageModel) -> _TransformerWeights:
    return _TransformerWeights(
        blocks=[_BlockWeights.of(block) for block in model.blocks],
        head=product(model.head.weight),
        norm=model.norm.weight.detach(),
    )
