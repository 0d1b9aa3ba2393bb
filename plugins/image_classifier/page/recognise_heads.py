"""Whose names a photo gets: the heads that ship and the visitor's own, as cards to choose from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from demo_app import Demo
from demo_app.components import payload, scripted
from demo_app.errors import shorten

from ..results import HeadSummary
from ..shipped_heads import BACKBONE, IMAGENET, SHIPPED_HEADS
from ..shipped_networks import SHIPPED_NETWORKS

HERE = Path(__file__).parent
KINDS = {
    "linear": "linear head",
    "binary": "one logit",
    "mlp": "head with a hidden layer",
}
FROM_SCRATCH = {
    "resnet_cifar10": "CIFAR-10, from scratch",
    "convnet_mnist": "MNIST, from scratch",
}
TITLES = {
    IMAGENET: "Everyday things",
    "flowers": "Five flowers",
    "roses_tulips": "Roses or tulips",
    "resnet_cifar10": "Tiny photos",
    "convnet_mnist": "Digits, drawn",
}
"""Of the cards, in the order in which they stand; the others follow with the model's own title."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A head as its card shows it.

    Attributes:
        name: as actions take it.
        title: for people.
        kind: how its logits are made, in words.
        classes: how many, or which if they are few.
        accuracy: measured, in words; empty if nobody knows.
        own: whether the visitor made it.
        draws: whether it wants a drawing instead of a photo.
    """

    name: str
    title: str
    kind: str
    classes: str
    accuracy: str
    own: bool = False
    draws: bool = False


def build_cards(demo: Demo) -> gr.HTML:
    """The cards of what ships; ``chosen`` tells the name of the one that was chosen."""
    cards = scripted("classifier-heads", HERE / "recognise_heads.js")
    cards.value = shown(shipped(demo), IMAGENET)
    return cards


def shipped(demo: Demo) -> list[Choice]:
    """The heads that ship, from their metadata; without torch, since the page asks for them."""
    names = [*TITLES, *(name for name in SHIPPED_HEADS if name not in TITLES)]
    return [_shipped(demo, name) for name in names]


def own(heads: Iterable[HeadSummary]) -> list[Choice]:
    """The visitor's own among the heads that the action ``heads`` tells."""
    return [
        Choice(
            name=head.name,
            title=shorten(head.name, 40),
            kind=KINDS[head.kind],
            classes=listed(head.classes),
            accuracy="" if head.accuracy is None else f"{head.accuracy:.0%} right",
            own=True,
        )
        for head in heads
        if head.own
    ]


def shown(choices: Iterable[Choice], chosen: str) -> str:
    """The cards for the script."""
    return payload({"chosen": chosen, "choices": [vars(choice) for choice in choices]})


def listed(classes: Iterable[str], most: int = 5) -> str:
    """The names of classes, or how many they are."""
    names = list(classes)
    if len(names) > 2 * most:
        return f"{len(names):,} classes"
    texts = [shorten(name, 20) for name in names[:most]]
    return ", ".join(texts) + (" …" if len(names) > most else "")


def _shipped(demo: Demo, name: str) -> Choice:
    metadata = demo.metadata(BACKBONE if name == IMAGENET else name)
    metrics = metadata.metrics if metadata else {}
    measured = metrics.get("accuracy", {}).get("value")
    published = metrics.get("top1_accuracy", {}).get("value")
    accuracy = "" if measured is None else f"{measured:.1%} right"
    if published is not None:
        accuracy = f"{published:.1%}, published"
    head = SHIPPED_HEADS.get(name)
    kind = KINDS[head.kind] if head else FROM_SCRATCH.get(name, "ImageNet")
    return Choice(
        name=name,
        title=TITLES.get(name) or demo.models[name].title,
        kind=kind,
        classes=listed(metadata.classes if metadata else ()),
        accuracy=accuracy,
        draws=is_drawn_for(name),
    )


def is_drawn_for(name: str) -> bool:
    """Whether a head wants a drawing instead of a photo."""
    network = SHIPPED_NETWORKS.get(name)
    return network is not None and network.channels == 1
