"""The networks that are trained from scratch here and ship, by name; nothing imports torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ShippedNetwork:
    """One network that learned from a public data set.

    Attributes:
        title: for people.
        classes: in the order of the logits.
        channels: of its pictures: 1 for grey ones, 3 for colour.
        side: of its pictures, in pixels.
    """

    title: str
    classes: tuple[str, ...]
    channels: int
    side: int


SHIPPED_NETWORKS = {
    "convnet_mnist": ShippedNetwork(
        title="ConvNet from scratch, handwritten digits (MNIST)",
        classes=tuple("0123456789"),
        channels=1,
        side=28,
    ),
    "resnet_cifar10": ShippedNetwork(
        title="ResNet from scratch, ten classes of small photos (CIFAR-10)",
        classes=(
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ),
        channels=3,
        side=32,
    ),
}
