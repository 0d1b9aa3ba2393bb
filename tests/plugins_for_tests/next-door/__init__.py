# ruff: noqa: N999
"""A demo with one model, which needs no name, in a folder whose name is no Python name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from demo_app import Card, ModelSpec, TensorSpec, TrainJob, hookimpl

from .actions import relay, sum_up

if TYPE_CHECKING:
    from torch import nn


@hookimpl
def demo_card() -> Card:
    return Card(title="Next door", summary="One model, and calls to another demo.", order=20)


@hookimpl
def demo_models() -> Sequence[ModelSpec]:
    inputs = (TensorSpec(shape=(1, 2)),)
    return [ModelSpec(name="adder", checkpoint="adder.safetensors", example_inputs=inputs)]


@hookimpl
def demo_build_model(name: str) -> nn.Module:
    from .models import Adder

    return Adder()


@hookimpl
def demo_actions() -> Sequence[Callable[..., Any]]:
    return [sum_up, relay]


@hookimpl
def demo_train(job: TrainJob) -> None:
    import torch

    from demo_app.checkpoints import CheckpointMetadata

    metadata = CheckpointMetadata(architecture="adder", license="CC0-1.0", source="by hand")
    job.save({"linear.weight": torch.ones(1, 2), "linear.bias": torch.zeros(1)}, metadata)
