"""Calls of the demos in ``plugins_for_tests`` and what they give, on whatever surface.

Every surface's tests run over ``CASES``: decode what came back, then compare ``plain`` of it with
``plain(case.expected)``.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from demo_app import File
from demo_app.images import open_image
from demo_app.surfaces.wire import encode


@dataclass(frozen=True, kw_only=True)
class Case:
    """One call.

    Attributes:
        arguments: as ``demo.call`` takes them; pictures are PIL images, files are ``File``.
        expected: the result as plain data; of a stream, the last value.
        stream: every value, of an action that streams.
    """

    demo: str = "shapes"
    action: str
    arguments: dict[str, Any] = field(default_factory=dict)
    expected: Any
    stream: list[Any] | None = None

    @property
    def id(self) -> str:
        """A name for pytest."""
        return f"{self.demo}.{self.action}({', '.join(self.arguments)})"


def plain(value: Any) -> Any:
    """A result as plain data that compares: a picture by its pixels, a file by its bytes."""
    return encode(value, _comparable)


def _comparable(file: File) -> dict[str, Any]:
    if file.name != "image.png":
        return {"file": file.name, "bytes": file.data.decode()}
    image = open_image(file.data)
    pixels = hashlib.sha256(image.tobytes()).hexdigest()
    return {"width": image.width, "height": image.height, "pixels": pixels}


def picture(*colours: tuple[int, int, int]) -> Image.Image:
    """Stripes of four by eight pixels, one a colour, from left to right."""
    image = Image.new("RGB", (4 * len(colours), 8))
    for i, colour in enumerate(colours):
        image.paste(colour, (4 * i, 0, 4 * i + 4, 8))
    return image


ORANGE, SEA = (240, 120, 0), (0, 60, 90)
FILE = File(name="poem.txt", data="Über allen Gipfeln\nist Ruh".encode())

DRAWN = [0.004263520240783691, 0.10556936264038086]

CASES = [
    Case(action="greet", expected="hello you"),
    Case(action="greet", arguments={"name": "Ada", "times": 2}, expected="hello, hello Ada"),
    Case(action="greet", arguments={"name": "Žofie <b>&"}, expected="hello Žofie <b>&"),
    Case(
        action="describe",
        expected={"tone": "plain", "limit": None, "weights": [0.5], "loud": False},
    ),
    Case(
        action="describe",
        arguments={"tone": "warm", "limit": 0, "weights": [0.25, -2.0], "loud": True},
        expected={"tone": "warm", "limit": 0, "weights": [0.25, -2.0], "loud": True},
    ),
    Case(
        action="score",
        arguments={"values": [3.0, 4.0]},
        expected={"classes": ["left", "right", "both"], "logits": [3.0, 4.0, 3.75]},
    ),
    Case(
        action="compare",
        arguments={"values": [1.0, -1.0]},
        expected={"scorer": [1.0, -1.0, 0.25], "doubler": [2.0, -2.0]},
    ),
    Case(action="count", arguments={"to": 3}, expected=3, stream=[1, 2, 3]),
    Case(
        action="climb",
        arguments={"steps": 2},
        expected={"step": 2, "height": 14, "finished": True},
        stream=[
            {"step": 1, "height": 7, "finished": False},
            {"step": 2, "height": 14, "finished": False},
            {"step": 2, "height": 14, "finished": True},
        ],
    ),
    Case(action="slope", arguments={"values": [3.0, 4.0]}, expected=[9.75, 11.75]),
    Case(
        action="tune",
        arguments={"target": 3.0, "steps": 1},
        expected={"before": 1.0, "after": 0.25},
    ),
    Case(
        action="brightness",
        arguments={"image": picture(ORANGE, SEA)},
        expected={"width": 8, "height": 8, "mean": [120, 90, 45]},
    ),
    Case(
        action="invert",
        arguments={"image": picture(ORANGE, SEA)},
        expected=picture((15, 135, 255), (255, 195, 165)),
    ),
    Case(
        action="channels",
        arguments={"image": picture(ORANGE, SEA)},
        expected={
            "red": picture((240, 240, 240), (0, 0, 0)),
            "green": picture((120, 120, 120), (60, 60, 60)),
            "blue": picture((0, 0, 0), (90, 90, 90)),
        },
    ),
    Case(
        action="tiles",
        arguments={"image": picture(ORANGE, SEA), "columns": 2},
        expected=[picture(ORANGE), picture(SEA)],
    ),
    Case(
        action="note",
        arguments={"title": "list", "lines": ["bread", "çay"]},
        expected=File(name="list.txt", data="bread\nçay".encode()),
    ),
    Case(
        action="measure",
        arguments={"file": FILE},
        expected={
            "name": "poem.txt",
            "size": len(FILE.data),
            "sha256": hashlib.sha256(FILE.data).hexdigest(),
        },
    ),
    Case(action="draw", arguments={"count": 2, "seed": 3}, expected=DRAWN),
    Case(action="walk", arguments={"steps": 3, "seed": 3}, expected=13, stream=[4, 6, 13]),
    Case(action="work", arguments={"parts": 2}, expected=2),
    Case(action="occupy", expected="alone"),
    Case(demo="next_door", action="sum_up", arguments={"values": [3.0, 4.5]}, expected=7.5),
    Case(demo="next_door", action="relay", arguments={"name": "Grace"}, expected="hello Grace"),
]
"""Actions whose result depends on nothing but their arguments."""

REFUSALS = [
    ("greet", {"times": 4}, "times: Input should be less than or equal to 3"),
    ("greet", {"times": "many"}, "times: Input should be a valid integer"),
    ("greet", {"nmae": "Ada"}, "greet has no parameter 'nmae'. Did you mean 'name'?"),
    ("describe", {"tone": "cold"}, "tone: Input should be 'plain' or 'warm'"),
    ("score", {"values": [1.0]}, "values: List should have at least 2 items"),
    ("refuse", {}, "The cup is empty: fill it first."),
    ("crash", {}, "crash failed inside the demo (RuntimeError)"),
    ("stumble", {}, "stumble failed inside the demo (RuntimeError)"),
]
"""Action, arguments, and how the message begins that its caller reads, whatever the surface."""
