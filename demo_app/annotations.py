"""Annotations of actions, in pydantic's terms: what is accepted, and the JSON schema of it.

Authors annotate with ``int``, ``PIL.Image.Image``, ``File``, dataclasses …; this module rewrites
those so that pydantic validates and describes them the same way for every surface.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin

from PIL import Image
from pydantic import BeforeValidator, ConfigDict, PydanticUserError, Tag, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypedDict

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
_MEMBERS = "__demo_app_members__"
_PLAIN = (str, int, float, bool, type(None), Any, Ellipsis, Image.Image, File)
UNION_MEMBER = "|"
"""Stands in the place of an error where pydantic would name the member of a union."""


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


class _Record:
    """A dataclass as pydantic sees it: members checked by our rules, then an instance of it."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        members = handler.generate_schema(_members_of(self.kind))
        return core_schema.no_info_wrap_validator_function(self._check, members)

    def _check(self, value: Any, members: Callable[[Any], dict[str, Any]]) -> Any:
        fields: Any = dataclasses.fields(self.kind)
        names = [field.name for field in fields if field.init]
        if isinstance(value, self.kind):
            value = {name: getattr(value, name) for name in names}
        checked = members(value)
        return self.kind(**{name: checked[name] for name in names if name in checked})


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
    if isinstance(annotation, type) and annotation in _LEAVES:
        return _LEAVES[annotation]
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return Annotated[Any, _Record(annotation)]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal and not any(isinstance(choice, bool) for choice in arguments):
        return Annotated[annotation, _NO_BOOL]
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
        return Union[tuple(_union_member(a) for a in arguments)]  # noqa: UP007
    if origin in (list, tuple, dict, set, Sequence, Mapping):
        return origin[tuple(a if a is Ellipsis else for_pydantic(a) for a in arguments)]
    return annotation


def checked_dict(name: str, members: Mapping[str, Any], doc: str | None = None) -> Any:
    """A TypedDict that pydantic validates by our rules.

    A dictionary rather than a model: no member's name can shadow a method of it.
    """
    typed_dict: Any = TypedDict
    kind = typed_dict(name, dict(members))
    kind.__pydantic_config__ = CONFIG
    kind.__doc__ = doc
    return kind


def _union_member(annotation: Any) -> Any:
    if annotation is type(None):
        return annotation
    return Annotated[for_pydantic(annotation), Tag(UNION_MEMBER)]


def _members_of(kind: type) -> Any:
    """The members of a dataclass; one object a class, by which pydantic knows recursion.

    It is kept on the class itself, and goes with it when its plugin is unloaded.
    """
    if _MEMBERS not in vars(kind):
        setattr(kind, _MEMBERS, _members(kind))
    return vars(kind)[_MEMBERS]


def _members(kind: type) -> Any:
    hints = typing.get_type_hints(kind, include_extras=True)
    members: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        missing = dataclasses.MISSING
        optional = field.default is not missing or field.default_factory is not missing
        rewritten = for_pydantic(hints[field.name])
        members[field.name] = NotRequired[rewritten] if optional or not field.init else rewritten
    return checked_dict(kind.__name__, members, kind.__doc__)


def json_schema(annotation: Any) -> dict[str, Any]:
    """The JSON schema of an annotation; pictures and files appear as Gradio's ``FileData``."""
    rewritten = for_pydantic(annotation)
    try:
        adapter = TypeAdapter(rewritten, config=CONFIG)
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
        adapter = TypeAdapter(rewritten)
    return adapter.json_schema()


def member_schemas(
    adapter: TypeAdapter[Any], annotations: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """The JSON schema of each member of a ``checked_dict``: that of ``json_schema``, and its help.

    Args:
        adapter: of the dictionary.
        annotations: those of its members, by name.
    """
    schemas = {}
    for name, schema in adapter.json_schema()["properties"].items():
        if "$ref" in str(schema):
            schemas[name] = json_schema(annotations[name])
            continue
        generated = name.title().replace("_", " ").strip()
        if schema.get("title") == generated:
            del schema["title"]
        schemas[name] = schema
    return schemas


def is_plain(annotation: Any) -> bool:
    """Whether an annotation has a JSON schema for sure, told without making it."""
    return _is_plain(annotation, set())


def _is_plain(annotation: Any, seen: set[Any]) -> bool:
    if any(annotation is kind for kind in _PLAIN):
        return True
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        if annotation in seen:
            return True
        seen.add(annotation)
        hints = typing.get_type_hints(annotation, include_extras=True)
        return all(_is_plain(hint, seen) for hint in hints.values())
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return True
    if origin is Annotated:
        told, *extras = arguments
        return _is_plain(told, seen) and all(isinstance(extra, FieldInfo) for extra in extras)
    if origin in (Union, types.UnionType, list, tuple, dict, set, Sequence, Mapping):
        return all(_is_plain(argument, seen) for argument in arguments)
    return False


def holds(annotation: Any, kind: type) -> bool:
    """Whether values of ``kind`` (a picture, a file) can appear anywhere in the annotation."""
    return _holds(annotation, kind, set())


def _holds(annotation: Any, kind: type, seen: set[Any]) -> bool:
    if annotation is kind:
        return True
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        if annotation in seen:
            return False
        seen.add(annotation)
        return any(_holds(h, kind, seen) for h in typing.get_type_hints(annotation).values())
    return any(_holds(argument, kind, seen) for argument in get_args(annotation))
