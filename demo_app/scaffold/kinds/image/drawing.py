"""Pictures of shapes, drawn by code: what the network learns from, and what it sees."""

from __future__ import annotations

import math
import random

import torch
from PIL import Image, ImageDraw, ImageOps
from torch import Tensor

from .models import CLASSES, SIDE

CORNERS = {"circle": 40, "square": 4, "triangle": 3, "star": 10}


def drawn(name: str, rng: random.Random, side: int = 128) -> Image.Image:
    """A shape somewhere in a picture, filled or not, turned, in colours far enough apart."""
    paper, ink = rng.sample([20, 70, 190, 245], 2)
    if abs(paper - ink) < 80:
        paper, ink = 245, 30
    picture = Image.new("RGB", (side, side), tuple(_near(paper, rng) for _ in range(3)))
    radius = side * rng.uniform(0.2, 0.42)
    x, y = (rng.uniform(radius, side - radius) for _ in range(2))
    turn, corners = rng.uniform(0, 2 * math.pi), CORNERS[name]
    points = []
    for corner in range(corners):
        inner = 0.45 if name == "star" and corner % 2 else 1.0
        angle = turn + 2 * math.pi * corner / corners
        points.append((x + inner * radius * math.cos(angle), y + inner * radius * math.sin(angle)))
    colour = tuple(_near(ink, rng) for _ in range(3))
    pen = ImageDraw.Draw(picture)
    if rng.random() < 0.6:
        pen.polygon(points, fill=colour)
    else:
        pen.line([*points, points[0], points[1]], fill=colour, width=side // 20, joint="curve")
    return picture


def as_tensor(picture: Image.Image) -> Tensor:
    """A picture as the network takes it: grey, ``(1, 32, 32)``, with mean 0 and deviation 1."""
    grey = ImageOps.pad(picture, (SIDE, SIDE)).convert("L")
    raw = torch.frombuffer(bytearray(grey.tobytes()), dtype=torch.uint8).float()
    values = raw.reshape(1, SIDE, SIDE)
    return (values - values.mean()) / (values.std() + 1)


def drawn_set(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Pictures ``(count, 1, 32, 32)`` and their classes ``(count,)``."""
    rng = random.Random(seed)
    classes = [number % len(CLASSES) for number in range(count)]
    pictures = [as_tensor(drawn(CLASSES[number], rng, side=64)) for number in classes]
    return torch.stack(pictures), torch.tensor(classes)


def _near(value: int, rng: random.Random) -> int:
    return min(255, max(0, value + rng.randint(-15, 15)))
