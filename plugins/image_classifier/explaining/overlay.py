"""Draw evidence over the picture it was found in: lightness is the photo, colour is the evidence.

The photo keeps its lightness and gives up its colours, so whatever is coloured is evidence:
orange for the class, blue against it, a pair that colour-blind readers tell apart. Colour is set
in OKLab, where equal steps look equal: evidence twice as strong looks twice as colourful, as far
as a screen can show it, on a bright wall and on a dark coat alike.

Source of OKLab: Ottosson, "A perceptual color space for image processing", 2020.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FloatArray = NDArray[np.floating]

STRONGEST_CHROMA = 0.17
FOR_HUE, AGAINST_HUE = math.radians(55), math.radians(255)
FOR_COLOUR = (STRONGEST_CHROMA * math.cos(FOR_HUE), STRONGEST_CHROMA * math.sin(FOR_HUE))
AGAINST_COLOUR = (
    STRONGEST_CHROMA * math.cos(AGAINST_HUE),
    STRONGEST_CHROMA * math.sin(AGAINST_HUE),
)
# Black and white can hold no colour; the photo's lightness is drawn into the range that can.
DARKEST, LIGHTEST = 0.35, 0.85

OKLAB_TO_LMS = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ],
    dtype=np.float32,
)
LMS_TO_LINEAR_SRGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ],
    dtype=np.float32,
)


def draw_overlay(
    picture: Image.Image, cells: FloatArray, *, scale: float, magnify: int = 2
) -> Image.Image:
    """The picture in greys, coloured by evidence, with a grid and the strongest cells' numbers.

    At a cell's centre the colour is that cell's; between centres it is interpolated.

    Args:
        picture: what the network saw, any mode that Pillow turns into greys.
        cells: ``(h, w)``, evidence in units of the logit.
        scale: evidence that gets the strongest colour; more than that looks the same.
        magnify: how many pixels of the result stand for one of the picture, along each axis.

    Returns:
        Mode RGB, ``magnify`` times as wide and high as ``picture``.
    """
    size = (picture.width * magnify, picture.height * magnify)
    # A scale of zero means that no cell holds any evidence.
    strength = np.clip(cells / scale, -1, 1) if scale > 0 else np.zeros_like(cells)
    overlay = tint(
        _resized(np.asarray(picture.convert("L")) / 255, size),
        _resized(strength, size),
    )
    draw = ImageDraw.Draw(overlay, "RGBA")
    _draw_grid(draw, size, cells.shape)
    _draw_numbers(draw, size, cells)
    return overlay


def tint(grey: FloatArray, strength: FloatArray) -> Image.Image:
    """Colour a grey picture without changing how light it is.

    Args:
        grey: ``(H, W)``, sRGB grey values in 0…1.
        strength: ``(H, W)``, in -1 (strongest blue) … 1 (strongest orange).

    Returns:
        WxH pixels, mode RGB.
    """
    lightness = DARKEST + (LIGHTEST - DARKEST) * np.cbrt(_to_linear(np.clip(grey, 0, 1)))
    against, in_favour = np.maximum(-strength, 0), np.maximum(strength, 0)
    a = in_favour * FOR_COLOUR[0] + against * AGAINST_COLOUR[0]
    b = in_favour * FOR_COLOUR[1] + against * AGAINST_COLOUR[1]
    lms = np.stack([lightness, a, b], axis=-1) @ OKLAB_TO_LMS.T
    linear = lms * lms * lms @ LMS_TO_LINEAR_SRGB.T
    srgb = _from_linear(np.clip(linear, 0, 1))
    return Image.fromarray(np.round(srgb * 255).astype(np.uint8))


def _to_linear(srgb: FloatArray) -> FloatArray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _from_linear(linear: FloatArray) -> FloatArray:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def _resized(values: FloatArray, size: tuple[int, int]) -> FloatArray:
    """``(h, w)`` to ``(height, width)`` of ``size`` (width, height), bilinear."""
    single = Image.fromarray(values.astype(np.float32))
    return np.asarray(single.resize(size, Image.Resampling.BILINEAR))


def _draw_grid(draw: ImageDraw.ImageDraw, size: tuple[int, int], shape: tuple[int, ...]) -> None:
    (width, height), (rows, columns) = size, shape
    faint = (255, 255, 255, 45)
    for row in range(1, rows):
        y = row * height // rows
        draw.line([(0, y), (width, y)], fill=faint)
    for column in range(1, columns):
        x = column * width // columns
        draw.line([(x, 0), (x, height)], fill=faint)


def _draw_numbers(draw: ImageDraw.ImageDraw, size: tuple[int, int], cells: FloatArray) -> None:
    """Write the evidence into the cells that hold at least half as much as the strongest."""
    (width, height), (rows, columns) = size, cells.shape
    strongest = float(np.abs(cells).max())
    if strongest == 0:
        return
    decimals = 0 if strongest >= 10 else 1
    font = ImageFont.load_default(size=min(width / columns, height / rows) * 0.27)
    for row, column in np.argwhere(np.abs(cells) >= strongest / 2):
        draw.text(
            ((column + 0.5) * width / columns, (row + 0.5) * height / rows),
            f"{cells[row, column]:+.{decimals}f}",
            font=font,
            fill="white",
            anchor="mm",
            stroke_width=2,
            stroke_fill=(40, 40, 40),
        )
