"""Container explainer: takes a model apart into its containers and layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from demo_app import Card, Demo, EvaluationJob, ModelSpec, TensorSpec, TrainJob, hookimpl

from .gallery import GALLERY

if TYPE_CHECKING:
    from torch import nn


@hookimpl
def demo_card() -> Card:
    """It looks at the models of all demos; its own are a gallery of containers."""
    return Card(
        title="Container explainer",
        summary="Takes any model here apart: Sequential, ModuleList and ModuleDict, layer by "
        "layer, with shapes, parameters and multiply-adds.",
        icon="🪆",
        order=40,
        data=("images", "text", "numbers", "nothing yet"),
        task=("understand a model",),
        architecture="Any: pick a model of any demo or of the gallery, and see what it is made of.",
        loss="Cross-entropy for LeNet, which runs here. Shapes and counts need no training: they "
        "follow from the architecture alone.",
        why="A model is a tree of modules. Whoever can read the tree can say where the parameters "
        "are, what is computed, and which key of the checkpoint belongs to which layer.",
    )


@hookimpl
def demo_models() -> list[ModelSpec]:
    """LeNet, trained; the others of the gallery are there for their architecture."""
    return [
        ModelSpec(
            name=name,
            title=exhibit.title,
            checkpoint=exhibit.checkpoint,
            example_inputs=(TensorSpec(shape=exhibit.shape),),
        )
        for name, exhibit in GALLERY.items()
    ]


@hookimpl
def demo_build_model(name: str) -> nn.Module:
    """The bare architecture of that name."""
    from .models import build_model

    return build_model(name)


@hookimpl
def demo_train(job: TrainJob) -> None:
    """Train LeNet on CIFAR-10."""
    from .train import train

    train(job)


@hookimpl
def demo_evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """Accuracy and cross-entropy of LeNet."""
    from .evaluation import evaluate

    return evaluate(job)


@hookimpl
def demo_actions() -> list[Callable[..., Any]]:
    """Take models apart, and what is typed; mend and change it; read checkpoints; labs."""
    from .actions import diagram, explain, gallery, models, print_structure, save
    from .checkpoint_actions import match
    from .code_actions import edit, lint, run_code
    from .lab_actions import lab, step

    return [
        models,
        gallery,
        explain,
        print_structure,
        diagram,
        save,
        run_code,
        lint,
        edit,
        match,
        step,
        lab,
    ]


@hookimpl
def demo_examples() -> dict[str, list[dict[str, Any]]]:
    """A model as code, its checkpoint, and a picture to send through."""
    from .example_calls import example_calls

    return example_calls()


@hookimpl
def demo_build_tab(demo: Demo) -> None:
    """The page of this demo."""
    from .tab import build_tab

    build_tab(demo)
