"""The calibration of a trained generator: how sharp its strokes are, how plain its digits.

A moving average of weights draws strokes a little softer than any of the generators that it
averages, and a discriminator whose slope is held small hardly sees that. Both are mended by two
numbers, which are chosen on the training split and become part of the weights.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from demo_app.datasets.mnist import Digits, to_model, to_pixels

from .frechet import frechet_distance, judged
from .models import DIGITS, LATENT, Generator, Judge
from .prepared_networks import prepared_generator, prepared_judge

SHARPNESS = (1.0, 1.1, 1.2, 1.3, 1.4)
EMPHASIS = (1.0, 1.02, 1.04, 1.06)
PICTURES = 10_000
BATCH = 100
"""What lies between two layers then stays in the processor's cache."""


@torch.no_grad()
def calibrated(
    generator: Generator, judge: Judge, digits: Digits, report: Callable[[str], None]
) -> tuple[Generator, dict[str, float]]:
    """The adjusted generator that is nearest to a split, by the Fréchet distance.

    Args:
        generator: trained, in eval mode; it stays as it is.
        judge: in eval mode.
        digits: the training split.
        report: prints one line of progress.

    Returns:
        A generator of its own, and the ``sharpness``, the ``emphasis`` and the ``frechet_distance``
        of the choice, beside that ``before``.
    """
    fast = prepared_judge(judge)
    chosen = torch.randperm(len(digits), generator=torch.Generator().manual_seed(0))[:PICTURES]
    real, _ = judged(fast, to_model(digits.images[chosen]), BATCH)
    latents = torch.randn(len(chosen), LATENT, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(len(chosen)) % DIGITS
    distances = {}
    for pair in itertools.product(SHARPNESS, EMPHASIS):
        drawn = _drawn(adjusted(generator, *pair), latents, labels)
        features, _ = judged(fast, drawn, BATCH)
        distances[pair] = frechet_distance(features, real)
        report(f"sharpness {pair[0]}, emphasis {pair[1]}: Fréchet distance {distances[pair]:.3f}")
    best = min(distances, key=lambda pair: distances[pair])
    return adjusted(generator, *best), {
        "sharpness": best[0],
        "emphasis": best[1],
        "frechet_distance": round(distances[best], 4),
        "before": round(distances[1.0, 1.0], 4),
    }


@torch.no_grad()
def adjusted(generator: Generator, sharpness: float, emphasis: float) -> Generator:
    """A copy with two numbers worked into its weights.

    Args:
        generator: in eval mode; it stays as it is.
        sharpness: what the outputs are multiplied by before tanh.
        emphasis: how far what is learned for each digit lies from the mean of all digits, where 1
            is as learned: the step of guidance (Ho & Salimans 2022, arXiv:2207.12598), taken in
            the weights of the digits instead of in the outputs.
    """
    new = copy.deepcopy(generator)
    new.up2.weight.mul_(sharpness)
    assert new.up2.bias is not None
    new.up2.bias.mul_(sharpness)
    of_digits = new.linear.weight[:, LATENT:]  # (7 * 7 * channels, DIGITS)
    of_digits.copy_(_from_mean(of_digits.T, emphasis).T)
    for norm in (new.norm1, new.norm2):
        for embedding in (norm.scale, norm.shift):
            embedding.weight.copy_(_from_mean(embedding.weight, emphasis))
    return new


def _from_mean(rows: Tensor, factor: float) -> Tensor:
    return torch.lerp(rows.mean(0, keepdim=True), rows, factor)


def _drawn(generator: Generator, latents: Tensor, labels: Tensor) -> Tensor:
    draw = prepared_generator(generator)
    pairs = zip(latents.split(BATCH), labels.split(BATCH), strict=True)
    return torch.cat([to_model(to_pixels(draw(z, y))) for z, y in pairs])
