"""The recipes of the networks that are trained from scratch and ship, and their data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from demo_app import TrainJob
from demo_app.checkpoints import CheckpointMetadata
from demo_app.classifier_training import ClassifierRecipe, ClassifierTraining, Restart
from demo_app.datasets import cifar10, mnist

from ..models import build_model
from ..photographs.preprocessing import Preprocessing
from ..shipped_networks import SHIPPED_NETWORKS

CIFAR10_PREPROCESSING = Preprocessing(
    resize=cifar10.SIDE,
    crop=cifar10.SIDE,
    interpolation="bicubic",
    mean=(125.3, 123.0, 113.9),
    std=(63.0, 62.1, 66.7),
)
"""Mean and standard deviation of the training split, as commonly stated."""
MNIST_PREPROCESSING = Preprocessing(
    resize=mnist.SIDE, crop=mnist.SIDE, interpolation="bilinear", mean=(127.5,), std=(127.5,)
)
MNIST_RECIPE = ClassifierRecipe(
    optimizer="adamw",
    epochs=15,
    learning_rate=2e-3,
    weight_decay=0.01,
    turn=10.0,
    shift=0.08,
    resize=0.1,
)
CIFAR10_RECIPE = ClassifierRecipe(
    optimizer="sgd",
    epochs=20,
    learning_rate=0.2,
    restarts=(Restart(epochs=24, learning_rate=0.15, erased=10),),
    weight_decay=5e-4,
    label_smoothing=0.1,
    mirror=True,
    border=4,
)


@dataclass(frozen=True, kw_only=True)
class LabelledPictures:
    """One split of a data set.

    Attributes:
        images: ``(n, C, side, side)`` of uint8.
        labels: ``(n,)`` of int64.
        origin: what the pictures are, in words.
    """

    images: Tensor
    labels: Tensor
    origin: str


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """What one network learns from, and how.

    Attributes:
        recipe: how.
        preprocessing: from pictures to the network's inputs.
        source: the data set and those who made it.
    """

    recipe: ClassifierRecipe
    preprocessing: Preprocessing
    source: str


SCRATCH = {
    "convnet_mnist": Scratch(
        recipe=MNIST_RECIPE,
        preprocessing=MNIST_PREPROCESSING,
        source="MNIST, Y. LeCun, C. Cortes, C. Burges, http://yann.lecun.com/exdb/mnist/",
    ),
    "resnet_cifar10": Scratch(
        recipe=CIFAR10_RECIPE,
        preprocessing=CIFAR10_PREPROCESSING,
        source="CIFAR-10, A. Krizhevsky, V. Nair, G. Hinton, "
        "https://www.cs.toronto.edu/~kriz/cifar.html",
    ),
}


def read_pictures(model: str, folder: Path | None, split: str) -> LabelledPictures:
    """The ``train`` or ``test`` split that belongs to a network.

    Raises:
        DemoError: it is not in the folder, or cannot be downloaded.
    """
    if model == "convnet_mnist":
        digits = mnist.read(folder, split)
        return LabelledPictures(
            images=digits.images[:, None], labels=digits.labels, origin="the original pixels"
        )
    photos = cifar10.read(folder, split)
    return LabelledPictures(images=photos.images, labels=photos.labels, origin=photos.origin)


def scaled(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Pictures of uint8 ``(n, C, side, side)`` as a network sees them, float32."""
    mean, std = (
        torch.tensor(values)[:, None, None] for values in (preprocessing.mean, preprocessing.std)
    )
    return (images.float() - mean) / std


def train_from_scratch(job: TrainJob) -> tuple[dict[str, Tensor], CheckpointMetadata]:
    """The network called ``job.model``; it goes on from ``job.state`` if it was interrupted.

    The test split is not looked at here; ``demo-app evaluate`` measures on it.

    Raises:
        DemoError: the data set is not there.
    """
    scratch = SCRATCH[job.model]
    pictures = read_pictures(job.model, job.data, "train")
    job.report(f"{len(pictures.labels):,} pictures ({pictures.origin}) …")
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(scratch.recipe.seed)
        training = ClassifierTraining(
            build_model(job.model),
            pictures.images,
            pictures.labels,
            lambda images: scaled(images, scratch.preprocessing),
            scratch.recipe,
            job.state,
            job.report,
        )
        training.resume()
        network = training.train()
    tensors = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
    }
    return tensors, CheckpointMetadata(
        architecture=type(network).__name__,
        license="Apache-2.0",
        source=f"demo-app train image_classifier --model {job.model}; pictures: {scratch.source}, "
        f"{pictures.origin}",
        classes=list(SHIPPED_NETWORKS[job.model].classes),
        preprocessing=scratch.preprocessing.to_metadata(),
        training=training.record(),
    )
