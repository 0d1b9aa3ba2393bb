"""How sure the head has to be before it names a class, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import payload, scripted

from ..research.studies import Thresholds
from .training_set import HeadAtHand

HERE = Path(__file__).parent
LEAST = 0.5


def build_thresholds() -> gr.HTML:
    """The component; ``ask`` carries the accuracy that the visitor wants, or None."""
    return scripted(
        "teach-thresholds", HERE / "teach_svg.js", HERE / "teach_thresholds.js", least=LEAST
    )


def asked(demo: Demo, head: HeadAtHand, wanted: Mapping[str, Any]) -> str:
    """Set the thresholds of a head, or remove them, and show what follows.

    Raises:
        gr.Error: no photos were held out, or the accuracy is none.
    """
    accuracy = wanted.get("accuracy")
    return shown(demo.call("set_thresholds", head=head.name, accuracy=accuracy))


def shown(found: Thresholds) -> str:
    """Thresholds with the curve that they are chosen from, for the script."""
    return payload(
        {
            "target": found.target,
            "held_out": found.held_out,
            "coverage": found.coverage,
            "accuracy": found.accuracy,
            "curve": [[point.coverage, point.accuracy] for point in found.curve],
            "classes": [[each.class_name, each.threshold, each.vouched] for each in found.classes],
            "note": found.note,
        }
    )


def nothing() -> str:
    """No thresholds to choose, for the script: there is no head, or nothing was held out."""
    return payload({})
