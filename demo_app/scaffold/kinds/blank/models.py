"""The architecture."""

from __future__ import annotations

from torch import Tensor, nn


class Line(nn.Module):
    """y = weight * x + bias; takes and gives ``(batch, 1)``."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """One number for each."""
        y: Tensor = self.linear(x)
        return y
