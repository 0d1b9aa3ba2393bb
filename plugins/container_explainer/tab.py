"""The page of this demo: a model, its figures, and its tree; beside it, what ``print`` shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo

from . import tree_view

STYLE = Path(__file__).with_name("tree.css")
SCRIPT = Path(__file__).with_name("tree.js")
EMPTY = "<p class='note'>No demo here has a model yet.</p>"


def build_tab(demo: Demo) -> None:
    """Lay out the components and connect them to ``models``, ``explain`` and ``print_structure``.

    Nothing is explained before the tab is first seen: the script says when that is.
    """
    style = STYLE.read_text("utf-8")
    chosen = gr.Dropdown([], label="Model", elem_id="explainer-model")
    figures = gr.HTML(
        "",
        css_template=style,
        js_on_load="trigger('seen');",
        apply_default_css=False,
        elem_id="explainer-figures",
    )
    with gr.Tabs():
        with gr.Tab("As a tree"):
            tree = gr.HTML(
                "",
                css_template=style,
                js_on_load=SCRIPT.read_text("utf-8"),
                apply_default_css=False,
                elem_id="explainer-tree",
            )
        with gr.Tab("As print(model) shows it", elem_id="explainer-print"):
            printed = gr.Code(
                label="print(model)", interactive=False, max_lines=40, elem_id="explainer-printed"
            )

    def list_models(model: str | None) -> gr.Dropdown:
        choices = [
            (
                f"{choice.demo_title} · {choice.title or choice.model.partition('/')[2]}",
                choice.model,
            )
            for choice in demo.call("models")
        ]
        names = [name for _, name in choices]
        kept = model if model in names else next(iter(names), None)
        return gr.Dropdown(choices, value=kept)

    def explain(model: str | None) -> tuple[Any, ...]:
        if not model:
            return EMPTY, "", ""
        try:
            explanation = demo.call("explain", model=model)
            text = demo.call("print_structure", model=model)
        except gr.Error as error:
            return tree_view.problem(error.message), "", ""
        return tree_view.figures(explanation), tree_view.tree(explanation), text

    outputs = [figures, tree, printed]
    seen = figures.seen(list_models, chosen, chosen, show_progress="hidden")
    seen.success(explain, chosen, outputs)
    chosen.input(explain, chosen, outputs, trigger_mode="always_last")
