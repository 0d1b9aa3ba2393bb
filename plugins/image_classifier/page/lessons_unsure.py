"""The lesson on when a head is unsure, and what it costs to let it say none of these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import payload, plain, scripted

from ..research.studies import Thresholds
from .curves import in_words
from .events import LIVE, QUIET
from .lessons_photos import EXAMPLE, photos

HERE = Path(__file__).parent
EXAMPLE_HEAD = "leaves"
SEED = 1
FIRST = "0.95"
TARGETS = [
    ("80 %", "0.8"),
    ("90 %", "0.9"),
    ("95 %", FIRST),
    ("99 %", "0.99"),
    ("all", "1"),
    ("name every photo", "none"),
]
"""Shares of the named photos that should be right."""

LEAD = (
    "<p class='lead'>A softmax shares out 100 % among the classes it knows, also for a photo of "
    "something else. A head of yours can do better: photos <b>held out</b> of its training "
    "show how probable a class has to be before it can be believed. Below that it says <b>none of "
    "these</b>. The more certain you want to be, the fewer photos get a name.</p>"
)
NO_HEAD = (
    "There is no head of yours yet. Teach one under Teach your own classes, or press the button to "
    "teach one on the example set of drawn leaves; it takes a second or two."
)


def build_section(demo: Demo, opened: gr.Tab) -> None:
    """Lay out the section and connect it to ``set_thresholds``."""
    plain(LEAD)
    with gr.Row(elem_classes="asking"):
        teach = gr.Button(
            "Teach a head on the example leaves", variant="primary", elem_id="lesson-unsure-teach"
        )
        head = gr.Dropdown(
            [], label="Which head of yours?", elem_id="lesson-unsure-head", visible=False
        )
        target = gr.Radio(
            TARGETS,
            value=FIRST,
            label="Of the photos that it names, how many should be right?",
            elem_id="lesson-unsure-target",
            visible=False,
        )
    view = scripted(
        "lesson-unsure", HERE / "lessons_chart.js", HERE / "lessons_unsure.js", hint=NO_HEAD
    )

    def show(name: str | None, target: str) -> str:
        if not name:
            return payload({"hint": NO_HEAD})
        accuracy = None if target == "none" else float(target)
        return shown(demo.call("set_thresholds", head=name, accuracy=accuracy))

    def choices(wanted: str | None) -> tuple[Any, ...]:
        names = [one.name for one in demo.call("heads") if one.own]
        there = bool(names)
        value = wanted if wanted in names else names[-1] if there else None
        return (
            gr.Button(visible=not there),
            gr.Dropdown(choices=names, value=value, visible=there),
            gr.Radio(visible=there),
        )

    def teach_leaves(target: str) -> Iterator[Any]:
        waiting = [gr.skip()] * len(controls)
        yield *waiting, payload({"hint": "Drawing the leaves …"})
        images = photos(demo, EXAMPLE)
        with demo.stream("train_head", images=images, name=EXAMPLE_HEAD, seed=SEED) as stream:
            for now in stream:
                yield *waiting, payload({"hint": in_words(now)})
        yield *choices(EXAMPLE_HEAD), show(EXAMPLE_HEAD, target)

    controls = [teach, head, target]
    teach.click(teach_leaves, target, [*controls, view], **QUIET)
    gr.on([head.input, target.input], show, [head, target], view, **LIVE)
    opened.select(choices, head, controls, **QUIET)


def shown(found: Thresholds) -> str:
    """The thresholds of a head, for the script."""
    return payload(
        {
            "target": found.target,
            "held_out": found.held_out,
            "coverage": found.coverage,
            "accuracy": found.accuracy,
            "curve": [asdict(point) for point in found.curve],
            "classes": [asdict(one) for one in found.classes],
            "note": found.note,
        }
    )
