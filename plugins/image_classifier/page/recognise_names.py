"""What the network says of a photo, as the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from demo_app.components import payload, scripted

from ..actions import Classification, Explanation
from ..results import HeadSummary
from .recognise_evidence import data_url

HERE = Path(__file__).parent
TOP = 5
ALL = 10
"""Heads of so many classes or fewer have a bar for each, in their own order: nothing jumps about
while a camera runs."""
HINT = (
    "Bring a photo, start the camera, or pick an example: the network names what it sees. Then "
    "choose a name to see what it rests on."
)
DRAWING_HINT = "Draw a digit: the network reads along, at every stroke."


def build_names() -> gr.HTML:
    """The names of a photo; ``asked`` tells the name of the bar that was chosen."""
    return scripted("classifier-names", HERE / "recognise_names.js", hint=HINT)


def hinted(*, draws: bool) -> str:
    """Nothing to name yet, for the script."""
    return payload({"hint": DRAWING_HINT if draws else HINT})


def count(head: HeadSummary) -> int:
    """How many of a head's classes are shown."""
    return len(head.classes) if len(head.classes) <= ALL else TOP


def named(
    head: HeadSummary,
    result: Classification,
    explanation: Explanation | None,
    seen: Image.Image | None,
) -> str:
    """The names for the script.

    Args:
        head: what is known of the head.
        result: its likeliest classes, ``count(head)`` of them.
        explanation: the evidence that is shown beside; None where there is none.
        seen: the pixels that the network saw, if they are worth showing.
    """
    bars = list(result.predictions)
    if len(bars) == len(head.classes):
        bars.sort(key=lambda prediction: prediction.class_index)
    top = result.predictions[0]
    return payload(
        {
            "verdict": "none of these" if result.none_of_these else top.class_name,
            "none": result.none_of_these,
            "share": top.probability,
            "aside": _aside(head, result),
            "bars": [{"name": one.class_name, "share": one.probability} for one in bars],
            "explains": head.can_explain,
            "explained": explanation.class_name if explanation else "",
            "logit": _logit(head.classes, explanation) if head.kind == "binary" else None,
            "seen": _seen(seen),
        }
    )


def _aside(head: HeadSummary, result: Classification) -> str:
    top = result.predictions[0]
    if result.none_of_these:
        return (
            f"{top.class_name} would be likeliest with {top.probability:.0%}, but this head names "
            f"it only above {result.threshold:.0%}."
        )
    if result.threshold is not None:
        return f"It names {top.class_name} only above {result.threshold:.0%}."
    if len(head.classes) > ALL:
        return ""
    return (
        f"It knows these {len(head.classes)} classes and no others: whatever you show, it chooses "
        "among them."
    )


def _logit(classes: Sequence[str], explanation: Explanation | None) -> dict[str, Any] | None:
    """The one logit of a binary head and what it means; None where it is not known."""
    if explanation is None:
        return None
    second = explanation.class_index == 1
    value = explanation.logit if second else -explanation.logit
    share = explanation.probability if second else 1 - explanation.probability
    return {
        "value": value,
        "first": classes[0],
        "second": classes[1],
        "meaning": f"Above 0 it speaks for {classes[1]}, below for {classes[0]}. Its sigmoid, "
        f"1 / (1 + e^−logit) = {share:.1%}, is the probability of {classes[1]}; what is left is "
        f"that of {classes[0]}.",
    }


def _seen(picture: Image.Image | None) -> dict[str, str] | None:
    if picture is None:
        return None
    width, height = picture.size
    return {
        "src": data_url(picture),
        "title": f"all that it sees: {width} x {height} pixels",
    }
