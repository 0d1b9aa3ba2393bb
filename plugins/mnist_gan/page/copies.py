"""The section that asks whether the generator copies what it was trained on."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import plain

from ..actions import MODEL
from ..results import Neighbour, Neighbours
from .charts import distributions
from .events import LIVE
from .gallery import Chosen, Gallery
from .pictures import data_url

NEIGHBOURS = 6
LEAD = (
    "<p class='lead'>A generator could learn its training digits by heart. All 60,000 of them are "
    "in this app, in 16 shades of grey, and every one is compared with the chosen digit. Two "
    "people write alike, too; so the scale is how near MNIST's <b>test</b> digits, which nobody "
    "can have copied, come to a training digit.</p>"
)


def build_section(demo: Demo, gallery: Gallery, opened: gr.Tab) -> None:
    """Lay out the section and connect it to ``nearest``, once it has been opened."""
    plain(LEAD)
    found = plain(elem_id="gan-copies", min_height=260)
    wanted = gr.State(False)

    def look(chosen: Chosen | None) -> Any:
        if chosen is None:
            return gr.skip()
        point = chosen.as_point
        number = point.pop("number")
        samples = demo.call("sample", count=number + 1, **point).samples
        image = samples[number].image.convert("RGB")
        return shown(demo.call("nearest", image=image, count=NEIGHBOURS), quantiles(demo))

    def first_look(chosen: Chosen | None) -> Any:
        return look(chosen), True

    def follow(chosen: Chosen | None, wanted: bool) -> Any:
        return look(chosen) if wanted else gr.skip()

    opened.select(first_look, gallery.chosen, [found, wanted], **LIVE)
    for event in (gallery.picked, *gallery.drawn):
        event(follow, [gallery.chosen, wanted], found, **LIVE)


def quantiles(demo: Demo) -> dict[str, list[float]]:
    """Distances to the nearest training digit, of real test digits and of samples."""
    metadata = demo.metadata(MODEL)
    entry: Any = metadata.metrics.get("nearest_distance", {}) if metadata else {}
    names = {"real test digits": "real_quantiles", "samples": "drawn_quantiles"}
    return {title: entry[name] for title, name in names.items() if entry.get(name)}


def shown(found: Neighbours, known: dict[str, list[float]]) -> str:
    """The digit, its neighbours and where its distance lies, in HTML."""
    nearest = found.neighbours[0]
    return (
        "<div class='copies'><figure class='asked'>"
        f"<img class='digit' src='{data_url(found.image)}' alt='The chosen digit'>"
        "<figcaption>the chosen digit</figcaption></figure>"
        f"<div class='neighbours'>{''.join(map(_neighbour, found.neighbours))}</div></div>"
        f"<p class='verdict'>{_verdict(found)}</p>{distributions(known, nearest.distance)}"
    )


def _neighbour(neighbour: Neighbour) -> str:
    name = f"training digit {neighbour.place:,}, a {neighbour.label}"
    return (
        f"<figure><img class='digit' src='{data_url(neighbour.image)}' alt='{escape(name)}'>"
        f"<figcaption><b>{neighbour.distance:.3f}</b>"
        f"<small>a {neighbour.label}, no. {neighbour.place:,}</small></figcaption></figure>"
    )


def _verdict(found: Neighbours) -> str:
    if found.farther_than is None:
        return "This checkpoint has not been evaluated yet, so there is no scale to compare with."
    share = found.farther_than
    if share < 0.01:
        return (
            f"Only {share:.1%} of real test digits come as near to a training digit: <b>this may "
            "be a copy.</b>"
        )
    return (
        f"<b>{1 - share:.0%}</b> of real test digits are farther from their nearest training digit "
        f"than this one is, and {share:.0%} are nearer. <b>No sign of a copy</b>: digits that "
        "somebody else wrote come as near."
    )
