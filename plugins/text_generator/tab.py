"""The page of this demo: two models write side by side; below, a section for each question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import plain, style

from .page import choice, copies, faults, quality, surprise, writing
from .page.controls import Controls, build_prompt, build_sampler
from .page.distribution import distribution_view

STYLE = Path(__file__).parent / "page" / "page.css"
NEXT = "<h3 class='title'>What may come next after the prompt</h3>"


def build_tab(demo: Demo) -> None:
    """Lay out the components and connect them to the actions of this demo."""
    with gr.Column(elem_id="generator"):
        style(STYLE)
        parts: dict[str, Any] = build_prompt()
        with gr.Row(equal_height=False, elem_classes="choosing"):
            with gr.Column(scale=2, min_width=300):
                parts |= build_sampler(demo)
            with gr.Column(scale=3, min_width=300):
                plain(NEXT)
                plot = distribution_view("generator-plot")
        controls = Controls(**parts)
        columns = writing.build_columns(demo)
        with gr.Tabs(elem_id="generator-sections") as sections:
            with gr.Tab("How it chooses", id="choice"):
                section = choice.build_section(demo)
            with gr.Tab("How surprising is your text?", id="surprise"):
                surprise.build_section(demo, columns)
            with gr.Tab("Did it copy?", id="copies"):
                copies.build_section(demo, columns)
            with gr.Tab("What tutorials get wrong", id="faults") as opened:
                faults.build_section(demo, opened)
            with gr.Tab("How good are they?", id="quality"):
                quality.build_section(demo)
    writing.connect(demo, controls, columns)
    choice.connect(demo, section, controls, columns, plot, sections)
