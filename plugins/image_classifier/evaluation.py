"""How good a stored head is: ``demo-app evaluate image_classifier --model NAME --data DIR``."""

from __future__ import annotations

from typing import Any

import torch

from demo_app import DemoError, EvaluationJob

from .confusion import accuracy, class_accuracies, confusion_matrix, decide, wilson_interval
from .features import extract_photos, load_shipped_backbone
from .logits import classification_loss
from .photos import read_class_folders
from .shipped_heads import SHIPPED_HEADS
from .trained_heads import TrainedHead


def evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    """Accuracy and cross-entropy on the validation photos, with the confusion matrix.

    Nothing of the backbone, whose accuracy was published by its authors.

    Raises:
        DemoError: there is no data folder, or the head belongs to another backbone.
    """
    if job.model not in SHIPPED_HEADS:
        return {}
    if job.data is None:
        raise DemoError("Name a folder with val/ and a folder of photos for every class: --data.")
    trained = TrainedHead.from_metadata(job.metadata, job.module.state_dict())
    device = next(job.module.parameters()).device
    network, _ = load_shipped_backbone(device)
    trained.require_backbone(network)
    photos = read_class_folders(job.data / "val", trained.classes)
    job.report(f"{len(photos)} photos …")
    features = extract_photos(network, photos, trained.preprocessing)
    labels = torch.tensor([photo.label for photo in photos])
    logits = job.module(features.to(device)).cpu()
    confusion = confusion_matrix(labels, decide(logits, trained.head), len(trained.classes))
    split = f"val, {len(photos)} photos of {len(trained.classes)} classes"
    share = accuracy(confusion)
    rule = (
        f"{trained.classes[1]} where the sigmoid of the logit is above 0.5, else "
        f"{trained.classes[0]}"
        if trained.head.kind == "binary"
        else "argmax of the logits"
    )
    return {
        "accuracy": {
            "value": share,
            "split": split,
            "measured": f"{rule}; one centre crop a photo, fp32",
            "interval": list(wilson_interval(share, len(photos))),
            "class_accuracies": dict(
                zip(trained.classes, class_accuracies(confusion), strict=True)
            ),
            "confusion_matrix": confusion.tolist(),
        },
        "cross_entropy": {
            "value": classification_loss(logits, labels, trained.head).item(),
            "split": split,
            "measured": "mean over the photos of minus the logarithm of what the right class gets, "
            "fp32",
            "unit": "nats",
        },
    }
