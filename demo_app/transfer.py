"""Values on their way between a process and its forks: copied, with tensors on the CPU."""

from __future__ import annotations

import io
import pickle
import sys
from typing import Any


def pack(value: Any) -> bytes:
    """A value as bytes for ``unpack`` in another process of the same app.

    Tensors arrive on the CPU, wherever they are: only one of the processes has the accelerator.

    Raises:
        Exception: something in the value cannot be copied (a lock, a generator, a lambda).
    """
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return buffer.getvalue()


def unpack(packed: bytes) -> Any:
    """What ``pack`` was given. Only for bytes of the app's own processes, never for a file."""
    return pickle.loads(packed)


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        torch = sys.modules.get("torch")
        if torch is None or not isinstance(value, torch.Tensor):
            return NotImplemented
        # The data of a parameter is a tensor of its own, and comes by here too.
        if isinstance(value, torch.nn.Parameter) or value.device.type == "cpu":
            return NotImplemented
        on_cpu = value.detach().cpu().requires_grad_(value.requires_grad)
        return on_cpu.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
