"""Where samples come from: a latent and a digit for each number of a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.special import ndtr, ndtri

from .models import DIGITS, LATENT

_SMALLEST = 2.0**-53
"""``rand`` may return 0, whose quantile is infinite."""


def draw(
    seed: int, numbers: Sequence[int], *, truncation: float | None = None
) -> tuple[Tensor, Tensor]:
    """The latents of a seed's samples, and a digit for each that wants any.

    Every sample has a generator of its own, seeded by the seed and the sample's number: the n-th
    is the same however many are drawn. A truncated normal distribution (Brock et al. 2019,
    arXiv:1809.11096) is reached by its quantiles instead of by drawing again, so that a sample
    changes smoothly with the truncation.

    Args:
        seed: any integer.
        numbers: which samples.
        truncation: how many standard deviations from 0 a latent's members may be, at the most;
            None for no limit.

    Returns:
        ``(n, LATENT)`` of float32 and ``(n,)`` of int64, on the CPU.
    """
    uniform = torch.empty(len(numbers), LATENT + 1, dtype=torch.float64)
    generator = torch.Generator()
    for row, number in zip(uniform, numbers, strict=True):
        generator.manual_seed(_mixed(seed, number))
        row.uniform_(generator=generator)
    digits = (uniform[:, LATENT] * DIGITS).long().clamp(max=DIGITS - 1)
    share = uniform[:, :LATENT]
    if truncation is not None:
        least = ndtr(torch.tensor(-truncation, dtype=torch.float64))
        share = least + share * (1 - 2 * least)
    latents: Tensor = ndtri(share.clamp(_SMALLEST, 1 - _SMALLEST)).float()
    return latents, digits


def orthonormal(seed: int, count: int) -> Tensor:
    """Directions of a seed, at right angles to each other: ``(count, LATENT)``."""
    drawn, _ = draw(seed, range(-count, 0))
    directions: Tensor = torch.linalg.qr(drawn.T).Q.T.contiguous()
    return directions


def spherical(start: Tensor, end: Tensor, shares: Tensor) -> Tensor:
    """Latents on the way from one to another, turning at an even speed while the length changes.

    Between two draws from a normal distribution in many dimensions a straight line passes closer
    to 0 than any draw would be (White 2016, arXiv:1609.04468).

    Args:
        start: ``(LATENT,)``.
        end: ``(LATENT,)``.
        shares: ``(n,)`` of the way, 0…1.

    Returns:
        ``(n, LATENT)``; the straight line where one of the two has no direction, or both point the
        same or opposite ways.
    """
    # Near 1 or −1 a cosine of single precision leaves the angle open.
    start, end, t = start.double(), end.double(), shares.double()[:, None]
    lengths = start.norm(), end.norm()
    straight = torch.lerp(start, end, t).float()
    if min(lengths) < 1e-6:
        return straight
    cosine = (start @ end / (lengths[0] * lengths[1])).clamp(-1, 1)
    angle = cosine.acos()
    if angle.sin() < 1e-4:
        return straight
    one, other = ((1 - t) * angle).sin() / angle.sin(), (t * angle).sin() / angle.sin()
    direction = one * start / lengths[0] + other * end / lengths[1]
    turned: Tensor = direction * torch.lerp(*lengths, t)
    return turned.float()


def _mixed(seed: int, number: int) -> int:
    """32 bits, which is all that PyTorch's generator on the CPU takes in, from all bits of both."""
    digest = hashlib.blake2b(f"{seed}/{number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")
