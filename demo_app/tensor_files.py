"""safetensors files: opened with errors for people, read in blocks, replaced whole."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo_app.errors import CheckpointError

if TYPE_CHECKING:
    import torch

DTYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "I16": "int16",
    "I32": "int32",
    "I64": "int64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
}
"""torch's names of the dtypes that a checkpoint may hold, by those in the file's header."""
Stamp = tuple[int, int, int]
_BLOCK_BYTES = 1 << 20


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file as safetensors opens it, its length and header checked, no weight read (no torch).

    Raises:
        CheckpointError: missing, truncated, no safetensors file; one raised inside the block gets
            the file's name.
    """
    from safetensors import SafetensorError, safe_open

    try:
        if not path.is_file():
            raise CheckpointError(f"The checkpoint {path.name} is missing.")
    except OSError as error:
        raise CheckpointError(f"The checkpoint {path.name} cannot be read.") from error
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except CheckpointError as error:
        raise CheckpointError(f"The checkpoint {path.name} cannot be used: {error}") from error
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"The checkpoint {path.name} is damaged or cut off ({error})."
        ) from error


def copy_tensors(path: Path, targets: Mapping[str, torch.Tensor]) -> None:
    """Copy each tensor of a checked file into the target of its name and shape, whatever its dtype.

    They are read in blocks, where safetensors would map the file: mapped pages count as the
    process's own until everything is loaded, and a file that is cut off meanwhile ends the process.

    Raises:
        OSError: the file cannot be read, or not to its end.
    """
    import torch

    block = memoryview(bytearray(_BLOCK_BYTES))
    with path.open("rb") as file, torch.inference_mode(False), torch.no_grad():
        length = int.from_bytes(file.read(8), "little")
        entries = json.loads(file.read(length))
        entries.pop("__metadata__", None)
        start = file.tell()
        for name, entry in entries.items():
            begin, end = entry["data_offsets"]
            dtype = getattr(torch, DTYPES[entry["dtype"]])
            contiguous = targets[name].contiguous()
            flat, copied = contiguous.view(-1), 0
            file.seek(start + begin)
            for offset in range(begin, end, len(block)):
                content = block[: end - offset]
                if file.readinto(content) < len(content):
                    raise OSError("it ends too early")
                numbers = torch.frombuffer(content, dtype=dtype)
                flat[copied : copied + len(numbers)].copy_(numbers)
                copied += len(numbers)
            if contiguous is not targets[name]:
                targets[name].copy_(contiguous)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its place, whole, when the block ends.

    Whatever the block raises, Ctrl-C included, leaves the old file as it was and nothing else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def stamp(path: Path) -> Stamp | None:
    """What changes when a file is written anew; None where there is none."""
    if not path.is_file():
        return None
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def sort_metadata(path: Path) -> None:
    """Put a file's metadata in order, so that equal weights make equal files.

    safetensors writes it in the order of a hash table, another one each time.
    """
    with path.open("r+b") as file:
        length = int.from_bytes(file.read(8), "little")
        header = _sorted(file.read(length))
        file.seek(8)
        file.write(header)


def serialized(tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> bytes:
    """The bytes of a safetensors file; equal tensors and metadata make equal bytes."""
    from safetensors.torch import save

    data: bytes = save(dict(tensors), dict(metadata))
    end = 8 + int.from_bytes(data[:8], "little")
    return data[:8] + _sorted(data[8:end]) + data[end:]


def _sorted(header: bytes) -> bytes:
    """A header with its metadata in order, in as many bytes; as it was if it does not fit."""
    text = _header_text(json.loads(header))
    return text.ljust(len(header)) if len(text) <= len(header) else header


def rewrite_metadata(path: Path, changes: Mapping[str, str | None]) -> None:
    """Change entries of a checked file's metadata, atomically; None removes one.

    All other entries stay as they are, and every tensor stays as it is, byte by byte: their
    offsets count from the end of the header.
    """
    with path.open("rb") as source, replaced(path) as temporary:
        header = json.loads(source.read(int.from_bytes(source.read(8), "little")))
        metadata = {**header.get("__metadata__", {}), **changes}
        header["__metadata__"] = {k: text for k, text in metadata.items() if text is not None}
        text = _header_text(header)
        # Tensors begin at a multiple of eight bytes, as safetensors has it.
        text = text.ljust(-(-len(text) // 8) * 8)
        with temporary.open("wb") as target:
            target.write(len(text).to_bytes(8, "little") + text)
            shutil.copyfileobj(source, target)


def _header_text(header: dict[str, Any]) -> bytes:
    """A header as compact JSON, its metadata in order of their names."""
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    return json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
