"""What a trained head says of the photos that it was trained with, and how often it is right."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import nll_loss

from ..photographs.session_features import Hashed
from ..results import HeadMetrics, JudgedPhoto
from ..transfer.logits import averaged, log_probabilities
from ..transfer.trained_heads import HeldOutScores, TrainedHead
from .confusion import accuracy, class_accuracies, confusion_matrix, wilson_interval


@torch.no_grad()
def judge(trained: TrainedHead, features: Tensor) -> Tensor:
    """The logarithm of what each class gets, ``(n, num_classes)``.

    Args:
        trained: the head.
        features: ``(n, in_features)``, or of several crops ``(n, crops, in_features)``, over which
            the probabilities are averaged.
    """
    module = trained.module()
    if features.ndim == 2:
        return log_probabilities(module(features), trained.head)
    rows = log_probabilities(module(features.flatten(0, 1)), trained.head)
    return averaged(rows.unflatten(0, features.shape[:2]))


def metrics(judged: Tensor, labels: Tensor, *, held_out: bool) -> HeadMetrics:
    """How a head does.

    Args:
        judged: what ``judge`` returned, ``(n, num_classes)``.
        labels: indices of the right classes, ``(n,)``.
        held_out: whether the photos were held out, or learned from.
    """
    confusion = confusion_matrix(labels, judged.argmax(dim=1), judged.shape[1])
    share = accuracy(confusion)
    return HeadMetrics(
        photos="held out" if held_out else "those it learned from",
        count=len(labels),
        accuracy=share,
        interval=wilson_interval(share, len(labels)),
        loss=nll_loss(judged, labels).item(),
        class_accuracies=class_accuracies(confusion),
        confusion_matrix=confusion.tolist(),
    )


def scores(judged: Tensor, labels: Tensor) -> HeldOutScores | None:
    """What thresholds are chosen by; None without photos held out."""
    if not len(labels):
        return None
    return HeldOutScores(probabilities=judged.exp(), labels=labels)


def judged_photos(
    photos: Sequence[Hashed], judged: Tensor, classes: Sequence[str], held_out: Sequence[bool]
) -> list[JudgedPhoto]:
    """What is said of each photo, in the order of the request.

    Args:
        photos: any of them, ``n``.
        judged: what ``judge`` returned for them, ``(n, num_classes)``.
        classes: names in the order of the logits.
        held_out: whether each was held out, ``n``.
    """
    highest, decided = judged.exp().max(dim=1)
    rows = [
        JudgedPhoto(
            index=hashed.index,
            name=hashed.photo.name,
            class_name=classes[hashed.photo.label],
            decided=classes[label],
            probability=probability,
            held_out=is_held_out,
        )
        for hashed, label, probability, is_held_out in zip(
            photos, decided.tolist(), highest.tolist(), held_out, strict=True
        )
    ]
    return sorted(rows, key=lambda row: row.index)
