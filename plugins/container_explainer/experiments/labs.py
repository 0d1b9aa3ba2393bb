"""Three operations from first principles, on a visitor's photo and with numbers to follow.

A convolution slides a kernel over a picture and sums products; ReLU cuts off what is negative;
max-pooling keeps the largest of each window.

Sources: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", 2016,
arXiv:1603.07285 (the sizes); Sobel & Feldman, 1968 (the edge kernels); Nair & Hinton, "Rectified
Linear Units Improve Restricted Boltzmann Machines", ICML 2010.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn
from torch.nn.functional import conv1d, conv2d, conv3d, max_pool2d, relu

from demo_app import InvalidInput

from .lab_kernels import KERNELS
from .lab_results import Convolution, Dimension, Pooling, Rectified

LONGEST = 192
"""Pixels of a picture's longer side: enough to see, few enough to count."""
SIDE = 3


@dataclass(frozen=True, kw_only=True)
class Slide:
    """How the kernel moves.

    Attributes:
        kernel: ``(3, 3)``.
        stride: pixels from one place to the next.
        padding: zeros around the picture.
    """

    kernel: Tensor
    stride: int
    padding: int

    def over(self, picture: Tensor) -> Tensor:
        """``(H, W)`` to ``(H', W')``; cross-correlation, as every deep learning library has it."""
        weight = self.kernel[None, None]
        result: Tensor = conv2d(
            picture[None, None], weight, stride=self.stride, padding=self.padding
        )
        return result[0, 0]


def as_kernel(name: str, numbers: Sequence[float] | None) -> Tensor:
    """A kernel by name, or the nine numbers of one's own, row by row; ``(3, 3)``.

    Raises:
        InvalidInput: there are not nine numbers, or one is not finite.
    """
    if numbers is None:
        return torch.tensor(KERNELS[name].numbers, dtype=torch.float32)
    kernel = torch.tensor(list(numbers), dtype=torch.float32)
    if len(kernel) != SIDE * SIDE or not kernel.isfinite().all():
        raise InvalidInput("numbers: a kernel of 3 x 3 has nine numbers, row by row.")
    return kernel.view(SIDE, SIDE)


def as_grey(image: Image.Image | None) -> Tensor:
    """A picture as ``(H, W)`` in 0…1, its longer side at most 192; a drawn one if there is none."""
    small = (image or drawn_scene()).convert("L")
    small.thumbnail((LONGEST, LONGEST))
    return torch.from_numpy(np.asarray(small, dtype=np.float32) / 255)


def convolve(picture: Tensor, slide: Slide, row: int, column: int) -> Convolution:
    """The kernel over the whole picture, and at one place number by number.

    Args:
        picture: ``(H, W)`` in 0…1.
        slide: the kernel and how it moves.
        row: of the output, from 0; a place beyond the last is the last.
        column: the same.

    Raises:
        InvalidInput: the picture, with its padding, is smaller than the kernel.
    """
    require_room(picture, slide)
    output = slide.over(picture)
    row, column = (
        min(at, length - 1) for at, length in zip((row, column), output.shape, strict=True)
    )
    padded = nn.functional.pad(picture, [slide.padding] * 4)
    top, left = row * slide.stride, column * slide.stride
    window = padded[top : top + SIDE, left : left + SIDE]
    products = window * slide.kernel
    return Convolution(
        input=to_picture(picture),
        output=shaded(output, signed=is_signed(slide.kernel)),
        kernel=slide.kernel.tolist(),
        formula="  ".join(
            size_formula(name, length, slide.stride, slide.padding)
            for name, length in zip(("height", "width"), picture.shape, strict=True)
        ),
        row=row,
        column=column,
        window=window.tolist(),
        products=products.tolist(),
        value=output[row, column].item(),
        dimensions=dimensions(picture, slide),
    )


def rectify(picture: Tensor, slide: Slide, row: int, column: int) -> Rectified:
    """The convolution's output before and after ReLU: what is negative becomes zero.

    Raises:
        InvalidInput: the picture, with its padding, is smaller than the kernel.
    """
    require_room(picture, slide)
    before = slide.over(picture)
    after = relu(before)
    rows, columns = (
        slice(start, start + 4)
        for start in (
            max(0, min(at, length - 4))
            for at, length in zip((row, column), before.shape, strict=True)
        )
    )
    return Rectified(
        input=shaded(before, signed=True),
        output=shaded(after, signed=True),
        before=before[rows, columns].tolist(),
        after=after[rows, columns].tolist(),
        row=rows.start,
        column=columns.start,
        negative=(before < 0).float().mean().item(),
    )


def pool(table: Sequence[float], picture: Tensor) -> Pooling:
    """Max-pooling of 2 x 2: a table of 4 x 4 number by number, and a picture.

    Args:
        table: 16 numbers, row by row.
        picture: ``(H, W)`` in 0…1, of at least 2 x 2 pixels.

    Raises:
        InvalidInput: there are not 16 numbers, one is not finite, or the picture is too small.
    """
    numbers = torch.tensor(list(table), dtype=torch.float32)
    if len(numbers) != 16 or not numbers.isfinite().all():
        raise InvalidInput("table: 4 x 4 are 16 numbers, row by row.")
    if min(picture.shape) < 2:
        raise InvalidInput("image: it needs 2 x 2 pixels at least.")
    square = numbers.view(4, 4)
    largest, places = max_pool2d(square[None], 2, return_indices=True)
    return Pooling(
        table=square.tolist(),
        pooled=largest[0].tolist(),
        winners=[divmod(place, 4) for place in places.flatten().tolist()],
        input=to_picture(picture),
        output=to_picture(max_pool2d(picture[None], 2)[0]),
    )


def dimensions(picture: Tensor, slide: Slide) -> list[Dimension]:
    """The same kernel in one, two and three dimensions, run on real numbers.

    Conv1d slides the kernel's middle row along the picture's middle row. Conv3d sees three
    pictures in a row, each shifted by a pixel, with the kernel on the middle one.
    """
    kernel = slide.kernel
    line = picture[len(picture) // 2][None, None]
    film = torch.stack([picture.roll(shift, dims=1) for shift in range(3)])[None, None]
    deep = torch.zeros(1, 1, 3, SIDE, SIDE)
    deep[0, 0, 1] = kernel
    runs = (
        ("Conv1d", line, kernel[1][None, None], conv1d, "along a line: sound, text, sensors"),
        ("Conv2d", picture[None, None], kernel[None, None], conv2d, "over a picture"),
        ("Conv3d", film, deep, conv3d, "through a film or a scan"),
    )
    return [
        Dimension(
            name=name,
            slides=slides,
            input=list(given.shape),
            weight=list(weight.shape),
            output=list(run(given, weight, None, slide.stride, slide.padding).shape),
        )
        for name, given, weight, run, slides in runs
        if all(length + 2 * slide.padding >= SIDE for length in given.shape[2:])
    ]


def size_formula(name: str, length: int, stride: int, padding: int) -> str:
    """The output's size with the numbers put in (Dumoulin & Visin, relationship 6)."""
    size = (length + 2 * padding - SIDE) // stride + 1
    return f"{name}: ⌊({length} + 2·{padding} − {SIDE}) / {stride}⌋ + 1 = {size}"


def require_room(picture: Tensor, slide: Slide) -> None:
    """Refuse a picture over which the kernel cannot slide."""
    if min(picture.shape) + 2 * slide.padding < SIDE:
        raise InvalidInput("image: with its padding it is smaller than the kernel of 3 x 3.")


def is_signed(kernel: Tensor) -> bool:
    """Whether the kernel's numbers cancel out, so that its output is about differences."""
    return abs(kernel.sum().item()) < 1e-4


def shaded(values: Tensor, *, signed: bool) -> Image.Image:
    """Numbers as greys: 0…1 as black to white; signed ones with zero in the middle."""
    if not signed:
        return to_picture(values)
    largest = values.abs().max().clamp(min=1e-6)
    return to_picture(values / largest / 2 + 0.5)


def to_picture(values: Tensor) -> Image.Image:
    """``(H, W)`` in 0…1 as greys."""
    return Image.fromarray((values * 255).round().clamp(0, 255).to(torch.uint8).numpy())


def drawn_scene() -> Image.Image:
    """A house before a hill, drawn: lines of every direction, flat and shaded parts."""
    scene = Image.new("L", (LONGEST, 144), 210)
    draw = ImageDraw.Draw(scene)
    draw.ellipse((-60, 90, 130, 260), fill=120)
    draw.ellipse((80, 100, 300, 280), fill=95)
    draw.rectangle((60, 70, 132, 126), fill=240, outline=40, width=2)
    draw.polygon([(52, 70), (96, 36), (140, 70)], fill=70, outline=20)
    draw.rectangle((84, 94, 104, 126), fill=60)
    draw.rectangle((112, 82, 126, 98), fill=150, outline=30)
    draw.ellipse((150, 14, 176, 40), fill=255)
    for x in range(8, 52, 8):
        draw.line([(x, 112), (x, 134)], fill=30, width=2)
    return scene
