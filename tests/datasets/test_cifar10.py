"""CIFAR-10 is read from a zip or from folders, and refused where it is not CIFAR-10."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from demo_app import DemoError
from demo_app.datasets import cifar10


def png(label: int, side: int = 32) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), (label * 20, 0, 255)).save(buffer, "PNG")
    return buffer.getvalue()


def files(split: str = "train", each: int = 2) -> dict[str, bytes]:
    """A tiny set whose red says the class."""
    return {
        f"{split}/{name}/{number:04}.png": png(label)
        for label, name in enumerate(cifar10.CLASSES)
        for number in range(each)
    }


def zipped(folder: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / "cifar10.zip", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return folder


def unpacked(folder: Path, members: dict[str, bytes]) -> Path:
    for name, data in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("lay_out", [zipped, unpacked])
def test_each_picture_gets_the_class_of_its_folder(
    tmp_path: Path, lay_out: Callable[[Path, dict[str, bytes]], Path]
) -> None:
    photos = cifar10.read(lay_out(tmp_path, files()), "train")

    assert len(photos) == 20
    assert photos.images.shape == (20, 3, 32, 32)
    assert photos.images.dtype == torch.uint8
    assert photos.labels.bincount().tolist() == [2] * 10
    assert photos.images[:, 0, 0, 0].equal((photos.labels * 20).to(torch.uint8))
    assert (photos.images[:, 2] == 255).all()


def test_what_is_read_from_a_folder_says_that_it_is_lossy(tmp_path: Path) -> None:
    assert "lossy" in cifar10.read(zipped(tmp_path, files()), "train").origin


def test_the_other_split_is_left_alone(tmp_path: Path) -> None:
    folder = zipped(tmp_path, files("train", 1) | files("test", 3))

    assert len(cifar10.read(folder, "test")) == 30


def test_a_missing_class_is_named(tmp_path: Path) -> None:
    members = {name: data for name, data in files().items() if "/frog/" not in name}

    with pytest.raises(DemoError, match="no train pictures of frog"):
        cifar10.read(zipped(tmp_path, members), "train")


@pytest.mark.parametrize(
    ("data", "complaint"),
    [(b"no picture", "no picture that can be read"), (png(0, 31), "31 x 31 pixels")],
)
def test_a_wrong_picture_is_named(tmp_path: Path, data: bytes, complaint: str) -> None:
    members = files() | {"train/bird/odd.png": data}

    with pytest.raises(DemoError, match=rf"train/bird/odd\.png .*{complaint}"):
        cifar10.read(zipped(tmp_path, members), "train")


def test_a_damaged_zip_is_named(tmp_path: Path) -> None:
    (tmp_path / "cifar10.zip").write_bytes(b"PK no zip")

    with pytest.raises(DemoError, match=r"cifar10\.zip cannot be read"):
        cifar10.read(tmp_path, "train")


def test_a_download_that_fails_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr("torchvision.datasets.CIFAR10", refuse)

    with pytest.raises(DemoError, match=r"no network.*--data"):
        cifar10.read(None, "test")
