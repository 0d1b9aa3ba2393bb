"""Whether samples are as good, and as different from each other, as real digits."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .frechet import frechet_distance

NEIGHBOURS = 3
"""As in the paper."""
RESAMPLINGS = 100


def precision_and_recall(generated: Tensor, real: Tensor) -> tuple[float, float]:
    """The share of samples among the real ones, and of real ones among the samples.

    A set reaches as far around each of its members as that one's third nearest neighbour
    (Kynkäänniemi et al. 2019, arXiv:1904.06991). Precision tells whether samples look real,
    recall whether everything real is sampled.

    Args:
        generated: ``(n, features)``.
        real: ``(m, features)``.
    """
    return _covered(real, generated), _covered(generated, real)


def diversity(features: Tensor) -> float:
    """The mean distance between two members of a set ``(n, features)``."""
    return torch.pdist(features.float()).mean().item()


def bootstrap_deviation(
    one: Tensor, other: Tensor, report: Callable[[str], None] = lambda line: None
) -> float:
    """The standard deviation of the Fréchet distance when both sets are drawn anew from themselves.

    Efron 1979. Drawing with replacement adds to the distance itself, so the spread is taken and
    not the quantiles.
    """
    draws = torch.Generator().manual_seed(0)
    distances = []
    for number in range(RESAMPLINGS):
        if number % 25 == 0:
            report(f"resampling {number}/{RESAMPLINGS} …")
        pair = (
            each[torch.randint(len(each), (len(each),), generator=draws)] for each in (one, other)
        )
        distances.append(frechet_distance(*pair))
    return torch.tensor(distances, dtype=torch.float64).std().item()


def nearest_distances(ink: Tensor, pictures: Tensor, batch: int = 1000) -> Tensor:
    """For each picture the root mean square distance to the nearest of others, ``(n,)``.

    Args:
        ink: ``(n, 28, 28)`` in 0…1.
        pictures: ``(m, 28, 28)`` of uint8.
        batch: how many are compared at once.
    """
    nearest = torch.full((len(ink),), torch.inf)
    wanted = ink.flatten(1)
    for chunk in pictures.split(10 * batch):
        known = chunk.flatten(1).float() / 255
        for start in range(0, len(wanted), batch):
            part = slice(start, start + batch)
            closest = torch.cdist(wanted[part], known).min(1).values
            nearest[part] = torch.minimum(nearest[part], closest)
    return nearest / math.sqrt(wanted.shape[1])


def _covered(among: Tensor, points: Tensor) -> float:
    """The share of points that lie within the reach of a set."""
    among, points = among.float(), points.float()
    # A member is its own nearest neighbour.
    reach = torch.cdist(among, among).kthvalue(NEIGHBOURS + 1, dim=1).values
    return (torch.cdist(points, among) <= reach).any(1).double().mean().item()
