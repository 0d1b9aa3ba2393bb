"""The new head tried out at once: on what the camera sees, or on a photo."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo, DemoError, InvalidInput
from demo_app.components import payload, scripted
from demo_app.images import open_image

from .cards import decoded, jpeg_url
from .training_set import HeadAtHand, TrainingSet
from .training_set_photos import MAX_PHOTO_BYTES, encoded

HERE = Path(__file__).parent
TOP = 8


def build_live() -> gr.HTML:
    """The component; ``look`` carries a picture that the visitor wants classified."""
    return scripted("teach-live", HERE / "teach_photos.js", HERE / "teach_live.js")


def ready(head: HeadAtHand | None) -> str:
    """Which head there is, for the script, which then sends its picture again."""
    return payload({"head": _known(head)})


def looked(demo: Demo, kept: TrainingSet, asked: Mapping[str, Any]) -> str:
    """What the head says of a picture, for the script; what went wrong is said in it, too.

    A camera asks several times a second: a toast for each answer would bury the page.
    """
    head, number = kept.head, asked.get("number")
    answer: dict[str, Any] = {"head": _known(head), "answered": number}
    if head is None:
        return payload(answer | {"said": "There is no head yet. Train one first."})
    try:
        return payload(answer | _seen(demo, head, asked))
    except (DemoError, gr.Error) as error:
        return payload(answer | {"said": _text(error)})


def _seen(demo: Demo, head: HeadAtHand, asked: Mapping[str, Any]) -> dict[str, Any]:
    data = decoded(asked.get("image"))
    if len(data) > MAX_PHOTO_BYTES:
        raise InvalidInput("The picture is too large.")
    image = open_image(data)
    count = min(TOP, len(head.classes))
    found = demo.call("classify", image=image, head=head.name, top_k=count)
    first = found.predictions[0]
    bars = sorted(found.predictions, key=lambda prediction: prediction.class_index)
    told = {
        "bars": [[one.class_name, one.probability] for one in bars],
        "verdict": "None of these" if found.none_of_these else first.class_name,
        "none": found.none_of_these,
        "probability": first.probability,
        "threshold": found.threshold,
    }
    if head.kind == "mlp":
        return told | {"overlay": "", "why": "Behind a hidden layer no evidence adds up."}
    wanted = asked.get("class_name")
    name = wanted if wanted in head.classes else first.class_name
    try:
        explanation = demo.call("explain", image=image, class_name=name, head=head.name)
    except (DemoError, gr.Error) as error:
        return told | {"overlay": "", "why": _text(error)}
    return told | {
        "overlay": jpeg_url(encoded(explanation.overlay.convert("RGB"), quality=80)),
        "explained": name,
        "why": f"Where the evidence for {name} lies: orange speaks for it, blue against it.",
    }


def _text(error: Exception) -> str:
    """What an error says, as text; a page's own are written for HTML."""
    return html.unescape(error.message) if isinstance(error, gr.Error) else str(error)


def _known(head: HeadAtHand | None) -> dict[str, Any] | None:
    if head is None:
        return None
    return {"name": head.name, "classes": head.classes, "made": head.made}
