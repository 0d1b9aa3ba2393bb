"""Looks things up in an explanation."""

from typing import Any

from demo_app import TensorSpec


def row(explanation: Any, path: str) -> Any:
    """The module at that path."""
    (found,) = [row for row in explanation.modules if row.path == path]
    return found


def tensor(explanation: Any, key: str) -> Any:
    """The tensor of that key."""
    (found,) = [tensor for tensor in explanation.tensors if tensor.key == key]
    return found


def tokens(*shape: int) -> TensorSpec:
    """An input of whole numbers."""
    return TensorSpec(shape=shape, dtype="int64")
