"""A photo as the page keeps it: reduced, as a JPEG, with a number of its own."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from demo_app.images import open_image

SIDE = 640
"""Pixels of the longer side; the network looks at 224."""

MAX_PHOTO_BYTES = 2_000_000
"""Of one photo, which the page has reduced before it sends it."""

THUMBNAIL = (144, 144)


@dataclass(frozen=True, kw_only=True)
class KeptPhoto:
    """A photo: its number never changes, whichever class it lies in; ``data`` is its file."""

    number: int
    name: str
    data: bytes
    sha256: str

    def thumbnail(self) -> bytes:
        """A small JPEG, a few kB."""
        picture = open_image(self.data)
        picture.thumbnail(THUMBNAIL)
        return encoded(picture, quality=75)


def reduced(data: bytes) -> bytes:
    """A photo as a JPEG of ``SIDE`` pixels at most, as the page sends it.

    Raises:
        InvalidInput: it is no picture, damaged or too large.
    """
    picture = open_image(data)
    picture.thumbnail((SIDE, SIDE))
    return encoded(picture, quality=90)


def encoded(picture: Image.Image, *, quality: int) -> bytes:
    """The picture as a JPEG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
