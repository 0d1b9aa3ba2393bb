"""A safetensors file read by its header alone: every name, shape and dtype, and no number.

Such a file is eight bytes with the header's length, little-endian; the header, a JSON object; and
the tensors' bytes, without holes. Whoever sends one may have made it to mislead, so nothing that
it says is believed before the file's other parts agree.

The format: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo_app import File, InvalidInput
from demo_app.errors import shorten

MAX_HEADER_BYTES = 10_000_000
"""A model with 1,000 tensors has a header of 100 kB; the library itself reads up to 100 MB."""
MAX_TENSORS = 50_000
MAX_NAME = 1_000
MAX_LEVELS = 100
MAX_DIMENSIONS = 64
MAX_SIZE = 2**63 - 1
MAX_METADATA = 500
MAX_METADATA_TEXT = 10_000
METADATA = "__metadata__"

_BY_BITS = {
    4: ("F4",),
    6: ("F6_E2M3", "F6_E3M2"),
    8: ("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"),
    16: ("I16", "U16", "F16", "BF16"),
    32: ("I32", "U32", "F32"),
    64: ("I64", "U64", "F64", "C64"),
}
BITS = {dtype: bits for bits, dtypes in _BY_BITS.items() for dtype in dtypes}
"""Bits of one number, by the name of its dtype in the header."""


@dataclass(frozen=True, kw_only=True)
class StoredTensor:
    """One tensor of a file.

    Attributes:
        dtype: as the header has it, ``"BF16"``.
        shape: its sizes, ``()`` for a single number.
        count: how many numbers.
        bytes: what they take in the file.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    count: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class CheckpointHeader:
    """What a file says of itself, each claim checked against the others.

    Attributes:
        file: the file's name.
        tensors: by name, in the order of their names, numbers as numbers: ``2.weight`` stands
            before ``10.weight``. The order in the file is not the model's: safetensors sorts by
            dtype and by the letters of the name.
        metadata: texts by name; long ones are cut, and control characters replaced.
        header_bytes: the length of the header.
        bytes: of all tensors.
        count: numbers in all tensors.
    """

    file: str
    tensors: Mapping[str, StoredTensor]
    metadata: Mapping[str, str]
    header_bytes: int
    bytes: int
    count: int


def read_checkpoint(file: File) -> CheckpointHeader:
    """Read the header of an uploaded safetensors file, and check all that it claims.

    Raises:
        InvalidInput: it is no whole safetensors file, or its parts contradict each other; the text
            says which.
    """
    try:
        return _read(file)
    except InvalidInput as error:
        raise InvalidInput(f"{shorten(file.name)} cannot be read: {error}") from error


def in_order_of_numbers(name: str) -> tuple[tuple[bool, int, str], ...]:
    """A key to sort names by: parts that are numbers come by their size, and before words."""
    return tuple(
        (False, int(part), part) if is_number(part) else (True, 0, part) for part in name.split(".")
    )


def is_number(part: str) -> bool:
    """Whether a part of a name is an index, as in ``layers.3.weight``."""
    return part.isascii() and part.isdecimal()


def _read(file: File) -> CheckpointHeader:
    text = _header_text(file.data)
    entries = _parse(text)
    metadata = _metadata(entries.pop(METADATA, {}))
    if len(entries) > MAX_TENSORS:
        raise InvalidInput(
            f"it names {len(entries):,} tensors; files of up to {MAX_TENSORS:,} are read."
        )
    data_bytes = len(file.data) - 8 - len(text)
    places: list[tuple[int, int, str]] = []
    tensors = []
    for name, entry in entries.items():
        _check_name(name)
        tensor, begin, end = _tensor(name, entry)
        tensors.append(tensor)
        places.append((begin, end, name))
    _check_places(sorted(places), data_bytes)
    tensors.sort(key=lambda tensor: in_order_of_numbers(tensor.name))
    return CheckpointHeader(
        file=file.name,
        tensors={tensor.name: tensor for tensor in tensors},
        metadata=metadata,
        header_bytes=len(text),
        bytes=sum(tensor.bytes for tensor in tensors),
        count=sum(tensor.count for tensor in tensors),
    )


def _header_text(data: bytes) -> bytes:
    if len(data) < 8:
        raise InvalidInput(
            f"it has {len(data)} bytes, and a safetensors file begins with eight that say how long "
            "its header is."
        )
    length = int.from_bytes(data[:8], "little")
    if data[8:9] != b"{":
        raise InvalidInput(
            "it is no safetensors file: after eight bytes such a file goes on with a brace. "
            "A .pt or .pth file is a pickle, which is not read here."
        )
    if length > MAX_HEADER_BYTES:
        raise InvalidInput(
            f"it says that its header has {length:,} bytes; up to {MAX_HEADER_BYTES:,} are read."
        )
    if length > len(data) - 8:
        raise InvalidInput(
            f"it says that its header has {length:,} bytes, and after that only {len(data) - 8:,} "
            "follow. The file is cut off, or the length is wrong."
        )
    return data[8 : 8 + length]


def _parse(text: bytes) -> dict[str, Any]:
    objects = 0

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal objects
        objects += 1
        # Before millions of empty objects fill the memory.
        if objects > MAX_TENSORS + 2:
            raise InvalidInput(f"it names too many tensors; up to {MAX_TENSORS:,} are read.")
        members = dict(pairs)
        if len(members) < len(pairs):
            twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
            raise InvalidInput(f"its header has the name {shorten(twice)!r} more than once.")
        return members

    try:
        entries = json.loads(
            text.decode("utf-8"), object_pairs_hook=unique, parse_constant=_no_number
        )
    except InvalidInput:
        raise
    except RecursionError as error:
        raise InvalidInput("its header nests lists or objects too deeply.") from error
    except ValueError as error:
        raise InvalidInput(
            "its header is no JSON. The file is damaged, or its length is wrong."
        ) from error
    assert isinstance(entries, dict)
    return entries


def _no_number(constant: str) -> None:
    raise ValueError(constant)


def _metadata(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise InvalidInput(f"its {METADATA} is {_kind(value)}; it holds texts by name.")
    for name, text in value.items():
        if not isinstance(text, str):
            raise InvalidInput(
                f"the entry {shorten(name)!r} of its {METADATA} is {_kind(text)}; only texts may "
                "stand there."
            )
    if len(value) > MAX_METADATA:
        raise InvalidInput(
            f"its {METADATA} has {len(value):,} entries; up to {MAX_METADATA} are read."
        )
    return {shorten(name, MAX_NAME): _shown(text) for name, text in value.items()}


def _shown(text: str) -> str:
    """A text as it may be shown anywhere: lines kept, control characters replaced, its end cut."""
    cut = text if len(text) <= MAX_METADATA_TEXT else text[: MAX_METADATA_TEXT - 1] + "…"
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in cut)


def _check_name(name: str) -> None:
    if not name:
        raise InvalidInput("one of its tensors has an empty name.")
    if len(name) > MAX_NAME:
        raise InvalidInput(
            f"the name {shorten(name)!r} has {len(name):,} characters; up to {MAX_NAME:,} are read."
        )
    if not name.isprintable():
        raise InvalidInput(f"the name {shorten(name)!r} has characters that cannot be printed.")
    if name.count(".") >= MAX_LEVELS:
        raise InvalidInput(
            f"the name {shorten(name)!r} has {name.count('.') + 1:,} levels; up to {MAX_LEVELS} "
            "are read."
        )


def _tensor(name: str, entry: Any) -> tuple[StoredTensor, int, int]:
    """A tensor, and where its bytes begin and end."""

    def wrong(text: str) -> InvalidInput:
        return InvalidInput(f"the tensor {shorten(name)!r} {text}.")

    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
        raise wrong("does not say all of its dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        said = repr(shorten(dtype)) if isinstance(dtype, str) else _kind(dtype)
        raise wrong(f"has a dtype that safetensors does not know: {said}")
    if not isinstance(shape, list) or not all(map(_is_size, shape)):
        raise wrong("has a shape that is no list of whole numbers from 0 on")
    if len(shape) > MAX_DIMENSIONS:
        raise wrong(f"has {len(shape):,} dimensions; up to {MAX_DIMENSIONS} are read")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(map(_is_size, offsets)):
        raise wrong("has data_offsets that are no two whole numbers from 0 on")
    begin, end = offsets
    count = math.prod(shape)
    if end < begin:
        raise wrong(f"ends at byte {end:,}, before it begins at {begin:,}")
    if count > MAX_SIZE or count * BITS[dtype] != 8 * (end - begin):
        fit = f"{dtype} of shape {shorten(shape)}"
        raise wrong(f"has {end - begin:,} bytes, which do not fit {fit}")
    stored = StoredTensor(
        name=name, dtype=dtype, shape=tuple(shape), count=count, bytes=end - begin
    )
    return stored, begin, end


def _check_places(places: list[tuple[int, int, str]], data_bytes: int) -> None:
    """Whether tensors, in the order of their bytes, fill the file without overlap or hole."""
    reached, before = 0, ""
    for begin, end, name in places:
        if end > data_bytes:
            raise InvalidInput(
                f"the tensor {shorten(name)!r} ends at byte {end:,}, and the file has "
                f"{data_bytes:,} bytes of tensors. It is cut off, or the offsets are wrong."
            )
        if begin < reached:
            raise InvalidInput(f"the tensors {shorten(before)!r} and {shorten(name)!r} overlap.")
        if begin > reached:
            raise InvalidInput(
                f"{begin - reached:,} bytes before the tensor {shorten(name)!r} belong to no "
                "tensor."
            )
        reached, before = end, name
    if reached < data_bytes:
        raise InvalidInput(f"{data_bytes - reached:,} bytes at its end belong to no tensor.")


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SIZE


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "nothing" if value is None else kinds.get(type(value), "a number")
