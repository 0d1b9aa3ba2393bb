"""CIFAR-10: 50,000 photos to train with and 10,000 to test with, each 32 x 32, of ten classes.

Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009,
https://www.cs.toronto.edu/~kriz/cifar.html.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from demo_app.errors import DemoError

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
SIDE = 32
ARCHIVE = "cifar10.zip"


@dataclass(frozen=True, kw_only=True)
class Photos:
    """One split.

    Attributes:
        images: ``(n, 3, 32, 32)`` of uint8: red, green, blue.
        labels: ``(n,)`` of int64, places in ``CLASSES``.
        origin: where the pixels come from, in words: the set itself, or JPEG copies of it.
    """

    images: Tensor
    labels: Tensor
    origin: str

    def __len__(self) -> int:
        return len(self.images)


def read(folder: Path | None, split: str) -> Photos:
    """The ``train`` or ``test`` split.

    Args:
        folder: with ``cifar10.zip``, which holds ``train/airplane/….jpg`` and so on, or with those
            folders themselves; None downloads the original set.
        split: ``train`` or ``test``.

    Raises:
        DemoError: a class is missing, a picture is damaged or of another size, or the set cannot be
            downloaded.
    """
    if folder is None:
        return _original(split)
    archive = folder / ARCHIVE
    opened = _from_archive(archive, split) if archive.is_file() else _from_folder(folder, split)
    pixels: list[np.ndarray] = []
    labels: list[int] = []
    for label, image in opened:
        pixels.append(np.asarray(image))
        labels.append(label)
    counts = np.bincount(np.array(labels, dtype=np.int64), minlength=len(CLASSES))
    if not counts.all():
        missing = ", ".join(CLASSES[place] for place in np.flatnonzero(counts == 0))
        raise DemoError(f"There are no {split} pictures of {missing} in {folder}.")
    images = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()
    return Photos(images=images, labels=torch.tensor(labels), origin="JPEG copies, lossy")


def _from_archive(path: Path, split: str) -> Iterator[tuple[int, Image.Image]]:
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                place = name.split("/")
                if len(place) == 3 and place[0] == split and place[1] in CLASSES and place[2]:
                    with archive.open(name) as file:
                        yield CLASSES.index(place[1]), _picture(file, name)
    except (OSError, zipfile.BadZipFile) as error:
        raise DemoError(f"{path} cannot be read ({error}).") from error


def _from_folder(folder: Path, split: str) -> Iterator[tuple[int, Image.Image]]:
    for label, name in enumerate(CLASSES):
        for path in sorted((folder / split / name).glob("*.*")):
            yield label, _picture(path, str(path))


def _picture(file: object, name: str) -> Image.Image:
    try:
        image = Image.open(file).convert("RGB")  # type: ignore[arg-type]
    except (OSError, UnidentifiedImageError) as error:
        raise DemoError(f"{name} is no picture that can be read.") from error
    if image.size != (SIDE, SIDE):
        raise DemoError(f"{name} has {image.width} x {image.height} pixels, CIFAR-10's have 32.")
    return image


def _original(split: str) -> Photos:
    from platformdirs import user_cache_path
    from torchvision.datasets import CIFAR10

    root = user_cache_path("demo_app", appauthor=False) / "cifar10"
    try:
        found = CIFAR10(root, train=split == "train", download=True)
    except (OSError, RuntimeError) as error:
        raise DemoError(
            f"CIFAR-10 could not be downloaded ({error}). Put a {ARCHIVE} with train/ and test/, "
            "and in them a folder of pictures for each class, into a folder and give that with "
            "--data."
        ) from error
    images = torch.from_numpy(found.data).permute(0, 3, 1, 2).contiguous()
    return Photos(images=images, labels=torch.tensor(found.targets), origin="the original pixels")
