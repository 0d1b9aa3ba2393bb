"""safetensors files written byte by byte, so that a test can let them lie."""

import json
from collections.abc import Mapping
from typing import Any

from safetensors.torch import save
from torch import Tensor

from demo_app import File


def raw(header: Any, data: bytes = b"", *, length: int | None = None) -> File:
    """A file with that header, given as JSON text or as what becomes it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    stated = len(text) if length is None else length
    return File(name="net.safetensors", data=stated.to_bytes(8, "little") + text + data)


def entry(dtype: str, shape: Any, begin: Any, end: Any) -> dict[str, Any]:
    """What a header says of one tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def stored(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> File:
    """A file as the safetensors library writes it."""
    contiguous = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    return File(name="net.safetensors", data=save(contiguous, metadata=metadata))
