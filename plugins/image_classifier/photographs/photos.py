"""Photos for training: read, told apart by content, decoded no larger than needed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from demo_app import DemoError
from demo_app.images import FORMATS, as_rgb, readable_errors

if TYPE_CHECKING:
    from .preprocessing import Preprocessing

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
MAX_PHOTO_BYTES = 50_000_000
MARGIN = 2
"""A JPEG is decoded at an eighth, a quarter or half of its size, if so much more than the short
side that the network wants is left: Pillow's ``thumbnail`` leaves as much."""


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One photo with its class; its bytes are read when they are needed, and not kept.

    Attributes:
        name: of its file, for people.
        label: index of its class.
        read: its file's content, or the picture itself.
    """

    name: str
    label: int
    read: Callable[[], bytes | Image.Image]


def content_hash(source: bytes | Image.Image) -> str:
    """The SHA-256 of a file, or of a picture's pixels: equal only for the same photo."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    shape = f"{source.mode} {source.size}\n".encode()
    return hashlib.sha256(shape + source.tobytes()).hexdigest()


def picture_of(source: bytes | Image.Image, side: int) -> Image.Image:
    """A photo as RGB; a large JPEG is not decoded in full.

    Args:
        source: a file's content, or the picture itself.
        side: what its short side will be reduced to.

    Raises:
        InvalidInput: no picture, damaged, or too large.
    """
    if isinstance(source, Image.Image):
        return as_rgb(source)
    with readable_errors(), Image.open(io.BytesIO(source), formats=FORMATS) as image:
        image.draft("RGB", (MARGIN * side, MARGIN * side))
        return as_rgb(image)


def crop_for(source: bytes | Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """The part of a photo that the network will see; a large JPEG is never decoded in full.

    Raises:
        InvalidInput: no picture, damaged, or too large.
    """
    return preprocessing.crop_picture(picture_of(source, preprocessing.resize))


def read_class_folders(folder: Path, classes: Sequence[str]) -> list[Photo]:
    """The photos in the folders of a folder that are named as the classes, in order of their names.

    Only for a folder that the user of a command line names; other folders in it are left alone.

    Raises:
        DemoError: the folder of a class is missing or holds no photo.
    """
    photos: list[Photo] = []
    for label, name in enumerate(classes):
        inside = folder / name
        paths = sorted(inside.iterdir()) if inside.is_dir() else []
        found = [path for path in paths if path.suffix.lower() in SUFFIXES and path.is_file()]
        if not found:
            raise DemoError(
                f"There are no photos of the class {name}. --data is a folder with train/ and "
                f"val/, each with a folder of photos for every class: {', '.join(classes)}."
            )
        photos += [Photo(name=p.name, label=label, read=p.read_bytes) for p in found]
    return photos
