"""Annotations of actions, in pydantic's terms: what is accepted, and the JSON schema of it.

Authors annotate with ``int``, ``PIL.Image.Image``, ``File``, dataclasses …; this module rewrites
those so that pydantic validates and describes them the same way for every surface.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from PIL import Image
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, create_model
from pydantic_core import CoreSchema, core_schema

from demo_app.files import File
from demo_app.images import as_rgb

FILE_SCHEMA = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "meta": {
            "type": "object",
            "properties": {"_type": {"const": "gradio.FileData"}},
            "required": ["_type"],
        },
    },
    "required": ["path", "meta"],
}
"""An uploaded or served file, as Gradio's clients write and read it."""

CONFIG = ConfigDict(extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False)


class _Leaf:
    """A type of ours as pydantic sees it: an instance check, a conversion, a schema."""

    def __init__(self, kind: type, title: str, convert: Any = None) -> None:
        self.kind, self.title, self.convert = kind, title, convert

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        check: CoreSchema = core_schema.is_instance_schema(self.kind)
        if self.convert:
            check = core_schema.no_info_after_validator_function(self.convert, check)
        return check

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"title": self.title, **FILE_SCHEMA}


def _refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("Input should be a number, not true or false")
    return value


_LEAVES: dict[Any, Any] = {
    Image.Image: Annotated[Image.Image, _Leaf(Image.Image, "ImageData", as_rgb)],
    File: Annotated[File, _Leaf(File, "FileData")],
}
_NUMBERS = (int, float)
_NO_BOOL = BeforeValidator(_refuse_bool)


def for_pydantic(annotation: Any) -> Any:
    """The annotation with pictures, files, numbers and dataclasses in pydantic's terms."""
    if annotation in _NUMBERS:
        return Annotated[annotation, _NO_BOOL]
    if annotation in _LEAVES:
        return _LEAVES[annotation]
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return _model_of(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated and get_origin(arguments[0]) in (Union, types.UnionType):
        # Bounds on `int | None` belong to the number: only there do they reach the JSON schema.
        options = get_args(arguments[0])
        distributed = (a if a is type(None) else Annotated[(a, *arguments[1:])] for a in options)
        return for_pydantic(Union[tuple(distributed)])  # noqa: UP007
    if origin is Annotated and arguments[0] in _NUMBERS:
        # Last, so that bounds stay next to the number and appear in its JSON schema.
        return Annotated[(*arguments, _NO_BOOL)]
    if origin is Annotated:
        return Annotated[(for_pydantic(arguments[0]), *arguments[1:])]
    if origin in (Union, types.UnionType):
        return Union[tuple(for_pydantic(a) for a in arguments)]  # noqa: UP007
    if origin in (list, tuple, dict, set, Sequence, Mapping):
        return origin[tuple(a if a is Ellipsis else for_pydantic(a) for a in arguments)]
    return annotation


def _model_of(kind: type) -> type[BaseModel]:
    hints = typing.get_type_hints(kind, include_extras=True)
    members: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        default: Any = field.default
        if default is dataclasses.MISSING:
            default = ...
        members[field.name] = (for_pydantic(hints[field.name]), default)
    return create_model(kind.__name__, __config__=CONFIG, __doc__=kind.__doc__, **members)


def json_schema(annotation: Any) -> dict[str, Any]:
    """The JSON schema of an annotation; pictures and files appear as Gradio's ``FileData``."""
    rewritten = for_pydantic(annotation)
    if rewritten in (None, type(None)):
        return {"type": "null"}
    if isinstance(rewritten, type) and issubclass(rewritten, BaseModel):
        return rewritten.model_json_schema()
    return TypeAdapter(rewritten, config=CONFIG).json_schema()


def holds(annotation: Any, kind: type) -> bool:
    """Whether values of ``kind`` (a picture, a file) can appear anywhere in the annotation."""
    if annotation is kind:
        return True
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return any(holds(hint, kind) for hint in typing.get_type_hints(annotation).values())
    return any(holds(argument, kind) for argument in get_args(annotation))
