"""How good the networks are, measured on their stored checkpoints with MNIST's test split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from demo_app import EvaluationJob
from demo_app.datasets import mnist
from demo_app.datasets.mnist import Digits, to_model, to_pixels

from .archive import PictureArchive
from .archive_evaluation import evaluate_replay, evaluate_training_digits
from .fidelity import (
    RESAMPLINGS,
    bootstrap_deviation,
    diversity,
    nearest_distances,
    precision_and_recall,
)
from .frechet import frechet_distance, judged
from .latents import draw
from .models import DIGITS, Discriminator, Generator, Judge

SEED = 0
SAMPLES = 10_000
TRUNCATIONS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
SPLIT = "MNIST test, 10,000 digits"
DRAWN = (
    f"{SAMPLES:,} samples of seed {SEED}, of each digit as many as the test split has, without "
    "truncation"
)
OTHERS = f"{SAMPLES:,} digits of MNIST's training split"
BY_JUDGE = "on the penultimate features of the checkpoint's judge"
Metrics = dict[str, dict[str, Any]]


def evaluate(job: EvaluationJob) -> Metrics:
    """The metrics of one checkpoint."""
    match job.model:
        case "gan":
            return _evaluate_pair(job)
        case "training_digits":
            return evaluate_training_digits(job)
        case _:
            return evaluate_replay(job)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A set of pictures as the judge sees it.

    Attributes:
        images: ``(n, 1, 28, 28)`` in −1…1, rounded to pixels.
        digits: ``(n,)``, what they should be.
        features: ``(n, features)`` of float64.
        answers: ``(n,)``, what the judge takes them for.
    """

    images: Tensor
    digits: Tensor
    features: Tensor
    answers: Tensor

    @classmethod
    def of(cls, judge: Judge, images: Tensor, digits: Tensor) -> Judged:
        """Ask the judge."""
        features, answers = judged(judge, images)
        return cls(images=images, digits=digits, features=features, answers=answers)

    @property
    def agreement(self) -> float:
        """The share in which the judge sees what it should be."""
        return (self.answers == self.digits).double().mean().item()

    def agreements(self) -> list[float]:
        """The same for every digit."""
        right = (self.answers == self.digits).double()
        return [right[self.digits == digit].mean().item() for digit in range(DIGITS)]

    def of_digit(self, digit: int) -> Tensor:
        """Features of those that should be a digit."""
        return self.features[self.digits == digit]


def _evaluate_pair(job: EvaluationJob) -> Metrics:
    parts = dict(job.module.named_children())
    generator = cast(Generator, parts["generator"])
    judge = cast(Judge, parts["judge"])
    training, test = (mnist.read(job.data, split) for split in ("train", "test"))
    job.report("Asking the judge about the test split …")
    real = Judged.of(judge, to_model(test.images), test.labels)
    job.report(f"Drawing {SAMPLES:,} samples …")
    drawn = _drawn(generator, judge, test.labels, truncation=None)
    other = _other_real_digits(judge, training)
    metrics = _agreement(real, drawn)
    metrics |= _distances(job, real, drawn, other)
    metrics |= _variety(real, drawn, other)
    metrics |= _copies(job, training, test, drawn)
    metrics |= _realness(cast(Discriminator, parts["discriminator"]), real, drawn)
    metrics |= _trade_off(job, generator, judge, real, drawn)
    return metrics


def _drawn(
    generator: Generator, judge: Judge, digits: Tensor, *, truncation: float | None
) -> Judged:
    """Samples as the action ``sample`` draws them, one for each of these digits.

    Digits that are as frequent as in the split they are compared with: what is measured is how
    they are written, and not that MNIST has more ones than fives.
    """
    latents, _ = draw(SEED, range(len(digits)), truncation=truncation)
    device = generator.linear.weight.device
    images = torch.cat(
        [
            to_model(to_pixels(generator(z.to(device), y.to(device)).cpu()))
            for z, y in zip(latents.split(1000), digits.split(1000), strict=True)
        ]
    )
    return Judged.of(judge, images, digits)


def _other_real_digits(judge: Judge, training: Digits) -> Judged:
    """As many digits of the training split: what is as good as real, measured in the same way."""
    order = torch.randperm(len(training), generator=torch.Generator().manual_seed(SEED))
    chosen = order[:SAMPLES]
    return Judged.of(judge, to_model(training.images[chosen]), training.labels[chosen])


def _agreement(real: Judged, drawn: Judged) -> Metrics:
    by_digit = drawn.agreements()
    return {
        "agreement": {
            "value": drawn.agreement,
            "split": DRAWN,
            "measured": "share in which the judge sees the digit asked for",
            "by_digit": by_digit,
            "of_real_digits": real.agreement,
        },
        "agreement_of_worst_digit": {
            "value": min(by_digit),
            "split": DRAWN,
            "measured": f"the same for {by_digit.index(min(by_digit))}, where it is lowest",
        },
        "judge_accuracy": {
            "value": real.agreement,
            "split": SPLIT,
            "measured": "argmax of the judge's logits, fp32",
            "by_digit": real.agreements(),
        },
    }


def _distances(job: EvaluationJob, real: Judged, drawn: Judged, other: Judged) -> Metrics:
    job.report("Measuring Fréchet distances …")
    distance = frechet_distance(drawn.features, real.features)
    floor = frechet_distance(other.features, real.features)
    spread = bootstrap_deviation(drawn.features, real.features, job.report)
    floor_spread = bootstrap_deviation(other.features, real.features, job.report)
    interval = f"interval: ± 1.96 standard deviations of {RESAMPLINGS} bootstrap resamplings"
    return {
        "frechet_distance": {
            "value": distance,
            "split": f"{DRAWN}, against {SPLIT}",
            "measured": f"{BY_JUDGE}; {interval}",
            "interval": [max(0.0, distance - 1.96 * spread), distance + 1.96 * spread],
        },
        "frechet_floor": {
            "value": floor,
            "split": f"{OTHERS}, against {SPLIT}",
            "measured": f"{BY_JUDGE}; what another set of real digits has; {interval}",
            "interval": [max(0.0, floor - 1.96 * floor_spread), floor + 1.96 * floor_spread],
        },
        "frechet_ratio": {
            "value": distance / floor,
            "split": f"{DRAWN}, against {SPLIT}",
            "measured": "Fréchet distance of the samples over that of real digits; 1 is perfect",
        },
    }


def _variety(real: Judged, drawn: Judged, other: Judged) -> Metrics:
    """Per digit, since a set that lacks sevens is not mended by more ones."""
    precision, recall = _covered_by_digit(drawn, real)
    real_precision, real_recall = _covered_by_digit(other, real)
    spread = _diversity_by_digit(drawn, real)
    split = f"{DRAWN}, against {SPLIT}"
    how = f"{BY_JUDGE}, by digit, then averaged"
    return {
        "precision": {
            "value": _mean(precision),
            "split": split,
            "measured": f"share of samples within reach of a real digit, {how}",
            "by_digit": precision,
            "of_other_real_digits": _mean(real_precision),
        },
        "recall": {
            "value": _mean(recall),
            "split": split,
            "measured": f"share of real digits within reach of a sample, {how}",
            "by_digit": recall,
            "of_other_real_digits": _mean(real_recall),
        },
        "diversity": {
            "value": _mean(spread),
            "split": split,
            "measured": "mean distance between two samples over that between two real digits, "
            f"{how}",
            "by_digit": spread,
            "of_other_real_digits": _mean(_diversity_by_digit(other, real)),
        },
    }


def _covered_by_digit(some: Judged, real: Judged) -> tuple[list[float], list[float]]:
    """Precision and recall of every digit."""
    pairs = [precision_and_recall(some.of_digit(d), real.of_digit(d)) for d in range(DIGITS)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _diversity_by_digit(drawn: Judged, real: Judged) -> list[float]:
    return [
        diversity(drawn.of_digit(digit)) / diversity(real.of_digit(digit))
        for digit in range(DIGITS)
    ]


def _copies(job: EvaluationJob, training: Digits, test: Digits, drawn: Judged) -> Metrics:
    job.report("Looking for the nearest training digits …")
    # In the shades in which the demo ships them, so that its action finds the same distances.
    known = PictureArchive.shaded(training.images)
    of_real = nearest_distances(test.images.float() / 255, known)
    of_drawn = nearest_distances((drawn.images[:, 0] + 1) / 2, known)
    suspicious = of_real.quantile(0.01)
    how = "root mean square over pixels, to all 60,000 training digits in 16 shades"
    return {
        "nearest_distance": {
            "value": of_drawn.median().item(),
            "split": DRAWN,
            "measured": f"median distance to the nearest training digit; {how}",
            "of_real_digits": of_real.median().item(),
            "real_quantiles": _quantiles(of_real),
            "drawn_quantiles": _quantiles(of_drawn),
        },
        "nearest_ratio": {
            "value": (of_drawn.median() / of_real.median()).item(),
            "split": f"{DRAWN}, against {SPLIT}",
            "measured": "that median over the median for real test digits, which nobody can have "
            "copied; well below 1 would mean copies",
        },
        "suspiciously_near": {
            "value": (of_drawn < suspicious).double().mean().item(),
            "split": DRAWN,
            "measured": "share of samples nearer to a training digit than all but the nearest 1 % "
            "of real test digits; 0.01 is what real digits have",
        },
    }


def _realness(discriminator: Discriminator, real: Judged, drawn: Judged) -> Metrics:
    """The discriminator's output has no unit, so that of real digits is the scale."""
    device = discriminator.realness.weight.device

    def realness(judged: Judged) -> Tensor:
        pairs = zip(judged.images.split(1000), judged.answers.split(1000), strict=True)
        return torch.cat([discriminator(x.to(device), y.to(device)).cpu() for x, y in pairs])

    of_real, of_drawn = realness(real), realness(drawn)
    below = torch.searchsorted(of_real.sort().values, of_drawn).double() / len(of_real)
    return {
        "more_real_than": {
            "value": below.mean().item(),
            "split": f"{DRAWN}, against {SPLIT}",
            "measured": "mean share of real digits that look less real to the discriminator; 0.5 "
            "if it cannot tell",
            "real_quantiles": _quantiles(of_real),
            "drawn_quantiles": _quantiles(of_drawn),
        }
    }


def _trade_off(
    job: EvaluationJob, generator: Generator, judge: Judge, real: Judged, untruncated: Judged
) -> Metrics:
    points = []
    for truncation in (*TRUNCATIONS, None):
        job.report(f"Truncation {truncation or 'none'} …")
        drawn = (
            untruncated
            if truncation is None
            else _drawn(generator, judge, real.digits, truncation=truncation)
        )
        points.append(
            {
                "truncation": truncation,
                "agreement": drawn.agreement,
                "diversity": _mean(_diversity_by_digit(drawn, real)),
                "frechet_distance": frechet_distance(drawn.features, real.features),
            }
        )
    best = min(points, key=lambda point: cast(float, point["frechet_distance"]))
    return {
        "frechet_distance_of_best_truncation": {
            "value": best["frechet_distance"],
            "split": f"{SAMPLES:,} samples of seed {SEED}, against {SPLIT}",
            "measured": f"{BY_JUDGE}, at the truncation "
            f"{best['truncation'] or 'none'}, where it is lowest",
            "trade_off": points,
        }
    }


def _quantiles(values: Tensor) -> list[float]:
    """The percentiles 0, 1, … 100."""
    shares = torch.linspace(0, 1, 101, dtype=torch.float64)
    return [float(f"{value:.6g}") for value in values.double().quantile(shares).tolist()]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
