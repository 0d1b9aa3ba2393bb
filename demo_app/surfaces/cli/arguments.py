"""From the texts of a command line to the arguments of an action.

Texts are only parsed here; whether a value fits is for the action's own validation to say, so
that the messages are the same on every surface.
"""

from __future__ import annotations

import json
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from PIL import Image
from pydantic import BaseModel

from demo_app.actions import Parameter
from demo_app.errors import InvalidInput
from demo_app.files import File
from demo_app.surfaces import wire

_LISTS = (list, tuple, set, frozenset, Sequence)


class Reader:
    """Reads the files that a command line names; standard input, as ``-``, once."""

    def __init__(self) -> None:
        self._stdin_read = False

    def file(self, path: str) -> File:
        """The file at a path.

        Raises:
            InvalidInput: it is missing, a folder, or cannot be read.
        """
        if path == "-":
            return File(name="stdin", data=self._stdin())
        try:
            return File(name=Path(path).name, data=Path(path).expanduser().read_bytes())
        except OSError as error:
            raise InvalidInput(f"{path}: {error.strerror or error}") from error
        except RuntimeError as error:  # ~somebody who is not there
            raise InvalidInput(f"{path}: {error}") from error

    def text(self, text: str) -> str:
        """The text; that of a file for ``@path`` (``@-``: standard input), ``@…`` for ``@@…``.

        Raises:
            InvalidInput: the file cannot be read, or is no UTF-8 text.
        """
        if not text.startswith("@"):
            return text
        if text.startswith("@@"):
            return text[1:]
        try:
            return self.file(text[1:]).data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{text[1:]} is no UTF-8 text") from error

    def _stdin(self) -> bytes:
        if self._stdin_read:
            raise InvalidInput("standard input can be read only once")
        self._stdin_read = True
        return sys.stdin.buffer.read()


def parse(parameter: Parameter, given: Any, reader: Reader) -> Any:
    """The argument for a parameter from what its option was given.

    Args:
        parameter: of the action.
        given: a text, a list of texts for an option that may be repeated, or a bool for a flag.
        reader: of this command line.

    Raises:
        InvalidInput: naming the parameter: a file cannot be read, or a text is no JSON.
    """
    try:
        if isinstance(given, bool):
            return given
        if given == "null" and _may_be_none(parameter.annotation):
            return None
        if isinstance(given, list):
            member = member_of(parameter.annotation)
            texts = (_read(text, member, reader) for text in given)
            given = [_parsed(part, member) for text in texts for part in _parts(text, member)]
        elif _maps_to_files(bare(parameter.annotation)) and Path(given).expanduser().is_dir():
            given = _files_by_folder(Path(given).expanduser())
        else:
            kind = bare(parameter.annotation)
            given = _parsed(_read(given, kind, reader), kind)
        return wire.decode(given, parameter.annotation, lambda value: _named(value, reader))
    except InvalidInput as error:
        raise InvalidInput(f"{parameter.name}: {error}") from error


def bare(annotation: Any) -> Any:
    """The annotation without ``Annotated`` and without None."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        options = [a for a in get_args(annotation) if a is not type(None)]
        return bare(options[0]) if len(options) == 1 else annotation
    return annotation


def _may_be_none(annotation: Any) -> bool:
    """Whether ``null`` on the command line can mean None: not where it may be a text."""
    options = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else ()
    return type(None) in options and not any(bare(option) is str for option in options)


def is_flag(annotation: Any) -> bool:
    """Whether the parameter is true or false."""
    return bare(annotation) is bool


def is_repeated(annotation: Any) -> bool:
    """Whether the option takes one member of a list each time it is given."""
    return get_origin(bare(annotation)) in _LISTS or bare(annotation) in _LISTS


def member_of(annotation: Any) -> Any:
    """What a list is a list of; text, where it does not say."""
    return bare((get_args(bare(annotation)) or (str,))[0])


def choices(annotation: Any) -> list[Any]:
    """The values of a ``Literal`` or an ``Enum``; nothing for anything else."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return list(annotation)
    return []


def _parts(text: str, member: Any) -> list[str]:
    """Numbers may also stand in one text, ``1,3,224,224``."""
    return text.split(",") if set(_options(member)) <= {int, float} else [text]


def _is_path(annotation: Any) -> bool:
    return any(kind in _options(annotation) for kind in (Image.Image, File))


def _maps_to_files(annotation: Any) -> bool:
    """Whether it maps names to lists of pictures or files: a folder of folders says the same."""
    if get_origin(annotation) not in (dict, Mapping):
        return False
    values = get_args(annotation)[1]
    return is_repeated(values) and _is_path(member_of(values))


def _files_by_folder(folder: Path) -> dict[str, list[str]]:
    """Paths by the name of the folder in which they lie; hidden ones are left out.

    Raises:
        InvalidInput: there is no folder in it, or it cannot be read.
    """
    try:
        inside = sorted(path for path in folder.iterdir() if path.is_dir())
        found = {
            each.name: sorted(str(path) for path in each.iterdir() if path.is_file())
            for each in inside
            if not each.name.startswith(".")
        }
    except OSError as error:
        raise InvalidInput(f"{folder}: {error.strerror or error}") from error
    if not found:
        raise InvalidInput(f"{folder}: there is no folder in it; each of its folders is a name")
    return {
        name: [path for path in paths if not Path(path).name.startswith(".")]
        for name, paths in found.items()
    }


def _read(text: str, annotation: Any, reader: Reader) -> str:
    """The text, or that of the file it names; the path of a picture or file stays a path."""
    return text if _is_path(annotation) else reader.text(text)


def _parsed(text: str, annotation: Any) -> Any:
    """One text as the kind of value that the annotation asks for, or unchanged."""
    options = _options(annotation)
    if _is_path(annotation):
        return text
    for option in options:
        for value in choices(option):
            if text == str(value.value if isinstance(value, Enum) else value):
                return value
    is_json = any(map(_is_json, options))
    if str in options and not (is_json and text.lstrip().startswith(("{", "["))):
        return text
    for kind in (int, float):
        if kind in options:
            try:
                return kind(text)
            except ValueError:
                continue
    return _json(text) if is_json else text


def _options(annotation: Any) -> list[Any]:
    """The members of a union; the annotation itself, where it is none."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [bare(member) for member in get_args(annotation)]
    return [bare(annotation)]


def _is_json(annotation: Any) -> bool:
    kind = get_origin(annotation) or annotation
    if kind in (Any, object, dict, Mapping) or kind in _LISTS:
        return True
    return isinstance(kind, type) and (
        is_dataclass(kind) or issubclass(kind, BaseModel) or typing.is_typeddict(kind)
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(
            f"should be JSON, such as '{{\"key\": 1}}' or @file.json ({error})"
        ) from error


def _named(value: Any, reader: Reader) -> File | None:
    return reader.file(value) if isinstance(value, str) else None
