"""The section in which a photo, the camera or a drawing gets its names, by any of the heads."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from demo_app import Demo
from demo_app.components import answered, payload, plain, scripted, sent_picture, sketchpad

from ..actions import MODEL
from ..results import HeadSummary
from ..shipped_heads import IMAGENET
from .events import LIVE, QUIET, TELLING
from .recognise_evidence import accounted, build_evidence, nothing
from .recognise_heads import build_cards, is_drawn_for, own, shipped, shown
from .recognise_names import build_names, count, hinted, named

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
LIKELIEST = ("the likeliest", "")
SMALL = 64
"""Pixels across; what a network saw of a photo at this size or less is shown as it saw it."""

LEAD = (
    "<p class='lead'>A network turns a photo into features; a <b>head</b> turns those into names. "
    "Choose whose names you want, then bring a photo.</p>"
)
WHY_NOT = "Select a bar above or a class here: why is it not that one?"


@dataclass(kw_only=True)
class Visit:
    """What one visitor looks at.

    Attributes:
        number: of the last question; the answer to an older one is not shown any more.
        head: what ``heads`` tells of the chosen one; None as long as nothing was asked.
        frame: the camera's last, if it is what is named.
        drawing: what is on the paper.
        file: of the photo that was brought last; its name holds a hash of what is in it.
        class_name: whose evidence was asked for last; empty for that of the likeliest.
    """

    number: int = 0
    head: HeadSummary | None = None
    frame: Image.Image | None = None
    drawing: Image.Image | None = None
    file: str = ""
    class_name: str = ""

    def ask(self) -> int:
        """The number of a new question."""
        self.number += 1
        return self.number


def build_section(demo: Demo, opened: gr.Tab) -> None:
    """Lay out the components and connect them to ``heads``, ``classify`` and ``explain``."""
    with gr.Column(elem_id="classifier-recognise"):
        _build(demo, opened)


def _build(demo: Demo, opened: gr.Tab) -> None:
    plain(LEAD)
    visit = gr.State(Visit())
    cards = build_cards(demo)
    with gr.Row(equal_height=False, elem_id="classifier-looking"):
        with gr.Column(scale=1, min_width=300, elem_id="classifier-photos"), gr.Tabs():
            with gr.Tab("Photo"):
                photo = _photo()
            with gr.Tab("Live camera"):
                camera = scripted("classifier-camera", HERE / "recognise_camera.js")
        with gr.Column(scale=1, min_width=300, elem_id="classifier-drawing"):
            pad = sketchpad(
                "classifier-pad",
                invitation="Draw a digit here",
                description="Paper: draw one digit with the mouse, a pen or a finger",
                live=True,
            )
        with gr.Column(scale=1, min_width=300):
            names = build_names()
            chosen = _classes(demo)
    evidence = build_evidence()

    events = Events(demo)
    looked_at = [names, chosen, evidence]
    # Only what may take seconds, the first photo, shows that something is on its way.
    photo.change(
        events.bring,
        [photo, visit],
        looked_at,
        show_progress="minimal",
        show_progress_on=names,
        trigger_mode="always_last",
    )
    cards.chosen(events.choose, [photo, visit], looked_at, **TELLING)
    names.asked(events.ask, [photo, visit], looked_at, **TELLING)
    chosen.input(events.pick, [photo, chosen, visit], [names, evidence], **LIVE)
    camera.frame(events.watch, [chosen, visit], [camera, names, evidence], **TELLING)
    pad.drawn(events.draw, visit, [pad, names, evidence], **TELLING)
    opened.select(events.refresh, visit, cards, **QUIET)


class Events:
    """What happens on the section. Each answer is for a question; a newer one makes it void."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo

    def bring(self, photo: Image.Image | None, visit: Visit) -> tuple[Any, ...]:
        """Another photo, or none."""
        file = str(getattr(photo, "filename", ""))
        # Gradio tells twice of a photo that takes the place of another; a class whose bar was
        # pressed in between stays asked for.
        is_again = bool(file) and file == visit.file and visit.frame is None
        class_name = visit.class_name if is_again else ""
        visit.file = file
        visit.frame = None
        names, evidence = self._answer(photo, class_name, visit)
        return names, _classes_of(visit, class_name), evidence

    def choose(
        self, event: gr.EventData, photo: Image.Image | None, visit: Visit
    ) -> tuple[Any, ...]:
        """Another head."""
        visit.head = self._find(event.name)
        names, evidence = self._answer(photo, "", visit)
        return names, _classes_of(visit, ""), evidence

    def ask(self, event: gr.EventData, photo: Image.Image | None, visit: Visit) -> tuple[Any, ...]:
        """The bar of a class was pressed."""
        class_name = str(event.name)
        names, evidence = self._answer(photo, class_name, visit)
        return names, _classes_of(visit, class_name), evidence

    def pick(
        self, photo: Image.Image | None, class_name: str | None, visit: Visit
    ) -> tuple[Any, ...]:
        """A class was picked from the list."""
        return self._answer(photo, class_name or "", visit)

    def watch(self, event: gr.EventData, class_name: str | None, visit: Visit) -> tuple[Any, ...]:
        """The camera's newest frame."""
        try:
            visit.frame = sent_picture(event.image)
            shown = self._answer(None, class_name or "", visit, quick=True)
        except gr.Error as error:
            said = {"answered": event.number, "said": html.unescape(error.message)}
            return payload(said), gr.skip(), gr.skip()
        return answered(event.number), *shown

    def draw(self, event: gr.EventData, visit: Visit) -> tuple[Any, ...]:
        """The drawing as far as it got."""
        try:
            visit.drawing = sent_picture(event.image)
            shown = self._answer(None, "", visit)
        except gr.Error as error:
            shown = payload({"hint": html.unescape(error.message)}), nothing()
        return answered(event.number), *shown

    def refresh(self, visit: Visit) -> str:
        """The cards, with the heads that were taught meanwhile."""
        heads = self._demo.call("heads")
        if visit.head is not None:
            known = {head.name: head for head in heads}
            visit.head = known.get(visit.head.name, known[IMAGENET])
        name = visit.head.name if visit.head else IMAGENET
        return shown([*shipped(self._demo), *own(heads)], name)

    def _find(self, name: object) -> HeadSummary:
        heads: list[HeadSummary] = self._demo.call("heads")
        found = [head for head in heads if head.name == name]
        if not found:
            raise gr.Error("That head is no longer here. Choose another one.", title="No such head")
        return found[0]

    def _answer(
        self,
        photo: Image.Image | None,
        class_name: str,
        visit: Visit,
        *,
        quick: bool = False,
    ) -> tuple[Any, Any]:
        """Names and evidence; nothing new if there is a newer question by then."""
        number = visit.ask()
        visit.class_name = class_name
        if visit.head is None:
            visit.head = self._find(IMAGENET)
        draws = is_drawn_for(visit.head.name)
        image = visit.drawing if draws else visit.frame or photo
        if photo is not None and image is not photo:
            # Gradio opened its file; only what is read is closed.
            photo.load()
        if image is None:
            return hinted(draws=draws), nothing()
        shown = self._look(image, visit.head, class_name or None, quick)
        return shown if visit.number == number else (gr.skip(), gr.skip())

    def _look(
        self, image: Image.Image, head: HeadSummary, class_name: str | None, quick: bool
    ) -> tuple[str, str]:
        asked = {"image": image, "head": head.name}
        result = self._demo.call("classify", top_k=count(head), **asked)
        explanation = None
        if head.can_explain:
            explanation = self._demo.call("explain", class_name=class_name, **asked)
        seen = None
        if is_drawn_for(head.name):
            seen = _as_seen(image)
        elif explanation is not None and explanation.crop.width <= SMALL:
            seen = explanation.crop
        return (
            named(head, result, explanation, seen),
            accounted(head, explanation, quick=quick),
        )


def _classes(demo: Demo) -> gr.Dropdown:
    metadata = demo.metadata(MODEL)
    return gr.Dropdown(
        choices=[LIKELIEST, *(metadata.classes if metadata else ())],
        value="",
        label="Where the evidence lies for",
        info=WHY_NOT,
        elem_id="classifier-chosen",
    )


def _classes_of(visit: Visit, chosen: str) -> gr.Dropdown:
    """The list for the head that was chosen."""
    assert visit.head is not None
    return gr.Dropdown(
        choices=[LIKELIEST, *visit.head.classes], value=chosen, visible=visit.head.can_explain
    )


def _photo() -> gr.Image:
    photo = gr.Image(
        label="Photo",
        type="pil",
        image_mode=None,
        sources=["upload", "webcam", "clipboard"],
        height=340,
        elem_id="classifier-photo",
    )
    gr.Examples(
        sorted(str(path) for path in EXAMPLES.glob("*.jpg")),
        photo,
        label="No photo at hand? Try one of these",
        cache_examples=False,
        elem_id="classifier-examples",
    )
    return photo


def _as_seen(drawing: Image.Image) -> Image.Image:
    """A drawing as the network for digits sees it."""
    from demo_app.datasets.drawn_digits import prepared
    from demo_app.datasets.mnist import to_pixels

    return Image.fromarray(to_pixels(prepared(drawing, "image"))[0].numpy())
