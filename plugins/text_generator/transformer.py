"""A decoder-only Transformer with the practices of today, and a key-value cache that rolls."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention, silu

ROTARY_BASE = 10_000.0


class TransformerLanguageModel(nn.Module):
    """Predicts the next character from the last ``context`` ones.

    What it takes from the practices of today, and why:

    - *pre-norm*: normalisation at the entry of a branch leaves the residual path an identity, so
      gradients reach every block (Xiong et al. 2020, arXiv 2002.04745);
    - *RMSNorm*: the scale without the mean does as well as LayerNorm (Zhang and Sennrich 2019,
      arXiv 1910.07467); on queries and keys it bounds the attention logits (Henry et al. 2020,
      arXiv 2010.04245);
    - *rotary positions*: attention sees distances, not places, so keys stay valid however far the
      text goes on (Su et al. 2021, arXiv 2104.09864);
    - *SwiGLU*: a gated feed-forward layer learns more with as many parameters (Shazeer 2020,
      arXiv 2002.05202);
    - *a gate for every head*: a head with nothing to say can say nothing, so that no probability
      has to be parked on the first characters, which a rolling window loses (Qiu et al. 2025,
      arXiv 2505.06708);
    - no biases, and branches that start at zero.

    Attention reaches ``context`` characters back, the present one included, also in longer
    inputs: a sliding window, which is exactly what the rolling cache holds.

    Args:
        vocab_size: number of characters.
        context: how many characters attention sees.
        width: size of the residual stream.
        layers: number of blocks.
        heads: attention heads in a block.
        hidden: size of the feed-forward layer.
        dropout: on the embedding and on each branch, in training only.
    """

    def __init__(
        self,
        vocab_size: int,
        context: int = 256,
        width: int = 256,
        layers: int = 6,
        heads: int = 8,
        hidden: int = 688,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.vocab_size = vocab_size
        self.context = context
        self.embedding = nn.Embedding(vocab_size, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(width, heads, hidden, dropout) for _ in range(layers))
        self.norm = nn.RMSNorm(width)
        self.head = nn.Linear(width, vocab_size, bias=False)
        nn.init.normal_(self.embedding.weight, std=1.0)
        nn.init.zeros_(self.head.weight)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits of the next character after every character.

        Args:
            ids: ``(batch, length)`` of int64.

        Returns:
            ``(batch, length, vocab_size)``.
        """
        x = self.dropout(self.embedding(ids))
        angles = rotations(torch.arange(ids.shape[1]), self.head_width).to(ids.device)
        mask = sliding_window(ids.shape[1], self.context, ids.device)
        for block in self.blocks:
            x = block(x, angles, mask)
        logits: Tensor = self.head(self.norm(x))
        return logits

    @property
    def head_width(self) -> int:
        """Width of one attention head."""
        block = self.blocks[0]
        assert isinstance(block, Block)
        return block.attention.head_width


class Block(nn.Module):
    """Attention, then the feed-forward layer, each a branch off the residual stream."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(width)
        self.attention = Attention(width, heads)
        self.feed_forward_norm = nn.RMSNorm(width)
        self.feed_forward = SwiGLU(width, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, angles: Tensor, mask: Tensor | None) -> Tensor:
        """``(batch, length, width)`` to the same shape."""
        x = x + self.dropout(self.attention(self.attention_norm(x), angles, mask))
        out: Tensor = x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))
        return out


class Attention(nn.Module):
    """Causal multi-head attention with rotary positions, normalised queries and keys, and gates."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads or (width // heads) % 2:
            raise ValueError(f"a width of {width} has no {heads} heads of an even width")
        self.heads = heads
        self.head_width = width // heads
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.query_norm = nn.RMSNorm(self.head_width)
        self.key_norm = nn.RMSNorm(self.head_width)
        self.gate = nn.Linear(width, heads)
        self.out = nn.Linear(width, width, bias=False)
        nn.init.zeros_(self.gate.weight)
        nn.init.constant_(self.gate.bias, 2.0)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor, angles: Tensor, mask: Tensor | None) -> Tensor:
        """``(batch, length, width)`` to the same shape.

        Args:
            x: the normalised residual stream.
            angles: ``(length, head_width / 2)``, complex rotations.
            mask: ``(length, length)``, true where a character may look; None is plain causal.
        """
        query, key, value = self.project(x, angles)
        seen = scaled_dot_product_attention(query, key, value, mask, is_causal=mask is None)
        return self.merge(seen, x)

    def project(self, x: Tensor, angles: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries and keys, normalised and turned by their places, and values.

        Returns:
            Three of ``(batch, heads, length, head_width)``.
        """
        parts = self.query_key_value(x).unflatten(-1, (3, self.heads, self.head_width))
        query, key, value = parts.unbind(2)
        query = rotate(self.query_norm(query.float()), angles[:, None]).to(value.dtype)
        key = rotate(self.key_norm(key.float()), angles[:, None]).to(value.dtype)
        return query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)

    def merge(self, seen: Tensor, x: Tensor) -> Tensor:
        """What the heads have seen, ``(batch, heads, length, head_width)``, gated and mixed."""
        gated = seen.transpose(1, 2) * torch.sigmoid(self.gate(x)).unsqueeze(-1)
        out: Tensor = self.out(gated.flatten(2))
        return out


class SwiGLU(nn.Module):
    """A feed-forward layer whose hidden units are gated by a SiLU."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate_up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)
        nn.init.zeros_(self.down.weight)

    def forward(self, x: Tensor) -> Tensor:
        """``(…, width)`` to the same shape."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        out: Tensor = self.down(silu(gate) * up)
        return out


def rotations(positions: Tensor, head_width: int) -> Tensor:
    """Rotary angles as complex numbers, ``(length, head_width / 2)``.

    Computed in float64, so that position a million is as exact as position one. Not every
    accelerator has that: the positions are to be on the CPU.
    """
    frequencies = ROTARY_BASE ** (-torch.arange(0, head_width, 2, dtype=torch.float64) / head_width)
    angles = positions.to(torch.float64)[:, None] * frequencies
    return torch.polar(torch.ones_like(angles), angles).to(torch.complex64)


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn each pair of features by its angle; the shape stays, the result is float32."""
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * angles).flatten(-2)


def sliding_window(
    length: int, context: int, device: torch.device, *, before: int = 0
) -> Tensor | None:
    """Who may look where: at oneself and the ``context - 1`` characters before.

    Args:
        length: how many characters look.
        context: how far they see.
        device: where the mask is made.
        before: how many characters stand before them.

    Returns:
        ``(length, before + length)``; None where plain causal attention is the same.
    """
    if not before and length <= context:
        return None
    place = torch.arange(-before, length, device=device)
    distance = place[before:, None] - place[None, :]
    return (distance >= 0) & (distance < context)


def attention_maps(model: TransformerLanguageModel, ids: Tensor) -> Tensor:
    """How much every character looked at every other, in each layer and head.

    Args:
        model: in eval mode.
        ids: ``(length,)``.

    Returns:
        ``(layers, heads, length, length)``; each row sums to one.
    """
    angles = rotations(torch.arange(len(ids)), model.head_width).to(ids.device)
    place = torch.arange(len(ids), device=ids.device)
    distance = place[:, None] - place
    mask = (distance >= 0) & (distance < model.context)
    x = model.embedding(ids[None])
    maps = []
    for block in model.blocks:
        assert isinstance(block, Block)
        query, key, _ = block.attention.project(block.attention_norm(x), angles)
        scores = query @ key.transpose(-1, -2) / key.shape[-1] ** 0.5
        maps.append(scores.masked_fill(~mask, -torch.inf).softmax(-1)[0])
        x = block(x, angles, mask)
    return torch.stack(maps)
