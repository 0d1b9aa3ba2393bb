"""The section with three labs: convolution, ReLU and max-pooling, with every number to follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from demo_app import Demo
from demo_app.components import payload, plain, scripted

from ..experiments.lab_kernels import KERNELS
from ..experiments.lab_results import Convolution, Pooling, Rectified
from ..lab_actions import TABLE
from .events import LIVE, TELLING
from .photos import or_drawn, photo_chooser, put_drawings
from .pictures import data_url
from .subject import plain_text

HERE = Path(__file__).parent
LEAD = (
    "<p class='lead'>Three layers from first principles: change a number, and see what comes of "
    "it. Your photo is seen in grey and at most 192 pixels wide, so that its numbers can be "
    "counted.</p>"
)
KERNEL_CHOICES = [
    {"name": name, "numbers": [number for row in kernel.numbers for number in row],
     "finds": kernel.finds}
    for name, kernel in KERNELS.items()
]  # fmt: skip
FIRST = {
    "numbers": KERNEL_CHOICES[0]["numbers"],
    "stride": 1,
    "padding": 0,
    "row": 70,
    "column": 59,
}


def build_section(demo: Demo) -> None:
    """Lay out the section and connect each lab to ``lab``."""
    plain(LEAD)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=240):
            photo, buttons = photo_chooser("explainer-lab-photo")
        with gr.Column(scale=4, min_width=300), gr.Tabs(elem_id="explainer-labs"):
            with gr.Tab("Convolution"):
                _build(demo, photo, "convolution", convolved, FIRST, kernels=KERNEL_CHOICES)
            with gr.Tab("ReLU"):
                _build(demo, photo, "relu", rectified, FIRST, kernels=KERNEL_CHOICES)
            with gr.Tab("Max-pooling"):
                _build(demo, photo, "max_pool", pooled, {"table": TABLE})
    put_drawings(photo, buttons)


def _build(
    demo: Demo,
    photo: gr.Image,
    kind: str,
    shown: Callable[[Any], dict[str, Any]],
    first: Mapping[str, Any],
    **props: Any,
) -> None:
    """One lab. What the visitor set is kept, so that another photo is seen with it, too."""
    scripts = (HERE / "asking.js", HERE / f"lab_{kind}.js")
    view = scripted(f"explainer-lab-{kind}", *scripts, first=first, **props)
    kept = gr.State(dict(first))

    def work(image: Image.Image | None, asked: Mapping[str, Any], number: int) -> str:
        try:
            found = demo.call("lab", kind=kind, **asked, **or_drawn(image))
        except gr.Error as error:
            return payload({"number": number, "refused": plain_text(error)})
        return payload({"number": number, "asked": asked, **shown(getattr(found, kind))})

    def answer(event: gr.EventData, image: Image.Image | None) -> tuple[Any, str]:
        asked = read(event.asked, first)
        number = event.number if isinstance(event.number, int) else 0
        return asked, work(image, asked, number)

    def look(image: Image.Image | None, asked: Mapping[str, Any]) -> str:
        return work(image, asked, -1)

    view.seen(look, [photo, kept], view, **LIVE)
    view.ask(answer, photo, [kept, view], **TELLING)
    photo.change(look, [photo, kept], view, **LIVE)


def read(asked: Any, first: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ``lab`` in what a script sent: those that its lab has, and no others."""
    if not isinstance(asked, dict):
        return dict(first)
    return {name: asked.get(name, value) for name, value in first.items()}


def convolved(found: Convolution) -> dict[str, Any]:
    """A convolution, for the script, which works out other places from the same pixels."""
    return {
        "input": data_url(found.input),
        "output": data_url(found.output),
        "size": list(found.input.size),
        "outputSize": list(found.output.size),
        "formula": found.formula.split("  "),
        "row": found.row,
        "column": found.column,
        "value": found.value,
        "dimensions": [
            {
                "name": one.name,
                "slides": one.slides,
                "shapes": [_sizes(one.input), _sizes(one.weight), _sizes(one.output)],
            }
            for one in found.dimensions
        ],
    }


def rectified(found: Rectified) -> dict[str, Any]:
    """ReLU, for the script."""
    return {
        "input": data_url(found.input),
        "output": data_url(found.output),
        "size": list(found.input.size),
        "before": found.before,
        "after": found.after,
        "row": found.row,
        "column": found.column,
        "negative": found.negative,
    }


def pooled(found: Pooling) -> dict[str, Any]:
    """Max-pooling, for the script."""
    return {
        "table": found.table,
        "pooled": found.pooled,
        "winners": found.winners,
        "input": data_url(found.input),
        "output": data_url(found.output),
        "size": list(found.input.size),
        "outputSize": list(found.output.size),
    }


def _sizes(shape: list[int]) -> str:
    return " × ".join(map(str, shape))
