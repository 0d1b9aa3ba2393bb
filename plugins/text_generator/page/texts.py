"""A box for a text, filled by hand, from examples, or with what a model has just written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from .writing import MODELS, Column, Written, quietly


@dataclass(frozen=True, kw_only=True)
class Source:
    """The box, the button below it, and the events that put a text into it."""

    box: gr.Textbox
    button: gr.Button
    filled: Sequence[Any]

    def connect(self, handler: Callable[[str], Any], outputs: Sequence[Any]) -> None:
        """Call a handler with the text when the button is pressed, or a text is chosen."""
        self.button.click(handler, self.box, outputs)
        for event in self.filled:
            event.success(handler, self.box, outputs)


def build_text(
    name: str, columns: Mapping[str, Column], examples: Mapping[str, str], action: str
) -> Source:
    """Lay out a box with its buttons.

    Args:
        name: what the ids of its parts begin with, after ``generator-``.
        columns: whose texts can be taken.
        examples: texts by the name of their chip.
        action: the name of the button.
    """
    box = gr.Textbox(
        label="Text", lines=4, max_lines=12, placeholder="Any text.", elem_id=f"generator-{name}"
    )
    filled = []
    with gr.Row(elem_classes="chips"):
        for model, column in columns.items():
            chip = gr.Button(
                f"What the {MODELS[model]} wrote", size="sm", elem_id=f"generator-{name}-{model}"
            )
            filled.append(chip.click(_taken, column.written, box, **quietly(chip)))
        for label, text in examples.items():
            chip = gr.Button(label, size="sm")
            filled.append(chip.click(None, None, box, js=f"() => {json.dumps(text)}"))
    button = gr.Button(
        action, variant="primary", elem_id=f"generator-{name}-run", elem_classes="short"
    )
    return Source(box=box, button=button, filled=filled)


def _taken(written: Written) -> str:
    if not written.text:
        raise gr.Error("It has written nothing yet: press Write first.", print_exception=False)
    return written.text
