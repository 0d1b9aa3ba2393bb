"""The section in which a sample's latent is moved along two directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import payload, plain, scripted

from ..results import Place
from .events import LIVE, TELLING
from .gallery import Chosen, Gallery
from .pictures import data_url

HERE = Path(__file__).parent
DIRECTIONS = {
    "slant": "slant",
    "weight": "stroke weight",
    "width": "width",
    "first": "most sensitive",
    "second": "second most sensitive",
    "third": "third most sensitive",
}
CHOICES = [(title, name) for name, title in DIRECTIONS.items()]
LEAD = (
    "<p class='lead'>The chosen digit is one of endless many: its picture is computed from 64 "
    "random numbers, the <b>latent</b>. Drag on the pad to move them along two directions; one "
    "unit is a standard deviation of a draw. Slant, weight and width were found by fitting lines "
    "to what 2,000 samples look like; the others are those to which the generator's first layer "
    "reacts most. A double click leads back.</p>"
)


def build_section(demo: Demo, gallery: Gallery) -> None:
    """Lay out the section and connect it to ``explore``."""
    plain(LEAD)
    with gr.Row(elem_classes="axes"):
        across = gr.Dropdown(CHOICES, value="slant", label="To the right", elem_id="gan-across")
        up = gr.Dropdown(CHOICES, value="weight", label="Upwards", elem_id="gan-up")
    view = scripted("gan-explore", HERE / "figures.js", HERE / "explore.js")

    def look(
        chosen: Chosen | None,
        across: str,
        up: str,
        x: float = 0.0,
        y: float = 0.0,
        question: int | None = None,
    ) -> Any:
        if chosen is None:
            return gr.skip()
        place: Place = demo.call(
            "explore",
            **chosen.as_point,
            x=x,
            y=y,
            x_direction=across,
            y_direction=up,
        )
        return shown(place, chosen.digit, (across, up), question)

    def move(event: gr.EventData, chosen: Chosen | None, across: str, up: str) -> Any:
        return look(chosen, across, up, event.x, event.y, event.question)

    def begin(chosen: Chosen | None, across: str, up: str) -> Any:
        return look(chosen, across, up)

    def point_across(chosen: Chosen | None, across: str, up: str) -> Any:
        up = apart(up, across)
        return begin(chosen, across, up), up

    def point_up(chosen: Chosen | None, across: str, up: str) -> Any:
        across = apart(across, up)
        return begin(chosen, across, up), across

    inputs = [gallery.chosen, across, up]
    view.move(move, inputs, view, **TELLING)
    for event in (view.seen, gallery.picked, *gallery.drawn):
        event(begin, inputs, view, **LIVE)
    across.input(point_across, inputs, [view, up], **LIVE)
    up.input(point_up, inputs, [view, across], **LIVE)


def apart(direction: str, taken: str) -> str:
    """A direction for one axis: itself, or the first other one if the other axis has taken it."""
    return direction if direction != taken else next(name for name in DIRECTIONS if name != taken)


def shown(place: Place, digit: int, directions: tuple[str, str], question: int | None) -> str:
    """A place on the plane, for the script.

    Args:
        place: it.
        digit: what was asked for.
        directions: to the right and upwards.
        question: the number of the move that it answers; None where the plane is another, and the
            pad goes back to the middle.
    """
    return payload(
        {
            "src": data_url(place.image),
            "digit": digit,
            "probabilities": place.opinion.probabilities,
            "real": place.opinion.more_real_than,
            "length": place.length,
            "directions": [DIRECTIONS[name] for name in directions],
            "question": question,
        }
    )
