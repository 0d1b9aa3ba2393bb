"""Pictures of bars, and idx files as MNIST has them."""

import gzip
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor


def bars(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Pictures ``(count, 28, 28)`` of uint8, each with a bar whose place is its label, and labels.

    The bar's length and shade vary.
    """
    draws = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 10
    pictures = torch.zeros(count, 28, 28, dtype=torch.uint8)
    lengths = torch.randint(8, 20, (count,), generator=draws)
    shades = torch.randint(128, 256, (count,), generator=draws)
    for picture, label, length, shade in zip(pictures, labels, lengths, shades, strict=True):
        picture[4 : 4 + int(length), 4 + 2 * int(label) : 6 + 2 * int(label)] = shade.to(
            torch.uint8
        )
    return pictures, labels


def idx(shape: Sequence[int], data: bytes, kind: int = 8) -> bytes:
    """An idx file."""
    head = bytes([0, 0, kind, len(shape)])
    return head + b"".join(side.to_bytes(4, "big") for side in shape) + data


def write_split(
    folder: Path, split: str, pictures: Tensor, labels: Tensor, *, gz: bool = False
) -> None:
    """Write pictures and labels as MNIST's files of a split are named, ``train`` or ``t10k``."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, tensor in (("images-idx3", pictures), ("labels-idx1", labels.to(torch.uint8))):
        data = idx(tensor.shape, tensor.numpy().tobytes())
        name = f"{split}-{kind}-ubyte"
        if gz:
            (folder / f"{name}.gz").write_bytes(gzip.compress(data))
        else:
            (folder / name).write_bytes(data)
