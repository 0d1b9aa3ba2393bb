"""Files at the border of the server: only what a visitor uploaded comes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gradio import processing_utils, utils
from gradio.data_classes import FileData

from demo_app.errors import InvalidInput
from demo_app.files import File
from demo_app.surfaces.wire import FILE_MARK, is_file_reference

REFUSAL = "A file is uploaded first and then named by its upload; other places are not read."


def refuse_foreign_files(payload: Any, *, opens_files: bool) -> None:
    """Refuse a payload that names a file which its sender did not upload.

    Gradio itself checks only file references that carry its mark, and follows those whose path
    is a URL; components that open files also open unmarked ones.

    Args:
        payload: one input of an event, as it came.
        opens_files: whether the component opens what it is given.

    Raises:
        InvalidInput: it names anything but an upload.
    """
    for reference in _references(payload):
        marked = is_file_reference(reference)
        if not marked and not opens_files:
            continue
        url = reference.get("url")
        inline = str(url or "").startswith("data:")
        if not marked or inline or not _is_upload(reference["path"]):
            raise InvalidInput(REFUSAL)


def read_upload(reference: Any) -> File | None:
    """The uploaded file that a marked reference names; None if it is no such reference.

    Raises:
        InvalidInput: it names a file outside of the uploads.
    """
    if not isinstance(reference, Mapping) or reference.get("meta") != FILE_MARK:
        return None
    path = Path(str(reference.get("path")))
    if not _is_upload(path) or not path.is_file():
        raise InvalidInput(REFUSAL)
    return File(name=str(reference.get("orig_name") or path.name), data=path.read_bytes())


def keep_for_download(file: File, cache: str) -> dict[str, Any]:
    """Store a result's file where Gradio serves it from, and the reference that clients follow."""
    path = processing_utils.save_bytes_to_cache(file.data, file.name, cache)
    reference: dict[str, Any] = FileData(
        path=path, orig_name=file.name, size=len(file.data)
    ).model_dump()
    return reference


def _is_upload(path: Any) -> bool:
    """Whether a path, links resolved, lies in the folder of uploads and results."""
    try:
        resolved = Path(str(path)).resolve()
    except (OSError, ValueError):
        return False
    return resolved.is_relative_to(Path(utils.get_upload_folder()).resolve())


def _references(payload: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(payload, Mapping):
        if "path" in payload:
            yield payload
        for member in payload.values():
            yield from _references(member)
    elif isinstance(payload, list | tuple):
        for member in payload:
            yield from _references(member)
