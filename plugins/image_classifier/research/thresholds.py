"""None of these: from which probability on a photo counts as a class, by photos held out.

A classifier may also refuse to answer, and whoever refuses the least certain photos errs least on
the others (Chow, "On optimum recognition error and reject tradeoff", IEEE Transactions on
Information Theory 16, 1970). How many are still answered is the coverage; the curve of coverage
against accuracy is what there is to choose from (El-Yaniv & Wiener, "On the foundations of
noise-free selective classification", JMLR 11, 2010). As in Geifman & El-Yaniv, "Selective
classification for deep neural networks", 2017, arXiv:1705.08500, the likeliest class's probability
says how certain a head is, and the threshold is chosen on photos that it has not learned from.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from demo_app import Context, InvalidInput

from ..carrying.session_heads import heads_of, keep
from ..explaining.inference import trained_head
from ..lessons.confusion import Z, wilson_interval
from ..shipped_heads import IMAGENET, SHIPPED_HEADS
from ..shipped_networks import SHIPPED_NETWORKS
from ..transfer.trained_heads import HeldOutScores
from .studies import ClassThreshold, CoveragePoint, Thresholds

NEVER = 1.0
"""A threshold that no probability is above."""
MARGIN = 1e-5
"""By which a threshold lies below the probability that it is to let through: a photo that runs
through the network alone gets another last digit than in a batch."""
ENOUGH = 5
"""Photos decided for a class from which a threshold of its own is chosen."""
MAX_POINTS = 200
"""Of the curve."""


def set_thresholds(ctx: Context, name: str, target: float | None) -> Thresholds:
    """Choose the thresholds of one's own head and keep them with it, or remove them.

    Args:
        ctx: the host's loan to this call.
        name: of the head.
        target: the accuracy that the photos of each class above its threshold should have; None
            removes the thresholds.

    Raises:
        Unknown: there is no head of that name.
        InvalidInput: no photos were held out when it was trained, or it is one that ships.
    """
    if name in (IMAGENET, *SHIPPED_HEADS, *SHIPPED_NETWORKS) and name not in heads_of(ctx):
        raise InvalidInput(
            f"head: {name} ships without the scores of photos held out, so no threshold can be "
            "chosen. Train a head of your own."
        )
    trained = trained_head(ctx, name)
    scores = trained.held_out
    if scores is None:
        raise InvalidInput(
            f"head: no photos were held out when {name} was trained, or it came from a file, which "
            "does not keep their scores. Train it here with validation_split above 0."
        )
    chosen = choose(scores, target) if target is not None else [0.0] * len(trained.classes)
    kept = dict(zip(trained.classes, chosen, strict=True)) if target is not None else {}
    keep(ctx, name, replace(trained, thresholds=kept))
    return _report(name, trained.classes, scores, target, chosen)


def choose(scores: HeldOutScores, target: float) -> list[float]:
    """A threshold for each class.

    It is the lowest probability that a photo held out and decided for the class has, such that of
    those with at least as much the share ``target`` is right. Below the lowest that was seen
    nothing vouches for the class, so that is the threshold where all are right; of ``n`` photos a
    new one of their kind is below it with a probability of 1 / (n + 1). Where no probability
    reaches the target, nothing counts as the class (1.0).

    A class for which fewer than five photos were decided gets the threshold of all photos
    together, unless its own fall short of the target there.
    """
    confidences, decided = scores.probabilities.max(dim=1)
    right = decided == scores.labels
    together = lowest_threshold(confidences, right, target)
    chosen: list[float] = []
    for label in range(scores.probabilities.shape[1]):
        of_class = decided == label
        above = right[of_class & (confidences.double() > together)]
        falls_short = len(above) > 0 and above.double().mean().item() < target
        if of_class.sum() >= ENOUGH or falls_short:
            chosen.append(lowest_threshold(confidences[of_class], right[of_class], target))
        else:
            chosen.append(together)
    return chosen


def lowest_threshold(confidences: Tensor, right: Tensor, target: float) -> float:
    """The threshold above which the share ``target`` is right, as low as can be.

    Args:
        confidences: probabilities ``(n,)``.
        right: whether each was right, ``(n,)`` of bool.
        target: 0…1.
    """
    confidences, shares, _ = _ranked(confidences, right)
    reached = (shares >= target).nonzero()[:, 0]
    if not len(reached):
        return NEVER
    last = int(reached[-1])
    seen = confidences[last].item()
    below = confidences[last + 1 :]
    gap = seen - below.max().item() if len(below) else seen
    return seen - min(MARGIN, gap / 2)


def _ranked(confidences: Tensor, right: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Every probability that occurs, falling; of all from there up, the share right and number."""
    values, places = torch.unique(-confidences.double(), return_inverse=True)
    counts = places.bincount().cumsum(0)
    rights = places.bincount(right.double()).cumsum(0)
    return -values, rights / counts, counts


def coverage_curve(scores: HeldOutScores) -> list[CoveragePoint]:
    """Accuracy against coverage for one threshold over all classes, 200 points at most."""
    confidences, decided = scores.probabilities.max(dim=1)
    thresholds, shares, counts = _ranked(confidences, decided == scores.labels)
    chosen = torch.linspace(0, len(thresholds) - 1, min(MAX_POINTS, len(thresholds))).round().long()
    return [
        CoveragePoint(
            threshold=thresholds[place].item(),
            coverage=counts[place].item() / len(scores),
            accuracy=shares[place].item(),
            count=int(counts[place]),
        )
        for place in chosen
    ]


def _report(
    name: str,
    classes: tuple[str, ...],
    scores: HeldOutScores,
    target: float | None,
    chosen: list[float],
) -> Thresholds:
    confidences, decided = scores.probabilities.max(dim=1)
    right = decided == scores.labels
    named = confidences.double() > torch.tensor(chosen, dtype=torch.float64)[decided]
    rows: list[ClassThreshold] = []
    for label, (class_name, threshold) in enumerate(zip(classes, chosen, strict=True)):
        above = right[named & (decided == label)]
        share = above.double().mean().item() if len(above) else None
        interval = None if share is None else wilson_interval(share, len(above))
        rows.append(
            ClassThreshold(
                class_name=class_name,
                threshold=threshold,
                decided=int((decided == label).sum()),
                named=len(above),
                accuracy=share,
                interval=interval,
                vouched=interval is not None and target is not None and interval[0] >= target,
            )
        )
    return Thresholds(
        head=name,
        target=target,
        classes=rows if target is not None else [],
        held_out=len(scores),
        coverage=named.double().mean().item(),
        accuracy=right[named].double().mean().item() if named.any() else None,
        curve=coverage_curve(scores),
        note=_note(target, rows, int(named.sum()), int(right[named].sum()), len(scores)),
    )


def _note(
    target: float | None, rows: list[ClassThreshold], named: int, right: int, held_out: int
) -> str:
    if target is None:
        return "The head has no thresholds: it names every photo."
    text = f"Of {held_out} photos held out {named} are named"
    if named:
        low, high = wilson_interval(right / named, named)
        text += f", {right} of them rightly (95 % interval {low:.0%} to {high:.0%})"
    text += "."
    never = sum(row.threshold >= NEVER for row in rows)
    if never:
        text += f" Classes that reach {target:.0%} at no threshold, and are never named: {never}."
    if not all(row.vouched for row in rows):
        text += f" The photos are too few to vouch for {target:.0%}"
        if target < 1:
            text += f": that takes {photos_to_vouch(target)} of each class, all named rightly"
        text += ". Take the thresholds for a first guess."
    return text


def photos_to_vouch(target: float) -> int:
    """How many photos, all right, put Wilson's interval above an accuracy below 1."""
    # With n of n right its lower end is n / (n + z²).
    return -int(-(Z * Z * target / (1 - target)) // 1)
