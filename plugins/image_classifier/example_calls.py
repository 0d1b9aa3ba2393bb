"""Example calls: a photo to name, and drawn squares of two colours to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from demo_app import File
from demo_app.images import encode_png

EXAMPLES = Path(__file__).with_name("examples")
COLOURS = {"red": (200, 40, 40), "blue": (40, 60, 200)}
SHADES = (-30, -15, 0, 15, 30)


def example_calls() -> dict[str, list[dict[str, Any]]]:
    """Arguments by action; those that need a head of one's own follow the one that trains it."""
    with Image.open(EXAMPLES / "espresso.jpg") as photo:
        espresso = photo.convert("RGB")
    squares = {"images": coloured_squares()}
    return {
        "classify": [{"image": espresso, "top_k": 3}, {"image": espresso, "head": "flowers"}],
        "explain": [{"image": espresso}],
        "train_head": [{**squares, "epochs": 20}],
        "heads": [{}],
        "evaluate": [squares],
        "set_thresholds": [{"accuracy": 0.8}],
        "export": [{"backbone": False}],
        "learning_curve": [{**squares, "repeats": 1}],
        "compare": [{**squares, "epochs": 1}],
        "load_head": [{"file": exported_head(), "name": "loaded"}],
        "forget_head": [{"name": "mine"}],
    }


def coloured_squares(side: int = 64) -> dict[str, list[File]]:
    """Five plain pictures of each colour, in different shades; ``side`` pixels wide and high."""

    def square(name: str, number: int) -> File:
        shade = tuple(max(0, part + SHADES[number]) for part in COLOURS[name])
        picture = Image.new("RGB", (side, side), shade)
        return File(name=f"{name} {number}.png", data=encode_png(picture))

    return {name: [square(name, number) for number in range(len(SHADES))] for name in COLOURS}


def exported_head() -> File:
    """What ``export`` made of the head that tells roses from tulips, without its backbone."""
    path = EXAMPLES / "roses_tulips_head.safetensors"
    return File(name=path.name, data=path.read_bytes())
