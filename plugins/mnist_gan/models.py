"""The architectures of this demo: generator, discriminator and judge, and what they are shown."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, one_hot, relu

from demo_app import DemoError

from .archive import PictureArchive

DIGITS = 10
SIDE = 28
LATENT = 64

TRAINING_DIGITS = 60_000
SNAPSHOTS = 48
"""Moments of the training whose digits are kept."""
GRID_ROWS = 6
"""Latents in the grid that is drawn at each of them, each for every digit."""


class ConditionalBatchNorm2d(nn.Module):
    """Batch normalisation with a scale and a shift of each class's own.

    de Vries et al. 2017, "Modulating early visual processing by language", arXiv:1707.00683.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale = nn.Embedding(classes, channels)
        self.shift = nn.Embedding(classes, channels)
        nn.init.ones_(self.scale.weight)
        nn.init.zeros_(self.shift.weight)

    def forward(self, x: Tensor, classes: Tensor) -> Tensor:
        """Normalise ``(n, channels, height, width)`` by ``(n, classes)``, shares of each class."""
        scale, shift = classes @ self.scale.weight, classes @ self.shift.weight
        normal: Tensor = self.norm(x)
        return normal * scale[:, :, None, None] + shift[:, :, None, None]


class Generator(nn.Module):
    """A latent and a digit become a picture of that digit.

    As in DCGAN (Radford et al. 2016, arXiv:1511.06434), for 28 x 28: a linear layer to 128 maps of
    7 x 7, and two transposed convolutions that double the side.
    """

    def __init__(self, latent: int = LATENT, channels: int = 128) -> None:
        super().__init__()
        self.channels = channels
        self.linear = nn.Linear(latent + DIGITS, channels * 7 * 7, bias=False)
        self.norm1 = ConditionalBatchNorm2d(channels, DIGITS)
        self.up1 = nn.ConvTranspose2d(channels, channels // 2, 4, stride=2, padding=1, bias=False)
        self.norm2 = ConditionalBatchNorm2d(channels // 2, DIGITS)
        self.up2 = nn.ConvTranspose2d(channels // 2, 1, 4, stride=2, padding=1)

    def forward(self, latents: Tensor, digits: Tensor) -> Tensor:
        """Pictures ``(n, 1, 28, 28)`` in −1 (paper) … 1 (ink).

        Args:
            latents: ``(n, latent)``, drawn from a standard normal distribution.
            digits: ``(n,)`` of int64, 0…9; or ``(n, 10)``, shares of each digit, which make what
                lies between two.
        """
        if digits.ndim == 1:
            digits = one_hot(digits, DIGITS).to(latents.dtype)
        x = self.linear(torch.cat([latents, digits], 1)).view(-1, self.channels, 7, 7)
        x = self.up1(relu(self.norm1(x, digits)))  # (n, channels / 2, 14, 14)
        x = self.up2(relu(self.norm2(x, digits)))  # (n, 1, 28, 28)
        return torch.tanh(x.float())


class Discriminator(nn.Module):
    """How real a picture looks as the digit that it is said to be.

    Two strided convolutions and a linear layer, to which a product with a vector of the digit's own
    is added: the projection discriminator of Miyato & Koyama 2018, arXiv:1802.05637. A second head
    names the digit, as in Odena et al. 2017, arXiv:1610.09585.
    """

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(1, channels, 4, stride=2, padding=1)
        self.down2 = nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1)
        features = 2 * channels * 7 * 7
        self.realness = nn.Linear(features, 1)
        self.projection = nn.Embedding(DIGITS, features)
        self.digit = nn.Linear(features, DIGITS)
        nn.init.normal_(self.projection.weight, std=0.01)

    def features(self, images: Tensor) -> Tensor:
        """``(n, features)`` of pictures ``(n, 1, 28, 28)`` in −1…1."""
        x = leaky_relu(self.down1(images), 0.2)  # (n, channels, 14, 14)
        return leaky_relu(self.down2(x), 0.2).flatten(1)  # from (n, 2 * channels, 7, 7)

    def realness_of(self, features: Tensor, digits: Tensor) -> Tensor:
        """``(n,)``, the larger the more real; only differences mean something."""
        of_digit = (self.projection(digits) * features).sum(1)
        realness: Tensor = self.realness(features).squeeze(1).float() + of_digit.float()
        return realness

    def forward(self, images: Tensor, digits: Tensor) -> Tensor:
        """Realness ``(n,)`` of pictures ``(n, 1, 28, 28)`` in −1…1 as ``digits`` ``(n,)``."""
        return self.realness_of(self.features(images), digits)


class Judge(nn.Module):
    """A classifier of digits that neither of the two ever met: it tells how good they are."""

    def __init__(self, width: int = 32, features: int = 128) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((1, width), (width, 2 * width)):
            for inputs in (before, after):
                layers += [
                    nn.Conv2d(inputs, after, 3, padding=1, bias=False),
                    nn.BatchNorm2d(after),
                    nn.ReLU(),
                ]
            layers.append(nn.MaxPool2d(2))
        self.convolutions = nn.Sequential(*layers)
        self.dropout = nn.Dropout(0.3)
        self.penultimate = nn.Linear(2 * width * 7 * 7, features)
        self.classifier = nn.Linear(features, DIGITS)

    def features(self, images: Tensor) -> Tensor:
        """``(n, features)``, what the last layer sees of pictures ``(n, 1, 28, 28)`` in −1…1."""
        x = self.dropout(self.convolutions(images).flatten(1))
        return relu(self.penultimate(x))

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(n, 10)`` of pictures ``(n, 1, 28, 28)`` in −1…1."""
        logits: Tensor = self.classifier(self.dropout(self.features(images)))
        return logits


def build_model(name: str) -> nn.Module:
    """The bare architecture of the model ``name``, as its shipped checkpoint has it.

    Raises:
        DemoError: there is none of that name.
    """
    match name:
        case "gan":
            return nn.ModuleDict(
                {"generator": Generator(), "discriminator": Discriminator(), "judge": Judge()}
            )
        case "training_digits" | "replay":
            return build_archive(name)
    raise DemoError(f"There is no model {name}; there are: gan, training_digits, replay.")


def build_archive(name: Literal["training_digits", "replay"]) -> PictureArchive:
    """The empty archive of that name."""
    if name == "training_digits":
        return PictureArchive(TRAINING_DIGITS, SIDE, SIDE, capacity=5_000_000)
    grid = GRID_ROWS * SIDE, DIGITS * SIDE
    return PictureArchive(SNAPSHOTS, *grid, capacity=1_000_000, labelled=False)
