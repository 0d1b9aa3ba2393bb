"""The page."""

from __future__ import annotations

import gradio as gr
from PIL import Image

from demo_app import Demo

from .example_calls import example_pictures


def build_tab(demo: Demo) -> None:
    """A picture, and what it shows."""

    def classify(image: Image.Image | None) -> dict[str, float] | None:
        if image is None:
            return None
        predictions = demo.call("classify", image=image)
        return {prediction.label: prediction.probability for prediction in predictions}

    gr.Markdown(
        "Drop, paste or photograph a picture of one shape: a circle, a square, a triangle "
        "or a star."
    )
    with gr.Row():
        image = gr.Image(type="pil", label="Picture", height=320)
        label = gr.Label(label="Shape")
    gr.Examples([[picture] for picture in example_pictures()], image, label="Drawn by code")
    image.change(classify, image, label)
