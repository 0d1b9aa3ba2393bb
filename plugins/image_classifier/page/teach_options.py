"""How a head is trained: the controls, folded away, with defaults that suit a handful of photos."""

from __future__ import annotations

from typing import Any

import gradio as gr

KINDS = {
    "One linear layer": "linear",
    "One logit (two classes)": "binary",
    "A hidden layer": "mlp",
}
EXTENTS = {
    "Nothing: only the head": "none",
    "The last stage": "last_stage",
    "All of it (slow)": "all",
}
HELD_OUT = 25
"""Per cent."""

SEED = 9
"""With it the two leaves that lie in the wrong class are held out, and so come to light. Wrong
photos that a head learns from it may learn by heart."""

MAX_SEED = 2**31 - 1


def build_options() -> dict[str, Any]:
    """Lay out the controls; by the name of what they set, in the order of ``wanted``."""
    kind = gr.Radio(
        list(KINDS),
        value="One linear layer",
        label="Head",
        info="A linear head can show its evidence. A hidden layer wants more photos.",
        elem_id="teach-kind",
    )
    held_out = gr.Slider(
        0,
        50,
        value=HELD_OUT,
        step=5,
        label="Held out, % of each class",
        info="Never learned from: what is measured on them is honest. 0 measures nothing.",
        buttons=[],
        elem_id="teach-held-out",
    )
    with gr.Row():
        epochs = gr.Number(
            100, label="Epochs at most", precision=0, minimum=1, maximum=300, min_width=110
        )
        rate = gr.Number(
            None, label="Learning rate", placeholder="the usual", minimum=0, min_width=110
        )
        decay = gr.Number(0.01, label="Weight decay", minimum=0, maximum=10, min_width=110)
        smoothing = gr.Number(
            0, label="Label smoothing", minimum=0, maximum=0.9, min_width=110, step=0.05
        )
        seed = gr.Number(
            SEED, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, min_width=110
        )
    extent = gr.Radio(
        list(EXTENTS),
        value="Nothing: only the head",
        label="What trains of the network itself",
        info="Frozen, its features are computed once: a second. Fine-tuned, it takes minutes.",
        elem_id="teach-unfreeze",
    )
    augment = gr.Checkbox(
        False,
        label="Augment: mirrored, cropped and recoloured views of each photo",
        info="For photos that were all taken alike.",
        elem_id="teach-augment",
    )
    return {
        "kind": kind,
        "validation_split": held_out,
        "epochs": epochs,
        "lr": rate,
        "weight_decay": decay,
        "label_smoothing": smoothing,
        "seed": seed,
        "unfreeze": extent,
        "augment": augment,
    }


def wanted(
    kind: str,
    held_out: float,
    epochs: int | None,
    rate: float | None,
    decay: float | None,
    smoothing: float | None,
    seed: int | None,
    extent: str,
    augment: bool,
) -> dict[str, Any]:
    """The controls' values as arguments of ``train_head``; what is left empty is as usual."""
    arguments = {
        "kind": KINDS[kind],
        "validation_split": held_out / 100,
        "epochs": epochs,
        "lr": rate,
        "weight_decay": decay,
        "label_smoothing": smoothing,
        "seed": seed,
        "unfreeze": EXTENTS[extent],
        "augment": augment,
    }
    return {name: value for name, value in arguments.items() if value is not None}
