"""The page of this demo: digits on demand; below, a section for each question about them."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from demo_app import Demo
from demo_app.components import style

from .page import copies, explore, faults, quality, replay, sketch, walk
from .page.gallery import build_gallery

STYLE = Path(__file__).parent / "page" / "page.css"


def build_tab(demo: Demo) -> None:
    """Lay out the components and connect them to the actions of this demo."""
    with gr.Column(elem_id="gan"):
        style(STYLE)
        gallery = build_gallery(demo)
        with gr.Tabs(elem_id="gan-sections"):
            with gr.Tab("Explore", id="explore"):
                explore.build_section(demo, gallery)
            with gr.Tab("Walk between two", id="walk"):
                walk.build_section(demo, gallery)
            with gr.Tab("Find your digit", id="sketch"):
                sketch.build_section(demo)
            with gr.Tab("How it learned", id="replay"):
                replay.build_section(demo)
            with gr.Tab("Is it copying?", id="copies") as copies_opened:
                copies.build_section(demo, gallery, copies_opened)
            with gr.Tab("How good is it?", id="quality"):
                quality.build_section(demo)
            with gr.Tab("What a tutorial gets wrong", id="faults") as faults_opened:
                faults.build_section(demo, faults_opened)
