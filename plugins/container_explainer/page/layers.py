"""The section in which a photo goes through LeNet, one layer after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from demo_app import Demo
from demo_app.components import payload, plain, scripted

from ..experiments.lab_results import Step, Walk
from .drawings import ship
from .events import LIVE
from .photos import photo_chooser, put_drawings
from .pictures import data_url, maps_of

HERE = Path(__file__).parent
LEAD = (
    "<p class='lead'>A Sequential calls its children one after the other: each gets what the one "
    "before returned. Here is LeNet, <b>trained on CIFAR-10</b>, halted behind every layer. "
    "Go forwards and back with the buttons, the arrow keys, or by a click on a layer.</p>"
)
MEANINGS = {
    "Conv2d": "Each filter slides over all maps that came in; where the picture looks like the "
    "filter, its map is bright.",
    "ReLU": "What is negative becomes zero, the rest stays: without it, all layers together would "
    "be one linear map.",
    "MaxPool2d": "Of every 2 × 2 places the largest stays: half as wide and high, and a shift by a "
    "pixel matters less.",
    "Flatten": "All maps written one after the other as one vector. Nothing is computed.",
    "Linear": "Every number that goes out is a weighted sum of all that came in, and a bias.",
}
"""What a layer does, in a sentence, by its class."""


def build_section(demo: Demo) -> None:
    """Lay out the section and connect it to ``step``."""
    plain(LEAD)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=240):
            photo, buttons = photo_chooser("explainer-photo")
            plain(
                "<p class='remark'>Without a photo, a drawn ship goes through. The network sees "
                "the middle square, 32 × 32 pixels, and knows ten classes; it is wrong on more "
                "than one photo in four.</p>"
            )
        with gr.Column(scale=4, min_width=300):
            view = scripted("explainer-layers", HERE / "layers.js")
    put_drawings(photo, buttons)

    def walk(image: Image.Image | None) -> str:
        return shown(demo.call("step", image=ship() if image is None else image))

    view.seen(walk, photo, view, **LIVE)
    photo.change(walk, photo, view, **LIVE)


def shown(walk: Walk) -> str:
    """A photo's way through the network, for the script."""
    return payload(
        {
            "input": data_url(walk.input),
            "size": list(walk.input.size),
            "steps": [_step(step) for step in walk.steps],
            "classes": [
                {"name": name, "share": share}
                for name, share in zip(walk.classes, walk.probabilities, strict=True)
            ],
        }
    )


def _step(step: Step) -> dict[str, Any]:
    *_, height, width = step.output_shape
    maps = step.maps and maps_of(step.maps, step.output_shape[1], width, height)
    return {
        "path": step.path,
        "kind": step.class_name,
        "arguments": step.arguments,
        "means": MEANINGS.get(step.class_name, ""),
        "given": step.input_shape,
        "returned": step.output_shape,
        "figures": {
            "mean": step.mean,
            "standard deviation": step.std,
            "smallest": step.minimum,
            "largest": step.maximum,
        },
        "zeros": step.zeros,
        "maps": [data_url(one) for one in maps or ()],
        "filters": [data_url(one) for one in _filters(step)],
        "values": step.values,
    }


def _filters(step: Step) -> list[Image.Image]:
    if step.filters is None:
        return []
    count = step.output_shape[1]
    # Their sides are in what print shows of the layer only: the sheet knows how large they are.
    return maps_of(step.filters, count, *_sides(step))


def _sides(step: Step) -> tuple[int, int]:
    """Width and height of a convolution's kernel, from ``kernel_size=(5, 3)``."""
    text = step.arguments.partition("kernel_size=(")[2].partition(")")[0]
    height, width = (int(part) for part in text.split(","))
    return width, height
