"""Container explainer: takes a model apart into its containers and layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from demo_app import Card, Demo, hookimpl


@hookimpl
def demo_card() -> Card:
    """It looks at the models of the other demos and has none of its own."""
    return Card(
        title="Container explainer",
        summary="Takes any model here apart: Sequential, ModuleList and ModuleDict, layer by "
        "layer, with shapes, parameters and multiply-adds.",
        icon="🪆",
        order=40,
        data=("images", "text", "numbers", "nothing yet"),
        task=("understand a model",),
        architecture="None of its own: pick any model of any demo and see what it is made of.",
        loss="None: nothing is trained. Shapes and counts follow from the architecture alone.",
        why="A model is a tree of modules. Whoever can read the tree can say where the parameters "
        "are, what is computed, and which key of the checkpoint belongs to which layer.",
    )


@hookimpl
def demo_actions() -> list[Callable[..., Any]]:
    """List the models; take one apart; print one."""
    from .actions import explain, models, print_structure

    return [models, explain, print_structure]


@hookimpl
def demo_build_tab(demo: Demo) -> None:
    """The page of this demo."""
    from .tab import build_tab

    build_tab(demo)
