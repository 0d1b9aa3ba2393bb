"""MNIST: 60,000 digits to train with and 10,000 to test with, each 28 x 28."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from demo_app.errors import DemoError

FILES = {"train": "train", "test": "t10k"}
SIDE = 28
UNSIGNED_BYTES = 8


@dataclass(frozen=True, kw_only=True)
class Digits:
    """One split.

    Attributes:
        images: ``(n, 28, 28)`` of uint8; 0 is paper, 255 ink.
        labels: ``(n,)`` of int64, 0…9.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.images)


def read(folder: Path | None, split: str) -> Digits:
    """The ``train`` or ``test`` split from idx files, plain or gzipped; downloaded if no folder.

    Raises:
        DemoError: a file is missing or damaged, or cannot be downloaded.
    """
    root = _download() if folder is None else folder
    images = _idx(root, f"{FILES[split]}-images-idx3-ubyte")
    labels = _idx(root, f"{FILES[split]}-labels-idx1-ubyte")
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE) or len(images) != len(labels):
        raise DemoError(f"The {split} files in {root} are not MNIST's: {tuple(images.shape)}.")
    return Digits(images=images, labels=labels.long())


def to_model(images: Tensor) -> Tensor:
    """Pictures of uint8 ``(n, 28, 28)`` as the networks see them: ``(n, 1, 28, 28)`` in −1…1."""
    return (images.float() / 127.5 - 1)[:, None]


def to_pixels(images: Tensor) -> Tensor:
    """The inverse, rounded: ``(n, 28, 28)`` of uint8 from ``(n, 1, 28, 28)`` in −1…1."""
    return ((images[:, 0] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def _places(root: Path, name: str) -> Iterator[Path]:
    for folder in (root, root / "MNIST" / "raw", root / "raw"):
        yield folder / name
        yield folder / f"{name}.gz"


def _idx(root: Path, name: str) -> Tensor:
    path = next((place for place in _places(root, name) if place.is_file()), None)
    if path is None:
        raise DemoError(f"There is no {name} (plain or .gz) in {root}.")
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DemoError(f"{path} cannot be read ({error}).") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] != UNSIGNED_BYTES:
        raise DemoError(f"{path} is no idx file of bytes.")
    start = 4 + 4 * data[3]
    shape = [int.from_bytes(data[place : place + 4], "big") for place in range(4, start, 4)]
    if len(data) - start != math.prod(shape) or len(data) == start:
        raise DemoError(f"{path} is empty, cut short, or longer than it says.")
    return torch.frombuffer(bytearray(data[start:]), dtype=torch.uint8).view(shape)


def _download() -> Path:
    from platformdirs import user_cache_path
    from torchvision.datasets import MNIST

    root = user_cache_path("demo_app", appauthor=False) / "mnist"
    try:
        for train in (True, False):
            MNIST(root, train=train, download=True)
    except (OSError, RuntimeError) as error:
        raise DemoError(
            f"MNIST could not be downloaded ({error}). Put its four idx files into a folder and "
            "give that with --data."
        ) from error
    return root
