"""Weights from a file that was not made for demo_app: without its metadata, or a state_dict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo_app.checkpoints import CheckpointMetadata, Header, check_fit
from demo_app.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor, nn

WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Under which names training scripts keep a ``state_dict`` beside other things."""


def load_weights(module: nn.Module, path: Path) -> None:
    """Copy a file's tensors strictly into a module.

    Raises:
        CheckpointError: it cannot be read, holds more than tensors, or does not fit: with the
            tensors that are missing, unexpected or of another shape by name.
    """
    state = read_state(path)
    check_fit(
        Header(
            shapes={name: tuple(tensor.shape) for name, tensor in state.items()},
            dtypes={},
            metadata=CheckpointMetadata(architecture="", license="", source=path.name),
        ),
        module,
    )
    module.load_state_dict(state, strict=False)


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a ``.safetensors`` file, or of a ``state_dict`` that ``torch.save`` wrote."""
    import torch

    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return dict(load_file(path))
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"The checkpoint {path.name} cannot be read: {error}") from error
    try:
        loaded: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise CheckpointError(
            f"The checkpoint {path.name} holds more than tensors, or is damaged. Save the weights "
            "alone: torch.save(module.state_dict(), path)."
        ) from error
    for name in WRAPPERS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(name), Mapping):
            loaded = loaded[name]
    tensors = isinstance(loaded, Mapping) and all(torch.is_tensor(t) for t in loaded.values())
    if not tensors:
        raise CheckpointError(f"The checkpoint {path.name} holds no state_dict.")
    return dict(loaded)
