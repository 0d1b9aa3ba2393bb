"""The photos of a visitor, by class, brought into one form, counted and told apart."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from demo_app import File, InvalidInput
from demo_app.errors import shorten

from ..results import SkippedPhoto
from .class_names import checked
from .photos import MAX_PHOTO_BYTES, Photo
from .zip_folders import ZipFolders

MAX_PHOTOS = 5000
ENOUGH = 2
"""Photos that a class needs: one to learn from and one to be measured on."""

Read = Callable[[], bytes | Image.Image]
Given = Mapping[str, Sequence[File | Image.Image]]


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Classes and photos, none of them opened yet.

    Attributes:
        classes: names in the order in which they were given; of a zip, sorted.
        photos: class by class.
        skipped: files that were left out, with the reason.
    """

    classes: tuple[str, ...]
    photos: list[Photo]
    skipped: list[SkippedPhoto]


def gather(
    images: Given | None, archive: File | None, *, least: int = ENOUGH, least_classes: int = 2
) -> Gathered:
    """Photos by class, or a zip of class folders.

    Args:
        images: photos by the name of their class.
        archive: a zip, instead.
        least: photos that each class needs.
        least_classes: classes that are needed: two to tell apart; of photos that a head is only
            measured on, one will do.

    Raises:
        InvalidInput: neither or both are given; there are too few or too many classes or photos; a
            name cannot be that of a class; the zip is not to be read.
    """
    if (images is None) == (archive is None):
        raise InvalidInput("Give either images, photos by class, or archive, a zip of folders.")
    if archive is not None:
        folders = ZipFolders(archive)
        given: dict[str, list[tuple[str, Read]]] = {
            name: [(member, functools.partial(folders.read, member)) for member in members]
            for name, members in folders.members.items()
        }
        skipped = [
            SkippedPhoto(class_name="", name=shorten(name), reason=reason)
            for name, reason in folders.others
        ]
    else:
        assert images is not None
        given = {
            name: [_named(photo, number) for number, photo in enumerate(photos, 1)]
            for name, photos in images.items()
        }
        skipped = []
    classes = tuple(checked(list(given), least=least_classes))
    require_enough(classes, [len(photos) for photos in given.values()], least)
    total = sum(len(photos) for photos in given.values())
    if total > MAX_PHOTOS:
        raise InvalidInput(f"There are {total:,} photos; the limit is {MAX_PHOTOS:,}.")
    photos = [
        Photo(name=shorten(name), label=label, read=read)
        for label, members in enumerate(given.values())
        for name, read in members
    ]
    return Gathered(classes=classes, photos=photos, skipped=skipped)


def require_enough(classes: Sequence[str], counts: Sequence[int], least: int = ENOUGH) -> None:
    """Refuse classes that have fewer photos than are needed.

    Raises:
        InvalidInput: naming the first such class.
    """
    for name, count in zip(classes, counts, strict=True):
        if count < least:
            has = {0: "no photos", 1: "one photo only"}.get(count, f"{count} photos only")
            raise InvalidInput(
                f"The class {shorten(name)!r} has {has} that can be used. Give each class "
                f"{least} at least, better 10 to 20."
            )


def _named(photo: File | Image.Image, number: int) -> tuple[str, Read]:
    name = photo.name if isinstance(photo, File) else f"photo {number}"
    return name, functools.partial(_content, photo)


def _content(photo: File | Image.Image) -> bytes | Image.Image:
    if isinstance(photo, Image.Image):
        return photo
    if len(photo.data) > MAX_PHOTO_BYTES:
        raise InvalidInput(f"It is larger than {MAX_PHOTO_BYTES // 1_000_000} MB.")
    return photo.data
