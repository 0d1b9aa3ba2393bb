"""The loop of PyTorch's transfer-learning tutorial, with its settings, on a given network.

What it does is what the tutorial does under "ConvNet as fixed feature extractor": every parameter
but those of a new last layer without gradients, the whole network in train mode, random crops and
mirror images, batches of four from four worker processes, SGD with momentum, the learning rate
divided by ten every seven epochs, the held-out photos after each, the best epoch kept.

Source: https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

EPOCHS = 25


@dataclass(frozen=True, kw_only=True)
class Loop:
    """How long the loop took, and the accuracy of its best epoch on the photos held out."""

    seconds: float
    accuracy: float


def run_tutorial(
    network: nn.Module,
    last_layer: nn.Linear,
    data: Path,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    epochs: int = EPOCHS,
) -> Loop:
    """Train the last layer of a network on ``data/train``, measuring on ``data/val``.

    Args:
        network: with pre-trained weights; changed in place.
        last_layer: the new layer, which is in the network.
        data: has ``train`` and ``val``, each with a folder of photos for every class.
        mean: by which channels are normalised, on the scale 0…1.
        std: the same.
        epochs: the tutorial takes 25.
    """
    as_numbers = [transforms.ToTensor(), transforms.Normalize(mean, std)]
    training_views = [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip()]
    views = {
        "train": transforms.Compose(training_views + as_numbers),
        "val": transforms.Compose(
            [transforms.Resize(256), transforms.CenterCrop(224), *as_numbers]
        ),
    }
    loaders = {
        split: DataLoader(
            datasets.ImageFolder(data / split, view), batch_size=4, shuffle=True, num_workers=4
        )
        for split, view in views.items()
    }
    network.requires_grad_(False)
    last_layer.requires_grad_(True)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(last_layer.parameters(), lr=0.001, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    started, best = time.perf_counter(), 0.0
    for _ in range(epochs):
        for split, loader in loaders.items():
            training = split == "train"
            network.train(training)
            right, count = 0, 0
            for images, labels in loader:
                optimizer.zero_grad()
                with torch.set_grad_enabled(training):
                    outputs = network(images)
                    loss = criterion(outputs, labels)
                    if training:
                        loss.backward()
                        optimizer.step()
                right += int((outputs.argmax(1) == labels).sum())
                count += len(labels)
            if training:
                scheduler.step()
            else:
                best = max(best, right / count)
    return Loop(seconds=time.perf_counter() - started, accuracy=best)
