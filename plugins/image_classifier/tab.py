"""The page of this demo: a photo named; your own classes taught; a lesson for each question."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from demo_app import Demo
from demo_app.components import style

from .page import recognise, teach
from .page.lessons import LESSONS

PAGE = Path(__file__).parent / "page"
STYLES = [PAGE / f"{name}.css" for name in ("page", "recognise", "lessons")]


def build_tab(demo: Demo) -> None:
    """Lay out the sections and connect them to the actions of this demo."""
    with gr.Column(elem_id="classifier"):
        style(*STYLES)
        with gr.Tabs(elem_id="classifier-sections", overflow_behavior="wrap"):
            with gr.Tab("Name a photo", id="recognise") as opened:
                recognise.build_section(demo, opened)
            with gr.Tab("Teach your own classes", id="teach"):
                teach.build_section(demo)
            for title, build_lesson in LESSONS.items():
                with gr.Tab(title) as opened, gr.Column(elem_classes="lessons"):
                    build_lesson(demo, opened)
