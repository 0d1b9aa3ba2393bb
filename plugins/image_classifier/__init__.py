"""Image classifier: names what is in a photo and shows what the name rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from demo_app import Card, Demo, ModelSpec, TensorSpec, TrainJob, hookimpl

if TYPE_CHECKING:
    from torch import nn


@hookimpl
def demo_card() -> Card:
    """An image classifier, the first of the demos."""
    return Card(
        title="Image classifier",
        summary="Names what is in a photo and shows, cell by cell, what the name rests on.",
        icon="🖼️",
        order=10,
        data=("images",),
        task=("classify into many",),
        architecture="A convolutional network (EfficientNet-Lite0), average pooling and one "
        "linear layer with an output for each class.",
        loss="Cross-entropy: the softmax of the logits against the one right class.",
        why="Neighbouring pixels belong together and an object is the same object anywhere in the "
        "photo, so the data asks for convolutions; one class out of many asks for a softmax.",
    )


@hookimpl
def demo_models() -> list[ModelSpec]:
    """One network with its ImageNet weights."""
    return [
        ModelSpec(
            name="efficientnet_lite0",
            title="EfficientNet-Lite0, ImageNet-1k",
            checkpoint="efficientnet_lite0.safetensors",
            example_inputs=(TensorSpec(shape=(1, 3, 224, 224), dtype="float32"),),
        )
    ]


@hookimpl
def demo_build_model(name: str) -> nn.Module:
    """The bare architecture of that name."""
    from .models import build_model

    return build_model(name)


@hookimpl
def demo_actions() -> list[Callable[..., Any]]:
    """Name a photo; explain a name."""
    from .actions import classify, explain

    return [classify, explain]


@hookimpl
def demo_build_tab(demo: Demo) -> None:
    """The page of this demo."""
    from .tab import build_tab

    build_tab(demo)


@hookimpl
def demo_train(job: TrainJob) -> None:
    """Make a checkpoint: convert published weights."""
    from .train import train

    train(job)
