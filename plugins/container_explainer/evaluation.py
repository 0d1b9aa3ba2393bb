"""How good the trained LeNet is: ``demo-app evaluate container_explainer --model lenet``."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy

from demo_app import EvaluationJob
from demo_app.datasets import cifar10

from .train import scaled

BATCH = 500


def evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """Accuracy and cross-entropy on CIFAR-10's test split.

    Raises:
        DemoError: the photos are not there.
    """
    photos = cifar10.read(job.data, "test")
    device = next(job.module.parameters()).device
    logits = torch.cat(
        [job.module(scaled(images).to(device)).cpu() for images in photos.images.split(BATCH)]
    )
    split = f"CIFAR-10 test, {len(photos):,} photos ({photos.origin})"
    return {
        "accuracy": {
            "value": (logits.argmax(dim=1) == photos.labels).double().mean().item(),
            "split": split,
            "measured": "argmax of the logits; each photo once, fp32",
        },
        "cross_entropy": {
            "value": cross_entropy(logits, photos.labels).item(),
            "split": split,
            "measured": "mean over the photos of minus the logarithm of what the right class gets, "
            "fp32",
            "unit": "nats",
        },
    }
