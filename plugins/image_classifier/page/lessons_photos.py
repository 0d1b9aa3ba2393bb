"""Which photos a lesson studies: the visitor's own, from the Teach section, or the leaves."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demo_app import Demo, File

from .example_set import example_photos
from .training_set import training_set

OWN, EXAMPLE = "own", "example"
LEAST = 3
"""Photos that each class needs before a lesson is offered on them."""


def build_source(elem_id: str) -> gr.Radio:
    """The choice; ``offered`` keeps it true."""
    return gr.Radio(
        [(_leaves(), EXAMPLE)],
        value=EXAMPLE,
        label="On which photos?",
        elem_id=elem_id,
        elem_classes="source",
    )


def offered(demo: Demo, chosen: str) -> Any:
    """The choice as it is now for the visitor of this event, with the numbers of photos."""
    mine = training_set(demo)
    with mine.lock:
        counts = [len(each.photos) for each in mine.classes]
    ready = min(counts) >= LEAST
    choices = [(_leaves(), EXAMPLE)]
    if ready:
        choices.insert(0, (f"yours: {sum(counts)} photos in {len(counts)} classes", OWN))
    value = chosen if chosen == EXAMPLE or ready else EXAMPLE
    return gr.Radio(
        choices=choices,
        value=value,
        info=None
        if ready
        else f"With {LEAST} photos or more in each class of yours under "
        "Teach your own classes, they can be chosen here.",
    )


def photos(demo: Demo, source: str) -> dict[str, list[File]]:
    """The photos by class, as the actions take them."""
    if source == OWN:
        mine = training_set(demo)
        with mine.lock:
            return mine.images()
    by_class: dict[str, list[File]] = {}
    for leaf in example_photos():
        by_class.setdefault(leaf.class_name, []).append(File(name=leaf.name, data=leaf.data))
    return by_class


def _leaves() -> str:
    return "the example set: 48 leaves, drawn by program"
