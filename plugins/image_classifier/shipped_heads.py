"""The heads that ship with this demo, by name; nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BACKBONE = "efficientnet_lite0"
IMAGENET = "imagenet"
"""The head that the backbone was published with, by the name that actions take."""


@dataclass(frozen=True, kw_only=True)
class ShippedHead:
    """One head on the frozen backbone.

    Attributes:
        title: for people.
        kind: as in ``heads.Head``.
        classes: in the order of the logits; also the names of the folders it is trained on.
    """

    title: str
    kind: Literal["linear", "binary"]
    classes: tuple[str, ...]


SHIPPED_HEADS = {
    "flowers": ShippedHead(
        title="Head for five flowers, on EfficientNet-Lite0",
        kind="linear",
        classes=("daisy", "dandelion", "roses", "sunflowers", "tulips"),
    ),
    "roses_tulips": ShippedHead(
        title="Head for roses or tulips, one logit, on EfficientNet-Lite0",
        kind="binary",
        classes=("roses", "tulips"),
    ),
}
FEATURES = 1280
"""Width of what the backbone hands to a head."""
