"""How the heads that ship are made: features of a folder's photos, then a fit of a second."""

from __future__ import annotations

from dataclasses import asdict, replace

import torch
from torch import Tensor

from demo_app import DemoError, TrainJob
from demo_app.checkpoints import CheckpointMetadata

from ..photographs.features import extract_photos, load_shipped_backbone
from ..photographs.photos import read_class_folders
from ..shipped_heads import BACKBONE, SHIPPED_HEADS
from ..transfer.fingerprint import backbone_sha256
from ..transfer.heads import Head
from ..transfer.trained_heads import TrainedHead
from .fitting import Labelled, Recipe, fit

RECIPE = Recipe(optimizer="lbfgs", epochs=200, weight_decay=1e-2)
SIDE = 320
"""Of the square that the network sees: more than the 224 that it was trained with, which keeps
objects at the apparent size that they had in training (Touvron et al., "Fixing the train-test
resolution discrepancy", NeurIPS 2019, arXiv:1906.06423)."""
SOURCE = (
    "demo-app train image_classifier --model {model} --data DIR, on the frozen {backbone}; photos: "
    "TensorFlow's flower_photos, "
    "https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz, "
    "CC BY 2.0, photographers named in its LICENSE.txt; 200 training photos a class, which are not "
    "in the file"
)
TRIED = (
    "Five-fold cross-validation on the training photos alone. Side of the input 224, 256, 320 "
    "(roses or tulips, weight decay 0.01, three repeats): cross-entropy 0.238, 0.222, 0.204, "
    "accuracy 0.898, 0.904, 0.905; features averaged over the three: 0.210, 0.907. At 224, five "
    "flowers: weight decay of LBFGS 0.001, 0.003, 0.01, 0.02, 0.04: cross-entropy 0.306, 0.288, "
    "0.284, 0.292, 0.312; with mirror images (weight decay 0.01) 0.277, with those and a random "
    "crop 0.274, accuracy 0.902, 0.898, 0.896 without, with the first, with both; AdamW with "
    "mirror images, 20 to 40 epochs, learning rate 0.0003 to 0.001: cross-entropy 0.276 to 0.293, "
    "accuracy 0.908 to 0.910; label smoothing 0.1 (weight decay 0.01): cross-entropy 0.385, "
    "accuracy 0.901. Differences in accuracy below 0.01 are within the noise."
)


def train_shipped_head(job: TrainJob) -> tuple[dict[str, Tensor], CheckpointMetadata]:
    """The head called ``job.model``, fitted to all photos in the folder's ``train``.

    ``val`` is not looked at here; ``demo-app evaluate`` measures on it.

    Raises:
        DemoError: there is no data folder, or a class in it has no photos.
    """
    shipped, head = SHIPPED_HEADS[job.model], Head(kind=SHIPPED_HEADS[job.model].kind)
    if job.data is None:
        raise DemoError("Name a folder with train/ and a folder of photos for every class: --data.")
    network, preprocessing = load_shipped_backbone(torch.device("cpu"))
    photos = read_class_folders(job.data / "train", shipped.classes)
    labels = torch.tensor([photo.label for photo in photos])
    preprocessing = replace(preprocessing, resize=SIDE, crop=SIDE)
    job.report(f"Features of {len(photos)} photos …")
    training = Labelled(features=extract_photos(network, photos, preprocessing), labels=labels)
    *_, last = fit(
        training, None, head, len(shipped.classes), RECIPE, torch.Generator().manual_seed(0)
    )
    job.report(f"{last.number} steps: loss {last.loss:.4f}, accuracy {last.accuracy:.4f}.")
    trained = TrainedHead(
        head=head,
        classes=shipped.classes,
        backbone=BACKBONE,
        backbone_sha256=backbone_sha256(network),
        preprocessing=preprocessing,
        tensors=last.tensors,
        training={
            "recipe": asdict(RECIPE),
            "photos": [int(count) for count in labels.bincount()],
            "views": "the square in the middle of each photo",
            "steps": last.number,
            "loss": last.loss,
            "accuracy": last.accuracy,
            "tried": TRIED,
        },
    )
    return dict(trained.tensors), describe(trained, job.model)


def describe(trained: TrainedHead, model: str) -> CheckpointMetadata:
    """What the checkpoint of a shipped head says of itself."""
    return CheckpointMetadata(
        architecture=f"{trained.head.kind} head on {trained.backbone}",
        license="Apache-2.0",
        source=SOURCE.format(model=model, backbone=trained.backbone),
        config=trained.config(),
        classes=list(trained.classes),
        preprocessing=trained.preprocessing.to_metadata(),
        training=dict(trained.training),
    )
