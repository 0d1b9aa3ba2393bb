"""What judge and discriminator think of pictures."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from demo_app import Context

from .actions import MODEL
from .networks import Networks
from .results import Opinion


def opinions(ctx: Context, images: Tensor) -> list[Opinion]:
    """An opinion on each of these pictures, ``(n, 1, 28, 28)`` in −1…1, on the device."""
    networks = Networks.of(ctx)
    probabilities = networks.judge(images).softmax(1)
    confidences, digits = probabilities.max(1)
    realness = networks.discriminator(images, digits)
    real = known_quantiles(ctx, "more_real_than")
    return [
        Opinion(
            digit=digit,
            confidence=confidence,
            probabilities=tuple(shares),
            realness=value,
            more_real_than=share_below(value, real),
        )
        for digit, confidence, shares, value in zip(
            digits.tolist(),
            confidences.tolist(),
            probabilities.tolist(),
            realness.tolist(),
            strict=True,
        )
    ]


def known_quantiles(ctx: Context, metric: str) -> Sequence[float]:
    """What real test digits reached in a metric of the checkpoint, in equal steps of their share;
    empty before it was evaluated."""
    metadata = ctx.metadata(MODEL)
    entry: Any = metadata.metrics.get(metric, {}) if metadata else {}
    quantiles = entry.get("real_quantiles", ()) if isinstance(entry, Mapping) else ()
    return [float(value) for value in quantiles]


def share_below(value: float, quantiles: Sequence[float]) -> float | None:
    """The share of a distribution that lies below a value, from its quantiles 0, 1/n, … 1."""
    if len(quantiles) < 2:
        return None
    above = bisect.bisect_left(quantiles, value)
    if above in (0, len(quantiles)):
        return float(above > 0)
    before, after = quantiles[above - 1], quantiles[above]
    part = (value - before) / (after - before) if after > before else 0.0
    return (above - 1 + part) / (len(quantiles) - 1)
