"""The lesson that asks whether more photos would help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import gradio as gr

from demo_app import Demo
from demo_app.components import payload, plain, scripted

from ..research.studies import LearningCurve
from .events import QUIET
from .lessons_photos import build_source, offered, photos
from .lessons_progress import progress

HERE = Path(__file__).parent
SEED = 1
LEAD = (
    "<p class='lead'>Hold a third of the photos back to test on. Teach a head from two photos of "
    "each class, then from three, from five, up to all that are left, each time anew and several "
    "times with other photos. As long as the curve still climbs, <b>more photos help</b>; where it "
    "lies flat, better photos do, or a better backbone.</p>"
)
HINT = "Press Measure: the features are computed once, so some dozen heads take seconds."


def build_section(demo: Demo, opened: gr.Tab) -> None:
    """Lay out the section and connect it to ``learning_curve``."""
    plain(LEAD)
    with gr.Row(elem_classes="asking"):
        source = build_source("lesson-more-photos")
        run = gr.Button("Measure", variant="primary", elem_id="lesson-more-run", scale=0)
        stop = gr.Button("Stop", elem_id="lesson-more-stop", scale=0)
    view = scripted("lesson-more", HERE / "lessons_chart.js", HERE / "lessons_more.js", hint=HINT)

    def measure(source: str) -> Iterator[str]:
        images = photos(demo, source)
        with demo.stream("learning_curve", images=images, seed=SEED) as stream:
            for now in stream:
                yield shown(now)

    run.click(measure, source, view, concurrency_limit=16, **QUIET)
    stop.click(lambda: demo.stop("learning_curve"), None, None, **QUIET)
    opened.select(lambda chosen: offered(demo, chosen), source, source, **QUIET)


def shown(now: LearningCurve) -> str:
    """The curve as far as it got, for the script."""
    last = now.points[-1].photos if now.points else 0
    foretold = [{"photos": 2 * last, "accuracy": now.power_law.at_twice}] if now.power_law else []
    return payload(
        {
            "progress": progress(now, "Fitting heads"),
            "answer": _answer(now),
            "more": now.more,
            "points": [asdict(point) for point in now.points],
            "tested": now.tested,
            "foretold": foretold,
        }
    )


def _answer(now: LearningCurve) -> str:
    stopped = "Stopped; this is what was measured so far. " if now.stopped and now.points else ""
    skipped = f" {len(now.skipped)} files took no part." if now.skipped else ""
    return f"{stopped}{now.answer}{skipped}" if now.answer else ""
