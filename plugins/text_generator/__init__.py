"""Text generator: an LSTM and a Transformer continue a line, and show how they decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from demo_app import Card, Demo, EvaluationJob, ModelSpec, TensorSpec, TrainJob, hookimpl

if TYPE_CHECKING:
    from torch import nn


@hookimpl
def demo_card() -> Card:
    """A text generator, the second of the demos."""
    return Card(
        title="Text generator",
        summary="An LSTM and a Transformer write on in Shakespeare's manner, side by side, and "
        "show how they chose each character.",
        icon="🪶",
        order=20,
        data=("text",),
        task=("generate",),
        architecture="An LSTM, which carries a state from character to character, and a "
        "decoder-only Transformer, which looks back at all of the last 256.",
        loss="Cross-entropy of the next character, at every place of the text at once.",
        why="A text is a sequence whose past decides what may follow, so the data asks for a state "
        "or for attention, and never for a look ahead; to generate is to classify the next "
        "character, draw it, and begin again.",
    )


@hookimpl
def demo_models() -> list[ModelSpec]:
    """The two networks, and the counts that they have to beat."""
    characters = TensorSpec(shape=(1, 256), dtype="int64")
    return [
        ModelSpec(
            name="transformer",
            title="Transformer, 4.8 million parameters",
            checkpoint="transformer.safetensors",
            example_inputs=(characters,),
        ),
        ModelSpec(
            name="lstm",
            title="LSTM, 4.7 million parameters",
            checkpoint="lstm.safetensors",
            example_inputs=(characters,),
        ),
        ModelSpec(
            name="trigram",
            title="Trigram counts, the baseline",
            checkpoint="trigram.safetensors",
            example_inputs=(characters,),
        ),
    ]


@hookimpl
def demo_build_model(name: str) -> nn.Module:
    """The bare architecture of that name."""
    from .models import build_model

    return build_model(name)


@hookimpl
def demo_actions() -> list[Callable[..., Any]]:
    """Write on; score; look inside; look for copies; try what tutorials get wrong."""
    from .actions import generate, inspect, originality, score, tutorial_faults

    return [generate, score, inspect, originality, tutorial_faults]


@hookimpl
def demo_examples() -> dict[str, list[dict[str, Any]]]:
    """Lines of Shakespeare's, and some that are not."""
    from .example_calls import example_calls

    return example_calls()


@hookimpl
def demo_build_tab(demo: Demo) -> None:
    """The page of this demo."""
    from .tab import build_tab

    build_tab(demo)


@hookimpl
def demo_train(job: TrainJob) -> None:
    """Make a checkpoint: train a network, or count."""
    from .train import train

    train(job)


@hookimpl
def demo_evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """The loss on the held-out text."""
    from .evaluation import evaluate

    return evaluate(job)
