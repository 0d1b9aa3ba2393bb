"""Example calls: what to give the actions that need something."""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageDraw

SEVEN = [(15, 8), (85, 8), (45, 95)]
"""The stroke of a seven, in hundredths of the paper's width from its upper left corner."""


def example_calls() -> dict[str, list[dict[str, Any]]]:
    """Arguments by action."""
    seven = drawn_seven()
    return {
        "sample": [{"digit": 7, "count": 4, "scored": True}],
        "save": [{"count": 4, "format": "zip"}],
        "interpolate": [{"start": {"digit": 3}, "end": {"digit": 8, "seed": 1}, "steps": 4}],
        "invert": [{"drawing": seven, "digit": 7, "steps": 5}],
        "score": [{"image": seven}],
        "nearest": [{"image": seven, "count": 3}],
        "replay": [{}, {"step": 0}],
    }


def drawn_seven(side: int = 280) -> Image.Image:
    """A seven, dark on light; ``side`` pixels wide and high."""
    paper = Image.new("L", (side, side), 255)
    margin, width = 0.15 * side, 0.7 * side
    points = [(margin + x * width / 100, margin + y * width / 100) for x, y in SEVEN]
    ImageDraw.Draw(paper).line(points, fill=0, width=side // 14, joint="curve")
    return paper.convert("RGB")
