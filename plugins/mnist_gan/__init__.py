"""MNIST GAN: digits on demand, and an honest look inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from demo_app import Card, Demo, EvaluationJob, ModelSpec, TensorSpec, TrainJob, hookimpl

if TYPE_CHECKING:
    from torch import nn


@hookimpl
def demo_card() -> Card:
    """A sampler of handwritten digits, the third of the demos."""
    return Card(
        title="MNIST GAN",
        summary="Writes the digit you ask for in a hand that never was, bends one into another, "
        "finds itself in your drawing, and shows how good it really is.",
        icon="🎲",
        order=30,
        data=("images",),
        task=("generate",),
        architecture="A generator of transposed convolutions, which turns random numbers into a "
        "picture, and a discriminator of convolutions, which learns to tell it from real ones.",
        loss="Each is the other's loss: the discriminator compares a real digit with a generated "
        "one, the generator wants the comparison to fail.",
        why="There is no single right picture of a seven, so no loss can compare pixel by pixel; "
        "a second network, trained against the first, judges what looks real instead.",
    )


@hookimpl
def demo_models() -> list[ModelSpec]:
    """The networks, what they were trained on, and what came out while they learned."""
    digit = TensorSpec(shape=(1,), dtype="int64")
    image = TensorSpec(shape=(1, 1, 28, 28))
    return [
        ModelSpec(
            name="gan",
            title="Generator, discriminator and judge",
            checkpoint="gan.safetensors",
            example_inputs={
                "generator": (TensorSpec(shape=(1, 64)), digit),
                "discriminator": (image, digit),
                "judge": (image,),
            },
        ),
        ModelSpec(
            name="training_digits",
            title="All 60,000 training digits, to look copies up in",
            checkpoint="training_digits.safetensors",
        ),
        ModelSpec(
            name="replay",
            title="What the generator drew while it learned",
            checkpoint="replay.safetensors",
        ),
    ]


@hookimpl
def demo_build_model(name: str) -> nn.Module:
    """The bare architecture of that name."""
    from .models import build_model

    return build_model(name)


@hookimpl
def demo_actions() -> list[Callable[..., Any]]:
    """Draw; walk; search; compare; look back; try what a tutorial gets wrong."""
    from . import actions

    return [
        actions.sample,
        actions.save,
        actions.interpolate,
        actions.grid,
        actions.explore,
        actions.invert,
        actions.score,
        actions.nearest,
        actions.replay,
        actions.tutorial_faults,
    ]


@hookimpl
def demo_examples() -> dict[str, list[dict[str, Any]]]:
    """A way between two digits, and a drawn one to look for."""
    from .example_calls import example_calls

    return example_calls()


@hookimpl
def demo_build_tab(demo: Demo) -> None:
    """The page of this demo."""
    from .tab import build_tab

    build_tab(demo)


@hookimpl
def demo_train(job: TrainJob) -> None:
    """Make a checkpoint: train judge and pair, or collect pictures."""
    from .train import train

    train(job)


@hookimpl
def demo_evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """Agreement, distances, variety, copies; and that the archives hold what they should."""
    from .evaluation import evaluate

    return evaluate(job)
