"""The lesson on what pre-training buys: the same photos learned from in three ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import payload, plain, scripted

from ..research.studies import Comparison, Way
from .events import QUIET
from .lessons_photos import build_source, offered, photos
from .lessons_progress import progress

HERE = Path(__file__).parent
SEED = 1
LEAD = (
    "<p class='lead'>A definition is an empty form: the same layers, filled with random numbers. "
    "Pre-trained, they were filled by 1.3 million photos of ImageNet. Learn from <b>the same "
    "photos</b> in three ways: only a head on the features as they are; head and network together; "
    "and the definition only, from nothing.</p>"
)
HINT = (
    "Press Compare. The first way takes a second, the other two a minute or more; Stop keeps what "
    "is there."
)
TITLES = {
    "frozen": "Head on frozen features",
    "fine_tuned": "Fine-tuned, all of it",
    "scratch": "Definition only, from scratch",
}
MEANINGS = {
    "frozen": "The network stays as ImageNet left it. Each photo goes through it once.",
    "fine_tuned": "Begins with that head, then moves every weight a little.",
    "scratch": "Has to find edges, colours and shapes again, from these few photos.",
}


def build_section(demo: Demo, opened: gr.Tab) -> None:
    """Lay out the section and connect it to ``compare``."""
    plain(LEAD)
    with gr.Row(elem_classes="asking"):
        source = build_source("lesson-ways-photos")
        run = gr.Button("Compare", variant="primary", elem_id="lesson-ways-run", scale=0)
        stop = gr.Button("Stop", elem_id="lesson-ways-stop", scale=0)
    view = scripted("lesson-ways", HERE / "lessons_chart.js", HERE / "lessons_ways.js", hint=HINT)

    def learn(source: str) -> Iterator[str]:
        images = photos(demo, source)
        with demo.stream("compare", images=images, seed=SEED) as stream:
            for now in stream:
                yield shown(now)

    run.click(learn, source, view, concurrency_limit=16, **QUIET)
    stop.click(lambda: demo.stop("compare"), None, None, **QUIET)
    opened.select(lambda chosen: offered(demo, chosen), source, source, **QUIET)


def shown(now: Comparison) -> str:
    """The comparison as far as it got, for the script."""
    work = f"{TITLES[now.way]}, epoch" if now.way else "Learning"
    return payload(
        {
            "progress": progress(now, work),
            "ways": [_way(way) for way in now.ways],
            "held_out": now.held_out,
            "note": ("Stopped before the end. " if now.stopped and now.ways else "") + now.note,
        }
    )


def _way(way: Way) -> dict[str, Any]:
    return {
        "name": way.name,
        "title": TITLES[way.name],
        "meaning": MEANINGS[way.name],
        "trained_parameters": way.trained_parameters,
        "seconds": way.seconds,
        "accuracy": way.accuracy,
        "interval": way.interval,
        "loss": way.loss,
        "finished": way.finished,
        "curve": [(epoch.seconds, epoch.held_out_accuracy) for epoch in way.curve],
    }
