"""Where the pictures and files of a result go: to ``--out``, whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from demo_app.actions import Action
from demo_app.annotations import holds
from demo_app.errors import InvalidInput
from demo_app.files import File

_UNTYPED: tuple[Any, ...] = (Any, object, dict, list, tuple)
"""Annotations that leave open what they hold."""

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(kw_only=True)
class KeptFile:
    """A picture or file of a result, and where it was written, if it was."""

    file: File
    path: Path | None = None

    @property
    def is_picture(self) -> bool:
        """Whether it holds a picture, which may be written in another format."""
        return self.file.data.startswith(_PNG)

    def __str__(self) -> str:
        if self.is_picture:
            with Image.open(io.BytesIO(self.file.data)) as picture:
                what = f"picture, {picture.width}×{picture.height}"
        else:
            what = f"{self.file.name}, {len(self.file.data):,} bytes"
        return f"{self.path} ({what})" if self.path else f"({what})"

    def to_json(self) -> dict[str, Any]:
        """Its name, size and place; the place is null where it was not written."""
        path = str(self.path) if self.path else None
        return {"name": self.file.name, "bytes": len(self.file.data), "path": path}


class Destination:
    """What ``--out`` names: a file, or a folder (one that exists, or ends with a slash).

    Raises:
        InvalidInput: nothing can be written there.
    """

    def __init__(self, out: str) -> None:
        self.path = Path(out).expanduser()
        self.is_folder = self.path.is_dir() or out.endswith(("/", os.sep))
        folder = self.path if self.path.is_dir() else self.path.parent
        if out == "-":
            raise InvalidInput("--out: give the name of a file, or /dev/stdout")
        if not folder.is_dir():
            raise InvalidInput(f"--out: there is no folder {folder}")

    def check(self, action: Action) -> None:
        """Refuse, before the work is done, a result that could not be written.

        Raises:
            InvalidInput: the action makes no picture or file, or no picture of that format.
        """
        makes_picture = holds(action.returns, Image.Image)
        unsaid = any(holds(action.returns, kind) for kind in _UNTYPED)
        if not makes_picture and not unsaid and not holds(action.returns, File):
            raise InvalidInput(
                f"--out: {action.name} makes no picture or file; redirect what it prints: > FILE"
            )
        if makes_picture and not self.is_folder and self.path.suffix:
            picture_format(self.path)

    def write(self, kept: Sequence[KeptFile]) -> None:
        """Write the pictures and files of one result and note their paths.

        Raises:
            InvalidInput: one cannot be written.
        """
        for file, path in zip(kept, self._places(kept), strict=True):
            data = file.file.data
            if file.is_picture and path.suffix.lower() not in ("", ".png"):
                data = _converted(data, path)
            try:
                if self.is_folder:
                    self.path.mkdir(exist_ok=True)
                _replace(path, data)
            except OSError as error:
                raise InvalidInput(f"--out: {path}: {error.strerror or error}") from error
            file.path = path

    def _places(self, kept: Sequence[KeptFile]) -> Iterator[Path]:
        names = [file.file.name for file in kept]
        for number, file in enumerate(kept, 1):
            name = Path(file.file.name)
            if self.is_folder:
                repeated = names.count(file.file.name) > 1
                yield self.path / (f"{name.stem}-{number}{name.suffix}" if repeated else name)
            elif len(kept) == 1:
                yield self.path
            else:
                suffix = (self.path.suffix or ".png") if file.is_picture else name.suffix
                yield self.path.with_name(f"{self.path.stem}-{number}{suffix}")


def picture_format(path: Path) -> str:
    """Pillow's name of the format that the extension of a path asks for.

    Raises:
        InvalidInput: no picture can be written in it.
    """
    name = Image.registered_extensions().get(path.suffix.lower())
    if name is None or name not in Image.SAVE:
        raise InvalidInput(
            f"--out: no picture can be written as {path.suffix}; .png, .jpg, .webp, .gif, .bmp "
            "and .tiff work"
        )
    return name


def _converted(png: bytes, path: Path) -> bytes:
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        name = picture_format(path)
        try:
            picture.save(buffer, name)
        except OSError:
            # JPEG and others know no transparency.
            buffer.seek(0)
            picture.convert("RGB").save(buffer, name)
    return buffer.getvalue()


def _replace(path: Path, data: bytes) -> None:
    """Write a file beside its place and move it there, so that no half of it is ever seen."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
