"""Arguments and results as JSON: what is a picture or a file travels beside it.

Each surface says how a file is read and where one is kept; the walk over values is the same.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from PIL import Image
from pydantic_core import to_jsonable_python

from demo_app.annotations import holds
from demo_app.errors import ActionFailed
from demo_app.files import File
from demo_app.images import encode_png, open_image
from demo_app.redaction import redact

FILE_MARK = {"_type": "gradio.FileData"}
"""The mark by which Gradio and its clients know a file in JSON."""


def decode(value: Any, annotation: Any, read: Callable[[Any], File | None]) -> Any:
    """Replace the references to files in an argument by pictures and files.

    Only where the annotation asks for one is a reference followed. What ``read`` does not
    recognise stays as it is, for the validation to refuse.

    Raises:
        InvalidInput: a picture cannot be opened.
    """
    if annotation is File:
        return read(value) or value
    if annotation is Image.Image:
        file = read(value)
        return value if file is None else open_image(file.data)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        hints = typing.get_type_hints(annotation)
        return _members(value, lambda name, v: decode(v, hints.get(name), read))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return decode(value, arguments[0], read)
    if origin in (Union, types.UnionType):
        options = (o for o in arguments if holds(o, Image.Image) or holds(o, File))
        decoded = (decode(value, option, read) for option in options)
        return next((found for found in decoded if found is not value), value)
    if origin is tuple and Ellipsis not in arguments and isinstance(value, list):
        padded = itertools.zip_longest(value, arguments[: len(value)])
        return [decode(member, kind, read) for member, kind in padded]
    if origin in (list, tuple, Sequence) and isinstance(value, list) and arguments:
        return [decode(member, arguments[0], read) for member in value]
    if origin in (dict, Mapping) and arguments:
        return _members(value, lambda _, v: decode(v, arguments[1], read))
    return value


def encode(value: Any, keep: Callable[[File], Any]) -> Any:
    """A result as JSON-able data; ``keep`` stores each picture (as PNG) and file in it.

    Not-a-number and infinity, which JSON lacks, become None; secrets become dots. Plain data that
    imitates a file reference loses its mark, so that nothing but what ``keep`` stored is ever
    served.

    Raises:
        ActionFailed: the result holds something that is no plain data, such as a tensor.
    """
    if isinstance(value, Image.Image):
        return keep(File(name="image.png", data=encode_png(value)))
    if isinstance(value, File):
        return keep(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        members = {redact(str(name)): encode(member, keep) for name, member in value.items()}
        if is_file_reference(members):
            del members["meta"]
        return members
    if isinstance(value, list | tuple | set | frozenset):
        return [encode(member, keep) for member in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, int | float | bool):
        return value
    try:
        plain = to_jsonable_python(value)
    except (ValueError, RecursionError) as error:
        raise ActionFailed(f"The result holds a {type(value).__name__}: no plain data.") from error
    return encode(plain, keep)


def is_file_reference(value: Any) -> bool:
    """Whether Gradio would take a value for a file: it reads the mark more loosely than we do."""
    if not isinstance(value, Mapping) or not isinstance(value.get("path"), str):
        return False
    mark = value.get("meta", {})
    return not isinstance(mark, Mapping) or mark.get("_type") == FILE_MARK["_type"]


def _members(value: Any, convert: Callable[[str, Any], Any]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: convert(name, member) for name, member in value.items()}
