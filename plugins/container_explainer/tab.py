"""The page of this demo: a model taken apart; beside it, a section for each way to look deeper."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from demo_app import Demo
from demo_app.components import style

from .page import apart, checkpoint, edits, labs, layers

STYLE = Path(__file__).parent / "page" / "page.css"


def build_tab(demo: Demo) -> None:
    """Lay out the components and connect them to the actions of this demo."""
    with gr.Column(elem_id="explainer"):
        style(STYLE)
        with gr.Tabs(elem_id="explainer-sections"):
            with gr.Tab("Take a model apart", id="apart"):
                subject = apart.build_section(demo)
            with gr.Tab("Step by step", id="layers"):
                layers.build_section(demo)
            with gr.Tab("Labs", id="labs"):
                labs.build_section(demo)
            with gr.Tab("What if I …", id="edits"):
                edits.build_section(demo, subject)
            with gr.Tab("A checkpoint file", id="checkpoint"):
                checkpoint.build_section(demo)
