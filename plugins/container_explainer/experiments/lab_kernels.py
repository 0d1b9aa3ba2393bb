"""Kernels of 3 x 3 by name, and what each finds; nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """One kernel.

    Attributes:
        numbers: row by row.
        finds: what its output shows, in words.
    """

    numbers: tuple[tuple[float, float, float], ...]
    finds: str


NINTH, SIXTEENTH = 1 / 9, 1 / 16
KERNELS = {
    "vertical edges": Kernel(
        numbers=((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
        finds="where it gets lighter (white) or darker (black) from left to right (Sobel)",
    ),
    "horizontal edges": Kernel(
        numbers=((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
        finds="where it gets lighter or darker from top to bottom (Sobel)",
    ),
    "edges": Kernel(
        numbers=((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
        finds="what differs from its surroundings, in whatever direction (Laplace)",
    ),
    "vertical lines": Kernel(
        numbers=((-1, 2, -1), (-1, 2, -1), (-1, 2, -1)), finds="thin lines from top to bottom"
    ),
    "horizontal lines": Kernel(
        numbers=((-1, -1, -1), (2, 2, 2), (-1, -1, -1)), finds="thin lines from left to right"
    ),
    "diagonal lines": Kernel(
        numbers=((-1, -1, 2), (-1, 2, -1), (2, -1, -1)),
        finds="thin lines from bottom left to top right",
    ),
    "blur": Kernel(
        numbers=((NINTH,) * 3,) * 3, finds="the mean of nine pixels: noise goes, and detail with it"
    ),
    "soft blur": Kernel(
        numbers=(
            (SIXTEENTH, 2 * SIXTEENTH, SIXTEENTH),
            (2 * SIXTEENTH, 4 * SIXTEENTH, 2 * SIXTEENTH),
            (SIXTEENTH, 2 * SIXTEENTH, SIXTEENTH),
        ),
        finds="a mean that counts the middle most (Gauss)",
    ),
    "sharpen": Kernel(
        numbers=((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        finds="the picture, with its differences from the surroundings added",
    ),
    "as it is": Kernel(numbers=((0, 0, 0), (0, 1, 0), (0, 0, 0)), finds="the picture itself"),
}
