"""A set of photos to start with, drawn by program from a seed: leaves of oak, maple and willow.

They are drawn and not photographed, and say so on the page. Colour, light, angle and ground vary
alike for all three, so that only the shape tells them apart. Two leaves lie in the wrong class: to
be found in the confusion matrix, and mended.
"""

from __future__ import annotations

import functools
import io
import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

CLASSES = ("oak", "maple", "willow")
EACH = 16
WRONG = {("oak", 5): "maple", ("willow", 11): "oak"}
"""Leaves that lie in another class than their own, by kind and number."""

SIZE = (384, 288)
FINER = 2
"""Drawn at so many times the size and then reduced, for smooth edges."""

Point = tuple[float, float]
Colour = tuple[int, int, int]

MAPLE = (
    (0.0, -1.0), (0.13, -0.70), (0.28, -0.79), (0.21, -0.36), (0.45, -0.60), (0.50, -0.46),
    (0.80, -0.52), (0.70, -0.26), (0.86, -0.17), (0.44, 0.14), (0.47, 0.30), (0.03, 0.22),
)  # fmt: skip
"""The right half of the outline; the leaf is 2 high, its tip above."""

LEAVES: tuple[tuple[Colour, Colour], ...] = (
    ((86, 130, 52), (140, 170, 70)),
    ((58, 104, 50), (110, 150, 74)),
    ((206, 160, 44), (228, 196, 92)),
    ((196, 92, 34), (226, 146, 60)),
    ((158, 48, 38), (204, 92, 56)),
    ((122, 84, 50), (164, 122, 76)),
)
GROUNDS: tuple[tuple[Colour, Colour], ...] = (
    ((222, 214, 200), (240, 234, 224)),
    ((120, 88, 62), (156, 120, 88)),
    ((92, 96, 100), (138, 142, 146)),
    ((66, 58, 48), (98, 86, 70)),
    ((196, 202, 206), (226, 230, 234)),
    ((116, 132, 96), (158, 170, 130)),
)


@dataclass(frozen=True, kw_only=True)
class ExamplePhoto:
    """A drawn leaf.

    Attributes:
        name: of its file; it does not tell the kind.
        kind: what it shows.
        class_name: the class in which it lies.
        data: a JPEG.
    """

    name: str
    kind: str
    class_name: str
    data: bytes


@functools.cache
def example_photos(seed: int = 7) -> tuple[ExamplePhoto, ...]:
    """The set, class by class; the same seed draws the same leaves."""
    names = list(range(1, len(CLASSES) * EACH + 1))
    random.Random(seed).shuffle(names)
    photos = [
        ExamplePhoto(
            name=f"leaf {names[place * EACH + number]:02}.jpg",
            kind=kind,
            class_name=WRONG.get((kind, number), kind),
            data=_jpeg(draw_leaf(kind, random.Random(f"{seed} {kind} {number}"))),
        )
        for place, kind in enumerate(CLASSES)
        for number in range(EACH)
    ]
    return tuple(sorted(photos, key=lambda photo: (CLASSES.index(photo.class_name), photo.name)))


def draw_leaf(kind: str, draws: random.Random) -> Image.Image:
    """One leaf on some ground, in some light.

    Args:
        kind: oak, maple or willow.
        draws: decides everything else.
    """
    width, height = (FINER * side for side in SIZE)
    angle = draws.uniform(0, 360)
    scale = height * draws.uniform(0.36, 0.52)
    centre = (width * draws.uniform(0.4, 0.6), height * draws.uniform(0.42, 0.58))
    bend = draws.uniform(-0.16, 0.16)
    slim = draws.uniform(0.86, 1.1)

    def place(point: Point) -> Point:
        x, y = point[0] * slim + bend * (point[1] ** 2 - 0.3), point[1]
        turned = math.radians(angle)
        return (
            centre[0] + scale * (x * math.cos(turned) - y * math.sin(turned)),
            centre[1] + scale * (x * math.sin(turned) + y * math.cos(turned)),
        )

    outline = [place(point) for point in OUTLINES[kind](draws)]
    stem = [place((0.02 * step, 0.2 + 0.13 * step)) for step in range(8)]
    if kind != "maple":
        stem = [place((0.008 * step, 0.93 + 0.06 * step)) for step in range(8)]
    mask = Image.new("L", (width, height))
    pen = ImageDraw.Draw(mask)
    pen.polygon(outline, fill=255)
    pen.line(stem, fill=255, width=max(3, round(scale * 0.028)), joint="curve")
    mask = mask.filter(ImageFilter.GaussianBlur(FINER * 0.8))
    picture = _surface(draws.choice(GROUNDS), (width, height), draws, grain=0.5)
    leaf = _surface(draws.choice(LEAVES), (width, height), draws, grain=0.35)
    _draw_veins(leaf, [[place(point) for point in vein] for vein in VEINS[kind]()], scale)
    leaf = _with_rim(leaf, mask)
    far = draws.uniform(0.015, 0.05) * scale
    towards = draws.uniform(0, 2 * math.pi)
    shadow = Image.new("L", mask.size)
    shadow.paste(mask, (round(far * math.cos(towards)), round(far * math.sin(towards))))
    shadow = shadow.filter(ImageFilter.GaussianBlur(far)).point(lambda value: value * 0.55)
    picture.paste((18, 16, 14), mask=shadow)
    picture.paste(leaf, mask=mask)
    picture = _lit(picture, draws)
    return picture.resize(SIZE, Image.Resampling.LANCZOS)


def _oak(draws: random.Random) -> list[Point]:
    lobes = draws.uniform(3.6, 4.6)
    depth = draws.uniform(0.2, 0.27)
    start = draws.uniform(0.3, 0.6)

    def side(sign: int) -> list[Point]:
        points = []
        for step in range(81):
            share = step / 80
            envelope = 0.62 * math.sin(math.pi * share**0.85) ** 0.75 * (0.55 + 0.6 * share)
            wave = math.cos(2 * math.pi * (lobes * share - start))
            reach = envelope * (1 - depth + depth * wave)
            points.append((sign * reach, 0.95 - 1.95 * share - 0.05 * wave * envelope))
        return points

    return side(1) + side(-1)[::-1]


def _maple(draws: random.Random) -> list[Point]:
    def side(sign: int) -> list[Point]:
        return [
            (sign * x * draws.uniform(0.94, 1.06), y + draws.uniform(-0.025, 0.025))
            for x, y in MAPLE
        ]

    return side(1) + side(-1)[::-1]


def _willow(draws: random.Random) -> list[Point]:
    wide = draws.uniform(0.13, 0.19)

    def side(sign: int) -> list[Point]:
        return [
            (
                sign * wide * math.sin(math.pi * (step / 80) ** 0.9) * (1 + 0.05 * (step % 2)),
                0.95 - 1.95 * step / 80,
            )
            for step in range(81)
        ]

    return side(1) + side(-1)[::-1]


def _oak_veins() -> list[list[Point]]:
    middle = [(0.0, 0.95 - 0.19 * step) for step in range(10)]
    sides = [
        [(0.0, base), (sign * 0.22, base - 0.16), (sign * 0.4 * (0.75 - base / 3), base - 0.32)]
        for base in (0.6, 0.25, -0.1, -0.4)
        for sign in (1, -1)
    ]
    return [middle, *sides]


def _maple_veins() -> list[list[Point]]:
    tips = ((0.0, -0.9), (0.66, -0.42), (-0.66, -0.42), (0.4, 0.18), (-0.4, 0.18))
    return [[(0.0, 0.22), (x / 2, (y + 0.22) / 2), (x, y)] for x, y in tips]


def _willow_veins() -> list[list[Point]]:
    return [[(0.0, 0.95 - 0.19 * step) for step in range(10)]]


OUTLINES = {"oak": _oak, "maple": _maple, "willow": _willow}
VEINS = {"oak": _oak_veins, "maple": _maple_veins, "willow": _willow_veins}


def _draw_veins(leaf: Image.Image, veins: list[list[Point]], scale: float) -> None:
    lines = Image.new("L", leaf.size)
    pen = ImageDraw.Draw(lines)
    for number, vein in enumerate(veins):
        wide = 0.02 if number == 0 else 0.012
        pen.line(vein, fill=130, width=max(2, round(scale * wide)), joint="curve")
    leaf.paste((244, 236, 204), mask=lines.filter(ImageFilter.GaussianBlur(FINER * 0.7)))


def _with_rim(leaf: Image.Image, mask: Image.Image) -> Image.Image:
    """The leaf, darker towards its edge."""
    inside = mask.filter(ImageFilter.GaussianBlur(FINER * 5))
    return Image.composite(leaf, ImageEnhance.Brightness(leaf).enhance(0.62), inside)


def _surface(
    colours: tuple[Colour, Colour], size: tuple[int, int], draws: random.Random, *, grain: float
) -> Image.Image:
    """Two colours mixed in blotches and in grains."""
    coarse, fine = (_noise(draws, size, side) for side in (9, draws.choice((60, 110))))
    blotches = Image.blend(coarse, fine, grain)
    dark, light = (Image.new("RGB", size, colour) for colour in colours)
    return Image.composite(light, dark, blotches)


def _noise(draws: random.Random, size: tuple[int, int], side: int) -> Image.Image:
    """Smooth noise, about ``side`` bumps across."""
    grid = (side, max(2, side * size[1] // size[0]))
    dots = Image.frombytes("L", grid, draws.randbytes(grid[0] * grid[1]))
    return dots.resize(size, Image.Resampling.BICUBIC)


def _lit(picture: Image.Image, draws: random.Random) -> Image.Image:
    """Light from one side, warm or cold, more or less of it."""
    slope = Image.linear_gradient("L").rotate(draws.uniform(0, 360), Image.Resampling.BICUBIC)
    slope = slope.crop((53, 53, 203, 203)).resize(picture.size)
    dark = ImageEnhance.Brightness(picture).enhance(draws.uniform(0.55, 0.85))
    picture = Image.composite(picture, dark, slope)
    warm = draws.uniform(-0.07, 0.07)
    red, green, blue = picture.split()
    red, blue = red.point(lambda v: v * (1 + warm)), blue.point(lambda v: v * (1 - warm))
    return ImageEnhance.Brightness(Image.merge("RGB", (red, green, blue))).enhance(
        draws.uniform(0.85, 1.15)
    )


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
