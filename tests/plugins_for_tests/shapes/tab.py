"""A row an action; the parts are found by ``shapes-<action>-<part>``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from demo_app import Demo


def build_tab(demo: Demo) -> None:
    """A row for every shape that a page must carry."""
    _row(demo, "greet", [_part(gr.Textbox, "greet", "name")], gr.Textbox)
    _row(demo, "count", [_part(gr.Number, "count", "to", precision=0)], gr.Textbox)
    _row(demo, "climb", [], gr.Textbox)
    _row(demo, "linger", [], gr.Textbox)
    _row(demo, "departures", [], gr.Textbox)
    _row(demo, "visit", [], gr.Textbox)
    _row(demo, "guess", [_part(gr.Radio, "guess", "values", choices=PAIRS)], gr.Textbox)
    _row(demo, "score", [_part(gr.Radio, "score", "values", choices=PAIRS)], gr.Textbox)
    _row(demo, "slope", [_part(gr.Radio, "slope", "values", choices=PAIRS)], gr.Textbox)
    _row(demo, "invert", [_part(gr.Image, "invert", "image", type="pil")], gr.Image)
    _row(demo, "draw", [_part(gr.Number, "draw", "seed", precision=0)], gr.Textbox)
    _row(demo, "work", [], gr.Textbox)
    _row(demo, "refuse", [], gr.Textbox)
    _row(demo, "crash", [], gr.Textbox)
    _row(demo, "stumble", [], gr.Textbox)


PAIRS = [("three and four", [3.0, 4.0]), ("one and minus one", [1.0, -1.0])]


def _part(component: Any, action: str, name: str, **options: Any) -> Any:
    """A component that its row will render, labelled with the parameter's name."""
    return component(elem_id=f"shapes-{action}-{name}", label=name, render=False, **options)


def _row(demo: Demo, action: str, inputs: list[Any], output: Any) -> None:
    """Inputs, labelled as the parameters; a run button, a stop button for a stream; the output."""
    names = [component.label for component in inputs]
    with gr.Row():
        for component in inputs:
            component.render()
        run = gr.Button(f"Run {action}", elem_id=f"shapes-{action}-run")
        shown = _part(output, action, "output", interactive=False).render()

    def shape(result: Any) -> Any:
        return result if output is gr.Image else str(result)

    def stream(*values: Any) -> Iterator[Any]:
        with demo.stream(action, **dict(zip(names, values, strict=True))) as results:
            yield from map(shape, results)

    def call(*values: Any) -> Any:
        return shape(demo.call(action, **dict(zip(names, values, strict=True))))

    def stop() -> None:
        demo.stop(action)

    streaming = demo.actions[action].streaming
    run.click(stream if streaming else call, inputs, shown)
    if streaming:
        gr.Button(f"Stop {action}", elem_id=f"shapes-{action}-stop").click(stop, None, None)
