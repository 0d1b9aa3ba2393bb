"""Where a photo comes from: a file, the camera, or one of the pictures drawn here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from PIL import Image

from .drawings import DRAWINGS
from .events import QUIET


def photo_chooser(elem_id: str) -> tuple[gr.Image, dict[str, gr.Button]]:
    """A place for a photo, and a button for each drawing."""
    photo = gr.Image(
        label="Your photo",
        type="pil",
        sources=["upload", "webcam", "clipboard"],
        height=210,
        elem_id=elem_id,
    )
    with gr.Row(elem_classes="chips"):
        buttons = {
            name: gr.Button(name, size="sm", elem_id=f"{elem_id}-{name.lower()}")
            for name in DRAWINGS
        }
    return photo, buttons


def put_drawings(photo: gr.Image, buttons: dict[str, gr.Button]) -> None:
    """Let each button put its drawing into the place of the photo, whose ``change`` follows."""

    def drawing(name: str) -> Callable[[], Image.Image]:
        return lambda: DRAWINGS[name]()

    for name, button in buttons.items():
        button.click(drawing(name), None, photo, **QUIET)


def or_drawn(photo: Image.Image | None) -> dict[str, Any]:
    """The argument ``image`` of an action: the photo, or nothing, and the lab draws its own."""
    return {} if photo is None else {"image": photo}
