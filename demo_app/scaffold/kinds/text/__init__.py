"""Writes a text on, letter by letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from demo_app import Card, Demo, EvaluationJob, ModelSpec, TensorSpec, TrainJob, hookimpl

if TYPE_CHECKING:
    from torch import nn


@hookimpl
def demo_card() -> Card:
    """What stands on the card and the tab."""
    return Card(
        title="Plugin Title",
        summary="Writes a line on, letter by letter, as three old poems would.",
        icon="✒️",
        data=("text",),
        task=("generate",),
        architecture="An embedding, a gated recurrent unit, and a linear layer.",
        loss="Cross-entropy of the next letter.",
        why="What comes next depends on what came before; a recurrent state carries it along.",
    )


@hookimpl
def demo_models() -> list[ModelSpec]:
    """One model, its checkpoint beside this file."""
    inputs = (TensorSpec(shape=(1, 8), dtype="int64"),)
    return [ModelSpec(name="net", checkpoint="net.safetensors", example_inputs=inputs)]


@hookimpl
def demo_build_model(name: str) -> nn.Module:
    """The bare architecture; the host fills in the checkpoint."""
    from .models import LetterGRU

    return LetterGRU()


@hookimpl
def demo_actions() -> list[Callable[..., Any]]:
    """What can be asked of it."""
    from .actions import write

    return [write]


@hookimpl
def demo_examples() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Arguments of example calls."""
    from .example_calls import example_calls

    return example_calls()


@hookimpl
def demo_build_tab(demo: Demo) -> None:
    """The page."""
    from .tab import build_tab

    build_tab(demo)


@hookimpl
def demo_train(job: TrainJob) -> None:
    """Make the checkpoint."""
    from .train import train

    train(job)


@hookimpl
def demo_evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """Measure the checkpoint."""
    from .train import evaluate

    return evaluate(job)
