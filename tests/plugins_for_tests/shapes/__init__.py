"""A demo whose actions have every shape that a surface must carry, each as small as can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from demo_app import Card, Demo, ModelSpec, TensorSpec, TrainJob, hookimpl

from . import actions as rooms

if TYPE_CHECKING:
    from torch import nn


@hookimpl
def demo_card() -> Card:
    return Card(title="Shapes", summary="Every shape an action can have.", icon="🔷", order=10)


@hookimpl
def demo_models() -> Sequence[ModelSpec]:
    pair = (TensorSpec(shape=(1, 2)),)
    return [
        ModelSpec(name="scorer", checkpoint="scorer.safetensors", example_inputs=pair),
        ModelSpec(name="doubler", checkpoint="doubler.safetensors", example_inputs=pair),
        ModelSpec(name="untrained", example_inputs=pair),
    ]


@hookimpl
def demo_build_model(name: str) -> nn.Module:
    from .models import build

    return build(name)


@hookimpl
def demo_actions() -> Sequence[Callable[..., Any]]:
    return [getattr(rooms, name) for name in rooms.__all__]


@hookimpl
def demo_train(job: TrainJob) -> None:
    from .train import train

    train(job)


@hookimpl
def demo_build_tab(demo: Demo) -> None:
    from .tab import build_tab

    build_tab(demo)
