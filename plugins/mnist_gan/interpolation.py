"""The way from one sample to another."""

from __future__ import annotations

import io
from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import one_hot

from demo_app import Context, File

from .actions import Point
from .latents import draw, spherical
from .models import DIGITS, SIDE
from .networks import Networks
from .opinions import opinions
from .pictures import to_pictures
from .results import Frame, Interpolation

SCALE = 8
SECONDS = 2.4
"""One way; a frame is shown for at least a fiftieth of a second, as browsers want it."""
REST = 0.5
"""How long each end is shown, in seconds."""


def walk(
    ctx: Context, start: Point, end: Point, *, steps: int, turning: bool, format: str
) -> Interpolation:
    """Frames from start to end; see the action ``interpolate``.

    The digits' shares go straight from one to the other, the latents straight or by turning.
    """
    shares = torch.linspace(0, 1, steps)
    one, other = latent_of(start), latent_of(end)
    way = spherical if turning else _straight
    digits = torch.lerp(_shares(start.digit), _shares(end.digit), shares[:, None])
    images = Networks.of(ctx).generate(way(one, other, shares), digits)
    pictures = to_pictures(images)
    frames = tuple(
        Frame(share=share, image=picture, opinion=opinion)
        for share, picture, opinion in zip(
            shares.tolist(), pictures, opinions(ctx, images), strict=True
        )
    )
    jumps = ((images[1:] - images[:-1]) / 2).square().mean((1, 2, 3)).sqrt()
    return Interpolation(
        frames=frames,
        animation=animation(pictures, format),
        distances=tuple(jumps.tolist()),
    )


def latent_of(point: Point) -> Tensor:
    """The latent of a point, ``(LATENT,)``."""
    if point.latent is not None:
        return torch.tensor(point.latent)
    latents, _ = draw(point.seed, [point.number], truncation=point.truncation)
    return latents[0]


def animation(pictures: Sequence[Image.Image], format: str) -> File:
    """There and back for ever, each pixel eight by eight; ``webp`` or ``gif``."""
    large = [
        picture.resize((SIDE * SCALE, SIDE * SCALE), Image.Resampling.BICUBIC)
        for picture in pictures
    ]
    # Neither end twice: it is shown longer instead.
    frames = large + large[-2:0:-1]
    each = max(20, round(1000 * SECONDS / len(pictures)))
    durations = [each] * len(frames)
    durations[0] = durations[len(large) - 1] = round(1000 * REST)
    buffer = io.BytesIO()
    # Lossless would take five times as long and three times the bytes, for what nobody sees.
    options = {"quality": 90, "method": 2} if format == "webp" else {"optimize": False}
    frames[0].save(
        buffer,
        format.upper(),
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        **options,
    )
    return File(name=f"interpolation.{format}", data=buffer.getvalue())


def _straight(start: Tensor, end: Tensor, shares: Tensor) -> Tensor:
    return torch.lerp(start, end, shares[:, None])


def _shares(digit: int) -> Tensor:
    return one_hot(torch.tensor(digit), DIGITS).float()
