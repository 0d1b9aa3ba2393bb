"""Image classifier: names what is in a photo and shows what the name rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from demo_app import Card, Demo, EvaluationJob, ModelSpec, TensorSpec, TrainJob, hookimpl

from .shipped_heads import BACKBONE, FEATURES, SHIPPED_HEADS
from .shipped_networks import SHIPPED_NETWORKS

if TYPE_CHECKING:
    from torch import nn


@hookimpl
def demo_card() -> Card:
    """An image classifier, the first of the demos."""
    return Card(
        title="Image classifier",
        summary="Names what is in a photo and shows, cell by cell, what the name rests on. Learns "
        "classes of your own in seconds.",
        icon="🖼️",
        order=10,
        data=("images",),
        task=("classify into many", "classify into two"),
        architecture="A convolutional network (EfficientNet-Lite0), average pooling and one "
        "linear layer with an output for each class.",
        loss="Cross-entropy: the softmax of the logits against the right class; of two classes, "
        "binary cross-entropy on one logit.",
        why="Neighbouring pixels belong together and an object is the same object anywhere in the "
        "photo, so the data asks for convolutions; one class out of many asks for a softmax.",
    )


@hookimpl
def demo_models() -> list[ModelSpec]:
    """A network with its ImageNet weights, heads on its features, two networks from scratch."""
    return [
        ModelSpec(
            name=BACKBONE,
            title="EfficientNet-Lite0, ImageNet-1k",
            checkpoint=f"{BACKBONE}.safetensors",
            example_inputs=(TensorSpec(shape=(1, 3, 224, 224), dtype="float32"),),
        ),
        *(
            ModelSpec(
                name=name,
                title=shipped.title,
                checkpoint=f"{name}.safetensors",
                example_inputs=(TensorSpec(shape=(1, FEATURES)),),
            )
            for name, shipped in SHIPPED_HEADS.items()
        ),
        *(
            ModelSpec(
                name=name,
                title=network.title,
                checkpoint=f"{name}.safetensors",
                example_inputs=(
                    TensorSpec(shape=(1, network.channels, network.side, network.side)),
                ),
            )
            for name, network in SHIPPED_NETWORKS.items()
        ),
    ]


@hookimpl
def demo_build_model(name: str) -> nn.Module:
    """The bare architecture of that name."""
    from .models import build_model

    return build_model(name)


@hookimpl
def demo_actions() -> list[Callable[..., Any]]:
    """Name a photo; explain a name; teach other names, study them, and take them home."""
    from .actions import classify, explain
    from .head_actions import export, forget_head, heads, load_head, train_head
    from .study_actions import (
        compare,
        evaluate,
        learning_curve,
        set_thresholds,
        tutorial_faults,
    )

    return [
        classify,
        explain,
        train_head,
        export,
        load_head,
        heads,
        forget_head,
        evaluate,
        set_thresholds,
        learning_curve,
        compare,
        tutorial_faults,
    ]


@hookimpl
def demo_examples() -> dict[str, list[dict[str, Any]]]:
    """A photo, and a handful of drawn squares to learn from."""
    from .example_calls import example_calls

    return example_calls()


@hookimpl
def demo_build_tab(demo: Demo) -> None:
    """The page of this demo."""
    from .tab import build_tab

    build_tab(demo)


@hookimpl
def demo_train(job: TrainJob) -> None:
    """Make a checkpoint: convert published weights, or fit a head."""
    from .train import train

    train(job)


@hookimpl
def demo_evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """Accuracy and cross-entropy of a head on photos that it was not trained on."""
    from .evaluation import evaluate

    return evaluate(job)
