"""The page."""

from __future__ import annotations

import gradio as gr

from demo_app import Demo


def build_tab(demo: Demo) -> None:
    """A slider, and the number that belongs to it."""
    gr.Markdown("Move x; y follows the line that was fitted to noisy points.")
    with gr.Row():
        x = gr.Slider(-10, 10, value=1, step=0.1, label="x")
        y = gr.Number(label="y", precision=3)
    x.change(lambda x: demo.call("predict", x=x), x, y, show_progress="hidden")
