"""Whether the two archives of pictures hold what they should."""

from __future__ import annotations

from typing import Any, cast

import torch

from demo_app import EvaluationJob
from demo_app.datasets import mnist

from .archive import PictureArchive
from .models import DIGITS, SIDE


def evaluate_training_digits(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """How far the stored training digits are from the original ones."""
    archive = cast(PictureArchive, job.module)
    digits = mnist.read(job.data, "train")
    assert archive.labels is not None
    difference = (archive.unpack().int() - digits.images.int()).abs()
    wrong = archive.labels.cpu().long() != digits.labels
    return {
        "largest_difference": {
            "value": difference.max().item() / 255,
            "split": "MNIST training, 60,000 digits",
            "measured": "largest difference of a pixel from the original, of 0…1",
        },
        "wrong_labels": {
            "value": int(wrong.sum()),
            "split": "MNIST training, 60,000 digits",
            "measured": "labels that differ from the original",
        },
    }


def evaluate_replay(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """The last grid was drawn at the end of the training: its digits should be like MNIST's."""
    archive = cast(PictureArchive, job.module)
    test = mnist.read(job.data, "test")
    last = archive.unpack()[-1].float()
    rows = archive.height // SIDE
    squares = last.view(rows, SIDE, DIGITS, SIDE).permute(2, 0, 1, 3)  # (digit, row, 28, 28)
    likeness = [
        torch.corrcoef(
            torch.stack(
                [
                    squares[digit].mean(0).flatten(),
                    test.images[test.labels == digit].float().mean(0).flatten(),
                ]
            )
        )[0, 1].item()
        for digit in range(DIGITS)
    ]
    return {
        "likeness_of_last_moment": {
            "value": sum(likeness) / len(likeness),
            "split": "MNIST test, 10,000 digits",
            "measured": f"correlation of the mean of {rows} generated pictures with the mean real "
            "digit, averaged over the digits",
            "by_digit": likeness,
        }
    }
