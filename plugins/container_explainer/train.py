"""How LeNet is trained: ``demo-app train container_explainer --model lenet``."""

from __future__ import annotations

import torch
from torch import Tensor

from demo_app import DemoError, TrainJob
from demo_app.checkpoints import CheckpointMetadata
from demo_app.classifier_training import ClassifierRecipe, ClassifierTraining
from demo_app.datasets import cifar10

from .models import build_model

RECIPE = ClassifierRecipe(
    optimizer="adamw",
    epochs=30,
    learning_rate=4e-3,
    weight_decay=0.02,
    mirror=True,
    border=2,
)
SOURCE = (
    "demo-app train container_explainer --model lenet; photos: CIFAR-10, A. Krizhevsky, V. Nair, "
    "G. Hinton, https://www.cs.toronto.edu/~kriz/cifar.html, {origin}"
)


def scaled(images: Tensor) -> Tensor:
    """Photos of uint8 as the network sees them: float32 in −1…1."""
    return images.float() / 127.5 - 1


def train(job: TrainJob) -> None:
    """Make the checkpoint of LeNet; goes on from ``job.state`` if it was interrupted.

    Raises:
        DemoError: another model is asked for, or CIFAR-10 is not there.
    """
    if job.model != "lenet":
        raise DemoError(f"{job.model} shows its architecture, untrained; lenet can be trained.")
    photos = cifar10.read(job.data, "train")
    job.report(f"{len(photos):,} photos ({photos.origin}) …")
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(RECIPE.seed)
        network = build_model("lenet")
        training = ClassifierTraining(
            network, photos.images, photos.labels, scaled, RECIPE, job.state, job.report
        )
        training.resume()
        network = training.train()
    tensors = {name: t.half().contiguous() for name, t in network.state_dict().items()}
    job.save(
        tensors,
        CheckpointMetadata(
            architecture="LeNet, as nn.Sequential of named parts",
            license="Apache-2.0",
            source=SOURCE.format(origin=photos.origin),
            classes=list(cifar10.CLASSES),
            preprocessing={"size": [cifar10.SIDE, cifar10.SIDE], "range": [-1, 1]},
            training=training.record(),
        ),
    )
