"""The page."""

from __future__ import annotations

import gradio as gr

from demo_app import Demo

from .example_calls import FLOWERS
from .train import COLUMNS


def build_tab(demo: Demo) -> None:
    """Four sliders, and what they amount to."""

    def predict(*row: float) -> dict[str, float]:
        predictions = demo.call("predict", **dict(zip(COLUMNS, row, strict=True)))
        return {prediction.label: prediction.probability for prediction in predictions}

    gr.Markdown("Which iris is it? Fisher measured 150 of them in 1936; move the sliders.")
    with gr.Row():
        with gr.Column():
            sliders = [
                gr.Slider(0.1, 8, value=value, step=0.1, label=f"{name.replace('_', ' ')} (cm)")
                for name, value in zip(COLUMNS, FLOWERS[1], strict=True)
            ]
        label = gr.Label(label="Kind of iris")
    gr.Examples([list(row) for row in FLOWERS], sliders, label="One of each kind")
    gr.on([slider.change for slider in sliders], predict, sliders, label, show_progress="hidden")
