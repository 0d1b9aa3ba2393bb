"""How well a head does on photos whose classes are known: counts, and what follows from them."""

from __future__ import annotations

import torch
from torch import Tensor

from ..transfer.heads import Head

Z = 1.959964
"""Standard deviations around the mean that hold 95 % of a normal distribution."""


def decide(logits: Tensor, head: Head) -> Tensor:
    """The likeliest class of each row of logits, ``(n,)`` of int64.

    Of a binary head it is the second one where its probability is above 0.5, that is, where the
    logit is above zero.
    """
    return (logits[:, 0] > 0).long() if head.kind == "binary" else logits.argmax(dim=1)


def confusion_matrix(labels: Tensor, decided: Tensor, num_classes: int) -> Tensor:
    """``(num_classes, num_classes)`` counts: row, the right class; column, the one decided for."""
    flat = labels * num_classes + decided
    return torch.bincount(flat, minlength=num_classes**2).view(num_classes, num_classes)


def accuracy(confusion: Tensor) -> float:
    """Share of all photos that got their right class."""
    return (confusion.diagonal().sum() / confusion.sum()).item()


def class_accuracies(confusion: Tensor) -> list[float | None]:
    """For each class, the share of its photos that got it; None where it has no photos."""
    rights, totals = confusion.diagonal().tolist(), confusion.sum(dim=1).tolist()
    return [right / total if total else None for right, total in zip(rights, totals, strict=True)]


def wilson_interval(share: float, count: float) -> tuple[float, float]:
    """The 95 % interval of a share that was seen in ``count`` trials.

    The count need not be whole: trials that are not independent stand for fewer.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927), 209-212.
    """
    centre = share + Z * Z / (2 * count)
    spread = Z * (share * (1 - share) / count + Z * Z / (4 * count * count)) ** 0.5
    scale = 1 + Z * Z / count
    # Rounding must not leave the share itself outside, where it is 0 or 1.
    low, high = (centre - spread) / scale, (centre + spread) / scale
    return max(0.0, min(low, share)), min(1.0, max(high, share))
