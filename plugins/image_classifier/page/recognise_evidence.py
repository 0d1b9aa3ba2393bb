"""The evidence for a class, as the page shows it: the picture, and the sum that makes the logit."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import gradio as gr
from PIL import Image

from demo_app.components import payload, scripted

from ..actions import Explanation
from ..results import HeadSummary

HERE = Path(__file__).parent
NO_MAP = (
    "Behind this network's last feature maps lie more layers than one, so its logits are no sum "
    "over the cells: there is no exact evidence map of it. Heads without hidden layers have one."
)
EXACT = (
    "The picture is an exact account, not a guess: the network averages its feature maps over the "
    "cells and ends in one linear layer, so the cells' mean plus the bias is the logit."
)


def build_evidence() -> gr.HTML:
    """The picture and the sum; empty at first."""
    return scripted("classifier-evidence", HERE / "recognise_evidence.js")


def accounted(head: HeadSummary, explanation: Explanation | None, *, quick: bool = False) -> str:
    """The evidence for the script.

    Args:
        head: what is known of the head.
        explanation: None where it has no evidence map.
        quick: send the picture as a JPEG, which is smaller and made sooner.
    """
    if explanation is None:
        return payload({"hint": NO_MAP})
    cells = [cell for row in explanation.cells for cell in row]
    supporting = sum(cell > 0 for cell in cells)
    # Rounded so that the printed terms add up as the real ones do.
    logit, bias = round(explanation.logit, 2), round(explanation.bias, 2)
    after = (
        "the sigmoid of the one logit"
        if head.kind == "binary"
        else f"the softmax over {_all(len(head.classes))}"
    )
    return payload(
        {
            "overlay": data_url(explanation.overlay, "JPEG" if quick else "PNG"),
            "class_name": explanation.class_name,
            "sum": [
                {"number": _signed(logit), "name": "logit"},
                {"number": _signed(bias), "name": "bias"},
                {"number": _signed(logit - bias), "name": f"mean of {len(cells)} cells"},
            ],
            "gets": f"{explanation.probability:.1%} after {after}",
            "supporting": supporting,
            "opposing": len(cells) - supporting,
            "exact": EXACT,
        }
    )


def nothing() -> str:
    """No evidence, for the script."""
    return payload({})


def data_url(picture: Image.Image, kind: str = "PNG") -> str:
    """The picture as a URL that holds it."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **({"quality": 85} if kind == "JPEG" else {}))
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _all(count: int) -> str:
    return f"all {count:,} classes" if count > 2 else "both classes"


def _signed(value: float) -> str:
    return f"{value:z.2f}".replace("-", "−")
