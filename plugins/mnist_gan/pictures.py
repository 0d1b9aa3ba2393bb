"""From the networks' numbers to pictures that people see."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from .models import SIDE

MISSING = torch.tensor([242.0, 147.0, 92.0])
"""Orange, for ink that is in the drawing alone."""
SURPLUS = torch.tensor([127.0, 176.0, 255.0])
"""Blue, for ink that is in the generated picture alone."""


def to_picture(image: Tensor) -> Image.Image:
    """A grey picture from ``(1, height, width)`` in −1…1."""
    return to_pictures(image[None])[0]


def to_pictures(images: Tensor) -> list[Image.Image]:
    """Grey pictures from ``(n, 1, height, width)`` in −1…1."""
    pixels = ((images[:, 0] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
    return [Image.fromarray(one) for one in pixels]


def tiled(images: Tensor, columns: int) -> Image.Image:
    """Pictures ``(n, 1, 28, 28)`` in one, row by row; what is left of the last row is paper."""
    rows = -(-len(images) // columns)
    paper = images.new_full((rows * columns - len(images), 1, SIDE, SIDE), -1)
    squares = torch.cat([images, paper]).view(rows, columns, SIDE, SIDE)
    return to_picture(squares.permute(0, 2, 1, 3).reshape(1, rows * SIDE, columns * SIDE))


def residual(drawing: Tensor, image: Tensor) -> Image.Image:
    """Where two pictures ``(1, 28, 28)`` in −1…1 differ: missing ink orange, surplus blue."""
    difference = (drawing - image)[0, :, :, None].cpu() / 2  # (28, 28, 1), −1…1
    colour = torch.where(difference > 0, MISSING, SURPLUS)
    shades = (difference.abs() * colour).round().clamp(0, 255)
    return Image.fromarray(shades.to(torch.uint8).numpy())
