"""The Fréchet distance between two sets of pictures, by the features of the judge."""

from __future__ import annotations

import torch
from torch import Tensor

from .models import Judge


def judged(judge: Judge, images: Tensor, batch: int = 1000) -> tuple[Tensor, Tensor]:
    """The judge's penultimate features and answers for pictures.

    Args:
        judge: in eval mode.
        images: ``(n, 1, 28, 28)`` in −1…1.
        batch: pictures in a forward pass.

    Returns:
        ``(n, features)`` of float64 and ``(n,)`` of int64, on the CPU.
    """
    device = judge.classifier.weight.device
    features, answers = [], []
    for part in images.split(batch):
        seen = judge.features(part.to(device))
        features.append(seen.double().cpu())
        answers.append(judge.classifier(seen).argmax(1).cpu())
    return torch.cat(features), torch.cat(answers)


def frechet_distance(one: Tensor, other: Tensor) -> float:
    """How far apart two sets of features are, each taken as a normal distribution.

    |m₁ − m₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½), Heusel et al. 2017, arXiv:1706.08500; there with the
    features of Inception, which was trained on photos.

    Args:
        one: ``(n, features)`` of float64.
        other: ``(m, features)`` of float64.
    """
    first, second = torch.cov(one.T), torch.cov(other.T)
    values, vectors = torch.linalg.eigh(first)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    # The eigenvalues of C₁^½ C₂ C₁^½ are those of C₁ C₂, and this one is symmetric.
    overlap = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0).sqrt().sum()
    difference = one.mean(0) - other.mean(0)
    distance = difference @ difference + first.trace() + second.trace() - 2 * overlap
    return max(0.0, float(distance))
