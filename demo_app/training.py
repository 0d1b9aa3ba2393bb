"""What ``demo-app train`` hands to a plugin's ``demo_train``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from demo_app.checkpoints import CheckpointMetadata


@dataclass(frozen=True, kw_only=True)
class TrainJob:
    """One training of one model.

    Attributes:
        model: the name of the ``ModelSpec`` to make.
        data: the folder given by ``--data``; None asks for the source's own download.
        checkpoint: where ``save`` writes.
        state: a file outside the repository in which a long training may keep what it needs to
            resume; it need not exist.
        report: prints one line of progress.
    """

    model: str
    data: Path | None
    checkpoint: Path
    state: Path
    report: Callable[[str], None]

    def save(self, tensors: Mapping[str, Tensor], metadata: CheckpointMetadata) -> None:
        """Write the checkpoint atomically; an interrupted call leaves the old file whole."""
        from demo_app import checkpoints

        checkpoints.save(self.checkpoint, tensors, metadata)


def autocast() -> AbstractContextManager[Any]:
    """bf16 products where the processor has them, which is several times as fast; else as it is."""
    import torch

    if torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported():
        return torch.autocast("cpu", torch.bfloat16)
    return nullcontext()
