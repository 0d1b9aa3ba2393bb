"""What the logits of a head mean: probabilities for people, a loss for training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    logsigmoid,
)

from .heads import Head

AUXILIARY_WEIGHT = 0.3
"""Of each auxiliary head's loss: Szegedy et al. 2015, section 5."""


def predict(logits: Tensor, head: Head) -> Tensor:
    """Probabilities ``(B, num_classes)`` that add up to one, from a head's logits.

    A binary head's single logit speaks for the second class; its sigmoid is applied here. The
    first class gets the sigmoid of the negative logit, since 1 − p would round it to nothing.
    """
    if head.kind == "binary":
        return torch.sigmoid(torch.cat([-logits, logits], dim=1))
    return logits.softmax(dim=1)


def log_probabilities(logits: Tensor, head: Head) -> Tensor:
    """The logarithms of what ``predict`` gives, ``(B, num_classes)``, without its rounding to 0."""
    if head.kind == "binary":
        return logsigmoid(torch.cat([-logits, logits], dim=1))
    return logits.log_softmax(dim=1)


def averaged(log_probabilities: Tensor) -> Tensor:
    """The logarithm of the mean probability of several crops: ``(B, crops, C)`` to ``(B, C)``."""
    return log_probabilities.logsumexp(dim=1) - math.log(log_probabilities.shape[1])


def classification_loss(
    outputs: Tensor | Sequence[Tensor | None],
    labels: Tensor,
    head: Head,
    *,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The mean loss of a batch, in nats: cross-entropy, or its binary form on the logit itself.

    Args:
        outputs: logits ``(B, num_classes)`` or ``(B, 1)``; of GoogLeNet and Inception in train
            mode a tuple of them, of which the auxiliary ones count 0.3 each.
        labels: indices of the right classes, ``(B,)`` of int64.
        head: whose logits these are.
        label_smoothing: the share of each label that is spread over all classes evenly (Szegedy
            et al., "Rethinking the Inception Architecture", CVPR 2016, arXiv:1512.00567,
            section 7).
    """
    if not isinstance(outputs, Tensor):
        main, *auxiliary = (
            classification_loss(logits, labels, head, label_smoothing=label_smoothing)
            for logits in outputs
            if logits is not None
        )
        return main + AUXILIARY_WEIGHT * sum(auxiliary, start=torch.zeros_like(main))
    if head.kind == "binary":
        targets = labels.to(outputs.dtype) * (1 - label_smoothing) + label_smoothing / 2
        return binary_cross_entropy_with_logits(outputs[:, 0], targets)
    return cross_entropy(outputs, labels, label_smoothing=label_smoothing)
