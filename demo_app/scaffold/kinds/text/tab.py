"""The page."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from demo_app import Demo

from .example_calls import PROMPTS


def build_tab(demo: Demo) -> None:
    """A beginning, and how it goes on."""

    def write(prompt: str, temperature: float) -> Iterator[str]:
        with demo.stream("write", prompt=prompt, temperature=temperature) as texts:
            yield from texts

    gr.Markdown("Begin a line. A small network that has read four poems writes it on.")
    with gr.Row():
        with gr.Column():
            prompt = gr.Textbox(PROMPTS[0], label="Beginning", max_length=500)
            temperature = gr.Slider(0.1, 2, value=0.7, step=0.1, label="Temperature")
            with gr.Row():
                start = gr.Button("Write", variant="primary")
                stop = gr.Button("Stop")
            gr.Examples([[text] for text in PROMPTS], prompt, label="Beginnings")
        text = gr.Textbox(label="Text", lines=14, buttons=["copy"])
    start.click(write, [prompt, temperature], text, show_progress="hidden")
    prompt.submit(write, [prompt, temperature], text, show_progress="hidden")
    stop.click(lambda: demo.stop("write"), None, None, show_progress="hidden", queue=False)
