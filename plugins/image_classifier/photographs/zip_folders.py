"""A zip of class folders, read in place: nothing in it is ever written to a disk.

A zip can claim to be small and be endless, name places outside itself, hold links and what is no
photo. So its list is checked first, and every entry is read up to a limit, whatever it claims.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from demo_app import File, InvalidInput
from demo_app.errors import shorten

from .photos import MAX_PHOTO_BYTES, SUFFIXES

MAX_ENTRIES = 20_000
MAX_TOTAL_BYTES = 2_000_000_000
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Only these are unpacked piece by piece; of the others a few bytes can fill the memory at once."""

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What ``zipfile`` raises on damaged files; text that is no UTF-8 is a ``ValueError``."""


class ZipFolders:
    """The class folders of a zip.

    Raises:
        InvalidInput: no zip, damaged, encrypted, too large once unpacked, compressed otherwise than
            by deflate, or with entries that are links or lie outside of it.

    Attributes:
        members: names of the photos by class, in order of their names.
        others: files that are no photos in a class folder, each with the reason.
    """

    def __init__(self, file: File) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(file.data))
        except DAMAGED as error:
            raise InvalidInput(
                "The file is no zip, or a damaged one. Make a zip with a folder of photos for "
                "every class."
            ) from error
        entries = list(_checked(self._zip.infolist()))
        top = _shared_folder([PurePosixPath(entry.filename) for entry in entries])
        self.members: dict[str, list[str]] = {}
        self.others: list[tuple[str, str]] = []
        for entry in sorted(entries, key=lambda entry: entry.filename):
            path = PurePosixPath(entry.filename)
            if path.is_relative_to(top):
                path = path.relative_to(top)
            if path.suffix.lower() not in SUFFIXES:
                self.others.append((str(path), "it is no photo by its name"))
            elif len(path.parts) != 2:
                where = "lies in no class folder" if len(path.parts) < 2 else "lies too deep"
                self.others.append((str(path), f"it {where}: class/photo is the order"))
            else:
                self.members.setdefault(path.parts[0], []).append(entry.filename)

    def read(self, name: str) -> bytes:
        """The content of a photo.

        Raises:
            InvalidInput: it is damaged, or larger than a photo may be.
        """
        try:
            with self._zip.open(name) as member:
                data = member.read(MAX_PHOTO_BYTES + 1)
        except DAMAGED as error:
            raise InvalidInput("It is damaged in the zip.") from error
        if len(data) > MAX_PHOTO_BYTES:
            raise InvalidInput(f"It is larger than {MAX_PHOTO_BYTES // 1_000_000} MB.")
        return data


def _checked(entries: list[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    """The entries that are files, without what systems add of their own."""
    if len(entries) > MAX_ENTRIES:
        raise InvalidInput(f"The zip has {len(entries):,} entries; the limit is {MAX_ENTRIES:,}.")
    if sum(entry.file_size for entry in entries) > MAX_TOTAL_BYTES:
        limit = MAX_TOTAL_BYTES // 1_000_000_000
        raise InvalidInput(f"The zip is too large once it is unpacked; the limit is {limit} GB.")
    for entry in entries:
        name = entry.filename
        parts = PurePosixPath(name).parts
        if re.match("/|[A-Za-z]:", name) or "\\" in name or ".." in parts:
            raise InvalidInput(
                f"The zip names a place outside of itself ({shorten(name)!r}), so it is not read."
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise InvalidInput(
                f"The zip holds a link ({shorten(name)!r}). Put the photo itself there."
            )
        if entry.flag_bits & 1:
            raise InvalidInput("The zip is encrypted. Make one without a password.")
        if entry.compress_type not in COMPRESSIONS:
            raise InvalidInput(
                f"The zip is compressed in a way that is not read here ({shorten(name)!r}). "
                "Make one with the usual compression, deflate."
            )
        if not entry.is_dir() and not any(p.startswith((".", "__MACOSX")) for p in parts):
            yield entry


def _shared_folder(paths: list[PurePosixPath]) -> PurePosixPath:
    """The folder around the class folders, if any: ``flowers`` of ``flowers/roses/1.jpg``."""
    photos = [p for p in paths if p.suffix.lower() in SUFFIXES and len(p.parts) > 1]
    if not photos:
        return PurePosixPath()
    shared = min((path.parts[:-2] for path in photos), key=len)
    inside = all(path.parts[: len(shared)] == shared for path in photos)
    return PurePosixPath(*shared) if inside else PurePosixPath()
