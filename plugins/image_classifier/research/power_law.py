"""Errors that fall with the number of photos as a power of it, where that describes them.

Sources: Cortes, Jackel, Solla, Vapnik & Denker, "Learning curves: asymptotic values and rate of
convergence", NIPS 6, 1993; Hestness et al., "Deep learning scaling is predictable, empirically",
2017, arXiv:1712.00409.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from .studies import CurvePoint, PowerLaw

LEAST_POINTS = 5
"""Three numbers are fitted, and one point has to be foretold; with fewer any curve would fit."""
EXPONENTS = torch.linspace(0.05, 2.0, 40, dtype=torch.float64)


def fit_power_law(points: Sequence[CurvePoint]) -> PowerLaw | None:
    """The law ``error = floor + factor · photos^-exponent``, if it is honest to state one.

    It is where there are five points, the errors fall, the law runs through every point's interval,
    and one that was fitted without the last point foretells that point within its interval.
    """
    if len(points) < LEAST_POINTS:
        return None
    law, earlier = _fitted(points), _fitted(points[:-1])
    if law is None or earlier is None or not _within(earlier, points[-1]):
        return None
    return law if all(_within(law, point) for point in points) else None


def accuracy_at(law: PowerLaw, photos: int) -> float:
    """What the law says of so many photos of each class."""
    return max(0.0, 1 - law.floor - law.factor * math.pow(photos, -law.exponent))


def _within(law: PowerLaw, point: CurvePoint) -> bool:
    low, high = point.interval
    return low <= accuracy_at(law, point.photos) <= high


def _fitted(points: Sequence[CurvePoint]) -> PowerLaw | None:
    """By least squares, each point weighted by its interval; None if the errors do not fall."""
    photos = torch.tensor([point.photos for point in points], dtype=torch.float64)
    errors = torch.tensor([1 - point.accuracy for point in points], dtype=torch.float64)
    weights = torch.tensor([1 / (p.interval[1] - p.interval[0]) for p in points]).double()
    best, lowest = None, float("inf")
    for exponent in EXPONENTS:
        falling = photos**-exponent
        floor, factor = _not_negative(falling, errors, weights)
        rest = ((floor + factor * falling - errors) * weights).square().sum().item()
        if rest < lowest:
            lowest, best = rest, (floor, factor, exponent.item())
    assert best is not None
    floor, factor, exponent = best
    if factor <= 0:
        return None
    last = points[-1].photos
    law = PowerLaw(floor=floor, factor=factor, exponent=exponent, at_twice=0.0)
    return PowerLaw(
        floor=floor, factor=factor, exponent=exponent, at_twice=accuracy_at(law, 2 * last)
    )


def _not_negative(falling: Tensor, errors: Tensor, weights: Tensor) -> tuple[float, float]:
    """Floor and factor by weighted least squares; where one would be negative it is 0."""
    columns = torch.stack([torch.ones_like(falling), falling], dim=1) * weights[:, None]
    floor, factor = torch.linalg.lstsq(columns, errors * weights).solution.tolist()
    if floor < 0:
        heights = falling * weights
        factor = (heights @ (errors * weights) / (heights @ heights)).item()
        floor = 0.0
    if factor < 0:
        floor, factor = ((errors * weights**2).sum() / (weights**2).sum()).item(), 0.0
    return floor, factor
