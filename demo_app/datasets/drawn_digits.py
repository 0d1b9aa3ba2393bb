"""Pictures that visitors bring, made to look like MNIST's: ink on paper, centred, 28 x 28."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from demo_app.errors import InvalidInput

from .mnist import SIDE

BOX = 20
"""MNIST's digits fit into a square of this side, before they are centred by their mass."""
LARGEST = 512
"""A larger drawing is reduced first; no stroke that matters is lost."""
CONTRAST = 24.0
"""Shades of 255 by which ink has to differ from paper."""
FAINTEST = 0.2
"""What has a smaller share of the strongest ink is paper."""
MOST_INK = 0.5
MOST_INK_AT_EDGE = 0.35
MOST_NOISE = 12.0
"""Shades by which plain paper may differ from itself, once its lighting is taken out."""
MOST_COLOUR = 0.25
"""How far colours may be off the line from paper to ink, as a share of that line's spread."""

EMPTY = "There is nothing on the paper yet. Draw a digit, as large as you like."
NO_PAPER = (
    "That does not look like a digit on plain paper. Draw one, or take a picture of a single digit "
    "whose surroundings are plain."
)


def prepared(image: Image.Image, parameter: str) -> Tensor:
    """A drawing as MNIST would have it: ``(1, 1, 28, 28)`` in −1 (paper) … 1 (ink).

    Dark on light or light on dark, evenly lit or not quite. A picture of 28 x 28 whose edges are
    mostly dark is taken for one of MNIST's, or of the generator's, and left as it is.

    Args:
        image: RGB.
        parameter: its name, for the message.

    Raises:
        InvalidInput: the paper is empty, or there is no paper around the ink.
    """
    if image.size == (SIDE, SIDE):
        grey = np.asarray(image.convert("L"), dtype=np.float32)
        inked = (grey > CONTRAST).mean()
        if np.median(_edge(grey)) < CONTRAST and 0 < inked < MOST_INK:
            return _tensor(grey)
    small = image.convert("RGB")
    small.thumbnail((LARGEST, LARGEST))
    ink = _ink(small, parameter)
    rows, columns = (np.flatnonzero(ink.max(axis) > 0) for axis in (1, 0))
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _tensor(_centred(_fitted(digit)))


def _ink(image: Image.Image, parameter: str) -> NDArray[np.float32]:
    """How much ink is where, 0…255; what differs little from the paper is paper."""
    grey = np.asarray(image.convert("L"), dtype=np.float32)
    paper, noise = _paper(grey)
    difference = grey - paper
    ink = np.abs(difference)
    if noise > MOST_NOISE:
        raise InvalidInput(f"{parameter}: {NO_PAPER}")
    least = max(CONTRAST, 6 * noise)
    if ink.max() < least:
        raise InvalidInput(f"{parameter}: {EMPTY}")
    strongest = max(float(np.percentile(ink, 99.9)), float(ink.max()) * 0.5)
    ink = np.clip(ink / strongest, 0, 1)
    ink[ink < max(FAINTEST, 6 * noise / strongest)] = 0
    # Lighter and darker than the paper, or ink all along the edges: a photo, not a drawing.
    lighter, darker = ink[difference > 0].sum(), ink[difference < 0].sum()
    mixed = min(lighter, darker) > 0.2 * max(lighter, darker)
    crowded = (ink > 0).mean() > MOST_INK or (_edge(ink) > 0).mean() > MOST_INK_AT_EDGE
    if mixed or crowded or _colourful(image):
        raise InvalidInput(f"{parameter}: {NO_PAPER}")
    return np.asarray(ink * 255, dtype=np.float32)


def _paper(grey: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """The paper's shade everywhere, as smooth as a lamp lights it, and how noisy the paper is.

    A quadratic surface is fitted to the edges, then again to those that are near it: a stroke that
    runs off the paper is none of it.
    """
    y, x = (np.linspace(-1, 1, length, dtype=np.float32) for length in grey.shape)
    y, x = np.broadcast_arrays(y[:, None], x[None])
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1)
    edge, at_edge = _edge(grey), _edge(terms)
    # One of the shades that are there, so that some are near it.
    rest = edge - np.quantile(edge, 0.5, method="lower")
    weights = np.zeros(terms.shape[-1], dtype=np.float32)
    noise = 0.0
    for reach in (2.5 * CONTRAST, CONTRAST):
        near = np.abs(rest) < max(reach, 3 * noise)
        weights = np.linalg.lstsq(at_edge[near], edge[near], rcond=None)[0]
        rest = edge - at_edge @ weights
        # The median of a normal distribution's distances from its mean is 1 / 1.4826 deviations.
        noise = 1.4826 * float(np.median(np.abs(rest)))
    return terms @ weights, noise


def _colourful(image: Image.Image) -> bool:
    """Whether there are more colours than those between a paper and one ink."""
    small = image.copy()
    small.thumbnail((128, 128))
    colours = np.asarray(small, dtype=np.float32).reshape(-1, 3)
    _, across, along = np.linalg.eigvalsh(np.cov(colours.T)).clip(min=0) ** 0.5
    return bool(across > 10 and across > MOST_COLOUR * along)


def _edge(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def _fitted(digit: NDArray[np.float32]) -> NDArray[np.float32]:
    """The digit's longer side made ``BOX`` pixels long."""
    height, width = digit.shape
    scale = BOX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    sampling = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    fitted = np.asarray(Image.fromarray(digit).resize(size, sampling), dtype=np.float32)
    # A thin line gets paler when it is reduced; MNIST's strokes reach full ink.
    return (fitted * (255 / max(1.0, float(fitted.max())))).clip(0, 255)


def _centred(digit: NDArray[np.float32]) -> NDArray[np.float32]:
    """The digit on paper of 28 x 28, its centre of mass in the middle where there is room."""
    height, width = digit.shape
    total = digit.sum()
    y = (digit.sum(1) * np.arange(height)).sum() / total
    x = (digit.sum(0) * np.arange(width)).sum() / total
    # MNIST's centres of mass are at 14, counted from the middle of the first pixel.
    top, left = (
        int(np.clip(round(SIDE / 2 - centre), 0, SIDE - size))
        for centre, size in ((y, height), (x, width))
    )
    paper = np.zeros((SIDE, SIDE), dtype=np.float32)
    paper[top : top + height, left : left + width] = digit
    return paper


def _tensor(grey: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(grey / 127.5 - 1)[None, None]
