"""The architecture."""

from __future__ import annotations

from torch import Tensor, nn

SIDE = 32
"""Pixels of a picture's side as the network sees it."""
CLASSES = ("circle", "square", "triangle", "star")


class ShapeNet(nn.Module):
    """Grey pictures to logits: ``(batch, 1, 32, 32)`` to ``(batch, 4)``."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_stage(1, 8),  # (batch, 8, 16, 16)
            *_stage(8, 16),  # (batch, 16, 8, 8)
            *_stage(16, 32),  # (batch, 32, 4, 4)
        )
        self.head = nn.Linear(32 * 4 * 4, len(CLASSES))

    def forward(self, pictures: Tensor) -> Tensor:
        """A logit for each shape."""
        logits: Tensor = self.head(self.features(pictures).flatten(1))
        return logits


def _stage(channels: int, further: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(channels, further, 3, padding=1)
    return convolution, nn.BatchNorm2d(further), nn.ReLU(), nn.MaxPool2d(2)
