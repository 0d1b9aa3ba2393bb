"""The pair as a tutorial publishes it, whose pictures have 4 x 4 pixels, and the mend."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, relu

from demo_app.checkpoints import build_untrained

from .models import SIDE
from .results import Fault

LATENT = 100


class PublishedGenerator(nn.Module):
    """A latent becomes 128 numbers, taken for maps of 1 x 1, whose side is doubled twice: to 4.

    Attributes:
        start: the side of the maps to begin with; 7 is the mend.
    """

    def __init__(self, start: int = 1) -> None:
        super().__init__()
        self.start = start
        self.fc1 = nn.Linear(LATENT, 128 * start * start)
        self.conv1 = nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1)
        self.conv2 = nn.ConvTranspose2d(64, 1, 4, stride=2, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        """``(n, 1, 4 start, 4 start)`` in −1…1 from ``(n, 100)``."""
        x = relu(self.fc1(latents)).view(-1, 128, self.start, self.start)
        return torch.tanh(self.conv2(relu(self.conv1(x))))


class PublishedDiscriminator(nn.Module):
    """Two strided convolutions and a linear layer that counts on 28 x 28."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 64, 4, stride=2, padding=1)
        self.conv2 = nn.Conv2d(64, 128, 4, stride=2, padding=1)
        self.fc1 = nn.Linear(128 * 7 * 7, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Probabilities ``(n, 1)`` of pictures ``(n, 1, 28, 28)``."""
        x = leaky_relu(self.conv1(images), 0.2)
        x = leaky_relu(self.conv2(x), 0.2)
        return torch.sigmoid(self.fc1(x.flatten(1)))


def faults() -> Iterator[Fault]:
    """Run the published pair, untrained, and the mended generator in its place."""
    published = build_untrained(PublishedGenerator)
    mended = build_untrained(lambda: PublishedGenerator(start=7))
    discriminator = build_untrained(PublishedDiscriminator)
    latents = torch.zeros(1, LATENT)
    small, right = published(latents), mended(latents)
    error = ""
    try:
        discriminator(small)
    except RuntimeError as raised:
        error = str(raised).strip().splitlines()[0]
    discriminator(right)
    yield Fault(
        name="A generator of 4 x 4 pictures",
        published="fc1 = nn.Linear(latent, 128) and x.view(-1, 128, 1, 1), then two "
        "ConvTranspose2d(…, 4, stride=2, padding=1)",
        consequence="Such a layer doubles the side: 1, 2, 4. The pictures have 16 pixels, and the "
        "discriminator, which was written for 28 x 28, fails at its linear layer. Resizing its "
        "input would hide that the generator can never draw a digit.",
        published_shape=tuple(small.shape),
        mended_shape=tuple(right.shape),
        expected_shape=(1, 1, SIDE, SIDE),
        error=error,
        mend="Begin with maps of 7 x 7, since 7 · 2 · 2 = 28: nn.Linear(latent, 128 * 7 * 7) and "
        "x.view(-1, 128, 7, 7).",
    )
