"""The section in which the generator looks for itself in a visitor's drawing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from demo_app import Demo
from demo_app.components import payload, plain, scripted, sent_picture, sketchpad

from ..results import Inversion, Score
from .events import LIVE, QUIET, TELLING
from .pictures import data_url

HERE = Path(__file__).parent
STEPS = 200
REPORTS = STEPS // 4 + 1
LEAD = (
    "<p class='lead'>Draw a digit: the judge reads along. Then let the generator look for it: from "
    "many starts at once, it changes a latent step by step until its picture is as near to yours "
    "as it gets. What stays <b class='missing'>missing</b> or is <b class='surplus'>too much</b> "
    "is what no latent can give: the generator knows the hands of MNIST, not yours.</p>"
)
HINT = "Your digit as the networks see it will be here: 28 x 28 pixels, centred, white on black."


@dataclass(kw_only=True)
class Turn:
    """Which drawing is shown, by its number: a search for an older one knows by it to end."""

    number: int = 0


def build_section(demo: Demo) -> None:
    """Lay out the section and connect it to ``score`` and ``invert``."""
    plain(LEAD)
    drawing, turn = gr.State(None), gr.State(Turn())
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=280):
            sketch = sketchpad(
                "gan-sketch",
                invitation="Draw a digit here",
                description="Paper: draw one digit with the mouse, a pen or a finger",
            )
            with gr.Row(elem_classes="buttons"):
                find = gr.Button("Find it", variant="primary", elem_id="gan-find")
                stop = gr.Button("Stop", elem_id="gan-stop")
            with gr.Accordion("Or take a photo of one", open=False):
                photo = gr.Image(
                    label="One digit on plain paper",
                    type="pil",
                    sources=["upload", "webcam", "clipboard"],
                    height=220,
                    elem_id="gan-photo",
                )
        with gr.Column(scale=5, min_width=300):
            view = scripted("gan-found", HERE / "figures.js", HERE / "found.js", hint=HINT)

    def read(image: Image.Image | None, turn: Turn) -> tuple[Any, ...]:
        shown = payload({}) if image is None else scored(demo.call("score", image=image))
        turn.number += 1
        return image, shown

    def receive(event: gr.EventData, known: Image.Image | None, turn: Turn) -> tuple[Any, ...]:
        image = sent_picture(event.image)
        return (gr.skip(), gr.skip()) if image == known else read(image, turn)

    def take(photo: Image.Image | None, turn: Turn) -> tuple[Any, ...]:
        if photo is None:
            # Without the photo it is the paper that counts: let it send its drawing again.
            return gr.skip(), gr.skip(), payload(time.time_ns())
        return *read(photo, turn), gr.skip()

    def search(image: Image.Image | None, turn: Turn) -> Iterator[Any]:
        if image is None:
            raise gr.Error(
                "There is no digit to look for yet. Draw one first.", title="Nothing drawn"
            )
        number = turn.number
        seen = demo.call("score", image=image)
        with demo.stream("invert", drawing=image, steps=STEPS) as stream:
            for found in stream:
                if turn.number != number:
                    # What was yielded last is sent once more at the end.
                    yield gr.skip()
                    return
                yield searched(found, seen)

    sketch.drawn(receive, [drawing, turn], [drawing, view], **TELLING)
    photo.change(take, [photo, turn], [drawing, view, sketch], **LIVE)
    find.click(search, [drawing, turn], view, concurrency_limit=16, **QUIET)
    stop.click(lambda: demo.stop("invert"), None, None, **QUIET)


def scored(score: Score) -> str:
    """A drawing and what the judge sees in it, for the script."""
    return payload(
        {
            "drawing": data_url(score.image),
            "probabilities": score.opinion.probabilities,
            "said": "",
        }
    )


def searched(found: Inversion, score: Score) -> str:
    """A search as far as it got, for the script."""
    said = ""
    if found.done:
        stopped = found.step < found.steps
        said = "Stopped; this is the nearest so far. " if stopped else ""
        said += (
            f"Asked for a {found.digit}, the generator comes within {found.error:.3f} of your "
            "digit (root mean square over pixels of 0…1)."
        )
    return payload(
        {
            "drawing": data_url(found.drawing),
            "image": data_url(found.image),
            "residual": data_url(found.residual),
            "probabilities": score.opinion.probabilities,
            "digit": found.digit,
            "error": found.error,
            "explained": found.explained,
            "length": found.length,
            "step": found.step,
            "steps": found.steps,
            "errors": found.errors,
            "reports": REPORTS,
            "said": said,
        }
    )
