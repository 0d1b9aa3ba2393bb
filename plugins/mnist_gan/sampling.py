"""Digits drawn with a seed: one by one, all ten in the same hands, or on a plane."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.special import ndtr, ndtri

from demo_app import Context

from .latents import draw, orthonormal
from .models import DIGITS
from .networks import Networks
from .opinions import opinions
from .pictures import tiled, to_pictures
from .results import Grid, Sample, Samples

OUTERMOST = 0.02
"""The quantile at the edges of a plane: beyond it is what one draw in fifty has."""


def draw_samples(
    ctx: Context,
    *,
    seed: int,
    digit: int | None,
    count: int,
    truncation: float | None,
    scored: bool,
) -> Samples:
    """The first ``count`` samples of a seed; see the action ``sample``."""
    latents, digits = draw(seed, range(count), truncation=truncation)
    if digit is not None:
        digits = torch.full_like(digits, digit)
    images = Networks.of(ctx).generate(latents, digits)
    found = opinions(ctx, images) if scored else [None] * count
    samples = tuple(
        Sample(digit=asked, number=number, image=image, opinion=opinion)
        for number, (asked, image, opinion) in enumerate(
            zip(digits.tolist(), to_pictures(images), found, strict=True)
        )
    )
    right = [s.opinion.digit == s.digit for s in samples if s.opinion is not None]
    return Samples(samples=samples, agreement=sum(right) / count if right else None)


def draw_all_digits(ctx: Context, *, seed: int, rows: int, truncation: float | None) -> Grid:
    """A column for every digit, a row for every latent of the seed."""
    latents, _ = draw(seed, range(rows), truncation=truncation)
    digits = torch.arange(DIGITS).repeat(rows)
    images = Networks.of(ctx).generate(latents.repeat_interleave(DIGITS, 0), digits)
    return Grid(
        image=tiled(images, DIGITS),
        rows=rows,
        columns=DIGITS,
        digits=tuple(tuple(range(DIGITS)) for _ in range(rows)),
        explanation="To the right the digit changes, downwards the latent: each row is one hand.",
    )


def draw_plane(ctx: Context, *, seed: int, digit: int, side: int, truncation: float | None) -> Grid:
    """A square of samples of one digit around the origin, along two directions of the seed."""
    offsets = _steps(side, truncation)
    right, down = orthonormal(seed, 2)
    rest, _ = draw(seed, [0], truncation=truncation)
    # What the seed's first sample has besides the two directions, so that lengths are usual.
    rest = rest[0] - (rest[0] @ right) * right - (rest[0] @ down) * down
    x, y = offsets.repeat(side), offsets.repeat_interleave(side)
    latents = rest + x[:, None] * right + y[:, None] * down
    images = Networks.of(ctx).generate(latents, torch.full((side * side,), digit))
    return Grid(
        image=tiled(images, side),
        rows=side,
        columns=side,
        digits=tuple((digit,) * side for _ in range(side)),
        explanation="To the right and downwards the latent moves along two directions at right "
        f"angles, from {offsets[0]:.1f} to {offsets[-1]:.1f} standard deviations.",
    )


def _steps(side: int, truncation: float | None) -> Tensor:
    """Quantiles of a normal distribution, from edge to edge in equal shares."""
    shares = torch.linspace(OUTERMOST, 1 - OUTERMOST, side, dtype=torch.float64)
    if truncation is not None:
        least = ndtr(torch.tensor(-truncation, dtype=torch.float64))
        shares = least + shares * (1 - 2 * least)
    offsets: Tensor = ndtri(shares).float()
    return offsets
