"""How good a stored head or network is: ``demo-app evaluate image_classifier --model NAME``."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from demo_app import DemoError, EvaluationJob

from .architectures.scratch_networks import read_pictures, scaled
from .lessons.confusion import accuracy, class_accuracies, confusion_matrix, decide, wilson_interval
from .photographs.features import extract_photos, load_shipped_backbone
from .photographs.photos import read_class_folders
from .photographs.preprocessing import Preprocessing
from .shipped_heads import SHIPPED_HEADS
from .shipped_networks import SHIPPED_NETWORKS
from .transfer.heads import Head
from .transfer.logits import classification_loss
from .transfer.trained_heads import TrainedHead

Metrics = dict[str, dict[str, Any]]
BATCH = 250
SETS = {"convnet_mnist": "MNIST", "resnet_cifar10": "CIFAR-10"}


def evaluate(job: EvaluationJob) -> Metrics:
    """Accuracy and cross-entropy, with the confusion matrix.

    Of a head on the validation photos, of a network from scratch on its data set's test split.
    Nothing of the backbone, whose accuracy was published by its authors.

    Raises:
        DemoError: the data is not there, or the head belongs to another backbone.
    """
    if job.model in SHIPPED_HEADS:
        return _evaluate_head(job)
    return _evaluate_network(job) if job.model in SHIPPED_NETWORKS else {}


def _evaluate_head(job: EvaluationJob) -> Metrics:
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
    rule = (
        f"{trained.classes[1]} where the sigmoid of the logit is above 0.5, else "
        f"{trained.classes[0]}"
        if trained.head.kind == "binary"
        else "argmax of the logits"
    )
    return _metrics(
        logits,
        labels,
        trained.head,
        trained.classes,
        split=f"val, {len(photos)} photos of {len(trained.classes)} classes",
        rule=f"{rule}; one centre crop a photo, fp32",
    )


def _evaluate_network(job: EvaluationJob) -> Metrics:
    pictures = read_pictures(job.model, job.data, "test")
    preprocessing = Preprocessing.from_metadata(job.metadata.preprocessing)
    device = next(job.module.parameters()).device
    job.report(f"{len(pictures.labels):,} pictures ({pictures.origin}) …")
    logits = torch.cat(
        [
            job.module(scaled(images, preprocessing).to(device)).float().cpu()
            for images in pictures.images.split(BATCH)
        ]
    )
    return _metrics(
        logits,
        pictures.labels,
        Head(kind="linear"),
        tuple(job.metadata.classes),
        split=f"{SETS[job.model]} test, {len(logits):,} pictures ({pictures.origin})",
        rule="argmax of the logits; each picture once, fp32",
    )


def _metrics(
    logits: Tensor, labels: Tensor, head: Head, classes: tuple[str, ...], *, split: str, rule: str
) -> Metrics:
    confusion = confusion_matrix(labels, decide(logits, head), len(classes))
    share = accuracy(confusion)
    return {
        "accuracy": {
            "value": share,
            "split": split,
            "measured": rule,
            "interval": list(wilson_interval(share, len(labels))),
            "class_accuracies": dict(zip(classes, class_accuracies(confusion), strict=True)),
            "confusion_matrix": confusion.tolist(),
        },
        "cross_entropy": {
            "value": classification_loss(logits, labels, head).item(),
            "split": split,
            "measured": "mean over the photos of minus the logarithm of what the right class gets, "
            "fp32",
            "unit": "nats",
        },
    }
