"""Digits drawn with a pen, and pictures as numbers."""

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

PEN = {
    0: [[(50, 5), (20, 25), (15, 55), (30, 90), (55, 95), (80, 75), (85, 40), (70, 12), (50, 5)]],
    1: [[(50, 5), (50, 95)]],
    2: [[(20, 25), (35, 8), (60, 5), (78, 22), (70, 45), (45, 70), (18, 93), (85, 93)]],
    3: [[(22, 12), (55, 5), (75, 20), (65, 40), (40, 47), (70, 55), (80, 75), (60, 94), (20, 88)]],
    4: [[(35, 5), (20, 55), (80, 55)], [(70, 10), (65, 95)]],
    5: [[(80, 6), (30, 6), (25, 42), (60, 42), (80, 65), (60, 93), (20, 90)]],
    6: [[(65, 5), (35, 30), (20, 65), (40, 95), (70, 88), (75, 62), (50, 52), (25, 68)]],
    7: [[(15, 8), (85, 8), (45, 95)]],
    8: [[(50, 48), (25, 28), (50, 5), (75, 25), (50, 48), (22, 75), (50, 95), (78, 75), (50, 48)]],
    9: [[(75, 25), (50, 5), (25, 25), (45, 48), (75, 30), (75, 25), (68, 95)]],
}
"""The strokes of each digit, points on a square of 100."""


def drawn(
    digit: int,
    side: int = 280,
    width: int = 20,
    *,
    size: float = 0.7,
    at: tuple[float, float] = (0.15, 0.15),
    ink: str | tuple[int, ...] = "black",
    paper: str | tuple[int, ...] = "white",
    mode: str = "RGB",
) -> Image.Image:
    """A digit of ``size`` times a square paper's side, its upper left corner at these shares."""
    scale, (left, top) = side * size / 100, (side * share for share in at)
    picture = Image.new(mode, (side, side), paper)
    pen = ImageDraw.Draw(picture)
    for stroke in PEN[digit]:
        points = [(left + scale * x, top + scale * y) for x, y in stroke]
        pen.line(points, fill=ink, width=width, joint="curve")
    return picture


def pixels(picture: Image.Image) -> NDArray[np.int64]:
    """The picture's numbers, 0…255."""
    return np.asarray(picture).astype(np.int64)


def farthest(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of a pixel, of 255."""
    return int(np.abs(pixels(one) - pixels(other)).max())


def to_model(picture: Image.Image) -> Tensor:
    """``(1, 1, height, width)`` in −1…1."""
    return torch.from_numpy(pixels(picture)).float()[None, None] / 127.5 - 1


def distance(one: Tensor, other: Tensor) -> float:
    """Root mean square over pixels of 0…1."""
    return ((one - other) / 255).square().mean().sqrt().item()
