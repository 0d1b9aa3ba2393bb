"""The architecture."""

from __future__ import annotations

from torch import Tensor, nn


class RowNet(nn.Module):
    """A row of standardised numbers to logits: ``(batch, 4)`` to ``(batch, 3)``."""

    def __init__(self, columns: int = 4, hidden: int = 16, classes: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(columns, hidden), nn.ReLU(), nn.Linear(hidden, classes)
        )

    def forward(self, rows: Tensor) -> Tensor:
        """A logit for each class."""
        logits: Tensor = self.layers(rows)
        return logits
