"""Small models of which torchinfo 1.8.0 says something else than demo_app, and what is right.

Every number is worked out by hand here; a test holds demo_app's against it, and ``explain.py``
sets torchinfo's beside them. What each is about stands in ``docs/torchinfo.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

Number = Literal["multiply_adds", "parameters", "activation_bytes"]
FLOAT = 4
"""Bytes of a float32."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model, what it is run with, and what is right.

    Attributes:
        name: what it is about.
        architecture: builds it.
        shape: of its input, of one batch.
        number: which number of the whole model is compared.
        expected: what it is, worked out by hand.
        dtype: of the input.
    """

    name: str
    architecture: Callable[[], nn.Module]
    shape: tuple[int, ...]
    number: Number = "multiply_adds"
    expected: int
    dtype: torch.dtype = torch.float32


class Tied(nn.Module):
    """Words in and words out by one and the same matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(100, 8)
        self.head = nn.Linear(8, 100, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits, (batch, length, 100), of tokens, (batch, length)."""
        logits: Tensor = self.head(self.embedding(tokens))
        return logits


class SelfAttention(nn.Module):
    """A sequence that attends to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, length, 8) to the same."""
        attended: Tensor = self.attention(x, x, x, need_weights=False)[0]
        return attended


class Product(nn.Module):
    """A product that no layer does."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(batch, length, width) to (batch, length, length)."""
        x = self.layer(x)
        return x @ x.transpose(1, 2)


CASES = [
    Case(
        name="Linear, input (2, 5, 8)",
        architecture=lambda: nn.Sequential(nn.Linear(8, 3)),
        shape=(2, 5, 8),
        expected=2 * 5 * 8 * 3,
    ),
    Case(
        name="biases",
        architecture=lambda: nn.Sequential(nn.Linear(8, 3)),
        shape=(2, 8),
        expected=2 * 8 * 3,
    ),
    Case(
        name="BatchNorm2d",
        architecture=lambda: nn.Sequential(nn.BatchNorm2d(8)),
        shape=(1, 8, 4, 4),
        expected=0,
    ),
    Case(
        name="MultiheadAttention",
        architecture=SelfAttention,
        shape=(2, 5, 8),
        # Four projections; then scores, and the sum that they weigh.
        expected=2 * (4 * 5 * 8 * 8 + 2 * 5 * 5 * 8),
    ),
    Case(
        name="x @ x.transpose(1, 2)",
        architecture=Product,
        shape=(2, 5, 8),
        expected=2 * 5 * 5 * 8,
    ),
    Case(
        name="ConvTranspose2d, stride 2",
        architecture=lambda: nn.Sequential(nn.ConvTranspose2d(4, 6, 4, 2, 1, bias=False)),
        shape=(1, 4, 7, 7),
        expected=7 * 7 * 4 * 6 * 4 * 4,
    ),
    Case(
        name="Embedding",
        architecture=lambda: nn.Sequential(nn.Embedding(100, 8)),
        shape=(2, 5),
        dtype=torch.int64,
        expected=0,
    ),
    Case(
        name="LSTM, unbatched",
        architecture=lambda: nn.Sequential(nn.LSTM(16, 256)),
        shape=(10, 16),
        expected=10 * 4 * 256 * (16 + 256),
    ),
    Case(
        name="GRU, batched",
        architecture=lambda: nn.Sequential(nn.GRU(16, 32, batch_first=True)),
        shape=(2, 10, 16),
        expected=2 * 10 * 3 * 32 * (16 + 32),
    ),
    Case(
        name="tied weights",
        architecture=Tied,
        shape=(2, 5),
        dtype=torch.int64,
        number="parameters",
        expected=100 * 8,
    ),
    Case(
        name="Conv2d, ReLU, MaxPool2d",
        architecture=lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2)),
        shape=(1, 1, 6, 6),
        number="activation_bytes",
        expected=(2 * 4 * 4 + 2 * 4 * 4 + 2 * 2 * 2) * FLOAT,
    ),
    Case(
        name="Conv2d, Flatten",
        architecture=lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten()),
        shape=(1, 1, 6, 6),
        number="activation_bytes",
        expected=2 * 4 * 4 * FLOAT,
    ),
]
